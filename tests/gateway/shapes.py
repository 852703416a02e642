"""Stripe's objects in the shape in which Stripe sends them, with what a test cares about put in."""

from __future__ import annotations

from typing import Any


def intent(**given: Any) -> dict[str, Any]:
    """A succeeded card payment of 27,60 €."""
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": 2760,
        "amount_received": 2760,
        "currency": "eur",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "payment_method_types": ["card", "sepa_debit"],
        "latest_charge": "ch_1",
        "last_payment_error": None,
        "metadata": {"reference": "P-1"},
        "created": 1_795_000_000,
        "livemode": False,
    } | given


def refused_intent(**error: Any) -> dict[str, Any]:
    """An intent that a bank refused: no method left on it, the reason in ``last_payment_error``."""
    said = {"type": "card_error", "message": "Refused.", "payment_method": {"id": "pm_1", "type": "card"}, **error}
    return intent(status="requires_payment_method", amount_received=0, payment_method=None, last_payment_error=said)


def checkout(**given: Any) -> dict[str, Any]:
    """An open page for a payment of 27,60 €."""
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "url": "https://checkout.example/cs_1",
        "status": "open",
        "payment_status": "unpaid",
        "mode": "payment",
        "payment_intent": None,
        "setup_intent": None,
        "customer": "cus_1",
        "amount_total": 2760,
        "currency": "eur",
        "client_reference_id": "P-1",
        "metadata": {"reference": "P-1"},
        "expires_at": 1_795_003_600,
        "created": 1_795_000_000,
        "livemode": False,
    } | given


def refund(**given: Any) -> dict[str, Any]:
    """A refund of 27,60 € on its way."""
    return {
        "id": "re_1",
        "object": "refund",
        "status": "pending",
        "amount": 2760,
        "currency": "eur",
        "payment_intent": "pi_1",
        "charge": "ch_1",
        "failure_reason": None,
        "metadata": {"reference": "R-1"},
        "balance_transaction": None,
        "created": 1_795_000_000,
    } | given


def movement(**given: Any) -> dict[str, Any]:
    """The line of a card payment of 27,60 € that cost 0,64 €."""
    return {
        "id": "txn_1",
        "object": "balance_transaction",
        "type": "charge",
        "reporting_category": "charge",
        "status": "pending",
        "amount": 2760,
        "fee": 64,
        "net": 2696,
        "currency": "eur",
        "source": "ch_1",
        "created": 1_795_000_000,
        "available_on": 1_795_219_200,
    } | given


def event(kind: str, thing: dict[str, Any], **given: Any) -> dict[str, Any]:
    """An event of this type about this object."""
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "api_version": "2026-10-28.endive",
        "created": 1_795_000_000,
        "livemode": False,
        "data": {"object": thing},
    } | given


def page(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    """One page of a list."""
    return {"object": "list", "url": "/v1/things", "data": list(rows), "has_more": more}
