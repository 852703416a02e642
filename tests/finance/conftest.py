from __future__ import annotations

from datetime import date, datetime, time

import pytest

from payments.days import PARIS
from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk
from tests.bank.files import IBAN
from tests.purchase.conftest import hear, offers
from tests.reconciliation.conftest import till
from tests.sandbox.fixtures import standin

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "hear", "offers", "standin", "till"]


@pytest.fixture(autouse=True)
def _our_account(settings) -> None:
    settings.BANK_IBAN, settings.BANK_BIC = IBAN, "AGRIFRPP"


@pytest.fixture
def time_machine_at(clock):
    """Lets it be ten o'clock in Paris on another day."""

    def to(day: date) -> None:
        clock.move_to(datetime.combine(day, time(10), PARIS))

    return to
