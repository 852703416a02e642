"""Locking renewals in the agreed order: payment → renewal → subscription → term → number series, each sorted by id.

Whoever is about to change both a renewal and its subscription begins here, before it has locked the subscription.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import QuerySet

from subscriptions.models import Renewal, Subscription
from subscriptions.renewals.moving import OVER


def lock(renewals: QuerySet[Renewal]) -> list[Renewal]:
    """Lock these renewals, then their subscriptions; two queries. `renewal.subscription` is the locked row.

    With payer, saved method, offer with its magazine, and the recipient's address, so that nobody asks for them one by one.
    """
    locked = list(renewals.order_by("pk").select_for_update(of=("self",), no_key=True))
    return _with_subscriptions(locked, skip=False)


def lock_and_skip(renewals: QuerySet[Renewal], *, limit: int) -> list[Renewal]:
    """The same for a sweep: at most `limit`, leaving out those of which somebody else holds the plan or the subscription.

    A sweep that waits for nobody can stand in no circle; whom it left out is there at its next round.
    """
    locked = list(renewals.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=True)[:limit])
    return _with_subscriptions(locked, skip=True)


def open_renewals(subscriptions: Collection[int]) -> QuerySet[Renewal]:
    """The renewals of these subscriptions that are not over; one each at most (the database sees to it)."""
    return Renewal.objects.filter(subscription__in=subscriptions).exclude(state__in=OVER)


def _with_subscriptions(locked: Sequence[Renewal], *, skip: bool) -> list[Renewal]:
    if not locked:
        return []
    rows = (
        Subscription.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip)
        .select_related("payer", "saved_method__payer_account", "offer__magazine", "recipient__address")
        .filter(pk__in=[renewal.subscription_id for renewal in locked])
        .order_by("pk")
    )
    found = {row.pk: row for row in rows}
    held = [renewal for renewal in locked if renewal.subscription_id in found]
    for renewal in held:
        renewal.subscription = found[renewal.subscription_id]
    return held
