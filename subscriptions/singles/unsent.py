"""What of an order of past issues can still be cancelled, and what it brings: the same before the last click and after it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from payments import refunds
from payments.invoicing.issuing import left_of, standing_invoice
from payments.models import Payment
from subscriptions.models import SoldIssue
from subscriptions.singles.moving import UNSENT


def unsent(lines: Iterable[SoldIssue]) -> list[SoldIssue]:
    """What was bought and has not left. What is sent again for a lost one is owed for what its reader keeps."""
    return [line for line in lines if line.state in UNSENT and line.replaces_id is None]


def unsent_price(lines: Iterable[SoldIssue]) -> Decimal:
    """What the lines that have not left cost, in euros incl. VAT."""
    return sum((line.amount.amount for line in unsent(lines)), Decimal("0.00"))


def price_back(lines: Iterable[SoldIssue], payment: Payment, *, disputed: bool = False) -> Decimal:
    """What cancelling them gives back: their price, as far as it is invoiced still, and was not given back or kept by the bank.

    `disputed`: what the bank holds while it decides counts as ours. Up to four queries.
    """
    price = unsent_price(lines)
    invoice = standing_invoice(payment.pk) if price else None
    if invoice is None:
        return Decimal("0.00")
    price = min(price, left_of(invoice))
    return price if disputed else max(min(price, refunds.left_of(payment)), Decimal("0.00"))
