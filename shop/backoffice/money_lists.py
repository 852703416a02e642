"""Lists of the money: payments, refunds, Stripe events, invoices, entries. Read-only, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.models import Invoice, LedgerEntry, LedgerLine, Payment, Refund, StripeEvent
from shop.backoffice import asked_days, words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.lists import show
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns, subject_cell
from shop.backoffice.tables import Cell, chip
from shop.templatetags.french import euros, short_day, stamp


@desk(Right.PAYMENTS)
def payments(request: HttpRequest) -> HttpResponse:
    """Payments, with what they pay for."""

    def row(one: Payment) -> Sequence[Cell]:
        here = link(request.user, "payment", one.pk)
        return (
            Cell(one.reference, here, mono=True, tight=True),
            Cell(stamp(one.created_at), num=True),
            chip(words.said(words.PAYMENT, one.state), here + "#pourquoi"),
            Cell(words.METHOD.get(one.method_kind, one.method_kind)),
            Cell(one.decline_code, mono=True),
            chip(words.said(words.EFFECT, one.effect)),
            subject_cell(request.user, one.subject),
            Cell(euros(one.amount), num=True),
        )

    return show(
        request,
        title=_("Payments"),
        rows=asked_days.within(request, Payment.objects.all(), "state_since"),
        columns=columns(
            _("Reference"),
            "#" + _("Created"),
            _("Status"),
            _("Method"),
            _("Refusal"),
            _("Effect"),
            _("Pays for"),
            "#" + _("Amount"),
        ),
        row=row,
        states=words.PAYMENT,
        since="state_since",
        facts={"note": asked_days.said(request)},
    )


@desk(Right.REFUNDS)
def refunds(request: HttpRequest) -> HttpResponse:
    """Refunds, with their payment and their credit note."""

    def row(one: Refund) -> Sequence[Cell]:
        here = link(request.user, "refund", one.pk)
        note = one.credit_note
        return (
            Cell(one.reference, here, mono=True, tight=True),
            Cell(stamp(one.created_at), num=True),
            chip(words.said(words.REFUND, one.state), here + "#pourquoi"),
            Cell(one.payment.reference, link(request.user, "payment", one.payment_id), mono=True),
            Cell(note.reference if note else "", link(request.user, "invoice", one.credit_note_id), mono=True),
            Cell(reason(one.reason)),
            Cell(euros(one.amount), num=True),
        )

    return show(
        request,
        title=_("Refunds"),
        rows=asked_days.within(request, Refund.objects.select_related("payment", "credit_note"), "state_since"),
        columns=columns(
            _("Reference"),
            "#" + _("Asked for"),
            _("Status"),
            _("Payment"),
            _("Credit note"),
            _("Reason"),
            "#" + _("Amount"),
        ),
        row=row,
        states=words.REFUND,
        since="state_since",
        facts={"note": asked_days.said(request)},
    )


@desk(Right.EVENTS)
def stripe_events(request: HttpRequest) -> HttpResponse:
    """The inbox of Stripe's events."""

    def row(one: StripeEvent) -> Sequence[Cell]:
        return (
            Cell(one.type, link(request.user, "event", one.pk), mono=True),
            Cell(stamp(one.received_at), num=True),
            chip(words.said(words.EVENT, one.state)),
            Cell(one.object_id, mono=True),
            Cell(reason(one.reason)),
            Cell(one.attempts, num=True),
        )

    return show(
        request,
        title=_("Stripe events"),
        rows=StripeEvent.objects.all(),
        columns=columns(_("Type"), "#" + _("Received"), _("Status"), _("Object"), _("Why"), "#" + _("Tries")),
        row=row,
        states=words.EVENT,
    )


@desk(Right.INVOICES)
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes."""

    def row(one: Invoice) -> Sequence[Cell]:
        sign = -1 if one.kind == Invoice.Kind.CREDIT_NOTE else 1
        return (
            Cell(one.reference, link(request.user, "invoice", one.pk), mono=True, tight=True),
            Cell(short_day(one.issued_on), num=True),
            Cell(words.said(words.INVOICE, one.kind)["word"]),
            Cell(one.buyer_name, link(request.user, "customer", one.customer_id)),
            Cell(one.vat_zone, mono=True),
            Cell(euros(sign * one.total_ht), num=True),
            Cell(euros(sign * one.total_vat), num=True),
            Cell(euros(sign * one.total_ttc), num=True),
        )

    return show(
        request,
        title=_("Invoices"),
        rows=Invoice.objects.all(),
        columns=columns(
            _("Number"),
            "#" + _("Issued"),
            _("Kind"),
            _("Buyer"),
            _("VAT zone"),
            "#" + _("Excl. VAT"),
            "#" + _("VAT"),
            "#" + _("Incl. VAT"),
        ),
        row=row,
        states=words.INVOICE,
        state_column="kind",
    )


@desk(Right.LEDGER)
def ledger(request: HttpRequest) -> HttpResponse:
    """Ledger entries: all, or those that touch some accounts, are about some kind of thing, and of some days."""
    about = request.GET.get("nature", "")
    asked = [one for one in request.GET.get("compte", "").split(",") if one]
    rows = asked_days.within(request, LedgerEntry.objects.all(), "booked_on", instants=False)
    if asked:
        rows = rows.filter(Exists(LedgerLine.objects.filter(entry=OuterRef("pk"), account__in=asked)))
    if about.isidentifier():
        rows = rows.filter(source__startswith=f"{about}:")

    def row(one: Any) -> Sequence[Cell]:
        return (
            Cell(one.pk, link(request.user, "entry", one.pk), num=True, tight=True),
            Cell(short_day(one.booked_on), num=True),
            Cell(one.journal, mono=True),
            Cell(one.piece_ref, mono=True),
            Cell(one.label),
            subject_cell(request.user, one.source),
            Cell(euros(one.sum), num=True),
        )

    return show(
        request,
        title=_("Ledger"),
        rows=rows.annotate(sum=Sum("lines__debit")),
        columns=columns(
            "#" + _("No."), "#" + _("Booked"), _("Journal"), _("Piece"), _("Label"), _("Source"), "#" + _("Amount")
        ),
        row=row,
        states={value: (label, "") for value, label in LedgerEntry.Journal.choices},
        state_column="journal",
        facts={"note": " ".join(part for part in (_of_accounts(asked), asked_days.said(request)) if part)},
    )


def _of_accounts(asked: Sequence[str]) -> str:
    if not asked:
        return ""
    said = ngettext("Only what touches account %(codes)s.", "Only what touches accounts %(codes)s.", len(asked))
    return said % {"codes": ", ".join(asked)}
