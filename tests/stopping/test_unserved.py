"""Refund, revenue and deferred revenue agree to the cent, whatever the price, the copies, the rate and what was served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.invoicing.issuing import AlreadyCredited, credit_part
from payments.models import Invoice, Payment
from payments.vat import copies_value, split, ttc_left
from subscriptions.stopping.reading import UNSERVED, unserved_price
from subscriptions.stopping.unserved import can_go_back
from tests.makers import NOW
from tests.renewals.people import subscriber
from tests.stopping.people import JOB

RATES = ("2.10", "1.05", "0.00", "5.50", "20.00")


@dataclass
class Amount:
    amount: Decimal


@dataclass
class Sold:
    """The price of a term, without a row."""

    amount: Amount


@dataclass
class Copy:
    state: str
    value_ht: Decimal


def term_of(ttc, copies, rate, states):
    """A term and its copies as they stand."""
    values = copies_value(ttc, copies, rate)
    return Sold(Amount(ttc)), [Copy(state, value) for state, value in zip(states, values, strict=True)]


@pytest.mark.parametrize(
    ("served", "rate", "ttc", "ht", "vat"),
    [
        (0, "2.10", "27.60", "27.03", "0.57"),
        (1, "2.10", "20.70", "20.27", "0.43"),
        (2, "2.10", "13.80", "13.52", "0.28"),
        (3, "2.10", "6.90", "6.76", "0.14"),
        (4, "2.10", "0.00", "0.00", "0.00"),
        (1, "1.05", "20.70", "20.48", "0.22"),
        (1, "0.00", "20.70", "20.70", "0.00"),
    ],
)
def test_row(served, rate, ttc, ht, vat):
    sold, copies = term_of(Decimal("27.60"), 4, Decimal(rate), ["served"] * served + ["owed"] * (4 - served))
    price = unserved_price(sold, copies)
    net, tax = split(price, Decimal(rate))
    assert (price, net, tax) == (Decimal(ttc), Decimal(ht), Decimal(vat))
    assert net == sum((copy.value_ht for copy in copies if copy.state in UNSERVED), Decimal("0.00"))


@given(
    ttc=st.decimals("0.04", "500", places=2),
    rate=st.sampled_from(RATES),
    states=st.lists(st.sampled_from(["owed", "held", "served", "assigned"]), min_size=1, max_size=12),
)
def test_credits_agree_with_the_price_in_one_go_or_in_several(ttc, rate, states):
    """Whatever is credited first and later: the sums add up to what was not served, and never beyond the price."""
    sold, copies = term_of(ttc, len(states), Decimal(rate), states)
    priced = [copy for copy in copies if copy.value_ht]
    gone = sum(copy.state in ("served", "assigned") for copy in priced)
    whole = unserved_price(sold, copies)
    assert whole == (ttc_left(ttc, copies=len(priced), served=gone) if priced else 0)
    given_back = Decimal("0.00")
    for copy in copies:
        if copy.state in UNSERVED:
            others = [one for one in copies if one is not copy and one.state in UNSERVED]
            held_back = {id(one): one.state for one in others}
            for one in others:
                one.state = "served"
            given_back += unserved_price(sold, copies)
            copy.state = "credited"
            for one in others:
                one.state = held_back[id(one)]
    assert given_back == whole <= ttc


@pytest.mark.django_db
@pytest.mark.parametrize(
    "parts", [("6.90", "6.90", "6.90", "6.90"), ("13.80", "6.90", "6.90"), ("20.70", "6.90"), ("27.60",)]
)
def test_several_credits_of_one_invoice_add_up_to_it_and_no_further(parts):
    subscriber()
    invoice = Invoice.objects.get()
    credit = partial(credit_part, invoice, what="1 numéro non servi", reason="x", on=NOW.date(), actor=JOB, at=NOW)
    for part in parts:
        credit(ttc=Decimal(part), unserved_ht=split(Decimal(part), Decimal("2.10"))[0])
    notes = list(invoice.credit_notes.all())
    assert sum(note.total_ht.amount for note in notes) == Decimal("27.03")
    assert sum(note.total_vat.amount for note in notes) == Decimal("0.57")
    assert all(note.total_ht + note.total_vat == note.total_ttc for note in notes)
    for one_more in ("0.01", "-6.90", "0.00"):
        with pytest.raises(AlreadyCredited):
            credit(ttc=Decimal(one_more), unserved_ht=Decimal("0.00"))


@pytest.mark.parametrize(
    ("kind", "days", "goes"),
    [(k, d, k == "card" or d <= 180) for k, d in product(("card", "sepa_debit"), (0, 180, 181))],
)
def test_stripe_gives_a_debit_back_for_180_days(kind, days, goes):
    payment = Payment(method_kind=kind, received_on=NOW.date())
    assert can_go_back(payment, on=NOW.date() + timedelta(days=days)) is goes
