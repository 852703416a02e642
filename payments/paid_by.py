"""With what something was paid, in words."""

from __future__ import annotations

from payments.models import Payment
from payments.money import NBSP

_NAMES = {"card": "carte", "sepa_debit": "prélèvement SEPA", "link": "Link"}


def paid_by(payment: Payment) -> str:
    """« carte •••• 4242 », « prélèvement SEPA •••• 3000 », « carte »: as it follows « par ».

    The last digits are known only of a means of payment that the reader left us; reads `saved_method`.
    """
    name = _NAMES.get(payment.method_kind, "paiement en ligne")
    last4 = payment.saved_method.last4 if payment.saved_method else ""
    return f"{name}{NBSP}••••{NBSP}{last4}" if last4 else name
