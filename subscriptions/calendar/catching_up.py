"""Which issue each copy comes with, once some that were held have missed theirs: in order, and none is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def catch_up(numbers: Sequence[int | None], *, sendable: Iterable[int]) -> tuple[int | None, ...]:
    """The issues of copies still to come, in their order, when those that cannot be sent any more come later instead.

    `numbers`: what they come with today, None while not planned; `sendable`: every issue that these copies may take. A copy
    keeps its issue unless that has gone, or one before it needs it. None: its issue is not planned yet.
    """
    free = sorted(sendable)
    found: list[int | None] = []
    last = 0
    for number in numbers:
        wanted = max(number or 0, last + 1)
        given = next((one for one in free if one >= wanted), None)
        found.append(given)
        last = given if given is not None else max(last, free[-1] if free else 0)
    return tuple(found)
