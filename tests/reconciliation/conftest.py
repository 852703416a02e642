from __future__ import annotations

import pytest

from tests.purchase import conftest as purchase
from tests.purchase.conftest import hear, offers
from tests.sandbox.fixtures import RunningStandIn, standin

__all__ = ["hear", "offers", "standin"]


@pytest.fixture
def till(standin: RunningStandIn, settings) -> RunningStandIn:
    """The stand-in, whose clock moves only when told: the shop looks at it from days to come."""
    standin.command("POST", "clock", frozen=True)
    return purchase.till.__wrapped__(standin, settings)
