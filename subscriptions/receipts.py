"""What happened to each copy, and where it stands: its movements folded into the dated steps that a reader is told.

One function for the account and the desks; the sentences are written by those who ask (`shop.account.receipts`). What
only puts a copy in its place, as the grant, is left out: nothing happened yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from subscriptions import disputing
from subscriptions.calendar import IssueDates
from subscriptions.models import Entitlement, EntitlementMovement, PauseEvent
from subscriptions.offers.catalogue import dates_of
from subscriptions.offline import bouncing
from subscriptions.stopping.reading import stopped_and_waiting

Copy = Entitlement.State
Kind = EntitlementMovement.Kind


class Step(StrEnum):
    """What may happen to a copy."""

    IN_FILE = "in_file"
    POSTED = "posted"
    CLAIMED = "claimed"
    SENT_AGAIN = "sent_again"
    PUT_OFF = "put_off"
    DISPUTED = "disputed"
    UNPAID = "unpaid"
    NO_ADDRESS = "no_address"
    HELD = "held"
    RELEASED = "released"
    OTHER_ISSUE = "other_issue"
    CREDITED = "credited"
    VOID = "void"


class Stands(StrEnum):
    """Where a copy may stand."""

    OWED = "owed"
    UNPLANNED = "unplanned"
    LATE = "late"
    IN_FILE = "in_file"
    POSTED = "posted"
    CLAIMED = "claimed"
    SENT_AGAIN = "sent_again"
    PUT_OFF = "put_off"
    DISPUTED = "disputed"
    UNPAID = "unpaid"
    NO_ADDRESS = "no_address"
    STOPPED = "stopped"
    HELD = "held"
    CREDITED = "credited"
    VOID = "void"


#: What a movement is told as, where its kind alone says it.
TOLD: Mapping[str, Step] = {
    Kind.ASSIGN: Step.IN_FILE,
    Kind.SERVE: Step.POSTED,
    Kind.RESEND: Step.SENT_AGAIN,
    Kind.RELEASE: Step.RELEASED,
    Kind.CREDIT: Step.CREDITED,
    Kind.VOID: Step.VOID,
}
#: Why a copy is held, by the reason of its movement; whoever holds for another reason adds a line here.
HELD_BECAUSE: Mapping[str, Step] = {
    disputing.HELD: Step.DISPUTED,
    bouncing.UNPAID: Step.UNPAID,
    "the address is doubtful": Step.NO_ADDRESS,
}
HOLDS: Mapping[Step, Stands] = {
    Step.DISPUTED: Stands.DISPUTED,
    Step.UNPAID: Stands.UNPAID,
    Step.NO_ADDRESS: Stands.NO_ADDRESS,
    Step.HELD: Stands.HELD,
}
#: Where a copy that was sent stands after the last of these.
AFTER: Mapping[Step, Stands] = {Step.CLAIMED: Stands.CLAIMED, Step.SENT_AGAIN: Stands.SENT_AGAIN}
PLAIN: Mapping[str, Stands] = {
    Copy.ASSIGNED: Stands.IN_FILE,
    Copy.CREDITED: Stands.CREDITED,
    Copy.VOID: Stands.VOID,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One step. `number`: the issue that the copy comes with from then on, of PUT_OFF and OTHER_ISSUE; None: not planned."""

    step: Step
    on: date
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """One copy: `term` and `rank` name it within its subscription."""

    term: int
    rank: int
    issue: IssueDates | None
    steps: tuple[Happened, ...]
    stands: Stands


def receipts_of(
    subscriptions: Collection[int], *, claims: Mapping[int, Sequence[date]] | None = None
) -> Mapping[int, Mapping[tuple[int, int], Receipt]]:
    """The receipts of many subscriptions, by subscription, then by term and rank. Three queries, whatever their number.

    `claims`: the days on which readers said that a copy had not come, by copy.
    """
    moves: dict[int, list[EntitlementMovement]] = defaultdict(list)
    rows = EntitlementMovement.objects.filter(entitlement__term__subscription__in=subscriptions)
    for row in rows.select_related("entitlement__term", "entitlement__issue", "issue").order_by("pk"):
        moves[row.entitlement_id].append(row)
    pauses: dict[int, set[datetime]] = defaultdict(set)
    steps = PauseEvent.objects.filter(pause__term__subscription__in=subscriptions)
    for subscription, at in steps.values_list("pause__term__subscription", "at"):
        pauses[subscription].add(at)
    stopped = stopped_and_waiting(subscriptions)
    found: dict[int, dict[tuple[int, int], Receipt]] = {key: {} for key in subscriptions}
    for key, theirs in moves.items():
        copy = theirs[0].entitlement
        subscription = copy.term.subscription_id
        found[subscription][copy.term.number, copy.rank] = receipt_of(
            copy,
            theirs,
            pauses=pauses[subscription],
            claimed=(claims or {}).get(key, ()),
            stopped=subscription in stopped,
        )
    return found


def receipt_of(
    copy: Entitlement,
    moves: Sequence[EntitlementMovement],
    *,
    pauses: Collection[datetime] = (),
    claimed: Sequence[date] = (),
    stopped: bool = False,
) -> Receipt:
    """Fold the movements of one copy, oldest first, and the days on which it was claimed.

    `pauses`: the instants at which a pause of its subscription began or ended: what was done in that very act was done by it.
    `stopped`: its contract was ended, and its money is to follow.
    """
    told = [one for move in moves if (one := _told(move, pauses)) is not None]
    steps = sorted([*told, *(Happened(Step.CLAIMED, day) for day in claimed)], key=lambda one: one.on)
    issue = dates_of(copy.issue) if copy.issue else None
    if copy.state == Copy.HELD:
        stands = Stands.STOPPED if stopped else _held(moves, pauses)
    else:
        stands = _stands(copy.state, issue, steps)
    return Receipt(copy.term.number, copy.rank, issue, tuple(steps), stands)


def _told(move: EntitlementMovement, pauses: Collection[datetime]) -> Happened | None:
    """What a movement is told as; a pause gives a copy its other issue, and holds and releases it without another word."""
    by_pause = move.at in pauses
    if move.kind == Kind.EXTEND:
        step = Step.PUT_OFF if by_pause else Step.OTHER_ISSUE
        return Happened(step, move.on, move.issue.number if move.issue else None)
    if move.kind == Kind.GRANT or (by_pause and move.kind in (Kind.HOLD, Kind.RELEASE)):
        return None
    step = HELD_BECAUSE.get(move.reason, Step.HELD) if move.kind == Kind.HOLD else TOLD[move.kind]
    return Happened(step, move.on)


def _held(moves: Sequence[EntitlementMovement], pauses: Collection[datetime]) -> Stands:
    """Why it is held: what its last hold says."""
    last = next((move for move in reversed(moves) if move.kind == Kind.HOLD), None)
    if last is None:
        return Stands.HELD
    return Stands.PUT_OFF if last.at in pauses else HOLDS[HELD_BECAUSE.get(last.reason, Step.HELD)]


def _stands(state: str, issue: IssueDates | None, steps: Sequence[Happened]) -> Stands:
    if state == Copy.OWED:
        if issue is None:
            return Stands.UNPLANNED
        return Stands.LATE if issue.posted_on is not None else Stands.OWED
    if state == Copy.SERVED:
        last = next((one.step for one in reversed(steps) if one.step in AFTER), None)
        return AFTER[last] if last is not None else Stands.POSTED
    return PLAIN[state]
