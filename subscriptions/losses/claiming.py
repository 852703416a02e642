"""Claims: a reader says that a copy did not arrive as it should, and the closed table says what becomes of it at once.

Lock order: issue → subscription → claim, each set by its key, as closing a file does. A claim sent twice is one claim.
Nothing here is revenue: a copy sent again is worth nothing, and so is one granted instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, record_act
from payments.models import DeskItem
from subscriptions.calendar import ClaimWindow, DeliveryZone, claim_window
from subscriptions.losses import moving
from subscriptions.losses.extending import extend, may_extend
from subscriptions.losses.incidents import department_of, gather, incident_of
from subscriptions.losses.rules import CLAIMS, OPEN_DOUBTS, ClaimFacts, Ground, ground_of
from subscriptions.losses.stock import free, lock_issues
from subscriptions.losses.telling import tell
from subscriptions.models import AddressDoubt, Claim, CopyReturn, Entitlement, Issue, Subscription
from subscriptions.offers.catalogue import dates_of

State, Reason, By = Claim.State, Claim.Reason, Claim.By
YEAR = timedelta(days=365)
#: What stands on fulfilment's desk while a person has to decide.
TO_DECIDE = "claim"


class CannotClaim(ValidationError):
    """This copy cannot be claimed; the message is for the reader, `code` says which."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a copy. `confirmed`: that its address is right, looked at and said so."""

    entitlement_id: int
    reason: str
    by: str
    confirmed: bool = False


def window_of(issue: Issue, zone: str) -> ClaimWindow:
    """From when to when claims of an issue are taken as they come, for that zone. One query."""
    after = Issue.objects.filter(magazine=issue.magazine_id, number__gt=issue.number).order_by("number").first()
    return claim_window(dates_of(issue), dates_of(after) if after else None, DeliveryZone(zone))


def is_within(window: ClaimWindow, *, on: date) -> bool:
    """Whether a day is one of them."""
    return window.opens_on <= on and (window.closes_on is None or on <= window.closes_on)


@transaction.atomic
def claim(said: Said, *, actor: Actor, at: datetime) -> Claim:
    """Take a claim and decide it; said again, it is the claim that there is.

    Side effects, in one transaction: the claim with its steps, a copy more where none is left in stock, the matter on
    fulfilment's desk or its incident, the act, the letter. Raises CannotClaim for a copy that was not posted.
    """
    found = Entitlement.objects.select_related("term").get(pk=said.entitlement_id)
    if found.state != Entitlement.State.SERVED or found.issue_id is None:
        raise CannotClaim(_("This issue has not been sent to you yet."), code="not_sent")
    issue = lock_issues([found.issue_id])[found.issue_id]
    subscription = locked([found.term.subscription_id])[0]
    before = Claim.objects.filter(entitlement=found).order_by("-round").first()
    if before is not None and not _again(
        before, reason=said.reason, on=paris_day(at), zone=subscription.recipient.address.delivery_zone
    ):
        return before
    one = Claim(
        subscription=subscription,
        entitlement=found,
        issue=issue,
        round=before.round + 1 if before else 1,
        reason=said.reason,
        by=said.by,
        department=department_of(subscription.recipient.address),
        in_window=is_within(window_of(issue, subscription.recipient.address.delivery_zone), on=paris_day(at)),
        nth=_earlier(subscription, at=at) + 1,
        state=State.RECEIVED,
        state_since=at,
        actor=str(actor),
        at=at,
    )
    moving.begin([one], actor=actor, at=at)
    record_act(
        "claimed a copy", subject=f"subscription:{subscription.pk}", actor=actor, at=at,
        facts={"claim": one.pk, "issue": issue.number, "reason": said.reason, "by": said.by},
    )  # fmt: skip
    if said.reason != Reason.CAME_BACK:
        gather(issue, one.department, actor=actor, at=at)
    one.refresh_from_db()
    if one.state == State.RECEIVED:
        decide(one, issue, subscription, confirmed=said.confirmed, actor=actor, at=at)
    return one


@transaction.atomic
def confirm(claim_id: int, *, actor: Actor, at: datetime) -> Claim:
    """The reader has looked at the address of a claim and says that it is right; said twice, once."""
    one = Claim.objects.get(pk=claim_id)
    issue = lock_issues([one.issue_id])[one.issue_id]
    subscription = locked([one.subscription_id])[0]
    one = Claim.objects.select_for_update(no_key=True, of=("self",)).get(pk=claim_id)
    if one.state == State.ASKED:
        decide(one, issue, subscription, confirmed=True, actor=actor, at=at)
    return one


def locked(keys: list[int]) -> list[Subscription]:
    """Subscriptions under their locks, by key, with whom and where they go to."""
    rows = Subscription.objects.select_for_update(no_key=True, of=("self",))
    return list(
        rows.select_related("recipient__address", "recipient__customer", "payer", "holder", "magazine")
        .filter(pk__in=keys)
        .order_by("pk")
    )


def decide(
    one: Claim, issue: Issue, subscription: Subscription, *, confirmed: bool, actor: Actor, at: datetime
) -> None:
    """What the table makes of a claim, all of it locked."""
    doubted = AddressDoubt.objects.filter(subscription=subscription, state__in=OPEN_DOUBTS).exists()
    counted = one.reason != Reason.CAME_BACK
    incident = incident_of(issue.pk, one.department) if counted else None
    ground = ground_of(
        ClaimFacts(
            nth=one.nth,
            sent_again=Claim.objects.filter(entitlement=one.entitlement_id, state=State.RESENT).exists(),
            in_window=one.in_window,
            confirmed=confirmed,
            doubted=doubted and not confirmed,
            in_stock=free([issue.pk])[issue.pk] >= one.entitlement.term.quantity,
            over=not may_extend(subscription),
            in_incident=incident is not None,
            counted=counted,
        )
    )
    if incident is not None:
        one.incident = incident
    settle(one, subscription, ground, actor=actor, at=at)


def settle(
    one: Claim, subscription: Subscription, ground: Ground, *, actor: Actor, at: datetime, reason: str = ""
) -> None:
    """Carry one row of the table out for a locked claim, and tell its reader."""
    outcome = CLAIMS[ground]
    # Told once before it waited with the others, and once more when that is decided.
    subject = f"claim:{one.pk}:decided" if one.state == State.WAITING else f"claim:{one.pk}"
    also: tuple[str, ...] = ("incident",)
    if outcome.tracked:
        one.tracked, also = True, (*also, "tracked")
    if outcome.state == State.EXTENDED:
        one.extra, also = extend(subscription, actor=actor, at=at), (*also, "extra")
    moving.move([one], outcome.state, actor=actor, at=at, reason=reason or outcome.when, also=also)
    known = tell(subscription, outcome.letter, subject, {"claim_id": one.pk}, at=at)
    if outcome.state == State.ON_DESK or (outcome.state == State.ASKED and not known):
        put_claim_on_desk(one, subscription, at=at)


def put_claim_on_desk(one: Claim, subscription: Subscription, *, at: datetime) -> None:
    """A person has to decide a claim."""
    put_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=TO_DECIDE,
        subject=f"claim:{one.pk}",
        sentence=f"Réclamation du n° {one.issue.number}, abonnement {subscription.number} : à décider.",
        at=at,
    )


def _again(before: Claim, *, reason: str, on: date, zone: str) -> bool:
    """Whether a copy that was claimed may be claimed once more: it was sent again, and had the time to arrive; or the claim
    was refused, and the copy has come back since."""
    if before.state == State.REFUSED:
        return reason == Reason.CAME_BACK and before.reason != Reason.CAME_BACK
    if before.state != State.RESENT or before.line is None:
        return False
    posted_on = before.line.run.posted_on
    if posted_on is None:
        return False
    if CopyReturn.objects.filter(dispatch=before.line).exists():
        return True
    waits = claim_window(dates_of(before.issue), None, DeliveryZone(zone)).opens_on - (
        before.issue.posted_on or before.issue.post_on
    )
    return on >= posted_on + waits


def _earlier(subscription: Subscription, *, at: datetime) -> int:
    """Claims of its reader in the twelve months before, but for those that many others made too."""
    return (
        Claim.objects.filter(subscription=subscription, at__gt=at - YEAR, incident=None)
        .exclude(reason=Reason.CAME_BACK)
        .exclude(state=State.REFUSED)
        .count()
    )
