"""The three-way balance: books, Stripe and bank on the evening of a day or of a month, every difference by its name, the
remainder on its own line even at 0,00; and the rows behind each number, from which one goes on to the reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.closing.periods import Kind as PeriodKind
from payments.closing.periods import Period, named
from payments.days import paris_day
from payments.ledger.accounts import accounts_of
from payments.ledger.posting import ZERO
from payments.months.reading import last_months
from payments.three_ways.standing import SHOWN, Compared, Standing, Thing, standing, things, totals
from payments.three_ways.things import KEYS, KINDS, Kind, Side
from shop.backoffice import words
from shop.backoffice.asked_days import asked_day
from shop.backoffice.closing_pages import name_of
from shop.backoffice.doors import desk
from shop.backoffice.finance_parts import NBSP, Filter, Part, home_crumb, number, show
from shop.backoffice.finance_words import FROM_TO, PLACE, SAID_BY, WHY
from shop.backoffice.links import url_of
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import euros, short_day

MONTHS = 13
_DAY = timedelta(days=1)


def asked(request: HttpRequest) -> tuple[date, Period | None]:
    """The evening that is asked for, and its month where a month is; the last evening that is over where nothing is asked."""
    today = paris_day(timezone.now())
    month = named(request.GET.get("mois", ""))
    if month is not None and month.kind == PeriodKind.MONTH:
        return min(month.last_day, today), month
    return min(asked_day(request) or today - _DAY, today), None


@desk(Right.LEDGER)
def balance(request: HttpRequest) -> HttpResponse:
    """Where the money is, said three ways."""
    on, month = asked(request)
    found = standing(on)
    accounts = {side: accounts_of(key) for side, key in KEYS.items()}
    parts = [Part([_together(found, accounts)], title=_("On the evening of %(day)s") % {"day": short_day(on)})]
    if month is not None:
        parts.append(Part([_moved(found, month, accounts)]))
    parts += [Part([_from_to(one, on, accounts)], anchor=str(side)) for side, one in found.sides.items()]
    return show(
        request,
        title=_("Books, Stripe, bank"),
        filters=_filters(on, month),
        words=[
            _(
                "The books are compared with what Stripe and the bank say themselves. Each difference has a name and its rows; "
                "what no name explains is the remainder, and must be 0,00 €."
            ),
            *_known(found),
        ],
        parts=parts,
    )


def _known(found: Standing) -> list[str]:
    if found.known_until is None:
        return [_("No statement of the bank has been let in yet.")]
    if found.known_until < found.on:
        return [_("The statements of the bank end on %(day)s.") % {"day": short_day(found.known_until)}]
    return []


def _filters(on: date, month: Period | None) -> list[Filter]:
    months = last_months(paris_day(timezone.now()), count=MONTHS)
    options = [("", _("none: one day")), *((str(one), name_of(one)) for one in reversed(months))]
    return [
        Filter("jour", _("Evening of"), f"{on:%Y-%m-%d}"),
        Filter("mois", _("or of the month"), str(month) if month else "", options),
    ]


def _together(found: Standing, accounts: Any) -> Table:
    rows = []
    for side, one in found.sides.items():
        here = f"#{side}"
        said = Cell(euros(one.said), _said_url(side, found.on), num=True)
        rows.append(
            (
                Cell(capfirst(PLACE[side]), here),
                Cell(euros(one.books), _books_url(accounts[side], until=found.on), num=True),
                said if side != Side.BANK else Cell(""),
                said if side == Side.BANK else Cell(""),
                Cell(euros(one.difference), here, num=True),
                _left(one.remainder),
            )
        )
    at_stripe = sum((one.said for side, one in found.sides.items() if side != Side.BANK), ZERO)
    return Table(
        label=_("Where the money is"),
        columns=columns(
            _("Where"), "#" + _("Books"), "#" + _("Stripe"), "#" + _("Bank"), "#" + _("Difference"), "#" + _("Remainder")
        ),
        rows=rows,
        total=(
            Cell(_("Together")),
            Cell(euros(found.books), num=True),
            Cell(euros(at_stripe), num=True),
            Cell(euros(found.sides[Side.BANK].said), num=True),
            Cell(euros(found.books - found.said), num=True),
            _left(found.remainder),
        ),
    )  # fmt: skip


def _left(amount: Decimal) -> Cell:
    """The remainder: always said, 0,00 € too."""
    return Cell(euros(amount), num=True, chip=words.BAD if amount else words.GOOD)


def _moved(found: Standing, month: Period, accounts: Any) -> Table:
    """From the evening before the month to its last: what each of the three has seen move."""
    before, said_before, _known = totals(month.first_day - _DAY)
    rows: list[Sequence[Cell]] = []
    for side, one in found.sides.items():
        books_url = _books_url(accounts[side], since=month.first_day, until=found.on)
        for who, start, end, url in (
            (_("the books"), before[side], one.books, books_url),
            (SAID_BY[side], said_before[side], one.said, ""),
        ):
            rows.append(
                (
                    Cell(capfirst(PLACE[side])),
                    Cell(who),
                    Cell(euros(start), num=True),
                    Cell(euros(end - start), url, num=True),
                    Cell(euros(end), num=True),
                )
            )
    title = _("What moved in %(month)s") % {"month": name_of(month)}
    return Table(
        label=title,
        title=title,
        columns=columns(
            _("Where"),
            _("Said by"),
            "#" + _("The evening before"),
            "#" + pgettext("balance", "Moved"),
            "#" + _("At its end"),
        ),
        rows=rows,
    )


def _from_to(one: Compared, on: date, accounts: Any) -> Table:
    """From what the books hold to what the other side says, name by name."""
    found = {row.kind: row for row in one.named}
    rows: list[Sequence[Cell]] = [
        (Cell(_("In the books")), Cell(""), Cell(euros(one.books), _books_url(accounts[one.side], until=on), num=True), Cell("")),
    ]  # fmt: skip
    for kind in KINDS[one.side]:
        row = found.get(kind)
        if row is not None:
            here = _rows_url(one.side, kind, on)
            rows.append(
                (
                    Cell(WHY[kind][0], here),
                    number(row.count, here),
                    Cell(euros(-row.amount), here, num=True),
                    Cell(WHY[kind][1]),
                )
            )
    rows.append((Cell(_("Remainder")), Cell(""), _left(-one.remainder), Cell(_("What no name explains."))))
    title = FROM_TO[one.side]
    return Table(
        label=title,
        title=title,
        anchor=str(one.side),
        columns=columns(_("What"), "#" + _("How many"), "#" + _("Amount"), _("In words")),
        rows=rows,
        total=(
            Cell(capfirst(SAID_BY[one.side])), Cell(""), Cell(euros(one.said), _said_url(one.side, on), num=True), Cell(""),
        ),
    )  # fmt: skip


def _books_url(accounts: Sequence[str], *, until: date, since: date | None = None) -> str:
    begins = f"&du={since:%Y-%m-%d}" if since else ""
    return f"{reverse('desk_entries')}?compte={','.join(accounts)}{begins}&au={until:%Y-%m-%d}"


def _said_url(side: Side, on: date) -> str:
    """Where what the other side says is read line by line."""
    if side == Side.STRIPE:
        return f"{reverse('desk_movements')}?au={on:%Y-%m-%d}"
    return reverse("desk_payouts") if side == Side.TRAVELLING else reverse("desk_bank")


def _rows_url(side: Side, kind: Kind, on: date) -> str:
    return f"{reverse('desk_balance_rows', args=[str(side), str(kind)])}?jour={on:%Y-%m-%d}"


@desk(Right.LEDGER)
def balance_rows(request: HttpRequest, side: str, kind: str) -> HttpResponse:
    """What is of one kind: each thing with both its amounts, and the way to it."""
    if side not in list(Side) or kind not in list(Kind):
        raise Http404
    on, _month = asked(request)
    which, why = Side(side), Kind(kind)
    found = things(which, why, on=on)
    shown = found[:SHOWN]
    title = f"{capfirst(PLACE[which])}{NBSP}: {WHY[why][0]}"
    return show(
        request,
        title=title,
        crumbs=(
            *home_crumb(),
            (_("Books, Stripe, bank"), f"{reverse('desk_balance')}?jour={on:%Y-%m-%d}"),
            (short_day(on), ""),
        ),
        words=[WHY[why][1], *([_("Only the %(n)s largest are shown.") % {"n": SHOWN}] if len(found) > SHOWN else [])],
        parts=[
            Part(
                [
                    Table(
                        label=title,
                        columns=columns(_("What"), "#" + _("Books"), "#" + _("Other side"), "#" + _("Difference")),
                        rows=[_thing(request.user, one) for one in shown],
                        total=(
                            Cell(_("Total")),
                            Cell(euros(sum((one.booked for one in shown), ZERO)), num=True),
                            Cell(euros(sum((one.said for one in shown), ZERO)), num=True),
                            Cell(euros(sum((one.booked - one.said for one in shown), ZERO)), num=True),
                        )
                        if shown
                        else (),
                        empty=_("Nothing to explain."),
                    )
                ]
            )
        ],
    )


def _thing(user: Any, one: Thing) -> Sequence[Cell]:
    here = url_of(user, one.name)
    return (
        Cell(words.subject(one.name), here),
        Cell(euros(one.booked), here, num=True),
        Cell(euros(one.said), here, num=True),
        Cell(euros(one.booked - one.said), here, num=True),
    )
