"""When payouts are read, and how far each reading has come.

Once a day from four o'clock all payouts of the last thirty days, or since the last list where that is longer ago, are listed,
page by page, whatever webhooks have told or not, and older ones that have not come to their end are fetched; every quarter of an hour the movements of those that are itemised by now are read, every movement gets its meaning, and
what does not agree is opened, or ended. Each page is written down as it is read: whoever dies is followed by the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice

import structlog
from django.db import connection, transaction
from django.db.models import Q

from payments import fees, gateway
from payments.actors import Actor
from payments.days import PARIS, paris_day
from payments.models import Payout, ReconciliationRun
from payments.reconciliation import moving
from payments.reconciliation.explaining import explain
from payments.reconciliation.finding import find
from payments.reconciliation.reading import read_due

log = structlog.get_logger(__name__)
PAGE = 100
REACH = timedelta(days=30)
#: So much before the last list began the next one begins, if that is longer ago than it reaches by itself.
OVERLAP = timedelta(days=3)
#: How long one that the list does not reach is left alone.
AGAIN = timedelta(days=1)
#: The hour in Paris from which the day's list is read.
HOUR = 4


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one round has done."""

    payouts: int
    movements: int
    explained: int
    found: int


def reconcile(*, actor: Actor, at: datetime, go_on: Callable[[], bool] = lambda: True) -> Reconciled:
    """List the payouts that are due to be listed, read movements, explain them, find what does not agree. Network.

    Outside any transaction; safe to repeat, to stop anywhere and to run twice at once. What is here is explained whether Stripe
    answers or not; then it raises what the gateway raised, and the next call goes on from there.
    """
    _begin(at=at)
    listed = read = 0
    trouble: gateway.GatewayFault | None = None
    try:
        while go_on() and (run := ReconciliationRun.objects.filter(finished_at=None, read_to_end=False).first()):
            listed += _list(run, actor=actor, at=at)
        _look_again(actor=actor, at=at, go_on=go_on)
        read = read_due(actor=actor, at=at, go_on=go_on)
    except gateway.GatewayFault as fault:
        trouble = fault
    if read or trouble:
        fees.book_ours(actor=actor, at=at)
    explained = explain(actor=actor, at=at, go_on=go_on)
    run = ReconciliationRun.objects.order_by("-pk").first()
    found = find(run=run, actor=actor, at=at)
    if go_on() and trouble is None:
        ReconciliationRun.objects.filter(finished_at=None, read_to_end=True).update(finished_at=at)
    if trouble is not None:
        raise trouble
    return Reconciled(listed, read, explained, found)


def apply_hint(stripe_payout: str, *, actor: Actor, at: datetime) -> None:
    """Stripe spoke of a payout: it is fetched afresh. Its movements are read by the next round. Network."""
    moving.apply([gateway.fetch_payout(stripe_payout)], actor=actor, at=at)


def _due_since(at: datetime) -> datetime:
    """The last morning that had come at instant `at`."""
    day = paris_day(at)
    if at.astimezone(PARIS).hour < HOUR:
        day -= timedelta(days=1)
    return datetime.combine(day, time(HOUR), tzinfo=PARIS).astimezone(UTC)


@transaction.atomic
def _begin(*, at: datetime) -> None:
    """Begin the list of the day, unless one is being read or was begun since; one worker after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('begin-reconciliation'))")
    runs = ReconciliationRun.objects.filter(Q(finished_at=None, read_to_end=False) | Q(started_at__gte=_due_since(at)))
    if runs.exists():
        return
    # Whatever was made while nobody looked is listed as well.
    last = ReconciliationRun.objects.filter(finished_at__isnull=False).order_by("-started_at").first()
    since = min(at - REACH, last.started_at - OVERLAP) if last is not None else at - REACH
    ReconciliationRun.objects.create(since=since, started_at=at)


def _look_again(*, actor: Actor, at: datetime, go_on: Callable[[], bool]) -> None:
    """Payouts that the list does not reach any more and that are on their way, or not itemised, each once a day. Network."""
    unfinished = Q(state=Payout.State.IN_TRANSIT) | Q(state=Payout.State.PAID, automatic=True, itemised=False)
    old = Payout.objects.filter(unfinished, created__lt=at - REACH, looked_up_at__lte=at - AGAIN)
    for payout in old.order_by("looked_up_at", "pk")[:PAGE]:
        if not go_on():
            return
        try:
            seen = gateway.fetch_payout(payout.stripe_payout)
        except gateway.Refused as trouble:
            log.warning("payout_not_fetched", payout=payout.stripe_payout, code=trouble.code)
            continue
        moving.apply([seen], actor=actor, at=at)


def _list(run: ReconciliationRun, *, actor: Actor, at: datetime) -> int:
    """One page of the list of payouts; returns how many were on it, 0 if a rival was faster."""
    page = list(islice(gateway.list_payouts(since=run.since, after=run.cursor or None), PAGE))
    with transaction.atomic():
        locked = ReconciliationRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if (locked.cursor, locked.read_to_end) != (run.cursor, run.read_to_end):
            return 0
        moving.apply(page, actor=actor, at=at)
        locked.cursor = page[-1].id if page else locked.cursor
        locked.read_to_end = len(page) < PAGE
        locked.payouts += len(page)
        locked.save(update_fields=["cursor", "read_to_end", "payouts"])
    return len(page)
