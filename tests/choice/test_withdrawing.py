"""Withdrawing from an order that prolonged: that order is undone, and what was served before it is not given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from payments.models import Refund
from subscriptions.dates import dates_of_subscription
from subscriptions.fulfilment.posting import post_issue
from subscriptions.models import Declaration, Entitlement, Issue, Notice
from subscriptions.stopping.following_up import give_back_waiting
from tests.choice.people import JOB, noon, reader, renews, time_passes, wrong
from tests.stopping.people import refund_of, states, withdraws

pytestmark = pytest.mark.django_db


def test_the_order_that_prolonged_is_undone_and_the_year_before_runs_on():
    subscription = reader()
    on = date(2027, 10, 1)
    time_passes(on)
    term = renews(subscription, on=on, renewal="automatic")
    declaration = withdraws(subscription, at=noon(on))
    assert refund_of(declaration) == (Decimal("27.60"), "created")
    assert Refund.objects.get().payment == term.payment
    subscription.refresh_from_db()
    assert (subscription.state, subscription.renewal) == ("active", "fixed")
    assert states(subscription) == "served served served served void void void void"
    dates = dates_of_subscription(subscription, on=on)
    assert (dates.ends_on, dates.withdrawal_open) == (date(2027, 11, 22), False)
    assert wrong(noon(on)) == []


def test_the_reader_is_told_what_goes_back_and_what_runs_on():
    subscription = reader()
    on = date(2027, 10, 1)
    time_passes(on)
    renews(subscription, on=on)
    declaration = withdraws(subscription, at=noon(on))
    sentence = _told(declaration)
    assert "ce que vous avez payé pour elle, soit 27,60\u00a0€, vous est rendu" in sentence
    assert "votre abonnement s’arrête à sa fin, le 22\u00a0novembre\u00a02027" in sentence
    assert "Tout ce que vous avez payé" not in sentence


def test_both_orders_are_undone_while_the_time_of_both_is_open():
    subscription = reader()
    on = date(2026, 12, 1)
    renews(subscription, on=on)
    declaration = withdraws(subscription, at=noon(on))
    assert "Tout ce que vous avez payé, soit 55,20\u00a0€" in _told(declaration)
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [Decimal("27.60"), Decimal("27.60")]
    subscription.refresh_from_db()
    assert subscription.state == "ended"
    assert wrong(noon(on)) == []


def test_the_order_that_the_reader_names_is_undone_alone_while_the_time_of_both_is_open():
    subscription = reader()
    on = date(2026, 12, 1)
    second = renews(subscription, on=on)
    declaration = withdraws(f"commande {second.order.reference}", at=noon(on))
    told = _told(declaration)
    assert f"La commande {second.order.reference} est annulée" in told
    assert "soit 27,60\u00a0€" in told
    assert "votre abonnement s’arrête le 22\u00a0novembre\u00a02027" in told
    assert Refund.objects.get().payment == second.payment
    subscription.refresh_from_db()
    assert (subscription.state, states(subscription)) == ("active", "owed owed owed owed void void void void")
    # The other one afterwards, as the part of the contract: then all is over.
    first = subscription.terms.get(number=1).order
    declaration = withdraws(subscription, scope=f"la commande {first.reference}", at=noon(on))
    assert f"La commande {first.reference} est annulée" in _told(declaration)
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [Decimal("27.60"), Decimal("27.60")]
    subscription.refresh_from_db()
    assert subscription.state == "ended"
    assert wrong(noon(on)) == []


def test_the_first_order_named_leaves_the_year_that_was_bought_after_it():
    subscription = reader()
    on = date(2026, 12, 1)
    second = renews(subscription, on=on)
    first = subscription.terms.get(number=1)
    declaration = withdraws(first.order.reference, at=noon(on))
    assert refund_of(declaration) == (Decimal("27.60"), "created")
    assert Refund.objects.get().payment == first.payment
    assert "votre abonnement s’arrête le 22\u00a0novembre\u00a02028" in _told(declaration)
    subscription.refresh_from_db()
    assert (subscription.state, states(subscription)) == ("active", "void void void void owed owed owed owed")
    assert second.ends_on == date(2028, 11, 22)
    assert wrong(noon(on)) == []


def test_a_named_order_whose_time_is_over_is_for_a_person_and_no_other_is_undone_for_it():
    subscription = reader()
    on = date(2027, 10, 1)
    time_passes(on)
    renews(subscription, on=on)
    first = subscription.terms.get(number=1).order
    declaration = withdraws(first.reference, at=noon(on))
    assert (declaration.effect, declaration.state, declaration.refund) == ("withdrawal_late", "on_desk", None)
    assert states(subscription) == "served served served served owed owed owed owed"


def test_a_year_that_is_over_is_not_given_back_with_the_next_and_the_contract_ends():
    subscription = reader()
    time_passes(date(2027, 12, 10))
    renews(subscription, on=date(2027, 11, 20))
    on = date(2027, 12, 1)
    declaration = withdraws(subscription, at=noon(on))
    assert refund_of(declaration) == (Decimal("27.60"), "created")
    assert "n’est pas touchée" not in _told(declaration)
    subscription.refresh_from_db()
    assert subscription.state == "ended"
    assert wrong(noon(on)) == []


def test_a_copy_of_the_new_term_in_a_file_lets_its_money_wait_and_holds_no_copy_of_the_year_before():
    subscription = reader()
    time_passes(date(2027, 6, 30))
    on = date(2027, 10, 1)
    term = renews(subscription, on=date(2027, 9, 1))
    Entitlement.objects.filter(term=term, rank=1).update(state="assigned")
    declaration = withdraws(subscription, at=noon(on))
    assert (declaration.effect, declaration.refund_id) == ("withdrawn_waits", None)
    assert states(subscription) == "served served served owed assigned held held held"
    assert give_back_waiting(actor=JOB, at=noon(on), limit=10) == 0
    Entitlement.objects.filter(term=term, rank=1).update(state="served")
    post_issue(Issue.objects.get(number=28), on=date(2027, 10, 2), actor=JOB, at=noon(date(2027, 10, 2)))
    assert give_back_waiting(actor=JOB, at=noon(date(2027, 10, 3)), limit=10) == 1
    assert give_back_waiting(actor=JOB, at=noon(date(2027, 10, 3)), limit=10) == 0
    declaration.refresh_from_db()
    assert refund_of(declaration) == (Decimal("27.60"), "created")
    assert Refund.objects.get().payment == term.payment
    subscription.refresh_from_db()
    assert subscription.state == "active"
    assert states(subscription) == "served served served served served void void void"


def _told(declaration: Declaration) -> str:
    return str(Notice.objects.get(matter=f"acknowledged:declaration:{declaration.pk}").facts["sentence"])
