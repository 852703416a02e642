"""Every code of the closed table, seen arriving as Stripe sends it: one test per row."""

from __future__ import annotations

import typing

import pytest
import stripe

from payments import gateway
from payments.gateway import Family, Outcome, Rail
from tests.gateway import shapes
from tests.gateway.teller import Teller

# code, family, and what may follow: again (the same method later), act (only the reader can finish), never.
# Written apart from the table, from the documentation: a row that changes must be changed twice.
EXPECTED = """
authentication_required act authentication_required
authentication_not_handled act authentication_required
mobile_device_authentication_required act authentication_required
payment_intent_action_required act authentication_required
insufficient_funds again insufficient_funds
card_velocity_exceeded again insufficient_funds
withdrawal_count_limit_exceeded again insufficient_funds
approve_with_id again try_later
issuer_not_available again try_later
processing_error again try_later
reenter_transaction again try_later
try_again_later again try_later
call_issuer again do_not_honour
do_not_honor again do_not_honour
generic_decline again do_not_honour
no_action_taken again do_not_honour
card_declined again do_not_honour
do_not_try_again never do_not_honour
security_violation never do_not_honour
expired_card never expired
invalid_expiry_month never expired
invalid_expiry_year never expired
incorrect_address never incorrect_details
incorrect_cvc never incorrect_details
incorrect_number never incorrect_details
incorrect_pin never incorrect_details
incorrect_zip never incorrect_details
invalid_account never incorrect_details
invalid_cvc never incorrect_details
invalid_number never incorrect_details
invalid_pin never incorrect_details
new_account_information_available never incorrect_details
offline_pin_required never incorrect_details
online_or_offline_pin_required never incorrect_details
pin_try_exceeded never incorrect_details
lost_card never lost_or_stolen
pickup_card never lost_or_stolen
restricted_card never lost_or_stolen
stolen_card never lost_or_stolen
fraudulent never fraud
merchant_blacklist never fraud
card_not_supported never not_supported
currency_not_supported never not_supported
invalid_amount never not_supported
not_permitted never not_supported
service_not_allowed never not_supported
testmode_decline never not_supported
transaction_not_allowed never not_supported
revocation_of_all_authorizations never revoked
revocation_of_authorization never revoked
stop_payment_order never revoked
duplicate_transaction never duplicate
blocklist never fraud
elevated_risk_level never fraud
highest_risk_level never fraud
low_probability_of_authorization never fraud
previously_declined_do_not_retry never fraud
rule never fraud
requested_block_on_incorrect_cvc never incorrect_details
refer_to_customer never do_not_honour
authorization_revoked never revoked
debit_disputed never revoked
debit_not_authorized never revoked
debit_authorization_not_match never mandate_invalid
account_closed never account_closed
bank_account_restricted never account_closed
bank_ownership_changed never account_closed
recipient_deceased never deceased
branch_does_not_exist never incorrect_details
incorrect_account_holder_name never incorrect_details
invalid_account_number never incorrect_details
no_account never incorrect_details
charge_exceeds_source_limit never not_supported
charge_exceeds_transaction_limit never not_supported
charge_exceeds_weekly_limit never not_supported
could_not_process never try_later
generic_could_not_process never try_later
AC01 never incorrect_details
AC04 never account_closed
AC06 never account_closed
AC13 never not_supported
AG01 never not_supported
AG02 never try_later
AM04 again insufficient_funds
AM05 never duplicate
BE01 never incorrect_details
BE05 never mandate_invalid
CNOR never try_later
DNOR never not_supported
ED05 never try_later
FF01 never try_later
FF05 never not_supported
FOCR never revoked
MD01 never mandate_invalid
MD02 never mandate_invalid
MD06 never revoked
MD07 never deceased
MS02 never revoked
MS03 never do_not_honour
RC01 never incorrect_details
RR01 never incorrect_details
RR02 never incorrect_details
RR03 never try_later
RR04 never do_not_honour
SL01 never revoked
TM01 never try_later
partner_generic_decline never do_not_honour
partner_payment_not_found never do_not_honour
payment_disputed never do_not_honour
invalid_customer_account never account_closed
partner_insufficient_funds again insufficient_funds
payment_limit_exceeded again insufficient_funds
invalid_authorization never mandate_invalid
invalid_billing_agreement never mandate_invalid
expired_payment_information never expired
partner_expired_card never expired
invalid_payment_information never incorrect_details
compliance_violation never not_supported
invalid_business_account never not_supported
partner_invalid_amount never not_supported
partner_invalid_currency never not_supported
partner_high_risk_customer never fraud
partner_processing_error again try_later
partner_duplicate_transaction never duplicate
authentication_failure never authentication_failed
payment_intent_authentication_failure never authentication_failed
setup_intent_authentication_failure never authentication_failed
payment_intent_payment_attempt_failed never do_not_honour
payment_method_customer_decline never do_not_honour
payment_method_provider_decline never do_not_honour
setup_attempt_failed never do_not_honour
card_decline_rate_limit_exceeded again try_later
payment_intent_payment_attempt_expired again try_later
payment_intent_rate_limit_exceeded again try_later
payment_method_provider_timeout again try_later
setup_intent_setup_attempt_expired again try_later
three_d_secure_authentication_upstream_error again try_later
expired_payment_method never expired
incorrect_postal_code never incorrect_details
account_number_invalid never incorrect_details
payment_method_billing_details_address_missing never incorrect_details
billing_invalid_mandate never mandate_invalid
india_recurring_payment_mandate_canceled never mandate_invalid
payment_intent_mandate_invalid never mandate_invalid
setup_intent_mandate_invalid never mandate_invalid
payment_method_invalid_parameter never method_gone
payment_method_not_available never method_gone
payment_method_unactivated never method_gone
payment_method_unexpected_state never method_gone
resource_missing never method_gone
bank_account_declined never account_closed
bank_account_unusable never account_closed
payment_method_bank_account_blocked never account_closed
payment_method_restricted never account_closed
amount_too_large never not_supported
amount_too_small never not_supported
invalid_card_type never not_supported
payment_intent_incompatible_payment_method never not_supported
payment_method_currency_mismatch never not_supported
payment_method_unsupported_type never not_supported
sepa_unsupported_account never not_supported
three_d_secure_authentication_not_supported never not_supported
action_blocked never fraud
request_blocked never fraud
"""
CASES = [tuple(line.split()) for line in EXPECTED.split("\n") if line]

# Error codes of the library that no refused payment of this shop can carry: requests, accounts, other products.
ELSEWHERE_STARTS = (
    "account_",
    "acss_",
    "alipay_",
    "balance_",
    "bitcoin_",
    "capability_",
    "capture_",
    "cardholder_",
    "charge_already_",
    "charge_expired_",
    "clearing_",
    "country_",
    "coupon_",
    "customer_",
    "dispute_",
    "financial_",
    "forwarding_",
    "instant_",
    "invoice_",
    "livemode_",
    "order_",
    "ownership_",
    "parameter",
    "payment_method_bank_account_already_",
    "payment_method_microdeposit_",
    "payout",
    "platform_",
    "product_",
    "progressive_",
    "refund_",
    "resource_already_",
    "return_",
    "routing_",
    "secret_",
    "service_period_",
    "shipping_",
    "sku_",
    "storer_",
    "stripe_tax_",
    "subscription_",
    "tax",
    "terminal_",
    "tls_",
    "token_",
    "transfer",
)
ELSEWHERE = {
    "anomalous_money_movement_request",
    "api_key_expired",
    "application_fees_not_allowed",
    "approval_required",
    "bank_account_bad_routing_numbers",
    "bank_account_exists",
    "bank_account_unverified",
    "bank_account_verification_failed",
    "charge_disputed",
    "charge_invalid_parameter",
    "charge_not_refundable",
    "email_invalid",
    "failed_tax_calculation",
    "idempotency_key_in_use",
    "intent_invalid_state",
    "intent_verification_method_missing",
    "invalid_canceled_subscription_fields",
    "invalid_characters",
    "invalid_charge_amount",
    "invalid_mandate_reference_prefix_format",
    "invalid_source_usage",
    "invalid_tax_location",
    "lock_timeout",
    "missing",
    "not_allowed_on_standard_account",
    "out_of_inventory",
    "payment_evaluation_on_api_version_not_supported",
    "payment_intent_invalid_parameter",
    "payment_intent_konbini_rejected_confirmation_number",
    "payment_intent_unexpected_state",
    "payment_method_configuration_failures",
    "payment_method_invalid_parameter_testmode",
    "postal_code_invalid",
    "rate_limit",
    "setup_intent_invalid_parameter",
    "setup_intent_mobile_wallet_unsupported",
    "setup_intent_unexpected_state",
    "siret_invalid",
    "smart_disputes_not_available",
    "state_unsupported",
    "status_transition_invalid",
    "testmode_charges_only",
    "url_invalid",
}


def _sent(code: str) -> dict[str, object]:
    """The error body in which Stripe sends this code."""
    rail = gateway.TABLE[code].rail
    if rail is Rail.API:
        return {"code": code}
    if rail is Rail.SEPA:
        return {"code": code, "payment_method": {"id": "pm_1", "type": "sepa_debit"}}
    if rail is Rail.BANK:
        method = {"id": "pm_1", "type": "sepa_debit"}
        return {"code": "refer_to_customer", "network_decline_code": code, "payment_method": method}
    return {"code": "card_declined", "decline_code": code}


def test_the_expected_rows_are_all_the_rows() -> None:
    assert [code for code, _, _ in CASES if code not in gateway.TABLE] == []
    assert sorted(code for code, _, _ in CASES) == sorted(row.code for row in gateway.rows())


@pytest.mark.parametrize(("code", "follows", "family"), CASES, ids=[case[0] for case in CASES])
def test_row(teller: Teller, code: str, follows: str, family: str) -> None:
    """The exception of the charge and the intent fetched after its event say one and the same thing."""
    error = _sent(code)
    left = shapes.refused_intent(**error)
    teller.says(402, {"error": {"type": "card_error", "message": "Refused.", **error, "payment_intent": left}})
    teller.says(200, left)
    charged = gateway.charge_off_session(
        reference="P-1",
        customer="cus_1",
        method="pm_1",
        amount_cents=2760,
        description="Abonnement",
        metadata={},
        key="key-1",
    )
    assert charged.decline is not None
    assert (charged.decline.code, charged.decline.family, charged.decline.retry) == (
        code,
        Family(family),
        follows == "again",
    )
    assert charged.outcome is (Outcome.ACTION_REQUIRED if follows == "act" else Outcome.DECLINED)
    assert len(str(charged.decline.sentence)) > 30
    assert gateway.fetch_intent("pi_1") == charged


def test_a_code_nobody_knows_is_kept_and_allows_nothing(teller: Teller) -> None:
    error = {"code": "card_declined", "decline_code": "moon_in_the_wrong_house"}
    teller.says(200, shapes.refused_intent(**error))
    refused = gateway.fetch_intent("pi_1").decline
    assert refused is not None
    assert (refused.code, refused.family, refused.retry) == ("moon_in_the_wrong_house", Family.OTHER, False)
    assert refused.outcome is Outcome.DECLINED


def test_a_code_nobody_knows_does_not_hide_one_that_tells(teller: Teller) -> None:
    teller.says(200, shapes.refused_intent(code="expired_card", decline_code="moon_in_the_wrong_house"))
    refused = gateway.fetch_intent("pi_1").decline
    assert refused is not None
    assert (refused.code, refused.family) == ("expired_card", Family.EXPIRED)


def test_the_networks_never_again_is_stronger_than_the_table(teller: Teller) -> None:
    error = {"code": "card_declined", "decline_code": "insufficient_funds", "advice_code": "do_not_try_again"}
    teller.says(200, shapes.refused_intent(**error))
    refused = gateway.fetch_intent("pi_1").decline
    assert refused is not None
    assert (refused.family, refused.retry, refused.advice) == (Family.INSUFFICIENT_FUNDS, False, "do_not_try_again")


@pytest.mark.parametrize(("code", "again"), [("processing_error", False), ("insufficient_funds", True)])
def test_a_debit_is_presented_again_for_want_of_funds_only(teller: Teller, code: str, again: bool) -> None:
    method = {"id": "pm_1", "type": "sepa_debit"}
    teller.says(200, shapes.refused_intent(code=code, payment_method=method))
    refused = gateway.fetch_intent("pi_1").decline
    assert refused is not None
    assert refused.retry is again


def test_the_number_of_the_bank_does_not_hide_stripes_reason(teller: Teller) -> None:
    error = {"code": "card_declined", "decline_code": "do_not_honor", "network_decline_code": "05"}
    teller.says(200, shapes.refused_intent(**error))
    refused = gateway.fetch_intent("pi_1").decline
    assert refused is not None
    assert (refused.code, refused.network_code) == ("do_not_honor", "05")


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist"])
def test_who_holds_a_reported_card_is_told_nothing_of_it(code: str) -> None:
    sentence = str(gateway.TABLE[code].sentence).lower()
    assert not any(word in sentence for word in ("lost", "stolen", "fraud", "perdu", "vol"))


def test_every_error_code_of_the_library_is_placed() -> None:
    """A new version of the library brings new codes: each goes into the table, or is named here as none of ours."""
    said: set[str] = set()
    waiting = [stripe.PaymentIntent.LastPaymentError.__annotations__["code"]]
    while waiting:
        hint = waiting.pop()
        if typing.get_origin(hint) is typing.Literal:
            said.update(typing.get_args(hint))
        else:
            waiting.extend(typing.get_args(hint))
    assert len(said) > 150
    elsewhere = {code for code in said if code in ELSEWHERE or code.startswith(ELSEWHERE_STARTS)}
    assert sorted(said - set(gateway.TABLE) - elsewhere) == []
    assert sorted(ELSEWHERE - said) == []
