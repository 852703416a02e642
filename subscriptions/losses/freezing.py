"""Freezing a run of resends: the claims that were approved become its lines, as far as the stock goes.

One movement RESEND on each served copy, one movement out of stock, and nothing in the books: what is sent again was sold and
served before (law.md 7.6). The line is what the mailing house gives back; its claim names it, once.
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
from subscriptions.stopping.reading import waiting_for_money

State = Claim.State

LINES = f"""
WITH lines AS (
    SELECT claim.subscription_id, claim.entitlement_id, COALESCE(who.number, '') AS number,
        COALESCE(who.number, '') || '-' || term.number AS contract, term.quantity AS copies, 'RCL' AS kind,
        NULL::bigint AS free_copy_id, NULL::integer AS last_number, NULL::integer AS copies_left, '' AS insert_code,
        {address_key(recipient="receiver")} AS address_id
    FROM subscriptions_claim claim
    JOIN subscriptions_subscription who ON who.id = claim.subscription_id
    JOIN subscriptions_recipient receiver ON receiver.id = who.recipient_id
    {stay_join(recipient="receiver", post_on="%(post_on)s")}
    JOIN subscriptions_entitlement copy ON copy.id = claim.entitlement_id
    JOIN subscriptions_term term ON term.id = copy.term_id
    WHERE claim.id = ANY (%(claims)s)
), {PLACED}
{WRITE}"""  # noqa: S608 - only our own words


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
    """Whether so few copies leave with a run of resends that nobody else has to look at it. Two queries."""
    if run.kind != MailingRun.Kind.RESEND:
        return False
    return to_resend(run.issue_id).count() < rule_in_force().alone_lines


def freeze_resends(run: MailingRun, *, actor: Actor, at: datetime) -> Frozen:
    """Write the lines of a locked run of resends. The caller holds the issue, and so its claims and its stock.

    The oldest claims first, until the stock is empty; the others stay approved. Side effects: lines, movements RESEND,
    claims `resent`, the stock.
    """
    keys = list(to_resend(run.issue_id).order_by("pk").values_list("subscription", flat=True))
    list(Subscription.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    claims = _as_far_as_stock_goes(run)
    facts: dict[str, Any] = {
        "run": run.pk, "issue": run.issue_id, "number": run.issue.number, "sequence": run.sequence,
        "claims": [one.pk for one in claims], "post_on": run.deposit_on, **ZONE_FACTS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LINES, facts)
    frozen = count(run)
    lines = {line.entitlement_id: line for line in run.lines.all()}
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
    if frozen.copies:
        append(
            run.issue, StockMovement.Kind.SENT, -frozen.copies, run=run, actor=actor, at=at, reason=why
        )  # fmt: skip
    return frozen


def _as_far_as_stock_goes(run: MailingRun) -> list[Claim]:
    left = balances([run.issue_id])[run.issue_id]
    found = []
    rows = to_resend(run.issue_id).select_for_update(no_key=True, of=("self",)).select_related("entitlement__term")
    for one in rows.order_by("pk"):
        copies = one.entitlement.term.quantity
        if copies <= left:
            left -= copies
            found.append(one)
    return found
