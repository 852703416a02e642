"""Checkout Sessions: their rules, their end by time or by hand, saving a card without paying, and guests."""

import pytest
import stripe

from tests.sandbox.buying import SHOP, renewal_params, saved, session_params, types
from tests.sandbox.driver import DAY, FR_PAYS


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"mode": None}, "mode"),
        ({"mode": "subscription"}, "mode"),
        ({"success_url": None}, "success_url"),
        ({"success_url": "/merci"}, "success_url"),
        ({"cancel_url": "commande"}, "cancel_url"),
        ({"line_items": None}, "line_items"),
        ({"line_items": [{"price": "price_nobody", "quantity": 1}]}, "line_items[0][price]"),
        ({"setup_intent_data": {"description": "x"}}, "setup_intent_data"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"allowed_payment_method_types": ["paypal"]}, "allowed_payment_method_types"),
        ({"currency": "usd"}, "currency"),
        ({"ui_mode": "elements"}, "ui_mode"),
        ({"discounts": [{"coupon": "half"}]}, "discounts"),
        ({"billing_address_collection": "required"}, "billing_address_collection"),
    ],
)
def test_what_a_session_may_not_be(standin, more, param):
    params = {name: value for name, value in session_params(**more).items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        standin.client().v1.checkout.sessions.create(params)
    assert (caught.value.http_status, caught.value.param) == (400, param)


def test_a_total_under_fifty_cents_is_too_small(standin):
    params = session_params()
    params["line_items"][0]["price_data"]["unit_amount"] = 49
    with pytest.raises(stripe.InvalidRequestError) as caught:
        standin.client().v1.checkout.sessions.create(params)
    assert caught.value.code == "amount_too_small"


def test_a_customer_excludes_an_email_and_a_new_customer(standin):
    client = standin.client()
    customer = client.v1.customers.create().id
    for more in ({"customer_email": "a@example.org"}, {"customer_creation": "always"}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.create(session_params(customer=customer, **more))


@pytest.mark.parametrize(("seconds", "good"), [(29 * 60, False), (30 * 60 + 5, True), (DAY, True), (DAY + 60, False)])
def test_a_page_is_open_for_half_an_hour_to_a_day(standin, seconds, good):
    params = session_params(expires_at=standin.now() + seconds)
    if good:
        assert standin.client().v1.checkout.sessions.create(params).expires_at == params["expires_at"]
    else:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            standin.client().v1.checkout.sessions.create(params)
        assert caught.value.param == "expires_at"


def test_a_page_whose_time_is_over_takes_nothing_and_leads_back(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params(expires_at=standin.now() + 1805))
    tried = standin.pay(session.url, card="4000000000009995")
    assert tried.status == 402
    standin.advance(1806)
    late = standin.pay(session.url)
    assert late.status == 410
    assert f'href="{SHOP}/commande"' in late.text
    session = client.v1.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status, session.url) == ("expired", "unpaid", None)
    (intent,) = client.v1.payment_intents.list().data
    assert intent.status == "canceled"
    assert types(client)[-2:] == ["payment_intent.canceled", "checkout.session.expired"]
    standin.advance(days=2)
    assert types(client).count("checkout.session.expired") == 1
    assert standin.charges() == []


def test_an_open_page_is_closed_by_hand_once(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)
    assert standin.pay(session.url).status == 410
    paid = client.v1.checkout.sessions.create(session_params())
    standin.pay(paid.url)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(paid.id)
    assert client.v1.checkout.sessions.retrieve(paid.id).payment_status == "paid"


def test_an_authentication_left_open_when_the_page_expires_is_void(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    at_the_bank = standin.pay(session.url, card="4000002760003184", allow=None)
    client.v1.checkout.sessions.expire(session.id)
    too_late = standin._follow("POST", at_the_bank.url, {"reponse": "autoriser"}, True)
    assert too_late.status == 410
    assert standin.charges() == []


def test_the_intent_of_an_open_page_belongs_to_the_page(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    standin.pay(session.url, card="4000000000000002")
    (intent,) = client.v1.payment_intents.list().data
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.cancel(intent.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert standin.charges() == []


def test_sending_the_form_twice_pays_once(standin):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    form = {"moyen": "carte", "numero": "4242424242424242", "expiration": "1240", "cvc": "123", "nom": "C. Martin"}
    form["email"] = "camille@example.org"
    visits = [standin._follow("POST", session.url, form, True) for _ in range(2)]
    assert {visit.url for visit in visits} == {f"{SHOP}/merci?session={session.id}"}
    assert len(standin.charges()) == 1


def test_a_guest_gets_a_customer_only_when_one_is_needed(standin):
    client = standin.client()
    guest = client.v1.checkout.sessions.create(session_params())
    standin.pay(guest.url)
    assert client.v1.checkout.sessions.retrieve(guest.id).customer is None
    assert client.v1.checkout.sessions.retrieve(guest.id).customer_details.email == "camille@example.org"
    always = client.v1.checkout.sessions.create(session_params(customer_creation="always"))
    data = {"setup_future_usage": "off_session"}
    saving = client.v1.checkout.sessions.create(session_params(payment_intent_data=data))
    for session in (always, saving):
        standin.pay(session.url, email="lou@example.org")
        customer = client.v1.checkout.sessions.retrieve(session.id).customer
        assert client.v1.customers.retrieve(customer).email == "lou@example.org"


def setup_params(customer, **more):
    addresses = {"success_url": f"{SHOP}/compte", "cancel_url": f"{SHOP}/compte"}
    return {"mode": "setup", "currency": "eur", "customer": customer, **addresses, **more}


@pytest.mark.parametrize("given", [{}, {"card": "4000002760003184"}, {"iban": FR_PAYS}])
def test_a_card_is_saved_without_paying_and_the_next_charge_uses_it(standin, given):
    client = standin.client()
    customer, old = saved(client, "pm_card_visa")
    session = client.v1.checkout.sessions.create(setup_params(customer, setup_intent_data={"metadata": {"why": "new"}}))
    assert (session.payment_status, session.amount_total) == ("no_payment_required", None)
    assert standin.pay(session.url, **given).url == f"{SHOP}/compte"
    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert (session.status, session.payment_status) == ("complete", "no_payment_required")
    assert (session.setup_intent.status, session.setup_intent.metadata["why"]) == ("succeeded", "new")
    new = session.setup_intent.payment_method
    listed = [method.id for method in client.v1.customers.payment_methods.list(customer).data]
    assert listed == [new, old]
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": new}})
    client.v1.payment_methods.detach(old)
    assert [method.id for method in client.v1.payment_methods.list({"customer": customer}).data] == [new]
    if "card" not in given:  # this card asks its bank at every charge
        renewed = client.v1.payment_intents.create(renewal_params(customer, new))
        assert renewed.status == ("processing" if "iban" in given else "succeeded")
    assert types(client, types=["checkout.session.completed"]) == ["checkout.session.completed"]


def test_a_refused_card_is_not_saved(standin):
    client = standin.client()
    customer = client.v1.customers.create({"email": "camille@example.org"}).id
    session = client.v1.checkout.sessions.create(setup_params(customer))
    assert standin.pay(session.url, card="4000000000000002").status == 402
    assert standin.pay(session.url, card="4000002760003184", allow=False).refusal
    assert types(client).count("setup_intent.setup_failed") == 2
    assert client.v1.customers.payment_methods.list(customer).data == []
    assert standin.pay(session.url, card="4000000000000341").url == f"{SHOP}/compte"
    (method,) = client.v1.customers.payment_methods.list(customer).data
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(renewal_params(customer, method.id))


def test_setup_mode_wants_a_currency_and_no_lines(standin):
    client = standin.client()
    customer = client.v1.customers.create().id
    params = setup_params(customer)
    del params["currency"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(params)
    assert caught.value.param == "currency"
    client.v1.checkout.sessions.create({**params, "allowed_payment_method_types": ["card"]})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create({**session_params(), **setup_params(customer)})


def test_sessions_are_found_by_status_intent_and_address(standin):
    client = standin.client()
    paid = client.v1.checkout.sessions.create(session_params(customer_email="a@example.org"))
    left = client.v1.checkout.sessions.create(session_params())
    standin.pay(paid.url)
    listed = client.v1.checkout.sessions.list
    assert [one.id for one in listed({"status": "open"}).data] == [left.id]
    intent = client.v1.checkout.sessions.retrieve(paid.id).payment_intent
    assert [one.id for one in listed({"payment_intent": intent}).data] == [paid.id]
    assert [one.id for one in listed({"customer_details": {"email": "a@example.org"}}).data] == [paid.id]
    lines = client.v1.checkout.sessions.line_items.list(paid.id).data
    assert [(line.description, line.quantity, line.amount_total) for line in lines] == [("1 an", 1, 2760)]


def test_a_parameter_nobody_honours_is_noted(standin):
    standin.client().v1.checkout.sessions.create(session_params(locale="fr", origin_context="web"))
    (request,) = standin.requests("/v1/checkout/sessions")
    assert request["ignored"] == ["origin_context"]
