"""Finance prepares a change of price, looks at its cohort with every figure a door, signs it by name, and cancels it in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.models import Act
from subscriptions.models import Offer, Price, PriceChange
from tests.backoffice.colleagues import text_of
from tests.backoffice.sold import sell

WHY = "Le papier coûte plus cher."


def wish(**changes):
    """Thirty euros sixty in France, from next month and next half year on."""
    today = timezone.localdate()
    typed = {
        "offer": Offer.objects.get(renewal="automatic").pk,
        "zones": ["FR"],
        "amount": "30,60",
        "orders_from": (today + timedelta(days=30)).isoformat(),
        "renewals_from": (today + timedelta(days=120)).isoformat(),
        "reason": WHY,
    }
    return typed | changes


def test_prepared_looked_at_and_signed(at_desk, offers):
    sales = [sell(offers["automatic"], number=number) for number in range(1, 4)]
    colleague = at_desk("finance")
    shown = text_of(colleague.rehearse("desk_act_prepare_price", 0, **wish()))
    assert "3 lecteurs : 82,80 € avant, 91,80 € après" in shown
    assert PriceChange.objects.count() == 0
    assert colleague.act("desk_act_prepare_price", 0, **wish()).url == reverse("desk_prices")
    change = PriceChange.objects.get()
    assert (change.state, change.actor, Price.objects.filter(change=change).count()) == (
        "prepared", f"staff:{colleague.user.pk}", 0,
    )  # fmt: skip
    page = colleague.see("desk_price", change.pk)
    text = text_of(page)
    assert "91,80 €" in text
    ends_on = sales[0].subscription.terms.get().ends_on
    month = (ends_on + timedelta(days=1)).strftime("%Y-%m")
    assert f"mois={month}&amp;etat=reached" in page.content.decode()
    rows = text_of(colleague.see("desk_price_readers", change.pk, mois=month, etat="reached"))
    for sale in sales:
        assert str(sale.subscription) in rows
    assert rows.count("30,60 €") == 3
    assert str(sales[0].subscription) not in text_of(colleague.see("desk_price_readers", change.pk, etat="told"))
    assert "3 lecteurs" in text_of(colleague.rehearse("desk_act_sign_price", change.pk, reason="Vu avec la direction."))
    colleague.act("desk_act_sign_price", change.pk, reason="Vu avec la direction.")
    change.refresh_from_db()
    assert (change.state, str(Price.objects.get(change=change).amount.amount)) == ("signed", "30.60")
    assert Act.objects.get(verb="signed a price change").reason == "Vu avec la direction."
    text = text_of(colleague.see("desk_price", change.pk))
    assert "Finance Martin" in text
    assert colleague.see("desk_act_sign_price", change.pk).status_code == 409
    colleague.act("desk_act_cancel_price", change.pk, reason="Le papier baisse.")
    change.refresh_from_db()
    assert change.state == "cancelled"


def test_what_cannot_be_is_said_beside_the_form(at_desk, offers):
    colleague = at_desk("finance")
    today = timezone.localdate()
    soon = colleague.rehearse(
        "desk_act_prepare_price", 0, **wish(renewals_from=(today + timedelta(days=40)).isoformat())
    )
    assert "90 jours avant" in text_of(soon)
    assert "Choisissez au moins une zone" in text_of(colleague.rehearse("desk_act_prepare_price", 0, **wish(zones=[])))
    assert "montant en euros" in text_of(colleague.rehearse("desk_act_prepare_price", 0, **wish(amount="trente")))


@pytest.mark.parametrize("many", [1, 3])
def test_the_cohort_costs_the_same_for_one_and_for_many(at_desk, offers, django_assert_num_queries, many):
    for number in range(1, many + 1):
        sell(offers["automatic"], number=number)
    colleague = at_desk("finance")
    colleague.act("desk_act_prepare_price", 0, **wish())
    change = PriceChange.objects.get()
    colleague.see("desk_price", change.pk)
    with django_assert_num_queries(QUERIES):
        colleague.see("desk_price", change.pk)


QUERIES = 16
