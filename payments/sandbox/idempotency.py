"""Idempotency keys as documented (https://docs.stripe.com/api/idempotent_requests).

The first executed request's status and body are answered again for its key, 402 and 500 included, for 24 hours of the
stand-in's clock; another request under the key is refused; one still running makes the second wait no longer than a
409. Requests refused before they executed leave the key unused.
"""

import hashlib

from payments.sandbox.errors import ApiError, malformed
from payments.sandbox.wire import Response
from payments.sandbox.world import World

KEPT = 24 * 3600
LONGEST = 255


class Keys:
    """The keys in use and those remembered; every method is called under the world's lock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: set[str] = set()

    def begin(self, key: str, method: str, path: str, form: str) -> Response | None:
        """The remembered answer, or None after noting that the key is in use. Raises 400 on mismatch, 409 in use."""
        if len(key) > LONGEST:
            raise malformed(f"Idempotency keys can have at most {LONGEST} characters.")
        if key in self._running:
            raise ApiError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                code="idempotency_key_in_use",
                executed=False,
            )
        kept = self._world.store.get("_idempotency", key)
        if kept is not None and kept["made"] <= self._world.clock.now() - KEPT:
            self._world.store.remove(kept)
            kept = None
        if kept is None:
            self._running.add(key)
            return None
        if kept["print"] != _print(method, path, form):
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                kind="idempotency_error",
                executed=False,
            )
        headers = {"Idempotent-Replayed": "true", "Original-Request": kept["request"]}
        return Response(kept["status"], kept["body"].encode(), headers)

    def remember(self, key: str, method: str, path: str, form: str, response: Response) -> None:
        """Keep the answer for later requests under the key."""
        self._world.store.add(
            {
                "object": "_idempotency",
                "id": key,
                "made": self._world.clock.now(),
                "print": _print(method, path, form),
                "status": response.status,
                "body": response.body.decode(),
                "request": response.headers["Request-Id"],
            }
        )
        self._running.discard(key)
        self._forget_old()

    def release(self, key: str) -> None:
        """The request ended without having executed."""
        self._running.discard(key)

    def _forget_old(self) -> None:
        limit = self._world.clock.now() - KEPT
        for kept in self._world.store.first("_idempotency", 5):
            if kept["made"] > limit:
                break
            self._world.store.remove(kept)


def _print(method: str, path: str, form: str) -> str:
    return hashlib.sha256(f"{method} {path}\n{form}".encode()).hexdigest()
