"""Posting: an issue leaves for its readers, so the copies owed are served and what they are worth becomes revenue.

The revenue of a copy is taken on the day its issue is posted, not on its cover date (law.md 6.3): one entry for each
rate, source `posting:<issue>:<rate>`, from the values that were fixed when the copies were granted. So 4871 stays what
the copies still owed are worth, to the cent (BALANCED).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from payments.actors import Actor
from payments.invoicing.mentions import percent
from payments.ledger.posting import EntryDraft, Line, post
from payments.models import LedgerEntry
from subscriptions.fulfilment.moving import move_issue
from subscriptions.models import Entitlement, EntitlementMovement, Issue
from subscriptions.moving import move_copies
from subscriptions.pausing.holding import release_passed

State = Issue.State
Copy = Entitlement.State
Kind = EntitlementMovement.Kind
#: The way of an issue to the post.
ON_THE_WAY = (State.PLANNED, State.CLOSED, State.HANDED_OVER, State.POSTED)


@dataclass(frozen=True, slots=True)
class Posted:
    """What one posting did: copies served, and their value without VAT by rate in percent, in euros."""

    copies: int
    revenue: Mapping[Decimal, Decimal]


@transaction.atomic
def post_issue(issue: Issue, *, on: date, actor: Actor, at: datetime) -> Posted:
    """Serve every copy of `issue` that is owed or in its file, on day `on`, and book their revenue; once.

    Side effects, in one transaction: movements ASSIGN and SERVE, one entry per VAT rate (DEFERRED to REV_PRINT), the
    issue posted, the pauses over that skipped it. An issue that is posted already stays as it is: nothing served, nothing booked. Copies on hold, given
    back or void are left alone. Sets `issue.state` and `issue.posted_on` in memory.
    """
    locked = Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)
    if locked.state == State.POSTED:
        issue.refresh_from_db(fields=["state", "posted_on"])
        return Posted(0, {})
    copies = list(
        Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("term")
        .filter(issue=locked, state__in=(Copy.OWED, Copy.ASSIGNED))
        .order_by("pk")
    )
    reason = f"issue {locked.number} posted"
    move_copies(
        [copy for copy in copies if copy.state == Copy.OWED], Kind.ASSIGN, on=on, actor=actor, at=at, reason=reason
    )
    move_copies(copies, Kind.SERVE, on=on, actor=actor, at=at, reason=reason)
    revenue = _by_rate(copies)
    post([_entry(locked, rate, value, on=on) for rate, value in sorted(revenue.items()) if value], actor=actor, at=at)
    for step in ON_THE_WAY[ON_THE_WAY.index(State(locked.state)) + 1 :]:
        move_issue(locked, step, on=on)
    release_passed(locked, actor=actor, at=at)
    issue.refresh_from_db(fields=["state", "posted_on"])
    return Posted(len(copies), revenue)


def _by_rate(copies: Sequence[Entitlement]) -> dict[Decimal, Decimal]:
    values: defaultdict[Decimal, Decimal] = defaultdict(lambda: Decimal("0.00"))
    for copy in copies:
        values[copy.term.vat_rate] += copy.value_ht
    return dict(values)


def _entry(issue: Issue, rate: Decimal, value: Decimal, *, on: date) -> EntryDraft:
    return EntryDraft(
        journal=LedgerEntry.Journal.MISC,
        source=f"posting:{issue.pk}:{rate:.2f}",
        booked_on=on,
        piece_ref=f"N{issue.number}",
        piece_date=on,
        label=f"Numéro {issue.number} mis en poste, TVA {percent(rate)}",
        lines=(Line("DEFERRED", debit=value), Line("REV_PRINT", credit=value)),
    )
