"""The one place where a letter changes its state: claimed, sent, put back, given up, withdrawn; on paper: printed, posted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from payments.models import Document
from subscriptions.models import Notice, NoticeProof

State = Notice.State

#: From where to where. `delivered` and `bounced` come from the provider's own news. On paper a letter is printed, and sent
#: when it is posted; posted by mistake, it is back in its batch. Which letters go by which way the database checks.
MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.PRINTING, State.SENT, State.WITHDRAWN}),
    State.SENDING: frozenset({State.SENT, State.QUEUED, State.DOUBTFUL, State.FAILED, State.WITHDRAWN}),
    State.PRINTING: frozenset({State.SENT, State.QUEUED, State.WITHDRAWN}),
    State.DOUBTFUL: frozenset({State.SENT, State.QUEUED}),
    State.SENT: frozenset({State.DELIVERED, State.BOUNCED, State.PRINTING}),
    State.DELIVERED: frozenset({State.BOUNCED}),
    State.BOUNCED: frozenset(),
    State.FAILED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


BY_MAIL = frozenset({State.SENDING, State.DOUBTFUL})
ON_PAPER = frozenset({State.PRINTING})


# What another postman has in hand is passed over.
CLAIM = """
WITH due AS (
    SELECT id FROM subscriptions_notice
    WHERE state = 'queued' AND channel = 'email' AND due_at <= %(at)s AND (%(only)s::bigint IS NULL OR id = %(only)s)
    ORDER BY due_at, id LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE subscriptions_notice AS notice
SET state = 'sending', state_since = %(at)s, attempts = attempts + 1, document_id = NULL, failure = ''
FROM due WHERE notice.id = due.id
RETURNING notice.*
"""


def claim(limit: int, *, at: datetime, notice_id: int | None = None) -> list[Notice]:
    """Take up to `limit` due letters that nobody else holds, as `sending`; a short transaction of its own."""
    with transaction.atomic(durable=True):
        rows = list(Notice.objects.raw(CLAIM, {"at": at, "limit": limit, "only": notice_id}))
    return sorted(rows, key=lambda row: (row.due_at, row.pk))


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
    if (to in BY_MAIL and on_paper(notice)) or (to in ON_PAPER and not on_paper(notice)):
        raise ValueError(f"a letter by {notice.channel} is never {to}")
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


def on_paper(notice: Notice) -> bool:
    """Whether it goes by post."""
    return notice.channel == Notice.Channel.PAPER


def printed(notice: Notice, document: Document, *, at: datetime) -> bool:
    """Put a letter into a batch, as it was set; False if it waits no more."""
    if not move(notice, State.PRINTING, at=at):
        return False
    return hold_as_sent(notice, document)


def posted(notice: Notice, *, on: datetime, actor: str, registered: str = "", at: datetime) -> NoticeProof | None:
    """Write down that a letter on paper was posted, at instant `on` of the day; None if it is not to be posted any more.

    The proof and the state that it proves belong to one transaction, the caller's. `registered`: the number of a
    registered letter.
    """
    if not move(notice, State.SENT, at=at):
        return None
    return NoticeProof.objects.create(
        notice=notice,
        kind="posted",
        provider_id=registered[:255],
        detail=f"said by {actor}",
        document=notice.document,
        at=on,
        recorded_at=at,
    )


def unposted(notice: Notice, proof: NoticeProof, *, actor: str, at: datetime) -> bool:
    """Take a posting back that was written down by mistake, by a row beside it; the letter is in its batch again."""
    if not move(notice, State.PRINTING, at=at):
        return False
    NoticeProof.objects.create(
        notice=notice, kind="unposted", undoes=proof, detail=f"said by {actor}", document=notice.document, at=at
    )
    return True


def hold_as_sent(notice: Notice, document: Document) -> bool:
    """Note the bytes that are about to leave; False if the letter was taken out of the caller's hands meanwhile."""
    held = Notice.objects.filter(_seen(notice)).update(document=document)
    notice.document = document
    return bool(held)


# A recovery that came too early may have put the letter back or aside: it did leave.
ACCEPTED = """
WITH sent AS (
    UPDATE subscriptions_notice
    SET state = 'sent', state_since = %(at)s, document_id = %(document)s, failure = ''
    WHERE id = %(notice)s AND attempts = %(attempts)s AND state IN ('sending', 'queued', 'doubtful')
)
INSERT INTO subscriptions_noticeproof (notice_id, kind, provider_id, detail, document_id, at)
VALUES (%(notice)s, 'accepted', %(provider_id)s, '', %(document)s, %(at)s)
"""


def accepted(notice: Notice, *, provider_id: str, at: datetime) -> None:
    """Write down that the other end took the letter, whatever happened to the row meanwhile: it is a fact.

    The proof and the state that it proves are one statement.
    """
    facts = {
        "notice": notice.pk,
        "attempts": notice.attempts,
        "document": notice.document_id,
        "provider_id": provider_id[:255],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(ACCEPTED, facts)
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
    rows = in_hand(since=since, at=at).select_for_update(skip_locked=True, no_key=True)
    return list(rows.order_by("id"))


def in_hand(*, since: timedelta, at: datetime) -> QuerySet[Notice]:
    """Letters in hand for longer than `since`."""
    return Notice.objects.filter(state=State.SENDING, state_since__lte=at - since)


def _seen(notice: Notice) -> Q:
    return Q(pk=notice.pk, state=notice.state, attempts=notice.attempts)
