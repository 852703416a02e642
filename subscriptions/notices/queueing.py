"""How a letter is asked for: a row, in the transaction of the fact that it tells; and whether it goes by e-mail or on paper.

The channel is decided here and nowhere else, in the statement that writes the row. By e-mail to whoever has an address that
works. Else on paper, if it is a legal or service letter that makes sense there; a courtesy letter is not sent at all. A code
to sign in is tried at a dead address too: whoever asks for it may have mended the mailbox. What can go neither way fails in
sight: a letter by e-mail without an address when it is delivered, a letter on paper without one here, on support's desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from subscriptions.models import Notice
from subscriptions.notices.letters import LETTERS
from subscriptions.paper.addressing import say_unaddressed


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


# The reasons are those of a letter that is no longer sent, in the words of `delivering`.
INSERT = """
INSERT INTO subscriptions_notice
    (kind, matter, rank, channel, customer_id, to_email, to_name, language, facts, due_at, created_at,
     state, state_since, attempts, failure)
SELECT kind, matter, rank, CASE WHEN may_be_posted AND NOT mail.works THEN 'paper' ELSE 'email' END,
       customer_id, to_email, to_name, 'fr', facts, due_at, created_at,
       CASE WHEN rank = 'courtesy' AND NOT mail.wanted THEN 'withdrawn' ELSE 'queued' END, created_at, 0,
       CASE WHEN rank <> 'courtesy' OR mail.wanted THEN ''
            WHEN NOT mail.works THEN 'no e-mail address that works'
            ELSE 'the reader has called our letters spam' END
FROM jsonb_to_recordset(%s::jsonb) AS draft(
    kind text, matter text, rank text, may_be_posted boolean, customer_id bigint, to_email text, to_name text,
    facts jsonb, due_at timestamptz, created_at timestamptz)
CROSS JOIN LATERAL (
    SELECT to_email <> '' AND NOT COALESCE(bool_or(lost.kind = 'dead'), false) AS works,
           to_email <> '' AND count(lost.kind) = 0 AS wanted
    FROM subscriptions_lostmailbox lost WHERE lost.email = lower(to_email) AND lost.ended_at IS NULL) AS mail
ON CONFLICT (matter) DO NOTHING
RETURNING id, channel
"""


def queue(drafts: Sequence[NoticeDraft]) -> int:
    """Queue letters in one statement, inside the caller's transaction; returns how many are new.

    A matter already told, or twice in `drafts`, is left as it is. What goes on paper and has no postal address is put on
    support's desk: two statements more. Raises ValueError for an unknown kind or a missing fact: a mistake of ours, caught
    before anything is written.
    """
    if not drafts:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [_dumps([_row(draft) for draft in drafts])])
        new = cursor.fetchall()
    on_paper = [key for key, channel in new if channel == Notice.Channel.PAPER]
    if on_paper:
        say_unaddressed(on_paper, at=max(draft.created_at for draft in drafts))
    return len(new)


def once_more(first: Notice, *, to_email: str, at: datetime) -> Notice:
    """The same letter as a row of its own, queued now; inside the caller's transaction. Its matter ends in `#2`, `#3`…"""
    base = first.matter.split("#")[0]
    matter = f"{base}#{Notice.objects.filter(matter__startswith=f'{base}#').count() + 2}"
    draft = NoticeDraft(
        kind=first.kind,
        matter=matter,
        customer_id=first.customer_id,
        to_email=to_email,
        to_name=first.to_name,
        facts=first.facts,
        due_at=at,
        created_at=at,
    )
    queue([draft])
    return Notice.objects.get(matter=matter)


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
        "may_be_posted": letter.may_be_posted,
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
