"""Receiving without an account: the page, another address, an e-mail; by the letter's link or by the code of the card."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from subscriptions.addresses.label import postal_label
from subscriptions.gifts.claiming import CannotClaim, claim
from subscriptions.gifts.links import BadCode, BadLink, gift_path, read_code, read_gift, stop_path
from subscriptions.gifts.receiving import NothingToReceive, correct_address, give_email
from subscriptions.models import AddressChange, Consent, Gift, Notice
from subscriptions.notices.delivering import deliver
from tests.choice.people import noon, time_passes
from tests.gifts.people import GIVER, INES, JOB, NICE, give, reader, told
from tests.makers import READER, TODAY
from tests.support.test_handing_over import to_brother

pytestmark = pytest.mark.django_db
MONEY = re.compile(r"\d,\d\d\s*€|TTC|27,60")


@pytest.fixture
def gift(offers) -> Gift:
    return give(start=26)


def move(gift: Gift, typed: Any = NICE) -> AddressChange | None:
    return correct_address(gift.pk, typed, postal_label(typed), actor=READER, at=noon(TODAY))


def test_the_page_needs_no_account_and_shows_no_price(gift):
    answer = Client().get(gift_path(gift))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "4 PLACE BELLECOUR" in text
    assert "n°\u00a026" in text
    assert not MONEY.search(text)
    assert GIVER not in text


def test_by_its_code_however_it_is_typed(gift):
    assert read_code(gift.code) == gift
    assert read_code(gift.code.lower().replace("-", " ")) == gift
    assert read_code(gift.code.removeprefix("CAD-")) == gift
    for typed in (
        "",
        "CAD-444-444-444",
        "CMD" + gift.code[3:],
        gift.code[:-1] + ("A" if gift.code[-1] != "A" else "C"),
    ):
        with pytest.raises(BadCode) as refused:
            read_code(typed)
        assert refused.value.code == "bad_code"


def test_codes_are_not_tried_by_machines(gift):
    client = Client()
    answers = [client.post("/cadeau/", {"code": f"CAD-{n:03d}-444-444"}).status_code for n in range(11)]
    assert answers == [200] * 10 + [429]


def test_a_forged_link_opens_nothing(gift):
    with pytest.raises(BadLink):
        read_gift(f"{gift.pk}.forged")
    assert Client().get("/cadeau/forged/").status_code == 404


def test_a_gift_that_is_not_paid_has_no_page(offers):
    from tests.gifts.people import order_a_gift

    order_a_gift()
    with pytest.raises(BadCode):
        read_code(Gift.objects.get().code)
    assert Client().get(gift_path(Gift.objects.get())).status_code == 404


def test_a_corrected_address_goes_to_nobody_else(gift):
    """Not on the page, for its giver holds the card; not in the giver's letters; and the recipient hears of it."""
    assert move(gift) is not None
    assert move(gift) is None
    text = Client().get(gift_path(gift)).content.decode()
    assert "Anglais" not in text.title()
    assert "ANGLAIS" not in text
    [letter] = Notice.objects.filter(kind="address_changed")
    assert (letter.to_email, letter.customer_id) == (INES, None)
    deliver(20, at=noon(TODAY))
    gift.refresh_from_db()
    assert gift.informed_by == Gift.Informed.PAGE
    assert gift.events.last().reason == "another address was given by the recipient"


def test_who_has_no_address_for_letters_gets_none_and_the_giver_neither(offers):
    gift = give(start=26, recipient_email="", announce_on=None)
    assert move(gift) is not None
    assert not Notice.objects.filter(kind="address_changed").exists()


def test_after_the_cut_off_the_first_copy_still_goes_where_it_was_to(gift):
    change = correct_address(gift.pk, NICE, postal_label(NICE), actor=READER, at=noon(date(2027, 3, 1)))
    assert change is not None
    assert change.first_issue.number == 27


def test_letters_go_to_the_recipient_s_own_address_once_it_is_given(gift):
    assert give_email(gift.pk, "Ines@Maison.example", actor=READER, at=noon(TODAY))
    assert not give_email(gift.pk, "ines@maison.example", actor=READER, at=noon(TODAY))
    told(date(2026, 12, 25))
    assert Notice.objects.get(kind="gift_announced").to_email == "ines@maison.example"
    gift.refresh_from_db()
    assert gift.recipient_email == INES


def test_nothing_is_changed_once_it_is_over(gift):
    from subscriptions.refunding import refund_in_full

    refund_in_full(gift.order, reason="rétractation", actor=JOB, at=noon(TODAY))
    with pytest.raises(NothingToReceive):
        move(gift)
    with pytest.raises(NothingToReceive):
        give_email(gift.pk, "a@example.fr", actor=READER, at=noon(TODAY))
    assert "Bellecour" not in Client().get(gift_path(gift)).content.decode()


def test_doing_nothing_the_copies_come_all_the_same(gift):
    time_passes(date(2027, 3, 15))
    assert gift.subscription.terms.get().entitlements.filter(state="served").count() == 1


def test_no_more_reminders_with_one_click_and_again(gift):
    client = Client(enforce_csrf_checks=True)
    for _time in range(2):
        assert client.post(stop_path(gift)).status_code == 200
    assert Consent.objects.filter(gift=gift, given=False, matter="reminders").count() == 1


def test_once_somebody_else_receives_it_the_card_opens_nothing_of_theirs(gift):
    """Support sends it elsewhere for its giver: Inès still holds the link, and neither sees nor moves what comes to Paul."""
    told(date(2026, 12, 25))
    to_brother(gift.subscription)
    text = Client().get(gift_path(gift)).content.decode()
    assert "PAIX" not in text
    assert "Paul" not in text
    with pytest.raises(NothingToReceive):
        move(gift)
    with pytest.raises(NothingToReceive):
        give_email(gift.pk, INES, actor=READER, at=noon(TODAY))
    with pytest.raises(CannotClaim):
        claim(gift.pk, reader(INES), onto=None, actor=READER, at=noon(TODAY))
    gift.refresh_from_db()
    assert (gift.recipient_email, gift.reader_email) == ("", "")


def test_a_year_more_goes_to_whoever_receives_it_by_now_and_into_no_former_account(gift):
    ines = reader(INES)
    claim(gift.pk, ines, onto=None, actor=READER, at=noon(TODAY))
    to_brother(gift.subscription)
    again = give(continues=gift, after=29, on=date(2027, 1, 10), announce_on=None)
    assert (again.state, again.claimed_by) == (Gift.State.GIVEN, None)
    gift.subscription.refresh_from_db()
    assert again.subscription.recipient == gift.subscription.recipient
    assert again.subscription.holder != ines
