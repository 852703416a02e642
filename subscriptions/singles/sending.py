"""Sending what was sold singly: which lines leave with the next run out of the stock, and what follows once it is posted.

They leave with what is sent again of the issue, in one file (`subscriptions.losses.freezing`): both come out of the same
stock, and whoever wraps them goes to the post once. Their revenue is taken when they are posted, as that of every copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from payments.actors import Actor
from subscriptions.models import MailingRun, SoldIssue
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.orders.names import person_name
from subscriptions.singles.moving import Kind, move

State = SoldIssue.State


@dataclass(frozen=True, slots=True)
class Served:
    """Lines of a run that were sold singly and have left, and their value without VAT by rate in percent, in euros."""

    copies: int
    revenue: Mapping[Decimal, Decimal]


def to_send(issue_id: int) -> QuerySet[SoldIssue]:
    """What was sold of an issue and leaves with its next run out of the stock: not to an address that was forgotten."""
    return SoldIssue.objects.filter(issue=issue_id, state=State.OWED).exclude(order__delivery__block=[])


def singles_in_stock(issue_id: int, *, left: int) -> list[SoldIssue]:
    """The oldest of them, locked, as far as `left` copies go. The caller holds the issue."""
    found = []
    for one in to_send(issue_id).select_for_update(no_key=True, of=("self",)).order_by("pk"):
        if one.copies <= left:
            left -= one.copies
            found.append(one)
    return found


def serve_run(run: MailingRun, *, actor: Actor, at: datetime) -> Served:
    """Serve what a locked run holds of it, and tell its buyers. Nothing but a run out of the stock holds any."""
    if run.kind != MailingRun.Kind.RESEND:
        return Served(0, {})
    lines = list(
        SoldIssue.objects.select_for_update(no_key=True, of=("self",))
        .filter(dispatches__run=run, state=State.ASSIGNED)
        .select_related("order")
        .order_by("pk")
    )
    move(lines, Kind.SERVE, actor=actor, at=at, reason=f"issue {run.issue.printed} posted")
    revenue: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        revenue[line.order.vat_rate] += line.value_ht
    queue(
        [
            NoticeDraft(
                kind="single_sent",
                matter=f"single_sent:sold_issue:{line.pk}",
                customer_id=line.order.customer_id,
                to_email=line.order.email,
                to_name=person_name(line.order),
                facts={"sold_id": line.pk},
                due_at=at,
                created_at=at,
            )
            for line in lines
        ]
    )
    return Served(len(lines), dict(revenue))
