"""Payouts and the lines of our bank find each other: amount exact, the day within two banking days, Stripe named on the line.

Where Stripe's trace stands on the line it is that payout. Otherwise only where one line and one payout are left for each other:
of two alike, a person says which (law.md 6.4).
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from payments.actors import Actor
from payments.bank.matching import CannotExplain
from payments.bank.payouts import is_payout, lines_waiting_for_payouts
from payments.ledger import stripe_entries
from payments.models import BankLine, Payout
from payments.reconciliation.arriving import arrived, waiting_for_bank


def match_arrivals(*, actor: Actor, at: datetime, limit: int = 500) -> int:
    """Bring together what is sure, each pair in a transaction of its own; returns how many. Safe to repeat, in two places."""
    waiting = list(waiting_for_bank()[:limit])
    done = 0
    for payout in waiting:
        line = _line_of(payout, waiting)
        if line is None:
            continue
        try:
            match(payout.pk, line.pk, reason="amount, day and name agree", actor=actor, at=at)
        except (ValidationError, CannotExplain):
            continue  # somebody was quicker: the next round sees how it stands
        done += 1
    return done


@transaction.atomic
def match(payout_id: int, line_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """This line of the bank is that payout: both say so, and it leaves the transit account. Locks the payout, then the line.

    Raises ValidationError or CannotExplain where one of them is something else by now.
    """
    line = BankLine.objects.select_related("statement").get(pk=line_id)
    named = f"{line.statement.reference}/{line.place}"
    payout = arrived(payout_id, bank_reference=named[:80], on=line.booked_on, actor=actor, at=at)
    source = stripe_entries.arrived(payout, booked_on=line.booked_on).source
    because = [{"code": "payout", "payout": payout.stripe_payout}]
    is_payout(line_id, source=source, because=because, reason=reason, actor=actor, at=at)


def _line_of(payout: Payout, waiting: list[Payout]) -> BankLine | None:
    """The line that can only be this payout; None where none or several may be."""
    lines = list(lines_waiting_for_payouts(amount=payout.amount, arrives_on=payout.arrives_on)[:10])
    traced = [line for line in lines if payout.trace and payout.trace in f"{line.text} {line.end_to_end}"]
    if len(traced) == 1:
        return traced[0]
    alike = [one for one in waiting if one.amount == payout.amount]
    return lines[0] if len(lines) == 1 and len(alike) == 1 else None
