"""Customers and what is saved with them: kept, changed, detached for good, deleted to a tombstone."""

import pytest
import stripe

from tests.sandbox.buying import renewal_params, saved, types


def refusal(call, *args):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args)
    return caught.value


def test_a_customer_is_kept_changed_and_found(standin):
    client = standin.client()
    address = {"line1": "1 rue des Écoles", "postal_code": "75005", "city": "Paris", "country": "FR"}
    customer = client.v1.customers.create({"email": "camille@example.org", "name": "Camille", "address": address})
    client.v1.customers.create({"email": "lou@example.org"})
    assert client.v1.customers.retrieve(customer.id).address.city == "Paris"
    updated = client.v1.customers.update(customer.id, {"address": "", "phone": "+33100000000"})
    assert (updated.address, updated.phone, updated.name) == (None, "+33100000000", "Camille")
    assert [one.id for one in client.v1.customers.list({"email": "camille@example.org"}).data] == [customer.id]
    assert refusal(client.v1.customers.retrieve, "cus_nobody").http_status == 404


def test_a_deleted_customer_leaves_a_tombstone_and_no_method(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    gone = client.v1.customers.delete(customer).to_dict()
    assert gone == {"id": customer, "object": "customer", "deleted": True}
    assert refusal(client.v1.customers.delete, customer).code == "resource_missing"
    assert client.v1.customers.retrieve(customer).to_dict() == gone
    assert client.v1.customers.list().data == []
    assert client.v1.payment_methods.retrieve(method).customer is None
    assert types(client)[-2:] == ["payment_method.detached", "customer.deleted"]
    assert refusal(client.v1.customers.update, customer, {"name": "x"}).code == "resource_missing"
    assert refusal(client.v1.payment_intents.create, renewal_params(customer, method)).param == "customer"


def test_a_detached_method_is_detached_for_good(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    assert client.v1.payment_methods.detach(method).customer is None
    assert "not attached" in refusal(client.v1.payment_methods.detach, method).user_message
    assert (
        "may not be used again"
        in refusal(client.v1.payment_methods.attach, method, {"customer": customer}).user_message
    )
    assert (
        "may not be used again"
        in refusal(client.v1.payment_intents.create, renewal_params(customer, method)).user_message
    )
    assert standin.charges() == []


def test_a_method_belongs_to_one_customer(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    other = client.v1.customers.create().id
    assert client.v1.payment_methods.attach(method, {"customer": customer}).customer == customer
    assert (
        "already been attached" in refusal(client.v1.payment_methods.attach, method, {"customer": other}).user_message
    )
    assert refusal(client.v1.payment_intents.create, renewal_params(other, method)).param == "payment_method"
    without = {"amount": 2760, "currency": "eur", "payment_method": method, "off_session": True, "confirm": True}
    assert "belongs to the Customer" in refusal(client.v1.payment_intents.create, without).user_message
    settings = {"invoice_settings": {"default_payment_method": method}}
    assert refusal(client.v1.customers.update, other, settings).code == "resource_missing"
    updated = client.v1.customers.update(customer, settings)
    assert updated.invoice_settings.default_payment_method == method
    assert refusal(client.v1.customers.payment_methods.retrieve, other, method).code == "resource_missing"
    assert standin.charges() == []


def test_methods_are_listed_by_customer_and_kind(standin):
    client = standin.client()
    customer, card = saved(client, "pm_card_mastercard")
    account = client.v1.payment_methods.attach("pm_sepaDebit_success_fr", {"customer": customer}).id
    saved(client, "pm_card_visa")
    assert [one.id for one in client.v1.payment_methods.list({"customer": customer}).data] == [account, card]
    for kind, method in (("card", card), ("sepa_debit", account)):
        assert [one.id for one in client.v1.payment_methods.list({"customer": customer, "type": kind}).data] == [method]
        assert [one.id for one in client.v1.customers.payment_methods.list(customer, {"type": kind}).data] == [method]


def test_a_method_is_made_from_an_iban_or_a_token(standin):
    client = standin.client()
    holder = {"name": "Camille", "email": "camille@example.org"}
    iban = {"type": "sepa_debit", "sepa_debit": {"iban": "FR1420041010050500013M02606"}}
    made = client.v1.payment_methods.create({**iban, "billing_details": holder})
    assert (made.sepa_debit.last4, made.sepa_debit.country, made.sepa_debit.bank_code) == ("2606", "FR", "20041")
    assert refusal(client.v1.payment_methods.create, iban).code == "parameter_missing"
    wrong = {"type": "sepa_debit", "sepa_debit": {"iban": "FR7630006000011234567890189"}, "billing_details": holder}
    assert refusal(client.v1.payment_methods.create, wrong).code == "invalid_iban"
    card = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    assert (card.card.last4, card.customer) == ("4242", None)
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_nobody"}})
    assert caught.value.code == "incorrect_number"
