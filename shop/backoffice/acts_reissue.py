"""An invoice made out anew to a firm: credit note and new invoice, no money moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import take_off_desk
from payments.invoicing.issuing import Buyer
from payments.invoicing.mentions import buyer_lines
from payments.invoicing.reissuing import CannotReissue, refuse_if_impossible
from payments.models import Invoice
from payments.vat import BuyerKind
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.acts_people import AddressForm
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.checkout.firm_numbers import check_numbers, want_siren
from shop.templatetags.french import euros
from shop.watch.bell import ring
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.reissuing import REASON, reissue_and_tell

SENTENCES = {
    "kind": gettext_lazy("This is a credit note: only an invoice is made out anew."),
    "again": gettext_lazy("This invoice was made out anew already: take the one that replaced it."),
    "credited": gettext_lazy("Part of this invoice was credited: it cannot be made out anew."),
    "closed": gettext_lazy("The year of this invoice is over: it cannot be made out anew."),
    "received": gettext_lazy("This invoice is being paid by a transfer: it cannot be made out anew."),
    "exempt": gettext_lazy(
        "This invoice is exempt as a sale to a firm of another state of the Union: it is made out anew only to such a firm, whose "
        "VAT number the Union’s register has confirmed. For anybody else VAT is due: give the order back and sell it again."
    ),
    "same": gettext_lazy("The invoice bears this very name and these numbers already."),
}


class FirmForm(AddressForm):
    """A firm with its numbers and its address, each checked."""

    buyer_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of buyer"),
        choices=[(kind.value, kind.label) for kind in BuyerKind if kind != BuyerKind.CONSUMER],
    )
    siren = forms.CharField(label="SIREN", max_length=30, required=False)
    siret = forms.CharField(label="SIRET", max_length=30, required=False)
    vat_number = forms.CharField(label=gettext_lazy("VAT number"), max_length=30, required=False)
    engagement_number = forms.CharField(
        label=gettext_lazy("Purchase order or commitment number"), max_length=60, required=False
    )
    service_code = forms.CharField(label=gettext_lazy("Service code (Chorus Pro)"), max_length=60, required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial=TypedAddress())
        del self.fields["kind"]
        numbers = ["buyer_kind", "organisation", "siren", "siret", "vat_number", "engagement_number", "service_code"]
        self.order_fields([*numbers, "country", *[name for name in self.fields if name not in numbers]])

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["kind"] = AddressKind.ORGANISATION
        typed = super().clean() or {}
        check_numbers(self, typed)
        if not typed.get("organisation") and not self.has_error("organisation"):
            self.add_error("organisation", _("Please give the name of the firm."))
        want_siren(self, typed, typed.get("buyer_kind", ""))
        return typed

    def buyer(self) -> Buyer:
        """The firm as its invoice names it."""
        typed = self.cleaned_data
        lines = list(self.label.printed_lines) if self.label else []
        return Buyer(
            kind=typed["buyer_kind"],
            name=typed["organisation"],
            address=tuple(lines),
            country=typed["country"],
            siren=typed["siren"],
            siret=typed["siret"],
            vat_number=typed["vat_number"],
            service_code=typed["service_code"],
            engagement_number=typed["engagement_number"],
        )


class ReissueInvoice(TwoSteps):
    """Make an invoice out anew to a firm."""

    name = "reissue"
    right = Right.REISSUE
    title = gettext_lazy("Make it out anew to a firm")
    button = gettext_lazy("Issue both papers")
    form_class = FirmForm

    def load(self, request: HttpRequest, key: int) -> Invoice | None:
        one = Invoice.objects.prefetch_related("lines").filter(pk=key).first()
        if one is not None:
            self._refuse(one)
        return one

    def preview(self, subject: Invoice, form: Any) -> Preview:
        buyer = form.buyer()
        self._refuse(subject, buyer)
        numbers = [("SIREN", buyer.siren), ("SIRET", buyer.siret), (_("VAT number"), buyer.vat_number)]
        return Preview(
            facts=[
                Fact(_("Invoice"), subject.reference),
                Fact(
                    _("Amount"), f"{euros(subject.total_ttc)} ({euros(subject.total_ht)} + {euros(subject.total_vat)})"
                ),
                Fact(_("Until now"), "", lines=buyer_lines(subject.buyer_name, subject.buyer_address)),
                Fact(_("From now on"), "", lines=buyer_lines(buyer.name, buyer.address)),
                *(Fact(label, number) for label, number in numbers if number),
                Fact(_("Engagement"), buyer.engagement_number),
                Fact(_("Service code (Chorus Pro)"), buyer.service_code, mono=True),
                Fact(_("On the credit note"), REASON),
                Fact(_("Payment"), _("stays as it is: no money moves")),
            ],
            warning=_("Two numbers are taken for good. The reader gets both papers by letter."),
        )

    def do(self, subject: Invoice, form: Any, *, actor: Actor, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        try:
            done = reissue_and_tell(subject.pk, form.buyer(), words=reason, actor=actor, at=at)
        except CannotReissue as refused:
            raise ValidationError(SENTENCES[refused.code]) from None
        take_off_desk(kind="reissue_wanted", subject=f"invoice:{subject.pk}", because=reason, actor=actor, at=at)
        ring("letters")
        said = {"number": done.invoice.reference, "note": done.credit_note.reference}
        return Done(_("Invoice %(number)s is issued, and credit note %(note)s.") % said)

    def back(self, subject: Invoice) -> str:
        return reverse("desk_invoice", args=[subject.pk])

    def about(self, subject: Invoice) -> str:
        return subject.reference

    def _refuse(self, one: Invoice, buyer: Buyer | None = None) -> None:
        try:
            refuse_if_impossible(one, buyer, on=paris_day(timezone.now()))
        except CannotReissue as refused:
            raise Impossible(SENTENCES[refused.code]) from None
