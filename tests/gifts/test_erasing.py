"""Erasure and export: the giver leaves and the gift goes on; the recipient leaves and nothing of them stays with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from payments.models import Act
from shop.customers.erasing import erase
from shop.customers.exporting import rows
from shop.customers.holdings import everything
from subscriptions.addresses.label import postal_label
from subscriptions.gifts.claiming import claim
from subscriptions.gifts.forgetting import CannotForget, due, forget, forget_due
from subscriptions.gifts.receiving import correct_address, give_email
from subscriptions.handing_over import give_recipient
from subscriptions.models import Gift, Subscription
from subscriptions.renewals.ending import end_fixed_terms
from tests.choice.people import noon, time_passes, wrong
from tests.choice.people import reader as subscribed
from tests.gifts.people import GIVER, INES, JOB, NICE, WORDS, give, reader, told, withdrawn
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


# --- whoever has no account ---


def left_of(gift: Gift) -> tuple[str, ...]:
    """What is still known of its recipient."""
    gift.refresh_from_db()
    one = Subscription.objects.select_related("recipient__address").get(pk=gift.subscription_id)
    address = one.recipient.address
    known = (gift.recipient_name, gift.recipient_email, gift.reader_email, gift.message, one.recipient.name)
    return tuple(word for word in (*known, *address.lines, address.postcode, address.town) if word)


def sweep(on: date) -> list[int]:
    return [forget_due(on=on, actor=JOB, at=noon(on), limit=10) for _twice in range(2)]


def test_three_months_after_the_last_copy_its_recipient_is_forgotten(gift):
    """N° 26 to 29: the last one leaves on 15 December 2027."""
    told(date(2026, 12, 25))
    correct_address(gift.pk, NICE, postal_label(NICE), actor=READER, at=noon(date(2026, 12, 26)))
    time_passes(date(2027, 12, 15))
    assert sweep(date(2028, 3, 14)) == [0, 0]
    assert "Inès Roux" in left_of(gift)
    assert sweep(date(2028, 3, 15)) == [1, 0]
    assert left_of(gift) == ()
    order = gift.order
    assert (order.delivery.lines, order.delivery.vat_zone, order.delivery.country) == ([], "FR_METRO", "FR")
    assert (gift.giver_name, gift.subscription.payer.email) == ("Bruno Martin", GIVER)
    assert Act.objects.get(verb="forgot the recipient of a gift").subject == f"subscription:{gift.subscription_id}"
    assert wrong(noon(date(2028, 3, 15))) == []


def test_what_goes_on_elsewhere_is_waited_for_and_an_account_keeps_its_own(gift):
    own = subscribed()
    claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=noon(TODAY))
    time_passes(date(2027, 12, 15))
    assert sweep(date(2028, 6, 1)) == [0, 0]
    time_passes(date(2028, 12, 15))
    assert sweep(date(2029, 3, 15)) == [1, 0]
    gift.refresh_from_db()
    own.recipient.refresh_from_db()
    assert (gift.recipient_name, gift.recipient_email, own.recipient.name) == ("", "", "Élodie Lefèvre")


def test_one_that_was_taken_back_at_once_is_forgotten_too(gift):
    withdrawn(gift)
    assert sweep(date(2027, 2, 22)) == [0, 0]
    assert sweep(date(2027, 2, 24)) == [1, 0]
    assert left_of(gift) == ()


def test_a_former_recipient_is_forgotten_with_it(gift):
    former = gift.subscription.recipient
    paul = replace(NICE, first_name="Paul")
    give_recipient(gift.subscription_id, paul, postal_label(paul), actor=JOB, reason="Demande.", at=noon(TODAY))
    time_passes(date(2027, 12, 15))
    assert sweep(date(2028, 3, 15)) == [1, 0]
    former.refresh_from_db()
    assert (former.name, former.address.lines) == ("", [])


def test_staff_forget_whoever_asks_once_nothing_is_to_come(gift):
    with pytest.raises(CannotForget) as refused:
        forget(gift.subscription_id, actor=JOB, at=noon(TODAY), reason="Demande.")
    assert refused.value.code == "copies"
    withdrawn(gift)
    assert [forget(gift.subscription_id, actor=JOB, at=noon(TODAY), reason="Demande.") for _twice in range(2)] == [
        True,
        False,
    ]
    assert left_of(gift) == ()


def test_whoever_has_an_account_erases_it_there(gift):
    claim(gift.pk, reader(INES), onto=None, actor=READER, at=noon(TODAY))
    with pytest.raises(CannotForget) as refused:
        forget(gift.subscription_id, actor=JOB, at=noon(TODAY), reason="Demande.")
    assert refused.value.code == "claimed"


def test_whoever_is_given_another_year_is_forgotten_once_both_are_over(gift):
    """The first year does not stand in front of others in the sweep meanwhile; then the address of both goes."""
    on = date(2027, 10, 1)
    time_passes(on)
    second = give(on=on, continues=gift, after=29, announce_on=None)
    assert second.subscription.recipient == gift.subscription.recipient
    time_passes(date(2028, 3, 15))
    assert sweep(date(2028, 3, 15)) == [1, 0]
    assert not due(date(2028, 3, 15)).exists()
    assert "Inès Roux" in left_of(second)
    assert "69002" in left_of(gift)
    time_passes(date(2028, 12, 15))
    end_fixed_terms(on=date(2029, 3, 15), at=noon(date(2029, 3, 15)), actor=JOB, limit=10)
    assert sweep(date(2029, 3, 15)) == [2, 0]
    assert (left_of(second), left_of(gift)) == ((), ())
    for one in (gift, second):
        one.order.delivery.refresh_from_db()
        assert one.order.delivery.lines == []
