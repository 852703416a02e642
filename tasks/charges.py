"""Jobs of renewals that are charged: what falls due, the charge itself, and the end of what was not paid."""

from __future__ import annotations

import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from payments.actors import job
from payments.allowance import SharedAllowance
from payments.days import paris_day
from shop.backoffice.bulk_carrying import carry_out
from shop.watch.runs import running
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.renewals import charging, comparing, falling_due, lapsing, planning, unsigned

# Well under the time limit of a task, with the last answers of Stripe to come: what is left goes on in the next round.
SECONDS = 90
# Renewals of one transaction.
RENEWALS = 500


class Shut(RuntimeError):
    """The allowance cannot be asked: nobody is charged, and the silence of the job becomes an alarm in its time."""


def _for_a_while() -> Callable[[], bool]:
    end = time.monotonic() + SECONDS
    return lambda: time.monotonic() < end


@shared_task(name="renewal-due")
def renewal_due() -> None:
    with running("renewal-due") as summary:
        at, actor = timezone.now(), job("renewal-due")
        # First: what is due does not follow its plan any more, and a copy that has not left holds up the charge.
        planning.plan(on=paris_day(at), at=at, actor=actor, limit=RENEWALS)
        fallen = falling_due.fall_due(on=paris_day(at), at=at, actor=actor, go_on=_for_a_while())
        summary.text = f"{fallen}, {assign_planned(actor=actor, at=at)} copies given their issue"


@shared_task(name="renewal-charge")
def renewal_charge() -> None:
    with running("renewal-charge") as summary:
        at = timezone.now()
        if not charging.charging_hours(at):
            summary.text = "not at this hour"
            return
        if unsigned.held(paris_day(at)):
            summary.text = "held: nobody has signed the rehearsal of this day"
            return
        allowance = SharedAllowance()
        try:
            if not allowance.is_open():
                raise Shut("Valkey does not answer")
            summary.text = str(
                charging.charge_due(
                    at=at, now=timezone.now, allowance=allowance, actor=job("renewal-charge"), go_on=_for_a_while()
                )
            )
        finally:
            allowance.close()


@shared_task(name="bulk-acts")
def bulk_acts() -> None:
    with running("bulk-acts") as summary:
        summary.text = f"{carry_out(now=timezone.now, go_on=_for_a_while())} rows settled"


@shared_task(name="rehearsals")
def rehearsals() -> None:
    with running("rehearsals") as summary:
        at = timezone.now()
        warned = unsigned.warn_unsigned(on=paris_day(at), at=at)
        written = comparing.report(at=at, actor=job("rehearsals"))
        summary.text = f"{written} compared{', today is charged unsigned' if warned else ''}"


@shared_task(name="renewal-lapse")
def renewal_lapse() -> None:
    with running("renewal-lapse") as summary:
        at = timezone.now()
        ended = lapsing.lapse(on=paris_day(at), at=at, actor=job("renewal-lapse"), go_on=_for_a_while())
        summary.text = f"{ended} lapsed"
