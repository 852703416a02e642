"""An issue that is late: a copy still owed on R holds up the charge, whether or not somebody enters a new day for it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.gateway import Outcome
from payments.settling import News, apply
from subscriptions.models import Issue, Notice, Term
from subscriptions.renewals.charging import claim
from subscriptions.renewals.falling_due import fall_due
from subscriptions.renewals.planning import Planned
from tests.makers import send_out
from tests.renewals.days import CLOCK, live, live_through, noon, plan_on, the_renewal
from tests.renewals.people import announced, subscriber
from tests.renewals.test_outcomes import seen

pytestmark = pytest.mark.django_db
R = date(2027, 11, 23)
DAY = timedelta(days=1)
#: Forty days after R: the next day that can still be announced in its window.
LATER = date(2028, 1, 2)


def post_up_to(number: int) -> None:
    """Each issue up to this one leaves on its day."""
    for issue in Issue.objects.filter(posted_on=None, number__lte=number).order_by("number"):
        send_out(issue, on=issue.post_on, actor=CLOCK)


def test_the_charge_waits_for_the_copy_and_is_announced_anew(outbox):
    """No. 28 should have left on 15 September. Nobody says when it will, and R comes."""
    reader = subscriber()
    post_up_to(27)
    announced(reader, renews_on=R)
    assert plan_on(R - DAY) == Planned()
    assert plan_on(R) == Planned(reopened=1)
    fall_due(on=R, at=noon(R), actor=CLOCK)
    assert [plan_on(on) for on in (R, R + DAY)] == [Planned(), Planned()]
    renewal = the_renewal(reader)
    assert (renewal.state, renewal.renews_on) == ("planned", LATER)
    assert claim([renewal.pk], on=R, at=noon(R), actor=CLOCK) == []
    live(R + DAY)
    assert the_renewal(reader).state == "announced"
    # It leaves at last; the day that was told stands, as it moves later only.
    late = Issue.objects.get(number=28)
    send_out(late, on=R + 5 * DAY, actor=CLOCK)
    live_through(LATER - 15 * DAY, LATER - 13 * DAY)
    told = Notice.objects.filter(kind__in=("renewal_notice", "renewal_pre_debit"), matter__contains="2028-01-02")
    assert sorted(told.values_list("kind", "state")) == [("renewal_notice", "sent"), ("renewal_pre_debit", "sent")]
    assert plan_on(LATER) == Planned()
    fall_due(on=LATER, at=noon(LATER), actor=CLOCK)
    [payment] = claim([renewal.pk], on=LATER, at=noon(LATER), actor=CLOCK)
    paid = News(payment.pk, Outcome.SUCCEEDED, intent=seen(payment, Outcome.SUCCEEDED), closed=True)
    apply([paid], actor=CLOCK, at=noon(LATER))
    assert (Term.objects.get(number=2).starts_on, the_renewal(reader).state) == (LATER, "paid")


def test_it_moves_once_more_if_the_copy_has_not_left_by_then(outbox):
    reader = subscriber()
    post_up_to(27)
    announced(reader, renews_on=R)
    plan_on(R)
    live(R + DAY)
    assert plan_on(LATER) == Planned(reopened=1)
    assert the_renewal(reader).renews_on == LATER + 40 * DAY


def test_a_new_day_that_staff_enters_is_the_one_that_holds(outbox):
    reader = subscriber()
    post_up_to(27)
    announced(reader, renews_on=R)
    Issue.objects.filter(number=28).update(post_on=date(2028, 1, 20))
    assert plan_on(R - 5 * DAY) == Planned(reopened=1)
    assert the_renewal(reader).renews_on == date(2028, 1, 21)


def test_once_all_copies_have_left_r_stands(outbox):
    reader = subscriber()
    post_up_to(28)
    announced(reader, renews_on=R)
    assert plan_on(R) == Planned()
    fall_due(on=R, at=noon(R), actor=CLOCK)
    assert the_renewal(reader).state == "due"
