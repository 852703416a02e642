"""Stripe's payouts at the desk of finance: what arrives when, what each payout is made of, every movement, the remainder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.audit import balance_of
from payments.days import paris_day
from payments.models import (
    AccountMap,
    BalanceMovement,
    DeskItem,
    Discrepancy,
    LedgerEntry,
    Payout,
    ReconciliationRun,
    StripeEvent,
)
from payments.reconciliation import arriving
from payments.reconciliation.explaining import sources_of
from payments.reconciliation.finding import not_explained
from payments.reconciliation.overdue import MATTERS
from payments.reconciliation.sums import Made, made_of
from shop.backoffice import asked_days, words
from shop.backoffice.ages import age
from shop.backoffice.bank_tables import lines_of
from shop.backoffice.discrepancy_pages import discrepancies_table, money
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.lists import show as show_list
from shop.backoffice.money_tables import entries_table, events_table, readers_table
from shop.backoffice.payout_words import MEANING, PAYOUT
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, subject_cell, why
from shop.backoffice.tables import Cell, Detail, Fact, Table, chip
from shop.templatetags.french import euros, short_day, stamp

COMING, RUNS, READERS = 60, 10, 50
#: In an address, what has no meaning yet.
NOT_YET = "none"
#: The account keys on which a payout's money lies, before and while it travels.
WHERE = ("PSP", "TRANSIT", "UNEXPLAINED", "FOREIGN", "FOREIGN_MONEY")


@desk(Right.LEDGER)
def reconciliation(request: HttpRequest) -> HttpResponse:
    """What finance wants to know of a morning: what is not explained, what arrives when, where the money is."""
    user, now = request.user, timezone.now()
    coming = list(arriving.waiting_for_bank()[:COMING])
    said = {
        "title": _("Reconciliation with Stripe"),
        "figures": _figures(),
        "tables": [
            discrepancies_table(user, Discrepancy.objects.filter(ended_at=None), now, anchor="ecarts"),
            _at_bank(user, now),
            _calendar(user, coming, on=paris_day(now)),
            _where(),
            _runs(list(ReconciliationRun.objects.order_by("-pk")[:RUNS])),
        ],
        "nothing": False,
    }
    return page(request, "backoffice/home.html", said)


def _figures() -> list[dict[str, Any]]:
    open_ = Discrepancy.objects.filter(ended_at=None).count()
    at_bank = DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).count()
    failed = not_explained().count()
    on_the_way = arriving.waiting_for_bank().aggregate(sum=Sum("amount"), n=Count("pk"))
    here = reverse("desk_reconciliation")
    return [
        {
            "label": _("Discrepancies"),
            "value": open_,
            "tone": "bad" if open_ else "good",
            "url": reverse("desk_discrepancies"),
        },
        {
            "label": _("Discrepancies at the bank"),
            "value": at_bank,
            "tone": "bad" if at_bank else "good",
            "url": f"{here}#banque",
        },
        {
            "label": _("Movements not explained"),
            "value": failed,
            "tone": "bad" if failed else "good",
            "url": reverse("desk_movements") + "?etat=unexplained",
        },
        {
            "label": _("On the way to the bank"),
            "value": euros(on_the_way["sum"] or 0),
            "note": ngettext("%(n)s payout", "%(n)s payouts", on_the_way["n"]) % {"n": on_the_way["n"]},
            "url": f"{here}#calendrier",
        },
    ]


def _at_bank(user: Any, now: datetime) -> Table:
    """What our bank's statements do not show as Stripe does: payouts that are not there, cut or of another amount. One query."""
    rows = DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).select_related("owner").order_by("pk")
    return Table(
        label=_("Discrepancies at the bank"),
        title=_("Discrepancies at the bank"),
        anchor="banque",
        columns=columns("#" + _("Found"), _("In words"), _("About"), "#" + _("Age"), _("Owner")),
        rows=[
            (
                Cell(stamp(one.opened_at), num=True),
                Cell(words.matter(one.sentence), reverse("desk_item", args=[one.pk])),
                subject_cell(user, one.subject),
                Cell(age(now - one.opened_at), num=True),
                Cell(one.owner.full_name or one.owner.email if one.owner else ""),
            )
            for one in rows[:COMING]
        ],
        empty=_("Nothing to explain."),
    )


def _calendar(user: Any, coming: Sequence[Payout], *, on: date) -> Table:
    """What the bank should show, by day."""
    said = _("Total") if len(coming) < COMING else _("Total of the first %(count)s") % {"count": COMING}
    total = [Cell(said), Cell(""), Cell(""), Cell(euros(sum(one.amount for one in coming)), num=True)]
    return Table(
        label=_("What arrives when"),
        title=_("What arrives when"),
        anchor="calendrier",
        columns=columns("#" + _("Expected"), _("Payout"), _("Status"), "#" + _("Amount")),
        rows=[
            (
                Cell(short_day(one.arrives_on), num=True),
                Cell(one.stripe_payout, link(user, "payout", one.pk), mono=True),
                _waits(one, on=on),
                Cell(euros(one.amount), link(user, "payout", one.pk), num=True),
            )
            for one in coming
        ],
        total=total if coming else (),
        empty=_("Nothing is on its way to the bank."),
    )


def _waits(one: Payout, *, on: date) -> Cell:
    if one.arrives_on < on:
        return Cell(_("waits for the line of the bank"), chip=words.WAIT)
    return chip(words.said(PAYOUT, one.state))


def _where() -> Table:
    """The accounts of Stripe's money, as the books have them. A query for each account."""
    accounts = (
        AccountMap.objects.filter(key__in=WHERE).select_related("account").order_by("account", "pk").distinct("account")
    )
    rows = [
        (
            Cell(one.account_id, mono=True),
            Cell(one.account.label),
            Cell(euros(balance_of(one.account_id)), reverse("desk_entries"), num=True),
        )
        for one in accounts
    ]
    return Table(
        label=_("In the books"),
        title=_("In the books"),
        columns=columns(_("Account"), _("Label"), "#" + _("Balance")),
        rows=rows,
    )


def _runs(runs: Sequence[ReconciliationRun]) -> Table:
    return Table(
        label=_("Readings of the list"),
        title=_("Readings of the list"),
        columns=columns(
            "#" + _("Begun"), "#" + _("Payouts since"), _("Status"), "#" + _("Payouts"), "#" + _("Finished")
        ),
        rows=[
            (
                Cell(stamp(run.started_at), num=True),
                Cell(stamp(run.since), num=True),
                Cell(_("finished"), chip=words.GOOD) if run.finished_at else Cell(_("going on"), chip=words.WAIT),
                Cell(run.payouts, reverse("desk_payouts"), num=True),
                Cell(stamp(run.finished_at), num=True),
            )
            for run in runs
        ],
        empty=_("Stripe’s list of payouts was not read yet: it is tomorrow morning."),
    )


@desk(Right.LEDGER)
def payouts(request: HttpRequest) -> HttpResponse:
    """Every payout, the newest first, with what its movements leave over."""

    def rows_of(found: list[Payout]) -> list[Sequence[Cell]]:
        made = made_of(found)
        return [_row(request.user, one, made[one.pk]) for one in found]

    return show_list(
        request,
        title=_("Stripe’s payouts"),
        rows=Payout.objects.all(),
        order="-created",
        columns=columns(
            _("Payout"),
            "#" + _("Created"),
            _("Status"),
            _("How"),
            "#" + _("Expected"),
            "#" + _("At the bank"),
            "#" + _("Amount"),
            "#" + _("Movements"),
            "#" + _("Remainder"),
        ),
        rows_of=rows_of,
        states=PAYOUT,
        since="created",
        facts={"crumbs": _crumbs()[:1]},
    )


def _row(user: Any, one: Payout, made: Made) -> Sequence[Cell]:
    here = link(user, "payout", one.pk)
    return (
        Cell(one.stripe_payout, here, mono=True, tight=True),
        Cell(stamp(one.created), num=True),
        chip(words.said(PAYOUT, one.state), here + "#pourquoi"),
        Cell(how(one)),
        Cell(short_day(one.arrives_on), num=True),
        Cell(short_day(one.arrived_on) or "—", num=True),
        Cell(money(one.amount, one.currency), num=True),
        Cell(sum(part.count for part in made.parts), here + "#mouvements", num=True),
        _left(made, one, here),
    )


def _left(made: Made, one: Payout, here: str) -> Cell:
    """The remainder: always said, 0,00 € too."""
    if one.read_at is None:
        return Cell(_("not itemised yet") if one.automatic else _("not itemised"), here + "#mouvements")
    text = money(made.remainder, one.currency)
    return Cell(text, here + "#mouvements", chip=words.BAD if made.remainder else None, num=True)


def how(one: Payout) -> str:
    """By itself, asked for, at once."""
    return _("instant") if one.instant else _("daily") if one.automatic else _("asked for by hand")


@desk(Right.LEDGER)
def payout(request: HttpRequest, key: int) -> HttpResponse:
    """One payout: its movements grouped by what they are, each group with its rows, and what is left over."""
    one = get_object_or_404(Payout, pk=key)
    user, said = request.user, words.said(PAYOUT, one.state)
    own = BalanceMovement.objects.filter(stripe_id__in=[name for name in (one.movement, one.failure_movement) if name])
    sources = [f"movement:{pk}" for pk in own.values_list("pk", flat=True)]
    found = Discrepancy.objects.filter(Q(payout=one) | Q(subject=f"payout:{one.pk}"))
    detail = Detail(
        kind=_("Payout"),
        name=f"{short_day(one.arrives_on)}, {money(one.amount, one.currency)}",
        crumbs=_crumbs(),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Amount"), money(one.amount, one.currency)),
            Fact(_("How"), how(one)),
            Fact(_("At Stripe"), one.stripe_payout, mono=True),
            Fact(_("Created"), stamp(one.created)),
            Fact(_("Expected"), short_day(one.arrives_on)),
            Fact(_("At the bank"), short_day(one.arrived_on) or _("waits for the line of the bank")),
            *(
                lines_of(user, f"payout_arrived:{one.pk}")
                or [Fact(_("Line of the bank"), one.bank_reference, mono=True)]
            ),
            Fact(_("As the bank may show it"), one.trace, mono=True),
            Fact(_("Failure"), one.failure_code, mono=True),
            Fact(_("Movements read"), stamp(one.read_at)),
            Fact(_("Stripe asked last"), stamp(one.looked_up_at)),
        ],
        whys=[why(user, one.events.all(), PAYOUT)],
        tables=[
            _made_table(one, made_of([one])[one.pk]),
            readers_table(user, one.pk, limit=READERS),
            discrepancies_table(user, found, timezone.now(), narrow=True),
            matters_of(user, [f"payout:{one.pk}"]),
            entries_table(
                user,
                LedgerEntry.objects.filter(
                    source__in=[*sources, f"payout_arrived:{one.pk}", f"payout_returned:{one.pk}"]
                ),
            ),
            events_table(user, StripeEvent.objects.filter(object_id=one.stripe_payout)),
            acts_on(user, [f"payout:{one.pk}"]),
        ],
    )
    return show(request, detail)


def _made_table(one: Payout, made: Made) -> Table:
    """From its movements to its amount; the remainder has its own line, even of 0,00 €."""
    listed = reverse("desk_movements") + f"?virement={one.pk}"
    rows: list[Sequence[Cell]] = [
        (
            chip(words.said(MEANING, part.meaning)),
            Cell(part.count, f"{listed}&etat={part.meaning or NOT_YET}", num=True),
            Cell(money(part.amount, one.currency), num=True),
            Cell(money(part.fee, one.currency), num=True),
            Cell(money(part.net, one.currency), f"{listed}&etat={part.meaning or NOT_YET}", num=True),
        )
        for part in made.parts
    ]
    if made.changed:
        rows.append(_alone(_("changed since they were booked"), money(made.changed, one.currency)))
    if one.read_at is None:
        why_not = _("not itemised yet") if one.automatic else _("not itemised by Stripe")
        rows.append(_alone(why_not, money(made.not_itemised, one.currency)))
    left = Cell(money(made.remainder, one.currency), num=True, chip=words.BAD if made.remainder else None)
    rows.append((Cell(_("Remainder")), Cell(""), Cell(""), Cell(""), left))
    return Table(
        label=_("Movements"),
        title=_("Movements"),
        anchor="mouvements",
        columns=columns(_("What"), "#" + _("Lines"), "#" + _("Amount"), "#" + _("Fee"), "#" + _("Net")),
        rows=rows,
        total=(Cell(_("Payout")), Cell(""), Cell(""), Cell(""), Cell(money(one.amount, one.currency), num=True)),
    )


def _alone(said: str, amount: str) -> Sequence[Cell]:
    return (Cell(said), Cell(""), Cell(""), Cell(""), Cell(amount, num=True))


@desk(Right.LEDGER)
def movements(request: HttpRequest) -> HttpResponse:
    """Lines of Stripe's balance, the newest first: of one payout, of one meaning, or those that nobody can explain."""
    state, payout_key = request.GET.get("etat", ""), request.GET.get("virement", "")
    rows = asked_days.within(request, BalanceMovement.objects.select_related("payment", "refund", "payout"), "created")
    if state == "unexplained":
        rows = rows.filter(pk__in=not_explained().values("pk"))
    elif state == NOT_YET or (state and state in MEANING):
        rows = rows.filter(meaning="" if state == NOT_YET else state)
    if payout_key.isdecimal():
        of = get_object_or_404(Payout, pk=int(payout_key))
        rows = rows.filter(payout=of).exclude(stripe_id=of.movement)
    user = request.user

    def row(one: BalanceMovement) -> Sequence[Cell]:
        whose = f"refund:{one.refund_id}" if one.refund_id else f"payment:{one.payment_id}" if one.payment_id else ""
        return (
            Cell(one.stripe_id, link(user, "movement", one.pk), mono=True, tight=True),
            Cell(stamp(one.created), num=True),
            chip(words.said(MEANING, one.meaning)),
            Cell(one.kind, mono=True),
            subject_cell(user, whose) if whose else Cell(""),
            Cell(one.payout.stripe_payout if one.payout else "", link(user, "payout", one.payout_id), mono=True),
            Cell(money(one.amount, one.currency), num=True),
            Cell(money(one.fee, one.currency), num=True),
            Cell(money(one.net, one.currency), num=True),
        )

    return show_list(
        request,
        title=_("Movements of Stripe’s balance"),
        rows=rows,
        order="-created",
        columns=columns(
            _("Line"),
            "#" + _("Created"),
            _("What"),
            _("Type"),
            _("About"),
            _("Payout"),
            "#" + _("Amount"),
            "#" + _("Fee"),
            "#" + _("Net"),
        ),
        row=row,
        facts={
            "crumbs": _crumbs()[:1],
            "note": asked_days.said(request),
            "states": [
                ("unexplained", _("unexplained")),
                ("foreign", _("other products")),
                ("stripe_fee", _("Stripe’s own fees")),
            ],
            "state": state,
        },
    )


@desk(Right.LEDGER)
def movement(request: HttpRequest, key: int) -> HttpResponse:
    """One line of Stripe's balance, and the way from it to the reader and to the bank."""
    one = get_object_or_404(BalanceMovement.objects.select_related("payment", "refund", "payout"), pk=key)
    user, said = request.user, words.said(MEANING, one.meaning)
    sources = [f"fee:{one.pk}", *sources_of(one.pk)]
    if one.payment_id and one.refund_id is None:
        sources.append(f"payment:{one.payment_id}")
    detail = Detail(
        kind=_("Movement"),
        name=_("no. %(key)s") % {"key": one.pk},
        crumbs=(*_crumbs()[:1], (_("Movements of Stripe’s balance"), reverse("desk_movements"))),
        facts=[
            Fact(_("What"), said["word"], chip=said["tone"]),
            Fact(_("At Stripe"), one.stripe_id, mono=True),
            Fact(_("Type"), one.kind, mono=True),
            Fact(_("Category"), one.category, mono=True),
            Fact(_("Amount"), money(one.amount, one.currency)),
            Fact(_("Fee"), money(one.fee, one.currency)),
            Fact(_("Net"), money(one.net, one.currency)),
            Fact(_("Created"), stamp(one.created)),
            Fact(_("Available"), short_day(one.available_on)),
            Fact(_("Payment"), one.payment.reference if one.payment else "", link(user, "payment", one.payment_id)),
            Fact(_("Refund"), one.refund.reference if one.refund else "", link(user, "refund", one.refund_id)),
            Fact(_("Payout"), one.payout.stripe_payout if one.payout else "", link(user, "payout", one.payout_id)),
            Fact(_("Source at Stripe"), one.source, mono=True),
        ],
        tables=[
            discrepancies_table(user, Discrepancy.objects.filter(movement=one), timezone.now(), narrow=True),
            entries_table(user, LedgerEntry.objects.filter(source__in=sources)),
        ],
    )
    return show(request, detail)


def _crumbs() -> tuple[tuple[Any, str], ...]:
    return (
        (_("Reconciliation with Stripe"), reverse("desk_reconciliation")),
        (_("Stripe’s payouts"), reverse("desk_payouts")),
    )
