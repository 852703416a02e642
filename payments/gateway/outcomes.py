"""What does a refusal by a bank mean: the closed table of Stripe's codes, and how a status becomes an outcome.

Sources: Stripe's documentation of decline codes (card and SEPA Direct Debit), of error codes, and the reason codes of the
European Payments Council for returned direct debits. A code that is not in the table falls in ``OTHER`` and keeps its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.gateway.seen import Outcome


class Family(StrEnum):
    """Why a bank said no, as far as what we do next depends on it."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    AUTHENTICATION_REQUIRED = "authentication_required"
    TRY_LATER = "try_later"
    DO_NOT_HONOUR = "do_not_honour"
    EXPIRED = "expired"
    INCORRECT_DETAILS = "incorrect_details"
    LOST_OR_STOLEN = "lost_or_stolen"
    FRAUD = "fraud"
    NOT_SUPPORTED = "not_supported"
    REVOKED = "revoked"
    METHOD_GONE = "method_gone"
    ACCOUNT_CLOSED = "account_closed"
    DUPLICATE = "duplicate"
    DECEASED = "deceased"
    OTHER = "other"


#: What the reader is told, per family. Lost, stolen and suspected cards get the neutral sentence on purpose: Stripe asks
#: that the reason never be shown to whoever holds the card.
SENTENCES: Mapping[Family, Promise] = {
    Family.INSUFFICIENT_FUNDS: _(
        "Your bank refused the payment because the balance or the card limit does not cover the amount. "
        "You can try again later or use another card."
    ),
    Family.AUTHENTICATION_REQUIRED: _(
        "Your bank wants you to confirm this payment yourself. Please pay from the secure page and follow its steps."
    ),
    Family.TRY_LATER: _("Your bank could not answer just now. Please try again in a little while."),
    Family.DO_NOT_HONOUR: _(
        "Your bank refused the payment without saying why. Please contact your bank or use another means of payment."
    ),
    Family.EXPIRED: _("Your card has expired. Please use another card."),
    Family.INCORRECT_DETAILS: _(
        "The details of the card or account are not right. Please check them and enter them again."
    ),
    Family.LOST_OR_STOLEN: _(
        "Your bank refused the payment. Please contact your bank or use another means of payment."
    ),
    Family.FRAUD: _("Your bank refused the payment. Please contact your bank or use another means of payment."),
    Family.NOT_SUPPORTED: _(
        "This card or account cannot be used for this kind of purchase. Please use another means of payment."
    ),
    Family.REVOKED: _(
        "Your bank has stopped payments of this kind on your account. Please contact your bank "
        "or use another means of payment."
    ),
    Family.METHOD_GONE: _("The saved means of payment can no longer be used. Please enter a new one."),
    Family.ACCOUNT_CLOSED: _("The bank account is closed or blocked. Please use another means of payment."),
    Family.DUPLICATE: _(
        "Your bank believes that this payment was already made. Please check your account before trying again."
    ),
    Family.DECEASED: _("The bank cannot make this payment. Please contact us."),
    Family.OTHER: _("The payment was refused. Please try again or use another means of payment."),
}


class Rail(StrEnum):
    """Which table a code belongs to."""

    CARD = "card"
    SEPA = "sepa_debit"
    STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Row:
    """One code of the table.

    ``retry`` says whether asking the same method again on a later day can succeed; how often and when is the calendar's
    business. ``outcome`` is ACTION_REQUIRED when only the reader, on-session, can finish the payment.
    """

    code: str
    rail: Rail
    family: Family
    retry: bool
    outcome: Outcome = Outcome.DECLINED

    @property
    def sentence(self) -> Promise:
        """What the reader is told, translated when rendered."""
        return SENTENCES[self.family]


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal as it was seen. ``code`` is the most precise code Stripe gave, known to the table or not.

    ``advice`` is the network's own hint (``try_again_later``, ``do_not_try_again``, ``confirm_card_data``) or empty.
    """

    code: str
    family: Family
    retry: bool
    outcome: Outcome
    advice: str = ""
    network_code: str = ""

    @property
    def sentence(self) -> Promise:
        """What the reader is told, translated when rendered."""
        return SENTENCES[self.family]


def _rows(rail: Rail, family: Family, retry: bool, *codes: str, outcome: Outcome = Outcome.DECLINED) -> list[Row]:
    return [Row(code, rail, family, retry, outcome) for code in codes]


_CARD = [
    *_rows(
        Rail.CARD,
        Family.AUTHENTICATION_REQUIRED,
        False,
        "authentication_required",
        "mobile_device_authentication_required",
        outcome=Outcome.ACTION_REQUIRED,
    ),
    *_rows(
        Rail.CARD,
        Family.INSUFFICIENT_FUNDS,
        True,
        "insufficient_funds",
        "card_velocity_exceeded",
        "withdrawal_count_limit_exceeded",
    ),
    *_rows(
        Rail.CARD,
        Family.TRY_LATER,
        True,
        "approve_with_id",
        "issuer_not_available",
        "processing_error",
        "reenter_transaction",
        "try_again_later",
    ),
    *_rows(
        Rail.CARD,
        Family.DO_NOT_HONOUR,
        True,
        "call_issuer",
        "do_not_honor",
        "generic_decline",
        "no_action_taken",
    ),
    *_rows(Rail.CARD, Family.DO_NOT_HONOUR, False, "do_not_try_again", "security_violation"),
    *_rows(Rail.CARD, Family.EXPIRED, False, "expired_card", "invalid_expiry_month", "invalid_expiry_year"),
    *_rows(
        Rail.CARD,
        Family.INCORRECT_DETAILS,
        False,
        "incorrect_address",
        "incorrect_cvc",
        "incorrect_number",
        "incorrect_pin",
        "incorrect_zip",
        "invalid_cvc",
        "invalid_number",
        "invalid_pin",
        "new_account_information_available",
        "offline_pin_required",
        "online_or_offline_pin_required",
        "pin_try_exceeded",
    ),
    *_rows(Rail.CARD, Family.LOST_OR_STOLEN, False, "lost_card", "pickup_card", "restricted_card", "stolen_card"),
    *_rows(Rail.CARD, Family.FRAUD, False, "fraudulent", "merchant_blacklist"),
    *_rows(
        Rail.CARD,
        Family.NOT_SUPPORTED,
        False,
        "card_not_supported",
        "currency_not_supported",
        "invalid_amount",
        "not_permitted",
        "service_not_allowed",
        "transaction_not_allowed",
    ),
    *_rows(
        Rail.CARD,
        Family.REVOKED,
        False,
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stop_payment_order",
    ),
    *_rows(Rail.CARD, Family.ACCOUNT_CLOSED, False, "invalid_account"),
    *_rows(Rail.CARD, Family.DUPLICATE, False, "duplicate_transaction"),
    *_rows(Rail.CARD, Family.OTHER, False, "testmode_decline"),
]

_SEPA = [
    *_rows(Rail.SEPA, Family.INSUFFICIENT_FUNDS, True, "AM04", "charge_exceeds_source_limit"),
    *_rows(
        Rail.SEPA,
        Family.TRY_LATER,
        True,
        "AG02",
        "FF01",
        "MS03",
        "could_not_process",
        "generic_could_not_process",
    ),
    *_rows(
        Rail.SEPA,
        Family.INCORRECT_DETAILS,
        False,
        "AC01",
        "BE05",
        "RC01",
        "branch_does_not_exist",
        "incorrect_account_holder_name",
        "invalid_account_number",
    ),
    *_rows(
        Rail.SEPA,
        Family.ACCOUNT_CLOSED,
        False,
        "AC04",
        "AC06",
        "account_closed",
        "bank_account_restricted",
        "bank_ownership_changed",
    ),
    *_rows(Rail.SEPA, Family.NOT_SUPPORTED, False, "AC13", "AG01"),
    *_rows(
        Rail.SEPA,
        Family.REVOKED,
        False,
        "MD01",
        "MD02",
        "MD06",
        "MS02",
        "SL01",
        "debit_not_authorized",
        "refer_to_customer",
    ),
    *_rows(Rail.SEPA, Family.DUPLICATE, False, "AM05"),
    *_rows(Rail.SEPA, Family.DECEASED, False, "MD07", "recipient_deceased"),
    *_rows(Rail.SEPA, Family.DO_NOT_HONOUR, False, "RR01", "RR02", "RR03", "RR04", "CNOR", "DNOR"),
]

_STRIPE = [
    *_rows(
        Rail.STRIPE,
        Family.AUTHENTICATION_REQUIRED,
        False,
        "payment_intent_authentication_failure",
        "setup_intent_authentication_failure",
        "payment_intent_action_required",
        outcome=Outcome.ACTION_REQUIRED,
    ),
    *_rows(Rail.STRIPE, Family.DO_NOT_HONOUR, True, "card_declined"),
    *_rows(
        Rail.STRIPE,
        Family.TRY_LATER,
        True,
        "card_decline_rate_limit_exceeded",
        "payment_intent_payment_attempt_expired",
        "payment_method_provider_timeout",
        "setup_intent_setup_attempt_expired",
    ),
    *_rows(
        Rail.STRIPE,
        Family.METHOD_GONE,
        False,
        "intent_invalid_state_payment_method",
        "payment_intent_mandate_invalid",
        "setup_intent_mandate_invalid",
        "payment_method_invalid_parameter",
        "payment_method_not_available",
        "payment_method_unactivated",
        "payment_method_unexpected_state",
        "resource_missing",
    ),
    *_rows(
        Rail.STRIPE,
        Family.INCORRECT_DETAILS,
        False,
        "incorrect_bank_account",
        "invalid_bank_account_iban",
        "payment_method_billing_details_address_missing",
    ),
    *_rows(
        Rail.STRIPE,
        Family.OTHER,
        False,
        "payment_method_customer_decline",
        "payment_method_provider_decline",
        "payment_intent_payment_attempt_failed",
    ),
]

#: Every code we know, once.
TABLE: Mapping[str, Row] = {row.code: row for row in [*_CARD, *_SEPA, *_STRIPE]}


def rows() -> list[Row]:
    """The whole table in reading order, for the documentation and for staff."""
    return [*_CARD, *_SEPA, *_STRIPE]


def decline_of(error: Mapping[str, Any] | None) -> Decline | None:
    """Read a Stripe error body (``last_payment_error``, ``last_setup_error`` or a 402's) as a ``Decline``.

    The most precise code known to the table wins: the issuer's decline code, then a bank's reason code, then Stripe's
    error code. None when there is no error.
    """
    if not error:
        return None
    given = [
        str(error.get(name) or "")
        for name in ("decline_code", "failure_code", "code", "network_decline_code", "reason_code")
    ]
    return decline(
        *given, advice=str(error.get("advice_code") or ""), network_code=str(error.get("network_decline_code") or "")
    )


def decline(*codes: str, advice: str = "", network_code: str = "") -> Decline:
    """The refusal that ``codes`` (most precise first) stand for; an unknown first code is kept, in ``OTHER``."""
    said = [code for code in codes if code]
    vague = {"card_declined", "generic_decline"}
    known = [code for code in said if code in TABLE]
    chosen = next((code for code in known if code not in vague), None) or next(iter(known), None)
    unheard = next((code for code in said if code not in TABLE and code != network_code), None)
    if chosen is None or (chosen in vague and unheard is not None):
        code, family, retry, outcome = unheard or "", Family.OTHER, False, Outcome.DECLINED
    else:
        row = TABLE[chosen]
        code, family, retry, outcome = row.code, row.family, row.retry, row.outcome
    # The card networks fine whoever insists after this advice: it is stronger than our table.
    if advice == "do_not_try_again":
        retry = False
    return Decline(code, family, retry, outcome, advice, network_code)


_INTENT: Mapping[str, Outcome] = {
    "requires_payment_method": Outcome.CREATED,
    "requires_confirmation": Outcome.CREATED,
    "requires_action": Outcome.ACTION_REQUIRED,
    "processing": Outcome.PROCESSING,
    "succeeded": Outcome.SUCCEEDED,
    "canceled": Outcome.CANCELLED,
}


def outcome_of(status: str, refused: Decline | None) -> Outcome:
    """Where an intent with this Stripe status and last refusal stands.

    ``requires_payment_method`` means "never tried" without a refusal, "declined" with one, and "the reader must act" when the
    bank asked for authentication: the same answer whether the exception or the event told us. A status we do not know
    (``requires_capture`` included: we never capture by hand) is ``UNKNOWN``, never a guess.
    """
    if status == "requires_payment_method" and refused is not None:
        return refused.outcome
    return _INTENT.get(status, Outcome.UNKNOWN)
