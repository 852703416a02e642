"""What Stripe told us: one event, when it came, what was done with it and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import Payment, StripeEvent
from shop.backoffice import words
from shop.backoffice.doors import desk, gone
from shop.backoffice.links import link
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import show
from shop.backoffice.tables import Detail, Fact
from shop.templatetags.french import stamp


@desk(Right.EVENTS)
def stripe_event(request: HttpRequest, key: int) -> HttpResponse:
    """One event of Stripe's: when it came, what was done with it and why."""
    one = get_object_or_404(StripeEvent, pk=key)
    user, said = request.user, words.said(words.EVENT, one.state)
    about = Payment.objects.filter(stripe_intent=one.object_id) | Payment.objects.filter(stripe_charge=one.object_id)
    about = about | Payment.objects.filter(checkout_session=one.object_id)
    found = about.first() if one.object_id else None
    detail = Detail(
        kind=_("Stripe event"),
        name=one.type,
        crumbs=((_("Stripe events"), reverse("desk_stripe_events")),),
        facts=[
            Fact(_("Status"), said["word"], chip=said["tone"]),
            Fact(_("Why"), reason(one.reason)),
            Fact(_("Payment"), found.reference if found else "", link(user, "payment", found.pk if found else None)),
            Fact(_("Id"), one.event_id, mono=True),
            Fact(_("Object"), one.object_id, mono=True),
            Fact(_("Related"), "", lines=[f"{name}: {value}" for name, value in sorted(one.hints.items())]),
            Fact(_("Created at Stripe"), stamp(one.created)),
            Fact(_("Received"), stamp(one.received_at)),
            Fact(_("Heard by"), one.heard_by),
            Fact(_("Tries"), one.attempts),
            Fact(_("Next try"), stamp(one.next_attempt_at) if one.state == StripeEvent.State.STORED else ""),
            Fact(_("Done"), stamp(one.done_at)),
        ],
    )
    return show(request, detail)


@desk(Right.EVENTS)
def stripe_event_by_id(request: HttpRequest, event_id: str) -> HttpResponse:
    """An event by Stripe's own id, as the steps name it."""
    key = StripeEvent.objects.filter(event_id=event_id).values_list("pk", flat=True).first()
    return HttpResponseRedirect(reverse("desk_stripe_event", args=[key])) if key else gone(request, what=event_id)
