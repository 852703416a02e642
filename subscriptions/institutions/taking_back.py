"""Withdrawing from an order that was invoiced before it was paid: all of it is credited, what was received goes back.

The law gives withdrawal to consumers; the shop gives it to everybody (law.md 4), and nothing is owed for what was sent.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import credit_rest, left_of
from payments.models import Invoice
from subscriptions.institutions.receiving import follow_up, lock_orders
from subscriptions.models import Term
from subscriptions.moving import move_copies
from subscriptions.refunding import undo
from subscriptions.stopping.reading import UNSERVED, Contract
from subscriptions.stopping.unserved import owe_back


def take_back(contract: Contract, term: Term, bill: Invoice, *, reason: str, actor: Actor, at: datetime) -> Invoice:
    """Undo such a term of a locked contract, none of whose copies is in a file: the credit note of whatever of its invoice
    was not credited yet. Raises AlreadyCredited if that is nothing.

    Copies that were not sent are void; the revenue of those that were is taken back.
    """
    on = paris_day(at)
    unserved = [copy for copy in contract.of_term(term) if copy.state in UNSERVED]
    worth = sum((copy.value_ht for copy in unserved), Decimal("0.00"))
    left = left_of(bill)
    move_copies(unserved, "void", on=on, actor=actor, at=at, reason=reason)
    undo(term, actor=actor, at=at, reason=reason)
    note = credit_rest(bill, reason=reason, unserved_ht=worth, on=on, actor=actor, at=at)
    owe_back(note, bill, at_most=left, reason=reason, actor=actor, at=at)
    follow_up(lock_orders([bill]), actor=actor, at=at, reason=reason)
    return note
