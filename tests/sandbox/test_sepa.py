"""SEPA debits: completed unpaid, settled days later, returned by the bank, and charged again under the mandate."""

import pytest
import stripe

from payments.sandbox.ibans import ACCOUNTS, FAILURES, TOKENS
from tests.sandbox.buying import SHOP, renewal_params, session_params, types
from tests.sandbox.driver import FR_FAILS, FR_PAYS

RETURNED = sorted(account.iban for account in ACCOUNTS.values() if account.failure and account.country == "FR")


def bought(standin, iban, **more):
    client = standin.client()
    customer = client.v1.customers.create({"email": "camille@example.org"})
    data = {"setup_future_usage": "off_session", "metadata": {"payment": "1"}}
    params = session_params(customer=customer.id, payment_intent_data=data, **more)
    session = client.v1.checkout.sessions.create(params)
    visit = standin.pay(session.url, iban=iban)
    assert visit.url == f"{SHOP}/merci?session={session.id}"
    return client, client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})


def test_a_debit_completes_unpaid_and_is_paid_after_five_business_days(standin):
    friday = 1_800_003_600  # 15 January 2027, a Friday
    standin.set_clock(friday, frozen=True)
    client, session = bought(standin, FR_PAYS)
    intent = session.payment_intent
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.latest_charge.status, intent.latest_charge.paid) == ("processing", "pending", False)
    told = types(client)[-3:]
    assert told == ["charge.pending", "payment_intent.processing", "checkout.session.completed"]
    mandate = client.v1.mandates.retrieve(intent.latest_charge.payment_method_details.sepa_debit.mandate)
    assert (mandate.status, mandate.type) == ("active", "multi_use")

    standin.advance(days=6)
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"
    assert standin.charges() == []
    standin.advance(days=1)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    told = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"]
    assert types(client)[-3:] == told
    standin.advance(2)
    movement = client.v1.balance_transactions.list({"source": intent.latest_charge.id}).data[0]
    assert (movement.fee, movement.net, movement.type) == (35, 2725, "payment")
    assert len(standin.charges(payment="1")) == 1
    standin.advance(days=30)
    assert types(client)[-1] == "charge.updated"


@pytest.mark.parametrize("iban", RETURNED)
def test_a_returned_debit_tells_the_session_and_takes_nothing(standin, iban):
    client, session = bought(standin, iban)
    standin.settle(session.payment_intent.id)
    failure = ACCOUNTS[iban].failure
    intent = client.v1.payment_intents.retrieve(session.payment_intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", failure)
    charge = intent.latest_charge
    assert (charge.status, charge.failure_code, charge.failure_message) == ("failed", failure, FAILURES[failure])
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    told = ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]
    assert types(client)[-3:] == told
    assert standin.charges() == []


def test_the_settings_shorten_the_wait_and_slow_accounts_take_three_minutes(standin):
    standin.settings(sepa_seconds=20)
    client, quick = bought(standin, FR_PAYS)
    _, slow = bought(standin, "FR3020041010050500013M02609")
    standin.advance(20)
    assert client.v1.checkout.sessions.retrieve(quick.id).payment_status == "paid"
    assert client.v1.checkout.sessions.retrieve(slow.id).payment_status == "unpaid"
    standin.advance(160)
    assert client.v1.checkout.sessions.retrieve(slow.id).payment_status == "paid"


def test_the_mandate_carries_the_next_year_and_ends_with_the_method(standin):
    client, session = bought(standin, FR_PAYS)
    method = session.payment_intent.payment_method
    renewed = client.v1.payment_intents.create(renewal_params(session.customer, method, metadata={"payment": "2"}))
    assert renewed.status == "processing"
    standin.settle(renewed.id, failure="insufficient_funds")
    failed = client.v1.payment_intents.retrieve(renewed.id)
    assert (failed.status, failed.last_payment_error.code) == ("requires_payment_method", "insufficient_funds")

    mandate = client.v1.charges.retrieve(failed.latest_charge).payment_method_details.sepa_debit.mandate
    client.v1.payment_methods.detach(method)
    assert client.v1.mandates.retrieve(mandate).status == "inactive"
    assert types(client)[-2:] == ["payment_method.detached", "mandate.updated"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(renewal_params(session.customer, method))


def test_a_debit_without_a_mandate_is_refused(standin):
    client = standin.client()
    customer = client.v1.customers.create()
    token = next(iter(TOKENS))
    method = client.v1.payment_methods.attach(token, {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(renewal_params(customer.id, method.id))
    assert caught.value.code == "payment_intent_mandate_invalid"
    agreed = {"customer_acceptance": {"type": "offline", "offline": {}}}
    intent = client.v1.payment_intents.create(renewal_params(customer.id, method.id, mandate_data=agreed))
    assert intent.status == "processing"


def test_a_debit_in_processing_can_be_neither_cancelled_nor_refunded_nor_settled_twice(standin):
    client, session = bought(standin, FR_PAYS)
    intent = session.payment_intent
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.cancel(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id})
    standin.settle(intent.id)
    with pytest.raises(AssertionError, match="succeeded"):
        standin.settle(intent.id)
    standin.advance(days=30)
    assert len(standin.charges()) == 1
    assert types(client).count("payment_intent.succeeded") == 1


@pytest.mark.parametrize(
    ("iban", "sentence"),
    [
        ("", "Indiquez l’IBAN du compte."),
        ("FR1420041010050500013M02607", "Cet IBAN est faux. Vérifiez chaque signe."),
        ("FR7630006000011234567890189", "Cette page n’accepte que des comptes de test"),
        ("FR2620041010050000000055555", "Cette banque n’accepte pas les prélèvements SEPA sur ce compte."),
    ],
)
def test_a_wrong_account_is_told_beside_its_field(standin_page, iban, sentence):
    _, visit = standin_page(iban=iban)
    assert visit.status == 422
    assert visit.wrong["iban"].startswith(sentence)


def test_an_account_typed_with_spaces_and_small_letters_is_the_same(standin):
    _, session = bought(standin, "fr14 2004 1010 0505 0001 3m02 606")
    assert session.payment_intent.latest_charge.payment_method_details.sepa_debit.last4 == "2606"


def test_a_page_that_allows_cards_only_ignores_a_debit(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params(allowed_payment_method_types=["card"]))
    visit = standin.pay(session.url, iban=FR_FAILS)
    assert (visit.status, sorted(visit.wrong)) == (422, ["cvc", "expiration", "numero"])
    assert standin.charges() == []
