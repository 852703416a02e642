"""Every documented test card, on the hosted page and without the reader, ends as Stripe documents it."""

import pytest
import stripe

from payments.sandbox.cards import CARDS, TOKENS
from payments.sandbox.declines import DECLINES
from payments.sandbox.fees import card_fee
from tests.sandbox.buying import SHOP, renewal_params, saved, session_params, types

PAYING = sorted(card.number for card in CARDS.values() if card.decline is None and card.authentication == "never")
REFUSED = sorted(card.number for card in CARDS.values() if card.decline is not None)
ASKING = sorted(
    card.number
    for card in CARDS.values()
    if card.authentication != "never" and not card.fails_after and not card.authentication_error
)


@pytest.mark.parametrize("number", PAYING)
def test_paying_cards_pay(standin_page, number):
    session, visit = standin_page(card=number, code="1234" if CARDS[number].brand == "amex" else "123")
    assert visit.url == f"{SHOP}/merci?session={session.id}"


@pytest.mark.parametrize("number", REFUSED)
def test_refused_cards_are_told_and_another_card_pays_on_the_same_page(standin, number):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    visit = standin.pay(session.url, card=number)
    decline = DECLINES[CARDS[number].decline]
    assert (visit.status, visit.refusal) == (402, decline.french)
    session = client.v1.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    (failed,) = client.v1.charges.list().data
    assert (failed.status, failed.failure_code, failed.paid) == ("failed", decline.code, False)
    assert failed.outcome.reason == decline.decline_code
    assert types(client)[-2:] == ["charge.failed", "payment_intent.payment_failed"]

    assert standin.pay(session.url).url.startswith(f"{SHOP}/merci")
    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert session.payment_intent.id == failed.payment_intent
    assert session.payment_intent.last_payment_error is None
    assert len(standin.charges()) == 1


@pytest.mark.parametrize("number", ASKING)
def test_asking_cards_pay_once_allowed(standin, number):
    client = standin.client()
    session = client.v1.checkout.sessions.create(session_params())
    left_open = standin.pay(session.url, card=number, allow=None)
    assert "Autoriser" in left_open.text
    assert standin.charges() == []
    assert types(client)[-1] == "payment_intent.requires_action"
    refused = standin.pay(session.url, card=number, allow=False)
    assert refused.refusal.startswith("Votre banque n’a pas pu vérifier votre identité")
    (intent,) = client.v1.payment_intents.list().data
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert standin.pay(session.url, card=number).url.startswith(f"{SHOP}/merci")
    assert len(standin.charges()) == 1


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("4000008260003178", DECLINES["insufficient_funds"].french),
        ("4000008400001629", DECLINES["generic_decline"].french),
    ],
)
def test_a_card_may_be_refused_after_the_reader_allowed_it(standin, number, sentence):
    session = standin.client().v1.checkout.sessions.create(session_params())
    assert standin.pay(session.url, card=number).refusal == sentence
    assert standin.charges() == []


def test_a_broken_authentication_takes_nothing(standin):
    session = standin.client().v1.checkout.sessions.create(session_params())
    assert standin.pay(session.url, card="4000008400001280").refusal.startswith("Votre banque n’a pas pu vérifier")
    assert standin.charges() == []


@pytest.mark.parametrize("token", sorted(token for token, card in TOKENS.items() if not card.attaches))
def test_refused_cards_cannot_be_saved(standin, token):
    client = standin.client()
    customer = client.v1.customers.create()
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_methods.attach(token, {"customer": customer.id})
    decline = DECLINES[TOKENS[token].decline]
    assert (caught.value.code, caught.value.error.decline_code) == (decline.code, decline.decline_code)
    assert client.v1.customers.payment_methods.list(customer.id).data == []


@pytest.mark.parametrize("code", sorted(set(DECLINES) - {"incorrect_number", "do_not_honor", "pickup_card"}))
def test_a_saved_card_that_fails_later_says_why(standin, code):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    if code == "authentication_required":
        number = "4000002760003184"
    else:
        number = next(card.number for card in CARDS.values() if card.decline == code)
    standin.card_becomes(method, number)
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(renewal_params(customer, method, metadata={"payment": "5"}))
    error, decline = caught.value, DECLINES[code]
    assert (error.http_status, error.code, error.error.decline_code) == (402, decline.code, code)
    assert (error.user_message, error.error.advice_code if decline.advice else None) == (
        decline.message,
        decline.advice,
    )
    intent = client.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert (intent.last_payment_error.code, intent.last_payment_error.payment_method.id) == (decline.code, method)
    assert client.v1.payment_methods.retrieve(method).customer == customer
    assert standin.charges() == []


def test_a_card_whose_month_is_over_has_expired(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_visa")
    year = client.v1.payment_methods.retrieve(method).card.exp_year
    client.v1.payment_methods.update(method, {"card": {"exp_month": 1, "exp_year": year - 1}})
    client.v1.payment_intents.create(renewal_params(customer, method))
    standin.advance(days=3 * 366)
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(renewal_params(customer, method))
    assert caught.value.code == "expired_card"


def test_a_card_authenticated_when_saved_passes_without_the_reader(standin):
    client = standin.client()
    number = "4000002500003155"
    customer, unprepared = saved(client, "pm_card_authenticationRequiredOnSetup")
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(renewal_params(customer, unprepared))
    assert caught.value.code == "authentication_required"
    assert caught.value.error.payment_intent.status == "requires_payment_method"

    data = {"setup_future_usage": "off_session"}
    session = client.v1.checkout.sessions.create(session_params(customer=customer, payment_intent_data=data))
    standin.pay(session.url, card=number)
    intent = client.v1.payment_intents.list({"customer": customer}).data[0]
    renewed = client.v1.payment_intents.create(renewal_params(customer, intent.payment_method))
    assert renewed.status == "succeeded"


def test_a_card_that_only_asks_in_the_readers_presence(standin):
    client = standin.client()
    customer, method = saved(client, "pm_card_authenticationRequiredSetupForOffSession")
    assert client.v1.payment_intents.create(renewal_params(customer, method)).status == "succeeded"
    present = {"amount": 2760, "currency": "eur", "customer": customer, "payment_method": method, "confirm": True}
    asked = client.v1.payment_intents.create({**present, "return_url": f"{SHOP}/retour"})
    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")
    visit = standin._follow("GET", asked.next_action.redirect_to_url.url, None, True)
    assert visit.url == f"{SHOP}/retour?payment_intent={asked.id}&redirect_status=succeeded"
    assert client.v1.payment_intents.retrieve(asked.id).status == "succeeded"


@pytest.mark.parametrize(
    ("amount", "country", "fee"),
    [(2760, "FR", 66), (2760, "DE", 66), (2760, "GB", 94), (2760, "US", 115), (50, "FR", 26), (100_00, "FR", 175)],
)
def test_fees_by_country(amount, country, fee):
    assert card_fee(amount, country) == fee
