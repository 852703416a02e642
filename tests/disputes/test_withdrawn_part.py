"""A reader withdraws from the order that prolonged their subscription while its payment is disputed."""

from __future__ import annotations

from datetime import date

import pytest

from payments.models import DeskItem, Refund
from subscriptions.models import Order, Subscription
from subscriptions.stopping import following_up
from subscriptions.stopping.reading import stopped_and_waiting
from tests.choice.people import noon, reader, renews, time_passes, wrong
from tests.disputes.people import BANK, disputed
from tests.stopping.people import states, withdraws

pytestmark = pytest.mark.django_db
ON = date(2027, 8, 20)


@pytest.mark.parametrize("named", [True, False])
def test_lost_only_that_year_is_undone_and_the_one_before_runs_on(named):
    subscription = reader()
    time_passes(ON)
    second = renews(subscription, on=ON)
    before = states(subscription)
    disputed(second.payment, at=noon(ON))
    scope = {"scope": Order.objects.get(term=second).reference} if named else {}
    declared = withdraws(subscription, at=noon(ON), **scope)
    assert (declared.effect, declared.refund) == ("withdrawn_waits", None)
    disputed(second.payment, "lost", at=noon(ON))
    for _twice in range(2):
        following_up.give_back_waiting(actor=BANK, at=noon(ON), limit=20)
    declared.refresh_from_db()
    assert (Refund.objects.count(), DeskItem.objects.filter(closed_at=None).count()) == (0, 0)
    assert Subscription.objects.get().state == "active"
    assert states(subscription) == f"{before[:-19]}credited credited credited credited"
    assert stopped_and_waiting([subscription.pk]) == set()
    assert wrong(noon(ON)) == []
