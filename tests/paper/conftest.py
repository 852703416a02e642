"""The stand-in for Stripe, and the letters by e-mail, which go into a list."""

from __future__ import annotations

from tests.letters.conftest import outbox
from tests.purchase.conftest import hear, offers, till
from tests.sandbox.fixtures import standin

__all__ = ["hear", "offers", "outbox", "standin", "till"]
