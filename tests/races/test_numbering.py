"""A thousand invoices at once: no gap, no double, no deadlock; and what happens without the lock."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments import audit
from payments.actors import job
from payments.invoicing import issuing, numbering
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, credit_in_full, issue
from payments.models import Invoice, InvoiceSeries, LedgerEntry
from tests.makers import NOW, TODAY
from tests.races.crowd import Meeting, together, troubles, without_locks

pytestmark = pytest.mark.django_db(transaction=True)
BUYER = Buyer(kind="consumer", name="Élodie Lefèvre", address=("1 RUE DE LA PAIX", "75002 PARIS"), country="FR")


class Change(Exception):
    """Somebody changed their mind inside the transaction."""


def draft(subject: str, *, on: date = TODAY) -> InvoiceDraft:
    return InvoiceDraft(
        subject=subject,
        customer_id=None,
        payment_id=None,
        buyer=BUYER,
        vat_zone="FR_METRO",
        vat_rate=Decimal("2.10"),
        legal_mention="",
        lines=(LineDraft(name="Abonnement d’un an", ttc=Decimal("27.60")),),
        supplied_on=on,
        due_on=on,
    )


def write(subject: str, *, on: date = TODAY) -> Invoice:
    with transaction.atomic():
        return issue([draft(subject, on=on)], on=on, actor=job("test"), at=NOW)[0]


def change_their_mind(subject: str, *, on: date) -> None:
    with transaction.atomic():
        issue([draft(subject, on=on)], on=on, actor=job("test"), at=NOW)
        raise Change


def test_a_thousand_invoices_of_eight_connections_have_no_gap_no_double_and_no_deadlock():
    write("order:first", on=TODAY)

    def clerk(name: int):
        # Half of the clerks already live on the next day; now and then one changes their mind at the last moment.
        on = TODAY + timedelta(days=name % 2)

        def work() -> list[str]:
            references = []
            for turn in range(125):
                if turn % 10 == 3:
                    with pytest.raises(Change):
                        change_their_mind(f"order:{name}-{turn}-x", on=on)
                references.append(write(f"order:{name}-{turn}", on=on).reference)
            return references

        return work

    results = together([clerk(name) for name in range(8)])
    assert troubles(results) == []
    given = [reference for references in results for reference in references]
    assert sorted(given) == [f"F{TODAY.year}-{number:06d}" for number in range(2, 1002)]
    for references in results:
        assert references == sorted(references)
    rows = list(Invoice.objects.order_by("number").values_list("number", "issued_on"))
    assert [number for number, _on in rows] == list(range(1, 1002))
    assert [on for _number, on in rows] == sorted(on for _number, on in rows)
    assert {on for _number, on in rows} == {TODAY, TODAY + timedelta(days=1)}
    series = InvoiceSeries.objects.get()
    assert (series.last_number, series.last_issued_on) == (1001, TODAY + timedelta(days=1))
    assert LedgerEntry.objects.count() == 1001
    assert list(audit.numbered(NOW)) == []
    assert list(audit.vat(NOW)) == []


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_the_lock_on_the_series_is_what_keeps_two_writers_apart(monkeypatch, locked):
    """Both writers are held between reading the counter and writing their invoice, if nothing else holds them."""
    write("order:first")
    meeting = Meeting(2)
    monkeypatch.setattr(issuing, "number", meeting.before(numbering.number))
    if not locked:
        without_locks(monkeypatch, InvoiceSeries)
    results = together([lambda: write("order:a").number, lambda: write("order:b").number], meeting=meeting)
    if locked:
        assert meeting.largest == 1
        assert sorted(results) == [2, 3]
    else:
        assert meeting.largest == 2
        [refused] = troubles(results)
        assert isinstance(refused, IntegrityError)
        assert [result for result in results if result is not refused] == [2]
    assert list(audit.numbered(NOW)) == []


def test_the_first_invoice_of_a_year_makes_its_series_once():
    results = together([lambda name=name: write(f"order:{name}").number for name in range(8)])
    assert sorted(results) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert InvoiceSeries.objects.count() == 1


def test_a_batch_takes_its_numbers_in_one_piece_whoever_else_writes():
    def batch(name: int):
        def work() -> list[int]:
            with transaction.atomic():
                drafts = [draft(f"order:{name}-{line}") for line in range(25)]
                return [invoice.number for invoice in issue(drafts, on=TODAY, actor=job("test"), at=NOW)]

        return work

    results = together([batch(name) for name in range(8)])
    assert troubles(results) == []
    for numbers in results:
        assert numbers == list(range(numbers[0], numbers[0] + 25))
    assert sorted(number for numbers in results for number in numbers) == list(range(1, 201))
    assert list(audit.numbered(NOW)) == []


def test_one_invoice_credited_by_eight_at_once_is_credited_once():
    invoice = write("order:1")

    def credit() -> str:
        unserved = Decimal("27.03")
        return credit_in_full(
            invoice, reason="rétractation", unserved_ht=unserved, on=TODAY, actor=job("test"), at=NOW
        ).reference

    results = together([credit] * 8)
    assert [result for result in results if isinstance(result, str)] == [f"A{TODAY.year}-000001"]
    assert {type(trouble) for trouble in troubles(results)} == {issuing.AlreadyCredited}
    assert list(audit.numbered(NOW)) == []
