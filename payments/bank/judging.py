"""A statement that was read, beside those that are here: is it of our account, new, and does it follow the one before?

A line is known by its day, its amount and which of the lines of that amount on that day it is: every format of every bank
gives these alike, so that a statement that comes a second time as another kind of file is recognised. A statement whose
balances prove that it is new (`following`) goes on counting; any other starts again, and meets the lines that are here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.bank.following import Place, are_here, neighbours, number_of, place_of, same_number
from payments.bank.statements import ReadStatement, Unreadable, complete
from payments.iban import IbanRefused, check_iban
from payments.models import BankAccount, BankLine
from payments.money import french

_RIB = re.compile(r"FR\d\d(?P<bban>.+)")
Key = tuple[date, Decimal]
#: No account of ours is older; and a bank may date a balance or a value some days ahead.
FIRST_DAY, AHEAD = date(2000, 1, 1), timedelta(days=31)


@dataclass(slots=True)
class Judged:
    """One statement with what stands in its way (`refused`), what should be known (`warnings`), and its lines' counts."""

    read: ReadStatement
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    nths: list[int] = field(default_factory=list)


def own_iban() -> str:
    """The account whose statements are let in. Raises Unreadable while it is not set."""
    try:
        return check_iban(settings.BANK_IBAN)
    except IbanRefused:
        raise Unreadable(
            _("The publisher’s own account is not set (BANK_IBAN): no statement can be let in."), code="no_account"
        ) from None


def judge(found: Sequence[ReadStatement], *, on: date) -> list[Judged]:
    """Every statement of a file, in its order. A few queries whatever the number of lines. Raises Unreadable.

    Whoever is about to write holds the lock on the account.
    """
    iban = own_iban()
    account = BankAccount.objects.filter(iban=iban).first()
    judged: list[Judged] = []
    for read in sorted(found, key=lambda one: (one.closed_on or on, one.opened_on or on)):
        one = Judged(read)
        one.refused += [" ".join(said.messages) for said in complete(read)]
        if read.account and not is_ours(read.account, iban):
            one.refused.append(_("This statement is of another account than ours: ending in %s.") % read.account[-4:])
        days = [day for line in read.lines for day in (line.booked_on, line.value_on)]
        if any(line.booked_on > on for line in read.lines):
            one.refused.append(_("It has lines of days that have not come yet."))
        if min([*days, read.first_day]) < FIRST_DAY or max([*days, read.last_day]) > on + AHEAD:
            one.refused.append(_("It has days that cannot be right, before the year 2000 or far ahead."))
        if not one.refused:
            _beside(one, judged, account)
        judged.append(one)
    return judged


def is_ours(said: str, iban: str) -> bool:
    """Whether an account as a file writes it is ours: whole as IBAN, or as bank, branch and number (MT940)."""
    bare = re.sub(r"[^0-9A-Z]", "", said.upper()).removesuffix("EUR")
    if bare == iban:
        return True
    french_one = _RIB.fullmatch(iban)
    if french_one is None:
        return len(bare) >= 8 and bare in iban[4:]
    bban = french_one["bban"]  # bank 5, branch 5, account 11, key 2
    return bare in {bban, bban[:21], bban[5:21], bban[10:21], bban[:5] + bban[10:21], bban[10:]}


def _beside(one: Judged, judged: Sequence[Judged], account: BankAccount | None) -> None:
    """Against the statements that are here, and those before it in the same file."""
    read = one.read
    here = neighbours(account, read) if account else []
    if any(same_number(read, known) for known in here):
        one.refused.append(_("This statement is here already: the bank gave it the same number."))
        return
    within = [other.read for other in judged if not other.refused]
    if any(same_number(read, other) for other in within):
        # Pages of one statement, each with its balances and all under its number.
        read.sequence = _paged(read, within)
    place = place_of(read, [*here, *within])
    _count(one, within, account, new=place.new)
    if place.new and are_here(read, place, within, account):
        one.refused.append(_overlaps(len(read.lines), len(read.lines)))
    if not one.refused:
        _warn(one, place)


def _warn(one: Judged, place: Place) -> None:
    read, before = one.read, place.before
    if before is None and place.gap is not None:
        assert read.opening is not None  # noqa: S101  # complete
        one.warnings.append(
            _("It does not follow the statement before: that one ends on %(closing)s, this one begins with %(opening)s. One is missing.")
            % {"closing": french(place.gap), "opening": french(read.opening)}
        )  # fmt: skip
    number, last = number_of(read.sequence), number_of(before.sequence) if before else None
    if before is not None and number is not None and last is not None and number > last + 1:
        one.warnings.append(
            _("Its number is %(number)s, the one before has %(last)s: a statement without movements may be missing.")
            % {"number": read.sequence, "last": before.sequence}
        )
    if read.left_out:
        one.warnings.append(
            ngettext(
                "%(count)s entry is only announced, not booked: it comes with a later statement.",
                "%(count)s entries are only announced, not booked: they come with a later statement.",
                read.left_out,
            )
            % {"count": read.left_out}
        )
    if not read.account:
        one.warnings.append(_("The file does not name its account: it is let in as ours."))


def _paged(read: ReadStatement, within: Sequence[ReadStatement]) -> str:
    """Its number with the first page that none of the same file has."""
    taken = {other.sequence for other in within if other.identifier == read.identifier}
    pages = (f"{read.sequence}/{page}"[-20:] for page in count(2))
    return next(page for page in pages if page not in taken)


def _count(one: Judged, within: Sequence[ReadStatement], account: BankAccount | None, *, new: bool) -> None:
    """Which of its day's lines of that amount each line is; refuses lines that are here already, unless they are `new`."""
    days = {line.booked_on for line in one.read.lines}
    known: Counter[Key] = Counter()
    if account is not None and days:
        rows = BankLine.objects.filter(account=account, booked_on__gte=min(days), booked_on__lte=max(days))
        for row in rows.values("booked_on", "amount").annotate(many=Count("pk")):
            known[row["booked_on"], row["amount"]] += row["many"]
    known.update((line.booked_on, line.amount) for other in within for line in other.lines)
    counted: Counter[Key] = Counter(known) if new else Counter()
    twice = 0
    for line in one.read.lines:
        key = line.booked_on, line.amount
        counted[key] += 1
        one.nths.append(counted[key])
        twice += not new and counted[key] <= known[key]
    if twice:
        one.refused.append(_overlaps(twice, len(one.read.lines)))


def _overlaps(twice: int, many: int) -> str:
    return ngettext(
        "%(count)s of its %(all)s lines is here already: it overlaps another statement.",
        "%(count)s of its %(all)s lines are here already: it overlaps another statement.",
        twice,
    ) % {"count": twice, "all": many}
