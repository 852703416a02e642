"""The past issues that can be bought one by one: all of them, and one. What is in stock is asked at every look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.singles.choosing import read_choice
from shop.storefront.kept import KEEPER
from shop.storefront.showing import cover_facts, drawn, in_short
from subscriptions.calendar import RULES, DeliveryZone
from subscriptions.models import Issue
from subscriptions.offers.catalogue import Shelf
from subscriptions.singles.quoting import MOST_COPIES, past_issues, to_be_had


@never_cache
@require_safe
def past(request: HttpRequest) -> HttpResponse:
    """Every past issue, with how many of each are wished for: one form, which leads to the order."""
    return shelf_page(request, read_choice(request.GET))


def shelf_page(
    request: HttpRequest, chosen: Mapping[int, int], *, notices: Sequence[str] = (), status: int = 200
) -> HttpResponse:
    """The list with a selection in it; `notices`: why it could not be ordered as it is."""
    shelf = _shelf()
    left = to_be_had(shelf)
    said = {
        "here": "singles",
        "price": _price(shelf),
        "zones": _dearer(shelf),
        "posted_within": RULES.single_posted_within_days,
        "issues": [_on_shelf(issue, left[issue.number], chosen.get(issue.number, 0)) for issue in past_issues(shelf)],
        "notices": notices,
        "action": reverse("order_singles"),
    }
    return render(request, "singles/list.html", said, status=status)


@never_cache
@require_safe
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One past issue: its cover, what is in it, what it costs, whether it is there."""
    shelf = _shelf()
    found = shelf.issue(number)
    if found is None or found.state != Issue.State.POSTED:
        raise Http404
    chosen = read_choice(request.GET).get(number, 1)
    said = {
        "here": "singles",
        "price": _price(shelf),
        "zones": _dearer(shelf),
        "posted_within": RULES.single_posted_within_days,
        "issue": _on_shelf(found, to_be_had(shelf)[number], chosen) | {"cover": mark_safe(drawn(cover_facts(found)))},  # noqa: S308 - drawn by us
        "action": reverse("order_singles"),
        "all_url": reverse("past_issues"),
    }
    return render(request, "singles/issue.html", said)


def _shelf() -> Shelf:
    """The shelf of today. Raises Http404 where past issues are not sold."""
    shelf = KEEPER.shelf()
    if shelf.single is None or _price(shelf) is None:
        raise Http404
    return shelf


def _price(shelf: Shelf) -> Any:
    """A copy in France, postage included (Decimal, in euros); None where it has no price."""
    found = shelf.price(shelf.single, DeliveryZone.FR) if shelf.single is not None else None
    return found.amount.amount if found is not None else None


def _dearer(shelf: Shelf) -> list[dict[str, Any]]:
    """The other zones by name, each with its price where that is another one."""
    if shelf.single is None:
        return []
    here = _price(shelf)
    return [
        {"name": str(DeliveryZone(zone).label), "price": price.amount.amount}
        for zone, price in shelf.zone_prices(shelf.single)
        if price.amount.amount != here
    ]


def _on_shelf(issue: Issue, left: int, wished: int) -> dict[str, Any]:
    most = min(left, MOST_COPIES)
    return in_short(issue) | {
        "name": f"n{issue.number}",
        "left": left,
        "choices": [(copies, copies == min(wished, most)) for copies in range(most + 1)],
        "stock_words": _("in stock") if left else _("sold out"),
        "url": reverse("past_issue", args=[issue.number]),
    }
