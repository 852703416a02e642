"""Cheques at the desks: those that are here, on their way, credited or bounced; the slips; orders that wait for their money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.cheques.bouncing import is_unpaid
from payments.cheques.depositing import awaited
from payments.cheques.paper import slip_pdf
from payments.models import Cheque, DepositSlip, LedgerEntry, PaidAgain, Payment
from payments.money import eur
from payments.offline_kinds import Kind
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.bank_tables import lines_of
from shop.backoffice.doors import desk, gone
from shop.backoffice.links import link, url_of
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import acts_for, entries_table, name_of
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import ActLink, Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day, stamp
from subscriptions.models import Order

State = Cheque.State


@desk(Right.CHEQUES)
def cheques(request: HttpRequest) -> HttpResponse:
    """Every cheque, the newest first, and what is here and on its way together."""
    user = request.user

    def row(one: Cheque) -> Sequence[Cell]:
        here = link(user, "cheque", one.pk)
        slip = one.slip
        return (
            Cell(one.reference, here, mono=True, tight=True),
            Cell(short_day(one.received_on), num=True),
            chip(words.said(words.CHEQUE, one.state), here + "#pourquoi"),
            Cell(one.number, mono=True),
            Cell(one.bank),
            Cell(one.drawer),
            Cell(name_of(one.payment.customer), link(user, "customer", one.payment.customer_id)),
            Cell(slip.reference if slip else "", link(user, "deposit", one.slip_id), mono=True),
            Cell(euros(one.amount), num=True),
        )

    return show_list(
        request,
        title=_("Cheques"),
        rows=Cheque.objects.select_related("payment__customer", "slip"),
        columns=columns(
            _("Reference"), "#" + _("Handed over on"), _("Status"), _("Number"), _("Bank"), _("Drawer"), _("Reader"), _("Slip"),
            "#" + _("Amount"),
        ),
        row=row,
        states=words.CHEQUE,
        since="state_since",
        facts={"note": _held(), "acts": _acts(user)},
    )  # fmt: skip


def _held() -> str:
    """What stands in 5112, in one sentence. One query."""
    sums = Cheque.objects.aggregate(
        here=Sum("amount", filter=Q(state=State.RECEIVED)),
        on_the_way=Sum("amount", filter=Q(state=State.DEPOSITED)),
        owed=Sum("amount", filter=Q(state=State.BOUNCED, given_up_at=None, paid_again=None)),
    )
    said = {name: euros(eur(amount or 0)) for name, amount in sums.items()}
    return (
        _("Here: %(here)s. At the bank, not credited yet: %(on_the_way)s. Bounced and not paid again: %(owed)s.") % said
    )


def _acts(user: Any) -> list[ActLink]:
    return acts_for(
        user,
        (Right.CHEQUES, _("Deposit cheques"), "desk_act_deposit", 0),
        (Right.CHEQUES, _("Deposit slips"), "desk_slips", 0),
        (Right.POST_ORDERS, _("Orders that wait for their money"), "desk_awaited", 0),
    )


@desk(Right.CHEQUES)
def cheque(request: HttpRequest, key: int) -> HttpResponse:
    """One cheque: what is written on it, where it is, what it pays."""
    one = get_object_or_404(Cheque.objects.select_related("payment__customer", "slip"), pk=key)
    user, said = request.user, words.said(words.CHEQUE, one.state)
    names = words.names_of_staff([one.actor])
    again = PaidAgain.objects.select_related("by").filter(bounced=one).first()
    before = PaidAgain.objects.select_related("bounced").filter(by=one).first()
    sources = [f"cheque_bounced:{one.pk}"]
    sources += [f"paid_again:{again.pk}"] if again else []
    sources += [f"paid_again:{before.pk}"] if before else [f"payment:{one.payment_id}"]
    sources += [f"deposit:{one.slip_id}"] if one.slip_id else []
    unpaid = is_unpaid(one)
    payment = one.payment
    detail = Detail(
        kind=_("Cheque"),
        name=one.reference,
        crumbs=((_("Cheques"), reverse("desk_cheques")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Number"), one.number, mono=True),
            Fact(_("Bank"), one.bank),
            Fact(_("Drawer"), one.drawer),
            Fact(_("Handed over on"), short_day(one.received_on)),
            Fact(_("Taken by"), words.who(one.actor, names)),
            Fact(_("Reader"), name_of(payment.customer), link(user, "customer", payment.customer_id)),
            Fact(_("Payment"), payment.reference, link(user, "payment", one.payment_id)),
            Fact(_("Pays for"), words.subject(payment.subject), url_of(user, payment.subject)),
            Fact(_("Slip"), one.slip.reference if one.slip else "", link(user, "deposit", one.slip_id)),
            Fact(_("Sent back by the bank on"), short_day(one.bounced_on)),
            Fact(_("Why"), str(words.BOUNCED_BECAUSE[one.bounced_because]) if one.bounced_because else ""),
            Fact(_("VAT not due since"), euros(eur(one.bounced_vat)) if one.bounced_vat else ""),
            *lines_of(user, f"cheque_bounced:{one.pk}"),
            Fact(_("Paid again by"), _again(again), link(user, "cheque", again.by_id if again else None)),
            Fact(
                _("Instead of"), before.bounced.reference if before else "",
                link(user, "cheque", before.bounced_id if before else None),
            ),
            Fact(_("Given up"), stamp(one.given_up_at)),
        ],
        whys=[why(user, one.events.all(), words.CHEQUE)],
        tables=[
            entries_table(user, LedgerEntry.objects.filter(source__in=sources)),
            matters_of(user, [one.subject, f"payment:{one.payment_id}"]),
            acts_on(user, [one.subject]),
        ],
        acts=[
            *(
                acts_for(user, (Right.CHEQUES, _("It came back unpaid"), "desk_act_bounced", one.pk))
                if one.state != State.BOUNCED
                else []
            ),
            *(
                acts_for(
                    user,
                    (Right.CHEQUES, _("Another cheque is here"), "desk_act_paid_by_cheque", one.pk),
                    (Right.CHEQUES, _("A transfer came instead"), "desk_act_paid_by_transfer", one.pk),
                    (Right.CHEQUES, _("Give it up"), "desk_act_give_up_cheque", one.pk),
                )
                if unpaid
                else []
            ),
        ],
    )  # fmt: skip
    return show(request, detail)


def _again(again: PaidAgain | None) -> str:
    if again is None:
        return ""
    return again.by.reference if again.by else _("transfer %(reference)s") % {"reference": again.bank_reference}


@desk(Right.CHEQUES)
def slips(request: HttpRequest) -> HttpResponse:
    """The slips, the newest first."""
    user = request.user

    def row(one: Any) -> Sequence[Cell]:
        state = "credited" if one.credited_on else "waiting"
        return (
            Cell(one.reference, link(user, "deposit", one.pk), mono=True, tight=True),
            Cell(short_day(one.deposited_on), num=True),
            chip(words.said(words.SLIP, state)),
            Cell(one.count, num=True),
            Cell(short_day(one.credited_on), num=True),
            Cell(one.bad or "", num=True),
            Cell(euros(one.total), num=True),
        )

    return show_list(
        request,
        title=_("Deposit slips"),
        rows=DepositSlip.objects.annotate(bad=Count("cheques", filter=Q(cheques__state=State.BOUNCED))),
        columns=columns(
            _("Reference"), "#" + _("Taken to the bank on"), _("Status"), "#" + _("Cheques"), "#" + _("Credited on"),
            "#" + _("Bounced"), "#" + _("Total"),
        ),
        row=row,
        facts={"acts": acts_for(user, (Right.CHEQUES, _("Deposit cheques"), "desk_act_deposit", 0), (Right.CHEQUES, _("Cheques"), "desk_cheques", 0))},
    )  # fmt: skip


@desk(Right.CHEQUES)
def slip(request: HttpRequest, key: int) -> HttpResponse:
    """One slip: its cheques as they were frozen, and where each is by now."""
    one = get_object_or_404(DepositSlip, pk=key)
    user = request.user
    names = words.names_of_staff([one.actor])
    within = list(one.cheques.select_related("payment__customer").order_by("pk"))
    said = words.said(words.SLIP, "credited" if one.credited_on else "waiting")
    rows = [
        (
            Cell(row.reference, link(user, "cheque", row.pk), mono=True),
            chip(words.said(words.CHEQUE, row.state)),
            Cell(row.number, mono=True),
            Cell(row.bank),
            Cell(row.drawer),
            Cell(name_of(row.payment.customer), link(user, "customer", row.payment.customer_id)),
            Cell(euros(row.amount), num=True),
        )
        for row in within
    ]
    detail = Detail(
        kind=_("Deposit slip"),
        name=one.reference,
        crumbs=((_("Cheques"), reverse("desk_cheques")), (_("Deposit slips"), reverse("desk_slips"))),
        facts=[
            Fact(_("Status"), said["word"], chip=said["tone"]),
            Fact(_("Taken to the bank on"), short_day(one.deposited_on)),
            Fact(_("Cheques"), one.count),
            Fact(_("Total"), euros(one.total)),
            Fact(_("Awaited from the bank"), euros(eur(awaited(one))) if one.credited_on is None else ""),
            Fact(_("Credited on"), short_day(one.credited_on)),
            Fact(_("Credited"), euros(eur(one.credited)) if one.credited is not None else ""),
            *lines_of(user, f"deposit:{one.pk}"),
            Fact(_("To print"), "PDF", reverse("desk_slip_pdf", args=[one.pk])),
            Fact(_("Made by"), words.who(one.actor, names)),
            Fact(_("Hash"), one.hash, mono=True),
        ],
        tables=[
            Table(
                label=_("Cheques"),
                title=_("Cheques"),
                columns=columns(
                    _("Reference"), _("Status"), _("Number"), _("Bank"), _("Drawer"), _("Reader"), "#" + _("Amount")
                ),
                rows=rows,
                total=[Cell(_("Total")), *[Cell("")] * 5, Cell(euros(one.total), num=True)],
            ),
            entries_table(user, LedgerEntry.objects.filter(source=f"deposit:{one.pk}")),
            matters_of(user, [one.subject]),
            acts_on(user, [one.subject]),
        ],
    )
    return show(request, detail)


@desk(Right.CHEQUES)
def slip_paper(request: HttpRequest, key: int) -> HttpResponse:
    """The slip for the bank."""
    one = get_object_or_404(DepositSlip, pk=key)
    body = slip_pdf(one, at=timezone.now())
    if body is None:
        return gone(request, what=_("this document"))
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{one.reference}.pdf"'
    return answer


@desk(Right.POST_ORDERS)
def awaited_orders(request: HttpRequest) -> HttpResponse:
    """Orders by post and telephone that wait for their cheque or transfer, the newest first, with how long."""
    user, now = request.user, timezone.now()

    def rows_of(found: list[Payment]) -> list[Sequence[Cell]]:
        keys = {int(one.subject.removeprefix("order:")) for one in found}
        orders = Order.objects.select_related("offer").in_bulk(keys)
        return [_awaited(user, one, orders[int(one.subject.removeprefix("order:"))], now) for one in found]

    return show_list(
        request,
        title=_("Orders that wait for their money"),
        rows=Payment.objects.filter(way=Payment.Way.OFFLINE, state=Payment.State.CREATED),
        columns=columns(
            _("Order"),
            "#" + _("Placed"),
            "#" + _("Waits for"),
            _("By"),
            _("Reader"),
            _("Offer"),
            "#" + _("Amount"),
            "",
            "",
        ),
        rows_of=rows_of,
        facts={
            "acts": acts_for(
                user,
                (Right.POST_ORDERS, _("Order by post or telephone"), "desk_act_post_order", 0),
                (Right.CLOSE, _("Give free copies"), "desk_act_give_free", 0),
                (Right.CHEQUES, _("Cheques"), "desk_cheques", 0),
            )
        },
    )


def _awaited(user: Any, one: Payment, order: Order, now: Any) -> Sequence[Cell]:
    by_cheque = one.method_kind == Kind.CHEQUE
    comes = (Right.POST_ORDERS, "desk_act_cheque_came") if by_cheque else (Right.RECEIPTS, "desk_act_transfer_came")
    here = _("the cheque is here") if by_cheque else _("the transfer is here")
    return (
        Cell(order.reference, link(user, "order", order.pk), mono=True, tight=True),
        Cell(stamp(order.placed_at), num=True),
        Cell(age(now - order.placed_at), num=True),
        Cell(words.METHOD.get(one.method_kind, one.method_kind)),
        Cell(f"{order.first_name} {order.last_name}".strip(), link(user, "customer", order.customer_id)),
        Cell(order.offer.title),
        Cell(euros(one.amount), num=True),
        Cell(here, reverse(comes[1], args=[one.pk])) if may(user, comes[0]) else Cell(""),
        Cell(_("give it up"), reverse("desk_act_give_up_awaited", args=[one.pk])),
    )
