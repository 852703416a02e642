from __future__ import annotations

import pytest

from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk
from tests.bank.files import IBAN
from tests.purchase.conftest import hear, offers
from tests.reconciliation.conftest import till
from tests.sandbox.fixtures import standin

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "hear", "offers", "standin", "till"]


@pytest.fixture(autouse=True)
def _our_account(settings) -> None:
    settings.BANK_IBAN, settings.BANK_BIC = IBAN, "AGRIFRPP"
