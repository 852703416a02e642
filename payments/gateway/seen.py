"""What Stripe's objects look like on our side: frozen values, cents and aware UTC instants.

Nothing of the Stripe library goes further than these classes. Empty text means that Stripe said nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from payments.gateway.labels import REFERENCE

if TYPE_CHECKING:
    from payments.gateway.outcomes import Decline


class Outcome(StrEnum):
    """Where one collection of money stands at Stripe, in the words of our own payments."""

    CREATED = "created"
    PROCESSING = "processing"
    ACTION_REQUIRED = "action_required"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CustomerSeen:
    """A Stripe customer; ``deleted`` when Stripe only remembers the id."""

    id: str
    email: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    livemode: bool = False


@dataclass(frozen=True, slots=True)
class CheckoutSeen:
    """A Checkout Session (payment or setup mode). ``url`` is empty once it is no longer open."""

    id: str
    url: str
    status: str  # open | complete | expired
    payment_status: str  # paid | unpaid | no_payment_required
    mode: str  # payment | setup
    payment_intent: str
    setup_intent: str
    customer: str
    amount_cents: int
    currency: str
    client_reference_id: str
    metadata: Mapping[str, str]
    expires_at: datetime
    created: datetime
    livemode: bool


@dataclass(frozen=True, slots=True)
class IntentSeen:
    """A payment intent. ``id`` is empty only when a charge was declined before Stripe made one.

    ``amount_received`` is in cents; ``method_kind`` is ``card``, ``sepa_debit``… or empty when not told.
    """

    id: str
    outcome: Outcome
    status: str  # Stripe's own word, for staff
    amount_cents: int
    currency: str
    amount_received: int
    customer: str
    payment_method: str
    charge: str
    decline: Decline | None
    metadata: Mapping[str, str]
    created: datetime | None
    livemode: bool
    method_kind: str
    charged_at: datetime | None = None  # of the charge that succeeded, if Stripe sent it whole
    mandate: str = ""  # of a SEPA debit, if Stripe sent its charge whole


@dataclass(frozen=True, slots=True)
class ChargeSeen:
    """A charge; ``balance_transaction`` is empty until Stripe has booked it."""

    id: str
    payment_intent: str
    customer: str
    amount_cents: int
    amount_refunded: int
    currency: str
    balance_transaction: str
    paid: bool
    refunded: bool
    disputed: bool
    status: str  # succeeded | pending | failed
    decline: Decline | None
    method: MethodSeen | None
    created: datetime
    livemode: bool
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Ours, which Stripe copies from the intent to its charges; empty on what another product made."""
        return self.metadata.get(REFERENCE, "")


@dataclass(frozen=True, slots=True)
class MethodSeen:
    """A saved card or bank account. Only a card has ``exp_month`` and ``exp_year``."""

    id: str
    kind: str  # card | sepa_debit | …
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    fingerprint: str
    customer: str
    mandate: str
    mandate_reference: str = ""  # the RUM, as the reader's bank shows it


@dataclass(frozen=True, slots=True)
class SetupSeen:
    """A setup intent: a method being saved without a payment."""

    id: str
    outcome: Outcome
    status: str
    customer: str
    payment_method: str
    mandate: str
    decline: Decline | None
    metadata: Mapping[str, str]
    livemode: bool


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund; status ``pending | requires_action | succeeded | failed | canceled``. It may fail days later."""

    id: str
    status: str
    amount_cents: int
    currency: str
    payment_intent: str
    charge: str
    failure_reason: str
    metadata: Mapping[str, str]
    balance_transaction: str
    created: datetime


@dataclass(frozen=True, slots=True)
class DisputeSeen:
    """A charge contested at the bank. ``status`` is Stripe's: ``needs_response``, ``won``, ``lost``, ``warning_closed``…

    ``taken_cents`` left our balance because of it, ``returned_cents`` came back; both positive, without fees.
    ``submissions``: how often evidence was submitted; ``answer``: our reference of the answer that was.
    """

    id: str
    charge: str
    payment_intent: str
    status: str
    reason: str
    amount_cents: int
    currency: str
    taken_cents: int
    returned_cents: int
    respond_by: datetime | None
    created: datetime
    submissions: int = 0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class FraudWarningSeen:
    """What the card's network suspects of a charge. ``actionable``: it was not given back yet, and no dispute came of it."""

    id: str
    charge: str
    payment_intent: str
    kind: str
    actionable: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class MovementSeen:
    """One line of Stripe's balance: net = amount − fee, in cents, signed from our side."""

    id: str
    kind: str  # Stripe's type: charge, payment, refund, payout, stripe_fee, adjustment…
    amount_cents: int
    fee_cents: int
    net_cents: int
    currency: str
    source: str
    created: datetime
    available_on: date
    category: str = ""  # Stripe's reporting category
    status: str = ""  # available | pending
    converted: bool = False  # the buyer paid in another currency
    # Of its source, where the list shows that whole (those of a payout do):
    charge: str = ""  # the charge that it is, or is about
    customer: str = ""
    reference: str = ""  # ours


@dataclass(frozen=True, slots=True)
class PayoutSeen:
    """A transfer of Stripe's to the bank, or from it where ``amount_cents`` is below zero.

    ``status``: ``pending | in_transit | paid | failed | canceled``; a paid one may still fail within five business days.
    ``reconciliation``: ``not_applicable | in_progress | completed``; only then are its movements complete.
    """

    id: str
    status: str
    amount_cents: int
    currency: str
    created: datetime
    arrives_on: date
    automatic: bool
    method: str  # standard | instant
    reconciliation: str
    movement: str  # its own line of the balance
    failure_movement: str
    failure_code: str
    trace: str  # as the bank may show it


@dataclass(frozen=True, slots=True)
class EventSeen:
    """A Stripe event: a hint that an object changed. Fetch the object; never apply what the event carries.

    ``reference`` is ours when the object carries it (its metadata, or the session's client reference).
    """

    id: str
    type: str
    created: datetime
    object_id: str
    object_kind: str
    livemode: bool
    api_version: str
    status: str = ""
    payment_intent: str = ""
    setup_intent: str = ""
    charge: str = ""
    customer: str = ""
    payment_method: str = ""
    balance_transaction: str = ""
    reference: str = ""

    @property
    def related(self) -> dict[str, str]:
        """The ids that the event names, without the empty ones: what is worth keeping beside it (no personal data)."""
        named = {
            "payment_intent": self.payment_intent,
            "setup_intent": self.setup_intent,
            "charge": self.charge,
            "customer": self.customer,
            "payment_method": self.payment_method,
            "balance_transaction": self.balance_transaction,
            "reference": self.reference,
            "status": self.status,
        }
        return {name: value for name, value in named.items() if value}
