"""Discrepancies at the desk of finance: what does not agree, the oldest first, each with an owner, an age and an end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Discrepancy, LedgerEntry
from payments.reconciliation.discrepancies import bookable, has_to_be_booked
from payments.reconciliation.explaining import sources_of
from payments.reconciliation.sentences import currency_of, sentence
from shop.backoffice import words
from shop.backoffice.ages import age
from shop.backoffice.doors import desk, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for, entries_table
from shop.backoffice.paging import paged
from shop.backoffice.payout_words import DISCREPANCY, STEP
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, show, subject_cell
from shop.backoffice.tables import Cell, Detail, Fact, Step, Table, Why, chip
from shop.templatetags.french import euros, stamp

SHOWN = 50


def discrepancies_table(
    user: Any, rows: QuerySet[Discrepancy], now: datetime, *, anchor: str = "", narrow: bool = False
) -> Table:
    """Discrepancies, the oldest first, with their owner and age; `narrow` beside the facts of what they are about. One query."""
    found = list(rows.select_related("movement", "payout", "owner").order_by("found_at", "pk")[: SHOWN + 1])
    return Table(
        label=_("Discrepancies"),
        title=_("Discrepancies"),
        anchor=anchor,
        columns=_columns(narrow=narrow),
        rows=[_row(user, one, now, narrow=narrow) for one in found[:SHOWN]],
        more_url=reverse("desk_discrepancies") if len(found) > SHOWN else "",
        empty=_("Nothing to explain."),
    )


def _columns(*, narrow: bool = False) -> Any:
    if narrow:
        return columns(_("What"), _("In words"), "#" + _("Age"), _("Status"))
    return columns(
        _("No."), "#" + _("Found"), _("What"), _("In words"), _("About"), "#" + _("Age"), _("Owner"), _("Status")
    )


def _row(user: Any, one: Discrepancy, now: datetime, *, narrow: bool = False) -> Sequence[Cell]:
    here = link(user, "discrepancy", one.pk)
    what = chip(words.said(DISCREPANCY, one.kind), here)
    old = Cell(age((one.ended_at or now) - one.found_at), num=True)
    status = chip(words.said(STEP, one.end), here) if one.end else Cell(_("open"), chip=words.WAIT)
    if narrow:
        return (what, Cell(sentence(one), here), old, status)
    return (
        Cell(one.pk, here, num=True, tight=True),
        Cell(stamp(one.found_at), num=True),
        what,
        Cell(sentence(one), here),
        subject_cell(user, one.subject),
        old,
        Cell(owner_of(one)),
        status,
    )


def owner_of(one: Discrepancy) -> str:
    """Who looks into it."""
    owner: Any = one.owner
    return (owner.full_name or owner.email) if owner else ""


@desk(Right.LEDGER)
def discrepancies(request: HttpRequest) -> HttpResponse:
    """Those that are open, the oldest first; or those that have ended, the newest first."""
    ended = request.GET.get("etat") == "clos"
    rows = Discrepancy.objects.filter(ended_at__isnull=not ended).select_related("movement", "payout", "owner")
    found = paged(request, rows, by="-pk" if ended else "pk")
    now = timezone.now()
    said = {
        "title": _("Discrepancies"),
        "table": Table(
            label=_("Discrepancies"), columns=_columns(), rows=[_row(request.user, one, now) for one in found.rows]
        ),
        "page": found,
        "states": [("clos", _("ended"))],
        "state": "clos" if ended else "",
        "all_word": _("open"),
        "crumbs": _crumbs()[:1],
    }
    return page(request, "backoffice/list.html", said)


@desk(Right.LEDGER)
def discrepancy(request: HttpRequest, key: int) -> HttpResponse:
    """One discrepancy: both sides of it, whose it is, every step."""
    one = get_object_or_404(Discrepancy.objects.select_related("movement", "payout", "owner"), pk=key)
    user, now = request.user, timezone.now()
    said = words.said(DISCREPANCY, one.kind)
    line, payout = one.movement, one.payout
    steps = list(one.events.all())
    names = words.names_of_staff([one.ended_by, *(step.actor for step in steps)])
    detail = Detail(
        kind=_("Discrepancy"),
        name=_("no. %(key)s") % {"key": one.pk},
        crumbs=_crumbs(),
        facts=[
            Fact(_("What"), said["word"], chip=said["tone"]),
            Fact(_("In words"), sentence(one)),
            Fact(_("About"), words.subject(one.subject), subject_cell(user, one.subject).url),
            Fact(_("At Stripe"), _sum(one.at_stripe, currency_of(one))),
            Fact(
                _("In the books"),
                _sum(one.in_books, "eur" if one.kind == Discrepancy.Kind.OTHER_CURRENCY else currency_of(one)),
            ),
            Fact(_("Movement"), line.stripe_id if line else "", link(user, "movement", one.movement_id), mono=True),
            Fact(_("Payout"), payout.stripe_payout if payout else "", link(user, "payout", one.payout_id), mono=True),
            Fact(_("Found"), stamp(one.found_at)),
            Fact(_("Age"), age((one.ended_at or now) - one.found_at)),
            Fact(_("Owner"), owner_of(one) or _("nobody yet")),
            Fact(_("Ended"), stamp(one.ended_at)),
            Fact(_("Ended by"), words.who(one.ended_by, names) if one.ended_by else ""),
            Fact(_("Ended because"), reason(one.ended_because)),
        ],
        whys=[
            Why(
                _("What was done about it"),
                [
                    Step(
                        at=step.at,
                        to_word=words.said(STEP, step.step)["word"],
                        tone=words.said(STEP, step.step)["tone"],
                        who=words.who(step.actor, names),
                        why=reason(step.reason),
                    )
                    for step in steps
                ],
            )
        ],
        tables=[
            entries_table(
                user,
                LedgerEntry.objects.filter(
                    source__in=[*sources_of(one.movement_id), f"discrepancy:{one.pk}", f"discrepancy_back:{one.pk}"]
                ),
            ),
            acts_on(user, [f"discrepancy:{one.pk}"]),
        ],
        acts=_acts(user, one) if one.ended_at is None else (),
    )
    return show(request, detail)


def _acts(user: Any, one: Discrepancy) -> Any:
    take = (Right.RECONCILE, _("Take it in hand"), "desk_act_take_discrepancy", one.pk)
    book = (Right.RECONCILE, _("Book it"), "desk_act_book_discrepancy", one.pk)
    possible = [(Right.RECONCILE, _("Explain it"), "desk_act_explain_discrepancy", one.pk)]
    if has_to_be_booked(one):
        possible.clear()
    if one.owner_id != user.pk:
        possible.insert(0, take)
    if bookable(one) is not None:
        possible.append(book)
    return acts_for(user, *possible)


def _sum(amount: Any, currency: str) -> str:
    return "" if amount is None else money(amount, currency)


def money(amount: Any, currency: str) -> str:
    """Euros as everywhere; another currency by its code."""
    return euros(amount) if currency == "eur" else f"{euros(amount).removesuffix('€')}{currency.upper()}"


def _crumbs() -> tuple[tuple[Any, str], ...]:
    return (
        (_("Reconciliation with Stripe"), reverse("desk_reconciliation")),
        (_("Discrepancies"), reverse("desk_discrepancies")),
    )
