"""The one place where a letter changes its state: claimed, sent, put back, given up, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from payments.models import Document
from subscriptions.models import Notice, NoticeProof

State = Notice.State

#: From where to where. `delivered` and `bounced` come from the provider's own news.
MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.WITHDRAWN}),
    State.SENDING: frozenset({State.SENT, State.QUEUED, State.DOUBTFUL, State.FAILED, State.WITHDRAWN}),
    State.DOUBTFUL: frozenset({State.SENT, State.QUEUED}),
    State.SENT: frozenset({State.DELIVERED, State.BOUNCED}),
    State.DELIVERED: frozenset({State.BOUNCED}),
    State.BOUNCED: frozenset(),
    State.FAILED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


def claim(limit: int, *, at: datetime, notice_id: int | None = None) -> list[Notice]:
    """Take up to `limit` due letters that nobody else holds, as `sending`; a short transaction of its own."""
    due = Notice.objects.filter(state=State.QUEUED, due_at__lte=at)
    if notice_id is not None:
        due = due.filter(pk=notice_id)
    with transaction.atomic(durable=True):
        rows = list(due.select_for_update(skip_locked=True, no_key=True).order_by("due_at", "id")[:limit])
        Notice.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=State.SENDING, state_since=at, attempts=F("attempts") + 1, document=None, failure=""
        )
    for row in rows:
        row.state, row.state_since, row.attempts = State.SENDING, at, row.attempts + 1
    return rows


def move(
    notice: Notice,
    to: State,
    *,
    at: datetime,
    failure: str = "",
    due_at: datetime | None = None,
    counted: bool = True,
) -> bool:
    """Move a letter to `to`, if it is still in the state and the attempt that the caller saw; returns whether it moved.

    `due_at`: when it may be tried again. `counted`: False gives the attempt back. Raises ValueError for a move that
    the table does not know.
    """
    if to not in MOVES[State(notice.state)]:
        raise ValueError(f"a letter does not go from {notice.state} to {to}")
    changes: dict[str, object] = {"state": to, "state_since": at, "failure": failure[:200]}
    if due_at is not None:
        changes["due_at"] = due_at
    if not counted:
        changes["attempts"] = max(notice.attempts - 1, 0)
    if to == State.QUEUED:
        changes["document_id"] = None
    moved = Notice.objects.filter(_seen(notice)).update(**changes)
    if moved:
        for name, value in changes.items():
            setattr(notice, name, value)
    return bool(moved)


def hold_as_sent(notice: Notice, document: Document) -> bool:
    """Note the bytes that are about to leave; False if the letter was taken out of the caller's hands meanwhile."""
    held = Notice.objects.filter(_seen(notice)).update(document=document)
    notice.document = document
    return bool(held)


@transaction.atomic
def accepted(notice: Notice, *, provider_id: str, at: datetime) -> None:
    """Write down that the other end took the letter, whatever happened to the row meanwhile: it is a fact."""
    prove(notice, "accepted", at=at, provider_id=provider_id)
    # A recovery that came too early may have put it back or aside: it did leave.
    ours = Q(pk=notice.pk, attempts=notice.attempts, state__in=[State.SENDING, State.QUEUED, State.DOUBTFUL])
    Notice.objects.filter(ours).update(state=State.SENT, state_since=at, document=notice.document, failure="")
    notice.state, notice.state_since = State.SENT, at


def prove(notice: Notice, kind: str, *, at: datetime, provider_id: str = "", detail: str = "") -> None:
    """Keep what the other end answered, beside the very bytes it answered to."""
    NoticeProof.objects.create(
        notice=notice,
        kind=kind,
        provider_id=provider_id[:255],
        detail=detail[:300],
        document=notice.document,
        at=at,
    )


def stalled(*, since: timedelta, at: datetime) -> list[Notice]:
    """Letters in hand for longer than `since`, locked; call it inside a transaction."""
    return list(
        Notice.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(state=State.SENDING, state_since__lte=at - since)
        .order_by("id")
    )


def _seen(notice: Notice) -> Q:
    return Q(pk=notice.pk, state=notice.state, attempts=notice.attempts)
