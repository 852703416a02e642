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
from subscriptions.fulfilment.addressed import address_key, stay_join
from subscriptions.gifts.announcing import inserts_of
from subscriptions.losses.holding import hold_of_issue
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

#: `lines` in the order of the post, each with its zone; both kinds of runs put theirs so (`losses.freezing` is the other).
PLACED_OF = """placed AS (
    SELECT lines.*, ROW_NUMBER() OVER (
        ORDER BY address.country <> 'FR', address.country, address.block[8] COLLATE "C", address.block[9] COLLATE "C",
            lines.number COLLATE "C", lines.entitlement_id, lines.sold_id
    ) AS place,
    COALESCE(%(vat_zones)s::jsonb ->> address.vat_zone, %(delivery_zones)s::jsonb ->> address.delivery_zone) AS zone,
    address.country, CARDINALITY(address.block) = 0 AS unaddressed
    FROM lines JOIN subscriptions_postaladdress address ON address.id = lines.address_id
    WHERE {which}
)"""
PLACED = PLACED_OF.format(which="TRUE")
#: The key that the mailing house gives back with whatever returns.
KEY = """'N' || %(number)s || '-' || LPAD(place::text, GREATEST(6, LENGTH(place::text)), '0') || '-' || LPAD(%(sequence)s::text, 2, '0')"""
#: And as rows, under their keys.
WRITE = f"""
INSERT INTO subscriptions_dispatch (run_id, issue_id, place, key, kind, subscription_id, entitlement_id, free_copy_id, sold_id,
    number, contract, address_id, copies, zone, last_number, copies_left, insert_code)
SELECT %(run)s, %(issue)s, place,
    {KEY},
    kind, subscription_id, entitlement_id, free_copy_id, sold_id, number, contract, address_id, copies, zone, last_number, copies_left,
    insert_code
FROM placed ORDER BY place
"""  # noqa: S608 - only our own words
#: The names of the zones, as `PLACED` is asked with them.
ZONE_FACTS = {"vat_zones": json.dumps(ZONES), "delivery_zones": json.dumps(ELSEWHERE)}

#: The lines of an issue that anybody is owed: `lines`, in no order. Who else counts is said by its two conditions: which copies
#: are still to come, and whom (`subscriptions.escrow.foreseen` knows more than is true today).
#:
#: What is left of each reader after this copy is counted by windows over all copies to come, not by a join with a set that was
#: made on the way: the planner knows nothing of such a set, and takes a hundred thousand for one.
OWED_OF = f"""
WITH coming AS (
    SELECT term.subscription_id, term.number AS term, term.quantity, copy.id AS entitlement_id, copy.issue_id, copy.state,
        COUNT(*) OVER each AS coming, MAX(COALESCE(issue.last_number, issue.number)) OVER each AS last, COUNT(*) FILTER (WHERE issue.id IS NULL) OVER each AS waiting
    FROM subscriptions_entitlement copy
    JOIN subscriptions_term term ON term.id = copy.term_id
    LEFT JOIN subscriptions_issue issue ON issue.id = copy.issue_id
    WHERE copy.state IN ('owed', 'assigned', 'held') AND {{coming}}
    WINDOW each AS (PARTITION BY term.subscription_id)
), owed AS (
    SELECT coming.*, ROW_NUMBER() OVER (PARTITION BY subscription_id ORDER BY term) AS nth
    FROM coming WHERE issue_id = %(issue)s AND state = 'owed'
), lines AS (
    SELECT CASE WHEN who.is_gift THEN 'GFT' ELSE 'ABO' END AS kind, COALESCE(who.number, '') AS number,
        COALESCE(who.number, '') || '-' || owed.term AS contract, owed.subscription_id, owed.entitlement_id,
        NULL::bigint AS free_copy_id, NULL::bigint AS sold_id, {address_key(recipient="receiver")} AS address_id, owed.quantity AS copies,
        CASE WHEN who.renewal = '{Offer.Renewal.FIXED}' THEN owed.last + owed.waiting END AS last_number,
        owed.coming - 1 AS copies_left,
        COALESCE(%(inserts)s::jsonb ->> owed.subscription_id::text,
            CASE WHEN owed.coming = 1 AND who.renewal = '{Offer.Renewal.FIXED}' AND NOT who.is_gift
                THEN '{LAST_COPY}' ELSE '' END) AS insert_code
    FROM owed
    JOIN subscriptions_subscription who ON who.id = owed.subscription_id
    JOIN subscriptions_recipient receiver ON receiver.id = who.recipient_id
    {stay_join(recipient="receiver", post_on="%(post_on)s")}
    WHERE owed.nth = 1 AND {{owed}} AND NOT EXISTS (
        SELECT FROM subscriptions_dispatch line
        WHERE line.subscription_id = owed.subscription_id AND line.issue_id = %(issue)s AND line.kind <> 'RCL')
    UNION ALL
    SELECT CASE free.kind WHEN 'free' THEN 'GRA' WHEN 'proof' THEN 'JUS' ELSE 'ABO' END, free.number, free.number,
        NULL, NULL, free.id, NULL, free.address_id, free.copies, free.until_number, NULL, ''
    FROM subscriptions_freecopy free
    WHERE free.magazine_id = %(magazine)s AND free.ended_at IS NULL AND free.from_number <= %(ends)s
        AND COALESCE(free.until_number, %(number)s) >= %(number)s
        AND NOT EXISTS (SELECT FROM subscriptions_dispatch line WHERE line.free_copy_id = free.id AND line.issue_id = %(issue)s)
)"""  # noqa: S608 - only our own words
#: The lines that a run of this issue would have today: `placed`, in the order of the post.
LINES = f"{OWED_OF.format(coming='TRUE', owed='TRUE')}, {PLACED}\n"

FREEZE = LINES + WRITE

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

    A copy of a subscription that has one in this issue already stays owed: one main dispatch each (COPIES); one whose
    address is in doubt is held. Raises DoubledCopies, Unaddressed.
    """
    lock_subscriptions(run)
    issue = run.issue
    hold_of_issue(issue, actor=actor, at=at)
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, facts_of(issue) | {"run": run.pk, "sequence": run.sequence, "post_on": run.deposit_on})
    moved = move_copies_of_run(
        run,
        EntitlementMovement.Kind.ASSIGN,
        on=paris_day(at),
        actor=actor,
        at=at,
        reason=f"in the file {run.sequence} of issue {issue.printed}",
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
        "issue": issue.pk, "number": issue.number, "ends": issue.ends, "post_on": issue.post_on, "magazine": issue.magazine_id, "inserts": json.dumps(inserts_of(gifts)),
        **ZONE_FACTS,
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
