"""A rehearsal says beforehand what the run will do, is signed once, and is compared with the run line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.models import Act, DeskItem
from subscriptions.models import Notice, Rehearsal, RehearsalSignature, Renewal, RenewalEvent, Subscription
from subscriptions.renewals.comparing import compare, report
from subscriptions.renewals.foreseeing import foresee
from subscriptions.renewals.rehearsing import (
    CannotRehearse,
    CannotSign,
    Stale,
    rehearse,
    sign,
    verified,
    what_changed,
)
from subscriptions.renewals.unsigned import set_rule, warn_unsigned
from tasks.charges import renewal_charge
from tests.renewals.counter import CLOCK, R, at_ten, charge, planned, reader, taken, ten
from tests.renewals.days import dispute, live, move_to, noon, other_card, post_later, serve_all, succeed_price
from tests.renewals.people import announced, prove, subscriber

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def finance(django_user_model):
    return django_user_model.objects.create_user(
        "fin@team.example", "x", is_staff=True, first_name="Inès", last_name="Roy", created_at=noon(date(2026, 1, 1))
    )


def lines(rehearsal: Rehearsal) -> list[tuple]:
    return [
        (
            one.subscription_id,
            one.will,
            one.day,
            one.amount and one.amount.amount,
            one.legal_on,
            one.legal_sent,
            one.pre_debit_on,
            one.pre_debit_sent,
            one.card,
        )
        for one in rehearsal.lines.all()
    ]


def made(on: date, first: date = R, last: date = R) -> Rehearsal:
    return rehearse(first, last, actor=CLOCK, at=noon(on), reason="Pour voir.")


@pytest.mark.parametrize("before", [100, 75, 62, 61, 14, 13, 1])
def test_what_is_rehearsed_on_any_day_before_is_what_the_run_does(till, outbox, before, finance):
    one, other = reader(till), reader(till)
    for subscription in (one, other):
        serve_all(subscription)
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    for days in range(110, before - 1, -1):
        if days > 76 and days != before:
            continue
        live(R - days * DAY)
    rehearsal = made(R - before * DAY)
    legal, debit = R - 61 * DAY, R - 14 * DAY
    assert lines(rehearsal) == [
        (key, "charge", R, Decimal("27.60"), legal, before <= 61, debit, before <= 14, "good")
        for key in (one.pk, other.pk)
    ]
    assert (rehearsal.lines_total, rehearsal.charged_total, rehearsal.amount.amount) == (2, 2, Decimal("55.20"))
    sign(rehearsal, signer=finance, reason="Lu et approuvé.", at=noon(R - before * DAY))
    for days in range(min(before, 76) - 1, -1, -1):
        live(R - days * DAY)
    at_ten(till)
    charge()
    comparison = compare(rehearsal, at=noon(R + DAY))
    assert [(line.verdict, line.because, line.charged) for line in comparison.lines] == [
        ("as_rehearsed", "", Decimal("27.60"))
    ] * 2
    assert (comparison.rehearsed, comparison.charged, comparison.settled) == (Decimal("55.20"), Decimal("55.20"), True)
    assert [report(at=noon(R + DAY), actor=CLOCK) for _twice in range(2)] == [1, 0]
    assert DeskItem.objects.count() == 0


# What each circumstance comes to, rehearsed ten days before R for R and the month after it.

EVE = R - timedelta(days=10)
MONTH = R + timedelta(days=30)


def someone(number: int = 1, **how):
    return subscriber(email=f"reader{number}@example.fr", typed={"number": number}, **how)


def one_line(subscription: Subscription, *, on: date = EVE, last: date = MONTH):
    rehearsal = rehearse(on + DAY, last, actor=CLOCK, at=noon(on))
    [line] = rehearsal.lines.filter(subscription=subscription)
    return line


def fate(line) -> tuple:
    return (line.will, line.day, line.amount.amount if line.amount else None, line.card)


def test_nothing_is_written_but_the_rehearsal(db):
    announced(someone(), renews_on=R)
    before = (Renewal.objects.values().get(), Notice.objects.count(), RenewalEvent.objects.count())
    one = made(EVE)
    assert (Renewal.objects.values().get(), Notice.objects.count(), RenewalEvent.objects.count()) == before
    assert (one.lines_total, verified(one)) == (1, True)


def test_by_direct_debit_the_word_leaves_sixteen_days_before():
    subscription = someone(kind="sepa_debit")
    line = one_line(subscription, on=R - timedelta(days=30))
    # Nobody has told this reader in time: by choice only.
    assert (line.will, line.why[:12]) == ("by_choice", "L’avis d’éch")
    line = one_line(subscription, on=R - timedelta(days=65))
    assert fate(line) == ("charge", R, Decimal("27.60"), "good")
    assert (line.legal_on, line.pre_debit_on) == (R - timedelta(days=61), R - timedelta(days=16))


def test_another_price_of_that_day_is_the_one_that_is_rehearsed():
    subscription = someone()
    price = succeed_price(subscription, "29.90", valid_from=date(2027, 10, 1))
    line = one_line(subscription, on=R - timedelta(days=70))
    assert (*fate(line), line.price) == ("charge", R, Decimal("29.90"), "good", price)


def test_what_was_announced_stands_whatever_the_price_list_says():
    subscription = someone()
    plan = announced(subscription, renews_on=R)
    succeed_price(subscription, "29.90", valid_from=date(2027, 10, 1))
    line = one_line(subscription)
    assert (*fate(line), line.price) == ("charge", R, Decimal("27.60"), "good", plan.price)


def test_without_a_price_for_the_zone_it_is_said_so():
    subscription = someone()
    move_to(subscription, "DOM")
    subscription.offer.prices.filter(delivery_zone="DOM").update(valid_to=date(2027, 1, 1))
    assert fate(one_line(subscription, on=R - timedelta(days=70))) == ("unpriced", R, None, "good")


def test_a_last_copy_that_is_posted_late_moves_the_day():
    subscription = someone()
    announced(subscription, renews_on=R)
    post_later(28, R + timedelta(days=20))
    # Planned anew for the day after; its first notice is outside the window of that day: no charge without another.
    line = one_line(subscription)
    assert (line.will, line.day) == ("by_choice", R + timedelta(days=21))
    line = one_line(subscription, on=R - timedelta(days=60))
    assert fate(line) == ("charge", R + timedelta(days=21), Decimal("27.60"), "good")
    assert line.legal_on == R + timedelta(days=21 - 61)


@pytest.mark.parametrize(
    ("card", "will", "state"),
    [
        ({"exp_month": 11, "exp_year": 2027}, "charge", "good"),
        ({"exp_month": 10, "exp_year": 2027}, "no_card", "ends"),
        ({"ended_at": noon(EVE)}, "no_card", "ended"),
    ],
)
def test_the_card_on_the_day(card, will, state):
    subscription = someone()
    announced(subscription, renews_on=R)
    other_card(subscription, **card)
    assert fate(one_line(subscription)) == (will, R, Decimal("27.60"), state)


def test_without_any_means_of_payment_nobody_is_told_of_a_debit():
    subscription = someone()
    announced(subscription, renews_on=R, without="pre_debit")
    Subscription.objects.filter(pk=subscription.pk).update(saved_method=None)
    line = one_line(subscription)
    assert (*fate(line), line.pre_debit_on) == ("no_card", R, Decimal("27.60"), "none", None)


def test_a_disputed_payment_ends_the_plan():
    subscription = someone()
    announced(subscription, renews_on=R)
    dispute(subscription, at=noon(EVE))
    line = one_line(subscription)
    assert (line.will, line.why) == ("disputed", "Un paiement de cet abonnement est contesté à la banque.")


def test_whoever_has_said_no_is_not_charged():
    subscription = someone()
    announced(subscription, renews_on=R)
    Subscription.objects.filter(pk=subscription.pk).update(renewal="fixed")
    line = one_line(subscription)
    assert (line.will, line.why) == ("stopped", "La reconduction automatique est désactivée.")


def test_an_announced_one_whose_notice_came_back_is_by_choice():
    subscription = someone()
    plan = announced(subscription, renews_on=R)
    letter = plan.proofs.get(kind="legal").notice_proof.notice
    Notice.objects.filter(pk=letter.pk).update(state="bounced")
    assert fate(one_line(subscription)) == ("by_choice", R, Decimal("27.60"), "good")


@pytest.mark.parametrize(
    ("state", "will", "day"),
    [
        ("manual", "by_choice", R),
        ("awaiting_reader", "charge", R + timedelta(days=3)),  # another card was left since: no try was made with it
        ("charging", "in_hand", R + timedelta(days=3)),
        ("unresolved", "in_hand", R + timedelta(days=3)),
        ("due", "charge", R + timedelta(days=3)),
        ("retrying", "charge", R + timedelta(days=7)),
    ],
)
def test_where_it_stands_after_r(state, will, day):
    subscription = someone()
    plan = announced(subscription, renews_on=R, state=state)
    Renewal.objects.filter(pk=plan.pk, state="retrying").update(next_try_on=R + timedelta(days=7))
    # Three days later, at eight in the morning.
    at = datetime(2027, 11, 26, 7, tzinfo=UTC)
    first = R if state == "manual" else R + timedelta(days=3)
    if state == "manual":
        at = noon(R - DAY)
    [line] = rehearse(first, MONTH, actor=CLOCK, at=at).lines.all()
    assert (line.will, line.day) == (will, day)


def test_days_that_have_begun_are_not_rehearsed_nor_signed(finance):
    announced(someone(), renews_on=R)
    with pytest.raises(CannotRehearse):
        rehearse(R, R, actor=CLOCK, at=ten())
    with pytest.raises(CannotRehearse):
        rehearse(R, R - DAY, actor=CLOCK, at=noon(EVE))
    one = rehearse(R, R, actor=CLOCK, at=ten(minutes=-1))
    with pytest.raises(CannotSign):
        sign(one, signer=finance, reason="Trop tard.", at=ten())
    sign(one, signer=finance, reason="À temps.", at=ten(minutes=-1))
    with pytest.raises(CannotSign):
        sign(one, signer=finance, reason="Encore.", at=ten(minutes=-1))


def test_another_line_slipped_in_is_seen_by_the_hash(finance):
    announced(someone(), renews_on=R)
    one = made(EVE)
    line = one.lines.get()
    line.pk, line.ordinal, line.number = None, 2, 3
    line.save(force_insert=True)
    assert not verified(one)
    with pytest.raises(CannotSign):
        sign(one, signer=finance, reason="…", at=noon(EVE))


def test_a_notice_that_has_left_meanwhile_is_no_change_but_another_card_is(finance):
    subscription = someone()
    plan = announced(subscription, renews_on=R, without="pre_debit")
    one = made(R - timedelta(days=15))
    prove(plan, "pre_debit", sent_on=R - timedelta(days=14))
    assert what_changed(one, at=noon(R - timedelta(days=14))) == []
    other_card(subscription)
    [change] = what_changed(one, at=noon(EVE))
    assert (change.was.method_id, change.now.method_id) == (plan.subscription.saved_method_id, change.now.method_id)
    with pytest.raises(Stale) as stale:
        sign(one, signer=finance, reason="…", at=noon(EVE))
    assert [each.subject for each in stale.value.changes] == [plan.subject]


# A month that is charged unsigned.


def test_finance_is_warned_once_when_a_month_begins_unsigned(finance):
    subscription = someone()
    serve_all(subscription)
    announced(subscription, renews_on=R)
    assert warn_unsigned(on=EVE, at=noon(EVE)) is False  # nothing is charged on that day
    assert [warn_unsigned(on=R, at=ten(minutes=-60)) for _twice in range(2)] == [True, True]
    item = DeskItem.objects.get()
    assert (item.desk, item.kind, item.subject) == ("finance", "run_unsigned", "run:2027-11")
    one = rehearse(R, R, actor=CLOCK, at=ten(minutes=-50))
    sign(one, signer=finance, reason="Lu.", at=ten(minutes=-40))
    assert DeskItem.objects.get().closed_because == "Lu."
    assert warn_unsigned(on=R, at=ten(minutes=-30)) is False
    assert Act.objects.get(verb="signed a rehearsal").facts == {"sha256": one.sha256, "charged": 1}


def test_a_run_that_nobody_signed_is_held_where_the_rule_says_so(till, finance):
    plan = planned(reader(till))
    set_rule("hold", actor=CLOCK, reason="Décision de la direction.", at=noon(EVE))
    one = rehearse(R, R, actor=CLOCK, at=ten(minutes=-50))
    at_ten(till)
    with time_machine.travel(ten(), tick=False):
        renewal_charge()
    plan.refresh_from_db()
    assert (plan.state, taken(till)) == ("due", [])
    assert warn_unsigned(on=R, at=ten()) is True
    RehearsalSignature.objects.create(rehearsal=one, signer=finance, name="F", sha256="x", reason="x", at=ten())
    with time_machine.travel(ten(minutes=1), tick=False):
        renewal_charge()
    plan.refresh_from_db()
    assert (plan.state, taken(till)) == ("paid", [plan.subject])


def test_silence_is_a_rule_too():
    announced(someone(), renews_on=R)
    set_rule("silent", actor=CLOCK, reason="Décision de la direction.", at=noon(EVE))
    assert warn_unsigned(on=R, at=ten()) is False
    assert DeskItem.objects.count() == 0


def test_a_year_and_thousands_are_as_many_queries_as_one(django_assert_num_queries):
    announced(someone(1), renews_on=R)
    with CaptureQueriesContext(connection) as one:
        foresee(R, MONTH, at=noon(EVE))
    for number in (2, 3):
        announced(someone(number), renews_on=R)
    with CaptureQueriesContext(connection) as three:
        assert len(foresee(R, MONTH, at=noon(EVE))) == 3
    assert len(three) == len(one) <= 20


def test_whoever_is_written_to_by_post_is_rehearsed_by_the_days_of_the_post(django_user_model):
    """Queued at R − 71 and R − 24; the word of the debit leaves five days later at the latest. Put off, the same."""
    by_post = someone()
    django_user_model.objects.filter(pk=by_post.payer_id).update(email=None)
    line = one_line(by_post, on=R - timedelta(days=100))
    assert (line.will, line.legal_on, line.pre_debit_on) == ("charge", R - timedelta(days=71), R - timedelta(days=19))
