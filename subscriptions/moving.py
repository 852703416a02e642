"""The one place where a subscription and a copy change state (design, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from payments.actors import Actor
from payments.saving import insert_all, save_all
from subscriptions.models import Entitlement, EntitlementMovement, Issue, MailingRun, Subscription, SubscriptionEvent

State = Subscription.State
Copy = Entitlement.State
Kind = EntitlementMovement.Kind

#: Copies that are still to come: in a file or not, held or not.
COMING = frozenset({Copy.OWED, Copy.ASSIGNED, Copy.HELD})
#: Copies that will never come.
GONE = frozenset({Copy.VOID, Copy.CREDITED})

TRANSITIONS: dict[str, frozenset[str]] = {
    State.PENDING: frozenset({State.ACTIVE, State.ENDED}),
    State.ACTIVE: frozenset({State.GRACE, State.LAPSED, State.ENDED}),
    State.GRACE: frozenset({State.ACTIVE, State.LAPSED, State.ENDED}),
    State.LAPSED: frozenset({State.ACTIVE, State.ENDED}),
    State.ENDED: frozenset(),
}

#: What each movement of a copy may start from, and where it leads.
MOVEMENTS: dict[str, tuple[frozenset[str], str]] = {
    Kind.ASSIGN: (frozenset({Copy.OWED}), Copy.ASSIGNED),
    Kind.SERVE: (frozenset({Copy.ASSIGNED}), Copy.SERVED),
    Kind.RESEND: (frozenset({Copy.SERVED}), Copy.SERVED),
    Kind.HOLD: (frozenset({Copy.OWED}), Copy.HELD),
    Kind.RELEASE: (frozenset({Copy.HELD}), Copy.OWED),
    Kind.CREDIT: (frozenset({Copy.OWED, Copy.HELD}), Copy.CREDITED),
    Kind.VOID: (frozenset({Copy.OWED, Copy.HELD}), Copy.VOID),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the row stands."""


def move(
    subscriptions: Sequence[Subscription], target: str, *, actor: Actor, at: datetime, reason: str = ""
) -> list[Subscription]:
    """Move locked subscriptions; those for which the table has no such step stay. Two queries whatever the number."""
    moved = [one for one in subscriptions if target in TRANSITIONS[one.state]]
    insert_all(
        [
            SubscriptionEvent(
                subscription=one, from_state=one.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
            )
            for one in moved
        ]
    )
    for one in moved:
        one.state, one.state_since = target, at
    save_all(moved, ["state", "state_since"])
    return moved


def move_copies(
    copies: Sequence[Entitlement], kind: str, *, on: date, actor: Actor, at: datetime, reason: str = ""
) -> None:
    """Move locked entitlements by one kind of movement, and write the movements. Two queries.

    Raises NoSuchStep before anything is written if one of them cannot take it.
    """
    allowed, target = MOVEMENTS[kind]
    stuck = [copy.pk for copy in copies if copy.state not in allowed]
    if stuck:
        raise NoSuchStep(f"{kind} is impossible for entitlements {stuck}")
    insert_all(
        [
            EntitlementMovement(
                entitlement=copy, kind=kind, issue_id=copy.issue_id, actor=str(actor), reason=reason[:200], on=on, at=at
            )
            for copy in copies
        ]
    )
    for copy in copies:
        copy.state = target
    save_all(copies, ["state"])


#: All copies of a run at once: what is moved and what is written are one statement, for a hundred thousand as for one.
MOVE_RUN = """
WITH moved AS (
    UPDATE subscriptions_entitlement copy SET state = %(target)s
    FROM subscriptions_dispatch line
    WHERE line.run_id = %(run)s AND line.entitlement_id = copy.id AND copy.state = ANY (%(allowed)s)
    RETURNING copy.id, copy.issue_id
)
INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, "on", at)
SELECT id, %(kind)s, issue_id, %(actor)s, %(reason)s, %(on)s, %(at)s FROM moved
"""


def move_copies_of_run(run: MailingRun, kind: str, *, on: date, actor: Actor, at: datetime, reason: str = "") -> int:
    """Move the copies of a locked run that can take this movement; returns how many. One statement (see MOVE_RUN).

    The caller holds their subscriptions, or knows that nothing else moves copies that are in a file.
    """
    allowed, target = MOVEMENTS[kind]
    facts: dict[str, Any] = {
        "run": run.pk, "kind": kind, "target": target, "allowed": sorted(allowed),
        "actor": str(actor), "reason": reason[:200], "on": on, "at": at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(MOVE_RUN, facts)
        return int(cursor.rowcount)


def give_other_issues(
    copies: Mapping[Entitlement, Issue | None], *, on: date, actor: Actor, at: datetime, reason: str = ""
) -> None:
    """Let locked copies that are still to come do so with another issue (None: not planned yet), by movements EXTEND.

    Their state and their value stay. Raises NoSuchStep before anything is written if one is in a file, sent or gone.
    Three queries: the issues are exchanged among the copies, so all are let go before any is taken.
    """
    stuck = [copy.pk for copy in copies if copy.state not in (Copy.OWED, Copy.HELD)]
    if stuck:
        raise NoSuchStep(f"{Kind.EXTEND} is impossible for entitlements {stuck}")
    if not copies:
        return
    EntitlementMovement.objects.bulk_create(
        [
            EntitlementMovement(
                entitlement=copy, kind=Kind.EXTEND, issue=issue, actor=str(actor), reason=reason[:200], on=on, at=at
            )
            for copy, issue in copies.items()
        ]
    )
    Entitlement.objects.filter(pk__in=[copy.pk for copy in copies]).update(issue=None)
    for copy, issue in copies.items():
        copy.issue = issue
    save_all(list(copies), ["issue"])
