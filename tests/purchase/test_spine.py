"""The spine: from an order to a paid, invoiced subscription, with exact figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone

from payments import fees
from payments.actors import job
from payments.models import Invoice, LedgerEntry, Payment
from shop.watch.audit import breaches
from subscriptions.models import Entitlement, Notice, Order, Subscription, Term
from subscriptions.orders.following import Situation, follow
from tests.makers import make_wish, open_page, place_order


def test_a_reader_buys_a_year_and_everything_follows(offers, till, hear):
    order = place_order(make_wish(offers["automatic"]), at=timezone.now())
    payment = open_page(order, at=timezone.now())
    assert order.state == Order.State.AWAITING_PAYMENT
    assert payment.checkout_url.startswith(till.base)

    visit = till.pay(payment.checkout_url, card="4242424242424242")
    assert "/commande/retour/" in visit.url
    hear()
    hear()
    till.advance(60)
    assert fees.read_movements(actor=job("balance-movements"), at=timezone.now()) == 1
    assert fees.read_movements(actor=job("balance-movements"), at=timezone.now()) == 0

    order.refresh_from_db()
    payment.refresh_from_db()
    assert order.state == Order.State.PAID
    assert (payment.state, payment.surplus, payment.effect) == ("succeeded", False, "done")
    assert payment.saved_method is not None
    assert payment.saved_method.last4 == "4242"

    subscription = Subscription.objects.get()
    assert subscription.state == Subscription.State.ACTIVE
    assert subscription.payer is not None
    assert subscription.payer.email == "elodie.lefevre@example.fr"
    assert subscription.recipient.name == "Élodie Lefèvre"
    term = Term.objects.get()
    assert (term.number, term.copies, term.amount.amount, term.amount_ht.amount) == (
        1,
        4,
        Decimal("27.60"),
        Decimal("27.03"),
    )
    assert [copy.value_ht for copy in term.entitlements.all()] == [
        Decimal("6.76"),
        Decimal("6.75"),
        Decimal("6.76"),
        Decimal("6.76"),
    ]
    invoice = Invoice.objects.get()
    assert (invoice.total_ht.amount, invoice.total_vat.amount) == (Decimal("27.03"), Decimal("0.57"))
    assert invoice.reference == f"F{timezone.localdate().year}-000001"
    lines = {
        (line.entry.source.split(":")[0], line.account_id): line.debit - line.credit
        for entry in LedgerEntry.objects.all()
        for line in entry.lines.select_related("entry")
    }
    assert lines[("invoice", "411000")] == Decimal("27.60")
    assert lines[("invoice", "487100")] == Decimal("-27.03")
    assert lines[("invoice", "445712")] == Decimal("-0.57")
    assert lines[("payment", "517000")] == Decimal("27.60")
    assert lines[("fee", "627800")] == Decimal("0.66")
    assert Notice.objects.filter(kind="order_confirmation").count() == 1
    assert follow(order, at=timezone.now(), ask=False) == Situation.PAID
    assert len(till.charges()) == 1
    assert breaches(timezone.now()) == []


def test_the_return_page_alone_settles_the_order_and_the_webhooks_then_change_nothing(offers, till, hear):
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    payment = open_page(order, at=timezone.now())
    till.pay(payment.checkout_url)
    assert follow(order, at=timezone.now(), ask=True) == Situation.PAID
    hear()
    hear()
    assert Term.objects.count() == 1
    assert Entitlement.objects.count() == 4
    assert Payment.objects.get().saved_method is None
    assert Invoice.objects.count() == 1
    assert breaches(timezone.now()) == []


def test_the_dates_are_those_of_the_promised_issue(offers, till):
    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    payment = open_page(order, at=timezone.now())
    till.pay(payment.checkout_url)
    follow(order, at=timezone.now(), ask=True)
    term = Term.objects.get()
    numbers = [copy.issue.number for copy in term.entitlements.select_related("issue").all() if copy.issue]
    assert numbers == [25, 26, 27, 28]
    assert term.starts_on == timezone.localdate()
    assert term.ends_on > date(2027, 11, 1)
