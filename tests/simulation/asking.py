"""Acts that the shop has to refuse: asked all the same, and the refusal is looked at."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError


def refused(kind: type[ValidationError], code: str, ask: Callable[[], object]) -> None:
    """Ask, and expect this very sentence. Raises AssertionError if it was done, and whatever else was said."""
    try:
        ask()
    except kind as sentence:
        if getattr(sentence, "code", "") != code or not all(sentence.messages):
            raise
    else:
        raise AssertionError(f"{kind.__name__} ({code}) was to be said, and it was done")
