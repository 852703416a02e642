"""The stand-in for a WSGI server: `gunicorn --threads 8 payments.sandbox.wsgi:application` (one worker only).

Constraint: with `--preload` this module is imported before the worker is forked, and a thread or a lock of the parent
would not survive that. So the stand-in itself begins in the worker: right after the fork, or else at the first request.
What is wrong with the environment is said at once, at import.
"""

import os
import threading
from collections.abc import Iterable
from typing import Any

from payments.sandbox.application import StandIn, StartResponse
from payments.sandbox.settings import from_environment
from payments.sandbox.store import refuse_shared

_settings = from_environment(os.environ)
refuse_shared(_settings.store)
_beginning = threading.Lock()
_begun: list[StandIn] = []


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """WSGI."""
    return _standin()(environ, start_response)


def _standin() -> StandIn:
    with _beginning:
        if not _begun:
            _begun.append(StandIn(_settings))
        return _begun[0]


def _begin_in_worker() -> None:
    if not _begun:
        _standin()


os.register_at_fork(after_in_child=_begin_in_worker)
