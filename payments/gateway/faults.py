"""What can go wrong at the door to Stripe, each by one name.

A decline is not here: a bank that says no is an answer (``IntentSeen.decline``), not a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GatewayFault(Exception):
    """Root of every fault of the gateway.

    ``code`` is Stripe's own error code ("" when it gave none), ``request_id`` the id to quote to Stripe's support.
    The text never holds Stripe's message: it may quote what a person typed.
    """

    def __init__(
        self,
        text: str,
        *,
        code: str = "",
        param: str = "",
        status: int = 0,
        request_id: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.param = param
        self.status = status
        self.request_id = request_id
        #: The error body as Stripe sent it; it may hold personal data, so it is neither printed nor logged.
        self.detail: Mapping[str, Any] = detail or {}

    def __reduce__(self) -> tuple[Any, ...]:
        # A fault may be pickled into a task's result: the body stays behind.
        return (type(self), self.args, {**self.__dict__, "detail": {}})


class Unknown(GatewayFault):
    """A time-out, a lost connection, a 5xx or a conflict: the act may have happened. Look it up, never repeat it."""


class Refused(GatewayFault):
    """Stripe refused the request itself (400, 402 outside a charge): our mistake. Nothing happened."""


class Missing(Refused):
    """Stripe knows no object by that id (404)."""


class KeyReused(Unknown):
    """The idempotency key was used before with other parameters: nothing happened now, but the earlier request may stand.

    A mistake of ours that must be told to somebody; meanwhile it is ``Unknown``, because only a look-up says what stands.
    """


class RateLimited(GatewayFault):
    """Stripe's allowance is used up (429). Nothing happened; the same key may be used again later."""


class NotConfigured(GatewayFault):
    """No key, a key Stripe does not accept (401, 403), or settings that must not go together. Nothing happened."""


class NetworkInsideTransaction(RuntimeError):
    """The gateway was called inside a database transaction: commit first (design, rule 2).

    Not a ``GatewayFault``: it is an error in our own code, which no handler of Stripe's moods may swallow.
    """


class ForgedEvent(GatewayFault):
    """A webhook whose signature is absent, wrong or too old, or whose body is no Stripe event."""
