"""Whatever instant a purchase dies at, it ends in one charge and one subscription, or in none and a truthful page."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from payments import gateway
from payments.models import Payment
from shop.watch.audit import breaches
from subscriptions.models import Order, Subscription, Term
from subscriptions.orders.following import Situation, follow
from subscriptions.orders.placing import AlreadyPaid
from tests import servers, template
from tests.makers import make_magazine, make_offers, make_wish, open_page, place_order
from tests.purchase.clockwork import let_time_pass
from tests.purchase.kills import Reaper, count, reaped

SHARES = 4


class Purchase:
    """One reader's purchase, as the pages drive it: order, payment page, payment, return, webhooks."""

    def __init__(self, offers, till, hear, *, offer="automatic"):
        self.offers, self.till, self.hear = offers, till, hear
        self.token, self.offer = uuid.uuid4(), offer

    def order(self):
        """The form is sent: the order is placed and the payment page opened."""
        order = place_order(make_wish(self.offers[self.offer]), token=self.token, at=timezone.now())
        return order, open_page(order, at=timezone.now())

    def run(self):
        """All of it, once."""
        order, payment = self.order()
        if payment.checkout_url:
            self.till.pay(payment.checkout_url)
        follow(order, at=timezone.now(), ask=True)
        self.hear()


def truth(order):
    """What the reader is told in the end, after asking Stripe once more."""
    try:
        return follow(order, at=timezone.now(), ask=True)
    except gateway.GatewayFault:
        return Situation.NOT_YET_KNOWN


def assert_all_or_nothing(till):
    """Exactly one of two endings, agreed upon by the bank, the books and the page."""
    charges = till.charges()
    paid = [order for order in Order.objects.all() if order.state == Order.State.PAID]
    assert len(charges) == len(paid) == Subscription.objects.count() == Term.objects.count()
    assert len(charges) <= 1
    assert Payment.objects.filter(state=Payment.State.UNKNOWN).count() == 0
    told = {order.pk: truth(order) for order in Order.objects.all()}
    assert [pk for pk, said in told.items() if said == Situation.PAID] == [order.pk for order in paid]
    assert breaches(timezone.now()) == []


def instants(offers, till, hear):
    return count(Purchase(offers, till, hear).run)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("comes_back", [False, True], ids=["the reader is gone", "the reader comes back"])
def test_killed_anywhere_a_purchase_is_whole_or_void(offers, till, hear, share, comes_back):
    names = instants(offers, till, hear)
    assert len(names) > 20
    assert {"before commit", "after commit"} < set(names)
    endings = set()
    for point in range(share, len(names), SHARES):
        purchase = Purchase(begin_anew(till), till, hear)
        with reaped(Reaper(kill_at=point)) as reaper:
            purchase.run()
        assert len(reaper.instants) == point + 1
        if comes_back:
            finish(purchase)
        let_time_pass()
        assert_all_or_nothing(till)
        if comes_back:
            assert len(till.charges()) == 1, names[point]
        endings.add(len(till.charges()))
    assert endings == ({1} if comes_back else {0, 1})


def finish(purchase):
    """The reader sends the form again, and pays if they are asked to."""
    try:
        order, payment = purchase.order()
    except AlreadyPaid:
        return
    if payment.checkout_url and payment.is_open:
        purchase.till.pay(payment.checkout_url)
    follow(order, at=timezone.now(), ask=True)


def begin_anew(till):
    """Forget every purchase between two kills: an empty shop with its catalogue, an empty till."""
    template.restore(servers.superuser_url())
    till.reset()
    return make_offers(make_magazine())
