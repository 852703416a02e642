"""What a bank's file says once it is read, whatever its format; and the one way in which it is refused.

Amounts are signed: what came to the account is positive. Whoever reads a file raises Unreadable with a sentence; nothing
is guessed, nothing is left out, and no amount that cannot be read becomes 0,00.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.money import french

#: Larger files are refused before they are read; a year of a busy account is a tenth of it.
LARGEST = 20 * 1024 * 1024
MOST_LINES = 50_000
#: No amount of ours has more digits; what has is another thing in the wrong column.
BIGGEST = Decimal("999999999999.99")
TEXT = 2000
_NOTHING = frozenset({"NONREF", "NOTPROVIDED", "NOTPROVIDED.", "NOTAVAILABLE", "NONE", "0", ""})


class Unreadable(ValidationError):
    """The file is refused as a whole; the message is a sentence for whoever handed it in."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line. `batch`: one of several orders that the bank booked together."""

    booked_on: date
    value_on: date
    amount: Decimal
    text: str = ""
    counterparty: str = ""
    counterparty_end: str = ""
    bank_reference: str = ""
    end_to_end: str = ""
    code: str = ""
    reversal: bool = False
    batch: bool = False


@dataclass(slots=True)
class ReadStatement:
    """One statement. A balance that the file does not give is None until somebody has typed it."""

    format: str
    account: str
    identifier: str
    sequence: str
    opening: Decimal | None
    closing: Decimal | None
    lines: list[ReadLine] = field(default_factory=list)
    opened_on: date | None = None
    closed_on: date | None = None
    left_out: int = 0
    #: The order of the file, to say where something stands.
    name: str = ""

    @property
    def first_day(self) -> date:
        """The first of its days."""
        assert self.opened_on is not None  # noqa: S101  # every reader gives both
        return self.opened_on

    @property
    def last_day(self) -> date:
        """The last of its days."""
        assert self.closed_on is not None  # noqa: S101
        return self.closed_on

    @property
    def moved(self) -> Decimal:
        """What its lines come to, in euros."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


_PLAIN = re.compile(r"\d{1,15}(?:\.\d{1,5})?", re.ASCII)


def plain_amount(text: str, *, where: str) -> Decimal:
    """An amount without sign as machines write it: 27.60. Raises Unreadable for anything else."""
    bare = text.strip()
    if not _PLAIN.fullmatch(bare):
        raise unreadable_amount(text, where=where)
    amount = Decimal(bare)
    if amount != amount.quantize(Decimal("0.01")) or amount > BIGGEST:
        raise unreadable_amount(text, where=where)
    return amount.quantize(Decimal("0.01"))


def unreadable_amount(text: str, *, where: str) -> Unreadable:
    """What is said of an amount that is none."""
    return Unreadable(
        _("%(where)s: “%(text)s” is not an amount. Nothing of this file was let in."),
        code="amount",
        params={"where": where, "text": text.strip()[:40]},
    )


def unreadable_day(text: str, *, where: str) -> Unreadable:
    """What is said of a day that is none."""
    return Unreadable(
        _("%(where)s: “%(text)s” is not a day. Nothing of this file was let in."),
        code="day",
        params={"where": where, "text": text.strip()[:40]},
    )


def foreign(currency: str) -> Unreadable:
    """What is said of another currency."""
    return Unreadable(
        _("This statement is in %(currency)s. Only accounts in euros are let in."),
        code="currency",
        params={"currency": currency.strip()[:10] or "?"},
    )


def too_long() -> Unreadable:
    """What is said of more lines than anybody has looked at."""
    return Unreadable(
        _("This file has more than %(most)s lines. Ask the bank for shorter periods."),
        code="lines",
        params={"most": MOST_LINES},
    )


def meant(reference: str) -> str:
    """A reference of the bank's, or "" where it says that there is none."""
    bare = reference.strip()
    return "" if bare.upper() in _NOTHING else bare[:80]


def tidy(text: str) -> str:
    """What was written on a line, its own line breaks kept, without the signs that no page and no database takes."""
    rows = (" ".join("".join(sign if sign.isprintable() else " " for sign in row).split()) for row in text.splitlines())
    return "\n".join(row for row in rows if row)[:TEXT]


def complete(read: ReadStatement) -> Iterator[Unreadable]:
    """What stands in the way of a statement by itself: its balances, and whether its lines lead from one to the other."""
    if read.opening is None:
        yield Unreadable(
            _("This statement does not give its first balance. Type it as the bank shows it."), code="opening"
        )
    if read.closing is None:
        yield Unreadable(
            _("This statement does not give its last booked balance. Type it as the bank shows it."), code="closing"
        )
    if read.opening is None or read.closing is None:
        return
    expected = read.opening + read.moved
    if expected != read.closing:
        yield Unreadable(
            _(
                "Its lines do not lead from one balance to the other: %(opening)s and %(moved)s make %(expected)s, and the "
                "statement ends on %(closing)s. A line is missing, doubled or cut off."
            ),
            code="balance",
            params={
                "opening": french(read.opening),
                "moved": french(read.moved),
                "expected": french(expected),
                "closing": french(read.closing),
            },
        )
