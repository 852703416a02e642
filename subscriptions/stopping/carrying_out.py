"""Carrying out: from an effect to what really moves, on a locked contract; for the machine and for a person's decision."""

from __future__ import annotations

from datetime import datetime

from payments.actors import Actor
from subscriptions.models import Declaration
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.effects import Code, Effect
from subscriptions.stopping.reading import Contract
from subscriptions.stopping.terminating import end_today, no_further_year
from subscriptions.stopping.withdrawing import cancel_order, cancel_singles, hold_singles, stop_for_withdrawal

#: Outcomes that wait for a person, but stop automatic renewal without waiting.
_STOPS_RENEWAL = frozenset({Code.WITHDRAWAL_LATE, Code.WITHDRAWAL_NOT_HERE, Code.GROUND, Code.NOTICE_PROVED})


def carry_out(declaration: Declaration, contract: Contract, effect: Effect, *, actor: Actor, at: datetime) -> None:
    """Do what `effect` says, and write it on the declaration in memory; the caller moves and so saves it."""
    declaration.subscription = contract.subscription
    declaration.order = contract.order
    declaration.effect = effect.code
    declaration.effective_on = effect.effective_on
    declaration.refund_due_on = effect.refund_due_on if effect.refund else None
    if effect.code in (Code.WITHDRAWN, Code.WITHDRAWN_WAITS, Code.GOODWILL):
        declaration.refund = stop_for_withdrawal(contract, declaration, actor=actor, at=at)
    elif effect.code in (Code.WITHDRAWN_UNPAID, Code.WITHDRAWN_DEBIT, Code.ORDER_CANCELLED):
        cancel_order(contract, declaration, actor=actor, at=at)
    elif effect.code == Code.SINGLE_UNSENT:
        declaration.refund = cancel_singles(contract, declaration, actor=actor, at=at)
    elif effect.code == Code.SINGLE_WAITS:
        hold_singles(contract, declaration, actor=actor, at=at)
    elif effect.code in (Code.ENDS_AT_TERM, Code.ENDS_BY_ITSELF):
        no_further_year(contract, declaration, actor=actor, at=at)
    elif effect.code in (Code.NOTICE_MISSED, Code.NOTICE_MISSED_WAITS, Code.ENDED_NOW):
        reason = f"résiliation {declaration.reference}"
        given = end_today(contract, actor=actor, at=at, reason=reason, declaration=declaration)
        declaration.refund = next((one.refund for one in given if one.refund is not None), None)
    elif effect.code in _STOPS_RENEWAL and contract.subscription is not None:
        reason = f"{declaration.kind} {declaration.reference}"
        stop_renewing(contract.subscription, actor=actor, at=at, reason=reason, declaration=declaration)
