"""How many charges a second may we ask of Stripe, all workers together: an allowance kept in Valkey.

Constraints: never more than N in any second, whichever second one looks at; the same for any number of workers; closed,
not open, when Valkey does not answer or has forgotten everything.

Design: a log of slots, the times at which requests leave. The next slot lies at least WINDOW after the Nth one before it,
so N + 1 of them never lie closer; whoever is given it, at most HORIZON ahead, sleeps until it comes and leaves with it.
Who is woken more than LATE after it gives it back, as if it had never been: what leaves is then at most LATE after its
slot, and N + 1 requests still span a whole second (WINDOW − LATE = 1). A little distance between slots (SPACING of an even
spread) keeps bursts away. When the log is not there (a first start, a flush, an older copy restored) the first slot lies
a whole second ahead: by then every slot given before is past. Times are Valkey's own: workers need no common clock.
"""

from __future__ import annotations

import random
import secrets
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

#: Seconds after its slot in which a request may still leave.
LATE = 0.03
#: Seconds that N + 1 slots span at least.
WINDOW = 1 + LATE
#: Distance of two slots, as a part of what an even spread would give: what was given back can be caught up.
SPACING = 0.6
#: Seconds for which slots are given ahead; well under the second for which the gate is shut after a flush.
HORIZON = 0.5
#: Seconds without anybody asking after which the log is forgotten, and the gate shut for a second at the next asking.
IDLE = 1.0
#: Seconds for which a caller waits for a slot before it hears that there is none.
PATIENCE = 10.0

#: KEYS[1]: the log, slots by their time. ARGV, times in microseconds: who asks, N, spacing, window, horizon, idle. Answers
#: the wait; a negative one: no slot is given, ask again after so long. Doubles in Lua keep whole microseconds exactly.
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local rate, spacing, window = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local horizon, idle = tonumber(ARGV[5]), tonumber(ARGV[6])
if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + 1000000), 'shut')
    redis.call('PEXPIRE', KEYS[1], math.ceil((1000000 + idle) / 1000))
    return -1000000
end
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local before = redis.call('ZREVRANGE', KEYS[1], rate - 1, rate - 1, 'WITHSCORES')
local slot = now
if last[1] == 'shut' then
    slot = math.max(now, tonumber(last[2]))
elseif last[1] then
    slot = math.max(now, last[2] + spacing)
end
if before[1] and before[1] ~= 'shut' then
    slot = math.max(slot, before[2] + window)
end
if slot - now > horizon then
    return -(slot - now - horizon) - 1
end
redis.call('ZADD', KEYS[1], string.format('%.0f', slot), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -rate - 2)
redis.call('PEXPIRE', KEYS[1], math.ceil((slot - now + idle) / 1000))
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
        times = (SPACING / rate, WINDOW, HORIZON, IDLE)
        self._arguments = [rate, *(round(seconds * 1_000_000) for seconds in times)]

    def take(self) -> bool:
        """Wait for a slot, at most for the patience; False when none came or Valkey does not answer.

        May be called by many threads at once. Sleeps.
        """
        end = time.monotonic() + self._patience
        while True:
            asked, who = time.monotonic(), secrets.token_hex(8)
            try:
                wait = int(self._take(keys=[self._key], args=[who, *self._arguments])) / 1_000_000
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
            if not self._give_back(who) or time.monotonic() > end:
                return False

    def _give_back(self, who: str) -> bool:
        """A slot with which nothing left; False when Valkey does not answer."""
        try:
            self._valkey.zrem(self._key, who)
        except (RedisError, OSError) as trouble:
            log.warning("allowance_closed", trouble=type(trouble).__name__)
            return False
        return True

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
