"""Which past issues somebody wants: a selection is in the address of the page (`?n24=2&n22=1`), and nowhere else.

So it needs neither a session nor a cookie, can be sent to somebody, and goes back with the browser's own button.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from subscriptions.models import Order, SoldIssue
from subscriptions.singles.quoting import MOST_COPIES

_FIELD = re.compile(r"n([1-9][0-9]{0,5})")
#: Issues in one order.
MOST_ISSUES = 40


def read_choice(asked: QueryDict) -> dict[int, int]:
    """Copies by number of the issue, none where nothing, or nothing that makes sense, is asked for; of too many, the most."""
    found: dict[int, int] = {}
    for name in list(asked)[:200]:
        field, typed = _FIELD.fullmatch(name), asked.get(name, "").strip()
        if field and typed.isascii() and typed.isdecimal() and len(typed) < 5 and int(typed):
            found[int(field[1])] = min(int(typed), MOST_COPIES)
    return dict(sorted(found.items())[:MOST_ISSUES])


def written_choice(chosen: Mapping[int, int]) -> str:
    """The selection as it stands in an address: `n22=1&n24=2`."""
    return urlencode({f"n{number}": copies for number, copies in sorted(chosen.items())})


def choice_of(order: Order) -> dict[int, int]:
    """What an order asked for."""
    rows = SoldIssue.objects.filter(order=order, replaces=None)
    return dict(rows.values_list("issue__number", "copies"))


def list_url(chosen: Mapping[int, int]) -> str:
    """The list of past issues with this selection in it."""
    return f"{reverse('past_issues')}?{written_choice(chosen)}" if chosen else reverse("past_issues")


def order_url(chosen: Mapping[int, int]) -> str:
    """The order page of this selection."""
    return f"{reverse('order_singles')}?{written_choice(chosen)}"
