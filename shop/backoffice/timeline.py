"""The time line of one reader: everything that happened, newest first, whatever table it lies in.

Each source hands over its newest rows before a place; the page keeps the newest of them all. A place is (instant, rank of
the source, key), because all that one transaction writes carries one instant: no row is lost or shown twice at a page's
edge. The number of queries is the number of sources, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from shop.backoffice import words

SIZE = 60
_SALT = "shop.backoffice.timeline"
Place = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True)
class Happening:
    """One line, as `parts/timeline.html` wants it; `actor` is turned into `who` at the end, all names at once."""

    at: datetime
    icon: str
    tone: str
    what: str
    actor: str
    detail: str = ""
    why: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One table's part: its rows for this reader, the column of their instant, and how one is told."""

    rows: QuerySet[Any]
    at: str
    tell: Callable[[Any], Happening]


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One page of it; `older` is the place to go on from, None at the beginning of the story."""

    events: Sequence[dict[str, Any]]
    older: str | None


def read(sources: Sequence[Source], *, before: str = "", size: int = SIZE) -> TimeLine:
    """The newest `size` happenings before a place that an earlier page gave. One query per source, and one for names."""
    place = _place(before)
    found: list[tuple[Place, Happening]] = []
    for rank, source in enumerate(sources):
        rows = source.rows.filter(_beyond(source.at, rank, place)) if place else source.rows
        newest = rows.order_by(f"-{source.at}", "-pk")[: size + 1]
        found.extend(((getattr(row, source.at), -rank, row.pk), source.tell(row)) for row in newest)
    found.sort(key=lambda item: item[0], reverse=True)
    shown = found[:size]
    names = words.names_of_staff(happening.actor for _place_, happening in shown)
    older = None
    if len(found) > size:
        at, rank, key = shown[-1][0]
        older = signing.Signer(salt=_SALT).sign_object([at.isoformat(), -rank, key])
    return TimeLine([_drawn(happening, names) for _place_, happening in shown], older)


def _drawn(one: Happening, names: dict[str, str]) -> dict[str, Any]:
    return {
        "at": one.at,
        "icon": one.icon,
        "tone": one.tone,
        "what": one.what,
        "detail": one.detail,
        "who": words.who(one.actor, names) if one.actor else "",
        "why": one.why,
        "url": one.url,
    }


def _beyond(column: str, rank: int, place: Place) -> Q:
    at, edge, key = place
    if rank < edge:
        return Q(**{f"{column}__lt": at})
    if rank > edge:
        return Q(**{f"{column}__lte": at})
    return Q(**{f"{column}__lt": at}) | Q(**{column: at, "pk__lt": key})


def _place(text: str) -> Place | None:
    if not text:
        return None
    try:
        at, rank, key = signing.Signer(salt=_SALT).unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    instant = parse_datetime(at)
    return (instant, int(rank), int(key)) if instant else None
