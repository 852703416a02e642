"""Terminating: no further year; or an end today, with the copies not served given back (law.md 4.6, 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.disputes import NO_REFUND, is_disputed
from subscriptions.dates import LIVING
from subscriptions.gifts.giving import take_back
from subscriptions.models import Declaration, Entitlement, Subscription
from subscriptions.moving import move, move_copies
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.reading import Contract, contract_of
from subscriptions.stopping.unserved import GivenBack, give_back_unserved

Copy, Ground = Entitlement.State, Declaration.Ground
#: Grounds that end a contract at once, once a person has recognised them (general terms, article 10).
RECOGNISED = (Ground.DEATH, Ground.MOVED, Ground.ILLNESS, Ground.LATE_NOTICE, Ground.OTHER)
#: What documents say of it: the ground itself is nobody's business but the act's.
LEGITIMATE = "résiliation pour motif légitime"


class CannotEnd(ValidationError):
    """The contract cannot be ended today; the message is a sentence for staff."""


def no_further_year(contract: Contract, declaration: Declaration, *, actor: Actor, at: datetime) -> bool:
    """Carry out an ordinary termination: the copies paid for are still served, then it ends. False if it was fixed.

    A paid term that is over already (its renewal was still being tried) ends today, unless copies are still owed.
    """
    reason = f"termination {declaration.reference}"
    stopped = stop_renewing(contract.promise, actor=actor, at=at, reason=reason, declaration=declaration)
    # A year that was taken back runs no more, whatever its last day.
    standing = [term for term in contract.terms if getattr(term, "undone", None) is None]
    over = bool(contract.terms) and all(term.ends_on < paris_day(at) for term in standing)
    if over and not any(copy.state in (Copy.OWED, Copy.HELD, Copy.ASSIGNED) for copy in contract.copies):
        move([contract.promise], Subscription.State.ENDED, actor=actor, at=at, reason=reason)
    return stopped


def end_today(
    contract: Contract,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    declaration: Declaration | None = None,
    by_transfer: bool = False,
) -> list[GivenBack]:
    """End a locked contract now and give back what was not served. A copy in a file is still sent: it counts as served.

    While the bank disputes a payment nothing is given back: the copies are held and the sweep tries again.
    """
    subscription = contract.promise
    stop_renewing(subscription, actor=actor, at=at, reason=reason, declaration=declaration)
    if is_disputed(contract.money):
        owed = [copy for copy in contract.copies if copy.state == Copy.OWED]
        move_copies(owed, "hold", on=paris_day(at), actor=actor, at=at, reason=reason)
        return []
    given = give_back_unserved(contract, reason=reason, actor=actor, at=at, by_transfer=by_transfer)
    move([subscription], Subscription.State.ENDED, actor=actor, at=at, reason=reason)
    take_back(subscription, actor=actor, at=at, reason=reason)
    return given


@transaction.atomic
def end_now(
    subscription_id: int,
    ground: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    to_estate: bool = False,
) -> Sequence[GivenBack]:
    """Staff recognise a legitimate ground: the contract ends today, copies not served are given back or go to the estate.

    `to_estate`: by transfer to whoever settles the estate, on finance's desk. Raises CannotEnd with a sentence: over
    already, no such ground, a dispute open.
    """
    contract = contract_of(subscription=subscription_id, lock=True)
    subscription = contract.promise
    if ground not in RECOGNISED:
        raise CannotEnd(_("Please choose the ground that is recognised."), code="ground")
    if subscription.state not in LIVING:
        raise CannotEnd(_("This subscription has ended already."), code="over")
    if is_disputed(contract.money):
        raise CannotEnd(NO_REFUND, code="disputed")
    given = end_today(contract, actor=actor, at=at, reason=LEGITIMATE, by_transfer=to_estate)
    record_act(
        "ended a subscription",
        subject=f"subscription:{subscription.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={
            "ground": ground,
            "to_estate": to_estate,
            "given_back": [{"term": one.term.pk, "amount": str(one.amount)} for one in given],
        },
    )
    return given
