"""Acts about claims: take one for a reader, confirm an address, decide one, decide for many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import issue_number, short_day
from shop.watch.bell import ring
from subscriptions.losses.answering import known, waits_for_address
from subscriptions.losses.claiming import Said, claim
from subscriptions.losses.deciding import CHOICES, decide_by_hand
from subscriptions.losses.incidents import decide_incident
from subscriptions.losses.stock import balances, promised
from subscriptions.models import (
    Claim,
    ClaimIncident,
    Entitlement,
    Subscription,
)

State, Incident = Claim.State, ClaimIncident.State
SHOWN = 8


class TakeForm(ReasonForm):
    """Which copy, what happened, who says so."""

    copy = forms.TypedChoiceField(label=gettext_lazy("Issue"), coerce=int)
    what = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[(name, words.CLAIM_REASON[name]) for name in ("not_received", "damaged", "wrong_copy")],
    )
    by = forms.ChoiceField(
        label=gettext_lazy("Asked by"), choices=[(name, words.CLAIM_BY[name]) for name in ("staff", "agency")]
    )
    confirmed = forms.BooleanField(label=gettext_lazy("The address was read out and is right"), required=False)
    field_order = ["copy", "what", "by", "confirmed", "reason"]


class TakeClaim(TwoSteps):
    """A reader telephones, or an agency writes: a copy did not arrive."""

    name = "take_claim"
    right = Right.CLAIMS
    title = gettext_lazy("Take a claim")
    button = gettext_lazy("Take it")

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one = Subscription.objects.select_related("recipient__address").filter(pk=key).first()
        if one is not None and not self._copies(one):
            raise Impossible(_("No copy of this subscription was sent yet."))
        return one

    def form(self, subject: Subscription, data: Any) -> forms.Form:
        form = TakeForm(data)
        field: Any = form.fields["copy"]
        field.choices = [(copy.pk, issue_number(copy.issue.number)) for copy in self._copies(subject) if copy.issue]
        return form

    def preview(self, subject: Subscription, form: Any) -> Preview:
        copy = Entitlement.objects.select_related("issue").get(pk=form.cleaned_data["copy"])
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Issue"), issue_number(copy.issue.number) if copy.issue else ""),
                Fact(_("What happened"), str(words.CLAIM_REASON[form.cleaned_data["what"]])),
                Fact(
                    _("Free in stock"),
                    balances([copy.issue_id])[copy.issue_id] - promised([copy.issue_id])[copy.issue_id],
                ),
            ],
            warning=_("What becomes of it is decided by the table of claims; the reader is told by letter."),
            label=subject.recipient.address.lines,
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        made = claim(Said(typed["copy"], typed["what"], typed["by"], typed["confirmed"]), actor=actor, at=at)
        ring("letters")
        return Done(_("The claim stands at: %(state)s.") % {"state": words.said(words.CLAIM, made.state)["word"]})

    def back(self, subject: Subscription) -> str:
        return reverse("desk_subscription", args=[subject.pk])

    def about(self, subject: Subscription) -> str:
        return _("subscription %(number)s") % {"number": subject}

    def _copies(self, one: Subscription) -> list[Entitlement]:
        sent = Entitlement.objects.filter(term__subscription=one, state=Entitlement.State.SERVED, issue__isnull=False)
        return list(sent.select_related("issue").order_by("-issue__number")[:SHOWN])


class ConfirmAddress(TwoSteps):
    """The reader has said by telephone or letter that the address is right: what waits for it goes on."""

    name = "confirm_address"
    right = Right.CLAIMS
    title = gettext_lazy("The address is right")
    button = gettext_lazy("Confirm it")

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one = Subscription.objects.select_related("recipient__address").filter(pk=key).first()
        if one is not None and not waits_for_address(one.pk):
            raise Impossible(_("Nothing waits for the address of this subscription."))
        return one

    def preview(self, subject: Subscription, form: Any) -> Preview:
        return Preview(
            facts=[Fact(_("Subscription"), str(subject))],
            warning=_(
                "Copies that are held come again, and what came back leaves once more. Another address is entered instead."
            ),
            label=subject.recipient.address.lines,
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        known(subject.pk, actor=actor, at=at, reason=form.cleaned_data["reason"])
        ring("letters")
        return Done(_("The address is confirmed."))

    def back(self, subject: Subscription) -> str:
        return reverse("desk_subscription", args=[subject.pk])

    def about(self, subject: Subscription) -> str:
        return _("subscription %(number)s") % {"number": subject}


class DecideForm(ReasonForm):
    """What becomes of one claim."""

    target = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[(name, words.CLAIM_DECISION[name]) for name in CHOICES],
        widget=forms.RadioSelect,
    )
    tracked = forms.BooleanField(label=gettext_lazy("With a tracking number"), required=False)
    field_order = ["target", "tracked", "reason"]


class DecideClaim(TwoSteps):
    """What the table leaves to a person."""

    name = "decide_claim"
    right = Right.CLAIMS
    title = gettext_lazy("Decide a claim")
    button = gettext_lazy("Decide")
    form_class = DecideForm

    def load(self, request: HttpRequest, key: int) -> Claim | None:
        one = Claim.objects.select_related("issue", "subscription").filter(pk=key).first()
        if one is not None and one.state not in (State.ON_DESK, State.ASKED):
            raise Impossible(_("Where this claim stands, that cannot be done."))
        return one

    def preview(self, subject: Claim, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject.subscription)),
                Fact(_("Issue"), issue_number(subject.issue.number)),
                Fact(_("Decision"), str(words.CLAIM_DECISION[form.cleaned_data["target"]])),
            ],
            warning=_("The price is not given back by this: refund it first, then write it down here.")
            if form.cleaned_data["target"] == State.CREDITED
            else _("The reader is told by letter."),
        )

    def do(self, subject: Claim, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        decide_by_hand(
            subject.pk, typed["target"], tracked=typed["tracked"], actor=actor, at=at, reason=typed["reason"]
        )
        ring("letters")
        return Done(_("The claim is decided."))

    def back(self, subject: Claim) -> str:
        return reverse("desk_claim", args=[subject.pk])

    def about(self, subject: Claim) -> str:
        return issue_number(subject.issue.number)


class IncidentForm(ReasonForm):
    """What becomes of all of them."""

    target = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            (name, words.INCIDENT_DECISION[name]) for name in (Incident.RESENDING, Incident.WAITING, Incident.EXTENDING)
        ],
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label=gettext_lazy("Wait until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ["target", "until", "reason"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        until = cleaned.get("until")
        if cleaned.get("target") == Incident.WAITING and (until is None or until <= paris_day(timezone.now())):
            self.add_error("until", _("Please say until which day to come."))
        return cleaned


class DecideIncident(TwoSteps):
    """One decision for all the claims of an issue in a department."""

    name = "decide_incident"
    right = Right.STOCK
    title = gettext_lazy("Decide for all")
    button = gettext_lazy("Decide")
    form_class = IncidentForm

    def load(self, request: HttpRequest, key: int) -> ClaimIncident | None:
        one = ClaimIncident.objects.select_related("issue").filter(pk=key).first()
        if one is not None and one.state not in (Incident.OPEN, Incident.WAITING):
            raise Impossible(_("This incident is decided."))
        return one

    def preview(self, subject: ClaimIncident, form: Any) -> Preview:
        key = subject.issue_id
        return Preview(
            facts=[
                Fact(_("Issue"), issue_number(subject.issue.number)),
                Fact(_("Department"), subject.department),
                Fact(_("Claims that wait"), subject.claims.filter(state=State.WAITING).count()),
                Fact(_("Free in stock"), balances([key])[key] - promised([key])[key]),
                Fact(_("Decision"), str(words.INCIDENT_DECISION[form.cleaned_data["target"]])),
                Fact(_("Wait until"), short_day(form.cleaned_data["until"])),
            ],
            warning=_(
                "Sent again as far as the stock goes, the others get one issue more. The readers are told by letter."
            ),
        )

    def do(self, subject: ClaimIncident, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        waits = typed["until"] if typed["target"] == Incident.WAITING else None
        decide_incident(subject.pk, typed["target"], actor=actor, at=at, reason=typed["reason"], wait_until=waits)
        return Done(_("It is decided; it is carried out within minutes."))

    def back(self, subject: ClaimIncident) -> str:
        return reverse("desk_incident", args=[subject.pk])

    def about(self, subject: ClaimIncident) -> str:
        return issue_number(subject.issue.number)
