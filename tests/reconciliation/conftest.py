from __future__ import annotations

from tests.purchase.conftest import hear, offers, till
from tests.sandbox.fixtures import standin

__all__ = ["hear", "offers", "standin", "till"]
