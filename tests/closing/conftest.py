"""The books of these stories: entries written by hand, on the days that they say."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from payments.actors import job
from payments.days import PARIS
from payments.ledger.posting import EntryDraft, Line, post

WRITER = job("tests")


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    """An hour of a day in Paris."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def book(
    source: str, *, on: date, amount: str = "27.60", written: datetime | None = None, debit: str = "PSP", credit: str = "AR",
    label: str = "Encaissement", journal: str = "ST", party: str = "C000012",
) -> int:  # fmt: skip
    """One entry over two lines, written at noon of its day if nothing else is said."""
    money = Decimal(amount)
    lines = (Line(debit, debit=money), Line(credit, credit=money, party=party if credit == "AR" else ""))
    draft = EntryDraft(journal, source, on, source.replace(":", "-"), on, label, lines, received_on=on)
    return post([draft], actor=WRITER, at=written or at(on))
