"""Acts about agencies: add one, grant it another discount, give back what a transfer brought too much of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.models import BankReceipt
from payments.money import eur
from payments.receipts import surplus_of
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.acts_reissue import FirmForm
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, percent, short_day
from subscriptions.institutions.agencies import add_agency, grant_discount
from subscriptions.institutions.returning import give_surplus_back
from subscriptions.models import Agency, AgencyDiscount

_PERCENT = forms.DecimalField(
    label=gettext_lazy("Discount in percent"), min_value=Decimal(0), max_value=Decimal(10), max_digits=4,
    decimal_places=2, localize=True,
)  # fmt: skip


class AgencyForm(FirmForm):
    """An agency, as its invoices will name it, with its first discount."""

    email = forms.EmailField(label=gettext_lazy("E-mail for invoices"), max_length=254)
    percent = _PERCENT

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for name in ("title", "first_name", "last_name", "engagement_number"):
            self.fields.pop(name, None)
        first = ["buyer_kind", "organisation", "siren", "siret", "vat_number", "email", "percent"]
        self.order_fields([*first, *[name for name in self.fields if name not in first]])

    def clean(self) -> dict[str, Any]:
        return super().clean() | {"engagement_number": ""}


class AddAgency(TwoSteps):
    """Add an agency that passes orders on."""

    name = "add-agency"
    right = Right.RECEIPTS
    title = gettext_lazy("Add an agency")
    button = gettext_lazy("Add it")
    form_class = AgencyForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "agencies"

    def preview(self, subject: str, form: Any) -> Preview:
        typed = form.cleaned_data
        if Agency.objects.filter(name=typed["organisation"]).exists():
            raise Impossible(_("There is an agency of this name already."))
        return Preview(
            facts=[
                Fact(_("Agency"), typed["organisation"]),
                Fact("SIREN", typed["siren"]),
                Fact(_("E-mail for invoices"), typed["email"]),
                Fact(_("Discount"), percent(typed["percent"])),
            ],
            label=list(form.label.printed_lines),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        add_agency(
            form.buyer(),
            form.typed(),
            form.label,
            email=typed["email"],
            percent=typed["percent"],
            reason=typed["reason"],
            actor=actor,
            at=at,
        )
        return Done(_("Agency %(name)s is added.") % {"name": typed["organisation"]})

    def back(self, subject: str) -> str:
        return reverse("desk_agencies")

    def about(self, subject: str) -> str:
        return _("Agencies")


class DiscountForm(ReasonForm):
    """How much, from when."""

    percent = _PERCENT
    valid_from = forms.DateField(label=gettext_lazy("From"), widget=DateInput)
    field_order = ["percent", "valid_from", "reason"]


class GrantDiscount(TwoSteps):
    """Grant an agency another discount from a day on."""

    name = "grant-discount"
    right = Right.RECEIPTS
    title = gettext_lazy("Grant another discount")
    button = gettext_lazy("Grant it")
    form_class = DiscountForm

    def load(self, request: HttpRequest, key: int) -> Agency | None:
        return Agency.objects.filter(pk=key).first()

    def preview(self, subject: Agency, form: Any) -> Preview:
        typed = form.cleaned_data
        if typed["valid_from"] < paris_day(timezone.now()):
            raise Impossible(_("A discount begins today at the earliest: what was invoiced stands."))
        if AgencyDiscount.objects.filter(agency=subject, valid_from=typed["valid_from"]).exists():
            raise Impossible(_("Another discount begins on that day already."))
        return Preview(
            facts=[
                Fact(_("Agency"), subject.name),
                Fact(_("Discount"), percent(typed["percent"])),
                Fact(_("From"), short_day(typed["valid_from"])),
            ],
            warning=_("A discount is never changed, only followed by another one."),
        )

    def do(self, subject: Agency, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        grant_discount(
            subject,
            percent=typed["percent"],
            valid_from=typed["valid_from"],
            reason=typed["reason"],
            actor=actor,
            at=at,
        )
        return Done(_("The discount is granted."))

    def back(self, subject: Agency) -> str:
        return reverse("desk_agencies")

    def about(self, subject: Agency) -> str:
        return subject.name


class GiveSurplusBack(TwoSteps):
    """What a transfer brought too much of goes back by transfer."""

    name = "receipt-back"
    right = Right.TRANSFERS
    title = gettext_lazy("Give back what is too much")
    button = gettext_lazy("Ask for an account")

    def load(self, request: HttpRequest, key: int) -> BankReceipt | None:
        one = BankReceipt.objects.prefetch_related("shares__invoice").filter(pk=key).first()
        if one is not None and (not surplus_of(one) or one.transfers.exists()):
            raise Impossible(_("Nothing of this transfer is left to give back."))
        return one

    def preview(self, subject: BankReceipt, form: Any) -> Preview:
        return Preview(
            facts=[
                Fact(_("Transfer received"), subject.reference),
                Fact(_("From"), subject.payer),
                Fact(_("Too much"), euros(eur(surplus_of(subject)))),
            ],
            warning=_("The buyer is asked for an IBAN by letter; a colleague approves it as any refund by transfer."),
        )

    @transaction.atomic
    def do(self, subject: BankReceipt, form: Any, *, actor: Actor, at: datetime) -> Done:
        transfer = give_surplus_back(subject.pk, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("Transfer %(reference)s waits for an account.") % {"reference": transfer.reference})

    def back(self, subject: BankReceipt) -> str:
        return reverse("desk_receipt", args=[subject.pk])

    def about(self, subject: BankReceipt) -> str:
        return subject.reference
