"""The pages of the reconciliation: the remainder always has its line, the way to the reader is short, acts have two steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.audit import balance_of
from payments.models import BalanceMovement, DeskItem, Discrepancy, Payout
from payments.reconciliation.overdue import watch
from payments.sandbox import paying_out
from tests.backoffice.colleagues import Colleague, text_of
from tests.bank.coming import come
from tests.bank.files import IBAN, Said
from tests.reconciliation.account import CLOCK, bought, charge_by_hand, looked, paid_out
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


def test_a_payout_that_the_bank_has_cut_is_seen_and_put_together_on_one_of_its_lines(payout, finance, settings):
    """The matter stands on the page of the reconciliation and of the payout, and leaves both with the act."""
    settings.BANK_IBAN = IBAN
    now, half = timezone.now() + timedelta(days=20), payout.amount - 20
    first, second = come(
        Said("20.00", "VIR STRIPE", "Stripe", payout.arrives_on), Said(f"{half}", "VIR STRIPE", "Stripe", payout.arrives_on),
        at=now, on=payout.arrives_on + timedelta(days=5),
    )  # fmt: skip
    watch(actor=CLOCK, at=now)
    item = DeskItem.objects.get(kind="payout_cut_at_bank")
    for url in (reverse("desk_reconciliation"), reverse("desk_payout", args=[payout.pk])):
        assert f"{payout.stripe_payout} de 50,88 €" in text_of(finance.browser.get(url))
    assert reverse("desk_item", args=[item.pk]) in finance.see("desk_reconciliation").content.decode()
    assert reverse("desk_act_bank_payout", args=[first.pk]) in finance.see("desk_bank_line", first.pk).content.decode()
    form = finance.see("desk_act_bank_payout", first.pk)
    name = f"is-{payout.pk}-{first.pk}-{second.pk}"
    assert f'value="{name}"' in form.content.decode()
    assert f"en deux lignes : {first.statement.reference}/1, {first.statement.reference}/2" in text_of(form)
    shown = finance.rehearse("desk_act_bank_payout", first.pk, payout=name, reason="coupé par la banque")
    assert "Lignes qui le composent" in text_of(shown)
    assert finance.act("desk_act_bank_payout", first.pk, payout=name, reason="coupé par la banque").status_code == 302
    assert finance.rehearse("desk_act_bank_payout", second.pk, payout=name, reason="encore").status_code == 409
    assert balance_of("580000") == 0
    watch(actor=CLOCK, at=now)
    assert "Écarts avec la banque 0" in text_of(finance.see("desk_reconciliation"))
