"""Copies that come back: a test for each row of the table, holding and releasing, and what is sent again."""

from __future__ import annotations

from datetime import date

import pytest

from payments.models import DeskItem
from subscriptions.addresses.check import check
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.losses.answering import answer, put_unanswered_on_desk, settle_moved
from subscriptions.losses.holding import ADDRESS
from subscriptions.losses.resending import make
from subscriptions.losses.returning import Returned, follow, write_down
from subscriptions.models import AddressDoubt, Claim, CopyReturn, Dispatch, Entitlement, Notice, TemporaryAddress
from subscriptions.moving_house import change_address
from subscriptions.places import address_row
from subscriptions.stopping.following_up import give_back_waiting
from tests.choice.people import reader, renews, time_passes
from tests.disputes.people import disputed
from tests.losses.people import at, buys, comes_back, copy_of, in_stock, posted, unsound
from tests.makers import CLERK, READER, make_magazine, make_offers
from tests.stopping.people import states, withdraws

ANSWERED = at(date(2027, 1, 12))
LYON = TypedAddress(
    title="MME",
    first_name="Élodie",
    last_name="Lefèvre",
    street="3 rue Mercière",
    postcode="69002",
    town="Lyon",
    country="FR",
)


@pytest.fixture
def anne(db):
    return buys(make_offers(make_magazine())["fixed"])


def moves_to(subscription, address, *, when):
    faults, label = check(address)
    assert not faults
    return change_address(subscription.recipient, address, label, actor=READER, reason="", at=when)


def held(subscription):
    return Entitlement.objects.filter(term__subscription=subscription, state="held").count()


def doubt():
    return AddressDoubt.objects.get().state


def asked(kind):
    return Notice.objects.filter(kind=kind).count()


def test_unknown_holds_what_is_to_come_and_asks(anne):
    posted(anne)
    assert comes_back(anne, reason=2).effect == "unknown"
    assert (doubt(), held(anne), asked("address_wanted")) == ("held", 3, 1)
    assert copy_of(anne, 26).movements.last().reason == ADDRESS
    assert posted(number=26, on=date(2027, 3, 15)).runs.get().copies == 0
    assert unsound(ANSWERED) == []


@pytest.mark.parametrize(
    ("reason", "case", "letter"),
    [(1, "unreachable", "address_checked"), (4, "unclaimed", "address_checked"), (3, "refused", "copy_refused")],
)
def test_the_other_reasons_ask_and_keep_serving(anne, reason, case, letter):
    posted(anne)
    assert comes_back(anne, reason=reason).effect == case
    assert (doubt(), held(anne), asked(letter)) == ("asked", 0, 1)
    assert posted(number=26, on=date(2027, 3, 15)).runs.get().copies == 1


def test_two_in_a_row_suspend_and_a_person_looks(anne):
    posted(anne)
    comes_back(anne, reason=1)
    posted(number=26, on=date(2027, 3, 15))
    assert comes_back(anne, 26, reason=4, on=date(2027, 3, 25)).effect == "in_a_row"
    assert (doubt(), held(anne)) == ("suspended", 2)
    assert DeskItem.objects.get(kind="returned_in_a_row").subject == f"subscription:{anne.pk}"


def test_another_address_releases_and_sends_again_what_came_back(anne):
    posted(anne)
    in_stock()
    comes_back(anne)
    moves_to(anne, LYON, when=ANSWERED)
    assert settle_moved(actor=CLERK, at=ANSWERED) == 1
    assert settle_moved(actor=CLERK, at=ANSWERED) == 0
    assert (doubt(), held(anne)) == ("answered", 0)
    one = Claim.objects.get()
    assert (one.state, one.reason, one.by) == ("approved", "came_back", "post")
    assert unsound(ANSWERED) == []


def test_the_same_address_confirmed_does_so_too_once(anne):
    posted(anne)
    comes_back(anne)
    key = AddressDoubt.objects.get().pk
    assert answer(key, actor=READER, at=ANSWERED, reason="confirmed by its reader")
    assert not answer(key, actor=READER, at=ANSWERED, reason="confirmed by its reader")
    assert (held(anne), Claim.objects.get().state) == (0, "extended")  # none in stock


def test_copies_whose_issue_left_meanwhile_come_with_the_next(anne):
    posted(anne)
    comes_back(anne)
    posted(number=26, on=date(2027, 3, 15))
    answer(AddressDoubt.objects.get().pk, actor=READER, at=at(date(2027, 4, 1)), reason="confirmed by its reader")
    coming = Entitlement.objects.filter(term__subscription=anne, state="owed").order_by("rank")
    assert [copy.issue.number if copy.issue else None for copy in coming] == [27, 28, 29, None]
    assert unsound(at(date(2027, 4, 1))) == []


def test_a_copy_for_an_address_given_up_is_sent_again_at_once(anne):
    posted(anne)
    in_stock()
    moves_to(anne, LYON, when=at(date(2026, 12, 20)))
    assert comes_back(anne).effect == "moved"
    assert not AddressDoubt.objects.exists()
    assert Claim.objects.get().state == "approved"


def test_nothing_follows_for_a_subscription_that_has_ended(anne):
    posted(anne)
    Entitlement.objects.filter(term__subscription=anne, state="owed").update(state="void")
    anne.state = "ended"
    anne.save(update_fields=["state"])
    assert comes_back(anne).effect == "over"
    assert not AddressDoubt.objects.exists()


def test_a_line_comes_back_once(anne):
    posted(anne)
    comes_back(anne)
    line = Dispatch.objects.get()
    rows = [Returned(line.pk, 4, date(2027, 1, 9))]
    assert write_down(rows, source="file", actor=CLERK, at=ANSWERED) == 0
    assert follow(actor=CLERK, at=ANSWERED) == 0
    assert CopyReturn.objects.get().reason_code == 2


def test_without_an_answer_a_person_is_told_after_fifteen_days_once(anne):
    posted(anne)
    comes_back(anne, on=date(2027, 1, 8))
    assert put_unanswered_on_desk(at=at(date(2027, 1, 22))) == 0
    assert put_unanswered_on_desk(at=at(date(2027, 1, 29))) == 1
    assert put_unanswered_on_desk(at=at(date(2027, 1, 30))) == 0
    answer(AddressDoubt.objects.get().pk, actor=READER, at=at(date(2027, 1, 31)), reason="confirmed by its reader")
    assert not DeskItem.objects.filter(kind="address_unanswered", closed_at=None).exists()


def test_a_copy_from_a_stay_that_lasts_is_asked_about_and_sent_home_once_it_is_over(anne):
    summer = address_row(LYON, postal_label(LYON), at=ANSWERED)
    summer.save()
    TemporaryAddress.objects.create(
        recipient=anne.recipient, address=summer, from_on=date(2026, 12, 1), to_on=date(2027, 1, 31),
        until=date(2027, 2, 1), actor="x", at=ANSWERED,
    )  # fmt: skip
    posted(anne)
    in_stock()
    assert Dispatch.objects.get().address == summer
    assert comes_back(anne).effect == "unknown"
    assert settle_moved(actor=CLERK, at=at(date(2027, 1, 31))) == 0
    assert settle_moved(actor=CLERK, at=at(date(2027, 2, 1))) == 1
    assert (held(anne), Claim.objects.get().state) == (0, "approved")
    run = make(Dispatch.objects.get().issue_id, actor=CLERK, at=at(date(2027, 2, 1)))
    assert run.lines.get().address == anne.recipient.address


@pytest.mark.django_db
def test_an_answer_that_comes_while_a_withdrawal_waits_releases_once_that_is_over():
    """Her year is running, the next one she takes back; the bank disputes that one's payment."""
    elodie = reader()
    time_passes(date(2027, 3, 20))
    second = renews(elodie, on=date(2027, 4, 5))
    comes_back(elodie, 26, reason=2, on=date(2027, 4, 6))
    disputed(second.payment, at=at(date(2027, 4, 7)))
    withdraws(elodie, at=at(date(2027, 4, 8)), scope=second.order.reference)
    assert states(elodie) == "served served held held held held held held"
    when = at(date(2027, 4, 12))
    answer(AddressDoubt.objects.get().pk, actor=READER, at=when, reason="confirmed by its reader")
    assert states(elodie).startswith("served served held held"), "her withdrawal waits for the bank"
    disputed(second.payment, "won", at=when)
    for _twice in range(2):
        give_back_waiting(actor=CLERK, at=when, limit=10)
    assert states(elodie) == "served served owed owed void void void void"
    assert unsound(when) == []
