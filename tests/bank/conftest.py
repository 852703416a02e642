"""The account whose statements come, and the desks."""

from __future__ import annotations

import pytest

from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk, offers
from tests.bank.files import IBAN

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "offers"]


@pytest.fixture(autouse=True)
def _our_account(settings) -> None:
    settings.BANK_IBAN, settings.BANK_BIC = IBAN, "AGRIFRPP"
