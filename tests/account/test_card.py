"""Change of card with the stand-in: nothing is debited, the truth is told on return, and the next charge uses it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import Act, MethodSetup, SavedMethod
from payments.webhooks import processing, receiving
from subscriptions.models import Subscription
from tests.account.people import Reader, said
from tests.makers import NOW, make_magazine, make_offers
from tests.sandbox.driver import FR_PAYS

pytestmark = pytest.mark.django_db(transaction=True)
MASTERCARD = "5555 5555 5555 4444"


@pytest.fixture
def reader(transactional_db, till, client) -> Reader:
    """Élodie, subscribed with automatic renewal by Visa 4242, signed in; every row committed."""
    till.set_clock(int(NOW.timestamp()))
    return Reader(client, "elodie.lefevre@example.fr").buys(make_offers(make_magazine())["automatic"]).signs_in()


def card_page(reader: Reader) -> str:
    return f"/compte/abonnements/{Subscription.objects.get().pk}/moyen-de-paiement/"


def hear(till) -> None:
    """Bring the waiting webhooks and process them."""

    def post(body: bytes, headers: dict[str, str]) -> int:
        received = {name.lower(): value for name, value in headers.items()}
        receiving.receive(body, received["stripe-signature"], at=timezone.now())
        return 200

    till.deliver(post)
    processing.process(at=timezone.now())


def came_back(reader: Reader, visit) -> list[str]:
    """The page the reader sees on the way back from Stripe's."""
    assert visit.status == 303, visit.text
    answer = reader.client.get(visit.url.removeprefix("http://shop.test"))
    assert answer.status_code == 200
    return said(answer)


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = "http://shop.test"


def test_a_new_card_pays_the_next_debit(reader, till):
    page = reader.client.get(card_page(reader))
    assert "Visa •••• 4242, 08/2028" in said(page)
    assert "Next debit: 27,60 € on 23 novembre 2027. The new card or account will be used for it." in said(page)
    assert f"form-action 'self' {till.base}" in page["Content-Security-Policy"]
    answer = reader.client.post(card_page(reader))
    assert answer.status_code == 303
    assert answer["Location"].startswith(till.base)

    sentences = came_back(reader, till.pay(answer["Location"], card=MASTERCARD))
    assert "Your means of payment is changed." in sentences
    assert "Mastercard •••• 4444, 12/2040 will pay the next debit: 27,60 € on 23 novembre 2027." in sentences
    assert "Nothing was debited today. A letter confirms the change." in sentences
    saved = Subscription.objects.get().saved_method
    assert (saved.brand, saved.last4, saved.payer_account.owner_key) == (
        "mastercard",
        "4444",
        f"customer:{reader.customer.pk}",
    )
    assert till.charges() == []
    assert len(reader.letters("method_changed")) == 1
    assert Act.objects.filter(verb="method changed").count() == 1
    hear(till)
    assert len(reader.letters("method_changed")) == 1, "the webhook tells nothing new"
    assert "Mastercard •••• 4444, 12/2040" in reader.sees("account_home")


def test_the_webhook_comes_first_and_the_page_says_the_same(reader, till):
    answer = reader.client.post(card_page(reader))
    visit = till.pay(answer["Location"], card=MASTERCARD)
    hear(till)
    assert Subscription.objects.get().saved_method.last4 == "4444"
    assert "Your means of payment is changed." in came_back(reader, visit)
    assert len(reader.letters("method_changed")) == 1


def test_an_account_for_direct_debit(reader, till):
    answer = reader.client.post(card_page(reader))
    sentences = came_back(reader, till.pay(answer["Location"], iban=FR_PAYS))
    assert "SEPA direct debit •••• 2606 will pay the next debit: 27,60 € on 23 novembre 2027." in sentences


def test_turning_back_changes_nothing_and_says_so(reader, till):
    reader.client.post(card_page(reader))
    setup = MethodSetup.objects.get()
    answer = reader.client.get(f"{card_page(reader)}retour/{setup.reference}/")
    sentences = said(answer)
    assert "Nothing has changed yet." in sentences
    assert "Until then Visa •••• 4242, 08/2028 stays in use." in sentences
    assert SavedMethod.objects.count() == 1


def test_a_double_click_and_a_second_tab_open_one_page(reader):
    first, second = (reader.client.post(card_page(reader)) for _click in range(2))
    assert first["Location"] == second["Location"]
    assert MethodSetup.objects.count() == 1


def test_clicking_again_after_finishing_shows_what_became_of_it(reader, till):
    answer = reader.client.post(card_page(reader))
    till.pay(answer["Location"], card=MASTERCARD)
    answer = reader.client.post(card_page(reader))
    setup = MethodSetup.objects.get()
    assert answer["Location"] == f"{card_page(reader)}retour/{setup.reference}/"
    assert Subscription.objects.get().saved_method.last4 == "4444"
    third = reader.client.post(card_page(reader))
    assert third["Location"].startswith(till.base), "another change is another wish"
    assert MethodSetup.objects.count() == 2


def test_a_page_left_too_long_has_run_out(reader, till, clock):
    reader.client.post(card_page(reader))
    setup = MethodSetup.objects.get()
    till.advance(3 * 3600)
    clock.move_to(NOW + timedelta(hours=3))
    sentences = said(reader.client.get(f"{card_page(reader)}retour/{setup.reference}/"))
    assert "The time to change it has run out." in sentences
    assert "Visa •••• 4242, 08/2028 stays in use." in sentences


def test_when_stripe_does_not_answer_nothing_changes_and_the_page_says_so(reader, till):
    till.misbehave("error_before", path="/v1/checkout/sessions", status=500)
    answer = reader.client.post(card_page(reader))
    assert answer.status_code == 503
    assert "The payment service does not answer just now. Nothing has changed; please try again in a minute." in said(
        answer
    )
    again = reader.client.post(card_page(reader))
    assert again.status_code == 303
    till.misbehave("error_before", method="GET", status=500)
    setup = MethodSetup.objects.exclude(checkout_session=None).get()
    sentences = said(reader.client.get(f"{card_page(reader)}retour/{setup.reference}/"))
    assert "We do not know yet whether it is changed." in sentences


def test_a_refused_card_is_not_kept(reader, till):
    answer = reader.client.post(card_page(reader))
    visit = till.pay(answer["Location"], card="4000 0000 0000 0002")
    assert visit.refusal
    hear(till)
    assert Subscription.objects.get().saved_method.last4 == "4242"


def test_an_older_page_finished_later_does_not_take_the_newer_cards_place(reader, till, clock):
    first = reader.client.post(card_page(reader))["Location"]
    clock.move_to(NOW + timedelta(minutes=56))
    second = reader.client.post(card_page(reader))["Location"]
    assert first != second
    till.pay(second, card=MASTERCARD)
    hear(till)
    till.pay(first, card="3782 822463 10005")
    hear(till)
    older = MethodSetup.objects.earliest("pk")
    assert (older.state, older.saved_method.last4) == ("done", "0005")
    assert Subscription.objects.get().saved_method.last4 == "4444"


def test_only_automatic_subscriptions_have_a_card_to_change(transactional_db, client, till):
    karim = Reader(client, "karim@example.fr").buys(make_offers(make_magazine())["fixed"]).signs_in()
    assert karim.client.get(card_page(karim)).status_code == 404
    assert karim.client.post(card_page(karim)).status_code == 404
    assert till.requests("/v1/checkout/sessions") == []


def test_back_from_stripe_in_another_browser_asks_to_sign_in_first(reader):
    reader.client.post(card_page(reader))
    path = f"{card_page(reader)}retour/{MethodSetup.objects.get().reference}/"
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/compte/connexion/?next={path}")
