"""Which statement does this one follow, and do its balances prove that its lines are new?

It follows the last one that is here where that ends to the cent where this begins. Statements of one day come in any order: one
that leads to the cent to a statement of its day, whose beginning nothing explains yet, stands before that. Neither proves it
alone where a statement ends on the balance on which it began: then its very lines must not be here from that balance on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from django.db.models import Max

from payments.bank.statements import ReadStatement
from payments.models import BankAccount, BankLine, BankStatement

#: A statement that is here, or one before it in the same file.
Neighbour = BankStatement | ReadStatement


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands. `before`: the one that it follows; without one, `gap` is the balance on which the last one ends.

    `new`: its balances prove that its lines are not here, but for those of a statement that ends where it begins.
    """

    before: Neighbour | None
    gap: Decimal | None
    new: bool


@dataclass(frozen=True, slots=True)
class _Here:
    """A line that is here, with the balances and the number of its statement."""

    booked_on: date
    amount: Decimal
    opening: Decimal
    closing: Decimal
    format: str
    sequence: str


def neighbours(account: BankAccount, read: ReadStatement) -> list[BankStatement]:
    """The statements of its own day and of the last day before that has some, as they followed each other by day and coming."""
    rows = BankStatement.objects.filter(account=account)
    day_before = rows.filter(closed_on__lt=read.last_day).aggregate(last=Max("closed_on"))["last"]
    days = [day for day in (day_before, read.last_day) if day is not None]
    return list(rows.filter(closed_on__in=days).order_by("closed_on", "pk"))


def place_of(read: ReadStatement, around: Sequence[Neighbour]) -> Place:
    """Where it stands among those around it. Pure."""
    ends = Counter(one.closing for one in around) - Counter(one.opening for one in around)
    begins = Counter(one.opening for one in around) - Counter(one.closing for one in around)
    open_ends = [one for one in around if ends[one.closing]] or around
    last = open_ends[-1] if open_ends else None
    later = [one for one in around if one.opening == read.closing and one.closed_on == read.closed_on]
    leads = bool(later and begins[read.closing])
    before = last if last is not None and last.closing == read.opening else None
    if before is None and leads:
        before = next((one for one in reversed(open_ends) if one.closing == read.opening), None)
    # Of one that leads to another of its day, what stands before both is of an earlier day.
    earlier = [one for one in around if one.closed_on != read.closed_on] if leads else open_ends
    gap = earlier[-1].closing if earlier and before is None else None
    return Place(before, gap, new=before is not None or (leads and set(begins) == {read.closing}))


def same_number(read: ReadStatement, known: Neighbour) -> bool:
    """Whether the bank gave both the same number."""
    return bool(read.identifier) and (read.identifier, read.sequence, read.closed_on) == (
        known.identifier,
        known.sequence,
        known.closed_on,
    )


def number_of(sequence: str) -> int | None:
    """The number of a statement without its page; None where it is no number."""
    bare = sequence.partition("/")[0]
    return int(bare) if bare.isdecimal() else None


def are_here(read: ReadStatement, place: Place, within: Sequence[ReadStatement], account: BankAccount | None) -> bool:
    """Whether these very lines are here from that very balance on, in whatever order they were written. Two queries.

    Not where it follows lines that the bank has numbered otherwise in the same format: then it moved the same once more.
    """
    mine, many = Counter((line.booked_on, line.amount) for line in read.lines), len(read.lines)
    for lines in _chains(read, within, account) if many else ():
        balances = list(accumulate((line.amount for line in lines), initial=lines[0].opening))
        for first in range(len(lines) - many + 1):
            if (balances[first], balances[first + many]) != (read.opening, read.closing):
                continue
            some = lines[first : first + many]
            again = place.before is not None and all(_numbered_otherwise(read, line) for line in some)
            if not again and Counter((line.booked_on, line.amount) for line in some) == mine:
                return True
    return False


def _chains(read: ReadStatement, within: Sequence[ReadStatement], account: BankAccount | None) -> Iterator[list[_Here]]:
    """The lines that are here around its days, in stretches in which each statement follows the one before."""
    statements: list[list[_Here]] = []
    if account is not None:
        rows = BankStatement.objects.filter(
            account=account, closed_on__gte=read.first_day, opened_on__lte=read.last_day
        )
        known = {one.pk: one for one in rows.order_by("closed_on", "pk")}
        lines: dict[int, list[_Here]] = {key: [] for key in known}
        of = BankLine.objects.filter(statement__in=list(known)).order_by("statement", "place")
        for key, day, amount in of.values_list("statement", "booked_on", "amount"):
            one = known[key]
            lines[key].append(_Here(day, amount, one.opening, one.closing, one.format, one.sequence))
        statements += lines.values()
    for other in within:
        assert other.opening is not None and other.closing is not None  # noqa: S101, PT018  # not refused
        facts = other.opening, other.closing, other.format, other.sequence
        statements.append([_Here(line.booked_on, line.amount, *facts) for line in other.lines])
    chain: list[_Here] = []
    for some in filter(None, statements):
        if chain and chain[-1].closing != some[0].opening:
            yield chain
            chain = []
        chain += some
    if chain:
        yield chain


def _numbered_otherwise(read: ReadStatement, line: _Here) -> bool:
    numbers = number_of(read.sequence), number_of(line.sequence)
    return line.format == read.format and None not in numbers and numbers[0] != numbers[1]
