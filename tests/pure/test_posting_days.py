"""The days of a reader who is written to by post, over ten years of renewals: planned first, inside the law, with time to post."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.renewals.calendar import may_charge, renewal_days

DAYS = st.dates(date(2027, 1, 1), date(2037, 12, 31))


@given(DAYS, st.sampled_from(["card", "sepa_debit"]))
def test_every_letter_can_be_posted_in_time(renews_on, method):
    days = renewal_days(renews_on, method_kind=method, by_post=True)
    window = days.legal
    assert days.plan_on < window.target_on
    assert window.send_from <= window.target_on <= window.send_until
    post_by = window.closes_on - timedelta(days=RULES.post_days_before_close)
    # Ten days at least to print and post, and as much again before the law's last day.
    assert (post_by - window.target_on).days >= 10
    # Whenever it is posted between its queueing and seven days before R, the debit may be made on R.
    last = renews_on - timedelta(days=RULES.pre_debit_least_days)
    posted = [days.pre_debit_on + timedelta(days=some) for some in range((last - days.pre_debit_on).days + 1)]
    assert len(posted) >= 15
    assert all(may_charge(renews_on, renews_on=renews_on, pre_debit_sent_on=day) for day in posted)


@given(DAYS)
def test_by_mail_nothing_is_earlier_than_before(renews_on):
    window = legal_notice_window(renews_on)
    assert window.target_on == renews_on - timedelta(days=61)
    assert legal_notice_window(renews_on, by_post=True).target_on == renews_on - timedelta(days=71)
    assert renewal_days(renews_on, method_kind="card").pre_debit_on == renews_on - timedelta(days=14)
