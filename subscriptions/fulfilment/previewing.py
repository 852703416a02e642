"""What a file would hold if it were closed today: the same lines, counted and not written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from subscriptions.fulfilment.freezing import LINES, facts_of
from subscriptions.models import Entitlement, Issue, MailingRun, Renewal

COUNT = f"""{LINES}
SELECT zone, kind, COUNT(*), SUM(copies) FROM placed GROUP BY zone, kind ORDER BY zone, kind
"""  # noqa: S608

#: Against the main file of the issue before: who is new, who is gone, who lives elsewhere; and what is peculiar.
CHANGES = f"""{LINES}, before AS (
    SELECT subscription_id, address_id FROM subscriptions_dispatch
    WHERE run_id = %(before)s AND subscription_id IS NOT NULL
), mine AS (SELECT * FROM placed WHERE subscription_id IS NOT NULL)
SELECT
    COUNT(*) FILTER (WHERE before.subscription_id IS NULL),
    COUNT(*) FILTER (WHERE mine.subscription_id IS NULL),
    COUNT(*) FILTER (WHERE mine.address_id <> before.address_id),
    COUNT(*) FILTER (WHERE mine.copies_left = 0),
    COUNT(*) FILTER (WHERE mine.insert_code <> ''),
    COUNT(*) FILTER (WHERE mine.unaddressed),
    COUNT(*) FILTER (WHERE mine.subscription_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM subscriptions_entitlement earlier JOIN subscriptions_term term ON term.id = earlier.term_id
        WHERE term.subscription_id = mine.subscription_id AND earlier.state = 'served'))
FROM mine FULL JOIN before USING (subscription_id)
"""  # noqa: S608

#: Renewals whose money may still come before the file leaves: their copies go with the complement.
IN_HAND = (
    Renewal.State.DUE,
    Renewal.State.CHARGING,
    Renewal.State.RETRYING,
    Renewal.State.AWAITING_READER,
    Renewal.State.UNRESOLVED,
)


@dataclass(frozen=True, slots=True)
class Preview:
    """Lines and copies by zone and kind; how many are new, gone or moved since the file before (None: there is none), begin
    or end with this issue, get a sheet, have no address; copies on hold; renewals whose money is not in."""

    table: tuple[tuple[str, str, int, int], ...]
    new: int | None
    gone: int | None
    moved: int | None
    first: int
    last: int
    with_sheet: int
    unaddressed: int
    held: int
    renewals_in_hand: int

    @property
    def lines(self) -> int:
        """Lines of the file."""
        return sum(lines for _zone, _kind, lines, _copies in self.table)

    @property
    def copies(self) -> int:
        """Copies of the file."""
        return sum(copies for _zone, _kind, _lines, copies in self.table)


def preview(issue: Issue) -> Preview:
    """What would be closed today. Six queries, whatever the number; nothing is locked."""
    facts = facts_of(issue)
    before = main_before(issue)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        table = tuple((zone, kind, lines, int(copies)) for zone, kind, lines, copies in cursor.fetchall())
        cursor.execute(CHANGES, facts | {"before": before.pk if before else None})
        row: Any = cursor.fetchone()
    new, gone, moved, last, sheets, unaddressed, first = row
    return Preview(
        table=table,
        new=new if before else None,
        gone=gone if before else None,
        moved=moved if before else None,
        first=first,
        last=last,
        with_sheet=sheets,
        unaddressed=unaddressed,
        held=Entitlement.objects.filter(issue=issue, state=Entitlement.State.HELD).count(),
        renewals_in_hand=in_hand(issue).count(),
    )


def in_hand(issue: Issue) -> Any:
    """Renewals that should have been paid before this issue is posted, and are not yet."""
    return Renewal.objects.filter(
        state__in=IN_HAND, renews_on__lte=issue.post_on, subscription__magazine=issue.magazine_id
    )


def main_before(issue: Issue) -> MailingRun | None:
    """The main file of the issue before this one, if it was closed here."""
    runs = MailingRun.objects.filter(
        issue__magazine=issue.magazine_id, issue__number__lt=issue.number, kind=MailingRun.Kind.MAIN
    )
    return runs.exclude(sha256="").order_by("-issue__number").first()
