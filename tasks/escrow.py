"""Jobs about files that leave the shop: the escrow of each night, and closed files on their way to the mailing house."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from payments.actors import job
from payments.days import PARIS, paris_day
from shop.watch.runs import running
from subscriptions.escrow import holders, keeping, rehearsing
from subscriptions.transmitting.sending import send
from tasks.promise import alone

#: The hour in Paris from which on the file of a day is written: before it, that of the day before is the newest.
NIGHT = 1
#: Of one round: each may wait for a server.
FILES = 2


class NoEscrow(RuntimeError):
    """Tonight's file is not written, or the newest cannot be opened: the alarm of the job tells of it."""


@shared_task(name="escrow")
def escrow() -> None:
    with alone("escrow") as first:
        if first:
            _escrow()


def _escrow() -> None:
    with running("escrow") as summary:
        at, actor = timezone.now(), job("escrow")
        if not keeping.configured():
            summary.text = "no escrow is configured"
            return
        if at.astimezone(PARIS).hour < NIGHT:
            summary.text = "not yet"
            return
        kept = keeping.keep(on=paris_day(at), actor=actor, at=at)
        ending = holders.watch(actor=actor, at=at)
        row = rehearsing.due(at=at)
        opened = rehearsing.rehearse(row, actor=actor, at=at) if row else None
        summary.text = f"{kept}, {ending} certificates end"
        if not kept.there or (opened is not None and not opened.succeeded):
            raise NoEscrow(summary.text)


@shared_task(name="transmissions")
def transmissions() -> None:
    """One run at a time: a server that hangs holds one child of the worker, never all of them."""
    with alone("transmissions") as first:
        if first:
            with running("transmissions") as summary:
                summary.text = f"{send(FILES, actor=job('transmissions'), at=timezone.now())}"
