"""The giver's page of one gift: the day it is told and the message, until it went; the card; nothing of the recipient's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import page, room
from shop.checkout.gift_form import BY_EMAIL, MYSELF, Message
from shop.checkout.views import see_other
from shop.limits import Limit
from shop.templatetags.french import day
from subscriptions.gifts.changing import TooLate
from subscriptions.gifts.changing import change as change_gift
from subscriptions.models import Entitlement, Gift
from subscriptions.models.gifts import MESSAGE_LENGTH

CHANGES = Limit("gift-change", times=30, seconds=3600)


class ChangeForm(forms.Form):
    """What may still be changed."""

    use_required_attribute = False
    announce = forms.ChoiceField(label=gettext_lazy("How the recipient is told"), widget=forms.RadioSelect)
    announce_on = forms.DateField(
        label=gettext_lazy("Day of the e-mail"),
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("This is not a day: write it like 25/12/2026.")},
    )
    message = Message(
        label=gettext_lazy("Your message"),
        required=False,
        max_length=MESSAGE_LENGTH,
        help_text=gettext_lazy("200 signs at most; it stands on the card and in our e-mail."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": gettext_lazy("Your message has %(show_value)d signs: 200 fit on the card.")},
    )

    def __init__(self, data: Any, *, gift: Gift, on: Any, until: Any) -> None:
        """`on`: today in Paris; `until`: the day on which the first issue leaves."""
        initial = {
            "announce": BY_EMAIL if gift.announce_on else MYSELF,
            "announce_on": gift.announce_on or on,
            "message": gift.message,
        }
        super().__init__(data, initial=initial, auto_id="id_%s")
        self.on, self.until = on, until
        choices = [(MYSELF, _("I tell them myself: nothing is sent before the first issue"))]
        if gift.recipient_email or gift.claimed_by_id:
            choices.insert(0, (BY_EMAIL, _("By an e-mail from us, on the day below")))
        self.fields["announce"].choices = choices

    def clean(self) -> dict[str, Any]:
        """A day between today and the first issue, or none."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("announce") != BY_EMAIL:
            return cleaned | {"announce_on": None}
        chosen = cleaned.get("announce_on")
        if chosen is None and "announce_on" not in self.errors:
            self.add_error("announce_on", _("Please choose the day on which we write to the recipient."))
        elif chosen is not None and chosen < self.on:
            self.add_error("announce_on", _("This day is past. The earliest is today."))
        elif chosen is not None and chosen > self.until:
            sentence = _("By then the first issue is on its way. Choose a day up to %(day)s.")
            self.add_error("announce_on", sentence % {"day": day(self.until)})
        return cleaned


@room("GET", "POST", limit=CHANGES)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """The form while nothing was told; afterwards what was told and when."""
    found = given_by(request, pk)
    on = paris_day(timezone.now())
    served = (
        Entitlement.objects.filter(term__subscription=found.subscription_id, rank=1).select_related("issue").first()
    )
    first = served.issue if served is not None and served.issue is not None else found.order.first_issue
    form = ChangeForm(request.POST if request.method == "POST" else None, gift=found, on=on, until=first.post_on)
    if found.state == Gift.State.GIVEN and form.is_bound and form.is_valid():
        try:
            change_gift(
                found.pk,
                announce_on=form.cleaned_data["announce_on"],
                message=form.cleaned_data["message"].strip(),
                actor=reader(request.user),
                at=timezone.now(),
            )
        except TooLate as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            messages.success(request, _("Your gift is as you wish it."))
        return see_other(reverse("account_gift", args=[pk]))
    said = {
        "form": form,
        "open": found.state == Gift.State.GIVEN,
        "recipient": found.recipient_name,
        "message": found.message,
        "signed": found.giver_name,
        "told_on": paris_day(found.informed_at) if found.informed_at and found.state != Gift.State.GIVEN else None,
        "action": reverse("account_gift", args=[pk]),
        "card_url": reverse("account_gift_card", args=[pk]),
        "back_url": reverse("account_home"),
    }
    return page(request, "gifts/change.html", "subscription", **said)


def given_by(request: HttpRequest, pk: int) -> Gift:
    """A gift of whoever is signed in, by its subscription; 404 for another's."""
    found = (
        Gift.objects.select_related("order__first_issue", "subscription")
        .filter(subscription=pk, subscription__payer=request.user.pk)
        .first()
    )
    if found is None:
        raise Http404
    return found
