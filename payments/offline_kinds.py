"""Money that does not come through Stripe: how it comes, and where it stands in the books until it is at the bank."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from payments.models import Payment


class Kind(StrEnum):
    """How it comes; kept as the payment's `method_kind`."""

    CHEQUE = "cheque"
    TRANSFER = "transfer"


#: Key of the account on which it is received: cheques wait in 5112 for the bank's line, a transfer is at the bank (law.md 6.3).
TILL: Mapping[str, str] = {Kind.CHEQUE: "CHEQUES", Kind.TRANSFER: "BANK"}
LABEL: Mapping[str, str] = {Kind.CHEQUE: "Chèque reçu", Kind.TRANSFER: "Virement reçu"}


def is_offline(payment: Payment) -> bool:
    """Whether a payment does not come through Stripe: nothing is asked of it there, and it goes back by transfer."""
    return payment.way == Payment.Way.OFFLINE
