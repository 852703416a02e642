"""Jobs of the ground floor: each opens one door and goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from payments import charging, disputing, eu_meter, fees, gateway, looking_up, parked, refunds
from payments.actors import job
from payments.answering import deadlines, sending
from payments.chorus import watching
from payments.closing import anchoring, days
from payments.days import paris_day
from payments.ereporting.materialising import materialise
from payments.exports.requesting import make_waiting
from payments.ledger import carrying_over
from payments.mirroring.running import mirror
from payments.models import Payment
from payments.months import freezing
from payments.reconciliation.at_bank import match_arrivals
from payments.reconciliation.overdue import watch
from payments.reconciliation.running import reconcile
from payments.sealing import journal, sealing
from payments.webhooks import catching_up, processing
from shop.watch.runs import last_success, running

log = structlog.get_logger(__name__)
Row = TypeVar("Row")
BATCH = 50
# Well under the time limit of a task: a round that is not finished goes on in the next one.
SECONDS = 90


class Silence(RuntimeError):
    """Stripe answered nothing at all: the run has not succeeded, and its silence becomes an alarm in its time."""


def _for_a_while() -> Callable[[], bool]:
    end = time.monotonic() + SECONDS
    return lambda: time.monotonic() < end


@shared_task(name="stripe-events")
def stripe_events() -> None:
    with running("stripe-events") as summary:
        done, go_on = 0, _for_a_while()
        while go_on() and (closed := processing.process(at=timezone.now(), limit=BATCH, go_on=go_on)) > 0:
            done += closed
        summary.text = f"{done} events"


@shared_task(name="unknown-payments")
def unknown_payments() -> None:
    with running("unknown-payments") as summary:
        summary.text = look_up_due()


@shared_task(name="order-expiry")
def order_expiry() -> None:
    with running("order-expiry") as summary:
        gone = charging.abandon_uncalled(at=timezone.now(), limit=BATCH)
        summary.text = f"{gone} never sent to Stripe, {look_up_due()}"


def look_up_due() -> str:
    """Ask Stripe about every payment that is due for it."""

    def ask(payment: Payment) -> None:
        looking_up.look_up(payment, actor=job("unknown-payments"), at=timezone.now())

    return _ask_about(looking_up.due(at=timezone.now(), limit=BATCH), ask)


@shared_task(name="refunds")
def send_refunds() -> None:
    def ask(refund_id: int) -> None:
        refunds.send(refund_id, actor=job("refunds"), at=timezone.now())

    with running("refunds") as summary:
        summary.text = _ask_about(refunds.due(at=timezone.now(), limit=BATCH), ask)


@shared_task(name="disputes")
def follow_disputes() -> None:
    def ask(dispute: tuple[str, int]) -> None:
        disputing.look_up(*dispute, actor=job("disputes"), at=timezone.now())

    def give(answer_id: int) -> None:
        sending.send(answer_id, actor=job("disputes"), at=timezone.now())

    with running("disputes") as summary:
        at = timezone.now()
        near = deadlines.watch(on=paris_day(at), at=at, actor=job("disputes"))
        answered = _ask_about(sending.due(at=at, limit=BATCH), give)
        asked = _ask_about(disputing.due(at=at, limit=BATCH), ask)
        summary.text = f"{near} near; answers: {answered}; disputes: {asked}"


def _ask_about(rows: Iterable[Row], ask: Callable[[Row], None]) -> str:
    """Ask about each; one that fails does not stand in the way of the others. Raises Silence if Stripe answers nobody.

    The round ends when Stripe is silent twice running, or after its time: other jobs want the worker.
    """
    asked = silent = failed = running_silent = 0
    go_on = _for_a_while()
    for row in rows:
        if running_silent == processing.ENOUGH or not go_on():
            break
        try:
            ask(row)
            asked, running_silent = asked + 1, 0
        except gateway.GatewayFault:
            silent, running_silent = silent + 1, running_silent + 1
        except SoftTimeLimitExceeded:
            raise
        except Exception as trouble:
            failed += 1
            log.exception("look_up_failed", trouble=type(trouble).__name__)
    summary = f"{asked} looked up, {silent} without an answer, {failed} failed"
    if (silent or failed) and not asked:
        raise Silence(summary)
    return summary


@shared_task(name="parked-effects")
def parked_effects() -> None:
    with running("parked-effects") as summary:
        summary.text = f"{parked.retry(actor=job('parked-effects'), at=timezone.now())} served"


@shared_task(name="event-catch-up")
def event_catch_up() -> None:
    with running("event-catch-up") as summary:
        known = last_success("event-catch-up")
        found = catching_up.catch_up(at=timezone.now(), complete_until=known)
        summary.text = f"{found} events had been missed"


@shared_task(name="balance-movements")
def balance_movements() -> None:
    with running("balance-movements") as summary:
        kept = fees.read_movements(
            actor=job("balance-movements"), at=timezone.now(), complete_until=last_success("balance-movements")
        )
        summary.text = f"{kept} new lines"


@shared_task(name="stripe-mirror")
def stripe_mirror() -> None:
    with running("stripe-mirror") as summary:
        finished = mirror(actor=job("stripe-mirror"), at=timezone.now(), go_on=_for_a_while())
        said = [f"{run.kind}: {run.ours} ours, {run.foreign} foreign, {run.differences} differ" for run in finished]
        summary.text = "; ".join(said) or "nothing came to its end"


@shared_task(name="seals")
def seal() -> None:
    with running("seals") as summary:
        at = timezone.now()
        changed = journal.watch(settings.SOFTWARE_VERSION, actor=job("seals"), at=at)
        summary.text = f"{sealing.seal_all(at=at)} rows sealed, {changed} technical events"


@shared_task(name="close-day")
def close_day() -> None:
    with running("close-day") as summary:
        at = timezone.now()
        carrying_over.carry_over(on=paris_day(at), actor=job("close-day"), at=at)
        closed = days.close_days(actor=job("close-day"), at=at)
        summary.text = f"{closed} days closed, {anchoring.send_due(at=timezone.now())}"


@shared_task(name="month-figures")
def freeze_months() -> None:
    with running("month-figures") as summary:
        summary.text = f"{freezing.freeze_due(actor=job('month-figures'), at=timezone.now())} months frozen"


@shared_task(name="payouts")
def read_payouts() -> None:
    with running("payouts") as summary:
        try:
            done = reconcile(actor=job("payouts"), at=timezone.now(), go_on=_for_a_while())
        finally:  # what is here finds its line whether Stripe answers or not
            here = match_arrivals(actor=job("payouts"), at=timezone.now())
        overdue = watch(actor=job("payouts"), at=timezone.now())
        summary.text = (
            f"{done.payouts} payouts, {done.movements} movements read, {done.explained} explained, {done.found} differ, "
            f"{here} at the bank, {overdue} not as they should be there"
        )


@shared_task(name="chorus-pro")
def chorus_pro() -> None:
    with running("chorus-pro") as summary:
        at = timezone.now()
        begun = watching.begin(at=at, limit=1000)
        matters = watching.watch(on=paris_day(at), at=at, actor=job("chorus-pro"))
        summary.text = f"{begun} to deposit, {matters} on the desk"


@shared_task(name="e-report")
def e_report() -> None:
    with running("e-report") as summary:
        at = timezone.now()
        summary.text = f"{materialise(until=paris_day(at) - timedelta(days=1), at=at)} rows"


@shared_task(name="eu-meter")
def eu_threshold() -> None:
    with running("eu-meter") as summary:
        at = timezone.now()
        summary.text = f"{eu_meter.watch(on=paris_day(at), at=at)} thresholds reached"


# A file of a year with a million lines takes some minutes; still well under the time after which a task is given away.
@shared_task(name="accountant-files", soft_time_limit=600, time_limit=660)
def accountant_files() -> None:
    with running("accountant-files") as summary:
        made = make_waiting(actor=job("accountant-files"), now=timezone.now, go_on=_for_a_while())
        summary.text = f"{made} files settled"
