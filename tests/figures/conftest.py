"""The desks of these stories: colleagues with both factors, and a shop that sells one magazine."""

from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk, offers

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "offers"]
