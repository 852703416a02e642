"""The desks and the account of these stories: colleagues with both factors, and a shop that sells one magazine."""

from __future__ import annotations

from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk, offers
from tests.bank.conftest import _our_account

__all__ = ["_our_account", "_plain_static", "_quick_passwords", "at_desk", "offers"]
