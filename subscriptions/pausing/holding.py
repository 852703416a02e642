"""Holding copies back: a pause begins, is called off, or is over because its issue has left without the copy.

Movements carry it all: HOLD for the copies of the issues that do not come, EXTEND for every copy that comes with another
issue, RELEASE once nothing can be called off any more, or has been. What is sold stays: the dates of the term, how many
copies, what each is worth. R is planned anew in the same transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.saving import save_all
from subscriptions.calendar import MOST_OF_A_TERM
from subscriptions.disputes import disputed_terms
from subscriptions.losses.doubts import in_doubt
from subscriptions.models import Entitlement, Issue, Pause, Subscription
from subscriptions.moving import give_other_issues, move_copies
from subscriptions.notices.telling import tell_reader
from subscriptions.pausing.foreseeing import CannotPause, Changed, Foreseen, Standing, again, standing_of, without
from subscriptions.pausing.moving import begin, move
from subscriptions.renewals.planning import replan
from subscriptions.stopping.reading import contract_of, stopped_and_waiting

Copy = Entitlement.State
BATCH = 500


@transaction.atomic
def pause(
    subscription_id: int,
    numbers: Collection[int],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    shown: str = "",
) -> tuple[list[Pause], Foreseen]:
    """Put off these issues of a subscription: their copies are held, and come with the issues after.

    `shown`: the seal of what the reader has said yes to. Side effects: pauses with their steps, movements, the act, R
    planned anew, the letter that confirms it. Raises Changed if something else would come of it by now; CannotPause with a
    sentence: a wish sent twice finds its issues put off already, and is refused.
    """
    standing = _locked(subscription_id, at=at)
    foreseen = _as_shown(without(standing, numbers), shown)
    by_issue = {copy.issue_id: copy for copy in standing.to_come}
    terms = [by_issue[issue.pk].term_id for issue in foreseen.issues]
    request = uuid.uuid4()
    new = [
        Pause(
            request=request,
            term_id=term,
            place=place,
            issue=issue,
            state_since=at,
            actor=str(actor),
            reason=reason[:200],
            at=at,
        )
        for issue, term, place in zip(foreseen.issues, terms, _free_places(standing, terms), strict=True)
    ]
    held = [one for one in standing.pauses if one.state == Pause.State.HELD]
    _give(standing, foreseen, [*held, *new], actor=actor, at=at, reason=reason)
    begun = begin(new, actor=actor, at=at)
    _carry_out(standing, foreseen, "paused issues", actor=actor, at=at, reason=reason)
    _tell("pause_confirmed", f"{request}", standing.subscription, {"request": str(request)}, at=at)
    return begun, foreseen


@transaction.atomic
def resume(
    subscription_id: int,
    pauses: Collection[int],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    shown: str = "",
) -> tuple[list[Pause], Foreseen]:
    """Call pauses off: their issues come after all, and the last ones are given up for them.

    A renewal that was announced for a later day keeps that day (design, section 6). `shown` as for `pause`. Raises Changed,
    or CannotPause with a sentence.
    """
    standing = _locked(subscription_id, at=at)
    chosen = [one for one in standing.pauses if one.pk in pauses]
    foreseen = _as_shown(again(standing, chosen), shown)
    ended = move(foreseen.ended, Pause.State.CALLED_OFF, actor=actor, at=at, reason=reason)
    held = [one for one in standing.pauses if one.state == Pause.State.HELD]
    _give(standing, foreseen, held, actor=actor, at=at, reason=reason)
    _carry_out(standing, foreseen, "ended a pause", actor=actor, at=at, reason=reason)
    keys = sorted(one.pk for one in ended if one.issue in foreseen.issues)
    _tell(
        "pause_ended", ".".join(map(str, keys)), standing.subscription, {"pause_ids": keys}, at=at
    )  # fmt: skip
    return ended, foreseen


def release_passed(issue: Issue, *, actor: Actor, at: datetime) -> int:
    """The issue has left without these copies: they are owed again, for the issue that each was given instead.

    Inside the transaction that posts it. Copies of a contract that was stopped stay held until its money is settled, those
    of a disputed payment until the bank has decided, those of an address in doubt until its reader has answered. Returns
    how many pauses are over. Ten queries at most.
    """
    return _over(list(Pause.objects.filter(issue=issue, state=Pause.State.HELD)), actor=actor, at=at)


def end_pauses(*, actor: Actor, at: datetime, limit: int = BATCH) -> int:
    """The same for whatever was missed, `limit` pauses to a transaction; returns how many are over. Safe to repeat."""
    done, after = 0, 0
    posted = Issue.objects.filter(pk=OuterRef("issue"), posted_on__isnull=False)
    passed = Pause.objects.filter(Exists(posted), state=Pause.State.HELD)
    while rows := list(passed.filter(pk__gt=after).order_by("pk")[:limit]):
        after = rows[-1].pk
        with transaction.atomic():
            done += _over(rows, actor=actor, at=at)
    return done


def _over(pauses: Sequence[Pause], *, actor: Actor, at: datetime) -> int:
    """Copies first, then pauses, each by id: the order in which `pause` and `resume` lock them."""
    if not pauses:
        return 0
    copies = {
        copy.pk: copy
        for copy in Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("term")
        .filter(pk__in={one.entitlement_id for one in pauses})
        .order_by("pk")
    }
    locked = list(
        Pause.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk__in=[one.pk for one in pauses], state=Pause.State.HELD)
        .order_by("pk")
    )
    stopped = stopped_and_waiting({copy.term.subscription_id for copy in copies.values()})
    ended = [one for one in locked if copies[one.entitlement_id].term.subscription_id not in stopped]
    moved = move(ended, Pause.State.OVER, actor=actor, at=at, reason="the issue has left without it")
    still = set(
        Pause.objects.filter(entitlement__in=copies, state=Pause.State.HELD).values_list("entitlement", flat=True)
    )
    passed = [copies[key] for key in sorted({one.entitlement_id for one in moved} - still)]
    disputed = disputed_terms({copy.term_id for copy in passed})
    doubted = in_doubt({copy.term.subscription_id for copy in passed})
    free = [
        copy
        for copy in passed
        if copy.state == Copy.HELD and copy.term_id not in disputed and copy.term.subscription_id not in doubted
    ]
    move_copies(free, "release", on=paris_day(at), actor=actor, at=at, reason="the pause is over")
    return len(moved)


def _locked(subscription_id: int, *, at: datetime) -> Standing:
    """Payments, orders, the open renewal, the subscription and its copies locked in the agreed order, then its pauses."""
    contract = contract_of(subscription=subscription_id, lock=True)
    list(
        Pause.objects.select_for_update(of=("self",), no_key=True)
        .filter(term__subscription=subscription_id)
        .order_by("pk")
    )
    return standing_of(contract.promise, on=paris_day(at), copies=contract.copies)


def _as_shown(foreseen: Foreseen, shown: str) -> Foreseen:
    """What comes of it, seen under the locks, if that is what the reader saw (design, rule 11)."""
    if shown and shown != foreseen.seal:
        raise Changed(foreseen)
    return foreseen


def _free_places(standing: Standing, terms: Sequence[int]) -> list[int]:
    taken = {(one.term_id, one.place) for one in standing.pauses}
    found = []
    for term in terms:
        place = next(place for place in range(1, MOST_OF_A_TERM + 1) if (term, place) not in taken)
        taken.add((term, place))
        found.append(place)
    return found


def _give(
    standing: Standing, foreseen: Foreseen, held: Sequence[Pause], *, actor: Actor, at: datetime, reason: str
) -> None:
    """Give each copy its issue, and hold one for each pause in `held`: the first that comes after its issue.

    No two pauses hold the same, as long as there are enough: a copy is held exactly as long as it could still be called
    back. Copies that others hold (a dispute, an address in doubt) are left alone. Eleven queries at most.
    """
    on, was = paris_day(at), {one.entitlement_id for one in standing.pauses}
    give_other_issues(foreseen.moves, on=on, actor=actor, at=at, reason=reason)
    taken: set[int] = set()
    moved = []
    for one in sorted(held, key=lambda one: one.issue.number):
        after = [copy for copy in standing.to_come if copy.issue is None or copy.issue.number > one.issue.number]
        if not after:
            raise CannotPause(_("No issue of this subscription can be put off now."), code="closed")
        # The last one may have been put off twice.
        copy = next((copy for copy in after if copy.pk not in taken), after[-1])
        taken.add(copy.pk)
        if one.entitlement_id != copy.pk:
            one.entitlement = copy
            moved.append(one)
    save_all([one for one in moved if one.pk], ["entitlement"])
    hold = [copy for copy in standing.to_come if copy.pk in taken and copy.state == Copy.OWED]
    release = [copy for copy in standing.to_come if copy.pk in was - taken and copy.state == Copy.HELD]
    disputed = disputed_terms({copy.term_id for copy in release})
    if in_doubt([standing.subscription.pk]):
        release = []
    release = [copy for copy in release if copy.term_id not in disputed]
    move_copies(release, "release", on=on, actor=actor, at=at, reason=reason)
    move_copies(hold, "hold", on=on, actor=actor, at=at, reason=reason)


def _carry_out(standing: Standing, foreseen: Foreseen, verb: str, *, actor: Actor, at: datetime, reason: str) -> None:
    """Plan R anew, and write the act down."""
    subscription = standing.subscription
    replan([subscription.pk], on=paris_day(at), at=at, actor=actor)
    record_act(
        verb,
        subject=f"subscription:{subscription.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"issues": [issue.number for issue in foreseen.issues], "last": foreseen.last_number},
    )


def _tell(kind: str, matter: str, subscription: Subscription, facts: dict[str, Any], *, at: datetime) -> None:
    """To whoever holds the copies, else to who pays; the first who has an e-mail address, else on paper. No one who was
    erased."""
    people: list[Any] = [
        one for one in (subscription.holder, subscription.payer) if one is not None and one.erased_on is None
    ]
    person = next((one for one in people if one.email), people[0] if people else None)
    tell_reader(
        person, kind, f"{kind}:{subscription.pk}:{matter}", {"subscription_id": subscription.pk, **facts}, at=at
    )
