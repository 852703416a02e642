"""The whole way through the pages: a colleague takes the order, finance notes the transfer, and an order is cancelled."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.actors import job
from payments.models import Act, BankReceipt, DeskItem, Invoice, Transfer
from subscriptions.institutions.reminding import remind_overdue
from subscriptions.models import Agency, AgencyDiscount, Notice, Order, Term
from tests.backoffice.colleagues import text_of
from tests.institutions.papers import all_is_well, make_agency, take, transfer
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
WHY = "Bon de commande reçu par e-mail."
DAY = timedelta(days=1)


def typed(**changes) -> dict:
    """The form as a colleague fills it."""
    from subscriptions.models import Offer

    return {
        "buyer_kind": "public_fr",
        "organisation": "Université de Lyon",
        "siret": "19754321800014",
        "email": "periodiques@univ-lyon.example",
        "engagement_number": "4500012345",
        "dated_on": "2026-11-20",
        "service_code": "BU-07",
        "offer": str(Offer.objects.get(code="un-an").pk),
        "quantity": "3",
        "begins": "2027",
        "due_days": "30",
        "invoiced_to": "institution",
        "country": "FR",
        "service": "SERVICE PERIODIQUES",
        "street": "37 rue du Repos",
        "postcode": "69007",
        "town": "Lyon",
        "token": str(uuid.uuid4()),
        "reason": WHY,
    } | changes


def test_an_order_is_taken_found_and_paid(at_desk):
    support, finance = at_desk("support"), at_desk("finance")
    shown = text_of(support.rehearse("desk_act_take_order", 0, **typed()))
    for words in ("82,80 €", "81,10 €", "1,70 €", "01/01/2027 – 31/12/2027", "SERVICE PERIODIQUES", "23/12/2026"):
        assert words in shown.replace("\u00a0", " ").replace("\u202f", " "), words
    assert not Order.objects.exists()
    assert support.act("desk_act_take_order", 0, **typed()).url == reverse("desk_institutions")
    order, invoice = Order.objects.get(), Invoice.objects.get()
    assert (order.state, invoice.buyer_service_code, invoice.buyer_siren) == ("invoiced", "BU-07", "197543218")
    assert Act.objects.get(verb="took an institution's order").reason == WHY
    for page in (support.see("desk_institutions"), support.see("desk_order", order.pk)):
        assert "4500012345" in text_of(page)
    assert (
        reverse("desk_act_receive", args=[invoice.pk]) not in support.see("desk_invoice", invoice.pk).content.decode()
    )
    assert reverse("desk_act_receive", args=[invoice.pk]) in finance.see("desk_invoice", invoice.pk).content.decode()
    assert support.see("desk_receipts").status_code == 403

    money = {"amount": "82,80", "received_on": "2026-11-23", "bank_reference": "BQ-1", "payer": "TRESOR", "reason": WHY}
    assert finance.act("desk_act_receive", invoice.pk, **money).url == reverse("desk_invoice", args=[invoice.pk])
    order.refresh_from_db()
    receipt = BankReceipt.objects.get()
    assert order.state == "paid"
    assert receipt.reference in text_of(finance.see("desk_invoice", invoice.pk))
    assert invoice.reference in text_of(finance.see("desk_receipt", receipt.pk))
    assert invoice.reference not in text_of(finance.see("desk_institutions"))
    assert invoice.reference in text_of(finance.see("desk_institutions", etat="settled"))
    assert finance.rehearse("desk_act_receive", invoice.pk, **money).status_code == 409
    all_is_well()


def test_an_order_is_cancelled_from_its_page_after_its_invoice_was_made_out_anew(at_desk):
    finance = at_desk("finance")
    at_desk("support").act("desk_act_take_order", 0, **typed())
    order, first = Order.objects.get(), Invoice.objects.get()
    cancelling = reverse("desk_act_cancel_invoiced", args=[order.pk])
    assert cancelling in finance.see("desk_order", order.pk).content.decode()
    firm = {
        "buyer_kind": "public_fr", "organisation": "Université Lyon 2", "siret": "19754321800014", "service_code": "BU-08",
        "engagement_number": "4500099999", "country": "FR", "street": "37 rue du Repos", "postcode": "69007",
        "town": "Lyon", "reason": WHY,
    }  # fmt: skip
    finance.act("desk_act_reissue", first.pk, **firm)
    anew = Invoice.objects.exclude(pk=first.pk).get(kind="invoice")
    assert (anew.buyer_service_code, anew.engagement_number) == ("BU-08", "4500099999")
    shown = finance.see("desk_order", order.pk)
    assert cancelling in shown.content.decode()
    papers = [first.reference, Invoice.objects.get(kind="credit_note").reference, anew.reference]
    assert all(reference in text_of(shown) for reference in papers)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "0"),
        ("street", ""),
        ("siret", "19754321800015"),
        ("agency_reference", "PX-1"),
        ("dated_on", "hier"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(at_desk, field, value):
    answer = at_desk("support").rehearse("desk_act_take_order", 0, **typed(**{field: value}))
    assert answer.status_code == 422
    wrong = "agency" if field == "agency_reference" else field
    assert wrong in answer.context["form"].errors
    assert not Order.objects.exists()


def test_an_agency_is_added_granted_more_and_pays(at_desk):
    finance = at_desk("finance")
    agency = {
        "buyer_kind": "pro_fr", "organisation": "Prenax SAS", "siren": "348876517", "email": "px@prenax.example",
        "percent": "5", "country": "FR", "street": "11 rue de Rome", "postcode": "75008", "town": "Paris", "reason": WHY,
    }  # fmt: skip
    assert finance.act("desk_act_agency", 0, **agency).url == reverse("desk_agencies")
    prenax = Agency.objects.get()
    finance.act("desk_act_discount", prenax.pk, percent="7,5", valid_from="2026-12-01", reason=WHY)
    assert [str(one.percent) for one in AgencyDiscount.objects.order_by("valid_from")] == ["5.00", "7.50"]
    assert "5,00" in text_of(finance.see("desk_agencies"))
    finance.act(
        "desk_act_take_order", 0,
        **typed(agency=str(prenax.pk), agency_reference="PX-9", invoiced_to="agency", quantity="1", begins=""),
    )  # fmt: skip
    assert (str(Order.objects.get().amount.amount), Invoice.objects.get().buyer_name) == ("26.22", "Prenax SAS")
    all_is_well()


def test_the_invoice_goes_to_the_accounts_office(at_desk):
    office = {"billing_service": "AGENCE COMPTABLE", "billing_street": "92 rue Pasteur", "billing_postcode": "69007"}
    at_desk("support").act("desk_act_take_order", 0, **typed(billing_town="Lyon", **office))
    invoice = Invoice.objects.get()
    assert "AGENCE COMPTABLE" in invoice.buyer_address
    assert "SERVICE PERIODIQUES" in invoice.delivery_address


def test_an_order_is_cancelled_and_what_was_too_much_goes_back(at_desk):
    finance = at_desk("finance")
    ordered = take()
    receipt = transfer(ordered.invoice, "30.00")
    page = finance.see("desk_order", ordered.order.pk).content.decode()
    assert reverse("desk_act_cancel_invoiced", args=[ordered.order.pk]) in page
    assert reverse("desk_act_refund", args=[ordered.order.pk]) not in page
    assert finance.act("desk_act_receipt_back", receipt.pk, reason=WHY).url == reverse(
        "desk_receipt", args=[receipt.pk]
    )
    assert str(Transfer.objects.get().amount.amount) == "2.40"
    assert finance.rehearse("desk_act_receipt_back", receipt.pk, reason=WHY).status_code == 409
    finance.act("desk_act_cancel_invoiced", ordered.order.pk, reason=WHY)
    assert sorted(str(one.amount.amount) for one in Transfer.objects.all()) == ["2.40", "27.60"]
    assert finance.rehearse("desk_act_cancel_invoiced", ordered.order.pk, reason=WHY).status_code == 409
    assert Transfer.objects.get(receipt=receipt).customer == ordered.order.customer
    all_is_well()


def test_overdue_it_is_on_the_desk_reminded_twice_and_off_it_once_paid(at_desk, clock):
    ordered = take()
    invoice, by = ordered.invoice, job("overdue-invoices")

    def sweep(on: date) -> int:
        return remind_overdue(on=on, at=NOW + (on - NOW.date()), actor=by, limit=100)

    due = date(2026, 12, 23)
    assert sweep(due) == 0
    assert not DeskItem.objects.exists()
    assert sweep(due + DAY) == 0
    item = DeskItem.objects.get(kind="invoice_overdue")
    assert item.sentence == (
        f"La facture {invoice.reference} (Université de Lyon) est échue : 27,60\u00a0€ restent à payer, à régler au 23/12/2026."
    )
    assert [sweep(due + 15 * DAY), sweep(due + 16 * DAY), sweep(due + 31 * DAY), sweep(due + 90 * DAY)] == [1, 0, 1, 0]
    assert Notice.objects.filter(kind="invoice_overdue").count() == 2
    clock.move_to(NOW + 60 * DAY)
    finance = at_desk("finance")
    listed = text_of(finance.see("desk_institutions", etat="overdue"))
    assert (invoice.reference in listed, "30 j" in listed) == (True, True)
    finance.act("desk_act_remind_invoice", invoice.pk, reason=WHY)
    assert Notice.objects.filter(kind="invoice_overdue").count() == 3
    transfer(invoice, "27.60")
    sweep(due + 91 * DAY)
    item.refresh_from_db()
    assert item.closed_at is not None


def test_after_a_standstill_the_latest_reminder_goes_alone():
    invoice = take().invoice
    on = date(2027, 6, 1)
    assert remind_overdue(on=on, at=NOW + (on - NOW.date()), actor=job("overdue-invoices"), limit=10) == 1
    assert Notice.objects.get(kind="invoice_overdue").matter == f"invoice_overdue:invoice:{invoice.pk}:30"


def test_the_list_asks_as_much_for_three_as_for_one(at_desk):
    finance = at_desk("finance")
    agency = make_agency()
    take(email="a@bu.example", agency=agency)
    finance.see("desk_institutions")
    with CaptureQueriesContext(connection) as one:
        finance.see("desk_institutions")
    take(email="b@bu.example", agency=agency)
    take(email="c@bu.example")
    with CaptureQueriesContext(connection) as three:
        finance.see("desk_institutions")
    assert len(three) == len(one)
    assert Term.objects.count() == 3
