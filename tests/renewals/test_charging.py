"""Charging at the till: what is due is charged once, by whoever comes first, and settles into the next term."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from payments.models import Invoice, LedgerEntry, Payment
from subscriptions.models import Entitlement, Notice, Subscription
from tests.renewals.counter import R, charge, paid_here, ready, steps, taken

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_renewal_that_is_due_becomes_the_next_term(till):
    plan = ready(till)
    for _twice in range(2):
        done = charge()
    assert str(done) == "0 charged, 0 refused, 0 unknown, 0 not sent"
    plan.refresh_from_db()
    assert (plan.state, steps(plan)) == ("paid", ["due", "charging", "paid"])
    assert taken(till) == paid_here() == [f"term:{plan.subscription_id}:2"]
    term = plan.term
    assert (term.number, term.starts_on, term.ends_on, term.copies) == (2, R, date(2028, 11, 22), 4)
    assert (term.amount.amount, term.amount_ht.amount, term.vat_rate) == (
        Decimal("27.60"),
        Decimal("27.03"),
        Decimal("2.10"),
    )
    copies = Entitlement.objects.filter(term=term).values_list("rank", "issue__number", "value_ht", "state")
    assert list(copies) == [
        (1, 29, Decimal("6.76"), "owed"),
        (2, None, Decimal("6.75"), "owed"),
        (3, None, Decimal("6.76"), "owed"),
        (4, None, Decimal("6.76"), "owed"),
    ]
    invoice = Invoice.objects.get(subject=plan.subject)
    assert invoice.lines.get().name.endswith("4 numéros (n°\u00a029 à 32), port compris")
    assert LedgerEntry.objects.filter(source__in=(f"payment:{term.payment_id}", f"invoice:{invoice.pk}")).count() == 2
    assert Notice.objects.get(kind="renewal_paid").facts == {
        "renewal_id": plan.pk,
        "term_id": term.pk,
        "invoice_id": invoice.pk,
    }
    assert Subscription.objects.get().state == "active"
    assert Payment.objects.get(purpose="renewal").received_on == R
