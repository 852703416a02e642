"""Which events this shop hears, and what each is about (stripe.md, Webhooks)."""

from __future__ import annotations

from enum import StrEnum


class About(StrEnum):
    """The kind of object that is fetched afresh because of an event."""

    PAYMENT = "payment"
    SETUP = "setup"
    REFUND = "refund"
    FEE = "fee"
    METHOD = "method"
    MANDATE = "mandate"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    FRAUD_WARNING = "fraud_warning"
    DESK = "desk"


HEARD: dict[str, About] = {
    "checkout.session.completed": About.PAYMENT,
    "checkout.session.expired": About.PAYMENT,
    "checkout.session.async_payment_succeeded": About.PAYMENT,
    "checkout.session.async_payment_failed": About.PAYMENT,
    "payment_intent.succeeded": About.PAYMENT,
    "payment_intent.payment_failed": About.PAYMENT,
    "payment_intent.processing": About.PAYMENT,
    "payment_intent.requires_action": About.PAYMENT,
    "setup_intent.succeeded": About.SETUP,
    "setup_intent.setup_failed": About.SETUP,
    "charge.updated": About.FEE,
    "charge.refunded": About.REFUND,
    "refund.created": About.REFUND,
    "refund.updated": About.REFUND,
    "refund.failed": About.REFUND,
    "charge.dispute.created": About.DISPUTE,
    "charge.dispute.updated": About.DISPUTE,
    "charge.dispute.closed": About.DISPUTE,
    "charge.dispute.funds_withdrawn": About.DISPUTE,
    "charge.dispute.funds_reinstated": About.DISPUTE,
    "payout.created": About.PAYOUT,
    "payout.paid": About.PAYOUT,
    "payout.failed": About.PAYOUT,
    "payout.canceled": About.PAYOUT,
    "payout.updated": About.PAYOUT,
    "payout.reconciliation_completed": About.PAYOUT,
    "payment_method.automatically_updated": About.METHOD,
    "mandate.updated": About.MANDATE,
    "radar.early_fraud_warning.created": About.FRAUD_WARNING,
}
