"""The card: what stands on it, that it is the same again, and who may have it."""

from __future__ import annotations

import pytest
from django.test import Client

from shop.gifts.card import card_pdf
from subscriptions.orders.links import card_path
from tests.gifts.people import give, order_a_gift

pytestmark = pytest.mark.django_db


def test_the_same_card_twice(offers):
    gift = give()
    body = card_pdf(gift)
    assert body.startswith(b"%PDF-")
    assert card_pdf(gift) == body
    gift.message = "Autre chose."
    assert card_pdf(gift) != body


def test_by_the_link_of_the_confirmation_once_it_is_paid(offers):
    gift = give()
    answer = Client().get(card_path(gift.order))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert Client().get(card_path(order_a_gift())).status_code == 404
    assert Client().get("/commande/suivi/forged/carte.pdf").status_code == 404
