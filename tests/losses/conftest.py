"""What the stories of lost copies share: the two offers, and somebody at the desk."""

from __future__ import annotations

from tests.backoffice.conftest import _plain_static, _quick_passwords, at_desk, offers

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "offers"]
