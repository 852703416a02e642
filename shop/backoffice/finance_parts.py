"""What the pages of the desk of finance are made of: parts with a sentence, a plot and the table behind it; on paper too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shop.backoffice.doors import page
from shop.backoffice.tables import ActLink, Cell, Table
from shop.templatetags.french import stamp

NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot and the line under it."""

    svg: SafeString
    caption: Any = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a page. `words`: what its numbers are, in sentences; `beside`: its table has room next to its plot."""

    tables: Sequence[Table]
    title: Any = ""
    words: Sequence[Any] = ()
    plot: Plot | None = None
    anchor: str = ""
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice above the page; without options it is a day."""

    name: str
    label: Any
    value: str
    options: Sequence[tuple[str, Any]] = ()


def show(
    request: HttpRequest,
    *,
    title: Any,
    parts: Sequence[Part],
    figures: Sequence[dict[str, Any]] = (),
    words: Sequence[Any] = (),
    filters: Sequence[Filter] = (),
    acts: Sequence[ActLink] = (),
    crumbs: Sequence[tuple[Any, str]] | None = None,
) -> HttpResponse:
    """A page of finance. What is printed says who printed it, and when."""
    here: Any = request.user
    said = {
        "title": title,
        "parts": parts,
        "figures": figures,
        "words": words,
        "filters": filters,
        "acts": acts,
        "crumbs": home_crumb() if crumbs is None else crumbs,
        "printed": _("Printed on %(at)s by %(who)s.")
        % {"at": stamp(timezone.now()), "who": here.full_name or here.email},
    }
    return page(request, "backoffice/finance.html", said)


def home_crumb() -> tuple[tuple[Any, str], ...]:
    """The way back to the first page of finance."""
    return ((_("Finance"), reverse("desk_finance")),)


def rate(value: Any) -> str:
    """« 62,5 % »; a dash where there is nothing to divide by."""
    return "—" if value is None else f"{value:.1f}".replace(".", ",") + f"{NBSP}%"


def number(value: int, url: str = "") -> Cell:
    """A count that opens its rows; nothing to open where there is none."""
    return Cell(f"{value:,}".replace(",", NBSP), url if value else "", num=True)
