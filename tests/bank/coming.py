"""Statements that come: let in by a colleague, their lines handed back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from payments.bank.known import known_for
from payments.bank.proposing import Proposal, propose
from payments.days import paris_day
from payments.models import BankLine
from subscriptions.bank.taking_in import Typed, let_in
from tests.bank.files import Said, camt
from tests.institutions.papers import COLLEAGUE
from tests.makers import NOW

WHY = "relevé du jour"


def come(*said: Said, at: datetime = NOW, **facts: Any) -> list[BankLine]:
    """A statement with these lines is let in."""
    [statement] = let_in(camt(said, **facts), Typed(), name="releve.xml", reason=WHY, actor=COLLEAGUE, at=at)
    return list(statement.lines.order_by("place"))


def offered(line: BankLine) -> list[Proposal]:
    """What a line may be, on the day of its statement."""
    return propose(line, known_for([line], on=paris_day(NOW)))
