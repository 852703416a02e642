"""Acts about cheques: deposit those that are here, note one that bounced, what was paid instead, or that nothing will be."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor
from payments.cheques.bouncing import is_unpaid
from payments.cheques.depositing import MOST, deposit
from payments.days import paris_day
from payments.models import Cheque
from payments.money import eur
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_post_orders import TransferForm
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.cheque_forms import ChequeForm, cheque_facts
from shop.backoffice.money_tables import name_of
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, short_day
from shop.watch.bell import ring
from subscriptions.offline import bouncing

State = Cheque.State


class DepositForm(ReasonForm):
    """Which cheques, on which day."""

    cheques = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Cheques"),
        queryset=Cheque.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose from one to 200 cheques.")},
    )
    on = forms.DateField(label=gettext_lazy("Taken to the bank on"), widget=DateInput)
    field_order = ["cheques", "on", "reason"]

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        chosen: Any = self.fields["cheques"]
        chosen.queryset = Cheque.objects.filter(state=State.RECEIVED).order_by("pk")
        chosen.label_from_instance = in_a_line
        keys = list(chosen.queryset.values_list("pk", flat=True)[:MOST])
        self.initial |= {
            "cheques": keys,
            "on": paris_day(timezone.now()).isoformat(),
            "reason": _("deposit of cheques"),
        }


def in_a_line(one: Cheque) -> str:
    """A cheque among others."""
    return f"{euros(one.amount)}, {one.number}, {one.bank}, {one.drawer} ({short_day(one.received_on)})"


class DepositCheques(TwoSteps):
    """Freeze the cheques that are here on the next slip."""

    name = "deposit-cheques"
    right = Right.CHEQUES
    title = gettext_lazy("Deposit cheques")
    button = gettext_lazy("Make the slip")
    form_class = DepositForm

    def load(self, request: HttpRequest, key: int) -> str:
        if not Cheque.objects.filter(state=State.RECEIVED).exists():
            raise Impossible(_("No cheque is here to be deposited."))
        return "cheques"

    def preview(self, subject: str, form: Any) -> Preview:
        chosen = list(form.cleaned_data["cheques"])
        total = sum((one.amount.amount for one in chosen), Decimal("0.00"))
        many = ngettext("%(count)s cheque", "%(count)s cheques", len(chosen)) % {"count": len(chosen)}
        return Preview(
            [
                Fact(_("Cheques"), many, lines=[in_a_line(one) for one in chosen]),
                Fact(_("Total"), euros(eur(total))),
                Fact(_("Taken to the bank on"), short_day(form.cleaned_data["on"])),
            ],
            _(
                "The slip takes a number and is frozen: no cheque is added to it or taken off. Print it, and endorse each cheque."
            ),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        slip = deposit(
            [one.pk for one in typed["cheques"]], on=typed["on"], reason=typed["reason"], actor=actor, at=at
        )  # fmt: skip
        self.made = slip.pk
        return Done(
            _("Slip %(reference)s is made: %(total)s.") % {"reference": slip.reference, "total": euros(slip.total)}
        )

    def back(self, subject: str) -> str:
        made = getattr(self, "made", None)
        return reverse("desk_slip", args=[made]) if made else reverse("desk_cheques")

    def about(self, subject: str) -> str:
        return _("Cheques")


class _OnCheque(TwoSteps):
    """What acts on one cheque have in common."""

    right = Right.CHEQUES

    def load(self, request: HttpRequest, key: int) -> Cheque | None:
        one = Cheque.objects.select_related("payment__customer", "slip").filter(pk=key).first()
        if one is not None and not self.possible(one):
            raise Impossible(_("Nothing is awaited for this cheque: it is paid, paid again or given up."))
        return one

    def possible(self, one: Cheque) -> bool:
        """Whether it can be done where the cheque stands."""
        return is_unpaid(one)

    def facts(self, one: Cheque) -> list[Fact]:
        """What it is about."""
        return [
            Fact(_("Cheque"), f"{one.reference}: {one.number}, {one.bank}".replace(": ", "\u00a0: ", 1)),
            Fact(_("Reader"), name_of(one.payment.customer)),
            Fact(_("Amount"), euros(one.amount)),
        ]

    def back(self, subject: Cheque) -> str:
        return reverse("desk_cheque", args=[subject.pk])

    def about(self, subject: Cheque) -> str:
        return subject.reference


class BounceForm(ReasonForm):
    """When, and why as the bank says."""

    on = forms.DateField(label=gettext_lazy("Sent back by the bank on"), widget=DateInput)
    because = forms.ChoiceField(label=gettext_lazy("Why"), choices=list(words.BOUNCED_BECAUSE.items()))
    field_order = ["on", "because", "reason"]


class NoteBounced(_OnCheque):
    """A cheque came back unpaid."""

    name = "note-bounced"
    title = gettext_lazy("It came back unpaid")
    button = gettext_lazy("Note it, and write to the reader")
    form_class = BounceForm

    def possible(self, one: Cheque) -> bool:
        return one.state != State.BOUNCED

    def preview(self, subject: Cheque, form: Any) -> Preview:
        typed, before = form.cleaned_data, subject.state != State.CREDITED
        return Preview(
            [
                *self.facts(subject),
                Fact(_("Sent back by the bank on"), short_day(typed["on"])),
                Fact(_("Why"), str(words.BOUNCED_BECAUSE[typed["because"]])),
                Fact(
                    _("Taken from"),
                    _("5112, the bank has not credited it") if before else _("512, the bank had credited it"),
                ),
            ],
            _(
                "Only if the bank never credited it. If it credits the whole slip first, let that line in before you note this. "
                "The copies still owed are held, and the reader is asked for another payment."
            )
            if before
            else _(
                "The copies still owed are held, and the reader is asked for another payment. What the bank charges is ours."
            ),
        )

    def do(self, subject: Cheque, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        bouncing.bounce(
            subject.pk, on=typed["on"], because=typed["because"], reason=typed["reason"], actor=actor, at=at
        )  # fmt: skip
        ring("letters")
        return Done(_("It is noted: %(amount)s are owed again.") % {"amount": euros(subject.amount)})


_GOES_ON = gettext_lazy(
    "The copies that were held come again; one whose issue has left comes with a later one. The reader is told."
)


class PaidByCheque(_OnCheque):
    """Another cheque came instead."""

    name = "paid-by-cheque"
    title = gettext_lazy("Another cheque is here")
    button = gettext_lazy("Take it")

    def form(self, subject: Cheque, data: Any) -> forms.Form:
        return ChequeForm(data, asked=subject.amount.amount)

    def preview(self, subject: Cheque, form: Any) -> Preview:
        on = paris_day(timezone.now())
        return Preview(
            [*self.facts(subject), *cheque_facts(form.cheque(), on=on, asked=subject.amount.amount)], _GOES_ON
        )  # fmt: skip

    def do(self, subject: Cheque, form: Any, *, actor: Actor, at: datetime) -> Done:
        bouncing.pay_again_by_cheque(
            subject.pk, form.cheque(), reason=form.cleaned_data["reason"], actor=actor, at=at
        )  # fmt: skip
        ring("letters")
        return Done(_("It is paid again: %(amount)s.") % {"amount": euros(subject.amount)})


class PaidByTransfer(_OnCheque):
    """A transfer came instead."""

    name = "paid-by-transfer"
    title = gettext_lazy("A transfer came instead")
    button = gettext_lazy("Note it")
    form_class = TransferForm

    def preview(self, subject: Cheque, form: Any) -> Preview:
        typed = form.cleaned_data
        return Preview(
            [
                *self.facts(subject),
                Fact(_("Credited on"), short_day(typed["received_on"])),
                Fact(_("Bank reference"), typed["bank_reference"], mono=True),
            ],
            _GOES_ON,
        )

    def do(self, subject: Cheque, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        bouncing.pay_again_by_transfer(
            subject.pk, bank_reference=typed["bank_reference"], received_on=typed["received_on"],
            reason=typed["reason"], actor=actor, at=at,
        )  # fmt: skip
        ring("letters")
        return Done(_("It is paid again: %(amount)s.") % {"amount": euros(subject.amount)})


class GiveUpCheque(_OnCheque):
    """Nobody expects its money any more."""

    name = "give-up-cheque"
    title = gettext_lazy("Give it up")
    button = gettext_lazy("Undo what it was to pay")

    def preview(self, subject: Cheque, form: Any) -> Preview:
        return Preview(
            self.facts(subject),
            _(
                "What was not sent is credited, with a credit note that takes a number for good; what was sent is a loss (654). "
                "The subscription ends, unless another year of it runs. The reader is told."
            ),
        )

    def do(self, subject: Cheque, form: Any, *, actor: Actor, at: datetime) -> Done:
        bouncing.give_up(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        ring("letters")
        return Done(_("What it was to pay is undone."))
