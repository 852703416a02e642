"""An issue that slips: who is told, once, and who no longer is; and the time to withdraw, which follows the posting."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actors import Actor
from subscriptions.dates import dates_of_subscription
from subscriptions.issue_calendar.dating import CannotDate, move_days
from subscriptions.issue_calendar.foreseeing import what_moves
from subscriptions.issue_calendar.telling import tell
from subscriptions.models import Entitlement, Issue, IssueMove, Notice, Subscription
from subscriptions.moving import move_copies
from subscriptions.notices.delivering import deliver
from tests.letters.people import AT, purchase

pytestmark = pytest.mark.django_db
STAFF = Actor("staff", "1")
DAY = timedelta(days=1)
NBSP = "\u00a0"


@pytest.fixture
def bought():
    """Camille Lenoir is owed nos 25 to 28; no. 25 is posted on 15 March 2027, as she was told."""
    return purchase(automatic=True)


def moved(number: int, post_on: date, *, at: datetime = AT + DAY) -> IssueMove:
    issue = Issue.objects.get(number=number)
    found = move_days(issue, cutoff_on=issue.cutoff_on, post_on=post_on, actor=STAFF, reason="papier", at=at)
    assert found is not None
    return found


def posted(number: int, on: date) -> None:
    """It has left, however."""
    Issue.objects.filter(number=number).update(state="posted", posted_on=on)


def told() -> list[tuple[int, str, str]]:
    """Letters about late issues: subscription, day that was told, state."""
    rows = Notice.objects.filter(kind="issue_late").order_by("pk")
    return [(one.facts["subscription_id"], one.facts["told_on"], one.state) for one in rows]


@pytest.mark.parametrize(("days", "letters"), [(15, 0), (16, 1), (-3, 0)])
def test_more_than_fifteen_days_later_and_not_one_less(bought, days, letters):
    moved(25, date(2027, 3, 15) + timedelta(days=days))
    assert tell(at=AT + DAY, limit=10) == letters
    assert tell(at=AT + DAY, limit=10) == 0, "a second sweep tells nobody anything"
    assert not IssueMove.objects.filter(told_at=None).exists()
    assert told() == [(bought.term.subscription_id, "2027-03-15", "queued")][:letters]


def test_the_letter_says_both_days_and_what_the_reader_may_do(bought, mailoutbox):
    moved(25, date(2027, 4, 20))
    tell(at=AT + DAY, limit=10)
    assert deliver(10, at=AT + DAY).sent == 1
    letter = mailoutbox[0]
    assert letter.subject == f"ActuIA{NBSP}: le n°{NBSP}25 paraîtra plus tard que prévu"
    said = letter.body.replace(NBSP, " ")
    assert "sera posté vers le 20 avril 2027, et non vers le 15 mars 2027" in said
    assert "articles L216-1, L216-6 et L216-7 du code de la consommation" in said
    # It is her first issue: the time to withdraw waits for it.
    assert "Votre délai de rétractation compte de la réception de votre premier numéro" in said


def test_whoever_ordered_after_the_move_was_told_the_new_day(bought):
    # As if she had ordered the day after: orders are evidence, so the move is the one that is earlier.
    moved(25, date(2027, 4, 20), at=bought.order.placed_at - DAY)
    assert tell(at=AT + DAY, limit=10) == 0


def test_a_second_slip_counts_from_the_day_that_was_told_last(bought):
    first = moved(25, date(2027, 4, 20))
    assert tell(at=AT + DAY, limit=10) == 1
    deliver(10, at=AT + DAY)
    moved(25, date(2027, 5, 5), at=AT + 2 * DAY)
    assert tell(at=AT + 2 * DAY, limit=10) == 0, "fifteen days after what the letter said"
    moved(25, date(2027, 5, 7), at=AT + 3 * DAY)
    assert tell(at=AT + 3 * DAY, limit=10) == 1
    assert [day for _key, day, _state in told()] == ["2027-03-15", "2027-04-20"]
    assert Notice.objects.filter(matter__startswith=f"issue_late:{first.pk}:").count() == 1


def test_a_letter_that_waits_while_the_day_moves_again_is_withdrawn_for_the_next_one(bought):
    moved(25, date(2027, 4, 20))
    tell(at=AT + DAY, limit=10)
    moved(25, date(2027, 4, 28), at=AT + 2 * DAY)
    assert tell(at=AT + 2 * DAY, limit=10) == 1, "nobody has read the first one"
    deliver(10, at=AT + 2 * DAY)
    assert [(day, state) for _key, day, state in told()] == [("2027-03-15", "withdrawn"), ("2027-03-15", "sent")]


def test_moved_back_in_time_nobody_is_told_anything(bought):
    moved(25, date(2027, 4, 20))
    tell(at=AT + DAY, limit=10)
    moved(25, date(2027, 3, 16), at=AT + 2 * DAY)
    assert tell(at=AT + 2 * DAY, limit=10) == 0
    deliver(10, at=AT + 2 * DAY)
    assert [state for *_rest, state in told()] == ["withdrawn"]


@pytest.mark.parametrize("what", ["posted", "stopped", "held"])
def test_a_letter_that_is_no_longer_true_does_not_leave(bought, what):
    moved(25, date(2027, 4, 20))
    tell(at=AT + DAY, limit=10)
    if what == "posted":
        posted(25, date(2027, 1, 6))
    else:
        state = {"stopped": "void", "held": "held"}[what]
        Entitlement.objects.filter(issue__number=25).update(state=state)
    deliver(10, at=AT + 2 * DAY)
    assert [state for *_rest, state in told()] == ["withdrawn"]


def test_an_issue_posted_before_the_sweep_is_told_to_nobody(bought):
    moved(25, date(2027, 4, 20))
    posted(25, date(2027, 1, 6))
    assert tell(at=AT + 2 * DAY, limit=10) == 0
    assert not IssueMove.objects.filter(told_at=None).exists()


def test_who_pays_and_who_holds_are_both_told_and_nobody_who_is_erased(bought):
    other = purchase(number=2, email="holder@example.fr")
    Subscription.objects.filter(pk=bought.term.subscription_id).update(holder=other.customer)
    Subscription.objects.filter(pk=other.term.subscription_id).update(state="ended")
    Entitlement.objects.filter(term=other.term).update(state="void")
    moved(25, date(2027, 4, 20))
    assert tell(at=AT + DAY, limit=10) == 2
    to = Notice.objects.filter(kind="issue_late").order_by("pk").values_list("to_email", flat=True)
    assert list(to) == ["camille@example.fr", "holder@example.fr"]


def test_many_readers_are_told_batch_by_batch_and_a_crash_goes_on_where_it_was(bought, monkeypatch):
    for number in range(2, 8):
        purchase(number=number, email=f"reader{number}@example.fr")
    moved(25, date(2027, 4, 20))
    with CaptureQueriesContext(connection) as few:
        assert tell(at=AT + DAY, limit=3) == 7
    assert Notice.objects.filter(kind="issue_late").count() == 7
    # The move is gone through again, as after a crash before its last word: nobody is told twice.
    IssueMove.objects.update(told_at=None)
    with CaptureQueriesContext(connection) as again:
        assert tell(at=AT + DAY, limit=3) == 0
    assert len(again) <= len(few)
    assert Notice.objects.filter(kind="issue_late").count() == 7


def test_the_time_to_withdraw_follows_the_posting(bought):
    subscription = bought.term.subscription
    before = dates_of_subscription(subscription, on=date(2027, 3, 20))
    assert (before.withdrawal_open, before.withdraw_until) == (True, None), "not posted: not begun"
    issue = Issue.objects.get(number=25)
    foreseen = what_moves(issue, cutoff_on=issue.cutoff_on, post_on=date(2027, 4, 20))
    # 14 days in the post and 14 to withdraw; 12 April 2027 is a Monday, 18 May a Tuesday.
    assert foreseen.withdraw_until == (date(2027, 4, 12), date(2027, 5, 18))
    assert (foreseen.readers, foreseen.withdrawals, foreseen.told_late) == (1, 1, 1)
    moved(25, date(2027, 4, 20))
    posted(25, date(2027, 4, 20))
    copies = Entitlement.objects.filter(term__subscription=subscription, rank=1)
    for kind in ("assign", "serve"):
        move_copies(list(copies), kind, on=date(2027, 4, 20), actor=STAFF, at=AT)
    after = dates_of_subscription(subscription, on=date(2027, 5, 18))
    assert (after.withdrawal_open, after.withdraw_until) == (True, date(2027, 5, 18))
    assert not dates_of_subscription(subscription, on=date(2027, 5, 19)).withdrawal_open


def test_what_was_told_is_evidence(bought):
    move = moved(25, date(2027, 4, 20))
    with pytest.raises(Exception, match=r"refused|permission denied"):
        IssueMove.objects.filter(pk=move.pk).update(old_post_on=date(2027, 4, 1))


def test_a_move_to_the_same_days_is_none(bought):
    issue = Issue.objects.get(number=25)
    days = {"cutoff_on": issue.cutoff_on, "post_on": issue.post_on}
    assert move_days(issue, **days, actor=STAFF, reason="x", at=AT) is None
    with pytest.raises(CannotDate):
        move_days(issue, **(days | {"post_on": date(2027, 6, 15)}), actor=STAFF, reason="x", at=AT)
    assert not IssueMove.objects.exists()
