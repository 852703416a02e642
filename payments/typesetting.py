"""Typesetting: a template and plain data in, a PDF out; the same again is the same bytes."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).resolve().parent.parent
PRESS = Path(__file__).with_name("press.py")
# PDF/A-3: kept for ten years and ready to carry the XML of an electronic invoice. PDF/UA: read aloud in order.
STANDARDS = ("a-3a", "ua-1")


class NotSet(RuntimeError):
    """The template refused the facts, or the press ended over them."""


def typeset(template: Path, facts: Mapping[str, Any], *, on: date) -> bytes:
    """The PDF of `template` (a .typ file below ROOT) with `facts` under `sys.inputs.facts`, dated `on`.

    Data is handed over as JSON and never as markup, so nothing in it can be read as an instruction. Fonts are those
    inside typst: a machine's own fonts would change the bytes. Nothing is fetched. Raises NotSet.
    """
    request = {
        "template": str(template),
        "root": str(ROOT),
        "standards": STANDARDS,
        "at": datetime.combine(on, time(12), tzinfo=UTC).isoformat(),
        "facts": json.dumps(facts, ensure_ascii=False),
    }
    line = json.dumps(request).encode() + b"\n"
    with _turn:
        body = _ask(line) or _ask(line)  # it may just have left, or been killed: setting twice is setting once
    if not body:
        raise NotSet(f"The press ended over {template.name}.")
    return body


class _Press:
    """The program `payments/press.py`, running."""

    def __init__(self) -> None:
        # -I: what lies in the working folder or stands in PYTHON* must not change the bytes.
        command = [sys.executable, "-I", str(PRESS)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  # our own
        self._ask, self._hear = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def set(self, line: bytes) -> bytes | None:
        """The document asked for by `line`; None if the press has ended. Raises NotSet."""
        try:
            self._ask.write(line)
            self._ask.flush()
            answer = json.loads(self._hear.readline())
            body = self._hear.read(answer["size"])
        except (BrokenPipeError, json.JSONDecodeError):
            return None
        if answer["trouble"]:
            raise NotSet(answer["trouble"])
        return body if len(body) == answer["size"] else None

    def end(self) -> None:
        """End it, if it has not ended by itself."""
        self._process.kill()
        self._process.communicate()


_turn = threading.Lock()
_running: _Press | None = None


def _ask(line: bytes) -> bytes | None:
    global _running
    if _running is None:
        _running = _Press()
    body = None
    try:
        body = _running.set(line)
    finally:
        if body is None:  # also when our own time is up: the answer would be taken for that to the next request
            _end()
    return body


def _end() -> None:
    global _running
    ended, _running = _running, None
    if ended is not None:
        ended.end()


def _begin_in_child() -> None:
    """A forked process starts a press of its own."""
    global _running, _turn
    _running, _turn = None, threading.Lock()


atexit.register(_end)
os.register_at_fork(after_in_child=_begin_in_child)
