"""The act at the desk: who may, up to how much, what is shown first, and that a second click does nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from payments.models import Act, Refund, RefundLimit
from subscriptions.gifts.claiming import claim
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.backoffice.sold import sell
from tests.choice.people import reader, renews
from tests.gifts.people import give
from tests.makers import NOW, READER, TODAY, make_magazine, make_offers
from tests.renewals.people import subscriber

WHY = "Numéro arrivé déchiré."


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


@pytest.fixture
def term(sale):
    return sale.subscription.terms.get()


def test_two_copies_are_given_back_by_support(at_desk, sale, term):
    colleague = at_desk("support")
    act = reverse("desk_act_refund_part", args=[term.pk])
    assert act in colleague.see("desk_subscription", sale.subscription.pk).content.decode()
    assert act in colleague.see("desk_order", sale.order.pk).content.decode()
    typed = {"copies": "2", "amount": "", "why": "shorter", "reason": WHY}
    shown = colleague.rehearse("desk_act_refund_part", term.pk, **typed)
    page = text_of(shown)
    for words in ("13,80 €", "13,52 €", "0,28 €", "n° 27, n° 28", "abonnement écourté à la demande du lecteur"):
        assert words in page.replace("\xa0", " "), words
    assert Refund.objects.count() == 0
    answer = colleague.say_yes("desk_act_refund_part", term.pk, seal_of(shown), **typed)
    assert answer.url == reverse("desk_subscription", args=[sale.subscription.pk])
    assert Refund.objects.get().amount.amount == Decimal("13.80")
    assert Act.objects.get(verb="refunded in part").actor == f"staff:{colleague.user.pk}"
    person = text_of(colleague.see("desk_person", sale.customer.pk))
    assert said("refunded part of a term") in person


def test_the_same_yes_twice_is_one_refund_even_if_the_cache_was_flushed(at_desk, term):
    colleague = at_desk("support")
    typed = {"copies": "1", "amount": "", "why": "shorter", "reason": WHY}
    seal = seal_of(colleague.rehearse("desk_act_refund_part", term.pk, **typed))
    for _time in range(2):
        assert colleague.say_yes("desk_act_refund_part", term.pk, seal, **typed).status_code == 302
    cache.clear()
    again = colleague.say_yes("desk_act_refund_part", term.pk, seal, **typed)
    assert again.status_code == 200, "what remains has changed: it is shown again"
    assert Refund.objects.count() == 1


def test_beyond_the_limit_it_is_for_finance_and_the_limit_is_data(at_desk, term):
    RefundLimit.objects.create(role="support", amount="10.00", valid_from=date(2026, 1, 1))
    typed = {"copies": "", "amount": "10,01", "why": "goodwill", "reason": WHY}
    refused = at_desk("support").rehearse("desk_act_refund_part", term.pk, **typed)
    assert "10,00 €" in text_of(refused).replace("\xa0", " ")
    assert refused.status_code == 422
    assert at_desk("finance").act("desk_act_refund_part", term.pk, **typed).status_code == 302
    assert Refund.objects.get().amount.amount == Decimal("10.01")


@pytest.mark.parametrize(
    "typed",
    [
        {"copies": "", "amount": ""},
        {"copies": "1", "amount": "6,90"},
        {"copies": "9", "amount": ""},
        {"copies": "", "amount": "27,61"},
        {"copies": "", "amount": "beaucoup"},
        {"copies": "", "amount": "-5"},
    ],
)
def test_what_makes_no_sense_is_said_and_kept(at_desk, term, typed):
    colleague = at_desk("finance")
    answer = colleague.rehearse("desk_act_refund_part", term.pk, why="goodwill", reason=WHY, **typed)
    assert answer.status_code == 422
    assert f'value="{WHY}"' in answer.content.decode()
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("role", ["fulfilment"])
def test_others_may_not(at_desk, term, role):
    assert at_desk(role).see("desk_act_refund_part", term.pk).status_code == 403


def test_a_refund_in_full_shows_the_copies_where_a_gift_goes_on(at_desk):
    make_offers(make_magazine())
    gift, own = give(), subscriber()
    claim(gift.pk, own.payer, onto=own.pk, actor=READER, at=NOW)
    page = at_desk("finance").rehearse("desk_act_refund", gift.order_id, reason="Appel du donateur.")
    assert "4 exemplaires" in text_of(page)


def test_a_refund_in_full_of_a_later_year_says_that_the_subscription_goes_on(at_desk):
    term = renews(reader(), on=TODAY)
    page = text_of(at_desk("finance").rehearse("desk_act_refund", term.order_id, reason="Appel de la lectrice."))
    assert said("the subscription goes on") in page
    assert "se termine aujourd’hui" not in page
