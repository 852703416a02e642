"""Acts about temporary addresses: give one for a reader who asks for it, or end it before its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_people import AddressForm, readers_of
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import issue_number, short_day
from shop.watch.bell import ring
from subscriptions.addresses.typed import TEXT_FIELDS, TypedAddress
from subscriptions.models import Issue, Recipient, TemporaryAddress
from subscriptions.staying import check_stay, end_stay, issues_of, reached, stay

_DAY = timedelta(days=1)


class StayForm(AddressForm):
    """An address and the days for which it holds."""

    from_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    to_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Both days count: what is posted on them goes there."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, data: Any = None, *, initial: TypedAddress | None = None) -> None:
        super().__init__(data, initial=initial)
        self.order_fields(["from_on", "to_on", "kind", "country", *TEXT_FIELDS, "reason"])


class GiveStay(TwoSteps):
    """Where the copies of a recipient go from a day to a day."""

    name = "stay"
    right = Right.ADDRESS
    title = gettext_lazy("Give a temporary address")
    button = gettext_lazy("Give it")

    def load(self, request: HttpRequest, key: int) -> Recipient | None:
        return Recipient.objects.select_related("address", "customer").filter(pk=key).first()

    def form(self, subject: Recipient, data: Any) -> forms.Form:
        known = subject.address.typed
        names = {name: known.get(name, "") for name in ("title", "first_name", "last_name", "organisation", "service")}
        kind = known.get("kind", "person")
        return StayForm(
            data, initial=TypedAddress.from_dict({**names, "kind": kind, "country": subject.address.country})
        )

    def preview(self, subject: Recipient, form: Any) -> Preview:
        on, typed = paris_day(timezone.now()), form.cleaned_data
        days = {"from_on": typed["from_on"], "to_on": typed["to_on"]}
        if check_stay(subject, **days, on=on, lines=form.label.printed_lines) is not None:
            raise Impossible(_("This address is known already for these days."))
        found = reached(subject, **days, on=on)
        return Preview(
            facts=[
                Fact(_("Recipient"), subject.name),
                Fact(_("Days"), f"{short_day(days['from_on'])} – {short_day(days['to_on'])}"),
                Fact(_("Issues that go there"), listed(found.there) or _("none, as far as is planned")),
                Fact(_("Made ready already, and sent to the usual address"), listed(found.sealed)),
                Fact(_("Afterwards"), "", lines=subject.address.lines),
            ],
            warning=_(
                "The reader gets a letter about it. Afterwards the copies go to the usual address by themselves."
            ),
            label=list(form.label.printed_lines),
        )

    def do(self, subject: Recipient, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        given = stay(
            subject, form.typed(), form.label, from_on=typed["from_on"], to_on=typed["to_on"], actor=actor,
            reason=typed["reason"], at=at,
        )  # fmt: skip
        if given is None:
            raise Impossible(_("This address is known already for these days."))
        ring("letters")
        return Done(_("The address holds from %(first)s to %(last)s.") % _days(given))

    def back(self, subject: Recipient) -> str:
        return page_of(subject)

    def about(self, subject: Recipient) -> str:
        return subject.name


class EndStay(TwoSteps):
    """End a temporary address today."""

    name = "end-stay"
    right = Right.ADDRESS
    title = gettext_lazy("End a temporary address")
    button = gettext_lazy("End it today")
    form_class = ReasonForm

    def load(self, request: HttpRequest, key: int) -> TemporaryAddress | None:
        one = TemporaryAddress.objects.select_related("recipient__address", "address").filter(pk=key).first()
        if one is not None and one.until <= max(paris_day(timezone.now()), one.from_on):
            raise Impossible(_("This temporary address is over already."))
        return one

    def preview(self, subject: TemporaryAddress, form: Any) -> Preview:
        going = issues_of([subject], subject.recipient, on=paris_day(timezone.now()))[subject.pk]
        return Preview(
            facts=[
                Fact(_("Recipient"), subject.recipient.name),
                Fact(_("Days"), "{first} – {last}".format(**_days(subject))),
                Fact(_("Issues that go home instead"), listed(going) or _("none, as far as is planned")),
                Fact(_("Afterwards"), "", lines=subject.recipient.address.lines),
            ],
            warning=_("The reader gets a letter about it."),
            label=list(subject.address.lines),
        )

    def do(self, subject: TemporaryAddress, form: Any, *, actor: Actor, at: datetime) -> Done:
        if end_stay(subject, actor=actor, reason=form.cleaned_data["reason"], at=at) is None:
            raise Impossible(_("This temporary address is over already."))
        ring("letters")
        return Done(_("The copies go to the usual address again."))

    def back(self, subject: TemporaryAddress) -> str:
        return page_of(subject.recipient)

    def about(self, subject: TemporaryAddress) -> str:
        return subject.recipient.name


def listed(issues: tuple[Issue, ...] | list[Issue]) -> str:
    """« n° 25, n° 26-27 »; empty for none."""
    return ", ".join(issue_number(issue.printed) for issue in issues)


def page_of(recipient: Recipient) -> str:
    """The page of a reader to whom this recipient belongs."""
    keys = readers_of(recipient)
    return reverse("desk_person", args=[keys[0]]) if keys else reverse("desk_home")


def _days(one: TemporaryAddress) -> dict[str, str]:
    return {"first": short_day(one.from_on), "last": short_day(one.until - _DAY)}
