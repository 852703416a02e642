"""Giving money back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.labels import REFERENCE, cents, labels, told
from payments.gateway.paging import PAGE, pages
from payments.gateway.seen import RefundSeen

if TYPE_CHECKING:
    import stripe
    from stripe.params import RefundCreateParams, RefundListParams


def refund(
    *, reference: str, payment_intent: str, amount_cents: int, reason: str, metadata: Mapping[str, str], key: str
) -> RefundSeen:
    """Give ``amount_cents`` euro cents of a payment back and return the refund, which may still fail later.

    ``reason`` is Stripe's: ``requested_by_customer``, ``duplicate``, ``fraudulent`` or empty (``fraudulent`` blocks the card).
    Raises ``Refused`` (``charge_already_refunded``, ``refund_disputed_payment``…), ``Unknown`` when it may have happened.
    """
    params: RefundCreateParams = {
        "payment_intent": payment_intent,
        "amount": cents(amount_cents),
        "metadata": labels(reference, metadata),
    }
    if reason:
        params["reason"] = reason
    return ask(
        "refund",
        lambda client: client.v1.refunds.create(params, {"idempotency_key": key}),
        reading.refund,
        reference=reference,
    )


def fetch_refund(id: str) -> RefundSeen:
    """The refund as it stands now."""
    return ask("fetch_refund", lambda client: client.v1.refunds.retrieve(told(id)), reading.refund)


def find_refunds(*, payment_intent: str, reference: str) -> list[RefundSeen]:
    """The refunds of a payment that carry our ``reference``, newest first."""

    def turn(client: stripe.StripeClient, after: str) -> stripe.ListObject[stripe.Refund]:
        params: RefundListParams = {"payment_intent": payment_intent, "limit": PAGE}
        if after:
            params["starting_after"] = after
        return client.v1.refunds.list(params)

    seen = pages("find_refunds", turn, reading.refund, reference=reference)
    return [found for found in seen if found.metadata.get(REFERENCE) == reference]
