"""Freezing: the copies that are owed of an issue become the lines of one run, in the order of the post.

Everything is a statement over the whole set, for a hundred thousand lines as for one: who is owed a copy, with whom it
leaves, in which place. Where a copy goes is decided here and nowhere later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from payments.actors import Actor
from payments.days import paris_day
from payments.territories import VatZone
from subscriptions.calendar import DeliveryZone
from subscriptions.gifts.announcing import inserts_of
from subscriptions.models import Entitlement, EntitlementMovement, Issue, MailingRun, Offer, Subscription
from subscriptions.moving import move_copies_of_run

Copy = Entitlement.State

#: Zones of the address file (law.md 7.4, column 17) by those of VAT, then of delivery.
ZONES = {
    VatZone.FR_METRO: "METR",
    VatZone.MONACO: "METR",
    VatZone.CORSICA: "CORS",
    VatZone.DOM_105: "DOM",
    VatZone.DOM_EXEMPT: "DOM",
    VatZone.EXPORT_TERRITORY: "TOM",
}
ELSEWHERE = {DeliveryZone.EU: "UE", DeliveryZone.WORLD: "MOND"}
#: The sheet that goes with the last copy of a fixed term (law.md 7.7).
LAST_COPY = "R0"

#: The subscriptions with a copy owed of the issue: held while their copies go into the file.
LOCK = """
SELECT id FROM subscriptions_subscription WHERE id IN (
    SELECT term.subscription_id FROM subscriptions_entitlement copy
    JOIN subscriptions_term term ON term.id = copy.term_id
    WHERE copy.issue_id = %(issue)s AND copy.state = 'owed'
) ORDER BY id FOR NO KEY UPDATE
"""

#: What is left of each of them after this copy: issues to come, and the number of the last.
_LEFT = """
    SELECT term.subscription_id, COUNT(*) AS coming, MAX(issue.number) AS last, COUNT(*) FILTER (WHERE issue.id IS NULL) AS waiting
    FROM subscriptions_entitlement copy
    JOIN subscriptions_term term ON term.id = copy.term_id
    LEFT JOIN subscriptions_issue issue ON issue.id = copy.issue_id
    WHERE term.subscription_id IN (SELECT subscription_id FROM owed) AND copy.state IN ('owed', 'assigned', 'held')
    GROUP BY term.subscription_id
"""

#: The lines that a run of this issue would have today: `placed`, in the order of the post.
LINES = f"""
WITH owed AS (
    SELECT DISTINCT ON (term.subscription_id)
        term.subscription_id, copy.id AS entitlement_id, term.quantity, who.is_gift, who.renewal, who.number, receiver.address_id
    FROM subscriptions_entitlement copy
    JOIN subscriptions_term term ON term.id = copy.term_id
    JOIN subscriptions_subscription who ON who.id = term.subscription_id
    JOIN subscriptions_recipient receiver ON receiver.id = who.recipient_id
    WHERE copy.issue_id = %(issue)s AND copy.state = 'owed' AND NOT EXISTS (
        SELECT FROM subscriptions_dispatch line
        WHERE line.subscription_id = term.subscription_id AND line.issue_id = %(issue)s AND line.kind <> 'RCL')
    ORDER BY term.subscription_id, term.number
), remaining AS ({_LEFT}), inserts AS (
    SELECT key::bigint AS subscription_id, value AS code FROM jsonb_each_text(%(inserts)s::jsonb)
), lines AS (
    SELECT CASE WHEN owed.is_gift THEN 'GFT' ELSE 'ABO' END AS kind, owed.number,
        owed.subscription_id, owed.entitlement_id, NULL::bigint AS free_copy_id, owed.address_id, owed.quantity AS copies,
        CASE WHEN owed.renewal = '{Offer.Renewal.FIXED}' THEN remaining.last + remaining.waiting END AS last_number,
        remaining.coming - 1 AS copies_left,
        COALESCE(inserts.code, CASE WHEN remaining.coming = 1 AND owed.renewal = '{Offer.Renewal.FIXED}' AND NOT owed.is_gift
            THEN '{LAST_COPY}' ELSE '' END) AS insert_code
    FROM owed JOIN remaining USING (subscription_id) LEFT JOIN inserts USING (subscription_id)
    UNION ALL
    SELECT CASE free.kind WHEN 'free' THEN 'GRA' WHEN 'proof' THEN 'JUS' ELSE 'ABO' END, free.number,
        NULL, NULL, free.id, free.address_id, free.copies, free.until_number, NULL, ''
    FROM subscriptions_freecopy free
    WHERE free.magazine_id = %(magazine)s AND free.ended_at IS NULL AND free.from_number <= %(number)s
        AND COALESCE(free.until_number, %(number)s) >= %(number)s
        AND NOT EXISTS (SELECT FROM subscriptions_dispatch line WHERE line.free_copy_id = free.id AND line.issue_id = %(issue)s)
), placed AS (
    SELECT lines.*, ROW_NUMBER() OVER (
        ORDER BY address.country <> 'FR', address.country, address.block[8] COLLATE "C", address.block[9] COLLATE "C",
            lines.number COLLATE "C"
    ) AS place,
    COALESCE(zones.vat ->> address.vat_zone, zones.delivery ->> address.delivery_zone) AS zone,
    address.country, CARDINALITY(address.block) = 0 AS unaddressed
    FROM lines JOIN subscriptions_postaladdress address ON address.id = lines.address_id
    CROSS JOIN (SELECT %(vat_zones)s::jsonb AS vat, %(delivery_zones)s::jsonb AS delivery) zones
)
"""  # noqa: S608 - only our own words

FREEZE = f"""{LINES}
INSERT INTO subscriptions_dispatch (run_id, issue_id, place, key, kind, subscription_id, entitlement_id, free_copy_id,
    address_id, copies, zone, last_number, copies_left, insert_code)
SELECT %(run)s, %(issue)s, place,
    'N' || %(number)s || '-' || LPAD(place::text, GREATEST(6, LENGTH(place::text)), '0') || '-' || LPAD(%(sequence)s::text, 2, '0'),
    kind, subscription_id, entitlement_id, free_copy_id, address_id, copies, zone, last_number, copies_left, insert_code
FROM placed ORDER BY place
"""  # noqa: S608 - only our own words

COUNT = """
SELECT zone, kind, address.country, COUNT(*), SUM(line.copies)
FROM subscriptions_dispatch line JOIN subscriptions_postaladdress address ON address.id = line.address_id
WHERE line.run_id = %s GROUP BY zone, kind, address.country ORDER BY zone, kind, address.country
"""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a run holds: lines, copies, and the table of both by zone, kind and country; first and last key."""

    dispatches: int
    copies: int
    counts: dict[str, Any]


class Unaddressed(RuntimeError):
    """A copy is owed to whom nobody knows any more; nothing was closed."""


class DoubledCopies(RuntimeError):
    """A copy was in the set and could not be moved: the books of copies are wrong, and nothing was closed."""


def lock_subscriptions(run: MailingRun) -> int:
    """Hold the subscriptions that a copy of the run's issue is owed to; returns how many. One statement, by key."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, {"issue": run.issue_id})
        return int(cursor.rowcount)


def freeze(run: MailingRun, *, actor: Actor, at: datetime) -> Frozen:
    """Write the lines of a locked run, put their copies into the file (ASSIGN), and count. The caller holds the issue.

    A copy of a subscription that has one in this issue already stays owed: one main dispatch each (COPIES). Raises
    DoubledCopies, Unaddressed.
    """
    lock_subscriptions(run)
    issue = run.issue
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, facts_of(issue) | {"run": run.pk, "sequence": run.sequence})
    moved = move_copies_of_run(
        run,
        EntitlementMovement.Kind.ASSIGN,
        on=paris_day(at),
        actor=actor,
        at=at,
        reason=f"in the file {run.sequence} of issue {issue.number}",
    )
    frozen = count(run)
    paid = run.lines.filter(entitlement__isnull=False).count()
    nowhere = run.lines.filter(address__block=[]).count()
    if nowhere:
        raise Unaddressed(f"run {run.pk}: {nowhere} lines have no address any more")
    if moved != paid:
        raise DoubledCopies(f"run {run.pk}: {paid} copies, {moved} could be put in the file")
    return frozen


def facts_of(issue: Issue) -> dict[str, Any]:
    """What `LINES` is asked with: the issue, the sheets that go with gifts, the names of the zones."""
    owed = Entitlement.objects.filter(issue=issue.pk, state=Copy.OWED)
    gifts = Subscription.objects.filter(is_gift=True, terms__entitlements__in=owed).distinct()
    return {
        "issue": issue.pk, "number": issue.number, "magazine": issue.magazine_id, "inserts": json.dumps(inserts_of(gifts)),
        "vat_zones": json.dumps(ZONES), "delivery_zones": json.dumps(ELSEWHERE),
    }  # fmt: skip


def count(run: MailingRun) -> Frozen:
    """Lines and copies of a run, by zone, kind and country. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [run.pk])
        rows = cursor.fetchall()
    keys = list(run.lines.order_by("place").values_list("key", flat=True)[:1])
    keys += list(run.lines.order_by("-place").values_list("key", flat=True)[:1])
    table = [
        {"zone": zone, "kind": kind, "country": country, "lines": lines, "copies": int(copies)}
        for zone, kind, country, lines, copies in rows
    ]
    return Frozen(
        dispatches=sum(row["lines"] for row in table),
        copies=sum(row["copies"] for row in table),
        counts={"table": table, "first_key": keys[0] if keys else "", "last_key": keys[-1] if keys else ""},
    )
