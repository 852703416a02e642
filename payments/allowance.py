"""How many charges a second may we ask of Stripe, all workers together: an allowance kept in Valkey.

Constraints: never more than N in any second, whichever second one looks at; the same for any number of workers; closed,
not open, when Valkey does not answer or has forgotten everything.

Design: one value, the time of the next free slot; slots lie a little more than 1/N apart, so there are no bursts (GCRA).
Whoever asks is given the next slot, at most HORIZON ahead, sleeps until it comes and leaves with it. Who is woken later
than LATE has lost it: then even the requests that left late with those that left in time are no more than N in a second
(SHARE × (1 + LATE) ≤ 1). When the value is not there (a first start, a flush, an older copy restored) the first slot lies
a whole second ahead: by then every slot given before is past. Times are Valkey's own: workers need no common clock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Protocol

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

#: Of N slots a second as many are given out; the rest is room for requests that leave a little late.
SHARE = 0.97
#: Seconds after its slot in which a request may still leave.
LATE = 0.03
#: Seconds for which slots are given ahead; well under the second for which the gate is shut after a flush.
HORIZON = 0.5
#: Seconds without anybody asking after which the value is forgotten, and the gate shut for a second at the next asking.
IDLE = 1.0
#: Seconds for which a caller waits for a slot before it hears that there is none.
PATIENCE = 10.0

#: KEYS[1]: the next free slot. ARGV: seconds between slots, horizon, idle. Answers the wait in microseconds; a negative
#: one: no slot is given, ask again after so long. Whole microseconds: doubles in Lua keep them exactly.
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local spacing, horizon, idle = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = tonumber(redis.call('GET', KEYS[1]))
if not free then
    free = now + 1000000
    redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', math.ceil((1000000 + idle) / 1000))
    return -(free - now)
end
local slot = math.max(free, now)
if slot - now > horizon then
    return -(slot - now - horizon) - 1
end
redis.call('SET', KEYS[1], string.format('%.0f', slot + spacing), 'PX', math.ceil((slot + spacing - now + idle) / 1000))
return slot - now
"""


class Allowance(Protocol):
    """Permission to ask Stripe for one charge, now."""

    def take(self) -> bool:
        """Wait for permission; False: there is none, and nothing may be asked."""
        ...

    def is_open(self) -> bool:
        """Whether it is worth preparing charges at all."""
        ...


class SharedAllowance:
    """The allowance of everybody who names the same key in the same Valkey."""

    def __init__(
        self,
        *,
        per_second: int | None = None,
        url: str = "",
        key: str = "stripe:charges",
        patience: float = PATIENCE,
    ) -> None:
        rate = per_second or settings.STRIPE_CHARGES_A_SECOND
        self._key, self._patience = key, patience
        self._valkey = redis.Redis.from_url(
            url or settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        self._take: Callable[..., Any] = self._valkey.register_script(TAKE)
        self._arguments = [round(1_000_000 / (rate * SHARE)), round(HORIZON * 1_000_000), round(IDLE * 1_000_000)]

    def take(self) -> bool:
        """Wait for a slot, at most for the patience; False when none came or Valkey does not answer.

        May be called by many threads at once. Sleeps.
        """
        end = time.monotonic() + self._patience
        while True:
            asked = time.monotonic()
            try:
                wait = int(self._take(keys=[self._key], args=self._arguments)) / 1_000_000
            except (RedisError, OSError) as trouble:
                log.warning("allowance_closed", trouble=type(trouble).__name__)
                return False
            answered = time.monotonic()
            if wait < 0:
                # Not all at the same instant again.
                pause = -wait + random.uniform(0, 0.01)  # noqa: S311  # no secret
                if answered + pause > end:
                    return False
                time.sleep(pause)
                continue
            time.sleep(max(0.0, answered + wait - time.monotonic()))
            # The slot was fixed at some instant between asking and answering: early is measured from the one, late
            # from the other.
            if time.monotonic() - (asked + wait) <= LATE:
                return True
            if time.monotonic() > end:
                return False

    def is_open(self) -> bool:
        """Whether Valkey answers."""
        try:
            return bool(self._valkey.ping())
        except (RedisError, OSError) as trouble:
            log.warning("allowance_closed", trouble=type(trouble).__name__)
            return False

    def close(self) -> None:
        """Let the connections go."""
        self._valkey.close()


class Unlimited:
    """For a till that has no limit: the simulation and the bench of a till that answers at once."""

    def take(self) -> bool:
        """Always, at once."""
        return True

    def is_open(self) -> bool:
        """Always."""
        return True
