"""Wait for the end of processes that are not ours, without sleeping."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterable


def all_ended(pids: Iterable[int], within: float) -> list[int]:
    """Those of `pids` that still run after `within` seconds. A process nobody reaped has ended."""
    waiting = {}
    poll = select.poll()
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        waiting[descriptor] = pid
        poll.register(descriptor, select.POLLIN)
    end = time.monotonic() + within
    while waiting and (left := end - time.monotonic()) > 0:
        for descriptor, _event in poll.poll(left * 1000):
            poll.unregister(descriptor)
            del waiting[descriptor]
            os.close(descriptor)
    for descriptor in waiting:
        os.close(descriptor)
    return sorted(waiting.values())
