"""From the purchase order to the transfer: served before it is paid, invoiced with VAT that waits, cleared to the cent."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from payments.invoicing.mentions import facts_of
from payments.models import BankReceipt, DeskItem, Invoice, ReceiptShare
from payments.receipts import CannotReceive
from subscriptions.institutions.ordering import CannotOrder, order_by_paper
from subscriptions.models import Entitlement, Issue, Notice, Order, Subscription, Term
from tests.institutions.papers import COLLEAGUE, all_is_well, books, make_agency, paper, take, transfer
from tests.makers import NOW, TODAY, make_magazine, make_offers, send_out

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return make_offers(make_magazine())


def test_a_university_orders_is_served_and_pays_by_transfer():
    ordered = take()
    order, term, invoice = ordered.order, ordered.term, ordered.invoice
    assert (order.state, str(order.amount.amount), term.payment, term.order) == ("invoiced", "27.60", None, order)
    subscription = term.subscription
    assert (subscription.state, subscription.renewal, subscription.on_invoice) == ("active", "fixed", True)
    assert subscription.recipient.name == "Université de Lyon"
    assert "SERVICE PERIODIQUES" in subscription.recipient.address.lines
    assert [copy.issue.number for copy in term.entitlements.all()] == [25, 26, 27, 28]
    assert (invoice.payment, invoice.due_on, invoice.engagement_number) == (None, date(2026, 12, 23), "4500012345")
    assert (str(invoice.total_ht.amount), str(invoice.total_vat.amount)) == ("27.03", "0.57")
    assert books() == {"411": "27.60", "4871": "-27.03", "44574": "-0.57"}
    letter = Notice.objects.get(kind="institution_invoice")
    assert (letter.to_email, letter.matter) == (
        "periodiques@univ-lyon.example",
        f"institution_invoice:order:{order.pk}",
    )
    all_is_well()

    transfer(invoice, "27.60")
    assert books() == {"4871": "-27.03", "44571": "-0.57", "512": "27.60"}
    order.refresh_from_db()
    assert order.state == "paid"
    all_is_well()

    send_out(Issue.objects.get(number=25), on=TODAY, actor=COLLEAGUE, at=NOW)
    assert books() == {"4871": "-20.27", "44571": "-0.57", "512": "27.60", "7011": "-6.76"}
    all_is_well()


def test_three_copies_of_each_issue_cost_three_times_and_are_worth_it():
    ordered = take(quantity=3)
    term, invoice = ordered.term, ordered.invoice
    assert (term.quantity, term.copies, str(term.amount.amount), str(term.amount_ht.amount)) == (3, 4, "82.80", "81.10")
    line = invoice.lines.get()
    assert (line.quantity, str(line.unit_ht.amount), str(line.ht.amount), str(line.vat.amount)) == (
        3, "27.03", "81.10", "1.70",
    )  # fmt: skip
    assert "4\u00a0numéros, 3\u00a0exemplaires de chaque (n°\u00a025 à 28)" in line.name
    values = [copy.value_ht for copy in term.entitlements.all()]
    assert values == [Decimal("20.28"), Decimal("20.27"), Decimal("20.28"), Decimal("20.27")]
    assert sum(values) == Decimal("81.10")
    all_is_well()


def test_a_year_from_january_begins_with_its_first_issue():
    ordered = take(calendar_year=2027)
    term = ordered.term
    assert (term.starts_on, term.ends_on) == (date(2027, 1, 1), date(2027, 12, 31))
    assert [copy.issue.number for copy in term.entitlements.all()] == [26, 27, 28, 29]
    assert ordered.order.first_issue.number == 26
    all_is_well()


def test_an_agency_pays_less_its_discount_and_the_library_receives():
    agency = make_agency(percent="5")
    ordered = take(agency=agency, agency_reference="PX-99812", invoiced_to="agency", quantity=3, calendar_year=2027)
    order, invoice, subscription = ordered.order, ordered.invoice, ordered.term.subscription
    assert str(order.amount.amount) == "78.66"
    assert (subscription.payer, subscription.agency) == (agency.customer, agency.customer)
    assert subscription.holder.email == "periodiques@univ-lyon.example"
    assert subscription.recipient.customer == subscription.holder
    assert (invoice.buyer_name, invoice.customer, invoice.buyer_siren) == ("Prenax SAS", agency.customer, "348876517")
    assert "Université de Lyon".upper() in " ".join(invoice.delivery_address).upper()
    line = invoice.lines.get()
    assert line.name.endswith(". Votre référence : PX-99812")
    assert (str(line.unit_ht.amount), str(line.discount_percent), str(line.discount_ht)) == ("27.03", "5.00", "4.06")
    assert "Remise de 5\u00a0% : 4,06\u00a0€ HT, déduite" in facts_of(invoice)["rows"][0][0]
    assert Notice.objects.get(kind="institution_invoice").to_email == "commandes@prenax.example"
    all_is_well()
    transfer(invoice, "78.66")
    all_is_well()


def test_an_agency_passes_on_and_the_institution_pays():
    agency = make_agency(percent="5")
    ordered = take(agency=agency, agency_reference="PX-1")
    assert str(ordered.order.amount.amount) == "26.22"
    assert ordered.invoice.buyer_name == "Université de Lyon"
    assert ordered.term.subscription.payer == ordered.term.subscription.holder
    assert ordered.term.subscription.agency == agency.customer


def test_in_two_parts_the_vat_falls_due_with_each():
    invoice = take(quantity=3).invoice
    transfer(invoice, "50.00", ref="VIR 1")
    assert books() == {"411": "32.80", "4871": "-81.10", "44571": "-1.03", "44574": "-0.67", "512": "50.00"}
    assert Order.objects.get().state == "invoiced"
    all_is_well()
    transfer(invoice, "32.80", ref="VIR 2")
    assert books() == {"4871": "-81.10", "44571": "-1.70", "512": "82.80"}
    assert Order.objects.get().state == "paid"
    all_is_well()


def test_too_much_is_owed_back_and_on_a_desk():
    invoice = take().invoice
    receipt = transfer(invoice, "30.00")
    assert books() == {"4871": "-27.03", "44571": "-0.57", "512": "30.00", "4197": "-2.40"}
    item = DeskItem.objects.get(kind="receipt_surplus")
    assert (item.desk, item.subject) == ("finance", f"receipt:{receipt.pk}")
    assert item.sentence == f"Le virement {receipt.reference} a apporté 2,40\u00a0€ de trop : à rendre."
    all_is_well()


def test_one_transfer_pays_the_oldest_invoices_of_an_agency():
    agency = make_agency(percent="0")
    first = take(agency=agency, invoiced_to="agency", email="a@bu.example").invoice
    second = take(agency=agency, invoiced_to="agency", email="b@bu.example").invoice
    third = take(agency=agency, invoiced_to="agency", email="c@bu.example").invoice
    transfer(second, "60.00", others=True)
    shares = {share.invoice_id: str(share.amount.amount) for share in ReceiptShare.objects.all()}
    assert shares == {second.pk: "27.60", first.pk: "27.60", third.pk: "4.80"}
    assert [order.state for order in Order.objects.order_by("pk")] == ["paid", "paid", "invoiced"]
    all_is_well()


def test_the_same_form_twice_is_one_order_and_the_same_transfer_one_receipt():
    token = uuid.uuid4()
    one, two = take(token=token), take(token=token)
    assert (one.order, one.term, one.invoice) == (two.order, two.term, two.invoice)
    assert (Order.objects.count(), Term.objects.count(), Invoice.objects.count()) == (1, 1, 1)
    transfer(one.invoice, "10.00")
    with pytest.raises(CannotReceive) as refused:
        transfer(one.invoice, "10.00")
    assert refused.value.code == "noted"
    assert BankReceipt.objects.count() == 1
    all_is_well()


def test_a_total_that_nobody_saw_is_not_taken():
    with pytest.raises(CannotOrder) as refused:
        order_by_paper(
            paper(), expected_total=Decimal("27.00"), form_token=uuid.uuid4(), reason="essai", actor=COLLEAGUE, at=NOW
        )
    assert refused.value.code == "total_changed"
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE subscriptions_purchaseorder SET discount = 10",
        "DELETE FROM payments_receiptshare",
        "UPDATE payments_bankreceipt SET amount = 1",
        "UPDATE subscriptions_subscription SET renewal = 'automatic'",
    ],
)
def test_the_database_keeps_what_was_agreed(sql):
    transfer(take().invoice, "10.00")
    with pytest.raises(Exception), transaction.atomic(), connection.cursor() as cursor:  # noqa: B017, PT011
        cursor.execute(sql)


def test_the_database_refuses_a_share_of_what_a_payment_paid():
    ordered = take()
    receipt = transfer(ordered.invoice, "27.60")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReceiptShare.objects.create(receipt=receipt, invoice=ordered.invoice, amount=Decimal("0.01"), vat=Decimal("0"))
    assert Entitlement.objects.count() == 4
    assert Subscription.objects.get().saved_method is None
