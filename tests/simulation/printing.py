"""The press rests in a simulation: a document is the hash of what would be printed. What it looks like others prove."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from payments.invoicing import rendering
from subscriptions.notices import declaration_pdf, legal_pdf


def _print(template: Path, facts: Any, *, on: date, **more: Any) -> bytes:
    said = json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)
    return f"%PDF {template.name} {on} {hashlib.sha256(said.encode()).hexdigest()}".encode()


@contextmanager
def canned() -> Iterator[None]:
    """Whatever is set inside is its own hash."""
    rooms: tuple[Any, ...] = (rendering, declaration_pdf, legal_pdf)
    kept = [room.typeset for room in rooms]
    for room in rooms:
        room.typeset = _print
    rendering_module: Any = rendering
    mark = rendering_module.marked
    rendering_module.marked = bytes
    legal_pdf._set.cache_clear()
    try:
        yield
    finally:
        for room, typeset in zip(rooms, kept, strict=True):
            room.typeset = typeset
        rendering_module.marked = mark
        legal_pdf._set.cache_clear()
