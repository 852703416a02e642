"""Pages of a list: newest first, `limit`, `starting_after`, `ending_before`, and `created` by bounds."""

from collections.abc import Callable, Iterable
from itertools import dropwhile, islice, takewhile
from typing import Any

from payments.sandbox.errors import malformed
from payments.sandbox.store import Obj

LARGEST = 100
USUAL = 10
_BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda made, bound: made > bound,
    "gte": lambda made, bound: made >= bound,
    "lt": lambda made, bound: made < bound,
    "lte": lambda made, bound: made <= bound,
}


def page(url: str, newest: Iterable[Obj], params: dict[str, Any], *, only: Callable[[Obj], bool] | None = None) -> Obj:
    """One page of a list object; its data are kept objects, rendered later. Raises a 400 for a wrong limit or cursor."""
    limit = params.get("limit", USUAL)
    if not 1 <= limit <= LARGEST:
        raise malformed(f"This value must be between 1 and {LARGEST}.", param="limit", code="parameter_invalid_integer")
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise malformed("You can only specify one of these parameters: starting_after, ending_before.")
    pool: Iterable[Obj] = newest
    if before:
        pool = takewhile(lambda obj: obj["id"] != before, newest)
    elif after:
        pool = dropwhile(lambda obj: obj["id"] != after, newest)
        if next(iter(pool), None) is None:
            raise malformed(f"No such object: '{after}'", param="starting_after", code="resource_missing")
    wanted = (obj for obj in pool if (only is None or only(obj)) and _made_within(obj, params.get("created")))
    if before:
        newer = list(wanted)
        return _answer(url, newer[-limit:], len(newer) > limit)
    found = list(islice(wanted, limit + 1))
    return _answer(url, found[:limit], len(found) > limit)


def _made_within(obj: Obj, created: int | dict[str, int] | None) -> bool:
    if created is None:
        return True
    if isinstance(created, int):
        return bool(obj["created"] == created)
    return all(_BOUNDS[bound](obj["created"], instant) for bound, instant in created.items())


def _answer(url: str, data: list[Obj], more: bool) -> Obj:
    return {"object": "list", "data": data, "has_more": more, "url": url}
