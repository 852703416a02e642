"""Which subscriptions must a sweep look at on a day? Those that are due, and those of which something has changed.

The database writes a row for each (migration 0015), so that a day on which nothing is due costs the same over a million
subscriptions as over ten. Whoever looks takes the rows that were there before, and leaves one for the next day on which
there will be something to see; a change that is committed meanwhile has a row of its own, which stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db import connection

from payments.saving import insert_all
from subscriptions.models import Look


def waiting(matter: str, *, until: date) -> list[int]:
    """Primary keys of the subscriptions to look at by day `until`, in order. One query, from the index alone."""
    rows = Look.objects.filter(matter=matter, day__lte=until)
    return sorted(set(rows.values_list("subscription", flat=True)))


def seen(matter: str, subscriptions: Collection[int]) -> Mapping[int, int]:
    """The rows of these locked subscriptions, each with its subscription: read them before what is looked at. One query."""
    rows = Look.objects.filter(matter=matter, subscription__in=subscriptions)
    return dict(rows.values_list("pk", "subscription"))


def settle(matter: str, rows: Mapping[int, int], *, done: Collection[int], again: Mapping[int, date]) -> None:
    """Take away the rows of the subscriptions that are `done`, and leave one of each day in `again`. Two queries."""
    Look.objects.filter(pk__in=[key for key, subscription in rows.items() if subscription in done]).delete()
    insert_all([Look(subscription_id=key, matter=matter, day=day) for key, day in sorted(again.items())])


def look_again(subscriptions: Collection[int]) -> None:
    """Have these subscriptions looked at in the next round; for what the database does not see by itself. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT look_again(%s::bigint[])", [sorted(subscriptions)])
