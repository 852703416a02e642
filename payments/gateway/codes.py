"""Which codes does Stripe give for a refusal, and what does each one mean: the closed table.

Sources: Stripe's documentation, pages "Stripe decline codes" (cards, local payment methods), "Network decline codes" and
"SEPA Direct Debit, failed payments", and "Error codes"; the blocking reasons of a charge's ``outcome.reason``; for bank
reasons, the European Payments Council's guidance on reason codes for SEPA Direct Debit R-transactions.

Retrying: a card is asked again only where the network allows it and time can help; a direct debit only for want of funds
(design, section 6). How often and when is the calendar's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

from payments.gateway.families import SENTENCES, Family
from payments.gateway.seen import Outcome


class Rail(StrEnum):
    """Who says the code."""

    CARD = "card"  # the card's issuer, or Stripe in its place
    BLOCKED = "blocked"  # Stripe, before asking the bank
    SEPA = "sepa_debit"  # Stripe's name for a debit that came back
    BANK = "bank"  # the bank's own reason for it
    LOCAL = "local"  # a local means of payment
    API = "api"  # Stripe's error code, when no better one came with it


@dataclass(frozen=True, slots=True)
class Row:
    """One code of the table.

    ``retry`` says whether asking the same method again on a later day can succeed. ``outcome`` is ``ACTION_REQUIRED`` where only the
    reader, on-session, can finish the payment.
    """

    code: str
    rail: Rail
    family: Family
    retry: bool = False
    outcome: Outcome = Outcome.DECLINED

    @property
    def sentence(self) -> Promise:
        """What the reader is told, translated when rendered."""
        return SENTENCES[self.family]


def _rows(
    rail: Rail, family: Family, codes: str, *, retry: bool = False, outcome: Outcome = Outcome.DECLINED
) -> list[Row]:
    return [Row(code, rail, family, retry, outcome) for code in codes.split()]


CARD = [
    *_rows(
        Rail.CARD,
        Family.AUTHENTICATION_REQUIRED,
        "authentication_required authentication_not_handled mobile_device_authentication_required",
        outcome=Outcome.ACTION_REQUIRED,
    ),
    # Also said of a direct debit (the bank's AM04).
    *_rows(
        Rail.CARD,
        Family.INSUFFICIENT_FUNDS,
        "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded",
        retry=True,
    ),
    *_rows(
        Rail.CARD,
        Family.TRY_LATER,
        "approve_with_id issuer_not_available processing_error reenter_transaction try_again_later",
        retry=True,
    ),
    *_rows(Rail.CARD, Family.DO_NOT_HONOUR, "call_issuer do_not_honor generic_decline no_action_taken", retry=True),
    *_rows(Rail.CARD, Family.DO_NOT_HONOUR, "do_not_try_again security_violation"),
    *_rows(Rail.CARD, Family.EXPIRED, "expired_card invalid_expiry_month invalid_expiry_year"),
    *_rows(
        Rail.CARD,
        Family.INCORRECT_DETAILS,
        "incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip invalid_account invalid_cvc "
        "invalid_number invalid_pin new_account_information_available offline_pin_required "
        "online_or_offline_pin_required pin_try_exceeded",
    ),
    *_rows(Rail.CARD, Family.LOST_OR_STOLEN, "lost_card pickup_card restricted_card stolen_card"),
    *_rows(Rail.CARD, Family.FRAUD, "fraudulent merchant_blacklist"),
    *_rows(
        Rail.CARD,
        Family.NOT_SUPPORTED,
        "card_not_supported currency_not_supported invalid_amount not_permitted service_not_allowed testmode_decline "
        "transaction_not_allowed",
    ),
    *_rows(
        Rail.CARD,
        Family.REVOKED,
        "revocation_of_all_authorizations revocation_of_authorization stop_payment_order",
    ),
    *_rows(Rail.CARD, Family.DUPLICATE, "duplicate_transaction"),
]

BLOCKED = [
    *_rows(
        Rail.BLOCKED,
        Family.FRAUD,
        "blocklist elevated_risk_level highest_risk_level low_probability_of_authorization "
        "previously_declined_do_not_retry rule",
    ),
    *_rows(Rail.BLOCKED, Family.INCORRECT_DETAILS, "requested_block_on_incorrect_cvc"),
]

SEPA = [
    *_rows(Rail.SEPA, Family.DO_NOT_HONOUR, "refer_to_customer"),
    *_rows(Rail.SEPA, Family.REVOKED, "authorization_revoked debit_disputed debit_not_authorized"),
    *_rows(Rail.SEPA, Family.MANDATE_INVALID, "debit_authorization_not_match"),
    *_rows(Rail.SEPA, Family.ACCOUNT_CLOSED, "account_closed bank_account_restricted bank_ownership_changed"),
    *_rows(Rail.SEPA, Family.DECEASED, "recipient_deceased"),
    *_rows(
        Rail.SEPA,
        Family.INCORRECT_DETAILS,
        "branch_does_not_exist incorrect_account_holder_name invalid_account_number no_account",
    ),
    *_rows(
        Rail.SEPA,
        Family.NOT_SUPPORTED,
        "charge_exceeds_source_limit charge_exceeds_transaction_limit charge_exceeds_weekly_limit",
    ),
    *_rows(Rail.SEPA, Family.TRY_LATER, "could_not_process generic_could_not_process"),
]

BANK = [
    Row("AC01", Rail.BANK, Family.INCORRECT_DETAILS),  # account number wrong
    Row("AC04", Rail.BANK, Family.ACCOUNT_CLOSED),  # account closed
    Row("AC06", Rail.BANK, Family.ACCOUNT_CLOSED),  # account blocked
    Row("AC13", Rail.BANK, Family.NOT_SUPPORTED),  # debtor account of the wrong kind
    Row("AG01", Rail.BANK, Family.NOT_SUPPORTED),  # debits forbidden on this account
    Row("AG02", Rail.BANK, Family.TRY_LATER),  # operation code wrong
    Row("AM04", Rail.BANK, Family.INSUFFICIENT_FUNDS, retry=True),  # not enough money
    Row("AM05", Rail.BANK, Family.DUPLICATE),  # the same debit twice
    Row("BE01", Rail.BANK, Family.INCORRECT_DETAILS),  # debtor's name does not fit the account
    Row("BE05", Rail.BANK, Family.MANDATE_INVALID),  # creditor not recognised
    Row("CNOR", Rail.BANK, Family.TRY_LATER),  # creditor's bank not registered
    Row("DNOR", Rail.BANK, Family.NOT_SUPPORTED),  # debtor's bank not registered
    Row("ED05", Rail.BANK, Family.TRY_LATER),  # settlement between banks failed
    Row("FF01", Rail.BANK, Family.TRY_LATER),  # file format
    Row("FF05", Rail.BANK, Family.NOT_SUPPORTED),  # kind of debit not taken
    Row("FOCR", Rail.BANK, Family.REVOKED),  # returned after a cancellation request
    Row("MD01", Rail.BANK, Family.MANDATE_INVALID),  # no mandate
    Row("MD02", Rail.BANK, Family.MANDATE_INVALID),  # mandate incomplete
    Row("MD06", Rail.BANK, Family.REVOKED),  # the debtor asked for the money back
    Row("MD07", Rail.BANK, Family.DECEASED),  # the debtor has died
    Row("MS02", Rail.BANK, Family.REVOKED),  # refused by the debtor, reason not told
    Row("MS03", Rail.BANK, Family.DO_NOT_HONOUR),  # refused by the bank, reason not told
    Row("RC01", Rail.BANK, Family.INCORRECT_DETAILS),  # bank identifier wrong
    Row("RR01", Rail.BANK, Family.INCORRECT_DETAILS),  # debtor's account or identification missing
    Row("RR02", Rail.BANK, Family.INCORRECT_DETAILS),  # debtor's name or address missing
    Row("RR03", Rail.BANK, Family.TRY_LATER),  # creditor's name or address missing: ours, not the reader's
    Row("RR04", Rail.BANK, Family.DO_NOT_HONOUR),  # regulation
    Row("SL01", Rail.BANK, Family.REVOKED),  # the debtor had this creditor blocked
    Row("TM01", Rail.BANK, Family.TRY_LATER),  # came after the cut-off
]

LOCAL = [
    *_rows(Rail.LOCAL, Family.DO_NOT_HONOUR, "partner_generic_decline partner_payment_not_found payment_disputed"),
    *_rows(Rail.LOCAL, Family.ACCOUNT_CLOSED, "invalid_customer_account"),
    *_rows(Rail.LOCAL, Family.INSUFFICIENT_FUNDS, "partner_insufficient_funds payment_limit_exceeded", retry=True),
    *_rows(Rail.LOCAL, Family.MANDATE_INVALID, "invalid_authorization invalid_billing_agreement"),
    *_rows(Rail.LOCAL, Family.EXPIRED, "expired_payment_information partner_expired_card"),
    *_rows(Rail.LOCAL, Family.INCORRECT_DETAILS, "invalid_payment_information"),
    *_rows(
        Rail.LOCAL,
        Family.NOT_SUPPORTED,
        "compliance_violation invalid_business_account partner_invalid_amount partner_invalid_currency",
    ),
    *_rows(Rail.LOCAL, Family.FRAUD, "partner_high_risk_customer"),
    *_rows(Rail.LOCAL, Family.TRY_LATER, "partner_processing_error", retry=True),
    *_rows(Rail.LOCAL, Family.DUPLICATE, "partner_duplicate_transaction"),
]

API = [
    *_rows(
        Rail.API,
        Family.AUTHENTICATION_REQUIRED,
        "payment_intent_action_required",
        outcome=Outcome.ACTION_REQUIRED,
    ),
    *_rows(
        Rail.API,
        Family.AUTHENTICATION_FAILED,
        "authentication_failure payment_intent_authentication_failure setup_intent_authentication_failure",
    ),
    *_rows(Rail.API, Family.DO_NOT_HONOUR, "card_declined", retry=True),
    *_rows(
        Rail.API,
        Family.DO_NOT_HONOUR,
        "payment_intent_payment_attempt_failed payment_method_customer_decline payment_method_provider_decline "
        "setup_attempt_failed",
    ),
    *_rows(
        Rail.API,
        Family.TRY_LATER,
        "card_decline_rate_limit_exceeded payment_intent_payment_attempt_expired payment_intent_rate_limit_exceeded "
        "payment_method_provider_timeout setup_intent_setup_attempt_expired "
        "three_d_secure_authentication_upstream_error",
        retry=True,
    ),
    *_rows(Rail.API, Family.EXPIRED, "expired_payment_method"),
    *_rows(
        Rail.API,
        Family.INCORRECT_DETAILS,
        "incorrect_postal_code account_number_invalid payment_method_billing_details_address_missing",
    ),
    *_rows(
        Rail.API,
        Family.MANDATE_INVALID,
        "billing_invalid_mandate india_recurring_payment_mandate_canceled payment_intent_mandate_invalid "
        "setup_intent_mandate_invalid",
    ),
    *_rows(
        Rail.API,
        Family.METHOD_GONE,
        "payment_method_invalid_parameter payment_method_not_available payment_method_unactivated "
        "payment_method_unexpected_state resource_missing",
    ),
    *_rows(
        Rail.API,
        Family.ACCOUNT_CLOSED,
        "bank_account_declined bank_account_unusable payment_method_bank_account_blocked payment_method_restricted",
    ),
    *_rows(
        Rail.API,
        Family.NOT_SUPPORTED,
        "amount_too_large amount_too_small invalid_card_type payment_intent_incompatible_payment_method "
        "payment_method_currency_mismatch payment_method_unsupported_type sepa_unsupported_account "
        "three_d_secure_authentication_not_supported",
    ),
    *_rows(Rail.API, Family.FRAUD, "action_blocked request_blocked"),
]


def rows() -> list[Row]:
    """The whole table in reading order, for the documentation and for staff."""
    return [*CARD, *BLOCKED, *SEPA, *BANK, *LOCAL, *API]


#: Every code we know, once.
TABLE: Mapping[str, Row] = {row.code: row for row in rows()}
