"""The seam between our bank's lines and Stripe's payouts: which lines wait for one, and how one is said to be a line.

Payouts are fetched and booked elsewhere; here a line only looks like one: Stripe named on it, whichever way it goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from payments.actors import Actor
from payments.bank.matching import Part, explain, lock_lines
from payments.models import BankLine, BankMatch
from payments.working_days import add_banking_days

#: As Stripe's transfers are signed on statements: a word of its own, whatever digits and signs the bank writes beside it.
NAMES = ("STRIPE",)
_NAMED = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(NAMES)})(?![^\W\d_])", re.IGNORECASE)
#: The same for PostgreSQL.
_NAMED_SQL = rf"(^|[^[:alpha:]])({'|'.join(NAMES)})($|[^[:alpha:]])"
#: A payout arrives on its day, or so many banking days around it (law.md 6.4).
AROUND = 2


def looks_like_payout(line: BankLine) -> bool:
    """Whether Stripe is named on the line."""
    return _NAMED.search(f"{line.text}\n{line.counterparty}\n{line.end_to_end}") is not None


def lines_waiting_for_payouts(*, amount: Decimal | None = None, arrives_on: date | None = None) -> QuerySet[BankLine]:
    """Lines that look like a payout and are no part of one yet, the oldest first; of one amount and around one day."""
    named = Q()
    for column in ("text", "counterparty", "end_to_end"):
        named |= Q(**{f"{column}__iregex": _NAMED_SQL})
    rows = BankLine.objects.filter(named).exclude(left=0).filter(left=F("amount")).order_by("booked_on", "pk")
    if amount is not None:
        rows = rows.filter(amount=amount)
    if arrives_on is not None:
        rows = rows.filter(
            booked_on__gte=add_banking_days(arrives_on, -AROUND), booked_on__lte=add_banking_days(arrives_on, AROUND)
        )
    return rows


def is_payout(
    line_id: int, *, source: str, because: Sequence[dict[str, str]], reason: str, actor: Actor, at: datetime
) -> BankMatch:
    """The whole of a line is a payout, which `source` (`payout_arrived:12`) books at 512. In the caller's transaction.

    Locks the line. Raises CannotExplain: it is explained otherwise by now.
    """
    [line] = lock_lines([line_id])
    part = Part(BankMatch.Kind.PAYOUT, line.left, source)
    [row] = explain({line: [part]}, because={line.pk: because}, reason=reason, actor=actor, at=at)
    return row
