"""close-issue: a hundred thousand copies frozen into one run, against one INSERT … SELECT of the same rows.

Ours also puts every copy into the file by a movement, hashes the file and writes its counts. The reference is a table of the
same shape, with the same checks, indexes and foreign keys.
"""

from __future__ import annotations

import os
import statistics
from datetime import datetime, time, timedelta
from typing import Any

from tests.bench.many import fill, superuser_of
from tests.bench.stack import clock, inside, queries, stack
from tests.kills.shop import Shop

COPIES = int(os.environ.get("CLOSE_ISSUE_COPIES", "100000"))
MOST = 3.0
ROUNDS = 3

SHAPE = """
DROP TABLE IF EXISTS bench_dispatch;
CREATE TABLE bench_dispatch (LIKE subscriptions_dispatch INCLUDING ALL);
ALTER TABLE bench_dispatch
    ADD FOREIGN KEY (run_id) REFERENCES subscriptions_mailingrun DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (issue_id) REFERENCES subscriptions_issue DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (subscription_id) REFERENCES subscriptions_subscription DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (entitlement_id) REFERENCES subscriptions_entitlement DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (free_copy_id) REFERENCES subscriptions_freecopy DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (address_id) REFERENCES subscriptions_postaladdress DEFERRABLE INITIALLY DEFERRED;
"""


def run() -> dict[str, Any]:
    """Seconds of one closing, against the median of some rounds of the reference; queries of one."""
    with stack() as shop:
        inside(shop)
        at = datetime.combine(datetime.now().astimezone().date(), time(11)).astimezone()
        begun = clock()
        fill(superuser_of(shop), subscriptions=COPIES, at=at)
        print(f"  {COPIES:,} subscriptions made in {clock() - begun:.0f} s", flush=True)
        value, made, frozen = closing(at)
        reference = statistics.median(_reference(shop) for _round in range(ROUNDS))
    ratio = value / reference
    return {
        "value": round(value, 2),
        "reference": round(reference, 2),
        "ratio": round(ratio, 2),
        "unit": f"s for {frozen.dispatches:,} dispatches",
        "queries": made,
        "targets": {f"{ratio:.2f} times the INSERT <= {MOST:.0f}": ratio <= MOST},
    }


def closing(at: datetime) -> tuple[float, int, Any]:
    """Close the issue that most readers wait for: seconds, queries, the run."""
    from django.db.models import Count

    from payments.actors import Actor
    from subscriptions.fulfilment.closing import ask, close
    from subscriptions.models import Issue, MailingHouse

    issue = Issue.objects.filter(state="planned").annotate(n=Count("entitlements")).order_by("-n")[0]
    Issue.objects.filter(pk=issue.pk).update(cutoff_on=at.date(), post_on=at.date() + timedelta(days=14))
    if not MailingHouse.objects.filter(magazine=issue.magazine_id).exists():
        MailingHouse.objects.create(magazine=issue.magazine, name="bench", actor="staff:1", created_at=at)
    asked = ask(issue.pk, actor=Actor("staff", "1"), at=at)
    with queries() as made:
        begun = clock()
        frozen = close(asked.pk, actor=Actor("staff", "2"), at=at)
        took = clock() - begun
    return took, len(made), frozen


def _reference(shop: Shop) -> float:
    shop.ask(SHAPE)
    begun = clock()
    shop.ask("INSERT INTO bench_dispatch SELECT * FROM subscriptions_dispatch ORDER BY place")
    return clock() - begun
