"""The card as a file: from the account, or from the link of the confirmation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.account.doors import room
from shop.checkout.refusing import link_refused
from shop.gifts.card import card_pdf
from shop.gifts.changing import given_by
from subscriptions.models import Gift
from subscriptions.orders.links import BadLink, OldLink, read_tracking


@room("GET")
def given_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a gift of mine."""
    return _answer(given_by(request, pk))


@never_cache
@require_safe
def ordered_card(request: HttpRequest, token: str) -> HttpResponse:
    """The card of an order, by its signed link; 404 until it is paid."""
    try:
        order = read_tracking(token, at=timezone.now())
    except (BadLink, OldLink) as refused:
        return link_refused(request, refused, ended=isinstance(refused, OldLink))
    gift = Gift.objects.filter(order=order).exclude(state__in=(Gift.State.ORDERED, Gift.State.VOID)).first()
    if gift is None:
        raise Http404
    return _answer(gift)


def _answer(gift: Gift) -> HttpResponse:
    answer = HttpResponse(card_pdf(gift), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="carte-{gift.code}.pdf"'
    return answer
