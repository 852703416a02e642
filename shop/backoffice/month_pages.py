"""Frozen months: their figures as they were taken, once; and what has changed since, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from payments.closing.periods import Kind, Period, month_of
from payments.days import paris_day
from payments.models import Account, MonthSnapshot
from payments.months.comparing import Change, changes
from payments.months.figures import figures
from payments.months.freezing import WAITS
from shop.backoffice import words
from shop.backoffice.closing_pages import key_of, name_of, period_at
from shop.backoffice.cohort_pages import rows_url
from shop.backoffice.doors import desk
from shop.backoffice.finance_parts import Part, home_crumb, show
from shop.backoffice.finance_words import SECTION, figure_name
from shop.backoffice.lists import show as show_list
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import ActLink, Cell, Table
from shop.templatetags.french import euros, stamp

Figures = Mapping[str, Sequence[Mapping[str, Any]]]


@desk(Right.LEDGER)
def months(request: HttpRequest) -> HttpResponse:
    """Every month that was frozen, the newest first."""

    def row(one: MonthSnapshot) -> Sequence[Cell]:
        month = month_of(one.first_day)
        return (
            Cell(name_of(month), reverse("desk_month", args=[key_of(month)])),
            Cell(stamp(one.at), num=True),
            Cell(
                _("with its closing") if one.closing_id else _("by its day"),
                reverse("desk_closing", args=[one.closing_id]) if one.closing_id else "",
            ),
            Cell(one.hash[:16], mono=True),
        )

    return show_list(
        request,
        title=_("Frozen months"),
        rows=MonthSnapshot.objects.all(),
        columns=columns(_("Month"), "#" + _("Frozen"), _("How"), _("Hash")),
        row=row,
        order="-first_day",
        facts={"crumbs": home_crumb(), "note": rule()},
    )


def rule() -> str:
    """When a month is frozen, in a sentence."""
    return _(
        "The figures of a month are taken once: within the hour that follows its closing, or %(days)s days after its end where nobody has closed it. "
        "They never change; what is known later stands beside them."
    ) % {"days": WAITS.days}


@desk(Right.LEDGER)
def month(request: HttpRequest, key: int) -> HttpResponse:
    """One month: what changed since it was frozen, then every figure; of a month that is not frozen, the figures of now."""
    one = period_at(key)
    if one is None or one.kind != Kind.MONTH or one.first_day > paris_day(timezone.now()):
        raise Http404
    kept = MonthSnapshot.objects.filter(first_day=one.first_day).first()
    now = figures(one, at=timezone.now())
    accounts = dict(Account.objects.values_list("code", "label"))
    shown: Figures = kept.figures if kept else now
    names = [name for name in (*SECTION, *shown) if name in shown]
    parts = [Part([_section(one, name, shown[name], accounts)]) for name in dict.fromkeys(names)]
    if kept:
        parts.insert(0, Part([_changed(changes(kept.figures, now), accounts)], anchor="change"))
    return show(
        request,
        title=capfirst(name_of(one)),
        crumbs=(*home_crumb(), (_("Frozen months"), reverse("desk_months"))),
        acts=[
            ActLink(_("Books, Stripe, bank"), f"{reverse('desk_balance')}?mois={one}"),
            ActLink(_("Closing"), reverse("desk_period", args=[key_of(one)])),
        ],
        words=[_taken(kept) if kept else _("This month is not frozen yet: these are the figures of now."), rule()],
        parts=parts,
    )


def _taken(kept: MonthSnapshot) -> str:
    said = {
        "at": stamp(kept.at),
        "who": words.who(kept.actor, words.names_of_staff([kept.actor])),
        "hash": kept.hash[:16],
    }
    return _("Frozen on %(at)s by %(who)s, hash %(hash)s.") % said


def _section(month: Period, section: str, rows: Sequence[Mapping[str, Any]], accounts: Mapping[str, str]) -> Table:
    """The figures of one section as they were kept, each with the way to the rows of now."""
    title = SECTION.get(section, section)
    counted, summed = (any(row.get(name) is not None for row in rows) for name in ("count", "amount"))

    def row(one: Mapping[str, Any]) -> Sequence[Cell]:
        here = _rows_url(month, section, one["key"])
        cells = [Cell(figure_name(section, one["key"], accounts), here)]
        if counted:
            cells.append(Cell("" if one["count"] is None else one["count"], here, num=True))
        if summed:
            cells.append(Cell(_euros(one["amount"]), here, num=True))
        return cells

    heads = [_("Figure"), *(["#" + _("How many")] if counted else []), *(["#" + _("Amount")] if summed else [])]
    return Table(
        label=title, title=title, columns=columns(*heads), rows=[row(one) for one in rows], empty=_("Nothing.")
    )  # fmt: skip


def _rows_url(month: Period, section: str, key: str) -> str:
    """Where the rows behind a figure are, as they stand now; "" where there is no list of them."""
    until = f"&au={month.last_day:%Y-%m-%d}"
    within = f"du={month.first_day:%Y-%m-%d}{until}"
    head, _dot, tail = key.partition(".")
    if section in ("result", "vat"):
        return f"{reverse('desk_entries')}?compte={key}&{within}"
    if section == "balances":
        return f"{reverse('desk_entries')}?compte={key}{until}"
    if section == "money":
        return f"{reverse('desk_entries')}?nature={key}&{within}"
    if section == "three_ways":
        return f"{reverse('desk_balance')}?mois={month}#{head}"
    if section == "renewals":
        return rows_url(mois=f"{month.first_day:%Y-%m-%d}", rang=1 if head == "first" else 0, issue=tail)
    if section == "tries":
        return f"{reverse('desk_failed_rows')}?mois={month}" + (f"&famille={tail}" if head == "failed" else "")
    return ""


def _euros(amount: str | None) -> str:
    return "" if amount is None else euros(amount)


def _changed(found: Sequence[Change], accounts: Mapping[str, str]) -> Table:
    """What is not as it was frozen."""

    def cell(then: Any, now: Any) -> Cell:
        return Cell(now, num=True, chip=words.WAIT if then != now else None)

    title = _("What has changed since")
    return Table(
        label=title,
        title=title,
        anchor="change",
        columns=columns(
            _("Section"), _("Figure"), "#" + _("How many then"), "#" + _("now"), "#" + _("Amount then"), "#" + _("now")
        ),
        rows=[
            (
                Cell(SECTION.get(one.section, one.section)),
                Cell(figure_name(one.section, one.key, accounts)),
                Cell("" if one.count[0] is None else one.count[0], num=True),
                cell(*("" if part is None else part for part in one.count)),
                Cell(_euros(one.amount[0]), num=True),
                cell(_euros(one.amount[0]), _euros(one.amount[1])),
            )
            for one in found
        ],
        empty=_("Nothing: every figure is what it was."),
    )  # fmt: skip
