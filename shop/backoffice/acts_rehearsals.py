"""Acts about rehearsals: make one of some days, sign it by name, change what becomes of charges that nobody signed."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.rehearsal_pages import span
from shop.backoffice.rehearsal_words import RULE, WILL
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.backoffice.words import said
from shop.templatetags.french import euros, short_day
from subscriptions.models import Rehearsal, RehearsalLine, UnsignedRunRule
from subscriptions.renewals.rehearsing import (
    CannotSign,
    Change,
    foreseen_lines,
    next_rehearsable,
    refuse_to_sign,
    rehearse,
    sign,
    total,
    what_changed,
)
from subscriptions.renewals.unsigned import rule, set_rule

Will = RehearsalLine.Will
#: So many changes are told one by one.
TOLD = 20


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a form begins with."""

    first: date
    last: date


class DaysForm(ReasonForm):
    """From which day to which; both count."""

    first_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    last_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("The same day for one day alone, the last of the month for a month."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    field_order = ["first_on", "last_on", "reason"]


class RehearseDays(TwoSteps):
    """Write down what some days would charge."""

    name = "rehearse"
    right = Right.REHEARSE
    title = gettext_lazy("Rehearse some days")
    button = gettext_lazy("Keep this rehearsal")
    form_class = DaysForm

    def __init__(self) -> None:
        self.made: Rehearsal | None = None

    def load(self, request: HttpRequest, key: int) -> Days:
        first = next_rehearsable(timezone.now())
        asked = parse_date(f"{request.GET.get('mois', '')}-01") if request.GET.get("mois") else None
        if asked is not None:
            first = max(first, asked)
        last = (asked or first).replace(day=monthrange((asked or first).year, (asked or first).month)[1])
        return Days(first, max(first, last))

    def form(self, subject: Days, data: Any) -> forms.Form:
        return DaysForm(data, initial={"first_on": subject.first, "last_on": subject.last})

    def preview(self, subject: Days, form: Any) -> Preview:
        first, last = form.cleaned_data["first_on"], form.cleaned_data["last_on"]
        lines = foreseen_lines(first, last, at=timezone.now())
        charged = [one for one in lines if one.will == Will.CHARGE]
        return Preview(
            facts=[
                Fact(_("Days"), f"{short_day(first)} – {short_day(last)}"),
                Fact(_("Charged"), len(charged)),
                Fact(_("Amount"), euros(total(charged))),
                *_not_charged(lines),
            ],
            warning=_("Nobody is charged or written to by this. The lines are kept for good."),
        )

    def do(self, subject: Days, form: Any, *, actor: Actor, at: datetime) -> Done:
        self.made = rehearse(
            form.cleaned_data["first_on"],
            form.cleaned_data["last_on"],
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
        )
        return Done(
            _("%(count)s charges of %(amount)s in all are rehearsed. Read them, then have them signed.")
            % {"count": self.made.charged_total, "amount": euros(self.made.amount)}
        )

    def back(self, subject: Days) -> str:
        return reverse("desk_rehearsal", args=[self.made.pk]) if self.made else reverse("desk_rehearsals")

    def about(self, subject: Days) -> str:
        return _("Rehearsals")


def _not_charged(lines: list[RehearsalLine]) -> list[Fact]:
    counted: dict[str, int] = {}
    for one in lines:
        if one.will != Will.CHARGE:
            counted[one.will] = counted.get(one.will, 0) + 1
    return [Fact(said(WILL, will)["word"], many) for will, many in sorted(counted.items())]


class SignRehearsal(TwoSteps):
    """Somebody of finance stands for the lines, by name."""

    name = "sign"
    right = Right.SIGN
    title = gettext_lazy("Sign a rehearsal")
    button = gettext_lazy("Sign")

    def load(self, request: HttpRequest, key: int) -> Rehearsal | None:
        one = Rehearsal.objects.filter(pk=key).first()
        if one is not None:
            try:
                refuse_to_sign(one, at=timezone.now())
            except CannotSign as trouble:
                raise Impossible(trouble.messages) from trouble
        return one

    def preview(self, subject: Rehearsal, form: Any) -> Preview:
        changes = what_changed(subject, at=timezone.now())
        if changes:
            raise ValidationError([*_stale(changes)])
        return Preview(
            facts=[
                Fact(_("Days"), span(subject)),
                Fact(_("Charged"), subject.charged_total),
                Fact(_("Amount"), euros(subject.amount)),
                Fact(_("Not charged"), subject.lines_total - subject.charged_total),
                Fact(_("Hash"), subject.sha256, mono=True),
            ],
            warning=_("You sign with your own name, once. A signature is not taken back."),
        )

    def do(self, subject: Rehearsal, form: Any, *, actor: Actor, at: datetime) -> Done:
        signer = get_user_model()._default_manager.get(pk=int(actor.name))
        signature = sign(subject, signer=signer, reason=form.cleaned_data["reason"], at=at)
        return Done(_("Signed by %(name)s.") % {"name": signature.name})

    def back(self, subject: Rehearsal) -> str:
        return reverse("desk_rehearsal", args=[subject.pk])

    def about(self, subject: Rehearsal) -> str:
        return _("Rehearsal of %(days)s") % {"days": span(subject)}


def _stale(changes: list[Change]) -> list[str]:
    """What is not true any more, sentence by sentence."""
    sentences = [_("What was rehearsed is not true any more: rehearse these days again, then sign.")]
    for one in changes[:TOLD]:
        line = one.was or one.now
        number = str(line.subscription) if line else ""
        facts = {"number": number, "was": _fate(one.was), "now": _fate(one.now)}
        sentences.append(_("%(number)s: was “%(was)s”, is “%(now)s” now.") % facts)
    if len(changes) > TOLD:
        sentences.append(_("And %(count)s more.") % {"count": len(changes) - TOLD})
    return sentences


def _fate(line: RehearsalLine | None) -> str:
    if line is None:
        return _("not on these days")
    word = said(WILL, line.will)["word"]
    return f"{word}, {euros(line.amount)}, {short_day(line.day)}" if line.will == Will.CHARGE else word


class RuleForm(ReasonForm):
    """What becomes of them."""

    choice = forms.ChoiceField(
        label=gettext_lazy("Charges of which nobody has signed the rehearsal"),
        choices=list(RULE.items()),
        widget=forms.RadioSelect,
    )
    field_order = ["choice", "reason"]


class SetUnsignedRule(TwoSteps):
    """What becomes of charges that nobody has signed, from now on."""

    name = "unsigned_rule"
    right = Right.SIGN
    title = gettext_lazy("Change the rule of unsigned charges")
    button = gettext_lazy("Change it")
    form_class = RuleForm

    def load(self, request: HttpRequest, key: int) -> str:
        return rule()

    def form(self, subject: str, data: Any) -> forms.Form:
        return RuleForm(data, initial={"choice": subject})

    def preview(self, subject: str, form: Any) -> Preview:
        choice = form.cleaned_data["choice"]
        if choice == subject:
            raise Impossible(_("This is the rule already."))
        held = choice == UnsignedRunRule.Choice.HOLD
        return Preview(
            facts=[Fact(_("Until now"), RULE[subject]), Fact(_("From now on"), RULE[choice])],
            warning=_("No automatic renewal is charged any more on days that nobody has signed.") if held else "",
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        set_rule(form.cleaned_data["choice"], actor=actor, reason=form.cleaned_data["reason"], at=at)
        return Done(_("The rule holds from now on."))

    def back(self, subject: str) -> str:
        return reverse("desk_rehearsals")

    def about(self, subject: str) -> str:
        return _("Rehearsals")
