"""The year of one reader, day by day: ordered on 23 November 2026, so R is 23 November 2027."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.models import DeskItem
from subscriptions.models import Notice, Renewal, RenewalProof, Subscription
from tests.renewals.days import (
    around,
    deliver,
    live_on,
    live_through,
    noon,
    notice_on,
    plan_on,
    serve_all,
    steps,
    the_renewal,
)
from tests.renewals.people import subscriber

R = date(2027, 11, 23)
NBSP = "\u00a0"
LEGAL = (
    f"Votre abonnement ActuIA{NBSP}: reconduction le 23{NBSP}novembre{NBSP}2027,"
    f" refus possible jusqu’au 22{NBSP}novembre{NBSP}2027 inclus"
)
DEBIT = f"Votre abonnement ActuIA{NBSP}: débit de 27,60{NBSP}€ le 23{NBSP}novembre{NBSP}2027"
pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(outbox) -> Subscription:
    """A reader whose copies leave on their days, and whose confirmation of the order is put aside."""
    made = subscriber()
    serve_all(made)
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    return made


def test_one_reader_day_by_day(reader):
    told = live_through(date(2027, 9, 1), R)
    assert told == {R - timedelta(days=61): [LEGAL], R - timedelta(days=14): [DEBIT]}
    renewal = the_renewal()
    assert steps(renewal) == [
        ("", "planned", R, "R is near"),
        ("planned", "announced", R, "legal notice proved"),
    ]
    assert list(renewal.events.values_list("at", flat=True)) == [
        noon(R - timedelta(days=75)),
        noon(R - timedelta(days=61)),
    ]
    proofs = renewal.proofs.order_by("pk").values_list("kind", "sent_on", "window_opens", "window_closes", "ordinal")
    assert list(proofs) == [
        ("legal", date(2027, 9, 23), date(2027, 8, 22), date(2027, 10, 22), 1),
        ("pre_debit", date(2027, 11, 9), date(2027, 10, 24), date(2027, 11, 16), 1),
    ]
    assert DeskItem.objects.count() == 0


def test_by_direct_debit_the_word_comes_two_days_earlier(outbox):
    serve_all(subscriber(kind="sepa_debit"))
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    told = live_on(around(R, 75, 61, 17, 16, 14, 0))
    assert list(told) == [R - timedelta(days=61), R - timedelta(days=16)]


def test_every_day_twice_tells_nothing_twice(reader, outbox):
    live_on(day for day in around(R, 75, 62, 61, 60, 30, 16, 14, 13, 0) for _twice in range(2))
    assert [letter.subject for letter in outbox] == [LEGAL, DEBIT]
    assert RenewalProof.objects.count() == 2


@pytest.mark.parametrize(
    ("stopped", "goes_on", "legal_on"),
    [
        pytest.param(62, 59, date(2027, 9, 25), id="three days over the planned day"),
        pytest.param(80, 40, date(2027, 10, 14), id="forty days over planning and notice"),
        pytest.param(74, 34, date(2027, 10, 20), id="on again on the last day of the guard"),
    ],
)
def test_a_stopped_clock_that_goes_on_inside_the_window_catches_up(reader, stopped, goes_on, legal_on):
    live_on(around(R, 85, stopped + 1, stopped))
    told = live_on(around(R, goes_on, goes_on - 1, 15, 14, 13, 0))
    assert told == {legal_on: [LEGAL], R - timedelta(days=14): [DEBIT]}
    assert the_renewal().state == "announced"


@pytest.mark.parametrize("goes_on", [33, 32, 31, 20, 1])
def test_one_that_goes_on_after_it_charges_nothing_and_says_so(reader, goes_on):
    live_on(around(R, 80, 75, 72))
    told = live_on(around(R, *range(goes_on, max(goes_on - 4, -1), -1), 0, -1))
    [(on, [subject])] = told.items()
    assert subject == "Votre abonnement ActuIA ne sera pas reconduit automatiquement"
    # The window closes on 22 October, its guard two days before: until it is over a posted letter may still save it.
    assert on == max(R - timedelta(days=goes_on), date(2027, 10, 23))
    renewal = the_renewal()
    assert (renewal.state, renewal.why[:12]) == ("manual", "Aucun avis d")
    assert [item.kind for item in DeskItem.objects.all()] == ["renewal_manual"]
    assert not renewal.proofs.exists()


def test_a_clock_stopped_over_the_word_of_the_debit_tells_it_late_and_the_charge_waits(reader):
    live_on(around(R, 75, 61, 15))
    told = live_through(R - timedelta(days=2), R + timedelta(days=8))
    late = f"Votre abonnement ActuIA{NBSP}: débit de 27,60{NBSP}€ le 28{NBSP}novembre{NBSP}2027"
    assert told == {R - timedelta(days=2): [late]}
    proof = RenewalProof.objects.get(kind="pre_debit")
    assert (proof.sent_on, proof.window_opens, proof.window_closes) == (
        date(2027, 11, 21),
        date(2027, 10, 29),
        date(2027, 11, 21),
    )


def test_a_word_of_the_debit_too_old_for_a_charge_is_not_given_again(reader, outbox):
    """By then nearly all days in which it could be paid have gone by: `falling_due` leaves it to the reader's choice."""
    live_on(around(R, 75, 61, 14, 10))
    on = R + timedelta(days=17)
    assert live_on([on, on + timedelta(days=1)]) == {}
    assert RenewalProof.objects.filter(kind="pre_debit").count() == 1


@pytest.mark.parametrize(
    ("ordered_on", "r"),
    [
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2028, 3, 31), date(2029, 3, 31)),
        (date(2028, 8, 31), date(2029, 8, 31)),
        (date(2028, 12, 31), date(2029, 12, 31)),
        (date(2028, 3, 26), date(2029, 3, 26)),
        (date(2028, 10, 29), date(2029, 10, 29)),
    ],
    ids=["29 February", "31 March", "31 August", "31 December", "the short night", "the long night"],
)
def test_month_ends_leap_days_and_both_nights_of_the_clocks(reader, ordered_on, r):
    """The year of each of these starts: both letters inside their windows, in Paris days."""
    term = reader.terms.get()
    term.pk, term.number, term.order, term.payment = None, 2, None, None
    term.starts_on, term.ends_on = ordered_on, r - timedelta(days=1)
    term.save(force_insert=True)
    told = live_on(around(r, 76, 75, 62, 61, 60, 17, 15, 14, 13, 1, 0))
    assert list(told) == [r - timedelta(days=61), r - timedelta(days=14)]
    legal, debit = RenewalProof.objects.order_by("pk")
    assert legal.window_opens <= legal.sent_on <= legal.window_closes
    assert 7 <= (r - debit.sent_on).days <= 30
    assert Renewal.objects.get().state == "announced"


def test_whoever_says_no_hears_no_more(reader, outbox):
    live_on(around(R, 75, 61, 30))
    Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
    assert live_on(around(R, 29, 16, 14, 7, 0)) == {}
    assert the_renewal().state == "cancelled"


def test_a_no_between_the_queue_and_the_post_keeps_the_letter_back(reader, outbox):
    on = R - timedelta(days=61)
    plan_on(on)
    assert notice_on(on).legal == 1
    Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
    assert deliver(10, at=noon(on)).withdrawn == 1
    assert outbox == []
    assert Notice.objects.get(kind="renewal_notice").failure == "automatic renewal is off"
