"""A colleague decides about one claim: what the table leaves to a person, or a reader says by telephone or letter."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act, take_off_desk
from subscriptions.losses import moving
from subscriptions.losses.claiming import TO_DECIDE, locked, settle
from subscriptions.losses.extending import may_extend
from subscriptions.losses.rules import Ground
from subscriptions.losses.stock import free, lock_issues
from subscriptions.losses.telling import tell
from subscriptions.models import Claim, Subscription

State = Claim.State
#: What a person may make of a claim.
CHOICES = (State.APPROVED, State.EXTENDED, State.CREDITED, State.REFUSED)


class CannotDecide(ValidationError):
    """That cannot be made of this claim now; the message is a sentence for staff."""


@transaction.atomic
def decide_by_hand(
    claim_id: int, target: str, *, actor: Actor, at: datetime, reason: str, tracked: bool = False
) -> Claim:
    """Make of a claim what a colleague decided. Raises CannotDecide.

    CREDITED says that its price was given back, which is an act of its own (`giving_part`): nothing is paid by it. REFUSED is
    for what was found in the end, as a copy that had arrived: the loss itself is ours (C. conso L216-2).
    """
    one = Claim.objects.get(pk=claim_id)
    issue = lock_issues([one.issue_id])[one.issue_id]
    subscription = locked([one.subscription_id])[0]
    one = (
        Claim.objects.select_for_update(no_key=True, of=("self",))
        .select_related("entitlement__term", "issue")
        .get(pk=claim_id)
    )
    if target not in moving.TRANSITIONS[one.state]:
        raise CannotDecide(_("Where this claim stands, that cannot be done."), code="state")
    if target == State.APPROVED and free([issue.pk])[issue.pk] < one.entitlement.term.quantity:
        raise CannotDecide(_("No copy of this issue is in stock that is not promised yet."), code="no_stock")
    if target in (State.APPROVED, State.EXTENDED) and not may_extend(subscription):
        raise CannotDecide(_("The subscription has ended: give the price back instead."), code="over")
    _carry_out(one, subscription, target, tracked=tracked, actor=actor, at=at, reason=reason)
    record_act(
        "decided a claim", subject=f"subscription:{subscription.pk}", actor=actor, at=at, reason=reason,
        facts={"claim": one.pk, "issue": issue.number, "decided": target},
    )  # fmt: skip
    take_off_desk(kind=TO_DECIDE, subject=f"claim:{one.pk}", because=reason, actor=actor, at=at)
    return one


def _carry_out(
    one: Claim, subscription: Subscription, target: str, *, tracked: bool, actor: Actor, at: datetime, reason: str
) -> None:
    if target == State.APPROVED:
        ground = Ground.IN_STOCK_TRACKED if tracked else Ground.IN_STOCK
        settle(one, subscription, ground, actor=actor, at=at, reason=reason)
    elif target == State.EXTENDED:
        settle(one, subscription, Ground.NO_STOCK, actor=actor, at=at, reason=reason)
    else:
        moving.move([one], target, actor=actor, at=at, reason=reason)
        if target == State.REFUSED:
            tell(subscription, "claim_refused", f"claim:{one.pk}", {"claim_id": one.pk}, at=at)
