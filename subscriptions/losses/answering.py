"""The answer to « votre adresse ? »: copies come again, and what came back leaves once more for the address known by now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_all_on_desk, record_act, take_all_off_desk
from payments.models import DeskItem
from subscriptions.losses import moving
from subscriptions.losses.claiming import CannotClaim, Said, claim, confirm, locked
from subscriptions.losses.doubts import stays_at
from subscriptions.losses.holding import release
from subscriptions.losses.rules import OPEN_DOUBTS, rule_in_force
from subscriptions.losses.stock import lock_issues
from subscriptions.models import AddressChange, AddressDoubt, Claim, CopyReturn, Subscription

Doubt = AddressDoubt.State
#: What stands on fulfilment's desk once nobody has answered in time.
UNANSWERED = "address_unanswered"


def resend_what_came_back(returns: Sequence[CopyReturn], *, actor: Actor, at: datetime) -> list[Claim]:
    """A claim by the post for each copy that came back, decided by the table; none for one that is no longer a copy sent."""
    made = []
    for one in returns:
        if one.dispatch.entitlement_id is None:
            continue
        said = Said(one.dispatch.entitlement_id, Claim.Reason.CAME_BACK, Claim.By.POST, confirmed=True)
        try:
            made.append(claim(said, actor=actor, at=at))
        except CannotClaim:
            continue
    return made


@transaction.atomic
def answer(doubt_id: int, *, actor: Actor, at: datetime, reason: str) -> bool:
    """The reader has answered: the address is right, or another is known by now. False if that was said before.

    Side effects: the doubt over, held copies owed again, what came back since it began sent again from stock or replaced
    by one issue more, the act.
    """
    one = AddressDoubt.objects.select_related("because").get(pk=doubt_id)
    returns = list(
        CopyReturn.objects.filter(dispatch__subscription=one.subscription_id, at__gte=one.because.at)
        .select_related("dispatch")
        .order_by("pk")
    )
    lock_issues({row.dispatch.issue_id for row in returns})
    subscription = locked([one.subscription_id])[0]
    one = AddressDoubt.objects.select_for_update(no_key=True, of=("self",)).get(pk=doubt_id)
    if not moving.move_doubt(one, Doubt.ANSWERED, actor=actor, at=at, reason=reason):
        return False
    released = release(subscription, actor=actor, at=at)
    sent = resend_what_came_back(returns, actor=actor, at=at)
    record_act(
        "an address was confirmed", subject=f"subscription:{subscription.pk}", actor=actor, at=at, reason=reason,
        facts={"doubt": one.pk, "released": released, "claims": [row.pk for row in sent]},
    )  # fmt: skip
    _take_off(one, because=reason, actor=actor, at=at)
    return True


def settle_moved(*, actor: Actor, at: datetime) -> int:
    """Doubts about an address that is no longer its reader's are answered, however it came: by form, hand-over or desk.

    So are claims that waited for it. And the doubts of subscriptions that have ended are over. Returns how many. Safe to
    repeat.
    """
    waiting = AddressDoubt.objects.filter(state__in=OPEN_DOUBTS).order_by("pk")
    moved = waiting.exclude(subscription__recipient__address=F("because__dispatch__address")).exclude(
        stays_at("because__dispatch__address", "subscription__recipient", on=paris_day(at))
    )
    done = 0
    for key in list(moved.exclude(subscription__state=Subscription.State.ENDED).values_list("pk", flat=True)):
        done += answer(key, actor=actor, at=at, reason="another address is known")
    for key in list(waiting.filter(subscription__state=Subscription.State.ENDED).values_list("pk", flat=True)):
        done += _end(key, actor=actor, at=at)
    changed = AddressChange.objects.filter(recipient=OuterRef("subscription__recipient"), at__gt=OuterRef("at"))
    asked = Claim.objects.filter(Exists(changed), state=Claim.State.ASKED).order_by("pk")
    for key in list(asked.values_list("pk", flat=True)):
        confirm(key, actor=actor, at=at)
        done += 1
    return done


@transaction.atomic
def _end(doubt_id: int, *, actor: Actor, at: datetime) -> bool:
    one = AddressDoubt.objects.select_for_update(no_key=True, of=("self",)).get(pk=doubt_id)
    ended = moving.move_doubt(one, Doubt.ENDED, actor=actor, at=at, reason="the subscription has ended")
    _take_off(one, because="the subscription has ended", actor=actor, at=at)
    return ended


def put_unanswered_on_desk(*, at: datetime) -> int:
    """Addresses that nobody has told us about in time go to a person, who may telephone or write; returns how many."""
    since = at - timedelta(days=rule_in_force().answer_days)
    late = AddressDoubt.objects.filter(state__in=(Doubt.HELD, Doubt.SUSPENDED), at__lte=since)
    known = DeskItem.objects.filter(kind=UNANSWERED, closed_at=None).values_list("subject", flat=True)
    seen = set(known)
    rows = [one for one in late.select_related("subscription") if f"subscription:{one.subscription_id}" not in seen]
    put_all_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=UNANSWERED,
        sentences={
            f"subscription:{one.subscription_id}": f"Abonnement {one.subscription.number} : adresse demandée le "
            f"{paris_day(one.at):%d/%m/%Y}, sans réponse. Écrire par la poste ou téléphoner."
            for one in rows
        },
        at=at,
    )
    return len(rows)


def _take_off(one: AddressDoubt, *, because: str, actor: Actor, at: datetime) -> None:
    for kind in (UNANSWERED, "returned_in_a_row", "address_untold"):
        take_all_off_desk(
            kind=kind, subjects=[f"subscription:{one.subscription_id}"], because=because, actor=actor, at=at
        )


def known(subscription_id: int, *, actor: Actor, at: datetime, reason: str) -> int:
    """The reader says what the address is: whatever waited for that goes on; returns how many matters did."""
    done = 0
    for key in AddressDoubt.objects.filter(subscription=subscription_id, state__in=OPEN_DOUBTS).values_list(
        "pk", flat=True
    ):
        done += answer(key, actor=actor, at=at, reason=reason)
    asked = Claim.objects.filter(subscription=subscription_id, state=Claim.State.ASKED).order_by("pk")
    for key in list(asked.values_list("pk", flat=True)):
        confirm(key, actor=actor, at=at)
        done += 1
    return done


def waits_for_address(subscription_id: int) -> bool:
    """Whether anything waits for the reader's word on their address. Two queries at most."""
    doubts = AddressDoubt.objects.filter(subscription=subscription_id, state__in=OPEN_DOUBTS)
    asked = Claim.objects.filter(subscription=subscription_id, state=Claim.State.ASKED)
    return doubts.exists() or asked.exists()
