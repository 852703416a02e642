"""Away for a while: another address from a day to a day, which issues go there, and only then the yes.

Given beside the move, because it is the other thing one may mean by « new address ». It ends by itself, or earlier here.
What was shown is sent along with the yes: if it has changed meanwhile, it is shown again (design, rule 11).
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import reader
from payments.days import paris_day
from shop.account.address_form import AddressForm, beforehand, kind_of
from shop.account.doors import page, room
from shop.account.moving import movable, typed_so_far
from shop.checkout.views import see_other
from shop.limits import Limit
from shop.templatetags.french import day, issue_number
from shop.watch.bell import ring
from subscriptions.models import Issue, Recipient, Subscription, TemporaryAddress
from subscriptions.notices.french import month
from subscriptions.staying import CannotStay, Reached, check_stay, end_stay, held_in, issues_of, reached, stay

STAYS = Limit("stay", times=30, seconds=3600)
REASON = "given in the account"
DAYS = ("from_on", "to_on")
_DAY = timedelta(days=1)


def a_day(label: Any, missing: Any) -> forms.DateField:
    """A day as browsers send it, or as people write it."""
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("This is not a day: write it like 25/12/2026."), "required": missing},
    )


class StayForm(AddressForm):
    """An address and the days for which it holds, both included."""

    from_on = a_day(gettext_lazy("First day"), gettext_lazy("Please say from which day on."))
    to_on = a_day(gettext_lazy("Last day"), gettext_lazy("Please say until which day."))

    def __init__(self, data: Any = None, *, recipient: Recipient, on: date, initial: Any = None) -> None:
        super().__init__(data, kind=kind_of(recipient), allowed=settings.DELIVERY_COUNTRIES or None, initial=initial)
        self.recipient, self.on = recipient, on

    def clean(self) -> dict[str, Any]:
        """The days beside the address."""
        cleaned = super().clean()
        if all(cleaned.get(name) for name in DAYS):
            try:
                check_stay(
                    self.recipient,
                    from_on=cleaned["from_on"],
                    to_on=cleaned["to_on"],
                    on=self.on,
                    lines=self.label.printed_lines if self.label else (),
                )
            except CannotStay as trouble:
                field = trouble.code if trouble.code in DAYS else "from_on"
                self.add_error(field, trouble)
        return cleaned


@room("GET", "POST", limit=STAYS)
def staying(request: HttpRequest, pk: int) -> HttpResponse:
    """What holds and the form; sent, which issues go there; sent again, done. Without script « refresh » redraws it."""
    subscription = movable(request, pk)
    recipient, on = subscription.recipient, paris_day(timezone.now())
    if request.POST.get("act") == "end":
        return _end(request, recipient)
    redrawn = request.method == "POST" and ("refresh" in request.POST or request.POST.get("step") == "back")
    initial = request.POST.dict() if redrawn else beforehand(recipient)
    data = request.POST if request.method == "POST" and not redrawn else None
    form = StayForm(data, recipient=recipient, on=on, initial=initial)
    if data is None or not form.is_valid() or form.address is None or form.label is None:
        return _drawn(request, subscription, form, on=on)
    days = {name: form.cleaned_data[name] for name in DAYS}
    found = reached(recipient, **days, on=on)
    shown = _seal(form, found)
    if request.POST.get("step") != "confirm" or request.POST.get("shown") != shown:
        return _asked(request, subscription, form, found, shown)
    try:
        given = stay(
            recipient, form.address, form.label, **days, actor=reader(request.user), reason=REASON, at=timezone.now()
        )
    except CannotStay as trouble:
        form.add_error("from_on", trouble)
        return _drawn(request, subscription, form, on=on)
    if given is None:
        messages.success(request, _("This address is known already for these days."))
    else:
        ring("letters")
        messages.success(request, _("The address is kept for these days. A letter confirms it."))
    return see_other(reverse("account_stay", args=[pk]))


def _end(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    """End one of theirs; a number that is none of theirs ends nothing."""
    key = request.POST.get("temporary", "")
    one = TemporaryAddress.objects.filter(recipient=recipient, pk=int(key)).first() if key.isdecimal() else None
    if one is not None and end_stay(one, actor=reader(request.user), reason=REASON, at=timezone.now()):
        ring("letters")
        messages.success(request, _("It is over: your copies go to your usual address. A letter confirms it."))
    else:
        messages.success(request, _("This temporary address is over already."))
    return see_other(request.path)


def _drawn(request: HttpRequest, subscription: Subscription, form: StayForm, *, on: date) -> HttpResponse:
    recipient = subscription.recipient
    known = held_in(recipient, on=on)
    going = issues_of(known, recipient, on=on)
    return page(
        request,
        "account/stay.html",
        "subscription",
        **typed_so_far(form),
        from_on=form["from_on"],
        to_on=form["to_on"],
        known=[_known(one, going[one.pk]) for one in known],
        now=recipient.address.lines,
        action=reverse("account_stay", args=[subscription.pk]),
        label_url=reverse("account_address_label", args=[subscription.pk]),
        move_url=reverse("account_address", args=[subscription.pk]),
        back_url=reverse("account_home"),
    )


def _asked(
    request: HttpRequest, subscription: Subscription, form: StayForm, found: Reached, shown: str
) -> HttpResponse:
    kept = [(name, value) for name in form.fields for value in request.POST.getlist(name)]
    return page(
        request,
        "account/stay_confirm.html",
        "subscription",
        **typed_so_far(form),
        from_on=form.cleaned_data["from_on"],
        to_on=form.cleaned_data["to_on"],
        issues=[named(issue) for issue in found.there],
        sealed=[named(issue) for issue in found.sealed],
        home=subscription.recipient.address.lines,
        changed=request.POST.get("step") == "confirm",
        kept=[*kept, ("shown", shown)],
        action=reverse("account_stay", args=[subscription.pk]),
    )


def _known(one: TemporaryAddress, issues: list[Issue]) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "lines": one.address.lines,
        "from_on": one.from_on,
        "to_on": one.until - _DAY,
        "issues": [named(issue) for issue in issues],
    }


def _seal(form: StayForm, found: Reached) -> str:
    """Of what is shown before the yes."""
    lines = form.label.printed_lines if form.label is not None else ()
    said = (*(str(form.cleaned_data[name]) for name in DAYS), *lines, *map(named, (*found.there, *found.sealed)))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:20]


def named(issue: Issue) -> str:
    """« n° 25, décembre 2026, posté vers le 15 décembre 2026 »."""
    return _("%(number)s, %(month)s, posted about %(date)s") % {
        "number": issue_number(issue.printed),
        "month": month(issue.cover_month, issue.cover_year),
        "date": day(issue.post_on),
    }
