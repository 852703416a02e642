"""The lists: orders, payments, refunds, Stripe events, invoices, entries, letters, acts. Newest first, by key, two queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import Act, Invoice, LedgerEntry, Payment, Refund, StripeEvent
from shop.backoffice import words
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.paging import paged
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns, subject_cell
from shop.backoffice.tables import Cell, Column, Table, chip
from shop.templatetags.french import euros, short_day, stamp
from subscriptions.models import Notice, Order

Row = Callable[[Any], Sequence[Cell]]


def show(
    request: HttpRequest,
    *,
    title: Any,
    rows: QuerySet[Any],
    columns: Sequence[Column],
    row: Row | None = None,
    rows_of: Callable[[list[Any]], list[Sequence[Cell]]] | None = None,
    states: words.Words | None = None,
    state_column: str = "state",
    since: str = "",
    facts: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """A list page. `states`: the filter it offers, on `state_column`; filtered lists go by `since`, which its index has."""
    state = request.GET.get("etat", "")
    by = "-pk"
    if states and state in states:
        rows = rows.filter(**{state_column: state})
        by = f"-{since}" if since else by
    found = paged(request, rows, by=by)
    cells = rows_of(found.rows) if rows_of else [row(one) for one in found.rows] if row else []
    said = {
        "title": title,
        "table": Table(label=title, columns=columns, rows=cells),
        "page": found,
        "states": [(name, words.said(states, name)["word"]) for name in states] if states else [],
        "state": state,
        **(facts or {}),
    }
    return page(request, "backoffice/list.html", said)


@desk(Right.ORDERS)
def orders(request: HttpRequest) -> HttpResponse:
    """Orders, with who and how much."""

    def row(one: Order) -> Sequence[Cell]:
        name = f"{one.first_name} {one.last_name}".strip() or one.organisation
        return (
            Cell(one.reference, link(request.user, "order", one.pk), mono=True, tight=True),
            Cell(stamp(one.placed_at), num=True),
            chip(words.said(words.ORDER, one.state), link(request.user, "order", one.pk) + "#pourquoi"),
            Cell(name, link(request.user, "customer", one.customer_id)),
            Cell(one.email),
            Cell(one.offer.title),
            Cell(euros(one.amount), num=True),
        )

    return show(
        request,
        title=_("Orders"),
        rows=Order.objects.select_related("offer"),
        columns=columns(
            gettext_lazy("Reference"),
            "#" + _("Placed"),
            _("Status"),
            _("Reader"),
            _("E-mail"),
            _("Offer"),
            "#" + _("Amount"),
        ),
        row=row,
        states=words.ORDER,
        since="state_since",
    )


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
        rows=Payment.objects.all(),
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
        rows=Refund.objects.select_related("payment", "credit_note"),
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
    """Ledger entries."""

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
        rows=LedgerEntry.objects.annotate(sum=Sum("lines__debit")),
        columns=columns(
            "#" + _("No."), "#" + _("Booked"), _("Journal"), _("Piece"), _("Label"), _("Source"), "#" + _("Amount")
        ),
        row=row,
        states={value: (label, "") for value, label in LedgerEntry.Journal.choices},
        state_column="journal",
    )


@desk(Right.LETTERS)
def letters(request: HttpRequest) -> HttpResponse:
    """Letters, sent or not."""

    def row(one: Notice) -> Sequence[Cell]:
        here = link(request.user, "notice", one.pk)
        return (
            Cell(words.letter_kind(one.kind), here),
            Cell(stamp(one.created_at), num=True),
            chip(words.said(words.LETTER, one.state), here + "#pourquoi"),
            Cell(one.to_name, link(request.user, "customer", one.customer_id)),
            Cell(one.to_email),
            Cell(reason(one.failure)),
            Cell(one.attempts, num=True),
        )

    return show(
        request,
        title=_("Letters"),
        rows=Notice.objects.all(),
        columns=columns(
            _("Letter"), "#" + _("Queued"), _("Status"), _("To"), _("E-mail"), _("What happened"), "#" + _("Tries")
        ),
        row=row,
        states=words.LETTER,
    )


@desk(Right.ACTS)
def acts(request: HttpRequest) -> HttpResponse:
    """What people and jobs did, to whom and why."""

    def rows_of(found: list[Act]) -> list[Sequence[Cell]]:
        names = words.names_of_staff(one.actor for one in found)
        return [
            (
                Cell(stamp(one.at), num=True, tight=True),
                Cell(words.who(one.actor, names)),
                Cell(words.verb(one.verb)),
                subject_cell(request.user, one.subject),
                Cell(reason(one.reason)),
            )
            for one in found
        ]

    return show(
        request,
        title=_("Acts"),
        rows=Act.objects.all(),
        columns=columns("#" + _("When"), _("Who"), _("Did"), _("To"), _("Why")),
        rows_of=rows_of,
    )
