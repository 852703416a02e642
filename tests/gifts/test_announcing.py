"""Announcing: once, on the chosen day or late, never before; and what the recipient reads has no price."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from subscriptions.gifts.announcing import INSERT, insert_of
from subscriptions.gifts.changing import change
from subscriptions.gifts.links import gift_path
from subscriptions.models import Gift, Notice
from tests.choice.people import noon, time_passes
from tests.gifts.people import INES, JOB, WORDS, give, letters, told
from tests.makers import TODAY

pytestmark = pytest.mark.django_db
CHRISTMAS = date(2026, 12, 25)
DAY = timedelta(days=1)


def test_on_its_day_and_not_before(offers, mailoutbox):
    gift = give(start=26)
    assert told(CHRISTMAS - DAY) == 0
    assert told(CHRISTMAS) == 1
    assert told(CHRISTMAS) == 0
    gift.refresh_from_db()
    assert (gift.state, gift.informed_by) == (Gift.State.ANNOUNCED, Gift.Informed.EMAIL)
    [letter] = letters("gift_announced", CHRISTMAS)
    assert (letter.to_email, letter.customer_id) == (INES, None)
    said = next(one for one in mailoutbox if INES in one.to[0])
    text = " ".join(said.body.replace("\u00a0", " ").split())
    assert said.subject == "Bruno Martin vous offre ActuIA"
    assert "4 numéros, du n° 26 au n° 29, vous arrivent par la poste." in text
    assert "Le premier est le n° 26 (mars 2027), posté vers le 15 mars 2027." in text
    assert "Bonne lecture," in text
    assert "nous ont été donnés par Bruno Martin" in text
    assert "vous opposer à leur usage" in text
    assert gift_path(gift) in said.body
    assert "27,60" not in said.body + said.alternatives[0][0]
    assert "€" not in said.body.replace("20 000\u00a0€", "").replace("20 000 €", "")


def test_a_name_with_a_line_break_keeps_no_letter_back(offers, mailoutbox):
    give(giver_name="Bruno\nBcc: x@example.fr", announce_on=TODAY)
    assert told(TODAY) == 1
    [letter] = letters("gift_announced", TODAY)
    assert letter.state == "sent"
    said = next(one for one in mailoutbox if INES in one.to[0])
    assert said.subject == "Bruno Bcc: x@example.fr vous offre ActuIA"
    assert said.to == [one for one in said.recipients() if INES in one]


def test_late_by_forty_days_it_is_still_told_once(offers):
    give(start=26)
    late = CHRISTMAS + timedelta(days=40)
    assert told(late) == 1
    assert told(late + DAY) == 0
    assert len(letters("gift_announced", late)) == 1


def test_on_the_day_of_the_order(offers):
    give(announce_on=TODAY)
    assert told(TODAY) == 1


def test_the_giver_tells_it_and_a_letter_waits_for_the_first_issue(offers):
    gift = give(announce_on=None)
    assert told(date(2026, 12, 14)) == 0
    time_passes(date(2026, 12, 15))
    assert told(date(2026, 12, 15)) == 1
    gift.refresh_from_db()
    assert gift.informed_by == Gift.Informed.EMAIL


def test_without_an_address_the_sheet_in_the_first_copy_tells_it(offers):
    gift = give(announce_on=None, recipient_email="")
    assert insert_of(gift) == INSERT
    time_passes(date(2026, 12, 15))
    assert told(date(2026, 12, 15)) == 1
    assert told(date(2026, 12, 16)) == 0
    gift.refresh_from_db()
    assert (gift.state, gift.informed_by) == (Gift.State.ANNOUNCED, Gift.Informed.INSERT)
    assert insert_of(gift) == "", "it went with the first copy, and goes with no other"
    assert gift.events.last().reason == "informed by the sheet GA14 in the first copy"
    assert not Notice.objects.filter(kind="gift_announced").exists()


def test_a_letter_that_came_back_leaves_it_to_the_sheet(offers):
    gift = give(start=26)
    assert insert_of(gift) == ""
    told(CHRISTMAS)
    gift.refresh_from_db()
    assert insert_of(gift) == ""
    Notice.objects.filter(kind="gift_announced").update(state=Notice.State.BOUNCED)
    assert insert_of(gift) == INSERT
    time_passes(date(2027, 3, 15))
    assert insert_of(gift) == "", "the first copy after it has told them"


def test_one_whose_first_copy_left_before_the_day_is_told_with_it(offers):
    """Announced for a day after the posting: the copy is the first contact, so the letter goes with it."""
    give(announce_on=date(2026, 12, 20))
    time_passes(date(2026, 12, 15))
    assert told(date(2026, 12, 15)) == 1


def test_the_giver_changes_day_and_words_until_it_went(offers):
    gift = give(start=26)
    assert change(gift.pk, announce_on=date(2027, 1, 2), message="Autrement.", actor=JOB, at=noon(TODAY))
    assert not change(gift.pk, announce_on=date(2027, 1, 2), message="Autrement.", actor=JOB, at=noon(TODAY))
    assert told(CHRISTMAS) == 0
    assert told(date(2027, 1, 2)) == 1
    with pytest.raises(ValidationError):
        change(gift.pk, announce_on=None, message=WORDS, actor=JOB, at=noon(date(2027, 1, 3)))
    gift.refresh_from_db()
    assert gift.message == "Autrement."
    assert gift.events.filter(reason__startswith="changed by the giver").count() == 1


def test_a_gift_that_was_taken_back_is_not_told(offers):
    from subscriptions.refunding import refund_in_full

    gift = give(start=26)
    refund_in_full(gift.order, reason="rétractation", actor=JOB, at=noon(TODAY))
    gift.refresh_from_db()
    assert gift.state == Gift.State.VOID
    assert told(CHRISTMAS) == 0


def test_a_letter_that_waits_is_withdrawn_with_the_gift(offers):
    from subscriptions.refunding import refund_in_full

    gift = give(start=26)
    told(CHRISTMAS)
    refund_in_full(gift.order, reason="rétractation", actor=JOB, at=noon(CHRISTMAS))
    [letter] = letters("gift_announced", CHRISTMAS)
    assert (letter.state, letter.failure) == (Notice.State.WITHDRAWN, "the gift was taken back")


@pytest.mark.parametrize("gifts", [1, 3])
def test_as_many_queries_for_three_as_for_one(offers, gifts, django_assert_num_queries):
    for _one in range(gifts):
        give(start=26)
    with django_assert_num_queries(7):
        assert told(CHRISTMAS) == gifts
