"""Which periods are held against Stripe, and how far each has come.

Every night from two o'clock: all charges since fifteen days before the last mirror that came to its end, for a debit
succeeds up to fourteen days after its charge was made (stripe.md) and a night may be missed. Once a month: thirteen
months, for so long may a charge still be given back or contested. A run lists Stripe's charges, page by page, then holds
against them what our books received in the same period; after each page it has written down how far it is, so whoever
dies is followed by the next. Stripe allows a hundred readings a second; one after the other asks for twenty.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q

from payments.actors import Actor
from payments.days import PARIS, paris_day
from payments.mirroring.books import hold_books
from payments.mirroring.matters import close_settled
from payments.mirroring.stripe_list import read_list
from payments.models import MirrorRun

Kind = MirrorRun.Kind
#: What was charged a moment ago is settled in a moment.
SETTLING = timedelta(minutes=30)
OVERLAP = timedelta(days=15)
WIDE = timedelta(days=400)
#: The hour in Paris from which the night's mirror is held.
HOUR = 2


def mirror(*, actor: Actor, at: datetime, go_on: Callable[[], bool] = lambda: True) -> list[MirrorRun]:
    """Go on with what is begun and begin what is due at instant `at`; returns the runs that came to their end. Network.

    Outside any transaction; safe to repeat, to stop anywhere and to run twice at once. Raises what the gateway raises
    when Stripe does not answer: the next call goes on from there. One run after the other, the oldest first, whoever
    works at it: a charge remembers the run that saw it last, and two at once would each miss what the other took.
    """
    for kind, since in ((Kind.NIGHTLY, _last(at, monthly=False)), (Kind.MONTHLY, _last(at, monthly=True))):
        _begin(kind, since, at=at)
    finished = []
    while run := MirrorRun.objects.filter(finished_at=None).order_by("pk").first():
        while not run.read_to_end and go_on():
            read_list(run, actor=actor, at=at)
        while run.read_to_end and run.finished_at is None and go_on():
            if not hold_books(run, actor=actor, at=at):
                _finish(run, actor=actor, at=at)
        if run.finished_at is None:
            break
        finished.append(run)
    return finished


def _last(at: datetime, *, monthly: bool) -> datetime:
    """The last night (the last first night of a month) that had come at instant `at`."""
    day = paris_day(at)
    if at.astimezone(PARIS).hour < HOUR:
        day -= timedelta(days=1)
    if monthly:
        day = day.replace(day=1)
    return datetime.combine(day, time(HOUR), tzinfo=PARIS).astimezone(UTC)


@transaction.atomic
def _begin(kind: str, since_due: datetime, *, at: datetime) -> None:
    """Begin the run that was due at `since_due`, unless one of its kind is going on or was begun since.

    One worker after the other: the second may come when the first has ended the run already.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('begin-mirror'))")
    runs = MirrorRun.objects.filter(kind=kind)
    if runs.filter(Q(finished_at=None) | Q(started_at__gte=since_due)).exists():
        return
    until = at.astimezone(UTC) - SETTLING  # hours that pass, be it a night in which the clock is changed
    last = runs.filter(finished_at__isnull=False).order_by("-until").first()
    since = until - WIDE
    if kind == Kind.NIGHTLY and last is not None:
        since = max(since, min(last.until, until) - OVERLAP)
    MirrorRun.objects.create(kind=kind, since=since, until=until, started_at=at)


@transaction.atomic
def _finish(run: MirrorRun, *, actor: Actor, at: datetime) -> None:
    """The run has come to its end: what it saw put right is taken off the desk."""
    locked = MirrorRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.finished_at is None:
        close_settled(locked, actor=actor, at=at)
        locked.finished_at = at
        locked.save(update_fields=["finished_at"])
    run.refresh_from_db()
