"""What the desks say of a gift: payer and recipient apart, when it is told, every step; found by either name and by its card."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from shop.customers.search import refresh_stale
from subscriptions.addresses.label import postal_label
from subscriptions.gifts.claiming import claim
from subscriptions.gifts.receiving import correct_address
from subscriptions.texts import load_texts
from tests.backoffice.colleagues import text_of
from tests.choice.people import noon
from tests.choice.people import reader as subscribed
from tests.gifts.people import NICE, give, told
from tests.makers import READER, TODAY


@pytest.fixture
def gift(offers):
    load_texts(date(2026, 11, 1))
    made = give(start=26)
    refresh_stale(10)
    return made


def test_payer_and_recipient_are_two_on_the_page_of_the_subscription(at_desk, gift):
    text = text_of(at_desk("support").see("desk_subscription", gift.subscription_id))
    for words in (
        "Bruno Martin",
        "Inès Roux",
        "69002 LYON",
        "25/12/2026",
        gift.code,
        "offert, destinataire pas encore informé",
    ):
        assert words in text, words


def test_every_step_stands_on_the_time_line_of_the_giver(at_desk, gift):
    told(date(2026, 12, 25))
    correct_address(gift.pk, NICE, postal_label(NICE), actor=READER, at=noon(date(2026, 12, 26)))
    text = text_of(at_desk("support").see("desk_person", gift.subscription.payer_id))
    for words in ("sa commande est payée", "annoncé par courriel", "le destinataire a donné une autre adresse"):
        assert words in text, words


@pytest.mark.parametrize("query", ["Bruno Martin", "Inès Roux", "69002"])
def test_found_by_either_name(at_desk, gift, query):
    answer = at_desk("support").see("desk_search", q=query)
    text = text_of(answer)
    assert "cadeau à Inès Roux" in text.replace("\u00a0", " ")


def test_the_code_of_the_card_leads_to_it(at_desk, gift):
    answer = at_desk("support").see("desk_search", q=gift.code.lower())
    assert answer.status_code == 302
    assert answer.url == reverse("desk_subscription", args=[gift.subscription_id])


def test_where_it_goes_on_is_a_link(at_desk, gift):
    own = subscribed()
    claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY))
    answer = at_desk("support").see("desk_subscription", gift.subscription_id)
    assert reverse("desk_subscription", args=[own.pk]) in answer.content.decode()
    assert "se poursuit dans l’abonnement" in text_of(answer)
