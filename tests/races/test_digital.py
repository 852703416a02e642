"""A reader says yes twice in one instant: one consent and one letter; and what would happen without the lock."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.test import Client

from subscriptions.digital import consenting
from subscriptions.models import DigitalConsent, Notice, Offer
from tests.account.people import Reader
from tests.digital.people import file_of, post, turned, yes
from tests.makers import make_magazine, make_offers
from tests.races.crowd import Meeting, together, without_locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elodie(transactional_db, settings, tmp_path):
    """A reader of no. 25, which is out and has its file."""
    settings.DIGITAL_FILES = tmp_path / "digital"
    offers: dict[str, Offer] = make_offers(make_magazine())
    reader = Reader(Client(), "elodie.lefevre@example.fr").buys(offers["fixed"])
    turned()
    post()
    file_of()
    return reader


def both(elodie, monkeypatch):
    """They meet once each has looked whether a yes is there already."""
    meeting = Meeting(2)
    monkeypatch.setattr(consenting, "readable", _after(consenting.readable, meeting))
    subscription, customer = elodie.subscription, elodie.customer
    return together([lambda: yes(subscription, customer), lambda: yes(subscription, customer)], meeting=meeting)


def _after(look, meeting):
    def looked(*given, **named):
        found = look(*given, **named)
        meeting()
        return found

    return looked


def test_two_clicks_are_one_yes_and_one_letter(elodie, monkeypatch):
    first, second = both(elodie, monkeypatch)
    assert first == second == DigitalConsent.objects.get()
    assert Notice.objects.filter(kind="digital_agreed").count() == 1


def test_without_the_lock_the_second_click_is_an_error(elodie, monkeypatch):
    without_locks(monkeypatch)
    found = both(elodie, monkeypatch)
    assert sorted(type(one).__name__ for one in found) == ["DigitalConsent", IntegrityError.__name__]
    assert DigitalConsent.objects.count() == 1
