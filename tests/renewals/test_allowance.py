"""The allowance that all workers share, on a real Valkey: no second above it, whoever asks, whatever is forgotten."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
import redis

from payments.allowance import HORIZON, LATE, SharedAllowance

N = 40
SHUT = "redis://127.0.0.1:1/0"


def fullest_second(instants: Sequence[float]) -> int:
    """The most that lie in any one second, wherever it begins."""
    ordered = sorted(instants)
    return max(sum(one <= other < one + 1 for other in ordered) for one in ordered)


def hurry(allowance: SharedAllowance, *, threads: int, count: int) -> list[float]:
    """So many threads, each always asking again, until `count` requests have left; when each of them left."""
    left: list[float] = []

    def ask() -> None:
        while len(left) < count and allowance.take():
            left.append(time.time())

    crew = [threading.Thread(target=ask) for _each in range(threads)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    return left


def test_two_workers_together_never_exceed_it_in_any_second(settings):
    """Two processes, as the pool has them, with more threads than slots."""
    fork = multiprocessing.get_context("fork")

    def work(out: Any) -> None:
        out.send(hurry(SharedAllowance(per_second=N), threads=30, count=75))

    pipes = [fork.Pipe(duplex=False) for _worker in range(2)]
    workers = [fork.Process(target=work, args=(out,)) for _into, out in pipes]
    for worker in workers:
        worker.start()
    left = [instant for into, _out in pipes for instant in into.recv()]
    for worker in workers:
        worker.join()
    assert len(left) >= 150
    assert fullest_second(left) <= N
    # And it is used: not much less than it allows.
    assert len(left) / (max(left) - min(left)) >= 0.85 * N


def test_without_it_the_same_haste_is_far_above(settings):
    """The negative control: the same threads, each with an allowance of its own."""
    apart: list[list[float]] = [[], []]

    def alone(place: int) -> None:
        apart[place] = hurry(SharedAllowance(per_second=N, key=f"apart:{place}"), threads=10, count=60)

    crew = [threading.Thread(target=alone, args=(place,)) for place in range(2)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert fullest_second([*apart[0], *apart[1]]) > N


def test_a_flush_shuts_the_gate_for_a_second(settings):
    """Slots given before the flush are used up before the first one after it: no second holds both in full."""
    valkey = redis.Redis.from_url(settings.REDIS_URL)
    flushed: list[float] = []
    left: list[float] = []

    def ask(allowance: SharedAllowance) -> None:
        while len(left) < 3 * N and allowance.take():
            left.append(time.time())
            if len(left) > N and not flushed:
                flushed.append(time.time())
                valkey.flushdb()

    allowances = [SharedAllowance(per_second=N) for _worker in range(2)]
    crew = [threading.Thread(target=ask, args=(allowances[place % 2],)) for place in range(20)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    [at] = flushed[:1]
    assert fullest_second(left) <= N
    after = [instant for instant in left if instant > at + HORIZON + LATE + 0.05]
    assert min(after) >= at + 1
    assert len([instant for instant in left if at < instant < at + 1]) <= (HORIZON + LATE) * N + 2


def test_a_first_start_waits_a_whole_second(settings):
    begun = time.monotonic()
    assert SharedAllowance(per_second=N).take()
    assert time.monotonic() - begun >= 1


def test_it_is_shut_when_valkey_does_not_answer():
    allowance = SharedAllowance(per_second=N, url=SHUT)
    assert not allowance.is_open()
    assert not allowance.take()


def test_whoever_waits_too_long_hears_that_there_is_none(settings):
    """At one a second, three at once: the patience of one second is not enough for all."""
    allowance = SharedAllowance(per_second=1, patience=1.5)
    assert allowance.take()
    heard: list[bool] = []
    crew = [threading.Thread(target=lambda: heard.append(allowance.take())) for _each in range(3)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert heard.count(True) <= 2
    assert False in heard


@pytest.mark.parametrize("rate", [1, 5, 25, 80, 100])
def test_the_room_for_late_leavers_is_enough(rate):
    """SHARE × (1 + LATE) ≤ 1: slots of one second and of the lateness before it are no more than the rate."""
    allowance = SharedAllowance(per_second=rate)
    spacing = allowance._arguments[0]
    assert -(-(1_000_000 + LATE * 1_000_000) // spacing) <= rate
