"""Which subscriptions must planning look at on a day? Asked of the database in two statements, whatever its size.

It over-asks a little and never under-asks: what is found is read again under its lock and decided by `planning`.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from subscriptions.calendar import RULES, Rules
from subscriptions.disputes import disputed_among

#: Terms that ended longer ago are looked at by the nightly audit only: a history of years is not read every day.
LOOK_BACK = timedelta(days=200)

#: Automatic, running, with neither a plan nor an outcome for the next term, and R − 75 reached.
UNPLANNED = """
SELECT t.subscription_id
FROM subscriptions_term t
JOIN subscriptions_subscription s ON s.id = t.subscription_id
WHERE t.ends_on BETWEEN %(oldest)s AND %(latest)s
    AND s.renewal = 'automatic' AND s.state IN ('active', 'grace')
    AND NOT EXISTS (
        SELECT FROM subscriptions_term later
        WHERE later.subscription_id = t.subscription_id AND later.number > t.number)
    AND NOT EXISTS (
        SELECT FROM subscriptions_renewal r
        WHERE r.subscription_id = t.subscription_id AND r.number > t.number AND r.state <> 'cancelled')
    AND NOT EXISTS (
        SELECT FROM subscriptions_entitlement e JOIN subscriptions_issue i ON i.id = e.issue_id
        WHERE e.term_id = t.id AND e.state IN ('owed', 'assigned', 'held')
            AND COALESCE(i.posted_on, i.post_on) > %(latest)s)
"""

#: Plans that no longer agree with what they hang on.
DRIFTED = """
SELECT r.subscription_id
FROM subscriptions_renewal r
JOIN subscriptions_subscription s ON s.id = r.subscription_id
JOIN subscriptions_recipient p ON p.id = s.recipient_id
JOIN subscriptions_postaladdress a ON a.id = p.address_id
JOIN subscriptions_price c ON c.id = r.price_id
JOIN LATERAL (
    SELECT t.id, t.number, t.ends_on FROM subscriptions_term t
    WHERE t.subscription_id = r.subscription_id ORDER BY t.number DESC LIMIT 1) t ON true
LEFT JOIN LATERAL (
    SELECT MAX(COALESCE(i.posted_on, i.post_on)) AS day
    FROM subscriptions_term every JOIN subscriptions_entitlement e ON e.term_id = every.id
    JOIN subscriptions_issue i ON i.id = e.issue_id
    WHERE every.subscription_id = r.subscription_id AND e.state IN ('owed', 'assigned', 'held')) post ON true
WHERE r.state IN ('planned', 'announced', 'manual') AND (
    s.state NOT IN ('active', 'grace')
    OR r.state <> 'manual' AND (
        s.renewal <> 'automatic'
        OR r.number <> t.number + 1
        OR r.renews_on < GREATEST(t.ends_on, post.day) + 1
        OR r.state = 'planned' AND (
            r.renews_on > GREATEST(t.ends_on, post.day) + 1
            OR c.offer_id <> s.offer_id OR c.delivery_zone <> a.delivery_zone
            OR r.amount <> c.amount
            OR r.renews_on < c.valid_from OR r.renews_on >= c.valid_to)))
"""


def to_look_at(on: date, *, rules: Rules = RULES) -> list[int]:
    """Primary keys of subscriptions to plan anew on day `on`, in order. Three queries, five where something is disputed."""
    latest = on + timedelta(days=rules.plan_days_before - 1)
    found: set[int] = set()
    with connection.cursor() as cursor:
        cursor.execute(UNPLANNED, {"latest": latest, "oldest": on - LOOK_BACK})
        found.update(row[0] for row in cursor.fetchall())
        cursor.execute(DRIFTED)
        found.update(row[0] for row in cursor.fetchall())
    return sorted(found | disputed_among())
