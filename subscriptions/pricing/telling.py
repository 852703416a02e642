"""Telling: each reader whose next year costs more by a change of price hears it before the legal notice says it again.

Ninety days before R (data: `Rules.price_told_days_before`), once for each year; a change cannot be signed later than that.
A run that was missed is made good by the next one. What it costs now is what the reader paid last (`paid`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from subscriptions.calendar import RULES
from subscriptions.models import Notice, PriceChange
from subscriptions.models.gifts import CARRIED
from subscriptions.notices.queueing import NoticeDraft, queue

KIND, CALLED_OFF = "price_change", "price_change_cancelled"
#: Terms that ended longer ago are of readers whose renewal is over, or was moved because copies were still to come.
LOOK_BACK = timedelta(days=60)

# A term that was undone does not run, and keeps its number. Of a term carried over from a gift only the days count: what
# another person paid for it is no price of this reader's.
DUE = """
SELECT c.change_id, s.id, n.number, d.day, c.amount, s.payer_id
FROM (
    SELECT id FROM subscriptions_term WHERE ends_on BETWEEN %(oldest)s AND %(latest)s
    UNION
    SELECT term.id FROM subscriptions_renewal moved
    JOIN subscriptions_term term ON term.subscription_id = moved.subscription_id
    WHERE moved.state NOT IN ('paid', 'lapsed', 'cancelled')
        AND moved.renews_on > %(on)s AND moved.renews_on <= %(latest)s + 1
) near
JOIN subscriptions_term t ON t.id = near.id
JOIN subscriptions_subscription s ON s.id = t.subscription_id
JOIN subscriptions_recipient p ON p.id = s.recipient_id
JOIN subscriptions_postaladdress a ON a.id = p.address_id
JOIN LATERAL (SELECT MAX(every.number) + 1 AS number FROM subscriptions_term every
    WHERE every.subscription_id = s.id) n ON true
JOIN LATERAL (SELECT bought.amount FROM subscriptions_term bought
    WHERE bought.subscription_id = s.id AND bought.source <> %(carried)s
        AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = bought.id)
    ORDER BY bought.number DESC LIMIT 1) paid ON true
LEFT JOIN subscriptions_renewal r
    ON r.subscription_id = s.id AND r.number = n.number AND r.state NOT IN ('paid', 'lapsed', 'cancelled')
JOIN LATERAL (SELECT COALESCE(r.renews_on, GREATEST(t.ends_on, (
    SELECT MAX(COALESCE(i.posted_on, i.post_on))
    FROM subscriptions_term every JOIN subscriptions_entitlement e ON e.term_id = every.id
    JOIN subscriptions_issue i ON i.id = e.issue_id
    WHERE every.subscription_id = s.id AND e.state IN ('owed', 'assigned', 'held'))) + 1) AS day) d ON true
JOIN subscriptions_price c ON c.offer_id = s.offer_id AND c.delivery_zone = a.delivery_zone AND c.change_id IS NOT NULL
    AND COALESCE(c.renewals_from, c.valid_from) <= d.day
    AND (COALESCE(c.renewals_to, c.valid_to) IS NULL OR d.day < COALESCE(c.renewals_to, c.valid_to))
WHERE d.day > %(on)s AND d.day <= %(latest)s + 1
    AND s.renewal = 'automatic' AND s.state IN ('active', 'grace') AND paid.amount < c.amount
    AND (r.id IS NULL OR r.state = 'planned' OR r.amount = c.amount)
    AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = t.id)
    AND NOT EXISTS (SELECT FROM subscriptions_term later
        WHERE later.subscription_id = s.id AND later.number > t.number
            AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = later.id))
    AND NOT EXISTS (SELECT FROM subscriptions_notice told
        WHERE told.matter = 'price_change:' || c.change_id || ':' || s.id || ':' || n.number)
ORDER BY s.id LIMIT %(limit)s
"""


def tell(*, on: date, at: datetime, limit: int) -> int:
    """Queue the letters that are due on day `on`, up to `limit`; returns how many are new. Three queries.

    Safe to run twice, late or in two places: the matter of a letter is unique. Without an e-mail address it fails in
    sight, and a person posts it.
    """
    if not PriceChange.objects.filter(state=PriceChange.State.SIGNED).exists():
        return 0
    latest = on + timedelta(days=RULES.price_told_days_before - 1)
    with connection.cursor() as cursor:
        facts: dict[str, Any] = {
            "on": on,
            "latest": latest,
            "oldest": on - LOOK_BACK,
            "carried": CARRIED,
            "limit": limit,
        }
        cursor.execute(DUE, facts)
        rows = cursor.fetchall()
    payers: dict[int, Any] = get_user_model()._default_manager.in_bulk([row[5] for row in rows if row[5]])
    return queue([_draft(row, payers.get(row[5]), at=at) for row in rows])


def matter(change_id: int, subscription_id: int, number: int) -> str:
    """Under which a reader is told of a change about term `number`: once for ever."""
    return f"{KIND}:{change_id}:{subscription_id}:{number}"


def tell_cancelled(change: PriceChange, *, at: datetime) -> int:
    """Whoever was written to hears that the change does not come; in the transaction that cancels it."""
    told = Notice.objects.filter(matter__startswith=f"{KIND}:{change.pk}:").exclude(state=Notice.State.WITHDRAWN)
    gone = told.exclude(state=Notice.State.QUEUED).order_by("pk")
    return queue(
        [
            NoticeDraft(
                kind=CALLED_OFF,
                matter=f"{CALLED_OFF}:{one.matter}",
                customer_id=one.customer_id,
                to_email=one.to_email,
                to_name=one.to_name,
                facts={"change_id": change.pk, "subscription_id": one.facts["subscription_id"]},
                due_at=at,
                created_at=at,
            )
            for one in gone
        ]
    )


def _draft(row: Any, payer: Any, *, at: datetime) -> NoticeDraft:
    change, subscription, number, day, amount, payer_id = row
    return NoticeDraft(
        kind=KIND,
        matter=matter(change, subscription, number),
        customer_id=payer_id,
        to_email=(payer.email or "") if payer else "",
        to_name=payer.full_name if payer else "",
        facts={
            "change_id": change,
            "subscription_id": subscription,
            "number": number,
            "renews_on": day.isoformat(),
            "amount": str(amount),
        },
        due_at=at,
        created_at=at,
    )
