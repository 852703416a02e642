"""The whole way of a past issue: ordered, paid, invoiced, in a file, posted, earned; with exact figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from payments.audit import balance_of
from payments.models import Invoice, LedgerEntry
from subscriptions.fulfilment.address_file import written
from subscriptions.losses.stock import balances, free, reserved, sold
from subscriptions.models import Entitlement, Notice, Order, StockMovement, Subscription, Term
from tests.makers import HOME
from tests.singles.people import at, buys, closes, issue, leaves, orders, pays, states, unsound

SENT = at(date(2026, 11, 26))


def _stock(number: int) -> tuple[int, int, int, int]:
    """In stock, reserved, sold, free."""
    key = issue(number).pk
    return balances([key])[key], reserved([key])[key], sold([key])[key], free([key])[key]


def test_two_issues_are_ordered_paid_sent_and_earned(single):
    order = orders({24: 2, 22: 1})
    assert (order.amount.amount, order.quantity, order.state) == (Decimal("27.00"), 3, Order.State.AWAITING_PAYMENT)
    assert states(order) == [(22, 1, "reserved"), (24, 2, "reserved")]
    assert _stock(24) == (12, 2, 0, 10)

    pays(order)
    assert order.state == Order.State.PAID
    assert states(order) == [(22, 1, "owed"), (24, 2, "owed")]
    assert _stock(24) == (12, 0, 2, 10)
    assert (Subscription.objects.count(), Term.objects.count(), Entitlement.objects.count()) == (0, 0, 0)
    assert order.customer.email == "elodie.lefevre@example.fr"

    invoice = Invoice.objects.get(subject=order.subject)
    assert [(line.name, line.quantity, line.ttc.amount, line.ht.amount) for line in invoice.lines.all()] == [
        ("ActuIA — n°\u00a022 (mars\u00a02026), port compris", 1, Decimal("9.00"), Decimal("8.81")),
        ("ActuIA — n°\u00a024 (septembre\u00a02026), port compris", 2, Decimal("18.00"), Decimal("17.63")),
    ]
    # Line total first: 27.00 at 2.10 % is 26.44 and 0.56.
    assert (invoice.total_ht.amount, invoice.total_vat.amount) == (Decimal("26.44"), Decimal("0.56"))
    assert (balance_of("487100"), balance_of("701200"), balance_of("445712")) == (
        Decimal("-26.44"), 0, Decimal("-0.56"),
    )  # fmt: skip
    assert Notice.objects.filter(matter=f"single_confirmation:{order.subject}").count() == 1

    run = closes(24, when=SENT)
    assert (run.kind, run.copies, run.closed_alone) == ("resend", 2, True)
    [line] = run.lines.all()
    assert (line.kind, line.copies, line.number, line.contract) == (
        "VAN", 2, order.reference.replace("-", "")[3:], order.reference,
    )  # fmt: skip
    assert line.address_id == order.delivery_id
    assert states(order) == [(22, 1, "owed"), (24, 2, "assigned")]
    assert _stock(24) == (10, 0, 0, 10)
    assert StockMovement.objects.get(run=run).copies == -2
    assert f";{order.reference};2;VAN;".encode() in b"".join(written(run))

    posted = leaves(run, when=SENT)
    assert (posted.copies, posted.revenue) == (1, {Decimal("2.10"): Decimal("17.63")})
    assert states(order) == [(22, 1, "owed"), (24, 2, "served")]
    assert (balance_of("487100"), balance_of("701200"), balance_of("701100")) == (
        Decimal("-8.81"),
        Decimal("-17.63"),
        0,
    )
    assert LedgerEntry.objects.filter(source=f"posting:{run.pk}:2.10").count() == 1
    assert Notice.objects.filter(kind="single_sent").count() == 1
    assert unsound(SENT) == []

    leaves(closes(22, when=SENT), when=SENT)
    assert balance_of("487100") == 0
    assert unsound(SENT) == []


def test_a_copy_overseas_costs_its_zone_and_its_rate(single):

    order = buys({24: 1}, address=replace(HOME, postcode="97400", town="Saint-Denis"))
    invoice = Invoice.objects.get(subject=order.subject)
    assert (order.amount.amount, order.vat_rate) == (Decimal("10.50"), Decimal("1.05"))
    assert (invoice.total_ht.amount, invoice.total_vat.amount) == (Decimal("10.39"), Decimal("0.11"))
