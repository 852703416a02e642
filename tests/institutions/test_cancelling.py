"""An institution changes its mind: unpaid, half paid, paid, and after the first issue; credited to the cent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.invoicing.open_items import open_item, vat_due
from payments.models import Invoice, Transfer
from payments.transfers import giving_back
from payments.transfers.banking import make_file
from payments.vat import copies_value, split
from subscriptions.institutions.cancelling import CannotCancel, cancel, foresee
from subscriptions.institutions.pricing import discounted
from subscriptions.institutions.writing_off import CannotWriteOff, write_off
from subscriptions.models import Issue, Notice, Order
from subscriptions.notices.delivering import deliver
from subscriptions.transferring import came_back, mark_sent
from tests.institutions.papers import COLLEAGUE, all_is_well, books, take, transfer
from tests.makers import NOW, TODAY, make_magazine, make_offers, send_out

pytestmark = pytest.mark.django_db
IBAN = "FR1420041010050500013M02606"


@pytest.fixture(autouse=True)
def world():
    return make_offers(make_magazine())


def called_off(order):
    return cancel(order, reason="budget supprimé", actor=COLLEAGUE, at=NOW)


def posted(number):
    send_out(Issue.objects.get(number=number), on=TODAY, actor=COLLEAGUE, at=NOW)


def given_back(one, at=NOW):
    """The account is given, approved, and the bank carries it out."""
    giving_back.give_account(one.pk, holder="UNIV LYON", iban=IBAN, actor=COLLEAGUE, at=at)
    giving_back.approve(one.pk, actor=COLLEAGUE, at=at, reason="seule ce jour", alone=True, end=IBAN[-4:])
    file = make_file(on=TODAY, reason="virements du jour", actor=COLLEAGUE, at=at)
    return mark_sent(file, on=TODAY, reason="relevé", actor=COLLEAGUE, at=at)


def test_unpaid_nothing_is_left_in_the_books():
    ordered = take(quantity=3)
    seen = foresee(ordered.order)
    assert (seen.copies, str(seen.credited), str(seen.back), str(seen.left)) == (4, "82.80", "0.00", "0.00")
    called_off(ordered.order)
    note = Invoice.objects.get(kind="credit_note")
    assert (note.original, str(note.total_ttc.amount), note.reason) == (ordered.invoice, "82.80", "budget supprimé")
    assert books() == {}
    assert not Transfer.objects.exists()
    order, subscription = Order.objects.get(), ordered.term.subscription
    subscription.refresh_from_db()
    assert (order.state, subscription.state) == ("cancelled", "ended")
    all_is_well()
    with pytest.raises(CannotCancel) as refused:
        called_off(order)
    assert refused.value.code == "served"


def test_unpaid_after_the_first_issue_what_was_sent_is_still_to_pay():
    ordered = take()
    posted(25)
    called_off(ordered.order)
    assert books() == {"411": "6.90", "44574": "-0.14", "7011": "-6.76"}
    assert Order.objects.get().state == "invoiced"
    all_is_well()
    transfer(ordered.invoice, "6.90")
    assert books() == {"44571": "-0.14", "512": "6.90", "7011": "-6.76"}
    assert Order.objects.get().state == "paid"
    all_is_well()


def test_paid_whole_it_goes_back_by_transfer(settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"
    ordered = take()
    transfer(ordered.invoice, "27.60")
    called_off(ordered.order)
    assert books() == {"411": "-27.60", "44571": "-0.57", "44574": "0.57", "512": "27.60"}
    [back] = Transfer.objects.all()
    assert (str(back.amount.amount), back.because, back.customer) == ("27.60", "offline", ordered.order.customer)
    assert Notice.objects.filter(kind="transfer_account_wanted").count() == 1
    assert Order.objects.get().state == "paid"
    all_is_well()
    given_back(back)
    assert books() == {}
    all_is_well()
    # The bank sends it back: what was mirrored is owed again, and may leave again.
    anew = came_back(back.pk, on=TODAY, reason="compte clos", actor=COLLEAGUE, at=NOW)
    assert books() == {"411": "-27.60", "44571": "-0.57", "44574": "0.57", "512": "27.60"}
    all_is_well()
    given_back(anew, at=NOW + timedelta(hours=1))
    assert books() == {}
    all_is_well()


def test_paid_and_half_served_only_the_rest_goes_back(settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"
    ordered = take(quantity=3)
    transfer(ordered.invoice, "82.80")
    posted(25)
    posted(26)
    called_off(ordered.order)
    [back] = Transfer.objects.all()
    assert str(back.amount.amount) == "41.40"
    all_is_well()
    given_back(back)
    assert books() == {"44571": "-0.85", "512": "41.40", "7011": "-40.55"}
    all_is_well()


def test_half_paid_the_half_goes_back(settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"
    ordered = take(quantity=3)
    transfer(ordered.invoice, "50.00")
    seen = foresee(ordered.order)
    assert (str(seen.credited), str(seen.back), str(seen.left)) == ("82.80", "50.00", "0.00")
    called_off(ordered.order)
    [back] = Transfer.objects.all()
    assert str(back.amount.amount) == "50.00"
    assert Order.objects.get().state == "paid"
    all_is_well()
    given_back(back)
    assert books() == {}
    all_is_well()


def test_what_was_sent_and_is_not_paid_is_written_off_without_its_vat():
    ordered = take()
    with pytest.raises(CannotWriteOff) as refused:
        write_off(ordered.invoice, reason="liquidation", actor=COLLEAGUE, at=NOW)
    assert refused.value.code == "coming"
    posted(25)
    called_off(ordered.order)
    write_off(ordered.invoice, reason="liquidation", actor=COLLEAGUE, at=NOW)
    assert books() == {"654": "6.76", "7011": "-6.76"}
    assert Order.objects.get().state == "cancelled"
    all_is_well()
    with pytest.raises(CannotWriteOff) as refused:
        write_off(ordered.invoice, reason="encore", actor=COLLEAGUE, at=NOW)
    assert refused.value.code == "nothing"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quantity=st.integers(1, 40), parts=st.lists(st.integers(1, 400), max_size=3), served=st.integers(0, 3))
def test_whatever_is_paid_served_and_credited_the_books_say_it(quantity, parts, served):
    with transaction.atomic():
        ordered = take(quantity=quantity)
        whole = ordered.order.amount.amount
        paid = Decimal("0.00")
        for place, part in enumerate(parts):
            amount = min(Decimal(part), whole - paid)
            if amount > 0:
                transfer(ordered.invoice, str(amount), ref=f"VIR {place}")
                paid += amount
        for number in range(25, 25 + served):
            posted(number)
        called_off(ordered.order)
        item = open_item(ordered.invoice)
        kept = whole - item.credited
        assert item.left == kept - paid
        # VAT of what is kept waits for what is still to come, or was made due by what will go back.
        rate = ordered.order.vat_rate
        assert books().get("44574", "0.00") == str(split(paid, rate)[1] - split(kept, rate)[1] or "0.00")
        all_is_well()
        transaction.set_rollback(True)


@given(
    quantity=st.integers(1, 500),
    cents=st.integers(100, 20000),
    percent=st.integers(0, 1000),
    copies=st.integers(1, 12),
    rate=st.sampled_from([Decimal("2.10"), Decimal("1.05"), Decimal("0.00")]),
)
def test_splits_hold_for_any_number_of_copies(quantity, cents, percent, copies, rate):
    total = discounted(Decimal(cents) / 100, quantity=quantity, percent=Decimal(percent) / 100)
    values = copies_value(total, copies, rate)
    assert sum(values) == split(total, rate)[0]
    assert all(value >= 0 for value in values)


@given(
    total=st.integers(1, 10**7),
    cuts=st.lists(st.floats(0, 1), max_size=6),
    rate=st.sampled_from([Decimal("2.10"), Decimal("1.05")]),
)
def test_the_vat_of_the_parts_is_the_vat_of_the_whole(total, cuts, rate):
    stops = sorted({int(total * cut) for cut in cuts} | {0, total})
    euros = [Decimal(stop) / 100 for stop in stops]
    due = [vat_due(before, after, rate=rate) for before, after in pairwise(euros)]
    assert sum(due) == split(Decimal(total) / 100, rate)[1]
    assert all(part >= 0 for part in due)


def test_a_credit_note_for_which_no_money_goes_back_is_sent_to_whom_the_invoice_was(settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"
    unpaid = take(number="BC-2026-UNPAID")
    called_off(unpaid.order)
    letter = Notice.objects.get(kind="invoice_credited")
    note = Invoice.objects.get(kind="credit_note")
    assert (letter.customer_id, letter.facts) == (unpaid.invoice.customer_id, {"invoice_id": note.pk})
    # What the bank gives back is told with the transfer, which carries its credit note.
    paid = take(number="BC-2026-PAID", email="autre@univ.example")
    transfer(paid.invoice, "27.60")
    called_off(paid.order)
    assert Notice.objects.filter(kind="invoice_credited").count() == 1


def test_half_served_and_unpaid_the_letter_says_what_is_left_to_pay(mailoutbox):
    ordered = take()
    posted(25)
    called_off(ordered.order)
    deliver(20, at=NOW)
    letter = next(one for one in mailoutbox if "est réduite" in one.subject)
    note = Invoice.objects.get(kind="credit_note")
    assert note.reference in letter.subject
    assert [file.filename for file in letter.attachments] == [f"{note.reference}.pdf"]
    assert "Reste à régler : 6,90 €" in letter.body.replace("\u00a0", " ").replace("\u202f", " ")
