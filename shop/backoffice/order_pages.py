"""Pages of what was ordered and what is owed: one order, one subscription."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.models import Invoice, Payment, Refund
from shop.backoffice import words
from shop.backoffice.doors import desk
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for, name_of, refunds_table
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import Cell, Detail, Fact, Step, Table, Why, chip
from shop.templatetags.french import euros, issue_number, percent, short_day, stamp
from subscriptions.models import AddressChange, Consent, EntitlementMovement, Order, Subscription, Term


@desk(Right.ORDERS)
def order(request: HttpRequest, key: int) -> HttpResponse:
    """One order: what was agreed, how it was paid, what it became."""
    one = get_object_or_404(
        Order.objects.select_related("offer", "customer", "delivery", "billing", "first_issue", "supersedes"), pk=key
    )
    user, said = request.user, words.said(words.ORDER, one.state)
    paid = list(Payment.objects.filter(subject=one.subject).order_by("pk"))
    refunds = list(Refund.objects.filter(payment__in=paid).order_by("pk"))
    term = Term.objects.select_related("subscription").filter(order=one).first()
    papers = list(Invoice.objects.filter(subject=one.subject).order_by("pk"))
    papers += [note for note in Invoice.objects.filter(original__in=papers).order_by("pk") if note not in papers]
    later = Order.objects.filter(supersedes=one).first()
    detail = Detail(
        kind=pgettext("desk", "Order"),
        name=one.reference,
        crumbs=((_("Orders"), reverse("desk_orders")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Offer"), f"{one.offer.title}, {words.RENEWAL[one.offer.renewal]}"),
            Fact(_("Amount"), f"{euros(one.amount)} ({one.vat_zone}, {percent(one.vat_rate)})"),
            Fact(_("Placed"), stamp(one.placed_at)),
            Fact(_("Promised first issue"), issue_number(one.first_issue.number)),
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
        ],
        whys=[why(user, one.events.all(), words.ORDER)],
        tables=[
            _payments(user, paid),
            _papers(user, papers),
            refunds_table(user, refunds),
            _consents(one),
            matters_of(user, [one.subject, *(f"payment:{row.pk}" for row in paid)]),
            acts_on(user, [one.subject]),
        ],
        acts=acts_for(user, (Right.REFUND, _("Refund in full"), "desk_act_refund", one.pk))
        if one.state == Order.State.PAID and not any(row.kind == Invoice.Kind.CREDIT_NOTE for row in papers)
        else (),
    )
    return show(request, detail)


@desk(Right.PEOPLE)
def subscription(request: HttpRequest, key: int) -> HttpResponse:
    """One subscription: its terms, every copy and every movement of it."""
    one = get_object_or_404(
        Subscription.objects.select_related("payer", "holder", "recipient__address", "offer", "saved_method"), pk=key
    )
    user, said = request.user, words.said(words.SUBSCRIPTION, one.state)
    terms = list(one.terms.order_by("number"))
    moves = list(
        EntitlementMovement.objects.filter(entitlement__term__subscription=one)
        .select_related("entitlement__term", "entitlement__issue", "issue")
        .order_by("pk")
    )
    detail = Detail(
        kind=_("Subscription"),
        name=str(one),
        crumbs=((_("Reader"), link(user, "customer", one.payer_id)),) if one.payer_id else (),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Offer"), f"{one.offer.title}, {words.RENEWAL[one.renewal]}"),
            Fact(_("Payer"), name_of(one.payer), link(user, "customer", one.payer_id)),
            Fact(_("Holder"), name_of(one.holder), link(user, "customer", one.holder_id)),
            Fact(_("Recipient"), one.recipient.name, lines=one.recipient.address.lines),
            Fact(_("Charged by"), one.saved_method or ""),
            Fact(_("Since"), stamp(one.created_at)),
        ],
        whys=[why(user, one.events.all(), words.SUBSCRIPTION), _movements(moves)],
        tables=[
            _terms(user, terms),
            _copies(moves),
            _moves_of_house(user, one),
            acts_on(user, [f"subscription:{one.pk}"]),
        ],
        acts=acts_for(user, (Right.ADDRESS, _("Correct the address"), "desk_act_address", one.recipient_id)),
    )
    return show(request, detail)


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


def _terms(user: Any, terms: list[Term]) -> Table:
    return Table(
        label=_("Terms"),
        title=_("Terms"),
        columns=columns(
            "#" + _("No."),
            "#" + _("From"),
            "#" + _("To"),
            "#" + _("Copies"),
            pgettext("desk", "Order"),
            "#" + _("Amount"),
        ),
        rows=[
            (
                Cell(row.number, num=True),
                Cell(short_day(row.starts_on), num=True),
                Cell(short_day(row.ends_on), num=True),
                Cell(row.copies, num=True),
                Cell(_("its order") if row.order_id else "", link(user, "order", row.order_id)),
                Cell(euros(row.amount), num=True),
            )
            for row in terms
        ],
        empty=_("No term was opened."),
    )


def _copies(moves: list[EntitlementMovement]) -> Table:
    copies = {move.entitlement_id: move.entitlement for move in moves}
    return Table(
        label=_("Copies"),
        title=_("Copies"),
        columns=columns(
            "#" + _("Term"), "#" + _("Rank"), _("Issue"), "#" + _("Posted"), _("Status"), "#" + _("Value excl. VAT")
        ),
        rows=[
            (
                Cell(copy.term.number, num=True),
                Cell(copy.rank, num=True),
                Cell(issue_number(copy.issue.number) if copy.issue else _("not planned yet")),
                Cell(short_day(copy.issue.posted_on or copy.issue.post_on) if copy.issue else "", num=True),
                chip(words.said(words.COPY, copy.state), "#exemplaires"),
                Cell(euros(copy.value_ht), num=True),
            )
            for copy in sorted(copies.values(), key=lambda copy: (copy.term.number, copy.rank))
        ],
        total=[
            Cell(_("Total")),
            *[Cell("")] * 4,
            Cell(euros(sum(copy.value_ht for copy in copies.values())), num=True),
        ],
    )


def _movements(moves: list[EntitlementMovement]) -> Why:
    names = words.names_of_staff(move.actor for move in moves)
    return Why(
        _("What happened to each copy"),
        [
            Step(
                at=move.at,
                from_word=_("copy %(rank)s, %(issue)s")
                % {"rank": move.entitlement.rank, "issue": issue_number(move.issue.number) if move.issue else "—"},
                to_word=words.said(words.MOVEMENT, move.kind)["word"],
                tone=words.said(words.MOVEMENT, move.kind)["tone"],
                who=words.who(move.actor, names),
                why=reason(move.reason),
            )
            for move in moves
        ],
        "exemplaires",
    )


def _moves_of_house(user: Any, one: Subscription) -> Table:
    rows = list(
        AddressChange.objects.filter(recipient=one.recipient_id)
        .select_related("old", "new", "first_issue")
        .order_by("-pk")
    )
    names = words.names_of_staff(row.actor for row in rows)
    return Table(
        label=_("Changes of address"),
        title=_("Changes of address"),
        columns=columns("#" + _("When"), _("From"), _("To"), _("Reaches"), _("Who"), _("Why")),
        rows=[
            (
                Cell(stamp(row.at), num=True),
                Cell(", ".join(row.old.lines)),
                Cell(", ".join(row.new.lines)),
                Cell(issue_number(row.first_issue.number) if row.first_issue else _("the next issue planned")),
                Cell(words.who(row.actor, names)),
                Cell(reason(row.reason)),
            )
            for row in rows
        ],
        empty=_("The address never changed."),
    )
