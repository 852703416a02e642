"""Turning the clockwork by hand: the bodies of the real jobs, in the order and with the patience of the timetable."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from tasks import money

JOBS = (
    money.stripe_events,
    money.unknown_payments,
    money.order_expiry,
    money.send_refunds,
    money.parked_effects,
    money.event_catch_up,
    money.balance_movements,
)


def turn() -> None:
    """Run every money job once, now."""
    for job in JOBS:
        job()


def let_time_pass(*steps: timedelta) -> None:
    """Move the clock on step by step, turning the clockwork after each. Default: minutes, hours, then two days."""
    for step in steps or (timedelta(minutes=6), timedelta(minutes=12), timedelta(hours=2), timedelta(days=2)):
        with time_machine.travel(timezone.now() + step, tick=True):
            turn()
