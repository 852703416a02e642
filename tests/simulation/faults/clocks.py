"""The clock of the jobs stands still, and Valkey forgets everything."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import redis
from django.conf import settings

from tests.simulation.registry import fault
from tests.simulation.shop import Shop

HOUR = timedelta(hours=1)


def _stop(shop: Shop, pause: timedelta) -> str:
    shop.stopped_until = max(shop.stopped_until, shop.clock.now + pause)
    shop.unsettle(pause + timedelta(days=2))
    shop.agenda.add(shop.clock.now + pause + timedelta(minutes=1), shop.timetable.turn)
    return f"no job runs for {pause}"


@fault("scheduler stopped 1 hour", a_year=12, traffic=False)
def an_hour(shop: Shop, chance: Random) -> str:
    """A release that went wrong."""
    return _stop(shop, HOUR)


@fault("scheduler stopped 3 days", a_year=1.5, traffic=False)
def three_days(shop: Shop, chance: Random) -> str:
    """A long weekend."""
    return _stop(shop, 72 * HOUR)


@fault("scheduler stopped 40 days", a_year=0.4, traffic=False)
def forty_days(shop: Shop, chance: Random) -> str:
    """Nobody looked."""
    return _stop(shop, timedelta(days=40))


@fault("Valkey flushed", a_year=12, traffic=False)
def flushed(shop: Shop, chance: Random) -> str:
    """Limits, sessions' copies and the allowance are forgotten; for a moment nobody may be charged."""
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        valkey.flushdb()
    shop.valkey_lost_until = shop.clock.now + timedelta(minutes=5)
    shop.timetable.stirred()
    return "Valkey has forgotten everything"
