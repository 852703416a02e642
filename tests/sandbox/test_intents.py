"""Payment and setup intents by the API alone: their states, and what each state allows."""

import pytest
import stripe

from tests.sandbox.buying import SHOP, renewal_params, saved, types


def refusal(call, *args):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args)
    return caught.value


def test_an_intent_waits_is_changed_confirmed_and_final(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create({"amount": 2700, "currency": "eur", "customer": customer})
    assert (intent.status, intent.latest_charge, intent.amount_received) == ("requires_payment_method", None, 0)
    assert refusal(client.v1.payment_intents.confirm, intent.id).code == "payment_intent_unexpected_state"
    intent = client.v1.payment_intents.update(intent.id, {"amount": 2760, "payment_method": method})
    assert (intent.amount, intent.status) == (2760, "requires_confirmation")
    intent = client.v1.payment_intents.confirm(intent.id, {"off_session": True})
    assert (intent.status, intent.amount_received, intent.payment_method) == ("succeeded", 2760, method)
    for call, args in (
        (client.v1.payment_intents.confirm, (intent.id,)),
        (client.v1.payment_intents.cancel, (intent.id,)),
        (client.v1.payment_intents.update, (intent.id, {"amount": 1})),
    ):
        error = refusal(call, *args)
        assert (error.code, error.error.payment_intent.status) == ("payment_intent_unexpected_state", "succeeded")
    assert len(standin.charges()) == 1


def test_a_cancelled_intent_takes_nothing(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create({"amount": 2760, "currency": "eur", "customer": customer})
    done = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (done.status, done.cancellation_reason) == ("canceled", "duplicate")
    assert refusal(client.v1.payment_intents.cancel, intent.id).code == "payment_intent_unexpected_state"
    assert refusal(client.v1.payment_intents.confirm, intent.id, {"payment_method": method}).http_status == 400
    assert types(client)[-1] == "payment_intent.canceled"
    assert standin.charges() == []


def test_a_declined_intent_may_be_tried_with_another_card(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(renewal_params(customer, method))
    intent = caught.value.error.payment_intent.id
    better = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    assert client.v1.payment_intents.confirm(intent, {"payment_method": better}).status == "succeeded"
    charges = client.v1.charges.list({"payment_intent": intent}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_rules_of_creation(standin):
    client = standin.client()
    create = client.v1.payment_intents.create
    basic = {"amount": 2760, "currency": "eur"}
    assert refusal(create, {**basic, "off_session": True}).param == "off_session"
    assert refusal(create, {**basic, "confirm": True}).param == "payment_method"
    assert refusal(create, {**basic, "confirm": True, "payment_method": "pm_card_visa"}).param == "return_url"
    assert refusal(create, {**basic, "amount": 49}).code == "amount_too_small"
    assert refusal(create, {**basic, "amount": 100_000_000}).code == "amount_too_large"
    assert refusal(create, {**basic, "currency": "usd"}).param == "currency"
    assert refusal(create, {**basic, "capture_method": "manual"}).param == "capture_method"
    assert refusal(create, {**basic, "payment_method": "pm_nobody"}).code == "resource_missing"
    only_debits = {**basic, "allowed_payment_method_types": ["sepa_debit"], "payment_method": "pm_card_visa"}
    assert refusal(create, only_debits).param == "payment_method"
    only_cards = {**basic, "allowed_payment_method_types": ["card"], "payment_method": "pm_card_visa", "confirm": True}
    assert create(only_cards).status == "succeeded"


def test_a_refused_authentication_by_the_api_leads_back_too(standin):
    client = standin.client()
    params = {"amount": 2760, "currency": "eur", "payment_method": "pm_card_authenticationRequired", "confirm": True}
    intent = client.v1.payment_intents.create({**params, "return_url": f"{SHOP}/retour?x=1"})
    url = intent.next_action.redirect_to_url.url
    visit = standin._follow("GET", url, None, False)
    assert visit.url == (f"{SHOP}/retour?x=1&payment_intent={intent.id}&redirect_status=requires_payment_method")
    assert client.v1.payment_intents.retrieve(intent.id).last_payment_error.code == (
        "payment_intent_authentication_failure"
    )


def test_intents_are_listed_by_customer_newest_first(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    made = [
        client.v1.payment_intents.create(renewal_params(customer, method, metadata={"payment": str(number)})).id
        for number in range(3)
    ]
    other, its = saved(client, "pm_card_visa")
    client.v1.payment_intents.create(renewal_params(other, its))
    found = client.v1.payment_intents.list({"customer": customer, "limit": 2})
    assert ([one.id for one in found.data], found.has_more) == (made[:0:-1], True)
    assert [one.metadata["payment"] for one in found.auto_paging_iter()] == ["2", "1", "0"]
    assert refusal(client.v1.payment_intents.list, {"customer": "cus_nobody"}).code == "resource_missing"


def test_a_setup_intent_saves_waits_for_the_bank_and_is_cancelled(standin):
    client = standin.client()
    customer = client.v1.customers.create().id
    params = {"customer": customer, "confirm": True, "return_url": f"{SHOP}/retour"}
    done = client.v1.setup_intents.create({**params, "payment_method": "pm_card_visa"})
    assert (done.status, done.customer) == ("succeeded", customer)
    assert client.v1.payment_methods.retrieve(done.payment_method).customer == customer

    asked = client.v1.setup_intents.create({**params, "payment_method": "pm_card_authenticationRequiredOnSetup"})
    assert asked.status == "requires_action"
    standin._follow("GET", asked.next_action.redirect_to_url.url, None, True)
    prepared = client.v1.setup_intents.retrieve(asked.id)
    assert prepared.status == "succeeded"
    renewed = client.v1.payment_intents.create(renewal_params(customer, prepared.payment_method))
    assert renewed.status == "succeeded"

    with pytest.raises(stripe.CardError) as caught:
        client.v1.setup_intents.create({**params, "payment_method": "pm_card_visa_chargeDeclined"})
    assert caught.value.error.setup_intent.status == "requires_payment_method"
    assert (
        "mandate"
        in refusal(client.v1.setup_intents.create, {**params, "payment_method": "pm_sepaDebit_success_fr"}).user_message
    )

    waiting = client.v1.setup_intents.create({"customer": customer})
    assert client.v1.setup_intents.cancel(waiting.id).status == "canceled"
    assert refusal(client.v1.setup_intents.cancel, waiting.id).code == "setup_intent_unexpected_state"
    assert types(client, types=["setup_intent.canceled"]) == ["setup_intent.canceled"]
