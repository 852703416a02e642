"""With what something is paid, in words."""

from __future__ import annotations

from payments.models import Payment
from payments.money import NBSP

_NAMES = {"card": "carte", "sepa_debit": "prélèvement SEPA", "link": "Link", "cheque": "chèque", "transfer": "virement"}


def paid_by(payment: Payment) -> str:
    """« carte •••• 4242 », « prélèvement SEPA •••• 3000 », « carte »: as it follows « par ».

    The last digits are known only of a means of payment that the reader left us; reads `saved_method`.
    """
    return means(payment.method_kind, last4=payment.saved_method.last4 if payment.saved_method else "")


def means(kind: str, *, last4: str = "") -> str:
    """The same from the kind of method and its last digits, which may be empty."""
    name = _NAMES.get(kind, "paiement en ligne")
    return f"{name}{NBSP}••••{NBSP}{last4}" if last4 else name
