"""The only door to Stripe: verbs in, frozen values out, every doubt called by its name.

Everything the rest of the shop may use is listed here. Nothing of the Stripe library passes this line.
"""

from payments.gateway.charges import (
    cancel_intent,
    charge_off_session,
    fetch_charge,
    fetch_intent,
    find_intents,
    list_charges,
)
from payments.gateway.checkouts import (
    KINDS,
    create_customer,
    expire_checkout,
    fetch_checkout,
    find_checkouts,
    open_checkout,
    open_setup,
)
from payments.gateway.client import API_VERSION, refuse_inside_transaction
from payments.gateway.codes import TABLE, Rail, Row, rows
from payments.gateway.disputes import (
    accept_dispute,
    fetch_dispute,
    fetch_fraud_warning,
    submit_evidence,
    upload_evidence,
)
from payments.gateway.events import fetch_event, list_events, verify_event
from payments.gateway.families import Family
from payments.gateway.faults import (
    ForgedEvent,
    GatewayFault,
    KeyReused,
    Missing,
    NetworkInsideTransaction,
    NotConfigured,
    RateLimited,
    Refused,
    Unknown,
)
from payments.gateway.methods import detach_method, fetch_method, fetch_setup
from payments.gateway.movements import fetch_movement, list_movements
from payments.gateway.outcomes import Decline, decline
from payments.gateway.payouts import fetch_payout, list_payouts
from payments.gateway.refunds import fetch_refund, find_refunds, refund
from payments.gateway.seen import (
    ChargeSeen,
    CheckoutSeen,
    CustomerSeen,
    DisputeSeen,
    EventSeen,
    FraudWarningSeen,
    IntentSeen,
    MethodSeen,
    MovementSeen,
    Outcome,
    PayoutSeen,
    RefundSeen,
    SetupSeen,
)

__all__ = [
    "API_VERSION",
    "KINDS",
    "TABLE",
    "ChargeSeen",
    "CheckoutSeen",
    "CustomerSeen",
    "Decline",
    "DisputeSeen",
    "EventSeen",
    "Family",
    "ForgedEvent",
    "FraudWarningSeen",
    "GatewayFault",
    "IntentSeen",
    "KeyReused",
    "MethodSeen",
    "Missing",
    "MovementSeen",
    "NetworkInsideTransaction",
    "NotConfigured",
    "Outcome",
    "PayoutSeen",
    "Rail",
    "RateLimited",
    "RefundSeen",
    "Refused",
    "Row",
    "SetupSeen",
    "Unknown",
    "accept_dispute",
    "cancel_intent",
    "charge_off_session",
    "create_customer",
    "decline",
    "detach_method",
    "expire_checkout",
    "fetch_charge",
    "fetch_checkout",
    "fetch_dispute",
    "fetch_event",
    "fetch_fraud_warning",
    "fetch_intent",
    "fetch_method",
    "fetch_movement",
    "fetch_payout",
    "fetch_refund",
    "fetch_setup",
    "find_checkouts",
    "find_intents",
    "find_refunds",
    "list_charges",
    "list_events",
    "list_movements",
    "list_payouts",
    "open_checkout",
    "open_setup",
    "refund",
    "refuse_inside_transaction",
    "rows",
    "submit_evidence",
    "upload_evidence",
    "verify_event",
]
