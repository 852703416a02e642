"""The desks and the Stripe account of these stories."""

from tests.backoffice.conftest import _plain_static, _quick_passwords
from tests.closing.conftest import at_desk
from tests.reconciliation.conftest import hear, offers, standin, till

__all__ = ["_plain_static", "_quick_passwords", "at_desk", "hear", "offers", "standin", "till"]
