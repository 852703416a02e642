"""The page of one order: what was agreed, how it was paid, what it became."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.invoicing.reissuing import papers_of
from payments.models import Invoice, Payment, Refund
from payments.territories import VatZone
from shop.backoffice import institution_pages, words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for, refunds_table
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.single_pages import sold_table
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, issue_number, percent, short_day, stamp
from subscriptions.models import Consent, Order, Term


@desk(Right.ORDERS)
def order(request: HttpRequest, key: int) -> HttpResponse:
    """One order: what was agreed, how it was paid, what it became."""
    one = get_object_or_404(
        Order.objects.select_related(
            "offer",
            "customer",
            "delivery",
            "billing",
            "first_issue",
            "supersedes",
            "purchase_order__agency",
            "purchase_order__institution",
        ),
        pk=key,
    )
    user, said = request.user, words.said(words.ORDER, one.state)
    paid = list(Payment.objects.filter(subject=one.subject).order_by("pk"))
    refunds = list(Refund.objects.filter(payment__in=paid).order_by("pk"))
    term = Term.objects.select_related("subscription").filter(order=one).first()
    papers = papers_of(one.subject)
    later = Order.objects.filter(supersedes=one).first()
    sold = sold_table(user, one)
    on_paper = hasattr(one, "purchase_order")
    detail = Detail(
        kind=pgettext("desk", "Order"),
        name=one.reference,
        crumbs=((_("Orders"), reverse("desk_orders")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Offer"), one.offer.title if sold else f"{one.offer.title}, {words.RENEWAL[one.offer.renewal]}"),
            Fact(_("Amount"), f"{euros(one.amount)} ({VatZone(one.vat_zone).label}, {percent(one.vat_rate)})"),
            Fact(_("Placed"), stamp(one.placed_at)),
            Fact(_("Promised first issue"), "" if sold else issue_number(one.first_issue.printed)),
            Fact(_("Reader"), _person(one), link(user, "customer", one.customer_id)),
            Fact(_("E-mail"), one.email),
            Fact(_("Phone"), one.phone),
            Fact(_("Organisation"), ", ".join(filter(None, (one.organisation, one.siren, one.siret, one.vat_number)))),
            Fact(_("Engagement"), one.engagement_number),
            Fact(_("Delivered to"), "", lines=one.delivery.lines),
            Fact(_("Billed to"), "", lines=one.billing.lines if one.billing else ()),
            Fact(
                _("Subscription"),
                str(term.subscription) if term else "",
                link(user, "subscription", term.subscription_id if term else None),
            ),
            Fact(_("Replaces"), str(one.supersedes or ""), link(user, "order", one.supersedes_id)),
            Fact(_("Replaced by"), str(later or ""), link(user, "order", later.pk if later else None)),
            Fact(_("Brought by"), one.source_code),
            *institution_pages.facts_of(user, one),
        ],
        whys=[why(user, one.events.all(), words.ORDER)],
        tables=[
            *sold,
            _payments(user, paid),
            _papers(user, papers),
            refunds_table(user, refunds),
            _consents(one),
            matters_of(user, [one.subject, *(f"payment:{row.pk}" for row in paid)]),
            acts_on(user, [one.subject]),
        ],
        acts=acts_for(user, (Right.REFUND, _("Cancel this order"), "desk_act_cancel_invoiced", one.pk))
        if on_paper and term and _left(papers)
        else [
            *acts_for(user, (Right.REFUND, _("Refund in full"), "desk_act_refund", one.pk)),
            *(
                acts_for(user, (Right.REFUND_PART, _("Refund in part"), "desk_act_refund_part", term.pk))
                if term
                else []
            ),
        ]
        if one.state == Order.State.PAID and _left(papers) and not on_paper
        else (),
    )
    return show(request, detail)


def _left(papers: list[Invoice]) -> bool:
    """Whether something was invoiced that no credit note has taken back."""
    return sum(row.total_ttc.amount * (-1 if row.original_id else 1) for row in papers) > 0


def _person(one: Order) -> str:
    return f"{one.first_name} {one.last_name}".strip() or one.organisation


def _payments(user: Any, payments: list[Payment]) -> Table:
    return Table(
        label=_("Payments"),
        title=_("Payments"),
        columns=columns(_("Reference"), "#" + _("Created"), _("Status"), _("Effect"), "#" + _("Amount")),
        rows=[
            (
                Cell(row.reference, link(user, "payment", row.pk), mono=True),
                Cell(stamp(row.created_at), num=True),
                chip(words.said(words.PAYMENT, row.state), link(user, "payment", row.pk) + "#pourquoi"),
                chip(words.said(words.EFFECT, row.effect)),
                Cell(euros(row.amount), num=True),
            )
            for row in payments
        ],
        empty=_("No payment was begun."),
    )


def _papers(user: Any, papers: list[Invoice]) -> Table:
    return Table(
        label=_("Invoices"),
        title=_("Invoices"),
        columns=columns(_("Number"), _("Kind"), "#" + _("Issued"), "#" + _("Incl. VAT")),
        rows=[
            (
                Cell(row.reference, link(user, "invoice", row.pk), mono=True),
                Cell(words.said(words.INVOICE, row.kind)["word"]),
                Cell(short_day(row.issued_on), num=True),
                Cell(euros(-row.total_ttc if row.kind == Invoice.Kind.CREDIT_NOTE else row.total_ttc), num=True),
            )
            for row in papers
        ],
        empty=_("Nothing was invoiced."),
    )


def _consents(one: Order) -> Table:
    rows = Consent.objects.filter(order=one).select_related("text").order_by("pk")
    return Table(
        label=_("Consents"),
        title=_("Consents"),
        columns=columns("#" + _("When"), _("About"), _("Answer"), _("Words shown"), _("Text")),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                Cell(words.CONSENT.get(row.matter, row.matter)),
                Cell(_("yes") if row.given else _("no")),
                Cell(row.words),
                Cell(str(row.text) if row.text else "", mono=True),
            )
            for row in rows
        ],
        empty=_("No consent was asked."),
    )
