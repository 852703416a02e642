"""The stock of back issues: what came in, what was sent, what a count found; never below zero, by the database itself.

Appended under the lock of the issue, each movement with the balance after it. What is promised to claims, reserved by an
order or sold, and not sent yet, is still there, and no longer free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.models import Claim, Issue, MailingRun, Order, SoldIssue, StockMovement

Kind = StockMovement.Kind
#: Orders that may still be paid: what they have reserved is theirs.
RESERVING = (Order.State.DRAFT, Order.State.AWAITING_PAYMENT)


class NotInStock(ValidationError):
    """So many copies are not there; the message is a sentence for staff."""


def lock_issues(keys: Collection[int]) -> dict[int, Issue]:
    """Issues under their locks, in the order of their keys: before any subscription, as closing does."""
    rows = Issue.objects.select_for_update(no_key=True, of=("self",)).select_related("magazine")
    return {one.pk: one for one in rows.filter(pk__in=keys).order_by("pk")}


def lock_stock(orders: Iterable[int]) -> None:
    """Hold the issues that some locked orders bought one by one: after the orders, before any subscription, as closing does."""
    keys = set(SoldIssue.objects.filter(order__in=list(orders)).values_list("issue", flat=True))
    if keys:
        lock_issues(keys)


def balances(keys: Collection[int]) -> Mapping[int, int]:
    """What is left of each of these issues. One query."""
    last = StockMovement.objects.filter(issue__in=keys).order_by("issue", "-number").distinct("issue")
    return dict.fromkeys(keys, 0) | dict(last.values_list("issue", "left"))


def promised(keys: Collection[int]) -> Mapping[int, int]:
    """Copies of each of these issues that leave with the next resends. One query."""
    rows = Claim.objects.filter(issue__in=keys, state=Claim.State.APPROVED).order_by().values("issue")
    return dict.fromkeys(keys, 0) | dict(
        rows.annotate(copies=Sum("entitlement__term__quantity")).values_list("issue", "copies")
    )


def reserved(keys: Collection[int]) -> Mapping[int, int]:
    """Copies of each of these issues in orders that may still be paid. One query."""
    return _wanted(keys, Q(state=SoldIssue.State.RESERVED, order__state__in=RESERVING))


def sold(keys: Collection[int]) -> Mapping[int, int]:
    """Copies of each of these issues that are paid for one by one, and not in a file yet. One query."""
    return _wanted(keys, Q(state__in=(SoldIssue.State.OWED, SoldIssue.State.HELD)))


def _wanted(keys: Collection[int], where: Q) -> Mapping[int, int]:
    rows = SoldIssue.objects.filter(where, issue__in=keys).order_by().values("issue")
    return dict.fromkeys(keys, 0) | dict(rows.annotate(sum=Sum("copies")).values_list("issue", "sum"))


def free(keys: Collection[int]) -> Mapping[int, int]:
    """What may still be promised of each. Four queries."""
    there, gone = balances(keys), (promised(keys), reserved(keys), sold(keys))
    return {key: there[key] - sum(some[key] for some in gone) for key in keys}


def append(
    issue: Issue,
    kind: str,
    copies: int,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    run: MailingRun | None = None,
) -> StockMovement:
    """Write one movement of a locked issue: `copies` more, or less. Raises NotInStock."""
    last = StockMovement.objects.filter(issue=issue).order_by("-number").values_list("number", "left").first()
    number, left = last or (0, 0)
    if left + copies < 0:
        raise NotInStock(_("Of this issue %(left)d copies are in stock."), code="not_in_stock", params={"left": left})
    return StockMovement.objects.create(
        issue=issue, number=number + 1, kind=kind, copies=copies, left=left + copies, run=run, actor=str(actor),
        reason=reason[:200], at=at,
    )  # fmt: skip


@transaction.atomic
def enter(issue_id: int, kind: str, copies: int, *, actor: Actor, at: datetime, reason: str) -> StockMovement | None:
    """Write what came in, was spoiled, or was counted (then `copies` is what is there); None if the count was right.

    The overrun of a run comes in by this, once the mailing house has sent it. Raises NotInStock.
    """
    issue = lock_issues([issue_id])[issue_id]
    if kind == Kind.COUNTED:
        change = copies - balances([issue_id])[issue_id]
    else:
        change = copies if kind == Kind.RECEIVED else -copies
    if not change:
        return None
    made = append(issue, kind, change, actor=actor, at=at, reason=reason)
    record_act(
        "moved the stock", subject=f"issue:{issue.pk}", actor=actor, at=at, reason=reason,
        facts={"kind": kind, "copies": change, "left": made.left},
    )  # fmt: skip
    return made


def unfolded() -> list[StockMovement]:
    """Movements whose balance is not that of the one before them, and what they changed: none, or somebody went round the guards."""
    wrong: list[StockMovement] = []
    before: dict[int, int] = {}
    for one in StockMovement.objects.order_by("issue", "number").iterator(1000):
        if one.left != before.get(one.issue_id, 0) + one.copies:
            wrong.append(one)
        before[one.issue_id] = one.left
    return wrong
