"""The main way: a file is handed in, read, approved by another person, let in; and again, and again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.models import LedgerEntry
from subscriptions.models import Entitlement, ImportRow, Subscription, Term
from tests.importing.desk import faults, let_in, outcomes, read, take_over
from tests.importing.written import automatic, line, written
from tests.makers import NOW

pytestmark = pytest.mark.django_db


def test_two_readers_come_in_with_what_they_are_owed(offers):
    file = read(written(line(1), automatic(2)))
    assert (file.state, faults(file), outcomes(file)) == ("checked", [], {"ready": 2})
    assert not Subscription.objects.exists()
    file = take_over(written(line(3), automatic(4)))
    assert (file.state, outcomes(file)) == ("let_in", {"let_in": 2})
    assert [(one.source, one.foreign_ref, one.state, one.renewal) for one in Subscription.objects.order_by("pk")] == [
        ("ancienne-maison", "A-000003", "active", "fixed"),
        ("ancienne-maison", "A-000004", "active", "automatic"),
    ]
    term = Term.objects.get(foreign_ref="A-000003")
    assert (term.copies, term.amount.amount, term.amount_ht.amount, term.vat_rate) == (4, Decimal("27.60"), Decimal("27.03"), Decimal("2.10"))  # fmt: skip
    copies = [(one.rank, one.state, one.value_ht, one.issue.number if one.issue else None) for one in term.entitlements.all()]  # fmt: skip
    assert copies == [
        (1, "served", Decimal("6.76"), 23),
        (2, "served", Decimal("6.75"), 24),
        (3, "owed", Decimal("6.76"), 25),
        (4, "owed", Decimal("6.76"), 26),
    ]
    entry = LedgerEntry.objects.get()
    assert (entry.source, entry.label) == (
        f"import:{file.pk}:2.10",
        f"Abonnements repris, import n° {file.pk}, TVA 2,10 %",
    )
    assert (balance_of("487100"), balance_of("467800")) == (Decimal("-27.04"), Decimal("27.04"))
    assert let_in(now=lambda: NOW) == 0
    assert (Entitlement.objects.count(), ImportRow.objects.filter(outcome="let_in").count()) == (8, 2)
