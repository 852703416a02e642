"""A change of price is cancelled in the instant in which the legal notice with its price is queued."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from subscriptions.models import Notice, PriceChange
from subscriptions.pricing import changing
from subscriptions.pricing.changing import CannotChange, cancel
from subscriptions.renewals import noticing
from tests.pricing.test_changing import FINANCE, WHY, R, signed
from tests.races.crowd import Meeting, together, without_locks
from tests.renewals.days import noon, notice_on, plan_on, the_renewal
from tests.renewals.people import subscriber

pytestmark = pytest.mark.django_db(transaction=True)
DAY = R - timedelta(days=61)


@pytest.fixture
def change(transactional_db) -> PriceChange:
    """30,60 € for renewals from September on and for new orders later; one reader's next year is planned with it."""
    subscriber()
    found = signed(orders=date(2027, 9, 30), renewals=date(2027, 9, 30))
    plan_on(DAY)
    assert str(the_renewal().amount.amount) == "30.60"
    return found


def both(change, monkeypatch) -> tuple[object, int]:
    """They meet before each writes: whether it was cancelled, and how many notices name 30,60 €."""
    meeting = Meeting(2)
    monkeypatch.setattr(noticing, "queue", meeting.before(noticing.queue))
    monkeypatch.setattr(changing, "_take_back", meeting.before(changing._take_back))
    [called_off, _noticed] = together(
        [lambda: cancel(change.pk, actor=FINANCE, reason=WHY, at=noon(DAY)), lambda: notice_on(DAY)], meeting=meeting
    )
    return called_off, Notice.objects.filter(kind="renewal_notice", facts__amount="30.60").count()


def test_either_it_is_cancelled_or_the_notice_goes(change, monkeypatch):
    called_off, told = both(change, monkeypatch)
    if told:
        assert isinstance(called_off, CannotChange)
        assert PriceChange.objects.get().state == "signed"
    else:
        assert PriceChange.objects.get().state == "cancelled"


def test_without_the_locks_the_reader_is_told_a_price_that_does_not_come(change, monkeypatch):
    without_locks(monkeypatch)
    _called_off, told = both(change, monkeypatch)
    assert (PriceChange.objects.get().state, told) == ("cancelled", 1)


def test_a_price_that_has_ended_is_not_announced(change):
    """The plan is not made anew yet: its notice waits for that, and then names the old price."""
    cancel(change.pk, actor=FINANCE, reason=WHY, at=noon(DAY))
    for _twice in range(2):
        assert notice_on(DAY).legal == 0
    plan_on(DAY)
    assert notice_on(DAY).legal == 1
    assert Notice.objects.get(kind="renewal_notice").facts["amount"] == "27.60"
