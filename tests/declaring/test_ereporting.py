"""E-reporting: totals of a day by rate and category, written once, corrected by deltas, and the same as the books."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from payments import audit
from payments.days import PARIS
from payments.ereporting.materialising import materialise, written_money, written_sales
from payments.ereporting.totals import MoneyKey, Sale, SaleKey, money
from payments.invoicing.issuing import Buyer, credit_in_full
from payments.invoicing.reissuing import reissue
from payments.models import Dispute, EPaymentRow, EReportRow, Payment, Refund
from payments.vat import EXPORT
from tests.documents.test_electronic import FIRM
from tests.letters.people import ACTOR, AT, ON, invoice_of, pay, place

pytestmark = pytest.mark.django_db
YEAR = {"since": date(2027, 1, 1), "until": date(2027, 12, 31)}
RATE = Decimal("2.10")
D = Decimal


@pytest.fixture(autouse=True)
def begun(settings):
    settings.EREPORT_FROM = date(2027, 1, 1)


def sold(number: int = 1, **changes):
    order = place(number=number)
    payment = pay(order)
    return invoice_of(order, payment, **changes)


def night(on: date = ON) -> int:
    return materialise(until=on, at=AT)


def test_a_day_is_written_once_by_rate_and_category():
    sold(1)
    sold(2)
    sold(3, buyer=FIRM)
    sold(4, vat_zone="DOM_105", vat_rate=D("1.05"))
    sold(
        5,
        vat_zone="WORLD",
        vat_rate=D("0.00"),
        legal_mention=EXPORT,
        buyer=Buyer("consumer", "A B", ("GENEVE", "SUISSE"), "CH"),
    )
    assert [night(), night(), night(ON + timedelta(days=3))] == [6, 0, 0]
    assert written_sales(**YEAR) == {
        SaleKey(ON, "TLB1", RATE): Sale(D("54.06"), D("1.14"), 2),
        SaleKey(ON, "TLB1", D("1.05")): Sale(D("27.31"), D("0.29"), 1),
        SaleKey(ON, "TNT1", D("0.00")): Sale(D("27.60"), D("0.00"), 1),
    }
    assert written_money(**YEAR) == {
        MoneyKey(ON, RATE): D("55.20"),
        MoneyKey(ON, D("1.05")): D("27.60"),
        MoneyKey(ON, D("0.00")): D("27.60"),
    }


def test_a_day_without_sales_has_no_row():
    assert night() == 0


def test_a_credit_note_stands_below_zero_on_its_day_and_its_refund_on_its_own():
    invoice = sold()
    night()
    later, back = date(2027, 1, 6), date(2027, 1, 8)
    with transaction.atomic():
        note = credit_in_full(invoice, reason="rétractation", unserved_ht=D("27.03"), on=later, actor=ACTOR, at=AT)
    Refund.objects.create(
        reference="REM-1", payment=Payment.objects.get(), amount="27.60", reason="x", credit_note=note, actor="x",
        state="succeeded", idempotency_key="k", created_at=AT, state_since=AT, refunded_on=back,
    )  # fmt: skip
    assert night(back) == 2
    assert written_sales(**YEAR)[SaleKey(later, "TLB1", RATE)] == Sale(D("-27.03"), D("-0.57"), 1)
    assert written_money(**YEAR) == {MoneyKey(ON, RATE): D("27.60"), MoneyKey(back, RATE): D("-27.60")}


def test_a_dispute_that_was_lost_gives_back_what_it_cleared():
    """One copy served: 20,70 of credit notes were settled by the bank, with the 0,43 of VAT that the books deduct that day."""
    invoice = sold()
    sold(2)
    night()
    lost_on = date(2027, 1, 8)
    Dispute.objects.create(
        stripe_dispute="du_1", payment=invoice.payment, amount="27.60", opened_at=AT, state="lost", state_since=AT,
        taken="27.60", cleared="20.70", looked_up_at=AT, settled_at=datetime(2027, 1, 8, 23, 59, tzinfo=PARIS),
    )  # fmt: skip
    assert [night(lost_on - timedelta(days=1)), night(lost_on), night(lost_on)] == [0, 1, 0]
    assert written_money(**YEAR) == {MoneyKey(ON, RATE): D("55.20"), MoneyKey(lost_on, RATE): D("-20.70")}


def test_nothing_grows_with_the_number_of_payments(django_assert_num_queries):
    for count in (1, 3):
        while Payment.objects.count() < count:
            sold(Payment.objects.count() + 1)
        with django_assert_num_queries(7) as seen:
            assert money(since=ON, until=ON) == {MoneyKey(ON, RATE): D("27.60") * count}
        assert all("GROUP BY" in one["sql"] for one in seen.captured_queries)


def test_an_invoice_made_out_anew_to_a_firm_corrects_what_was_reported():
    invoice = sold()
    night()
    done = date(2027, 1, 6)
    reissue(invoice.pk, FIRM, reason="autre acheteur", words="demandé", on=done, actor=ACTOR, at=AT)
    assert night(done) == 2
    assert written_sales(**YEAR)[SaleKey(done, "TLB1", RATE)] == Sale(D("-27.03"), D("-0.57"), 1)
    # The money is now a firm's, whose invoice tells of it: the day that was reported is corrected, by a row of its own.
    assert list(EPaymentRow.objects.order_by("pk").values_list("day", "ttc")) == [(ON, D("27.60")), (ON, D("-27.60"))]
    assert written_money(**YEAR) == {MoneyKey(ON, RATE): D("0.00")}
    assert night(done) == 0


def test_nothing_before_the_reform(settings):
    settings.EREPORT_FROM = date(2027, 9, 1)
    sold()
    assert night(date(2027, 9, 30)) == 0


def test_reports_and_books_agree_and_a_difference_is_found():
    sold()
    night()
    assert list(audit.vat(AT)) == []
    EReportRow.objects.create(
        day=ON, category="TLB1", rate=RATE, ht=0, vat="0.10", ttc="0.10", documents=1, written_at=AT
    )
    assert list(audit.vat(AT)) == [("e-report:2027-01-04", "reports 0.67 of VAT, the books hold 0.57")]


def test_rows_are_evidence():
    sold()
    night()
    for table in ("ereportrow", "epaymentrow"):
        with (
            pytest.raises(Exception, match=r"refused|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM payments_{table}")
