"""The series of reminders and the end of fixed terms: who is told what, when, once, and who is told nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.gateway import IntentSeen, Outcome
from payments.settling import News, apply
from subscriptions.models import Consent, Entitlement, Issue, Notice, ReminderStep, Subscription, SubscriptionEvent
from subscriptions.moving import move_copies
from subscriptions.notices.delivering import deliver
from subscriptions.objecting import object_to_reminders
from subscriptions.orders.placing import payment_of
from subscriptions.renewals.ending import end_fixed_terms
from subscriptions.renewals.reminding import remind, series
from tests.choice.people import JOB, noon, order_to_renew, pay, reader, renews, time_passes, world, wrong

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
#: Élodie's year: n° 25 to 28 posted 15 December, March, June, September; over after 22 November 2027; n° 29 on 15 December.
SERIES = [
    (date(2027, 3, 15), "RA1"),
    (date(2027, 6, 15), "RA2"),
    (date(2027, 9, 22), "R0"),
    (date(2027, 12, 23), "RE1"),
]
WITH_OFFERS = [*SERIES[:3], (date(2027, 12, 15), "RE2"), (date(2028, 3, 15), "RE3")]


def agree(subscription: Subscription, *, given: bool = True, on: date = date(2026, 11, 23)) -> None:
    """The box of similar offers."""
    Consent.objects.create(matter="similar_offers", given=given, words="…", customer=subscription.payer, at=noon(on))


def day_by_day(first: date, last: date) -> None:
    """The clockwork of the days on which something may happen, and of those before and after; each day twice."""
    happens = [issue.post_on + timedelta(days=days) for issue in Issue.objects.all() for days in (0, 3, 7)]
    happens += [date(2027, 11, 23), date(2027, 12, 23), date(2028, 11, 23), date(2028, 12, 23)]
    around = {on + timedelta(days=days) for on in happens for days in (-1, 0, 1)} | {first, last}
    for on in sorted(on for on in around if first <= on <= last):
        time_passes(on)
        for _twice in range(2):
            end_fixed_terms(on=on, at=noon(on), actor=JOB, limit=100)
            remind(on=on, at=noon(on), limit=100)


def told(subscription: Subscription) -> list[tuple[date, str]]:
    """Which reminders this reader was queued, and when."""
    found = Notice.objects.filter(matter__startswith=f"reminder:{subscription.pk}:").order_by("pk")
    return [(one.created_at.date(), one.facts["code"]) for one in found]


@pytest.fixture
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    return mail.outbox


def test_the_whole_series_on_its_days_and_each_once():
    subscription = reader()
    day_by_day(date(2026, 12, 1), date(2028, 4, 30))
    assert told(subscription) == SERIES
    steps = SubscriptionEvent.objects.filter(subscription=subscription).order_by("pk")
    assert [(step.to_state, step.at.date()) for step in steps] == [
        ("active", date(2026, 11, 23)),
        ("lapsed", date(2027, 11, 23)),
    ]


def test_who_agreed_to_offers_is_told_that_the_magazine_goes_on_without_them():
    subscription = reader()
    agree(subscription)
    day_by_day(date(2026, 12, 1), date(2028, 4, 30))
    assert told(subscription) == WITH_OFFERS


@pytest.mark.parametrize(("last_word", "expected"), [(True, ["RE2"]), (False, [])])
def test_the_last_word_about_offers_counts(last_word, expected):
    subscription = reader()
    agree(subscription, given=not last_word)
    agree(subscription, given=last_word, on=date(2027, 12, 1))
    day_by_day(date(2027, 12, 14), date(2027, 12, 20))
    assert [code for _on, code in told(subscription)] == expected


@pytest.mark.parametrize("silent", [3, 40, 120])
def test_a_clockwork_that_stood_still_sends_the_latest_and_not_all(silent):
    """Stopped from the day of RA2 on."""
    subscription = reader()
    day_by_day(date(2027, 3, 15), date(2027, 6, 14))
    back = date(2027, 6, 15) + timedelta(days=silent)
    day_by_day(back, back)
    assert told(subscription) == [SERIES[0], (back, "R0" if silent == 120 else "RA2")]


def test_what_is_too_old_is_not_sent_at_all():
    subscription = reader()
    time_passes(date(2027, 6, 20))
    day_by_day(date(2027, 8, 20), date(2027, 8, 20))
    assert told(subscription) == []


def test_a_later_term_stops_the_series_and_has_its_own():
    subscription = reader()
    day_by_day(date(2027, 3, 15), date(2027, 3, 20))
    renews(subscription, on=date(2027, 4, 1))
    day_by_day(date(2027, 4, 1), date(2028, 7, 1))
    assert told(subscription) == [SERIES[0], (date(2028, 3, 15), "RA1"), (date(2028, 6, 15), "RA2")]


def processing(order, *, on: date) -> None:
    payment = payment_of(order)
    seen = IntentSeen(
        id=f"pi_{payment.pk}", outcome=Outcome.PROCESSING, status="processing", amount_cents=2760, currency="eur",
        amount_received=0, customer="cus", payment_method="pm", charge="", decline=None, metadata={}, created=noon(on),
        livemode=False, method_kind="sepa_debit",
    )  # fmt: skip
    apply([News(payment.pk, Outcome.PROCESSING, intent=seen)], actor=JOB, at=noon(on))


def debit(subscription):
    processing(order_to_renew(subscription, on=date(2027, 6, 10)), on=date(2027, 6, 10))


def hold(subscription):
    copy = Entitlement.objects.get(term__subscription=subscription, rank=4)
    move_copies([copy], "hold", on=date(2027, 6, 1), actor=JOB, at=noon(date(2027, 6, 1)))


def objects(subscription):
    object_to_reminders(subscription.payer_id, words="…", ip=None, user_agent="", at=noon(date(2027, 6, 1)))


def automatic(subscription):
    Subscription.objects.filter(pk=subscription.pk).update(renewal="automatic")


def erased(subscription):
    get_user_model().objects.filter(pk=subscription.payer_id).update(erased_on=date(2027, 6, 1), email=None)


def ended(subscription):
    Subscription.objects.filter(pk=subscription.pk).update(state="ended")


def pays(subscription):
    renews(subscription, on=date(2027, 6, 10))


STOPS = [debit, hold, objects, automatic, erased, ended, pays]


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_who_is_not_reminded(stop):
    subscription = reader()
    stop(subscription)
    day_by_day(date(2027, 6, 14), date(2027, 6, 30))
    assert told(subscription) == []


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_nor_when_it_happens_between_the_queue_and_the_post(stop, outbox):
    subscription = reader()
    day_by_day(date(2027, 6, 15), date(2027, 6, 15))
    letter = Notice.objects.get(matter__endswith=":RA2")
    stop(subscription)
    deliver(500, at=noon(date(2027, 6, 16)))
    letter.refresh_from_db()
    assert letter.state == "withdrawn", letter.failure
    assert [one for one in outbox if "numéro" in one.subject and "s’arrête" in one.subject] == []


def test_an_order_that_is_not_paid_stops_nothing():
    subscription = reader()
    order_to_renew(subscription, on=date(2027, 6, 10))
    day_by_day(date(2027, 6, 15), date(2027, 6, 16))
    assert [code for _on, code in told(subscription)] == ["RA2"]


def test_the_publisher_changes_the_series():
    subscription = reader()
    ReminderStep.objects.filter(code="RA2").update(active=False)
    ReminderStep.objects.create(
        magazine=subscription.magazine, code="R0", place=3, trigger="posted", issues_from_last=0, days_after=3,
        letter="reminder_last_posted",
    )  # fmt: skip
    assert [(step.code, step.days_after) for step in series(subscription.magazine)] == [
        ("RA1", 0), ("R0", 3), ("RE1", 30), ("RE2", 0), ("RE3", 0),
    ]  # fmt: skip
    day_by_day(date(2027, 3, 15), date(2027, 10, 10))
    assert told(subscription) == [SERIES[0], (date(2027, 9, 18), "R0")]


def test_the_customary_series_is_in_the_table():
    assert list(
        ReminderStep.objects.filter(addressee="reader").values_list("code", "trigger", "issues_from_last", "days_after", "letter")
    ) == [
        ("RA1", "posted", -2, 0, "reminder_two_left"),
        ("RA2", "posted", -1, 0, "reminder_one_left"),
        ("R0", "posted", 0, 7, "reminder_last_posted"),
        ("RE1", "lapsed", 0, 30, "reminder_lapsed"),
        ("RE2", "posted", 1, 0, "reminder_next_posted"),
        ("RE3", "posted", 2, 0, "reminder_farewell"),
    ]  # fmt: skip


def test_batches_reach_everybody_and_queries_do_not_grow():
    world()
    on = date(2027, 3, 15)
    readers = [reader(email=f"r{number}@example.fr") for number in range(4)]
    time_passes(on)
    assert [remind(on=on, at=noon(on), limit=3), remind(on=on, at=noon(on), limit=3), remind(on=on, at=noon(on), limit=3)] == [3, 1, 0]  # fmt: skip
    assert all(told(one) == [SERIES[0]] for one in readers)
    counts = []
    ended, one_step_on = Subscription.objects.filter(pk__in=[one.pk for one in readers[1:]]), date(2027, 6, 15)
    time_passes(one_step_on)
    ended.update(state="ended")
    for more in (1, 3):
        with CaptureQueriesContext(connection) as asked:
            assert remind(on=one_step_on, at=noon(one_step_on), limit=50) == more
        counts.append(len(asked))
        ended.update(state="active")
    assert counts[0] == counts[1]


def test_a_run_that_goes_on_from_the_day_of_the_last_one_tells_the_same():
    """Nothing is told twice or missed when each run looks only at what became due since the last one, three days ago."""
    subscription = reader()
    on, last = date(2026, 12, 1), date(2026, 12, 1)
    while on < date(2028, 7, 1):
        time_passes(on)
        end_fixed_terms(on=on, at=noon(on), actor=JOB, limit=100)
        remind(on=on, at=noon(on), limit=100, since=last)
        on, last = on + 3 * DAY, on
    assert [code for _day, code in told(subscription)] == [code for _day, code in SERIES]


def test_what_was_due_before_is_left_to_the_run_that_looks_at_everything():
    subscription = reader()
    on = date(2027, 3, 15)
    time_passes(on)
    late = on + 10 * DAY
    assert remind(on=late, at=noon(late), limit=10, since=late - DAY) == 0
    assert remind(on=late, at=noon(late), limit=10) == 1
    assert told(subscription) == [(late, "RA1")]


def test_terms_end_once_and_not_while_anything_is_owed_or_runs():
    world()
    over, owed, prolonged, auto = (reader(email=f"{n}@example.fr") for n in ("over", "owed", "prolonged", "auto"))
    automatic(auto)
    renews(prolonged, on=date(2027, 11, 1))
    time_passes(date(2027, 8, 1))
    hold_last = Entitlement.objects.get(term__subscription=owed, rank=4)
    move_copies([hold_last], "hold", on=date(2027, 9, 1), actor=JOB, at=noon(date(2027, 9, 1)))
    time_passes(date(2027, 11, 23))
    last = date(2027, 11, 22)
    assert end_fixed_terms(on=last, at=noon(last), actor=JOB, limit=10) == 0
    on = last + DAY
    assert [end_fixed_terms(on=on, at=noon(on), actor=JOB, limit=10) for _twice in range(2)] == [1, 0]
    over.refresh_from_db()
    assert over.state == "lapsed"
    assert over.events.last().reason == "its last term ended"
    move_copies([hold_last], "void", on=on, actor=JOB, at=noon(on))
    later = date(2028, 1, 10)
    assert end_fixed_terms(on=later, at=noon(later), actor=JOB, limit=10) == 1
    owed.refresh_from_db()
    assert owed.state == "lapsed"


def test_who_comes_back_from_a_letter_is_counted_under_its_code():
    subscription = reader()
    day_by_day(date(2027, 9, 20), date(2027, 9, 25))
    order = order_to_renew(subscription, on=date(2027, 9, 25), source_code="R0")
    pay(order, on=date(2027, 9, 25))
    assert subscription.terms.get(number=2).order.source_code == "R0"
    assert wrong(noon(date(2027, 9, 25))) == []
