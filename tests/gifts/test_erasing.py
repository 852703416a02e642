"""Erasure and export: the giver leaves and the gift goes on; the recipient leaves and nothing of them stays with it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from shop.customers.erasing import erase
from shop.customers.exporting import rows
from shop.customers.holdings import everything
from subscriptions.addresses.label import postal_label
from subscriptions.gifts.claiming import claim
from subscriptions.gifts.receiving import correct_address, give_email
from subscriptions.models import Gift, Subscription
from tests.choice.people import noon, wrong
from tests.gifts.people import GIVER, INES, JOB, NICE, WORDS, give, reader, told
from tests.makers import READER, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def gift(offers) -> Gift:
    return give(start=26)


def leaves(customer, *, giving_up: bool = False) -> None:
    erase(customer, actor=JOB, at=noon(TODAY), reason="Demande.", giving_up=giving_up)


def test_the_giver_leaves_and_the_copies_still_come(gift):
    leaves(gift.subscription.payer)
    gift.refresh_from_db()
    assert gift.state == Gift.State.GIVEN
    assert gift.subscription.state == Subscription.State.ACTIVE
    assert gift.subscription.recipient.name == "Inès Roux"
    assert gift.subscription.recipient.address.lines[-1] == "69002 LYON"
    assert told(date(2026, 12, 25)) == 1
    assert wrong(noon(TODAY)) == []


def test_the_giver_leaves_after_it_was_told(gift):
    told(date(2026, 12, 25))
    leaves(gift.subscription.payer)
    gift.refresh_from_db()
    assert (gift.giver_name, gift.message) == ("", "")


def test_the_recipient_leaves_and_nothing_of_them_stays(gift):
    ines = reader(INES)
    give_email(gift.pk, "ines@maison.example", actor=READER, at=noon(TODAY))
    correct_address(gift.pk, NICE, postal_label(NICE), actor=READER, at=noon(TODAY))
    claim(gift.pk, ines, onto=None, actor=READER, at=noon(TODAY))
    leaves(ines, giving_up=True)
    gift.refresh_from_db()
    gift.subscription.refresh_from_db()
    recipient = gift.subscription.recipient
    recipient.refresh_from_db()
    assert (gift.recipient_name, gift.recipient_email, gift.reader_email) == ("", "", "")
    assert (recipient.name, recipient.address.lines) == ("", [])
    assert gift.subscription.state == Subscription.State.ENDED
    assert gift.state == Gift.State.VOID
    assert wrong(noon(TODAY)) == []


def test_the_giver_s_file_has_what_they_wrote_and_no_later_address(gift):
    ines = reader(INES)
    correct_address(gift.pk, NICE, postal_label(NICE), actor=READER, at=noon(TODAY))
    give_email(gift.pk, "ines@maison.example", actor=READER, at=noon(TODAY))
    claim(gift.pk, ines, onto=None, actor=READER, at=noon(TODAY))
    facts = everything(gift.subscription.payer, at=noon(TODAY))
    text = json.dumps(facts, ensure_ascii=False)
    [given] = facts["gifts"]
    assert (given["recipient"], given["email"], given["message"], given["state"]) == (
        "Inès Roux",
        INES,
        WORDS,
        "announced",
    )
    assert "NICE" not in text.upper().replace("INÈS", "")
    assert "maison.example" not in text
    assert facts["subscriptions"][0]["address"] is None
    assert rows(facts)


def test_the_recipient_s_file_has_their_copies_and_no_price(gift):
    ines = reader(INES)
    claim(gift.pk, ines, onto=None, actor=READER, at=noon(TODAY))
    facts = everything(ines, at=noon(TODAY))
    text = json.dumps(facts, ensure_ascii=False)
    [received] = facts["gifts"]
    assert (received["giver"], received["code"]) == ("Bruno Martin", gift.code)
    assert "27.60" not in text
    assert "27,60" not in text
    assert GIVER not in text
    assert facts["subscriptions"][0]["terms"][0]["amount"] is None
    assert len(facts["subscriptions"][0]["terms"][0]["copies"]) == 4
    assert rows(facts)
