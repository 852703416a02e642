"""Part of a term given back: to the cent, never beyond what is left, once per yes, and the books agree afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments import refunds
from payments.audit import balance_of
from payments.gateway import RefundSeen
from payments.models import Act, DeskItem, Invoice, LedgerLine, Payment, Refund, Transfer
from payments.money import eur
from shop.watch.audit import breaches
from subscriptions import giving_part, moving
from subscriptions.giving_part import Why, give_part_back, part_of
from subscriptions.models import Entitlement, Notice, Order, Renewal, Subscription, Term
from subscriptions.refunding import CannotRefund, refund_in_full
from subscriptions.stopping.reading import contract_of
from subscriptions.stopping.terminating import end_now
from tests.makers import NOW
from tests.races.crowd import Meeting, together, troubles, without_locks
from tests.renewals.people import subscriber
from tests.stopping.people import JOB, credit_notes, posted, renewed, states, withdraws

pytestmark = pytest.mark.django_db
WHOLE = Decimal("27.60")


def gives(subscription, *, left=WHOLE, number=1, at=NOW, why="goodwill", **what):
    """Staff give part of a term back, having seen what is left."""
    term = Term.objects.get(subscription=subscription, number=number)
    return give_part_back(term.pk, left_shown=left, why=why, words="Appel du lecteur.", actor=JOB, at=at, **what)


def leaves(refund, at=NOW):
    """Stripe says that it has gone."""
    seen = RefundSeen(
        id=f"re_{refund.pk}", status="succeeded", amount_cents=0, currency="eur", payment_intent="", charge="",
        failure_reason="", metadata={}, balance_transaction="", created=at,
    )  # fmt: skip
    refunds.apply(seen, refund_id=refund.pk, actor=JOB, at=at)


def booked(source):
    """What one entry moves, account by account."""
    lines = LedgerLine.objects.filter(entry__source=source)
    return {line.account_id: line.debit - line.credit for line in lines}


@pytest.mark.parametrize(
    ("copies", "ttc", "ht", "vat", "left_4871", "stand"),
    [
        (1, "6.90", "6.76", "0.14", "20.27", "owed owed owed credited"),
        (2, "13.80", "13.52", "0.28", "13.51", "owed owed credited credited"),
        (3, "20.70", "20.27", "0.43", "6.76", "owed credited credited credited"),
        (4, "27.60", "27.03", "0.57", "0.00", "credited credited credited credited"),
    ],
)
def test_copies_from_the_end_cost_what_is_left_before_less_what_is_left_after(copies, ttc, ht, vat, left_4871, stand):
    subscription = subscriber()
    refund = gives(subscription, copies=copies, why="shorter")
    assert credit_notes() == [(Decimal(ttc), Decimal(ht), Decimal(vat))]
    assert (refund.amount, refund.state, states(subscription)) == (eur(ttc), "created", stand)
    assert -balance_of("487100") == Decimal(left_4871)
    assert breaches(NOW) == []
    note = Invoice.objects.get(kind="credit_note")
    assert note.original.kind == "invoice"
    assert note.reason == "abonnement écourté à la demande du lecteur"
    assert note.lines.get().name.endswith(
        {1: ": 1 numéro non servi (n°\u00a028)", 2: ": 2 numéros non servis (n°\u00a027 et 28)"}.get(copies, "")
    )
    act = Act.objects.get(verb="refunded in part")
    assert (act.reason, act.facts["amount"], act.facts["refund"]) == ("Appel du lecteur.", ttc, refund.pk)
    leaves(refund)
    assert balance_of("445740") == 0
    assert Notice.objects.get(kind="refund_sent").facts == {"refund_id": refund.pk}
    assert breaches(NOW) == []


def test_an_amount_takes_no_copy_and_comes_out_of_what_was_earned():
    subscription = subscriber()
    refund = gives(subscription, amount=Decimal("5.00"), why="damaged")
    assert states(subscription) == "owed owed owed owed"
    assert credit_notes() == [(Decimal("5.00"), Decimal("4.90"), Decimal("0.10"))]
    assert -balance_of("487100") == Decimal("27.03")
    note = Invoice.objects.get(kind="credit_note")
    assert booked(f"invoice:{note.pk}") == {
        "411000": Decimal("-5.00"), "445740": Decimal("0.10"), "701100": Decimal("4.90"),
    }  # fmt: skip
    assert note.lines.get().name.endswith(": numéro abîmé")
    leaves(refund)
    assert booked(f"refund:{refund.pk}") == {
        "411000": Decimal("5.00"), "517000": Decimal("-5.00"), "445712": Decimal("0.10"), "445740": Decimal("-0.10"),
    }  # fmt: skip
    assert breaches(NOW) == []


def test_several_parts_add_up_to_the_invoice_and_no_further():
    subscription = subscriber()
    posted(25, on=date(2026, 12, 15))
    gives(subscription, copies=1)
    gives(subscription, left=Decimal("20.70"), copies=2)
    gives(subscription, left=Decimal("6.90"), amount=Decimal("6.90"))
    assert sum(note[0] for note in credit_notes()) == WHOLE
    assert sum(note[1] for note in credit_notes()) == Decimal("27.03")
    assert states(subscription) == "owed owed credited credited" or states(subscription).count("credited") == 3
    for what in ({"copies": 1}, {"amount": Decimal("0.01")}):
        with pytest.raises(CannotRefund):
            gives(subscription, left=Decimal("0.00"), **what)
    assert Refund.objects.count() == 3
    assert breaches(NOW) == []


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"copies": 5}, "copies"),
        ({"amount": Decimal("27.61")}, "too_much"),
        ({"amount": Decimal("0.00")}, "nothing"),
        ({}, "nothing"),
        ({"amount": Decimal("-1.00")}, "nothing"),
        ({"amount": Decimal("10.01"), "limit": Decimal("10.00")}, "limit"),
        ({"copies": 2, "limit": Decimal("13.79")}, "limit"),
    ],
)
def test_what_cannot_be_given_back(what, code):
    subscription = subscriber()
    with pytest.raises(CannotRefund) as refused:
        gives(subscription, **what)
    assert refused.value.code == code
    assert (Refund.objects.count(), credit_notes(), states(subscription)) == (0, [], "owed owed owed owed")


def test_the_limit_counts_what_was_given_back_before():
    subscription = subscriber()
    gives(subscription, amount=Decimal("6.00"), limit=Decimal("10.00"))
    with pytest.raises(CannotRefund) as refused:
        gives(subscription, left=Decimal("21.60"), amount=Decimal("4.01"), limit=Decimal("10.00"))
    assert refused.value.code == "limit"
    gives(subscription, left=Decimal("21.60"), amount=Decimal("4.00"), limit=Decimal("10.00"))


def test_no_refund_while_the_bank_disputes_the_payment():
    subscription = subscriber()
    payment = Payment.objects.get()
    DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{payment.pk}", sentence="…", opened_at=NOW
    )
    with pytest.raises(CannotRefund) as refused:
        gives(subscription, copies=1)
    assert refused.value.code == "disputed"
    DeskItem.objects.update(closed_at=NOW, closed_by="job:tests")
    assert gives(subscription, copies=1).amount == eur("6.90")


def test_the_same_yes_twice_is_one_refund():
    subscription = subscriber()
    gives(subscription, copies=1)
    with pytest.raises(CannotRefund) as refused:
        gives(subscription, copies=1)
    assert refused.value.code == "changed"
    assert Refund.objects.count() == 1


def test_after_a_part_a_withdrawal_gives_back_the_rest_and_no_more():
    subscription = subscriber()
    gives(subscription, amount=Decimal("5.00"))
    declared = withdraws(subscription)
    assert (declared.effect, declared.refund.amount) == ("withdrawn", eur("22.60"))
    assert [note[0] for note in credit_notes()] == [Decimal("5.00"), Decimal("22.60")]
    assert sum(note[1] for note in credit_notes()) == Decimal("27.03")
    assert (states(subscription), balance_of("487100")) == ("void void void void", Decimal("0.00"))
    for refund in Refund.objects.order_by("pk"):
        leaves(refund)
    assert breaches(NOW) == []


def test_after_a_part_an_end_gives_back_what_is_left_of_the_price_at_most():
    subscription = subscriber()
    posted(25, on=date(2026, 12, 15))
    gives(subscription, amount=Decimal("10.00"))
    [given] = end_now(subscription.pk, "illness", actor=JOB, at=NOW, reason="Hospitalisé.")
    assert given.amount == Decimal("17.60")
    assert balance_of("487100") == 0
    assert breaches(NOW) == []


def test_when_all_the_price_went_back_before_the_copies_end_without_money():
    subscription = subscriber()
    gives(subscription, amount=WHOLE)
    assert end_now(subscription.pk, "illness", actor=JOB, at=NOW, reason="Hospitalisé.") == []
    assert (states(subscription), balance_of("487100")) == ("void void void void", Decimal("0.00"))
    assert breaches(NOW) == []


def test_a_full_refund_after_a_part_takes_the_rest():
    subscription = subscriber()
    gives(subscription, copies=1)
    order = subscription.terms.get().order
    assert refund_in_full(order, reason="Demande.", actor=JOB, at=NOW).amount == eur("20.70")
    with pytest.raises(CannotRefund):
        refund_in_full(order, reason="Demande.", actor=JOB, at=NOW)
    assert breaches(NOW) == []


def test_the_second_year_is_given_back_from_its_own_payment():
    subscription = subscriber()
    later = date(2027, 11, 23)
    year = renewed(subscription)
    at = year.created_at + timedelta(hours=1)
    refund = gives(subscription, number=2, copies=2, at=at)
    assert (refund.payment_id, refund.amount, year.starts_on) == (year.payment_id, eur("13.80"), later)
    assert part_of(contract_of(subscription=subscription.pk), year, copies=1).left_before == Decimal("13.80")


def test_an_old_debit_goes_by_transfer():
    subscription = subscriber(kind="sepa_debit")
    at = NOW + timedelta(days=181)
    assert gives(subscription, copies=1, at=at) is None
    transfer = Transfer.objects.get()
    assert (transfer.amount, transfer.because, transfer.state) == (eur("6.90"), "too_old", "asked")
    assert Notice.objects.get(kind="transfer_account_wanted").facts == {"transfer_id": transfer.pk}
    with pytest.raises(CannotRefund) as refused:
        gives(subscription, left=Decimal("20.70"), amount=Decimal("20.71"), at=at)
    assert refused.value.code == "too_much"
    assert [one for one in breaches(at) if one[0] not in ("TOLD", "MIRROR")] == []


def test_the_database_itself_refuses_more_than_was_received():
    subscriber()
    payment = Payment.objects.get()
    facts = {
        "payment": payment, "reason": "x", "actor": "job:tests", "created_at": NOW, "state_since": NOW,
    }  # fmt: skip
    Refund.objects.create(reference="RMB-1", idempotency_key="1", amount=eur("20.00"), **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(reference="RMB-2", idempotency_key="2", amount=eur("7.61"), **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(reference="VIR-1", amount=eur("7.61"), because="failed", **facts)
    Transfer.objects.create(reference="VIR-2", amount=eur("7.60"), because="failed", **facts)


def test_every_reason_of_the_list_has_words_for_staff():
    from shop.backoffice.acts_refunds import WHY

    assert set(WHY) == set(Why)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_two_colleagues_at_once_give_one_refund(monkeypatch, locked):
    subscription = subscriber()
    meeting = Meeting(2)
    monkeypatch.setattr(giving_part, "move_copies", meeting.before(moving.move_copies))
    if not locked:
        without_locks(monkeypatch, Payment, Order, Renewal, Subscription, Entitlement)
    done = together([lambda: gives(subscription, copies=1)] * 2, meeting=meeting)
    if locked:
        [refused] = troubles(done)
        assert (refused.code, meeting.largest, Refund.objects.count()) == ("changed", 1, 1)
        assert breaches(NOW) == []
    else:
        assert (meeting.largest, Refund.objects.count()) == (2, 2), "this is what the lock is for"
