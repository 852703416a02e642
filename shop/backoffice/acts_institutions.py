"""Acts about institutions: take an order on paper, note the transfer that pays it, remind of it, cancel it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.open_items import ZERO, open_item, rate_of, still_open, vat_due
from payments.models import Invoice
from payments.money import eur, parse_french
from payments.vat import BuyerKind, split
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.acts_reissue import FirmForm
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import euros, issue_number, percent, short_day
from shop.watch.bell import ring
from subscriptions.addresses.check import check
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.institutions import cancelling
from subscriptions.institutions.ordering import InvoicedTo, Paper, Priced, order_by_paper, priced
from subscriptions.institutions.receiving import open_of_buyer, receive
from subscriptions.institutions.reminding import remind_now
from subscriptions.institutions.writing_off import write_off
from subscriptions.models import Agency, Offer, Order, Subscription

#: Where the invoice goes if not to the service that receives the copies: the fields of an address that offices have.
BILLING = ("service", "building", "street", "locality", "postcode", "town")


class OrderForm(FirmForm):
    """The paper, field by field: who, what, where to, and who passes it on."""

    engagement_number = forms.CharField(label=gettext_lazy("Number of the purchase order"), max_length=60)
    dated_on = forms.DateField(label=gettext_lazy("Date of the purchase order"), widget=DateInput)
    service_code = forms.CharField(label=gettext_lazy("Service code (Chorus Pro)"), max_length=60, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail of the institution"), max_length=254)
    offer = forms.ModelChoiceField(label=gettext_lazy("Offer"), queryset=Offer.objects.none())
    quantity = forms.IntegerField(label=gettext_lazy("Copies of each issue"), min_value=1, max_value=999, initial=1)
    begins = forms.ChoiceField(label=gettext_lazy("Term"))
    renews = forms.CharField(
        label=gettext_lazy("Subscription that goes on (its number)"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("Leave it empty for a new subscription."),
    )
    due_days = forms.IntegerField(label=gettext_lazy("To be paid within (days)"), min_value=0, max_value=60, initial=30)
    agency = forms.ModelChoiceField(
        label=gettext_lazy("Agency"),
        queryset=Agency.objects.none(),
        required=False,
        empty_label=pgettext_lazy("agency", "none"),
    )
    agency_reference = forms.CharField(label=gettext_lazy("Agency’s reference"), max_length=60, required=False)
    invoiced_to = forms.ChoiceField(
        label=gettext_lazy("Invoice to"),
        choices=[
            (InvoicedTo.INSTITUTION, gettext_lazy("the institution")),
            (InvoicedTo.AGENCY, gettext_lazy("the agency")),
        ],
    )
    billing_service = forms.CharField(
        label=gettext_lazy("Invoice address, if another: service"), max_length=200, required=False
    )
    billing_building = forms.CharField(label=gettext_lazy("Invoice: building"), max_length=200, required=False)
    billing_street = forms.CharField(label=gettext_lazy("Invoice: number and street"), max_length=200, required=False)
    billing_locality = forms.CharField(label=gettext_lazy("Invoice: place or P.O. box"), max_length=200, required=False)
    billing_postcode = forms.CharField(label=gettext_lazy("Invoice: postcode"), max_length=20, required=False)
    billing_town = forms.CharField(label=gettext_lazy("Invoice: town"), max_length=200, required=False)
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for name in ("title", "first_name", "last_name"):
            self.fields.pop(name, None)
        on = paris_day(timezone.now())
        years: Any = self.fields["begins"]
        years.choices = [
            ("", _("from the next issue on")),
            *((str(year), _("January to December %(year)s") % {"year": year}) for year in (on.year, on.year + 1)),
        ]
        years.required = False
        offers: Any = self.fields["offer"]
        offers.queryset = Offer.objects.filter(kind=Offer.Kind.SUBSCRIPTION, renewal=Offer.Renewal.FIXED).order_by("pk")
        offers.label_from_instance = lambda offer: offer.title
        self.fields["agency"].queryset = Agency.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["token"].initial = uuid.uuid4
        self.initial |= {
            "service": "SERVICE PERIODIQUES",
            "buyer_kind": BuyerKind.PUBLIC_FR,
            "offer": offers.queryset.last(),
        }
        self.fields["organisation"].required = True
        first = [
            "buyer_kind", "organisation", "siren", "siret", "vat_number", "email", "engagement_number", "dated_on",
            "service_code", "offer", "quantity", "begins", "renews", "due_days", "agency", "agency_reference", "invoiced_to",
        ]  # fmt: skip
        last = [*(f"billing_{name}" for name in BILLING), "reason", "token"]
        self.order_fields([*first, *[name for name in self.fields if name not in {*first, *last}], *last])
        self.billing_label: PostalLabel | None = None

    def clean_renews(self) -> Subscription | None:
        """The subscription of that number."""
        number = self.cleaned_data["renews"].strip()
        found = Subscription.objects.filter(number=number).first() if number else None
        if number and found is None:
            raise forms.ValidationError(_("There is no subscription of this number."))
        return found

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        passed_on = typed.get("agency_reference") or typed.get("invoiced_to") == InvoicedTo.AGENCY
        if passed_on and typed.get("agency") is None:
            self.add_error("agency", _("Which agency passes this order on?"))
        if any(typed.get(f"billing_{name}") for name in BILLING):
            faults, self.billing_label = check(self._billing(), allowed=settings.DELIVERY_COUNTRIES or None)
            for fault in faults:
                name = f"billing_{fault.field}"
                self.add_error(name if name in self.fields else None, fault.sentence)
        return typed

    def paper(self) -> Paper:
        """What the paper says."""
        typed = self.cleaned_data
        assert self.label is not None  # noqa: S101  # a form without a label is not valid
        billed = self.billing_label is not None
        return Paper(
            offer=typed["offer"],
            quantity=typed["quantity"],
            kind=typed["buyer_kind"],
            organisation=typed["organisation"],
            email=typed["email"],
            number=typed["engagement_number"],
            dated_on=typed["dated_on"],
            delivery=self.typed(),
            delivery_label=self.label,
            billing=self._billing() if billed else None,
            billing_label=self.billing_label,
            siren=typed["siren"],
            siret=typed["siret"],
            vat_number=typed["vat_number"],
            service_code=typed["service_code"],
            agency=typed["agency"],
            agency_reference=typed["agency_reference"],
            invoiced_to=typed["invoiced_to"],
            calendar_year=int(typed["begins"]) if typed["begins"] else None,
            due_days=typed["due_days"],
            renews=typed["renews"],
        )

    def _billing(self) -> TypedAddress:
        given = {name: self.cleaned_data.get(f"billing_{name}", "") for name in BILLING}
        return replace(
            TypedAddress(kind=AddressKind.ORGANISATION, country="FR"),
            organisation=self.cleaned_data.get("organisation", ""),
            **given,
        )


class TakeOrder(TwoSteps):
    """Take an institution's order: it is served and invoiced at once."""

    name = "take-order"
    right = Right.INSTITUTIONS
    title = gettext_lazy("Take an institution’s order")
    button = gettext_lazy("Take it, and send the invoice")
    form_class = OrderForm

    def load(self, request: HttpRequest, key: int) -> str:
        return "institutions"

    def preview(self, subject: str, form: Any) -> Preview:
        paper = form.paper()
        found = priced(paper, on=paris_day(timezone.now()))
        quote, agency = found.quote, paper.agency
        ht, vat = split(found.total, quote.vat.rate)
        to_agency = agency is not None and paper.invoiced_to == InvoicedTo.AGENCY
        last = quote.first_issue.number + quote.offer.copies - 1
        return Preview(
            facts=[
                Fact(_("Offer"), quote.offer.title),
                Fact(_("Goes on"), str(paper.renews or "")),
                Fact(_("Copies of each issue"), paper.quantity),
                Fact(_("Issues"), f"{issue_number(quote.first_issue.number)} – {issue_number(last)}"),
                Fact(_("Term"), f"{short_day(quote.term.starts_on)} – {short_day(quote.term.ends_on)}"),
                Fact(_("Unit price incl. VAT"), euros(quote.price.amount)),
                Fact(_("Discount"), percent(found.discount) if agency else ""),
                Fact(_("Total"), f"{euros(eur(found.total))} ({euros(eur(ht))} + {euros(eur(vat))})"),
                Fact(_("Invoice to"), agency.name if to_agency and agency else paper.organisation),
                Fact(_("Invoice address"), "", lines=_bill_lines(form, agency if to_agency else None)),
                Fact(pgettext("invoice", "Due"), short_day(found.due_on)),
            ],
            warning=_(
                "The subscription begins without waiting for the payment. The invoice takes a number for good and goes to "
                "the buyer by letter."
            ),
            label=list(form.label.printed_lines),
        )

    def do(self, subject: str, form: Any, *, actor: Actor, at: datetime) -> Done:
        paper = form.paper()
        found: Priced = priced(paper, on=paris_day(at))
        taken = order_by_paper(
            paper,
            expected_total=found.total,
            form_token=form.cleaned_data["token"],
            reason=form.cleaned_data["reason"],
            actor=actor,
            at=at,
        )
        ring("letters")
        said = {"order": taken.order.reference, "invoice": taken.invoice.reference, "amount": euros(taken.order.amount)}
        return Done(_("Order %(order)s is taken. Invoice %(invoice)s: %(amount)s.") % said)

    def back(self, subject: str) -> str:
        return reverse("desk_institutions")

    def about(self, subject: str) -> str:
        return _("Institutions’ orders")


def _bill_lines(form: OrderForm, agency: Agency | None) -> list[str]:
    if agency is not None:
        return list(agency.address.lines)
    label = form.billing_label or form.label
    return list(label.printed_lines) if label else []


class ReceiptForm(ReasonForm):
    """One line of the bank's statement."""

    amount = forms.CharField(label=gettext_lazy("Amount credited"), max_length=20)
    received_on = forms.DateField(label=gettext_lazy("Credited on"), widget=DateInput)
    bank_reference = forms.CharField(
        label=gettext_lazy("Bank reference"), max_length=80, help_text=gettext_lazy("As on the statement.")
    )
    payer = forms.CharField(label=gettext_lazy("From"), max_length=120, help_text=gettext_lazy("As on the statement."))
    others_too = forms.BooleanField(
        label=gettext_lazy("What is too much pays the buyer’s other open invoices, the oldest first"), required=False
    )
    field_order = ["amount", "received_on", "bank_reference", "payer", "others_too", "reason"]

    def clean_amount(self) -> Any:
        """Euros as they are written in French."""
        amount = parse_french(self.cleaned_data["amount"])
        if amount.amount <= 0:
            raise forms.ValidationError(_("A transfer brings more than nothing."))
        return amount.amount

    def clean_received_on(self) -> Any:
        """A day that has come."""
        if self.cleaned_data["received_on"] > paris_day(timezone.now()):
            raise forms.ValidationError(_("This day has not come yet: when did the bank credit it?"))
        return self.cleaned_data["received_on"]


class OpenInvoice(TwoSteps):
    """What acts on an invoice that is still to be paid have in common."""

    def load(self, request: HttpRequest, key: int) -> Invoice | None:
        one = still_open().filter(pk=key).first()
        if one is None and Invoice.objects.filter(pk=key).exists():
            raise Impossible(_("Nothing is left to pay of this invoice."))
        return one

    def back(self, subject: Invoice) -> str:
        return reverse("desk_invoice", args=[subject.pk])

    def about(self, subject: Invoice) -> str:
        return subject.reference


class NoteTransfer(OpenInvoice):
    """A transfer has come for an invoice."""

    name = "note-transfer"
    right = Right.RECEIPTS
    title = gettext_lazy("Note a transfer received")
    button = gettext_lazy("Note it")
    form_class = ReceiptForm

    def preview(self, subject: Invoice, form: Any) -> Preview:
        typed, item = form.cleaned_data, open_item(subject)
        paid = min(typed["amount"], item.left)
        rest = typed["amount"] - paid
        after = (
            _("paid whole") if paid == item.left else _("%(left)s left to pay") % {"left": euros(eur(item.left - paid))}
        )
        others = open_of_buyer(subject)
        spread = _("pays other invoices of this buyer, then is owed back") if others.exists() else _("is owed back")
        return Preview(
            facts=[
                Fact(_("Invoice"), f"{subject.reference}, {subject.buyer_name}"),
                Fact(_("Left to pay"), euros(eur(item.left))),
                Fact(_("Amount credited"), euros(eur(typed["amount"]))),
                Fact(_("Credited on"), short_day(typed["received_on"])),
                Fact(_("Afterwards"), after),
                Fact(_("Too much"), euros(eur(rest)) if rest > ZERO else ""),
                Fact(
                    _("What becomes of it"),
                    (spread if typed["others_too"] else _("is owed back")) if rest > ZERO else "",
                ),
            ],
            warning=_("Its VAT falls due on the day of the credit. The note is kept for good."),
        )

    def do(self, subject: Invoice, form: Any, *, actor: Actor, at: datetime) -> Done:
        typed = form.cleaned_data
        receipt = receive(
            subject,
            amount=typed["amount"],
            bank_reference=typed["bank_reference"],
            received_on=typed["received_on"],
            payer=typed["payer"],
            reason=typed["reason"],
            others_too=typed["others_too"],
            actor=actor,
            at=at,
        )
        said = {"reference": receipt.reference, "amount": euros(receipt.amount)}
        return Done(_("Transfer %(reference)s is noted: %(amount)s.") % said)


class RemindInvoice(OpenInvoice):
    """Remind of an invoice out of turn."""

    name = "remind-invoice"
    right = Right.RECEIPTS
    title = gettext_lazy("Remind of this invoice")
    button = gettext_lazy("Send the reminder")

    def load(self, request: HttpRequest, key: int) -> Invoice | None:
        one = super().load(request, key)
        if one is not None and one.due_on is not None and one.due_on >= paris_day(timezone.now()):
            raise Impossible(_("This invoice is not due yet."))
        return one

    def preview(self, subject: Invoice, form: Any) -> Preview:
        customer = subject.customer
        return Preview(
            facts=[
                Fact(_("Invoice"), f"{subject.reference}, {subject.buyer_name}"),
                Fact(pgettext("invoice", "Due"), short_day(subject.due_on)),
                Fact(_("Left to pay"), euros(eur(open_item(subject).left))),
                Fact(_("Goes to"), (customer.email or "") if customer else ""),
            ],
            warning=_("The letter names the interest and the 40 € that the law adds; it carries the invoice."),
        )

    def do(self, subject: Invoice, form: Any, *, actor: Actor, at: datetime) -> Done:
        remind_now(subject, reason=form.cleaned_data["reason"], actor=actor, at=at, on=paris_day(at))
        ring("letters")
        return Done(_("The reminder is on its way."))


class WriteInvoiceOff(OpenInvoice):
    """Nobody will pay the rest of an invoice."""

    name = "write-off"
    right = Right.RECEIPTS
    title = gettext_lazy("Write this invoice off")
    button = gettext_lazy("Write it off")

    def preview(self, subject: Invoice, form: Any) -> Preview:
        item = open_item(subject)
        vat = vat_due(item.kept, item.kept + item.left, rate=rate_of(item.invoice))
        return Preview(
            facts=[
                Fact(_("Invoice"), f"{subject.reference}, {subject.buyer_name}"),
                Fact(pgettext("invoice", "Due"), short_day(subject.due_on)),
                Fact(_("Left to pay"), euros(eur(item.left))),
                Fact(_("Loss, without VAT"), euros(eur(item.left - vat))),
                Fact(_("VAT that never fell due"), euros(eur(vat))),
            ],
            warning=_("It is final: what is received later is owed back."),
        )

    def do(self, subject: Invoice, form: Any, *, actor: Actor, at: datetime) -> Done:
        loss = write_off(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return Done(_("%(amount)s are written off.") % {"amount": euros(loss.amount)})


class CancelInvoiced(TwoSteps):
    """Cancel what an institution ordered."""

    name = "cancel-invoiced"
    right = Right.REFUND
    title = gettext_lazy("Cancel this order")
    button = gettext_lazy("Cancel it, and issue the credit note")

    def load(self, request: HttpRequest, key: int) -> Order | None:
        one = Order.objects.filter(pk=key).first()
        if one is not None:
            self._seen(one)
        return one

    def preview(self, subject: Order, form: Any) -> Preview:
        seen = self._seen(subject)
        return Preview(
            facts=[
                Fact(_("Order"), subject.reference),
                Fact(_("Invoice"), seen.invoice.reference),
                Fact(_("Copies that will not come"), seen.copies),
                Fact(_("Credit note"), euros(eur(seen.credited))),
                Fact(_("Goes back by transfer"), euros(eur(seen.back)) if seen.back else ""),
                Fact(_("Still to be paid"), euros(eur(seen.left)) if seen.left else ""),
            ],
            warning=_("A copy that is in a mailing file is still sent, and counts as served."),
        )

    def do(self, subject: Order, form: Any, *, actor: Actor, at: datetime) -> Done:
        given = cancelling.cancel(subject, reason=form.cleaned_data["reason"], actor=actor, at=at)
        ring("letters")
        note = given.credit_note.reference if given else ""
        return Done(_("The order is cancelled, by credit note %(note)s.") % {"note": note})

    def back(self, subject: Order) -> str:
        return reverse("desk_order", args=[subject.pk])

    def about(self, subject: Order) -> str:
        return subject.reference

    def _seen(self, one: Order) -> cancelling.Foreseen:
        try:
            return cancelling.foresee(one)
        except cancelling.CannotCancel as refused:
            raise Impossible(" ".join(refused.messages)) from None
