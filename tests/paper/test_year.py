"""The year of a reader without e-mail, day by day: announced, told of the debit and charged, all of it by post.

Ordered on 23 November 2026, so R is 23 November 2027.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model

from payments.actors import Actor
from payments.models import DeskItem
from subscriptions.models import Notice, NoticeProof, PostBatch, Subscription
from subscriptions.paper.batching import make_batch, mark_posted
from tests.renewals.days import live, noon, serve_all, steps, the_renewal
from tests.renewals.people import subscriber

R = date(2027, 11, 23)
STAFF = Actor("staff", "3")
pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(outbox) -> Subscription:
    """A reader who has no e-mail address any more, whose copies leave on their days; the confirmation of the order is put aside."""
    made = subscriber()
    serve_all(made)
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    get_user_model().objects.filter(pk=made.payer_id).update(email=None)
    return made


def post_on(on: date) -> PostBatch | None:
    """What waits that day is printed and posted."""
    batch = make_batch(actor=STAFF, at=noon(on))
    if batch is not None:
        mark_posted(batch, posted_on=on, actor=STAFF, reason="porté à la boîte", at=noon(on))
    return batch


def test_announced_told_and_due_by_post(reader, outbox):
    told = {}
    for days in (76, 75, 72, 71, 70, 61, 60, 30, 25, 24, 23, 16, 14, 1, 0):
        on = R - timedelta(days=days)
        live(on)
        if waiting := Notice.objects.filter(channel="paper", state="queued"):
            told[on] = [letter.kind for letter in waiting]
            live(on)  # twice tells nothing twice
            assert post_on(on) is not None
    assert outbox == []
    assert told == {date(2027, 9, 13): ["renewal_notice"], date(2027, 10, 30): ["renewal_pre_debit"]}
    renewal = the_renewal()
    assert steps(renewal) == [("", "planned", R, "R is near"), ("planned", "announced", R, "legal notice proved")]
    # Written down on the 13th, it counts from the 14th on.
    assert list(renewal.events.values_list("at", flat=True)) == [noon(date(2027, 9, 9)), noon(date(2027, 9, 14))]
    proofs = renewal.proofs.order_by("pk").values_list("kind", "sent_on", "window_opens", "window_closes", "at")
    assert list(proofs) == [
        ("legal", date(2027, 9, 13), date(2027, 8, 22), date(2027, 10, 22), noon(date(2027, 9, 14))),
        ("pre_debit", date(2027, 10, 30), date(2027, 10, 24), date(2027, 11, 16), noon(date(2027, 10, 31))),
    ]
    assert list(NoticeProof.objects.filter(kind="posted").values_list("detail", flat=True)) == ["said by staff:3"] * 2
    assert DeskItem.objects.count() == 0
