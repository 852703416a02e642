"""Lists by key: no COUNT and no OFFSET, so that the last page of a million rows costs what the first one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date, parse_datetime

SIZE = 50
AFTER, BEFORE = "apres", "avant"
_SALT = "shop.backoffice.paging"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, and where its neighbours are (None where there is none)."""

    rows: list[Any]
    previous_url: str | None
    next_url: str | None


def paged(request: HttpRequest, rows: QuerySet[Any], *, by: str = "-pk", size: int = SIZE) -> Page:
    """One page of `rows`, ordered `by` one column and then by key the same way. One query of `size` + 1 rows.

    The column should lead an index, after whatever `rows` is already filtered on. A key in the address that is not ours
    shows the first page.
    """
    column, down = by.removeprefix("-"), by.startswith("-")
    place, backwards = _read(request.GET.get(AFTER)), False
    if place is None:
        place = _read(request.GET.get(BEFORE))
        backwards = place is not None
    falling = down != backwards
    if place is not None:
        rows = rows.filter(_beyond(column, place, falling=falling))
    sign = "-" if falling else ""
    order = [f"{sign}{column}"] if column == "pk" else [f"{sign}{column}", f"{sign}pk"]
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous = more if backwards else place is not None
    has_next = True if backwards else more
    return Page(
        found,
        _url(request, BEFORE, found[0], column) if found and has_previous else None,
        _url(request, AFTER, found[-1], column) if found and has_next else None,
    )


def _beyond(column: str, place: tuple[Any, int], *, falling: bool) -> Q:
    value, key = place
    side = "lt" if falling else "gt"
    if column == "pk":
        return Q(**{f"pk__{side}": key})
    # The first condition alone bounds the index; the second settles rows of the same value.
    return Q(**{f"{column}__{side}e": value}) & (Q(**{f"{column}__{side}": value}) | Q(**{f"pk__{side}": key}))


def _url(request: HttpRequest, name: str, row: Any, column: str) -> str:
    value = row.pk if column == "pk" else getattr(row, column)
    kept = request.GET.copy()
    for other in (AFTER, BEFORE):
        kept.pop(other, None)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    kept[name] = signing.Signer(salt=_SALT).sign_object([text, row.pk])
    return f"?{kept.urlencode()}"


def _read(text: str | None) -> tuple[Any, int] | None:
    if not text:
        return None
    try:
        value, key = signing.Signer(salt=_SALT).unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return parse_datetime(value) or parse_date(value) or value, int(key)
