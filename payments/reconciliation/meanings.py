"""What is a line of Stripe's balance to the books, and on which account does it go? One closed table, pure.

By Stripe's type, and by its reporting category where one type says several things. What is about a reader's payment is
booked by its owner (`payments.ledger.entries`), and only compared here; everything else is booked from its line, so that
517 is Stripe's balance at any time. A type that is not here is shown and booked to be explained, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from payments.models import BalanceMovement

Meaning = BalanceMovement.Meaning


class About(StrEnum):
    """What a line may be about, before it is known whose that is."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_RETURNED = "dispute_returned"


#: By type and category; "" for any other category of that type.
TABLE: Mapping[tuple[str, str], About | Meaning] = {
    ("charge", ""): About.CHARGE,
    ("payment", ""): About.CHARGE,
    ("refund", ""): About.REFUND,
    ("payment_refund", ""): About.REFUND,
    ("refund_failure", ""): About.REFUND_FAILED,
    ("payment_failure_refund", ""): About.REFUND_FAILED,
    ("adjustment", "dispute"): About.DISPUTE,
    ("adjustment", "dispute_reversal"): About.DISPUTE_RETURNED,
    ("payment_reversal", ""): About.DISPUTE,
    ("adjustment", ""): Meaning.ADJUSTMENT,
    ("fee_credit_funding", ""): Meaning.ADJUSTMENT,
    ("stripe_fee", ""): Meaning.STRIPE_FEE,
    ("stripe_fx_fee", ""): Meaning.STRIPE_FEE,
    ("tax_fee", ""): Meaning.STRIPE_FEE,
    ("payout", ""): Meaning.PAYOUT,
    ("payout_failure", ""): Meaning.PAYOUT_BACK,
    ("payout_cancel", ""): Meaning.PAYOUT_BACK,
    ("topup", ""): Meaning.TOPUP,
    ("topup_reversal", ""): Meaning.TOPUP,
    ("inbound_transfer", ""): Meaning.TOPUP,
    ("inbound_transfer_reversal", ""): Meaning.TOPUP,
    ("payout_minimum_balance_hold", ""): Meaning.RESERVE,
    ("payout_minimum_balance_release", ""): Meaning.RESERVE,
    ("payment_network_reserve_hold", ""): Meaning.RESERVE,
    ("payment_network_reserve_release", ""): Meaning.RESERVE,
    ("reserve_hold", ""): Meaning.RESERVE,
    ("reserve_release", ""): Meaning.RESERVE,
    ("reserve_transaction", ""): Meaning.RESERVE,
    ("reserved_funds", ""): Meaning.RESERVE,
    # Platforms and cards: nothing of a magazine's, so of another product on the account.
    ("application_fee", ""): Meaning.FOREIGN,
    ("application_fee_refund", ""): Meaning.FOREIGN,
    ("connect_collection_transfer", ""): Meaning.FOREIGN,
    ("transfer", ""): Meaning.FOREIGN,
    ("transfer_cancel", ""): Meaning.FOREIGN,
    ("transfer_failure", ""): Meaning.FOREIGN,
    ("transfer_refund", ""): Meaning.FOREIGN,
    ("issuing_authorization_hold", ""): Meaning.FOREIGN,
    ("issuing_authorization_release", ""): Meaning.FOREIGN,
    ("issuing_dispute", ""): Meaning.FOREIGN,
    ("issuing_dispute_provisional_credit", ""): Meaning.FOREIGN,
    ("issuing_dispute_provisional_credit_reversal", ""): Meaning.FOREIGN,
    ("issuing_transaction", ""): Meaning.FOREIGN,
}
#: Types that Stripe knows and nothing here should ever make: a person looks at them like at an unknown one.
UNUSED = frozenset(
    {
        "advance",
        "advance_funding",
        "anticipation_repayment",
        "climate_order_purchase",
        "climate_order_refund",
        "contribution",
        "obligation_outbound",
        "obligation_reversal_inbound",
        "payment_unreconciled",
        "stripe_balance_payment_debit",
        "stripe_balance_payment_debit_reversal",
        "tax_fund",
    }
)
#: The account key (law.md 6.2) to which a line is booked against 517; None: its owner books it, or there is no euro in it.
KEYS: Mapping[Meaning, str | None] = {
    Meaning.PAYMENT: None,
    Meaning.REFUND: None,
    Meaning.REFUND_FAILED: None,
    Meaning.DISPUTE: None,
    Meaning.DISPUTE_RETURNED: None,
    Meaning.STRIPE_FEE: "FEES",
    Meaning.ADJUSTMENT: "ADJUSTMENTS",
    Meaning.RESERVE: "RESERVE",
    Meaning.PAYOUT: "TRANSIT",
    Meaning.PAYOUT_BACK: "TRANSIT",
    Meaning.TOPUP: "TRANSIT",
    Meaning.FOREIGN: "FOREIGN",
    Meaning.CONVERTED: "FOREIGN_MONEY",
    Meaning.ELSEWHERE: None,
    Meaning.UNKNOWN_CHARGE: "UNEXPLAINED",
    Meaning.UNKNOWN_REFUND: "UNEXPLAINED",
    Meaning.UNKNOWN_DISPUTE: "UNEXPLAINED",
    Meaning.DOUBLED: "UNEXPLAINED",
    Meaning.OTHER_AMOUNT: None,
    Meaning.OTHER_CURRENCY: None,
    Meaning.UNKNOWN_TYPE: "UNEXPLAINED",
}
#: Another product bears its own fees: what is owed to it is net.
NET = frozenset({Meaning.FOREIGN, Meaning.CONVERTED})


@dataclass(frozen=True, slots=True)
class Facts:
    """A line as read, and what the books hold of it: amounts in euros, None where they know nothing.

    `second`: another line shows the same payment's charge. `names_us`: its source names us, or a charge of ours.
    `twin`: it names a payment that has succeeded by another charge.
    """

    kind: str
    category: str
    currency: str
    amount: Decimal
    paid: Decimal | None = None
    given_back: Decimal | None = None
    converted: bool = False
    second: bool = False
    names_us: bool = False
    twin: bool = False


def about(kind: str, category: str) -> About | Meaning | None:
    """What lines of a type and category are about; None for a type that is not in the table."""
    return TABLE.get((kind, category)) or TABLE.get((kind, ""))


def of_somebody() -> list[str]:
    """The types that may be about a reader's payment: what they mean is known once that has settled."""
    return sorted({kind for (kind, _category), one in TABLE.items() if isinstance(one, About)})


def meaning_of(line: Facts) -> Meaning:
    """The first row that is true."""
    owned = line.paid is not None or line.given_back is not None
    if line.currency != "eur":
        return Meaning.OTHER_CURRENCY if owned or line.names_us else Meaning.ELSEWHERE
    what = about(line.kind, line.category)
    if what is None:
        return Meaning.UNKNOWN_TYPE
    if isinstance(what, Meaning):
        return what
    if not owned:
        return _not_in_the_books(what, line)
    if what == About.CHARGE and line.second:
        return Meaning.DOUBLED
    expected = {About.CHARGE: line.paid, About.REFUND_FAILED: line.given_back}.get(what)
    if what == About.REFUND and line.given_back is not None:
        expected = -line.given_back
    if expected is not None and line.amount != expected:
        return Meaning.OTHER_AMOUNT
    return {
        About.CHARGE: Meaning.PAYMENT,
        About.REFUND: Meaning.REFUND,
        About.REFUND_FAILED: Meaning.REFUND_FAILED,
        About.DISPUTE: Meaning.DISPUTE,
        About.DISPUTE_RETURNED: Meaning.DISPUTE_RETURNED,
    }[what]


def _not_in_the_books(what: About, line: Facts) -> Meaning:
    if not line.names_us and not line.twin:
        return Meaning.CONVERTED if line.converted else Meaning.FOREIGN
    if what == About.CHARGE:
        return Meaning.DOUBLED if line.twin else Meaning.UNKNOWN_CHARGE
    if what in (About.REFUND, About.REFUND_FAILED):
        return Meaning.UNKNOWN_REFUND
    return Meaning.UNKNOWN_DISPUTE
