"""How the sweeps take renewals that are due: a few at a time, locked, never waiting for whoever holds one already."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from subscriptions.models import Renewal

Result = TypeVar("Result")


def in_batches(due: QuerySet[Renewal], limit: int, act: Callable[[list[Renewal]], Result]) -> list[Result]:
    """Call `act` with all that is due, `limit` rows to a transaction, each row locked and still due when it is seen.

    Rows come with their subscription, its payer and its saved method. What somebody else holds is left to the next
    round; what `act` leaves as it is does not stand in front of the others. Returns what the calls returned.
    """
    done: list[Result] = []
    after = 0
    # Whether anything is due is asked before the transaction begins: mostly nothing is.
    while keys := list(due.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit]):
        after = keys[-1]
        with transaction.atomic():
            rows = list(
                due.filter(pk__in=keys)
                .select_for_update(of=("self",), no_key=True, skip_locked=True)
                .select_related("subscription__payer", "subscription__saved_method")
                .order_by("pk")
            )
            if rows:
                done.append(act(rows))
    return done
