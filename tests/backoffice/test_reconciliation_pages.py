"""Finance's page of the reconciliation: its figures are of everything, and what a person has settled is not red for ever."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from payments.actors import Actor
from payments.models import BalanceMovement, Discrepancy, Payout
from payments.reconciliation import discrepancies
from payments.reconciliation.discrepancies import Found
from tests.backoffice.colleagues import text_of
from tests.makers import NOW, TODAY

pytestmark = pytest.mark.django_db
CLERK = Actor("staff", "7")


def shown(colleague) -> str:
    return text_of(colleague.see("desk_reconciliation")).replace("\u00a0", " ").replace("\u202f", " ")


def test_what_is_on_its_way_is_counted_whole(at_desk):
    """Sixty-one payouts of 10,00 €: sixty are listed, and their sum says that it is theirs."""
    Payout.objects.bulk_create(
        Payout(
            stripe_payout=f"po_{number}", amount=Decimal("10.00"), currency="eur", created=NOW, automatic=True,
            arrives_on=TODAY + timedelta(days=number), state=Payout.State.IN_TRANSIT, state_since=NOW, looked_up_at=NOW,
        )
        for number in range(61)
    )  # fmt: skip
    page = shown(at_desk("finance"))
    assert "61 virements" in page
    assert "610,00 €" in page
    assert "Total des 60 premiers" in page
    assert "600,00 €" in page


def test_a_movement_that_a_person_has_settled_is_not_counted_any_more(at_desk):
    finance = at_desk("finance")
    lines = [
        BalanceMovement.objects.create(
            stripe_id=f"txn_{number}", kind="moon_rent", amount=Decimal("-3.00"), fee=0, net=Decimal("-3.00"),
            currency=currency, created=NOW, available_on=TODAY, meaning="unknown_type",
        )
        for number, currency in enumerate(("eur", "eur", "usd"))
    ]  # fmt: skip
    for line in lines:
        found = Found("unknown_type", f"movement:{line.pk}", movement=line.pk, at_stripe=line.amount)
        discrepancies.put([found], run=None, actor=CLERK, at=NOW)
    first, _second, dollars = lines[0].discrepancies.get(), lines[1], lines[2].discrepancies.get()
    assert "3,00 USD" in text_of(finance.see("desk_discrepancy", dollars.pk)).replace("\u00a0", " ")
    discrepancies.explain_away(first.pk, reason="vu", actor=CLERK, at=NOW)
    changed = Found(
        "changed", f"movement:{lines[1].pk}", movement=lines[1].pk, at_stripe=Decimal(-4), in_books=Decimal(-3)
    )
    discrepancies.put([changed], run=None, actor=CLERK, at=NOW)
    other = Discrepancy.objects.get(kind="changed")
    page = finance.see("desk_discrepancy", other.pk).content.decode()
    assert reverse("desk_act_book_discrepancy", args=[other.pk]) in page
    assert reverse("desk_act_explain_discrepancy", args=[other.pk]) not in page
    assert finance.rehearse("desk_act_explain_discrepancy", other.pk, reason="vu").status_code == 409
    listed = text_of(finance.browser.get(reverse("desk_movements") + "?etat=unexplained"))
    assert "txn_0" not in listed
    assert "txn_1" in listed
