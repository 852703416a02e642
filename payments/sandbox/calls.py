"""One API call as its handler sees it, the route that leads to it, and what most handlers need."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from stripe._stripe_service import StripeService

from payments.sandbox.errors import malformed
from payments.sandbox.store import Obj
from payments.sandbox.wire import Upload
from payments.sandbox.world import World

KEYS, KEY_LENGTH, VALUE_LENGTH = 50, 40, 500


class Params(dict[str, Any]):
    """Checked parameters that note which of them were looked at, so that one nobody honours does not pass in silence."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(given)
        self._seen: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._seen.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's, noting the name."""
        self._seen.add(name)
        return super().get(name, default)

    def ignored(self) -> list[str]:
        """The given parameters that no one looked at."""
        return sorted(set(self) - self._seen)


@dataclass(frozen=True)
class Call:
    """`ids` are those of the path in order; `params` are checked and typed; `origin` is the stand-in's own address.

    `upload`: the file that came with it.
    """

    world: World
    path: str
    ids: tuple[str, ...]
    params: Params
    origin: str
    upload: Upload | None = None


@dataclass(frozen=True)
class Route:
    """The SDK's service method that sends this request, and the function that answers it."""

    service: type[StripeService]
    verb: str
    answer: Callable[[Call], Obj]


def described(params: dict[str, Any], names: Iterable[str]) -> Obj:
    """The given ones of `names`; an empty string unsets."""
    return {name: None if params[name] == "" else params[name] for name in names if name in params}


def with_metadata(obj: Obj, call: Call) -> Obj:
    """`{"metadata": merged}` when metadata was given: an empty value removes its key, "" removes all."""
    if "metadata" not in call.params:
        return {}
    given = call.params["metadata"]
    return {"metadata": merged_metadata(obj.get("metadata", {}), given)}


def merged_metadata(before: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update. Raises 400 beyond 50 keys, 40 characters a key or 500 a value."""
    merged = {} if given == "" else {**before, **given}
    kept = {key: value for key, value in merged.items() if value != ""}
    if len(kept) > KEYS:
        raise malformed(f"Metadata can have at most {KEYS} keys.", param="metadata")
    for key, value in kept.items():
        if len(key) > KEY_LENGTH or len(value) > VALUE_LENGTH:
            raise malformed(
                f"Metadata keys can have up to {KEY_LENGTH} characters and values up to {VALUE_LENGTH}.",
                param=f"metadata[{key}]",
            )
    return kept
