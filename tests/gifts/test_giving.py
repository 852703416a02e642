"""Giving: what a paid gift becomes, from which issue on, and what the database refuses about it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from payments.models import Invoice
from subscriptions.dates import dates_of_subscription
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.gifts.starting import starts
from subscriptions.gifts.wishing import GiftWish
from subscriptions.models import Gift, Issue, Magazine, Notice, Offer, Renewal, Subscription
from subscriptions.offers.catalogue import read_shelf
from subscriptions.orders.links import token
from tests.choice.people import noon, pay, time_passes, world, wrong
from tests.gifts.people import GIVER, JOB, give, letters, numbers, order_a_gift, told
from tests.makers import TODAY, make_wish, place_order

pytestmark = pytest.mark.django_db


def test_payer_and_recipient_are_two(offers):
    gift = give()
    subscription = gift.subscription
    assert gift.state == Gift.State.GIVEN
    assert subscription.is_gift
    assert subscription.payer.email == GIVER
    assert subscription.payer.full_name == "Bruno Martin"
    assert subscription.holder is None
    assert subscription.recipient.customer is None
    assert subscription.recipient.name == "Inès Roux"
    assert subscription.recipient.address.lines[0] == "MME Inès ROUX"
    assert numbers(gift) == [25, 26, 27, 28]
    assert [(step.from_state, step.to_state) for step in gift.events.all()] == [
        ("ordered", "ordered"),
        ("ordered", "given"),
    ]
    assert wrong(noon(TODAY)) == []


def test_paid_twice_it_is_given_once(offers):
    order = order_a_gift()
    pay(order, on=TODAY)
    pay(order, on=TODAY)
    assert Gift.objects.get().state == Gift.State.GIVEN
    assert Subscription.objects.count() == 1


def test_an_order_that_is_not_paid_gives_nothing(offers):
    order_a_gift()
    gift = Gift.objects.get()
    assert (gift.state, gift.subscription) == (Gift.State.ORDERED, None)


def test_the_first_issue_is_chosen_among_those_that_can_still_be_had(offers):
    assert [row.number for row in starts(read_shelf(TODAY))] == [25, 26, 27, 28]
    assert [row.number for row in starts(read_shelf(date(2026, 12, 1)))] == [26, 27, 28, 29]
    assert [row.number for row in starts(read_shelf(TODAY), after=26)] == [27, 28, 29, 30]


def test_a_gift_that_begins_far_ahead_starts_with_its_own_first_issue(offers):
    gift = give(start=27)
    term = gift.subscription.terms.get()
    assert numbers(gift) == [27, 28, 29, 30]
    assert (term.starts_on, term.ends_on) == (date(2027, 5, 1), date(2028, 4, 30))
    dates = dates_of_subscription(gift.subscription, on=TODAY)
    assert dates.withdrawal_open
    assert dates.withdraw_until is None


def test_what_is_chosen_holds_when_money_comes_late(offers):
    """A debit that settles sooner than the chosen issue closes still begins with that issue, and no earlier one."""
    order = order_a_gift(start=27)
    pay(order, on=date(2026, 12, 20), kind="sepa_debit")
    assert numbers(Gift.objects.get()) == [27, 28, 29, 30]


def test_the_cut_off_passed_before_the_money_came(offers):
    order = order_a_gift(start=25)
    time_passes(date(2026, 12, 15))
    pay(order, on=date(2026, 12, 20))
    assert numbers(Gift.objects.get()) == [26, 27, 28, 29]


def test_an_issue_that_is_closed_cannot_be_chosen(offers):
    with pytest.raises(ValidationError, match="ne peut plus commencer"):
        order_a_gift(start=25, on=date(2026, 12, 1))


def test_a_gift_never_renews_itself_whoever_tries(offers):
    gift = give()
    with pytest.raises(IntegrityError, match="subscription_gift_never_renews"), transaction.atomic():
        Subscription.objects.filter(pk=gift.subscription_id).update(renewal="automatic")
    price = gift.order.price
    with pytest.raises(IntegrityError, match="never renewed by itself"), transaction.atomic():
        Renewal.objects.create(
            subscription=gift.subscription, number=2, renews_on=date(2027, 11, 23), state_since=noon(TODAY),
            price=price, amount="27.60", created_at=noon(TODAY),
        )  # fmt: skip


def test_an_offer_that_renews_itself_is_not_given(offers):
    wish = make_wish(Offer.objects.get(renewal="automatic"), gift=GiftWish("Bruno", "Inès"))
    with pytest.raises(ValueError, match="never renews"):
        place_order(wish)
    assert not Gift.objects.exists()


def test_the_invoice_names_the_giver_and_no_address_of_the_recipient(offers):
    give()
    invoice = Invoice.objects.get()
    assert invoice.buyer_name == "Bruno Martin"
    assert "LYON" not in str(invoice.buyer_address) + str(invoice.delivery_address)
    assert invoice.total_ttc.amount == Decimal("27.60")


def test_the_confirmation_says_what_is_told_when(offers, mailoutbox):
    gift = give()
    letters("order_confirmation", TODAY)
    said = mailoutbox[0]
    text = " ".join(said.body.replace("\u00a0", " ").split())
    assert said.to == ['"Bruno Martin" <bruno.martin@example.fr>']
    assert said.subject == f"Votre cadeau est confirmé (commande {gift.order.reference})"
    assert (
        "Nous l’annonçons par courriel, à l’adresse ines.roux@example.fr, le 25 décembre 2026, avec vos mots." in text
    )
    assert "LYON" not in said.body
    assert "Bellecour" not in said.body
    assert f"/commande/suivi/{token(gift.order)}/carte.pdf" in said.body
    assert Notice.objects.filter(kind="gift_announced").count() == 0


@pytest.mark.parametrize(("days", "changeable"), [(0, False), (1, True)])
def test_what_is_told_today_is_not_said_to_be_changed_until_then(offers, mailoutbox, days, changeable):
    give(announce_on=TODAY + timedelta(days=days))
    letters("order_confirmation", TODAY)
    assert "Nous l’annonçons par courriel" in mailoutbox[0].body
    assert ("Jusque-là vous pouvez changer" in mailoutbox[0].body) is changeable


def test_a_gift_paid_after_the_day_that_was_chosen_is_told_on_the_day_on_which_it_is_paid(offers, mailoutbox):
    """By SEPA debit: ordered on 23 November for the 27th, and the bank pays on 2 December."""
    paid_on = TODAY + timedelta(days=9)
    give(announce_on=TODAY + timedelta(days=4), paid_on=paid_on)
    letters("order_confirmation", paid_on)
    text = " ".join(mailoutbox[0].body.replace("\u00a0", " ").split())
    assert "Nous l’annonçons par courriel, à l’adresse ines.roux@example.fr, le 2 décembre 2026, avec vos mots." in text
    assert "Jusque-là vous pouvez changer" not in text
    assert told(paid_on) == 1


def test_the_giver_who_tells_it_reads_so(offers, mailoutbox):
    give(announce_on=None, recipient_email="")
    letters("order_confirmation", TODAY)
    text = " ".join(mailoutbox[0].body.replace("\u00a0", " ").split())
    assert (
        "Vous l’annoncez vous-même : nous n’envoyons rien avant le premier numéro. Une feuille jointe à ce numéro"
        in text
    )


def test_issues_that_are_not_planned_yet_come_when_they_are(db):
    world(until=29)
    gift = give(start=28)
    assert numbers(gift) == [28, 29, None, None]
    plan_issue(30, date(2028, 3, 15))
    assert assign_planned(actor=JOB, at=noon(TODAY)) == 1
    assert numbers(gift) == [28, 29, 30, None]


def plan_issue(number: int, post_on: date) -> None:
    """One more issue."""
    Issue.objects.create(
        magazine=Magazine.objects.get(), number=number, cover_month=post_on.month, cover_year=post_on.year,
        cutoff_on=post_on.replace(day=1), post_on=post_on,
    )  # fmt: skip
