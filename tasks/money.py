"""Jobs of the ground floor: each opens one door and goes."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from payments import charging, fees, gateway, looking_up, parked, refunds
from payments.actors import job
from payments.webhooks import catching_up, processing
from shop.watch.runs import running

BATCH = 50


@shared_task(name="stripe-events")
def stripe_events() -> None:
    with running("stripe-events") as summary:
        done = 0
        while (closed := processing.process(at=timezone.now(), limit=BATCH)) > 0 and done < 20 * BATCH:
            done += closed
        summary.text = f"{done} events"


@shared_task(name="unknown-payments")
def unknown_payments() -> None:
    with running("unknown-payments") as summary:
        asked, silent = look_up_due()
        summary.text = f"{asked} looked up, {silent} without an answer"


@shared_task(name="order-expiry")
def order_expiry() -> None:
    with running("order-expiry") as summary:
        gone = charging.abandon_uncalled(at=timezone.now(), limit=BATCH)
        asked, _silent = look_up_due()
        summary.text = f"{gone} never sent to Stripe, {asked} looked up"


def look_up_due() -> tuple[int, int]:
    """Ask Stripe about every payment that is due for it; (asked, unanswered)."""
    asked = silent = 0
    for payment in looking_up.due(at=timezone.now(), limit=BATCH):
        try:
            looking_up.look_up(payment, actor=job("unknown-payments"), at=timezone.now())
            asked += 1
        except gateway.GatewayFault:
            silent += 1
    return asked, silent


@shared_task(name="refunds")
def send_refunds() -> None:
    with running("refunds") as summary:
        sent = silent = 0
        for refund_id in refunds.due(at=timezone.now(), limit=BATCH):
            try:
                refunds.send(refund_id, actor=job("refunds"), at=timezone.now())
                sent += 1
            except gateway.GatewayFault:
                silent += 1
        summary.text = f"{sent} refunds, {silent} without an answer"


@shared_task(name="parked-effects")
def parked_effects() -> None:
    with running("parked-effects") as summary:
        summary.text = f"{parked.retry(actor=job('parked-effects'), at=timezone.now())} served"


@shared_task(name="event-catch-up")
def event_catch_up() -> None:
    with running("event-catch-up") as summary:
        summary.text = f"{catching_up.catch_up(at=timezone.now())} events had been missed"


@shared_task(name="balance-movements")
def balance_movements() -> None:
    with running("balance-movements") as summary:
        kept = fees.read_movements(actor=job("balance-movements"), at=timezone.now())
        summary.text = f"{kept} new lines"
