"""An invoice made out to a firm by its reader: who, then both papers as they will be, and only then the yes.

The same verb as the desk's (`subscriptions.reissuing`): a credit note, a new invoice, and no money moves. What was shown is
sent along with the yes: if it has changed meanwhile, it is shown again instead of being done (design, rule 11).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import reader
from payments.days import paris_day
from payments.invoicing.issuing import Buyer
from payments.invoicing.mentions import buyer_lines
from payments.invoicing.reissuing import CannotReissue, refuse_if_impossible
from payments.models import Invoice, Reissue
from payments.seals import seal_of
from shop.account.address_form import AddressForm
from shop.account.doors import page, room, theirs
from shop.checkout.firm_numbers import check_numbers, kind_of_organisation, want_siren
from shop.checkout.form import KINDS
from shop.checkout.views import see_other
from shop.limits import Limit
from shop.watch.bell import ring
from subscriptions.addresses.typed import AddressKind
from subscriptions.reissuing import reissue_and_tell

#: Each yes takes two numbers for good.
REISSUES = Limit("reissue", times=20, seconds=3600)
REASON = "asked for in the account"
FIRM = ("kind", "organisation", "service", "siren", "siret", "vat_number", "engagement_number")
SENTENCES = {
    "kind": gettext_lazy("This is a credit note: only an invoice can be made out to a firm."),
    "anew": gettext_lazy("This invoice was made out anew already: for another change please write to us."),
    "again": gettext_lazy("This invoice was made out anew already: take the one that replaced it."),
    "credited": gettext_lazy("Part of this invoice was given back to you: it can no longer be made out to a firm."),
    "received": gettext_lazy("This invoice is being paid by a transfer: it can no longer be made out to a firm."),
    "exempt": gettext_lazy(
        "This invoice bears no VAT because its buyer is a firm of another state of the Union: please write to us to have it changed."
    ),
    "closed": gettext_lazy("The year of this invoice is closed in our books: it can no longer be made out to a firm."),
    "same": gettext_lazy("The invoice bears this very name and these numbers already."),
}


class FirmForm(AddressForm):
    """A firm with its numbers and the address of its accounts office. After `is_valid`, `buyer` is ready."""

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, kind=AddressKind.ORGANISATION, initial=initial)
        self.fields["kind"] = forms.ChoiceField(label=_("Kind of organisation"), choices=KINDS)
        self.fields["siren"] = forms.CharField(label="SIREN", required=False, max_length=30)
        self.fields["siret"] = forms.CharField(label="SIRET", required=False, max_length=30)
        self.fields["vat_number"] = forms.CharField(label=_("VAT number"), required=False, max_length=40)
        self.fields["engagement_number"] = forms.CharField(
            label=_("Purchase order or commitment number"), required=False, max_length=60
        )
        self.order_fields(FIRM)
        self.buyer: Buyer | None = None

    @property
    def firm(self) -> list[forms.BoundField]:
        """Who: everything before the address."""
        return [self[name] for name in FIRM]

    @property
    def where(self) -> list[forms.BoundField]:
        """The address, without whose it is."""
        return [field for field in self.shown if field.name not in FIRM]

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        kind = kind_of_organisation(typed.get("kind", ""), typed.get("country", ""))
        check_numbers(self, typed)
        want_siren(self, typed, kind)
        if self.address is not None and self.label is not None:
            self.buyer = Buyer(
                kind=kind,
                name=self.address.organisation,
                address=tuple(self.label.printed_lines),
                country=self.address.country,
                siren=typed.get("siren", ""),
                siret=typed.get("siret", ""),
                vat_number=typed.get("vat_number", ""),
                engagement_number=typed.get("engagement_number", ""),
            )
        return typed


@room("GET", "POST", limit=REISSUES)
def to_a_firm(request: HttpRequest, reference: str) -> HttpResponse:
    """The form; sent, what both papers will say; sent again, done, and a letter brings them."""
    at = timezone.now()
    invoice = Invoice.objects.filter(theirs(request), reference=reference).prefetch_related("lines").first()
    if invoice is None:
        raise Http404
    try:
        _refuse_twice(invoice)
        refuse_if_impossible(invoice, on=paris_day(at))
    except CannotReissue as refused:
        messages.error(request, SENTENCES[refused.code])
        return see_other(reverse("account_invoices"))
    if request.method != "POST" or {"refresh", "change"} & request.POST.keys():
        return _drawn(request, invoice, FirmForm(initial=request.POST.dict()))
    form = FirmForm(request.POST)
    if not form.is_valid() or form.buyer is None:
        return _drawn(request, invoice, form)
    try:
        refuse_if_impossible(invoice, form.buyer, on=paris_day(at))
        if "confirm" not in request.POST or request.POST.get("shown") != seal_of(invoice.pk, form.buyer):
            return _asked(request, invoice, form.buyer)
        done = reissue_and_tell(invoice.pk, form.buyer, words=REASON, actor=reader(request.user), at=at)
    except CannotReissue as refused:
        form.add_error(None, ValidationError(SENTENCES[refused.code], code=refused.code))
        return _drawn(request, invoice, form)
    ring("letters")
    ring("invoice-documents")
    said = {"number": done.invoice.reference, "note": done.credit_note.reference}
    messages.success(
        request, _("Invoice %(number)s is issued, and credit note %(note)s. A letter brings you both.") % said
    )
    return see_other(reverse("account_invoices"))


def _refuse_twice(invoice: Invoice) -> None:
    """Raises CannotReissue for what was made out anew: each time takes two numbers, so the next change is support's."""
    if Reissue.objects.filter(invoice=invoice).exists():
        raise CannotReissue("anew")


def may_go_to_a_firm(invoices: QuerySet[Invoice], *, on: date) -> set[int]:
    """Which of these could be made out to a firm today, by their ids. One query."""
    open_still = invoices.filter(kind=Invoice.Kind.INVOICE, issued_on__year=on.year)
    credited = Exists(Invoice.objects.filter(original=OuterRef("pk")))
    again = Exists(Reissue.objects.filter(Q(original=OuterRef("pk")) | Q(invoice=OuterRef("pk"))))
    return set(open_still.exclude(credited).exclude(again).values_list("pk", flat=True))


def _drawn(request: HttpRequest, invoice: Invoice, form: FirmForm) -> HttpResponse:
    return page(request, "account/firm_invoice.html", "invoices", form=form, **_paths(invoice), **_of(invoice))


def _asked(request: HttpRequest, invoice: Invoice, buyer: Buyer) -> HttpResponse:
    typed = [*FIRM, *(name for name in FirmForm().fields if name not in FIRM)]
    return page(
        request,
        "account/firm_invoice_confirm.html",
        "invoices",
        until_now=buyer_lines(invoice.buyer_name, invoice.buyer_address),
        from_now_on=buyer_lines(buyer.name, buyer.address),
        numbers=[
            (label, number)
            for label, number in (
                ("SIREN", buyer.siren),
                ("SIRET", buyer.siret),
                (_("VAT number"), buyer.vat_number),
                (_("Purchase order or commitment number"), buyer.engagement_number),
            )
            if number
        ],
        kept=[(name, request.POST.get(name, "")) for name in typed] + [("shown", seal_of(invoice.pk, buyer))],
        changed="confirm" in request.POST,
        **_paths(invoice),
        **_of(invoice),
    )


def _paths(invoice: Invoice) -> dict[str, str]:
    return {
        "action": reverse("account_firm_invoice", args=[invoice.reference]),
        "back_url": reverse("account_invoices"),
    }


def _of(invoice: Invoice) -> dict[str, Any]:
    return {"number": invoice.reference, "issued_on": invoice.issued_on, "total": invoice.total_ttc.amount}
