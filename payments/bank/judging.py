"""A statement that was read, beside those that are here: is it of our account, new, and does it follow the one before?

A line is known by its day, its amount and which of the lines of that amount on that day it is: every format of every bank
gives these alike, so that a statement that comes a second time as another kind of file is recognised. A statement that
follows the one before to the cent goes on counting; any other starts again, and meets the lines that are here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.bank.statements import ReadStatement, Unreadable, complete
from payments.iban import IbanRefused, check_iban
from payments.models import BankAccount, BankLine, BankStatement
from payments.money import french

_RIB = re.compile(r"FR\d\d(?P<bban>.+)")
#: How many lines that are here already make the sentence; the rest is counted.
Key = tuple[date, Decimal]


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
        if any(line.booked_on > on for line in read.lines):
            one.refused.append(_("It has lines of days that have not come yet."))
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
    here = list(_neighbours(account, read)) if account else []
    if any(_same(read, known) for known in here):
        one.refused.append(_("This statement is here already: the bank gave it the same number."))
        return
    before = [known for known in here if known.closed_on <= _closed(read)]
    within = [other.read for other in judged if not other.refused]
    closing = within[-1].closing if within else before[-1].closing if before else None
    follows = closing is not None and closing == read.opening
    _count(one, within, account, follows=follows)
    if one.refused:
        return
    if closing is not None and not follows:
        assert read.opening is not None  # noqa: S101  # complete
        one.warnings.append(
            _("It does not follow the statement before: that one ends on %(closing)s, this one begins with %(opening)s. One is missing.")
            % {"closing": french(closing), "opening": french(read.opening)}
        )  # fmt: skip
    last = before[-1].sequence if before and not within else within[-1].sequence if within else ""
    if follows and last.isdecimal() and read.sequence.isdecimal() and int(read.sequence) > int(last) + 1:
        one.warnings.append(
            _("Its number is %(number)s, the one before has %(last)s: a statement without movements may be missing.")
            % {"number": read.sequence, "last": last}
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


def _neighbours(account: BankAccount, read: ReadStatement) -> Sequence[BankStatement]:
    """The statement before, and those with the same number."""
    rows = BankStatement.objects.filter(account=account)
    last = rows.filter(closed_on__lte=_closed(read)).order_by("-closed_on", "-pk")[:1]
    twins = rows.filter(identifier=read.identifier, closed_on=_closed(read)) if read.identifier else rows.none()
    return sorted({one.pk: one for one in (*last, *twins)}.values(), key=lambda one: (one.closed_on, one.pk))


def _same(read: ReadStatement, known: BankStatement) -> bool:
    return bool(read.identifier) and (read.identifier, read.sequence, _closed(read)) == (
        known.identifier,
        known.sequence,
        known.closed_on,
    )


def _count(one: Judged, within: Sequence[ReadStatement], account: BankAccount | None, *, follows: bool) -> None:
    """Which of its day's lines of that amount each line is; refuses lines that are here already."""
    days = {line.booked_on for line in one.read.lines}
    known: Counter[Key] = Counter()
    if account is not None and days:
        rows = BankLine.objects.filter(account=account, booked_on__gte=min(days), booked_on__lte=max(days))
        for row in rows.values("booked_on", "amount").annotate(many=Count("pk")):
            known[row["booked_on"], row["amount"]] += row["many"]
    known.update((line.booked_on, line.amount) for other in within for line in other.lines)
    counted: Counter[Key] = Counter(known) if follows else Counter()
    twice = 0
    for line in one.read.lines:
        key = line.booked_on, line.amount
        counted[key] += 1
        one.nths.append(counted[key])
        twice += not follows and counted[key] <= known[key]
    if twice:
        one.refused.append(
            ngettext(
                "%(count)s of its %(all)s lines is here already: it overlaps another statement.",
                "%(count)s of its %(all)s lines are here already: it overlaps another statement.",
                twice,
            )
            % {"count": twice, "all": len(one.read.lines)}
        )


def _closed(read: ReadStatement) -> date:
    assert read.closed_on is not None  # noqa: S101  # every reader gives it
    return read.closed_on
