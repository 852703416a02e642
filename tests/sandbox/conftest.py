"""The stand-in's own tests use the fixtures it offers to everyone."""

import pytest

from tests.sandbox.buying import session_params
from tests.sandbox.fixtures import standin, standin_inprocess

__all__ = ["standin", "standin_inprocess", "standin_page"]


@pytest.fixture
def standin_page(standin):
    """One visit to a fresh hosted page: `standin_page(card=…)` gives the session as created, and where the visit ended."""

    def visit(**filled_in):
        session = standin.client().v1.checkout.sessions.create(session_params())
        return session, standin.pay(session.url, **filled_in)

    return visit
