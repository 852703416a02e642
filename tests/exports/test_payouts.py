"""Payouts as the accountant gets them: what each is made of, what is left over, the bank's line if it was there by then."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from payments.days import paris_day
from payments.exports.spans import Span
from payments.models import Payout
from payments.reconciliation import arriving
from payments.sandbox import paying_out
from tests.exports.reading import checks, differences, rows
from tests.makers import CLERK, TODAY
from tests.reconciliation.account import bought, charge_by_hand, later, looked, paid_out, the_payout, world_of

pytestmark = pytest.mark.django_db(transaction=True)
LEFT = "Partis de Stripe dans la période (compte de virements internes)"
MONEY = (
    "Encaissements bruts", "Remboursements", "Contestations", "Frais", "Ajustements et réserves", "Autres produits",
    "À expliquer", "Reste ou non détaillé", "Net viré",
)  # fmt: skip


def whole() -> Span:
    return Span(TODAY - timedelta(days=40), TODAY + timedelta(days=90))


def figures(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in MONEY if row[name] != "0,00"}


def test_two_years_less_their_fees(offers, till):
    bought(till)
    bought(till)
    paid_out(till)
    looked()
    (row,) = rows("virements-stripe", whole())
    assert figures(row) == {"Encaissements bruts": "55,20", "Frais": "-1,32", "Net viré": "53,88"}
    assert (row["Nature"], row["Mouvements"], row["Arrivé le"]) == ("Départ", "2", "")
    assert checks("virements-stripe", whole())[LEFT] == ("53.88", "53.88")


def test_the_line_of_the_bank_is_there_once_the_day_is_over_and_not_before(offers, till):
    bought(till)
    paid_out(till)
    looked()
    payout = the_payout()
    left_on = paris_day(payout.created)
    arrived = payout.arrives_on
    arriving.arrived(payout.pk, bank_reference="REL-7/2", on=arrived, actor=CLERK, at=later())
    (before,) = rows("virements-stripe", Span(left_on, arrived - timedelta(days=1)))
    (after,) = rows("virements-stripe", Span(left_on, arrived))
    assert (before["Arrivé le"], before["Ligne du relevé"]) == ("", "")
    assert (after["Arrivé le"], after["Ligne du relevé"]) == (f"{arrived:%d/%m/%Y}", "REL-7/2")
    assert checks("virements-stripe", Span(left_on, arrived))["En route au dernier jour"] == ("None", "0.00")


def test_everything_that_is_in_a_payout_has_its_column(offers, till):
    bought(till)
    charge_by_hand(till, metadata={"product": "mugs"})
    world = world_of(till)
    with world.lock:
        paying_out.own_line(world, "stripe_fee", -250)
        paying_out.own_line(world, "adjustment", 1234)
        paying_out.own_line(world, "moon_rent", -300)
    paid_out(till)
    looked()
    (row,) = rows("virements-stripe", whole())
    shown = figures(row)
    assert (shown["Encaissements bruts"], shown["Ajustements et réserves"], shown["À expliquer"]) == (
        "27,60",
        "12,34",
        "-3,00",
    )
    assert shown["Frais"] == "-3,16", "0,66 € of the charge, 2,50 € of Stripe's own"
    assert "Autres produits" in shown
    assert "Reste ou non détaillé" not in shown
    assert differences(whole()) == []


def test_a_movement_that_is_missing_is_the_rest(offers, till):
    first = bought(till)
    bought(till)
    paid_out(till)
    world = world_of(till)
    with world.lock:
        (line,) = world.store.newest("balance_transaction", source=first.stripe_charge)
        world.change(line, _payout=None)
    looked()
    (row,) = rows("virements-stripe", whole())
    assert (row["Reste ou non détaillé"], row["Net viré"]) == ("26,94", "53,88")


def test_what_comes_back_is_a_line_of_its_own(offers, till):
    bought(till)
    till.advance(days=7)
    world = world_of(till)
    with world.lock:
        (made,) = paying_out.pay_out(world)
    looked(later(11))
    with world.lock:
        paying_out.fail(world, made["id"], code="account_closed")
    till.advance(days=1)
    looked(later(12))
    found = rows("virements-stripe", whole())
    assert [(row["Nature"], row["Net viré"]) for row in found] == [("Départ", "26,94"), ("Retour", "-26,94")]
    assert checks("virements-stripe", whole())[LEFT] == ("0.00", "0.00")
    assert differences(whole()) == []


def test_instant_negative_and_by_hand(offers, till):
    bought(till)
    till.advance(days=7)
    world = world_of(till)
    with world.lock:
        paying_out.by_hand(world, 1000, instant=True)
        paying_out.own_line(world, "stripe_fee", -5000)
        (below,) = paying_out.pay_out(world)
    till.advance(days=5)
    looked()
    found = rows("virements-stripe", whole())
    assert sorted(row["Net viré"] for row in found) == sorted(
        ["10,00", f"{Decimal(below['amount']) / 100:.2f}".replace(".", ",")]
    )
    (instant,) = (row for row in found if row["Net viré"] == "10,00")
    assert instant["Reste ou non détaillé"] in ("10,00", "10,10"), "Stripe does not itemise it"
    assert Payout.objects.count() == 2
    assert differences(whole()) == []
