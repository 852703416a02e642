"""From the card to the line of our bank: what is sure finds itself, of two alike a person says which."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from payments.audit import balance_of
from payments.models import BankMatch, Payout
from payments.reconciliation.at_bank import match, match_arrivals
from payments.working_days import add_banking_days
from tests.bank.coming import come
from tests.bank.files import IBAN, Said
from tests.makers import CLERK
from tests.reconciliation.account import CLOCK, bought, breached, later, looked, paid_out, the_payout

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _our_account(settings) -> None:
    settings.BANK_IBAN, settings.BANK_BIC = IBAN, "AGRIFRPP"


@pytest.fixture
def payout(offers, till) -> Payout:
    """Two years at 27,60 € less their fees: 53,88 € on their way."""
    bought(till)
    bought(till)
    paid_out(till)
    looked()
    return the_payout()


def shown(payout: Payout, amount: str = "53.88", *, on: date | None = None, text: str = "STRIPE PAYOUT"):
    return come(Said(amount, text, "Stripe Technology Europe", on or payout.arrives_on), at=later())


def arrivals() -> int:
    return match_arrivals(actor=CLOCK, at=later())


def test_the_line_of_a_payout_is_it_once(payout):
    assert arrivals() == 0, "the bank has not shown it yet"
    [line] = shown(payout)
    assert [arrivals(), arrivals()] == [1, 0]
    line.refresh_from_db()
    payout.refresh_from_db()
    assert (line.left, payout.arrived_on) == (0, line.booked_on)
    assert (balance_of("517000"), balance_of("580000"), balance_of("512000")) == (0, 0, Decimal("53.88"))
    row = BankMatch.objects.get()
    assert (row.kind, row.source, row.amount) == ("payout", f"payout_arrived:{payout.pk}", Decimal("53.88"))
    assert breached() == []


@pytest.mark.parametrize(
    ("amount", "days", "text"),
    [("53.87", 0, "STRIPE PAYOUT"), ("53.88", 3, "STRIPE PAYOUT"), ("53.88", 0, "VIREMENT INCONNU")],
    ids=["a cent less", "three banking days late", "from somebody else"],
)
def test_what_is_not_sure_waits_in_sight(payout, amount, days, text):
    on = add_banking_days(payout.arrives_on, days) if days else payout.arrives_on
    who = "Stripe Technology Europe" if "STRIPE" in text else "X"
    come(Said(amount, text, who, on), at=later() + timedelta(days=7))
    assert arrivals() == 0
    assert (balance_of("580000"), BankMatch.objects.count()) == (Decimal("53.88"), 0)


def test_of_two_lines_alike_a_person_says_which(payout):
    first, second = come(
        Said("53.88", "STRIPE PAYOUT", "Stripe", payout.arrives_on),
        Said("53.88", "STRIPE PAYOUT BIS", "Stripe", payout.arrives_on), at=later(),
    )  # fmt: skip
    assert arrivals() == 0
    match(payout.pk, second.pk, reason="relevé Stripe comparé", actor=CLERK, at=later())
    with pytest.raises(ValidationError):
        match(payout.pk, first.pk, reason="encore", actor=CLERK, at=later())
    assert (balance_of("580000"), balance_of("512000")) == (0, Decimal("53.88"))
    assert breached() == []
