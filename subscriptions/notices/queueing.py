"""How a letter is asked for: a row, in the transaction of the fact that it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from subscriptions.models import Notice
from subscriptions.notices.letters import LETTERS


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """One message to one person about one matter.

    `kind`: a row of LETTERS. `matter`: what is told, unique for ever (`order_confirmation:order:12`): the same matter
    again is the same letter. `facts`: ids and figures, JSON; the letter is written from them when it leaves. Nothing is
    sent before `due_at`.
    """

    kind: str
    matter: str
    customer_id: int | None
    to_email: str
    to_name: str
    facts: Mapping[str, Any]
    due_at: datetime
    created_at: datetime


INSERT = """
INSERT INTO subscriptions_notice
    (kind, matter, rank, customer_id, to_email, to_name, language, facts, due_at, created_at,
     state, state_since, attempts, failure)
SELECT kind, matter, rank, customer_id, to_email, to_name, 'fr', facts, due_at, created_at,
       'queued', created_at, 0, ''
FROM jsonb_to_recordset(%s::jsonb) AS draft(
    kind text, matter text, rank text, customer_id bigint, to_email text, to_name text, facts jsonb,
    due_at timestamptz, created_at timestamptz)
ON CONFLICT (matter) DO NOTHING
"""


def queue(drafts: Sequence[NoticeDraft]) -> int:
    """Queue letters in one statement, inside the caller's transaction; returns how many are new.

    A matter already told, or twice in `drafts`, is left as it is. Raises ValueError for an unknown kind or a missing
    fact: a mistake of ours, caught before anything is written.
    """
    if not drafts:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [_dumps([_row(draft) for draft in drafts])])
        return int(cursor.rowcount)


def _row(draft: NoticeDraft) -> dict[str, Any]:
    letter = LETTERS.get(draft.kind)
    if letter is None:
        raise ValueError(f"there is no letter of kind {draft.kind}")
    missing = letter.facts - draft.facts.keys()
    if missing:
        raise ValueError(f"a letter of kind {draft.kind} is written from {', '.join(sorted(missing))}")
    return {
        "kind": draft.kind,
        "matter": draft.matter,
        "rank": letter.rank.value,
        "customer_id": draft.customer_id,
        "to_email": draft.to_email,
        "to_name": one_line(draft.to_name),
        "facts": dict(draft.facts),
        # Written out here: the encoder would cut the microseconds.
        "due_at": draft.due_at.isoformat(),
        "created_at": draft.created_at.isoformat(),
    }


def one_line(text: str) -> str:
    """A name fit for a header: on one line, without control characters, and no longer than its column."""
    limit = Notice._meta.get_field("to_name").max_length
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:limit]


def _dumps(value: Any) -> str:
    return DjangoJSONEncoder(ensure_ascii=False).encode(value)
