"""Institutions at the desks: what they owe and since when, the transfers that came, the agencies and what they are granted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.days import paris_day
from payments.invoicing.open_items import ZERO, billed, still_open
from payments.models import BankReceipt, Invoice, LedgerEntry, ReceiptShare
from payments.money import eur
from payments.receipts import surplus_of
from shop.backoffice import lists, words
from shop.backoffice.ages import age
from shop.backoffice.bank_tables import lines_of
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for, entries_table, name_of
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, matters_of, show
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, percent, short_day, stamp
from subscriptions.models import Agency, AgencyDiscount, Order

#: Up to so many days after its day, an invoice is in each column of the ageing.
AGES = (30, 60, 90)


@desk(Right.INSTITUTIONS)
def institutions(request: HttpRequest) -> HttpResponse:
    """Invoices that are to be paid by transfer, the oldest first, with how long they are overdue."""
    on = paris_day(timezone.now())
    stands = Case(
        When(left__lte=0, then=Value("settled")), When(due_on__lt=on, then=Value("overdue")), default=Value("open")
    )
    rows = billed().annotate(stands=stands).select_related("customer")
    if request.GET.get("etat") not in words.OPEN_ITEM:
        rows = rows.filter(left__gt=0)
    return lists.show(
        request,
        title=_("Institutions’ orders"),
        rows=rows,
        columns=columns(
            _("Invoice"), "#" + _("Issued"), "#" + pgettext("invoice", "Due"), _("Status"), "#" + _("Overdue for"), _("Buyer"),
            _("Purchase order"), "#" + _("Amount"), "#" + pgettext("invoice", "Received"), "#" + _("Credited"), "#" + _("Left to pay"),
        ),
        rows_of=lambda found: [_row(request.user, one, on=on) for one in found],
        states=words.OPEN_ITEM,
        state_column="stands",
        order="pk",
        facts={
            "all_word": _("to be paid"),
            "note": _ageing(on),
            "acts": acts_for(
                request.user,
                (Right.INSTITUTIONS, _("Take an order"), "desk_act_take_order", 0),
                (Right.INSTITUTIONS, _("Agencies"), "desk_agencies", 0),
                (Right.RECEIPTS, _("Transfers received"), "desk_receipts", 0),
            ),
        },
    )  # fmt: skip


def _row(user: Any, one: Any, *, on: date) -> Sequence[Cell]:
    late = on - one.due_on if one.due_on else timedelta(0)
    overdue = one.stands == "overdue"
    return (
        Cell(one.reference, link(user, "invoice", one.pk), mono=True, tight=True),
        Cell(short_day(one.issued_on), num=True),
        Cell(short_day(one.due_on), num=True),
        chip(words.said(words.OPEN_ITEM, one.stands)),
        Cell(age(late) if overdue else "", num=True),
        Cell(one.buyer_name, link(user, "customer", one.customer_id)),
        Cell(one.engagement_number, mono=True),
        Cell(euros(one.total_ttc), num=True),
        Cell(euros(eur(one.received - one.returned)), num=True),
        Cell(euros(eur(one.credited)), num=True),
        Cell(euros(eur(one.left)), num=True),
    )


def _ageing(on: date) -> str:
    """What is open by age, in one sentence. One query."""
    days = [on, *(on - timedelta(days=count) for count in AGES)]
    sums = still_open().aggregate(
        all=Sum("left"),
        soon=Sum("left", filter=Q(due_on__gte=days[0]) | Q(due_on=None)),
        month=Sum("left", filter=Q(due_on__lt=days[0], due_on__gte=days[1])),
        two=Sum("left", filter=Q(due_on__lt=days[1], due_on__gte=days[2])),
        three=Sum("left", filter=Q(due_on__lt=days[2], due_on__gte=days[3])),
        older=Sum("left", filter=Q(due_on__lt=days[3])),
    )
    said = {name: euros(eur(amount or ZERO)) for name, amount in sums.items()}
    return (
        _(
            "To be paid: %(all)s. Not due yet: %(soon)s; overdue for up to 30 days: %(month)s, 60 days: %(two)s, "
            "90 days: %(three)s, longer: %(older)s."
        )
        % said
    )


def facts_of(user: Any, order: Order) -> list[Fact]:
    """What the page of an order says of an institution's paper; nothing for the others."""
    paper = getattr(order, "purchase_order", None)
    if paper is None:
        return [Fact(_("Copies of each issue"), order.quantity)] if order.quantity > 1 else []
    agency = paper.agency
    year = paper.calendar_year
    return [
        Fact(_("Dated"), short_day(paper.dated_on)),
        Fact(_("Institution"), name_of(paper.institution), link(user, "customer", paper.institution_id)),
        Fact(_("Copies of each issue"), order.quantity),
        Fact(_("Term"), _("January to December %(year)s") % {"year": year} if year else _("from the next issue on")),
        Fact(
            _("Agency"), agency.name if agency else "", link(user, "customer", agency.customer_id if agency else None)
        ),
        Fact(_("Agency’s reference"), paper.agency_reference, mono=True),
        Fact(_("Discount"), percent(paper.discount) if agency else ""),
        Fact(_("Service code (Chorus Pro)"), paper.service_code, mono=True),
        Fact(_("Invoice due"), short_day(paper.due_on)),
    ]


def money_of(user: Any, bill: Invoice) -> tuple[list[Fact], list[Table]]:
    """What was received of an invoice that is paid by transfer: facts and a table. Two queries."""
    row: Any = billed().get(pk=bill.pk)
    shares = list(ReceiptShare.objects.filter(invoice=bill).select_related("receipt").order_by("pk"))
    facts = [
        Fact(pgettext("invoice", "Due"), short_day(bill.due_on)),
        Fact(pgettext("invoice", "Received"), euros(eur(row.received - row.returned))),
        Fact(_("Written off"), euros(eur(row.given_up)) if row.given_up else ""),
        Fact(_("Left to pay"), euros(eur(row.left)), chip=words.WAIT if row.left > 0 else words.GOOD),
    ]
    table = Table(
        label=_("Transfers received"),
        title=_("Transfers received"),
        columns=columns(_("Reference"), "#" + _("Credited on"), _("From"), "#" + _("Of which for this invoice")),
        rows=[
            (
                Cell(one.receipt.reference, link(user, "receipt", one.receipt_id), mono=True),
                Cell(short_day(one.receipt.received_on), num=True),
                Cell(one.receipt.payer),
                Cell(euros(one.amount), num=True),
            )
            for one in shares
        ],
        empty=_("Nothing has been received yet."),
    )
    return facts, [table]


@desk(Right.RECEIPTS)
def receipts(request: HttpRequest) -> HttpResponse:
    """Every transfer that was noted, the newest first."""

    def row(one: BankReceipt) -> Sequence[Cell]:
        rest = surplus_of(one)
        return (
            Cell(one.reference, link(request.user, "receipt", one.pk), mono=True, tight=True),
            Cell(short_day(one.received_on), num=True),
            Cell(one.payer),
            Cell(one.bank_reference, mono=True),
            Cell(len(one.shares.all()), num=True),
            Cell(euros(one.amount), num=True),
            Cell(euros(eur(rest)) if rest else "", num=True),
        )

    return lists.show(
        request,
        title=_("Transfers received"),
        rows=BankReceipt.objects.prefetch_related("shares"),
        columns=columns(
            _("Reference"), "#" + _("Credited on"), _("From"), _("Bank reference"), "#" + _("Invoices"),
            "#" + _("Amount"), "#" + _("Too much"),
        ),
        row=row,
    )  # fmt: skip


@desk(Right.RECEIPTS)
def receipt(request: HttpRequest, key: int) -> HttpResponse:
    """One transfer that came, and what it pays."""
    one = get_object_or_404(BankReceipt.objects.prefetch_related("shares__invoice"), pk=key)
    user, rest = request.user, surplus_of(one)
    back = list(one.transfers.order_by("pk"))
    subject = f"receipt:{one.pk}"
    detail = Detail(
        kind=_("Transfer received"),
        name=one.reference,
        crumbs=((_("Transfers received"), reverse("desk_receipts")),),
        facts=[
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Credited on"), short_day(one.received_on)),
            Fact(_("From"), one.payer),
            Fact(_("Bank reference"), one.bank_reference, mono=True),
            *lines_of(user, subject),
            Fact(_("Too much"), euros(eur(rest)) if rest else "", chip=words.WAIT if rest else None),
            *(Fact(_("Goes back"), row.reference, link(user, "transfer", row.pk)) for row in back),
            Fact(_("Noted"), stamp(one.at)),
            Fact(_("Noted by"), words.who(one.actor, words.names_of_staff([one.actor]))),
            Fact(_("Reason"), one.reason),
        ],
        tables=[
            Table(
                label=_("Invoices"),
                title=_("Invoices"),
                columns=columns(_("Number"), _("Buyer"), "#" + _("Amount"), "#" + _("VAT due with it")),
                rows=[
                    (
                        Cell(share.invoice.reference, link(user, "invoice", share.invoice_id), mono=True),
                        Cell(share.invoice.buyer_name),
                        Cell(euros(share.amount), num=True),
                        Cell(euros(share.vat), num=True),
                    )
                    for share in one.shares.all()
                ],
                empty=_("It pays for nothing."),
            ),
            entries_table(user, LedgerEntry.objects.filter(source=subject)),
            matters_of(user, [subject]),
            acts_on(user, [subject]),
        ],
        acts=acts_for(user, (Right.TRANSFERS, _("Give back what is too much"), "desk_act_receipt_back", one.pk))
        if rest and not back
        else (),
    )
    return show(request, detail)


@desk(Right.INSTITUTIONS)
def agencies(request: HttpRequest) -> HttpResponse:
    """The agencies, what each is granted today, and how many orders it has passed on."""
    on = paris_day(timezone.now())
    today = AgencyDiscount.objects.filter(agency=OuterRef("pk"), valid_from__lte=on).order_by("-valid_from")
    rows = Agency.objects.select_related("customer").annotate(
        percent=Subquery(today.values("percent")[:1]),
        since=Subquery(today.values("valid_from")[:1]),
        coming=Max("discounts__valid_from", filter=Q(discounts__valid_from__gt=on)),
        orders=Count("purchase_orders", distinct=True),
    )

    finance = may(request.user, Right.RECEIPTS)

    def row(one: Any) -> Sequence[Cell]:
        return (
            Cell(one.name, link(request.user, "customer", one.customer_id)),
            Cell(one.customer.email or ""),
            Cell(one.siren, mono=True),
            Cell(
                percent(one.percent) if one.percent is not None else _("none yet"),
                reverse("desk_act_discount", args=[one.pk]) if finance else "",
                num=True,
            ),
            Cell(short_day(one.since), num=True),
            Cell(short_day(one.coming), num=True),
            Cell(one.orders, num=True),
        )

    return lists.show(
        request,
        title=_("Agencies"),
        rows=rows,
        columns=columns(
            pgettext("agency", "Name"), _("E-mail"), "SIREN", "#" + _("Discount"), "#" + _("Since"),
            "#" + _("Another one from"),  "#" + _("Orders"),
        ),
        row=row,
        facts={
            "crumbs": ((_("Institutions’ orders"), reverse("desk_institutions")),),
            "acts": acts_for(request.user, (Right.RECEIPTS, _("Add an agency"), "desk_act_agency", 0)),
        },
    )  # fmt: skip
