"""What is written on a cheque, as colleagues type it: one form for the order that it came with, and for those that waited."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.cheques.receiving import Written, checked
from payments.days import paris_day
from payments.money import eur, parse_french
from shop.backoffice.acting import ReasonForm
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, short_day

FIELDS = ("cheque_amount", "cheque_number", "cheque_bank", "cheque_drawer", "cheque_received_on")


def cheque_fields() -> dict[str, forms.Field]:
    """The fields of one cheque; which of them must be filled, the form says."""
    return {
        "cheque_amount": forms.CharField(label=_("Amount of the cheque"), max_length=20, required=False),
        "cheque_number": forms.CharField(
            label=_("Number of the cheque"),
            max_length=20,
            required=False,
            help_text=_("Printed at its lower left edge, seven digits."),
        ),
        "cheque_bank": forms.CharField(label=_("Bank"), max_length=60, required=False),
        "cheque_drawer": forms.CharField(
            label=_("Drawer"), max_length=120, required=False, help_text=_("As written on the cheque.")
        ),
        "cheque_received_on": forms.DateField(
            label=_("Handed over on"),
            widget=DateInput,
            required=False,
            help_text=_("The day it reached us: its VAT falls due then."),
        ),
    }


def written_of(form: forms.Form) -> Written:
    """The cheque of a form that `clean_cheque` has seen."""
    typed = form.cleaned_data
    return Written(
        number=typed["cheque_number"],
        bank=typed["cheque_bank"],
        drawer=typed["cheque_drawer"],
        amount=typed["cheque_amount"],
        received_on=typed["cheque_received_on"],
    )


def clean_cheque(form: forms.Form, *, asked: Decimal | None) -> None:
    """Say beside its field what is missing of a cheque, or cannot be. `asked`: what it is to pay, where that is known."""
    typed = form.cleaned_data
    for name in FIELDS:
        if not typed.get(name) and not form.has_error(name):
            form.add_error(name, _("This stands on the cheque: please type it."))
    if any(form.has_error(name) for name in FIELDS):
        return
    try:
        typed["cheque_amount"] = parse_french(typed["cheque_amount"]).amount
    except ValidationError as trouble:
        form.add_error("cheque_amount", trouble)
        return
    try:
        checked(
            written_of(form), on=paris_day(timezone.now()), asked=typed["cheque_amount"] if asked is None else asked
        )
    except ValidationError as trouble:
        form.add_error(_FIELD.get(trouble.code, "cheque_number"), trouble)


_FIELD = {
    "amount": "cheque_amount",
    "future": "cheque_received_on",
    "empty": "cheque_drawer",
    "number": "cheque_number",
}


class ChequeForm(ReasonForm):
    """A cheque that pays what is asked for."""

    def __init__(self, data: Any = None, *, asked: Decimal) -> None:
        super().__init__(
            data, initial={"cheque_received_on": paris_day(timezone.now()).isoformat(), "cheque_amount": _plain(asked)}
        )
        self.asked = asked
        self.fields.update(cheque_fields())
        self.order_fields([*FIELDS, "reason"])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        clean_cheque(self, asked=self.asked)
        return typed

    def cheque(self) -> Written:
        """The cheque. Only after `is_valid`."""
        return written_of(self)


def cheque_facts(cheque: Written, *, on: date, asked: Decimal) -> list[Fact]:
    """A cheque before it is taken. Raises CannotTake with a sentence where it cannot be."""
    found = checked(cheque, on=on, asked=asked)
    return [
        Fact(_("Cheque"), f"{found.number}, {found.bank}"),
        Fact(_("Drawer"), found.drawer),
        Fact(_("Amount of the cheque"), euros(eur(found.amount))),
        Fact(_("Handed over on"), short_day(found.received_on)),
    ]


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
