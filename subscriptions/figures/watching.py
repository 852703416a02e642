"""Watching: a meter that comes near its limit is on the desk of finance, once, until it is well again."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.figures.metering import meters_of
from subscriptions.figures.meters import Verdict
from subscriptions.models import Magazine

KIND = "circulation"
#: Watched by the calendar of issues, on fulfilment's desk (`issue_calendar.watching`).
ELSEWHERE = frozenset({"gap", "issues"})
#: As long as the subject of a matter may be.
LONGEST = 80


def subject_of(magazine: Magazine, matter: str) -> str:
    """Name of a meter on the desk. One that is too long ends in a short hash of the whole: two of them stay two."""
    whole = f"circulation:{magazine.pk}:{matter}"
    if len(whole) <= LONGEST:
        return whole
    end = hashlib.sha256(whole.encode()).hexdigest()[:12]
    return f"{whole[: LONGEST - len(end) - 1]}~{end}"


def watch(*, on: date, at: datetime, actor: Actor) -> str:
    """Put on the desk what is near or beyond a limit, and take off what is well again."""
    wrong: dict[str, str] = {}
    for magazine in Magazine.objects.order_by("pk"):
        wrong |= {
            subject_of(magazine, one.matter): one.sentence
            for one in meters_of(magazine, on=on)
            if one.verdict in (Verdict.NEAR, Verdict.CROSSED) and one.matter not in ELSEWHERE
        }
    with transaction.atomic():
        known = DeskItem.objects.filter(kind=KIND, closed_at=None).values_list("subject", flat=True)
        well = sorted(set(known) - wrong.keys())
        closed = take_all_off_desk(kind=KIND, subjects=well, because="the figure is well again", actor=actor, at=at)
        put_all_on_desk(DeskItem.Desk.FINANCE, kind=KIND, sentences=wrong, at=at)
    return f"{len(wrong)} meters near a limit, {closed} well again"
