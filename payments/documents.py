"""Bodies under their hash: put in once, read back verified (design, rule 9)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count

from payments.models import Document


class BodyChanged(RuntimeError):
    """The bytes under a hash are not the bytes that were put there: somebody went round every guard."""


def keep(body: bytes, *, media_type: str, keep_until: date, at: datetime) -> Document:
    """Store `body` and return its row; the same bytes again, even at once from two places, are the same row.

    `keep_until`: the day before which the purge may not empty it. It is fixed by whoever stores the bytes first: a
    document that must live longer says so in its own bytes (a letter carries its date, an invoice its number), so that
    two retentions never meet under one hash. Joins the caller's transaction.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    row = Document(
        sha256=sha256, body=body, media_type=media_type, size=len(body), keep_until=keep_until, created_at=at
    )
    # A conflict waits for the other writer's commit, so the row is there in any case when this returns.
    Document.objects.bulk_create([row], ignore_conflicts=True)
    return row


def read(sha256: str) -> bytes | None:
    """The bytes under `sha256`; None if it was purged, or never was. Raises BodyChanged if they no longer match."""
    document = Document.objects.filter(sha256=sha256).first()
    return verified(document) if document is not None else None


def verified(document: Document) -> bytes | None:
    """The bytes of a row already read; None if they were purged. Raises BodyChanged as `read` does."""
    if document.body is None:
        return None
    found = bytes(document.body)
    if hashlib.sha256(found).hexdigest() != document.sha256:
        raise BodyChanged(f"document {document.sha256} no longer matches its hash")
    return found


def purge(*, on: date, limit: int) -> int:
    """Empty up to `limit` bodies whose day has come; returns how many. Their hashes stay, as tombstones (law.md 4.10).

    Safe to repeat or in two places: rows that somebody else holds are left to the next run.
    """
    with transaction.atomic():
        due = Document.objects.filter(keep_until__lte=on, purged_on=None).order_by("keep_until", "pk")
        keys = list(due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])
        return Document.objects.filter(pk__in=keys).update(body=None, purged_on=on)


def due_for_purge(*, on: date) -> Mapping[str, int]:
    """How many bodies a purge of that day would empty, by kind of document: for whoever looks before it is run."""
    due = Document.objects.filter(keep_until__lte=on, purged_on=None)
    return dict(due.order_by("media_type").values_list("media_type").annotate(count=Count("pk")))
