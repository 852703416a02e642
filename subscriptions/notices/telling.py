"""Telling one reader one thing: a letter to their account, by e-mail or on paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from subscriptions.notices.queueing import NoticeDraft, queue


def letter_to(reader: Any, kind: str, matter: str, facts: Mapping[str, Any], *, at: datetime) -> NoticeDraft:
    """The letter, due at once. Whoever has no e-mail address is a reader all the same: `queue` knows what goes on paper."""
    return NoticeDraft(
        kind=kind,
        matter=matter,
        customer_id=reader.pk,
        to_email=reader.email or "",
        to_name=reader.full_name,
        facts=facts,
        due_at=at,
        created_at=at,
    )


def tell_reader(reader: Any, kind: str, matter: str, facts: Mapping[str, Any], *, at: datetime) -> None:
    """Queue it in the caller's transaction; nothing where nobody is known (`reader` is None)."""
    if reader is not None:
        queue([letter_to(reader, kind, matter, facts, at=at)])
