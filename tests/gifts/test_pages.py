"""The page that gives: the order page's own way, what is wrong beside its field, nothing typed lost; twice is once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from shop.storefront.kept import KEEPER
from subscriptions.gifts.links import again_path
from subscriptions.models import Gift, Order
from tests.checkout.buyer import Fields
from tests.gifts.people import give, reader
from tests.sandbox.fixtures import RunningStandIn

pytestmark = pytest.mark.django_db(transaction=True)
TYPED = {
    "giver_first_name": "Bruno",
    "giver_last_name": "Martin",
    "email": "bruno.martin@example.fr",
    "delivery_country": "FR",
    "delivery_title": "Mme",
    "delivery_first_name": "Inès",
    "delivery_last_name": "Roux",
    "delivery_street": "4 place Bellecour",
    "delivery_postcode": "69002",
    "delivery_town": "Lyon",
    "recipient_email": "ines.roux@example.fr",
    "announce": "email",
    "announce_on": "2026-12-10",
    "message": "Bonne lecture.",
    "terms": "on",
}


@pytest.fixture
def till(standin: RunningStandIn, settings: Settings) -> RunningStandIn:
    """The stand-in, reached by configuration alone."""
    settings.STRIPE_API_BASE = settings.STRIPE_CHECKOUT_ORIGIN = standin.base
    settings.STRIPE_SECRET_KEY = standin.key
    settings.STRIPE_WEBHOOK_SECRET = standin.secret
    settings.STRIPE_MAX_RETRIES = 0
    return standin


def sent(client: Client, *, button: str = "place", path: str = "/offrir/", **changes: Any) -> Any:
    """Open the page and send it with what Bruno types and some changes."""
    page = client.get(path)
    data = Fields(page.content.decode()).values | TYPED | changes
    return client.post("/offrir/", {name: value for name, value in data.items() if value is not None} | {button: "1"})


def test_names_stand_on_one_line_whoever_sends_the_form(offers, till):
    """A program may send what no browser would: a line break is no header of a letter, a mark of direction no name."""
    odd = {
        "giver_first_name": "Bruno\r\nBcc: x@example.fr",
        "signed": "\u202eMamie\u2028et\x07Papi",
        "delivery_last_name": "Roux\nBis",
    }
    assert sent(Client(), **odd).status_code == 303
    gift, order = Gift.objects.get(), Order.objects.get()
    assert (gift.giver_name, gift.recipient_name) == ("Mamie et Papi", "Inès Roux Bis")
    assert (order.first_name, order.delivery.typed["last_name"]) == ("Bruno Bcc: x@example.fr", "Roux Bis")


def test_sent_it_leads_to_the_payment_page_and_again_is_the_same_order(offers, till):
    client = Client()
    page = client.get("/offrir/")
    data = Fields(page.content.decode()).values | TYPED | {"place": "1"}
    answers = [client.post("/offrir/", data) for _click in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert answers[0]["Location"].startswith(till.base)
    gift = Gift.objects.get()
    assert (gift.giver_name, gift.recipient_name, gift.message) == ("Bruno Martin", "Inès Roux", "Bonne lecture.")
    assert (gift.announce_on, gift.recipient_email) == (date(2026, 12, 10), "ines.roux@example.fr")
    order = Order.objects.get()
    assert (order.is_gift, order.first_name, order.last_name) == (True, "Bruno", "Martin")
    assert order.delivery.lines[-1] == "69002 LYON"
    assert order.disclosure.facts["shown"][0]["label"] == "Cadeau"
    assert order.disclosure.facts["button"].startswith("Commander avec obligation de paiement")


def test_a_gift_and_an_order_of_one_s_own_do_not_take_each_other_s_place(offers, till):
    client = Client()
    own = Fields(client.get("/abonnement/").content.decode()).values["wish"]
    given = Fields(client.get("/offrir/").content.decode()).values["wish"]
    again = Fields(client.get("/offrir/").content.decode()).values["wish"]
    assert given != own
    assert given == again


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"giver_first_name": ""}, "Écrivez votre prénom"),
        ({"recipient_email": ""}, "Où devons-nous écrire"),
        ({"announce_on": ""}, "Choisissez le jour"),
        ({"announce_on": "2026-11-22"}, "Ce jour est passé"),
        ({"announce_on": "2026-12-16"}, "le premier numéro est déjà parti"),
        ({"announce_on": "bientôt"}, "Ce n’est pas un jour"),
        ({"message": "x" * 201}, "Votre message a 201 signes"),
        ({"start": "24"}, "ne peut plus commencer"),
        ({"delivery_street": ""}, "rue"),
        ({"terms": None}, "conditions"),
    ],
    ids=lambda given: next(iter(given), "") if isinstance(given, dict) else "",
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(offers, till, wrong, sentence):
    answer = sent(Client(), **wrong)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in " ".join(Fields(text).errors).replace("\u00a0", " ")
    assert Fields(text).values["giver_last_name"] == "Martin"
    if "message" not in wrong:
        assert "Bonne lecture." in text
    assert not Gift.objects.exists()


def test_told_by_oneself_it_needs_no_address_of_the_recipient(offers, till):
    assert sent(Client(), announce="myself", recipient_email="", announce_on="").status_code == 303
    assert Gift.objects.get().announce_on is None


def test_a_later_first_issue_is_shown_before_it_is_ordered(offers, till):
    """Chosen without a look at the summary: it is shown once more, and then ordered."""
    client = Client()
    answer = sent(client, start="27", announce_on="2027-05-01")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Du n°\u00a027 au n°\u00a030".lower() in text.lower()
    data = Fields(text).values | {"terms": "on", "message": "Bonne lecture.", "place": "1"}
    assert client.post("/offrir/", data).status_code == 303
    assert Order.objects.get().first_issue.number == 27


def test_abroad_it_costs_what_it_costs_there(offers, till):
    client = Client()
    answer = sent(client, button="refresh", delivery_country="BE", delivery_postcode="1050")
    assert Fields(answer.content.decode()).values["expected_total"] == "33.60"
    label = client.post("/offrir/etiquette/", Fields(answer.content.decode()).values | TYPED)
    assert label.status_code == 200
    assert "Bellecour".upper() in label.content.decode().upper()


def test_given_again_it_goes_where_it_goes_and_the_giver_is_not_told(offers, till):
    gift = give(start=26)
    answer = sent(Client(), path=again_path(gift), announce="myself", start="30", recipient_email="")
    assert answer.status_code == 303
    again = Gift.objects.exclude(pk=gift.pk).get()
    assert (again.continues, again.recipient_name) == (gift, "Inès Roux")
    assert again.order.first_issue.number == 30
    assert again.order.delivery.lines == gift.subscription.recipient.address.lines
    assert not any(name.startswith("delivery_") for name in again.order.typed)


def test_nothing_is_given_beyond_the_issues_that_are_planned(offers, till):
    from subscriptions.gifts.starting import already_given

    gift = give(start=26)
    for _year in range(4):
        gift = give(continues=gift, after=already_given(gift), announce_on=None)
    answer = Client().get(again_path(gift))
    assert "se poursuit déjà" in answer.content.decode()


def test_another_s_gift_is_not_mine_to_change(offers):
    gift = give(start=26)
    client = Client()
    client.force_login(reader("other@example.fr"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/compte/offerts/{gift.subscription_id}/").status_code == 404
    assert client.get(f"/compte/offerts/{gift.subscription_id}/carte.pdf").status_code == 404
    KEEPER.forget()
