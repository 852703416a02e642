"""R has come: announced renewals become due, wait for the reader, or are by choice only; unpaid ones put in grace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from payments.actors import Actor
from subscriptions.calendar import RULES
from subscriptions.models import Renewal, RenewalProof, Subscription
from subscriptions.renewals.checks import usable
from subscriptions.renewals.locking import lock_and_skip
from subscriptions.renewals.matters import MANUAL, matter
from subscriptions.renewals.moving import OVER, move
from subscriptions.renewals.outcomes import await_reader, rest, said_no
from subscriptions.renewals.proving import still_proved
from subscriptions.renewals.telling import Fact, tell
from subscriptions.renewals.tries import tries_of

State = Renewal.State
LIVING = (Subscription.State.ACTIVE, Subscription.State.GRACE)
BATCH = 200
NOT_PROVED = "L’avis d’échéance n’est pas prouvé : jamais débité."
TOO_LATE = "L’annonce du débit date de plus de trente jours : plus de débit sans le lecteur."
NO_METHOD = "Aucun moyen de paiement valable."


@dataclass(slots=True)
class Fallen:
    """What became due in one round."""

    due: int = 0
    without_card: int = 0
    by_choice: int = 0
    in_grace: int = 0

    def __str__(self) -> str:
        return (
            f"{self.due} due, {self.without_card} without a card, {self.by_choice} by choice only,"
            f" {self.in_grace} in grace"
        )


def fall_due(*, on: date, at: datetime, actor: Actor, go_on: Callable[[], bool] = lambda: True) -> Fallen:
    """Move announced renewals whose R has come, on day `on`. Small transactions; safe to repeat, late or in two places.

    With both proofs for this R they are due; then without a card that is good they wait for the reader, who is told.
    Without the pre-debit notice they stay announced: the charge moves with it. Without a legal notice that is proved
    still, or once the pre-debit notice is too old, they are by choice only. Whoever is not paid the day after R is in
    grace.
    """
    done = Fallen()
    announced = Renewal.objects.filter(state=State.ANNOUNCED, renews_on__lte=on)
    _sweep(announced, lambda some: _fall(some, done, on=on, at=at, actor=actor), go_on=go_on)
    _sweep(_told_too_long_ago(on), lambda some: _too_late(some, done, at=at, actor=actor), go_on=go_on)
    unpaid = Renewal.objects.exclude(state__in=OVER).filter(
        Q(renews_on__lt=on) | Q(renews_on=on, state__in=(State.AWAITING_READER, State.MANUAL)),
        subscription__state=Subscription.State.ACTIVE,
    )
    _sweep(unpaid, lambda some: _in_grace(some, done, at=at, actor=actor), go_on=go_on)
    return done


def _sweep(renewals: QuerySet[Renewal], act: Callable[[Sequence[Renewal]], None], *, go_on: Callable[[], bool]) -> None:
    """In the order of their ids, so that those which stay where they are do not stand in front of the others."""
    after = 0
    while go_on():
        keys = list(renewals.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        after = keys[-1]
        with transaction.atomic():
            act(lock_and_skip(renewals.filter(pk__in=keys), limit=BATCH))


def _fall(renewals: Sequence[Renewal], done: Fallen, *, on: date, at: datetime, actor: Actor) -> None:
    move(
        [one for one in renewals if said_no(one.subscription)],
        State.CANCELLED,
        actor=actor,
        at=at,
        reason="the reader has said no",
    )
    living = [
        one for one in renewals if one.state == State.ANNOUNCED and one.subscription.state in LIVING
    ]  # fmt: skip
    told, tries = still_proved(living), tries_of(living)
    unproved = [one for one in living if one.pk not in told]
    by_choice(unproved, why=NOT_PROVED, actor=actor, at=at)
    done.by_choice += len(unproved)
    proved = [one for one in living if one.pk in told]
    # Nobody is told of a debit for which there is no card: those wait for no such notice.
    without = [one for one in proved if not usable(one.subscription.saved_method, on=on)]
    due = [one for one in proved if one in without or tries[one.pk].told_on is not None]
    done.due += len(move(due, State.DUE, actor=actor, at=at, reason="R has come"))
    ask_for_card(without, actor=actor, at=at)
    done.without_card += len(without)


def _too_late(renewals: Sequence[Renewal], done: Fallen, *, at: datetime, actor: Actor) -> None:
    due = [one for one in renewals if one.state == State.DUE]
    by_choice(due, why=TOO_LATE, actor=actor, at=at)
    retried = [one for one in renewals if one.state == State.RETRYING]
    ask_for_card(retried, actor=actor, at=at, why=TOO_LATE)
    done.by_choice += len(renewals)


def _in_grace(renewals: Sequence[Renewal], done: Fallen, *, at: datetime, actor: Actor) -> None:
    rest(renewals, actor=actor, at=at)
    done.in_grace += len(renewals)


def _told_too_long_ago(on: date) -> QuerySet[Renewal]:
    """Due or to be retried, with no pre-debit notice of the last thirty days: a clock stood still."""
    recent = RenewalProof.objects.filter(
        renewal=OuterRef("pk"),
        kind=RenewalProof.Kind.PRE_DEBIT,
        renews_on=OuterRef("renews_on"),
        sent_on__gte=on - timedelta(days=RULES.pre_debit_most_days),
    )
    waiting = Q(state=State.DUE) | Q(state=State.RETRYING, next_try_on__lte=on)
    return Renewal.objects.filter(waiting).exclude(Exists(recent))


def by_choice(
    renewals: Sequence[Renewal],
    *,
    why: str,
    actor: Actor,
    at: datetime,
    reason: str = "may not be charged",
    by_hand: bool = False,
) -> None:
    """Locked renewals that may never be charged: the reader renews by choice, and is told how.

    `by_hand`: a colleague wished it so; the letter then says nothing of notices.
    """
    for one in renewals:
        one.why = why
    moved = move(renewals, State.MANUAL, actor=actor, at=at, reason=reason)
    said = {"by_hand": True} if by_hand else {}
    # The matter is the one under which `unproved` tells it: whichever comes first, it is one letter.
    tell(
        MANUAL,
        [
            Fact(one, matter(MANUAL, one).removeprefix(f"{MANUAL}:"), {"renews_on": one.renews_on.isoformat(), **said})
            for one in moved
        ],
        at=at,
    )


def ask_for_card(renewals: Sequence[Renewal], *, actor: Actor, at: datetime, why: str = NO_METHOD) -> None:
    """Locked renewals for which there is nothing to charge: they wait for the reader, who is told."""
    for one in renewals:
        one.why = why
    await_reader(renewals, actor=actor, at=at, reason="nothing can be charged")
    rest(renewals, actor=actor, at=at)
    tell(
        "renewal_card_needed",
        [Fact(one, f"renewal:{one.pk}:{one.state_since.isoformat()}", {"decline_code": "", "kind": ""}) for one in renewals],
        at=at,
    )  # fmt: skip
