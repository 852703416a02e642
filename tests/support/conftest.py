from __future__ import annotations

from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk, offers, standin, till

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "offers", "standin", "till"]
