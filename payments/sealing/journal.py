"""The technical journal: what happened to the software that books money (law.md 2.4, 5 and 6).

Looked at whenever seals are made, so each minute: a version that was not the last one known, a setting that touches money and
has another value, a clock that stands before what is sealed already. A restore is written down by whoever restores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from payments.actors import Actor
from payments.models import SealedRow, TechnicalEvent

Kind = TechnicalEvent.Kind
#: A clock is set right by seconds every day; more than that is written down.
JUMP = timedelta(minutes=2)
#: The settings that touch money, by name. Those with an account or a secret in them are compared by their hash.
WATCHED = ("TRANSFERS_APPROVED_ALONE", "CLOSING_REOPENED_ALONE_AFTER", "LEGAL_RATE", "STRIPE_API_BASE")
BY_HASH = ("BANK_IBAN", "BANK_BIC", "STRIPE_SECRET_KEY", "PUBLISHER")


def values() -> Mapping[str, str]:
    """What is watched, as it is now: values, or the beginning of their hash."""
    plain = {name: str(getattr(settings, name, "")) for name in WATCHED}
    hashed = {name: _short(repr(getattr(settings, name, ""))) for name in BY_HASH}
    return plain | hashed


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@transaction.atomic
def watch(version: str, *, actor: Actor, at: datetime) -> int:
    """Write down what is not as it was when it was last looked at; returns how many events. Two queries when nothing changed."""
    now = {(Kind.VERSION, "boutique"): version} | {(Kind.SETTING, name): value for name, value in values().items()}
    known = {
        (row["kind"], row["name"]): row["after"]
        for row in TechnicalEvent.objects.filter(kind__in=(Kind.VERSION, Kind.SETTING))
        .order_by("kind", "name", "-pk")
        .distinct("kind", "name")
        .values("kind", "name", "after")
    }
    events = [
        TechnicalEvent(
            kind=kind, name=name, before=known.get((kind, name), ""), after=value[:200], actor=str(actor), at=at
        )
        for (kind, name), value in now.items()
        if known.get((kind, name)) != value[:200]
    ]
    last = SealedRow.objects.order_by("-pk").values_list("at", flat=True).first()
    if last is not None and at < last - JUMP and not _known(last):
        events.append(
            TechnicalEvent(
                kind=Kind.CLOCK, name="clock", before=last.isoformat(), after=at.isoformat(), actor=str(actor), at=at
            )
        )
    TechnicalEvent.objects.bulk_create(events)
    return len(events)


def _known(last: datetime) -> bool:
    return TechnicalEvent.objects.filter(kind=Kind.CLOCK, before=last.isoformat()).exists()


def note_restore(*, name: str, reason: str, actor: Actor, at: datetime) -> TechnicalEvent:
    """Write down that the database was restored: from which copy, and why."""
    return TechnicalEvent.objects.create(
        kind=Kind.RESTORE, name="database", after=name[:200], reason=reason[:300], actor=str(actor), at=at
    )
