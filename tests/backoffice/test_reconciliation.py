"""The pages of the reconciliation: the remainder always has its line, the way to the reader is short, acts have two steps."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.audit import balance_of
from payments.models import BalanceMovement, Discrepancy, Payout
from payments.sandbox import paying_out
from tests.backoffice.colleagues import Colleague, text_of
from tests.reconciliation.account import bought, charge_by_hand, looked, paid_out
from tests.reconciliation.conftest import till  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def payout(offers, till) -> Payout:  # noqa: F811
    """A payout of one reader's year, a charge of another product and a line of an unknown type."""
    bought(till)
    charge_by_hand(till, metadata={"product": "mugs"})
    with till.application.world.lock:
        paying_out.own_line(till.application.world, "moon_rent", -300)
    paid_out(till)
    looked(timezone.now())
    return Payout.objects.get()


@pytest.fixture
def finance(at_desk) -> Colleague:
    return at_desk("finance")


def test_the_remainder_has_its_own_line_even_of_nothing(payout, finance):
    page = text_of(finance.browser.get(reverse("desk_payout", args=[payout.pk])))
    assert "Reste 0,00 €" in page
    assert "paiements des lecteurs 1 27,60 € 0,66 € 26,94 €" in page
    assert "autres produits du compte 1 27,60 € 0,66 € 26,94 €" in page
    assert "type inconnu 1 −3,00 € 0,00 € −3,00 €" in page
    listed = text_of(finance.browser.get(reverse("desk_payouts")))
    assert "50,88 € 3 0,00 €" in listed


def test_three_clicks_from_a_payout_to_the_reader_and_back(payout, finance):
    line = BalanceMovement.objects.get(meaning="payment")
    group = f"{reverse('desk_movements')}?virement={payout.pk}&amp;etat=payment"
    assert group in finance.browser.get(reverse("desk_payout", args=[payout.pk])).content.decode()
    rows = finance.browser.get(group.replace("&amp;", "&")).content.decode()
    to_payment = reverse("desk_payment", args=[line.payment_id])
    assert to_payment in rows
    payment = finance.browser.get(to_payment).content.decode()
    assert reverse("desk_person", args=[line.payment.customer_id]) in payment
    assert reverse("desk_payout", args=[payout.pk]) in payment


def test_movements_are_found_by_what_they_are(payout, finance):
    def shown(query: str) -> int:
        return finance.browser.get(f"{reverse('desk_movements')}{query}").content.decode().count("data-row")

    every = BalanceMovement.objects.count()
    assert (shown(""), shown("?etat=unexplained"), shown("?etat=foreign"), shown("?etat=none")) == (every, 1, 1, 0)
    assert (shown("?etat=nonsense"), shown(f"?virement={payout.pk}")) == (every, 3)
    assert finance.browser.get(f"{reverse('desk_movements')}?virement=99999").status_code == 404


def test_a_discrepancy_is_taken_and_booked_in_two_steps(payout, finance):
    one = Discrepancy.objects.get(kind="unknown_type")
    taken = finance.act("desk_act_take_discrepancy", one.pk, reason="je regarde ce que c’est")
    assert taken.url == reverse("desk_discrepancy", args=[one.pk])
    finance.act("desk_act_book_discrepancy", one.pk, to="FEES", reason="frais de la lune")
    one.refresh_from_db()
    assert (one.end, one.ended_because, one.owner_id is not None) == ("booked", "frais de la lune", True)
    assert balance_of("471000") == 0
    page = text_of(finance.browser.get(reverse("desk_discrepancy", args=[one.pk])))
    assert "frais de la lune" in page
    assert finance.browser.get(reverse("desk_act_explain_discrepancy", args=[one.pk])).status_code == 409
    foreign = Discrepancy.objects.get(kind="foreign")
    assert finance.browser.get(reverse("desk_act_book_discrepancy", args=[foreign.pk])).status_code == 409
