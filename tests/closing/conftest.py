"""The books of these stories: entries written by hand, on the days that they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from payments.actors import job
from payments.days import PARIS
from payments.ledger.posting import EntryDraft, Line, post
from shop.backoffice.roles import ensure_roles
from tests.backoffice.colleagues import Colleague, hire

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


@pytest.fixture
def at_desk(db: None) -> Callable[..., Colleague]:
    """Somebody of a role, signed in with both factors: `at_desk("finance")`."""
    ensure_roles()

    def sit(role: str, **facts: object) -> Colleague:
        colleague = hire(role, **facts)
        colleague.sign_in(Client())
        return colleague

    return sit
