"""Reminders of gifts: to the giver sixty days before the last copy, to the recipient with it; each once, and not in vain."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from subscriptions.gifts.claiming import claim
from subscriptions.gifts.links import again_path
from subscriptions.gifts.receiving import object_to_letters
from subscriptions.gifts.reminding import remind_of_gifts
from subscriptions.gifts.starting import already_given
from subscriptions.models import Entitlement, Gift, Notice, ReminderStep
from subscriptions.notices.delivering import deliver
from subscriptions.objecting import object_to_reminders
from subscriptions.renewals.reminding import remind
from tests.choice.people import noon, pay, time_passes
from tests.choice.people import reader as subscribed
from tests.gifts.people import GIVER, INES, give, order_a_gift, reader, withdrawn
from tests.makers import READER, TODAY

pytestmark = pytest.mark.django_db
#: Copies n° 25 to 28; the last one is posted on 15 September 2027.
LAST = date(2027, 9, 15)
SIXTY = LAST - timedelta(days=60)
AFTER = LAST + timedelta(days=7)
WHOLE: dict[str, Any] = {"words": "Stop.", "ip": None, "user_agent": ""}


@pytest.fixture
def gift(offers) -> Gift:
    return give()


def swept(on: date) -> list[str]:
    """The reminders that the day brings, by kind."""
    before = set(Notice.objects.values_list("pk", flat=True))
    time_passes(on)
    remind_of_gifts(on=on, at=noon(on), limit=100)
    assert remind_of_gifts(on=on, at=noon(on), limit=100) == 0
    return list(
        Notice.objects.filter(kind__startswith="gift_ending").exclude(pk__in=before).values_list("kind", flat=True)
    )


def test_the_series_is_in_the_table():
    rows = ReminderStep.objects.exclude(addressee="reader")
    assert list(rows.values_list("code", "addressee", "trigger", "days_before", "days_after", "letter")) == [
        ("GC1", "giver", "ending", 60, 0, "gift_ending_giver"),
        ("GR1", "recipient", "posted", 0, 7, "gift_ending_recipient"),
    ]


def test_the_giver_sixty_days_before_then_the_recipient_at_the_last_issue(gift, mailoutbox):
    assert swept(SIXTY - timedelta(days=1)) == []
    assert swept(SIXTY) == ["gift_ending_giver"]
    deliver(500, at=noon(SIXTY))
    said = next(one for one in mailoutbox if one.subject.startswith("Le cadeau que vous faites"))
    assert GIVER in said.to[0]
    assert "Un an de plus, du n°\u00a029 au n°\u00a032, coûte 27,60\u00a0€\u00a0TTC, port compris." in said.body
    assert again_path(gift, source="GC1") in said.body
    assert swept(AFTER - timedelta(days=1)) == []
    assert swept(AFTER) == ["gift_ending_recipient"]
    deliver(500, at=noon(AFTER))
    said = next(one for one in mailoutbox if one.subject.startswith("Le n°\u00a028"))
    assert INES in said.to[0]
    assert "27,60" not in said.body + said.alternatives[0][0]
    assert said.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_after_three_weeks_of_silence_each_is_told_once(gift):
    assert swept(SIXTY + timedelta(days=21)) == ["gift_ending_giver"]
    assert swept(AFTER + timedelta(days=21)) == ["gift_ending_recipient"]


def test_no_reader_s_series_speaks_of_a_gift(gift):
    time_passes(LAST)
    assert remind(on=AFTER, at=noon(AFTER), limit=100) == 0


def test_not_once_it_is_given_again_nor_while_that_is_being_paid(gift):
    order = order_a_gift(continues=gift, after=already_given(gift), on=date(2027, 6, 1), announce_on=None)
    assert swept(SIXTY) == ["gift_ending_giver"]
    pay(order, on=date(2027, 7, 20))
    deliver(500, at=noon(date(2027, 7, 20)))
    assert Notice.objects.get(kind="gift_ending_giver").state == Notice.State.WITHDRAWN
    assert swept(AFTER) == []


def test_not_to_whoever_objected_each_for_themselves(gift):
    object_to_reminders(gift.subscription.payer_id, at=noon(TODAY), **WHOLE)
    assert swept(SIXTY) == []
    assert swept(AFTER) == ["gift_ending_recipient"]


def test_a_recipient_without_account_objects_by_the_link(gift):
    object_to_letters(gift.pk, at=noon(TODAY), **WHOLE)
    assert swept(SIXTY) == ["gift_ending_giver"]
    assert swept(AFTER) == []


def test_not_of_what_was_taken_back(gift):
    withdrawn(gift)
    assert swept(SIXTY) == []


def test_not_while_a_copy_is_on_hold(gift):
    Entitlement.objects.filter(term__subscription=gift.subscription, rank=4).update(state="held")
    assert swept(SIXTY) == []


def test_not_the_recipient_who_reads_already(gift):
    own = subscribed()
    claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY))
    last = date(2028, 9, 15)
    assert swept(SIXTY) == []
    assert swept(last - timedelta(days=60)) == ["gift_ending_giver"]
    assert swept(last + timedelta(days=7)) == []


def test_the_account_s_address_once_it_is_claimed(gift):
    claim(gift.pk, reader("ines@maison.example"), onto=None, actor=READER, at=noon(TODAY))
    swept(SIXTY)
    swept(AFTER)
    assert Notice.objects.get(kind="gift_ending_recipient").to_email == "ines@maison.example"


def test_the_button_opens_a_filled_in_order_without_an_address(gift, clock):
    clock(SIXTY)
    time_passes(SIXTY)
    text = Client().get(again_path(gift, source="GC1")).content.decode()
    assert GIVER in text
    assert "27,60" in text
    assert 'value="GC1"' in text
    assert "delivery_street" not in text
    assert "Bellecour" not in text.title()
