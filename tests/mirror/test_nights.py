"""Night after night: what is due, what goes on after a kill, what two workers do, what a person has explained."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments import gateway
from payments.audit import mirrored
from payments.mirroring import running, stripe_list
from payments.models import DeskItem, MirrorCharge, MirrorDifference, MirrorRun, Payment
from shop.watch.models import JobRun
from shop.watch.runs import know
from subscriptions.models import Subscription
from tasks import money
from tests.makers import NOW, TODAY
from tests.mirror.nights import (
    CLOCK,
    TOMORROW,
    bought,
    charge_by_hand,
    customer_of,
    found,
    night,
    on_the_desk,
    quarter_past_two,
)
from tests.races.crowd import Meeting, together, troubles
from tests.sandbox.driver import FR_PAYS

pytestmark = pytest.mark.django_db(transaction=True)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=one) for one in range(count)]


def test_one_mirror_a_night_and_one_a_month(offers, till):
    bought(till)
    kinds = {on: [run.kind for run in (*night(on), *night(on))] for on in days(TOMORROW, 10)}
    assert kinds[TOMORROW] == ["nightly", "monthly"]
    assert kinds[date(2026, 12, 1)] == ["nightly", "monthly"]
    assert [kinds[on] for on in days(TOMORROW, 10) if on not in (TOMORROW, date(2026, 12, 1))] == [["nightly"]] * 8
    first, second = MirrorRun.objects.filter(kind="nightly").order_by("pk")[:2]
    assert first.until == quarter_past_two() - timedelta(minutes=30)
    assert first.until - first.since == timedelta(days=400)
    assert second.until - second.since == timedelta(days=16)
    wide = MirrorRun.objects.filter(kind="monthly").order_by("pk")[1]
    assert wide.until - wide.since == timedelta(days=400)


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        (datetime(2026, 11, 24, 0, 59, tzinfo=UTC), datetime(2026, 11, 23, 1, 0, tzinfo=UTC)),
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, 0, tzinfo=UTC)),
        # The night of the spring has no two o'clock; that of the autumn has it twice.
        (datetime(2027, 3, 28, 1, 5, tzinfo=UTC), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_night_begins_at_two_in_paris(at, begins):
    assert running._last(at, monthly=False) == begins


def test_a_machine_that_stood_still_is_caught_up_once(offers, till):
    """Three nights are missed: the next one reaches back to where the last one ended, and fifteen days behind it."""
    bought(till)
    night()
    last = MirrorRun.objects.get(kind="nightly")
    [run] = night(TOMORROW + timedelta(days=4))
    assert run.since == last.until - timedelta(days=15)
    assert night(TOMORROW + timedelta(days=4)) == []


def test_a_debit_that_succeeds_days_after_its_charge_was_made(offers, till):
    payment = bought(till, iban=FR_PAYS)
    assert payment.state == "processing"
    assert [run.ours for run in night()] == [0, 0]
    with time_machine.travel(NOW + timedelta(days=6), tick=False):
        till.settle()
    nightly, *_monthly = night(TODAY + timedelta(days=7))
    assert (nightly.ours, found(nightly)) == (1, [("mended", f"payment:{payment.pk}")])


def test_a_payment_learnt_weeks_after_its_charge_is_asked_about_by_itself(offers, till):
    """Its charge was made before the period: the list does not show it, and it is not missing."""
    night()
    bought(till)
    Payment.objects.update(state_since=NOW + timedelta(days=40))
    for on in days(TOMORROW, 40):
        MirrorRun.objects.create(
            kind="nightly", since=quarter_past_two(on) - timedelta(days=1), until=quarter_past_two(on),
            started_at=quarter_past_two(on), read_to_end=True, finished_at=quarter_past_two(on),
        )  # fmt: skip
    nightly, _monthly = night(TODAY + timedelta(days=41))
    assert nightly.since > NOW + timedelta(days=24)
    assert (nightly.ours, found(nightly)) == (1, [])
    assert MirrorCharge.objects.get().last_run.kind == "monthly"


def test_killed_at_any_request_it_goes_on_and_counts_nothing_twice(offers, till, monkeypatch):
    """Pages of two; every request to Stripe fails once."""
    monkeypatch.setattr(stripe_list, "PAGE", 2)
    for _each in range(3):
        bought(till)
    charge_by_hand(till, metadata={})
    missed = bought(till, heard=False)
    steps, deaths = itertools.count(1), {1, 3, 6, 8, 11}

    def dies_now_and_then(act):
        def go(*given, **named):
            if next(steps) in deaths:
                raise gateway.Unknown("killed")
            return act(*given, **named)

        return go

    monkeypatch.setattr(gateway, "list_charges", dies_now_and_then(gateway.list_charges))
    monkeypatch.setattr(stripe_list, "write", dies_now_and_then(stripe_list.write))
    kills = 0
    while not MirrorRun.objects.filter(kind="nightly", finished_at__isnull=False).exists():
        try:
            night()
        except gateway.Unknown:
            kills += 1
    assert kills == 5
    run = MirrorRun.objects.get(kind="nightly")
    assert (run.ours, str(run.ours_amount), run.foreign, run.differences) == (4, "110.40", 1, 0)
    missed.refresh_from_db()
    assert missed.state == "succeeded"
    assert Subscription.objects.count() == 4


def test_a_time_that_is_over_leaves_the_rest_to_the_next_call(offers, till, monkeypatch):
    monkeypatch.setattr(stripe_list, "PAGE", 1)
    for _each in range(3):
        bought(till)
    at = quarter_past_two()
    steps = iter([True, False, False, False])
    with time_machine.travel(at, tick=False):
        assert running.mirror(actor=CLOCK, at=at, go_on=lambda: next(steps)) == []
        run = MirrorRun.objects.get(kind="nightly")
        assert (run.ours, run.read_to_end) == (1, False)
        assert list(mirrored(at + timedelta(hours=40))) == [
            ("mirror:nightly", "Stripe's charges were not held against the books last night"),
            (f"mirror:{run.pk}", "a mirror that has not come to its end"),
            (f"mirror:{run.pk + 1}", "a mirror that has not come to its end"),
        ]
    nightly, monthly = night()
    assert (nightly.pk, nightly.ours, monthly.ours) == (run.pk, 3, 3)
    assert list(mirrored(at + timedelta(hours=30))) == []


def test_a_worker_who_comes_in_between_ends_the_night_before_it_takes_up_the_month(offers, till, monkeypatch):
    """The month's reading marks the same charges as seen: begun beside the night's, it would make that ask for them again."""
    monkeypatch.setattr(stripe_list, "PAGE", 1)
    for _each in range(3):
        bought(till)
    at = quarter_past_two()
    others = []

    def go_on():
        run = MirrorRun.objects.get(kind="nightly")
        if run.read_to_end and not others:
            others.append(None)
            others.extend(running.mirror(actor=CLOCK, at=at))
        return True

    with time_machine.travel(at, tick=False):
        mine = running.mirror(actor=CLOCK, at=at, go_on=go_on)
    assert [run.kind for run in others[1:]] == ["nightly", "monthly"]
    assert [run.kind for run in mine] == ["nightly"]
    assert [(run.kind, run.ours, run.differences) for run in MirrorRun.objects.order_by("pk")] == [
        ("nightly", 3, 0), ("monthly", 3, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("seen", ["together", "apart"])
def test_two_workers_at_one_mirror_count_each_charge_once(offers, till, monkeypatch, seen):
    monkeypatch.setattr(stripe_list, "PAGE", 1)
    for _each in range(4):
        bought(till)
    charge_by_hand(till, customer=customer_of(Payment.objects.all()[0]), metadata={})
    meeting = Meeting(2) if seen == "together" else None
    if meeting:
        monkeypatch.setattr(stripe_list, "write", meeting.before(stripe_list.write))
    at = quarter_past_two()
    with time_machine.travel(at, tick=False):
        results = together([lambda: running.mirror(actor=CLOCK, at=at)] * 2, meeting=meeting)
    assert troubles(results) == []
    for run in MirrorRun.objects.all():
        assert (run.ours, run.differences, run.finished_at) == (5, 1, at)
    assert MirrorDifference.objects.count() == 2
    assert len(on_the_desk()) == 1


def test_what_was_put_right_is_taken_off_the_desk_and_found_no_more(offers, till):
    payment = bought(till)
    Payment.objects.filter(pk=payment.pk).update(stripe_charge="ch_wrong")
    night()
    assert on_the_desk() == [
        ("mirror_second", f"charge:{payment.stripe_charge}"),
        ("mirror_missing", f"payment:{payment.pk}"),
    ]
    Payment.objects.filter(pk=payment.pk).update(stripe_charge=payment.stripe_charge)
    [run] = night(TOMORROW + timedelta(days=1))
    assert found(run) == []
    assert on_the_desk() == []
    closed = DeskItem.objects.get(kind="mirror_missing")
    assert (closed.closed_by, closed.closed_because) == (
        "job:stripe-mirror", "the mirror does not find it any more",
    )  # fmt: skip


def test_what_a_person_has_explained_is_not_asked_again(offers, till):
    payment = bought(till)
    charge_by_hand(till, customer=customer_of(payment), metadata={})
    night()
    item = DeskItem.objects.get(kind="mirror_unknown")
    DeskItem.objects.filter(pk=item.pk).update(
        closed_at=timezone.now(), closed_by="staff:1", closed_because="dons reçus à la main"
    )
    [run] = night(TOMORROW + timedelta(days=1))
    assert (run.differences, on_the_desk()) == (1, [])
    assert list(mirrored(quarter_past_two(TOMORROW + timedelta(days=1)))) == []


def test_a_mirror_that_never_ran_is_a_breach_once_there_is_money(offers, till):
    assert list(mirrored(NOW + timedelta(days=9))) == []
    bought(till)
    assert list(mirrored(NOW + timedelta(hours=35))) == []
    assert list(mirrored(NOW + timedelta(hours=37))) == [
        ("mirror:nightly", "Stripe's charges were not held against the books last night")
    ]


def test_the_job_of_the_timetable(offers, till):
    """Every quarter of an hour; it begins with what is due and says what it has found."""
    know([("stripe-mirror", 900, 21600)], at=NOW)
    bought(till)
    with time_machine.travel(quarter_past_two(), tick=False):
        for _twice in range(2):
            money.stripe_mirror()
    run = JobRun.objects.get(pk="stripe-mirror")
    assert (run.failure, run.summary) == ("", "nothing came to its end")
    assert MirrorRun.objects.filter(finished_at__isnull=False).count() == 2


def test_the_queries_do_not_grow_with_the_charges(offers, till):
    counts = []
    for on in (TOMORROW, TOMORROW + timedelta(days=1)):
        bought(till)
        if on != TOMORROW:
            bought(till)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            night(on)
        counts.append(len(seen))
        MirrorRun.objects.exists()
    first, second = counts
    assert second <= first
