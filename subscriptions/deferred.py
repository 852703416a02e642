"""What readers have paid and are still to get: the value of the copies not served yet, which is what 4871 holds (law.md 6.3).

One answer for the nightly audit, the checklist of a month and the desk of finance. Each copy keeps the value that it was
granted at, without VAT; free and replaced ones are worth nothing, so that the sum is the debt to readers to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from payments.audit import balance_of
from payments.models import AccountMap
from subscriptions.models import Entitlement, ImportFile, Issue, SoldIssue
from subscriptions.models.gifts import CARRIED

ZERO = Decimal("0.00")
Copy, Sold = Entitlement.State, SoldIssue.State


def unserved() -> QuerySet[Entitlement]:
    """Copies of terms that were paid or invoiced, and have not left. What an import brings is booked at its end."""
    return Entitlement.objects.filter(
        Q(term__order__isnull=False)
        | Q(term__payment__isnull=False)
        | Q(term__source=CARRIED)
        | Q(term__taken_over__file__state=ImportFile.State.LET_IN),
        state__in=(Copy.OWED, Copy.ASSIGNED, Copy.HELD),
    )


def unsent() -> QuerySet[SoldIssue]:
    """Past issues that were sold one by one, and have not left."""
    return SoldIssue.objects.filter(state__in=(Sold.OWED, Sold.ASSIGNED, Sold.HELD))


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still to be served of one issue; `issue`: None for those that are not planned yet."""

    issue: Issue | None
    copies: int
    value: Decimal


def owed_by_issue() -> Sequence[Owed]:
    """What is still to be served, issue by issue in their order, subscriptions and past issues together. Three queries."""
    copies: dict[int | None, int] = {}
    value: dict[int | None, Decimal] = {}
    for rows, many in ((unserved(), Count("pk")), (unsent(), Sum("copies"))):
        for key, count, sum_ in rows.order_by().values_list("issue").annotate(n=many, s=Sum("value_ht")):
            copies[key] = copies.get(key, 0) + count
            value[key] = value.get(key, ZERO) + sum_
    issues = Issue.objects.in_bulk([key for key in copies if key is not None])
    keys = sorted(copies, key=lambda key: (key is None, issues[key].number if key is not None else 0))
    return [Owed(issues[key] if key is not None else None, copies[key], value[key]) for key in keys]


def booked() -> Decimal:
    """What the books hold of it: 4871, as a debt above zero. A query, and one for each account."""
    accounts = AccountMap.objects.filter(key="DEFERRED").values_list("account", flat=True).distinct()
    return -sum((balance_of(account) for account in accounts), ZERO)


def differs() -> tuple[Decimal, Decimal] | None:
    """What 4871 holds and what the copies owed are worth, where that is not the same. Four queries."""
    owed = sum((rows.aggregate(sum=Sum("value_ht"))["sum"] or ZERO for rows in (unserved(), unsent())), ZERO)
    held = booked()
    return (held, owed) if held != owed else None
