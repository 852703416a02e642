"""What readers and colleagues do around an institution's order: renounce, end, erase, merge, make out anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.invoicing.reissuing import CannotReissue, buyer_of, reissue
from payments.models import DeskItem, Invoice, Payment, Transfer
from shop.customers.erasing import CannotErase, erase
from shop.customers.merging import CannotMerge, merge
from shop.customers.models import Customer
from subscriptions.institutions.cancelling import cancel
from subscriptions.institutions.reminding import remind_now, remind_overdue
from subscriptions.models import Agency, Entitlement, Notice, Order, Subscription
from subscriptions.stopping.deciding import apply_declaration
from subscriptions.stopping.effects import effect_of
from subscriptions.stopping.following_up import give_back_waiting, watch_deadlines
from subscriptions.stopping.reading import contract_of, standing_of
from subscriptions.stopping.terminating import end_now
from tests.disputes.people import disputed
from tests.institutions.papers import COLLEAGUE, all_is_well, books, make_agency, take, transfer
from tests.makers import NOW, TODAY, close_file, make_magazine, make_offers, send_out
from tests.renewals.people import subscriber
from tests.stopping.people import states, terminates, withdraws

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return make_offers(make_magazine())


def test_ended_by_support_an_unpaid_order_is_credited_without_a_refund():
    ordered = take(quantity=3)
    end_now(ordered.term.subscription_id, "other", actor=COLLEAGUE, at=NOW, reason="fermeture de la bibliothèque")
    assert books() == {}
    assert Order.objects.get().state == "cancelled"
    assert not Transfer.objects.exists()
    all_is_well()


def test_ended_after_the_transfer_the_rest_goes_back_by_transfer():
    ordered = take(quantity=3)
    transfer(ordered.invoice, "82.80")
    send_out(ordered.order.first_issue, on=TODAY, at=NOW)
    end_now(ordered.term.subscription_id, "other", actor=COLLEAGUE, at=NOW, reason="fermeture de la bibliothèque")
    assert str(Transfer.objects.get().amount.amount) == "62.10"
    all_is_well()


def renounces(ordered, *, at=NOW):
    return withdraws(
        ordered.term.subscription, email="periodiques@univ-lyon.example", first_name="", last_name="Université de Lyon",
        at=at,
    )  # fmt: skip


def plain(sentence):
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


def foreseen(ordered, *, on=TODAY):
    contract = contract_of(order=ordered.order.pk)
    return effect_of("withdrawal", standing_of(contract, on=on), on=on)


def test_an_institution_that_renounces_owes_nothing_more():
    ordered = take(quantity=3)
    assert plain(foreseen(ordered).sentence) == (
        "Votre rétractation prend effet le 23 novembre 2026. La facture de cette commande est annulée par un avoir : vous "
        "n’avez rien à régler, et aucun de ses numéros ne sera plus envoyé."
    )
    declaration = renounces(ordered)
    assert (declaration.effect, declaration.refund, declaration.refund_due_on) == ("withdrawn", None, None)
    assert books() == {}
    note = Invoice.objects.get(kind="credit_note")
    assert (note.original, str(note.total_ttc.amount)) == (ordered.invoice, "82.80")
    ordered.order.refresh_from_db()
    assert (ordered.order.state, Subscription.objects.get().state) == ("cancelled", "ended")
    assert not Transfer.objects.exists()
    assert not DeskItem.objects.filter(closed_at=None, kind="refund_by_hand").exists()
    all_is_well()


def test_what_it_had_paid_of_it_goes_back_by_transfer_and_what_was_sent_costs_nothing():
    ordered = take()
    transfer(ordered.invoice, "10.00")
    send_out(ordered.order.first_issue, on=TODAY, at=NOW)
    seen = foreseen(ordered)
    assert (str(seen.refund), seen.refund_due_on) == ("10.00", date(2026, 12, 7))
    assert plain(seen.sentence).endswith(
        " Ce que vous avez déjà réglé, soit 10,00 €, vous est rendu par virement, au plus tard le 7 décembre 2026."
    )
    declaration = renounces(ordered)
    assert str(Transfer.objects.get().amount.amount) == "10.00"
    assert declaration.refund_due_on == date(2026, 12, 7)
    assert books() == {"411": "-10.00", "44571": "-0.21", "44574": "0.21", "512": "10.00"}
    assert states(ordered.term.subscription) == "served void void void"
    all_is_well()
    assert watch_deadlines(on=date(2026, 12, 8), actor=COLLEAGUE, at=NOW + timedelta(days=15)) == 1, "not sent yet"


@pytest.mark.parametrize(
    ("paid", "decision", "refund", "due", "told"),
    [
        ("0", "now", None, None, "vous ne les devez plus."),
        ("10.00", "now", "3.10", date(2026, 12, 23), "soit 3,10 €, vous est rendu par virement, au plus tard le 23 décembre 2026."),
        ("0", "all", None, None, "annulons sa facture par un avoir : vous n’avez rien à régler."),
        ("27.60", "all", "27.60", date(2026, 12, 7), "soit 27,60 €, vous est rendu par virement, au plus tard le 7 décembre 2026."),
    ],
)  # fmt: skip
def test_ended_by_a_person_it_is_told_and_given_back_what_it_had_paid(paid, decision, refund, due, told):
    """One copy of four was sent: 6,90 € are owed for it."""
    ordered = take()
    if Decimal(paid):
        transfer(ordered.invoice, paid)
    send_out(ordered.order.first_issue, on=TODAY, at=NOW)
    declared = terminates(ordered.term.subscription, email="x@univ-lyon.example", ground="other", words="fermeture")
    apply_declaration(
        declared.pk, decision, subscription=ordered.term.subscription_id, actor=COLLEAGUE, at=NOW, reason="vu par téléphone"
    )  # fmt: skip
    declared.refresh_from_db()
    assert declared.refund_due_on == due
    assert plain(Notice.objects.get(kind="declaration_applied").facts["sentence"]).endswith(told)
    assert [str(one.amount.amount) for one in Transfer.objects.all()] == ([refund] if refund else [])
    all_is_well()


def test_while_a_copy_is_in_a_file_its_invoice_waits_and_nobody_is_reminded_of_it():
    ordered = take()
    run = close_file(ordered.order.first_issue, on=TODAY)
    assert foreseen(ordered).code == "withdrawn_waits"
    renounces(ordered, at=NOW + timedelta(hours=1))
    assert states(ordered.term.subscription) == "assigned held held held"
    late = ordered.invoice.due_on + timedelta(days=31)
    days = late - TODAY
    assert remind_overdue(on=late, at=NOW + days, actor=COLLEAGUE, limit=10) == 0
    assert not DeskItem.objects.filter(kind="invoice_overdue").exists()
    send_out(run.issue, on=TODAY, at=NOW + timedelta(hours=2))
    given = [give_back_waiting(actor=COLLEAGUE, at=NOW + timedelta(hours=3), limit=10) for _twice in range(2)]
    assert given == [1, 0]
    assert states(ordered.term.subscription) == "served void void void"
    assert books() == {}
    assert Order.objects.get().state == "cancelled"
    all_is_well(NOW + timedelta(hours=3))


def test_an_invoice_is_made_out_anew_and_paid_under_its_new_number():
    ordered = take()
    buyer = replace(buyer_of(ordered.invoice), name="Université Lyon 2", engagement_number="4500099999")
    done = reissue(ordered.invoice.pk, buyer, reason="r", words="mention", on=TODAY, actor=COLLEAGUE, at=NOW)
    assert books() == {"411": "27.60", "4871": "-27.03", "44574": "-0.57"}
    assert done.invoice.due_on == ordered.invoice.due_on
    all_is_well()
    transfer(done.invoice, "27.60")
    assert Order.objects.get().state == "paid"
    assert books() == {"4871": "-27.03", "44571": "-0.57", "512": "27.60"}
    all_is_well()
    with pytest.raises(CannotReissue) as refused:
        reissue(done.invoice.pk, buyer, reason="r", words="encore", on=TODAY, actor=COLLEAGUE, at=NOW)
    assert refused.value.code == "received"


def test_nobody_is_erased_while_an_invoice_is_open():
    ordered = take()
    with pytest.raises(CannotErase) as refused:
        erase(ordered.order.customer, actor=COLLEAGUE, at=NOW, reason="demande", giving_up=True)
    assert refused.value.code == "waits"
    transfer(ordered.invoice, "27.60")
    assert erase(ordered.order.customer, actor=COLLEAGUE, at=NOW, reason="demande", giving_up=True)
    all_is_well()


def test_an_agency_s_record_is_merged_with_what_is_its_own():
    agency = make_agency()
    ordered = take(agency=agency, invoiced_to="agency")
    kept = Customer.objects.create(email="factures@prenax.example", organisation="Prenax", created_at=NOW)
    merge(agency.customer_id, kept.pk, keep_email_of=kept.pk, reason="double", actor=COLLEAGUE, at=NOW)
    assert (Agency.objects.get().customer, Subscription.objects.get().agency) == (kept, kept)
    remind_now(ordered.invoice, reason="relance", actor=COLLEAGUE, at=NOW, on=TODAY)
    letter = Notice.objects.get(kind="invoice_overdue")
    assert (letter.customer, letter.to_email) == (kept, "factures@prenax.example")
    other = Customer.objects.create(email="b@prenax.example", organisation="Prenax", created_at=NOW)
    Agency.objects.create(customer=other, name="Prenax 2", address=agency.address, created_at=NOW)
    with pytest.raises(CannotMerge) as refused:
        merge(other.pk, kept.pk, keep_email_of=kept.pk, reason="double", actor=COLLEAGUE, at=NOW)
    assert refused.value.code == "agencies"


def test_one_transfer_pays_what_a_merged_record_still_owes():
    first = take(email="ancien@univ-lyon.example")
    gone = first.order.customer
    second = take(number="4500012346", email="nouveau@univ-lyon.example")
    merge(gone.pk, second.order.customer_id, keep_email_of=gone.pk, reason="double", actor=COLLEAGUE, at=NOW)
    transfer(second.invoice, "55.20", others=True)
    assert set(Order.objects.values_list("state", flat=True)) == {"paid"}
    all_is_well()


def test_a_paper_year_is_cancelled_while_the_bank_disputes_the_card_year_before():
    subscription = subscriber(renewal="fixed")
    ordered = take(renews=subscription)
    disputed(Payment.objects.get())
    cancel(ordered.order, reason="budget supprimé", actor=COLLEAGUE, at=NOW)
    ordered.order.refresh_from_db()
    assert ordered.order.state == "cancelled"


def test_the_values_of_what_was_credited_are_those_that_were_owed():
    ordered = take(quantity=7)
    worth = sum(Entitlement.objects.values_list("value_ht", flat=True), Decimal(0))
    assert worth == ordered.invoice.total_ht.amount
    cancel(ordered.order, reason="erreur", actor=COLLEAGUE, at=NOW)
    assert Invoice.objects.get(kind="credit_note").total_ht == ordered.invoice.total_ht
