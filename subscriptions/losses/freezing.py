"""Freezing a run out of the stock: the claims that were approved, and what was sold one by one, become its lines.

As far as the stock goes: what was promised to claims first. Of a claim, one movement RESEND on the served copy and nothing
in the books: what is sent again was sold and served before (law.md 7.6). What was sold singly is assigned here, and earned
once it is posted. One movement takes all of them out of the stock. The line is what the mailing house gives back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from payments.actors import Actor
from payments.days import paris_day
from subscriptions.fulfilment.addressed import address_key, stay_join
from subscriptions.fulfilment.freezing import PLACED, WRITE, ZONE_FACTS, Frozen, count
from subscriptions.losses import moving
from subscriptions.losses.rules import HOLDING, rule_in_force
from subscriptions.losses.stock import append, balances
from subscriptions.models import AddressDoubt, Claim, Entitlement, MailingRun, StockMovement, Subscription
from subscriptions.moving import move_copies
from subscriptions.singles.moving import Kind as SoldKind
from subscriptions.singles.moving import move as move_sold
from subscriptions.singles.sending import singles_in_stock, to_send
from subscriptions.stopping.reading import waiting_for_money

State = Claim.State

#: A label has ten places for a number: of CMD-4K7-PX2-9HJ it bears 4K7PX29HJ, by which the order is found as well.
BARE_REFERENCE = "SUBSTR(REPLACE(placed.reference, '-', ''), 4)"

#: The lines of these claims and of what was sold so, in the order of the post: `placed`.
PLACED_RESENDS = f"""
WITH lines AS (
    SELECT claim.subscription_id, claim.entitlement_id, COALESCE(who.number, '') AS number,
        COALESCE(who.number, '') || '-' || term.number AS contract, term.quantity AS copies, 'RCL' AS kind,
        NULL::bigint AS free_copy_id, NULL::bigint AS sold_id,
        NULL::integer AS last_number, NULL::integer AS copies_left, '' AS insert_code,
        {address_key(recipient="receiver")} AS address_id
    FROM subscriptions_claim claim
    JOIN subscriptions_subscription who ON who.id = claim.subscription_id
    JOIN subscriptions_recipient receiver ON receiver.id = who.recipient_id
    {stay_join(recipient="receiver", post_on="%(post_on)s")}
    JOIN subscriptions_entitlement copy ON copy.id = claim.entitlement_id
    JOIN subscriptions_term term ON term.id = copy.term_id
    WHERE claim.id = ANY (%(claims)s)
    UNION ALL
    SELECT NULL, NULL, {BARE_REFERENCE}, placed.reference, sold.copies,
        CASE WHEN sold.replaces_id IS NULL THEN 'VAN' ELSE 'RCL' END, NULL, sold.id, NULL, NULL, '', placed.delivery_id
    FROM subscriptions_soldissue sold JOIN subscriptions_order placed ON placed.id = sold.order_id
    WHERE sold.id = ANY (%(sold)s)
), {PLACED}
"""  # noqa: S608 - only our own words
LINES = PLACED_RESENDS + WRITE


def to_resend(issue_id: int) -> QuerySet[Claim]:
    """Claims of an issue whose copy leaves with its next resends: not while their address is in doubt or forgotten, nor after
    an end, nor while a withdrawal waits for its money."""
    doubted = AddressDoubt.objects.filter(subscription=OuterRef("subscription"), state__in=HOLDING)
    withdrawn = waiting_for_money().filter(subscription=OuterRef("subscription"))
    return (
        Claim.objects.filter(issue=issue_id, state=State.APPROVED)
        .exclude(subscription__state=Subscription.State.ENDED)
        .exclude(subscription__recipient__address__block=[])
        .exclude(Exists(doubted))
        .exclude(Exists(withdrawn))
    )


def few_resends(run: MailingRun) -> bool:
    """Whether so few copies leave with a run of resends that nobody else has to look at it. Three queries."""
    if run.kind != MailingRun.Kind.RESEND:
        return False
    return to_resend(run.issue_id).count() + to_send(run.issue_id).count() < rule_in_force().alone_lines


def freeze_resends(run: MailingRun, *, actor: Actor, at: datetime) -> Frozen:
    """Write the lines of a locked run of resends. The caller holds the issue, and so its claims and its stock.

    The oldest first, until the stock is empty; the others stay approved, or owed. Side effects: lines, movements RESEND and
    ASSIGN, claims `resent`, the stock.
    """
    keys = list(to_resend(run.issue_id).order_by("pk").values_list("subscription", flat=True))
    list(Subscription.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    claims, left = _as_far_as_stock_goes(run)
    sold = singles_in_stock(run.issue_id, left=left)
    facts: dict[str, Any] = {
        "run": run.pk, "issue": run.issue_id, "number": run.issue.number, "sequence": run.sequence,
        "claims": [one.pk for one in claims], "sold": [one.pk for one in sold], "post_on": run.deposit_on, **ZONE_FACTS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LINES, facts)
    frozen = count(run)
    lines = {line.entitlement_id: line for line in run.lines.filter(sold=None)}
    for one in claims:
        one.line = lines[one.entitlement_id]
    why = f"in the file {run.sequence} of issue {run.issue.number}"
    moving.move(claims, State.RESENT, actor=actor, at=at, reason=why, also=("line",))
    copies = list(
        Entitlement.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=[one.entitlement_id for one in claims])
        .order_by("pk")
    )
    move_copies(copies, "resend", on=paris_day(at), actor=actor, at=at, reason=why)
    move_sold(sold, SoldKind.ASSIGN, actor=actor, at=at, reason=why)
    if frozen.copies:
        append(
            run.issue, StockMovement.Kind.SENT, -frozen.copies, run=run, actor=actor, at=at, reason=why
        )  # fmt: skip
    return frozen


def _as_far_as_stock_goes(run: MailingRun) -> tuple[list[Claim], int]:
    """The claims that leave, and the copies that are left for what was sold."""
    left = balances([run.issue_id])[run.issue_id]
    found = []
    rows = to_resend(run.issue_id).select_for_update(no_key=True, of=("self",)).select_related("entitlement__term")
    for one in rows.order_by("pk"):
        copies = one.entitlement.term.quantity
        if copies <= left:
            left -= copies
            found.append(one)
    return found, left
