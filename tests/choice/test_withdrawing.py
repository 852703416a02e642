"""Withdrawing from an order that prolonged: that order is undone, and what was served before it is not given back."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.gateway import Outcome
from payments.models import Refund
from payments.settling import News, apply
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Declaration, Entitlement, Issue, Notice, Subscription, TermUndone
from subscriptions.renewals.charging import claim
from subscriptions.renewals.ending import end_fixed_terms
from subscriptions.renewals.falling_due import fall_due
from subscriptions.renewals.looking import look_again
from subscriptions.renewals.planning import Planned
from subscriptions.stopping.choosing import turn_on, words_now
from subscriptions.stopping.following_up import give_back_waiting
from subscriptions.texts import load_texts
from tests.choice.people import JOB, noon, reader, renews, story, time_passes, wrong
from tests.makers import TODAY, send_out
from tests.renewals.days import live_on, plan_on, the_renewal
from tests.renewals.test_outcomes import seen
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
    send_out(Issue.objects.get(number=28), on=date(2027, 10, 2), actor=JOB)
    assert give_back_waiting(actor=JOB, at=noon(date(2027, 10, 3)), limit=10) == 1
    assert give_back_waiting(actor=JOB, at=noon(date(2027, 10, 3)), limit=10) == 0
    declaration.refresh_from_db()
    assert refund_of(declaration) == (Decimal("27.60"), "created")
    assert Refund.objects.get().payment == term.payment
    subscription.refresh_from_db()
    assert subscription.state == "active"
    assert states(subscription) == "served served served served served void void void"


def test_after_it_the_year_before_may_renew_itself_again_on_its_own_day():
    """Turned on again, R is the day after the year that still runs, not a year later; its dates are free again."""
    load_texts(TODAY)
    subscription = reader(renewal="automatic")
    on = date(2027, 8, 1)
    time_passes(on)
    renews(subscription, on=on, renewal="automatic")
    withdraws(subscription, at=noon(on))
    dates = dates_of_subscription(Subscription.objects.get(pk=subscription.pk), on=on)
    turn_on(subscription.pk, words=words_now(dates)[1], actor=JOB, at=noon(on))
    subscription.refresh_from_db()
    dates = dates_of_subscription(subscription, on=on)
    assert (dates.ends_on, dates.renewal.on, dates.renewal.refuse_until) == (
        date(2027, 11, 22), date(2027, 11, 23), date(2027, 11, 22),
    )  # fmt: skip
    time_passes(date(2027, 9, 30))
    assert plan_on(date(2027, 9, 8)) == Planned()
    assert plan_on(date(2027, 9, 9)) == Planned(planned=1)
    renewal = the_renewal(subscription)
    assert (renewal.number, renewal.renews_on, renewal.state) == (3, date(2027, 11, 23), "planned")
    live_on([date(2027, 9, 23), date(2027, 11, 9)])
    fall_due(on=renewal.renews_on, at=noon(renewal.renews_on), actor=JOB)
    [payment] = claim([renewal.pk], on=renewal.renews_on, at=noon(renewal.renews_on), actor=JOB)
    paid = News(payment.pk, Outcome.SUCCEEDED, intent=seen(payment, Outcome.SUCCEEDED), closed=True)
    apply([paid], actor=JOB, at=noon(renewal.renews_on))
    assert story(subscription) == [
        (1, "2026-11-23", "2027-11-22", [25, 26, 27, 28]),
        (2, "2027-11-23", "2028-11-22", [29, 30, 31, 32]),
        (3, "2027-11-23", "2028-11-22", [29, 30, 31, 32]),
    ]
    assert states(subscription) == "served served served served void void void void owed owed owed owed"
    # The till is not asked here, so the refund of August still waits for its answer; all else is as it should be.
    assert [name for name, _subject, _sentence in wrong(noon(renewal.renews_on))] == ["HEARD"]


def test_after_it_another_order_prolongs_the_year_that_still_runs():
    subscription = reader()
    on = date(2027, 10, 1)
    time_passes(on)
    renews(subscription, on=on)
    withdraws(subscription, at=noon(on))
    again = renews(subscription, on=on)
    assert (again.subscription, again.number, again.starts_on) == (subscription, 3, date(2027, 11, 23))
    assert story(subscription)[-1] == (3, "2027-11-23", "2028-11-22", [29, 30, 31, 32])
    assert wrong(noon(on)) == []


@pytest.mark.parametrize("undone", [False, True])
def test_no_two_terms_overlap_unless_one_was_undone(undone):
    subscription = reader()
    on = date(2027, 10, 1)
    term = renews(subscription, on=on)
    if undone:
        TermUndone.objects.create(term=term, actor="staff:1", at=noon(on))
    term.pk, term.number, term.order, term.payment = None, 3, None, None
    term.starts_on = date(2028, 11, 22)
    term.ends_on = date(2029, 11, 21)
    with nullcontext() if undone else pytest.raises(IntegrityError, match="overlaps another"), transaction.atomic():
        term.save(force_insert=True)


def _told(declaration: Declaration) -> str:
    return str(Notice.objects.get(matter=f"acknowledged:declaration:{declaration.pk}").facts["sentence"])


def test_once_the_second_year_is_undone_the_first_ends_on_its_own_day():
    """What was noted for the last day of the second comes a year too late."""
    subscription, on = reader(), date(2026, 12, 1)
    second = renews(subscription, on=on)
    look_again([subscription.pk])  # as by a move to another recipient: from then on only the last day is noted
    assert end_fixed_terms(on=on, at=noon(on), actor=JOB, limit=10) == 0
    withdraws(f"commande {second.order.reference}", at=noon(on))
    time_passes(date(2027, 12, 1))
    over = date(2027, 11, 23)
    assert end_fixed_terms(on=over, at=noon(over), actor=JOB, limit=10) == 1
    subscription.refresh_from_db()
    assert subscription.state == "lapsed"
