"""A dispute holds the copies of what it is about until the bank has decided (design, section 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.audit import balance_of
from payments.disputes import disputed_payments
from payments.disputing import apply, due
from payments.models import DeskItem, Dispute, DisputeEvent, Payment, Refund
from payments.money import eur
from payments.refunds import left_of
from shop.watch.audit import breaches
from subscriptions.models import Entitlement, EntitlementMovement, Issue, Notice, Order, Subscription, Term, TermUndone
from subscriptions.pausing.holding import pause, resume
from subscriptions.refunding import CannotRefund, refund_in_full
from subscriptions.stopping import following_up
from tests.disputes.people import BANK, disputed, says
from tests.makers import NOW, READER, close_file
from tests.renewals.days import noon, plan_on, the_renewal
from tests.renewals.people import announced, subscriber
from tests.stopping.people import credit_notes, posted, renewed, states, withdraws

pytestmark = pytest.mark.django_db
AFTER = NOW + timedelta(days=60)


def issues(subscription):
    """The issues of its copies that are still to come or came, by term and rank."""
    terms = Term.objects.filter(subscription=subscription).order_by("number")
    copies = [copy for term in terms for copy in term.entitlements.select_related("issue").order_by("rank")]
    return [copy.issue.number if copy.issue else None for copy in copies]


def test_a_dispute_holds_what_is_owed():
    subscription = subscriber()
    payment = Payment.objects.get()
    found = disputed(payment)
    assert (states(subscription), disputed_payments()) == ("held held held held", {payment.pk})
    held = EntitlementMovement.objects.filter(kind="hold")
    assert set(held.values_list("reason", flat=True)) == {"the bank disputes its payment"}
    assert held.count() == 4
    assert (found.state, found.settled_at) == ("open", None)
    item = DeskItem.objects.get()
    assert (item.desk, item.kind, item.subject) == ("finance", "charge.dispute.created", f"payment:{payment.pk}")
    assert item.sentence.replace("\u00a0", " ").replace("\u202f", " ") == (
        f"{payment.reference} : 27,60 € contestés à la banque (motif : numéros non reçus). "
        "Réponse à donner avant le 03/12/2026."
    )
    assert (balance_of("467000"), balance_of("517000")) == (Decimal("27.60"), 0)
    assert breaches(NOW) == []


def test_won_the_copies_come_with_the_next_issues_and_r_follows():
    subscription = subscriber()
    payment = Payment.objects.get()
    disputed(payment)
    posted(25, on=date(2026, 12, 15))
    assert (states(subscription), issues(subscription)) == ("held held held held", [25, 26, 27, 28])
    found = disputed(payment, "won", at=AFTER)
    assert (states(subscription), issues(subscription)) == ("owed owed owed owed", [26, 27, 28, 29])
    assert (found.state, found.settled_at, disputed_payments()) == ("won", AFTER, set())
    assert not DeskItem.objects.filter(closed_at=None).exists()
    assert (balance_of("467000"), balance_of("517000"), left_of(payment)) == (0, Decimal("27.60"), Decimal("27.60"))
    assert breaches(NOW) == []


def test_what_was_planned_ends_and_is_planned_anew_for_the_day_that_r_has_moved_to():
    """The last copy comes with n° 29, on 15 December 2027, no longer with n° 28: R is the day after."""
    subscription = subscriber()
    payment = Payment.objects.get()
    plan_on(date(2027, 9, 9))
    assert the_renewal(subscription).renews_on == date(2027, 11, 23)
    posted(25, on=date(2026, 12, 15))
    disputed(payment, at=noon(date(2027, 9, 10)))
    plan_on(date(2027, 9, 10))
    assert (the_renewal(subscription).state, states(subscription)) == ("cancelled", "served held held held")
    for number, on in ((26, date(2027, 3, 15)), (27, date(2027, 6, 15)), (28, date(2027, 9, 15))):
        posted(number, on=on)
    at = noon(date(2027, 10, 2))
    disputed(payment, "won", at=at)
    assert issues(subscription) == [25, 29, None, None]
    plan = the_renewal(subscription)
    assert (plan.state, plan.renews_on) == ("planned", date(2027, 12, 16))


def test_lost_after_one_copy_the_rest_is_credited_and_the_copy_is_a_loss():
    """law.md 6.3: 4871 20.27 ; 445712 0.43 ; 654 6.90 against 467 27.60."""
    subscription = subscriber()
    renewal = announced(subscription, renews_on=date(2027, 11, 23))
    payment = Payment.objects.get()
    posted(25, on=date(2026, 12, 15))
    disputed(payment)
    found = disputed(payment, "lost", at=AFTER)
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert states(subscription) == "served credited credited credited"
    assert (subscription.state, subscription.renewal, renewal.state) == ("ended", "fixed", "cancelled")
    assert credit_notes() == [(Decimal("20.70"), Decimal("20.27"), Decimal("0.43"))]
    letter = Notice.objects.get(kind="dispute_lost")
    assert (letter.customer, letter.facts) == (subscription.payer, {"dispute_id": found.pk})
    assert found.credit_note is not None
    assert [balance_of(account) for account in ("467000", "487100", "411000", "445740", "517000")] == [0, 0, 0, 0, 0]
    assert (balance_of("654000"), balance_of("701100")) == (Decimal("6.90"), Decimal("-6.76"))
    assert balance_of("445712") == Decimal("-0.14")
    assert (left_of(payment), TermUndone.objects.count()) == (0, 1)
    assert not DeskItem.objects.filter(closed_at=None).exists()
    assert breaches(NOW) == []


def test_lost_before_any_copy_the_whole_invoice_is_credited():
    subscription = subscriber(renewal="fixed")
    disputed(Payment.objects.get())
    disputed(Payment.objects.get(), "lost", at=AFTER)
    assert states(subscription) == "credited credited credited credited"
    assert credit_notes() == [(Decimal("27.60"), Decimal("27.03"), Decimal("0.57"))]
    assert (balance_of("654000"), balance_of("445712"), balance_of("487100")) == (0, 0, 0)
    assert breaches(NOW) == []


def test_lost_in_part_every_copy_comes_and_finance_decides():
    subscription = subscriber()
    payment = Payment.objects.get()
    disputed(payment, cents=690)
    assert states(subscription) == "held held held held"
    disputed(payment, "lost", cents=690, at=AFTER)
    assert (states(subscription), issues(subscription)) == ("owed owed owed owed", [26, 27, 28, 29])
    assert (balance_of("654000"), balance_of("467000"), left_of(payment)) == (Decimal("6.90"), 0, Decimal("20.70"))
    item = DeskItem.objects.get(closed_at=None)
    assert (item.desk, item.kind, item.subject) == ("finance", "dispute_lost_in_part", f"payment:{payment.pk}")
    assert not Notice.objects.filter(kind="dispute_lost").exists()
    assert breaches(NOW) == []


def test_of_two_years_only_the_disputed_one_is_held_and_lost():
    subscription = subscriber()
    term = renewed(subscription)
    later = datetime(2028, 1, 10, 9, 0, tzinfo=UTC)
    disputed(term.payment, at=later)
    assert states(subscription) == "owed owed owed owed held held held held"
    disputed(term.payment, "lost", at=later)
    subscription.refresh_from_db()
    assert states(subscription) == "owed owed owed owed credited credited credited credited"
    assert (subscription.state, subscription.renewal) == ("active", "fixed")
    assert breaches(NOW) == []


def test_what_a_pause_holds_waits_for_both():
    """The pause is over first, the dispute later; and the other way round."""
    subscription = subscriber()
    payment = Payment.objects.get()
    pause(subscription.pk, [25], actor=READER, at=NOW, reason="")
    disputed(payment)
    posted(25, on=date(2026, 12, 15))
    assert (states(subscription), issues(subscription)) == ("held held held held", [26, 27, 28, 29])
    disputed(payment, "won", at=AFTER)
    assert (states(subscription), issues(subscription)) == ("owed owed owed owed", [26, 27, 28, 29])
    assert breaches(NOW) == []


def test_a_pause_outlives_a_dispute():
    subscription = subscriber()
    payment = Payment.objects.get()
    [paused], _foreseen = pause(subscription.pk, [25], actor=READER, at=NOW, reason="")
    disputed(payment)
    resume(subscription.pk, [paused.pk], actor=READER, at=NOW, reason="")
    assert (states(subscription), issues(subscription)) == ("held held held held", [25, 26, 27, 28])
    pause(subscription.pk, [26], actor=READER, at=NOW, reason="")
    disputed(payment, "won")
    assert (states(subscription), issues(subscription)) == ("owed held owed owed", [25, 27, 28, 29])
    assert breaches(NOW) == []


@pytest.mark.parametrize(
    ("ends", "after"), [("won", "void void void void"), ("lost", "credited credited credited credited")]
)
def test_a_withdrawal_waits_for_the_bank_and_is_paid_once(ends, after):
    """Won, the shop gives the money back; lost, the bank has done so, and nothing more is owed."""
    subscription = subscriber()
    payment = Payment.objects.get()
    disputed(payment)
    declared = withdraws(subscription)
    assert (declared.effect, declared.refund) == ("withdrawn_waits", None)
    disputed(payment, ends, at=AFTER)
    for _twice in range(2):
        following_up.give_back_waiting(actor=BANK, at=AFTER, limit=20)
    subscription.refresh_from_db()
    assert (subscription.state, states(subscription)) == ("ended", after)
    assert Refund.objects.count() == (1 if ends == "won" else 0)
    assert breaches(NOW) == []


@pytest.mark.parametrize("ends", ["won", "lost"])
def test_a_withdrawal_that_the_bank_has_paid_is_not_late(ends):
    """It waits for a file, and has a last day of its own; then the dispute comes."""
    subscription = subscriber()
    close_file(Issue.objects.get(number=25), on=NOW.date(), at=NOW)
    declared = withdraws(subscription)
    disputed(Payment.objects.get())
    posted(25, on=date(2026, 12, 1))
    disputed(Payment.objects.get(), ends, at=AFTER)
    assert states(subscription) == ("served held held held" if ends == "won" else "served credited credited credited")
    overdue = following_up.watch_deadlines(on=AFTER.date(), actor=BANK, at=AFTER)
    late = DeskItem.objects.filter(closed_at=None, subject=f"declaration:{declared.pk}")
    assert (overdue, late.exists()) == ((1, True) if ends == "won" else (0, False))


def test_an_owner_that_raises_does_not_lose_the_fact(monkeypatch):
    subscriber()
    payment = Payment.objects.get()
    disputed(payment)
    with monkeypatch.context() as patched:
        patched.setattr("subscriptions.disputing.credit_rest", None)
        found = disputed(payment, "lost", at=AFTER)
    assert (found.state, found.settled_at, disputed_payments()) == ("lost", None, {payment.pk})
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"held"}
    assert DeskItem.objects.get(kind="dispute_parked").closed_at is None
    assert due(at=AFTER, limit=10) == [(found.stripe_dispute, payment.pk)]
    disputed(payment, "lost", at=AFTER)
    assert due(at=AFTER, limit=10) == []
    assert not DeskItem.objects.filter(closed_at=None).exists()
    assert breaches(NOW) == []


def test_an_inquiry_holds_and_takes_nothing():
    subscription = subscriber()
    payment = Payment.objects.get()
    disputed(payment, "warning_needs_response")
    assert (states(subscription), balance_of("467000")) == ("held held held held", 0)
    disputed(payment, "warning_closed", at=AFTER)
    assert (states(subscription), Dispute.objects.get().state) == ("owed owed owed owed", "won")
    assert breaches(NOW) == []


def test_heard_of_only_when_it_is_over():
    subscription = subscriber()
    disputed(Payment.objects.get(), "won")
    assert (states(subscription), issues(subscription)) == ("owed owed owed owed", [25, 26, 27, 28])
    assert list(DisputeEvent.objects.values_list("from_state", "to_state")) == [("", "open"), ("open", "won")]
    assert breaches(NOW) == []


def test_of_two_disputes_of_one_payment_the_last_lets_go():
    subscription = subscriber()
    payment = Payment.objects.get()
    disputed(payment, "warning_needs_response", name="du_1")
    disputed(payment, "warning_needs_response", name="du_2")
    disputed(payment, "warning_closed", name="du_1", at=AFTER)
    assert states(subscription) == "held held held held"
    disputed(payment, "warning_closed", name="du_2", at=AFTER)
    assert states(subscription) == "owed owed owed owed"


def test_what_was_decided_stands_and_news_to_the_contrary_are_finances():
    subscription = subscriber()
    payment = Payment.objects.get()
    disputed(payment)
    disputed(payment, "lost", at=AFTER)
    disputed(payment, "won", at=AFTER)
    assert Dispute.objects.get().state == "lost"
    assert DeskItem.objects.get(closed_at=None).kind == "dispute_turned"
    assert Subscription.objects.get(pk=subscription.pk).state == "ended"


def test_what_comes_back_of_a_lost_dispute_is_finances():
    subscriber()
    payment = Payment.objects.get()
    disputed(payment, "lost")
    back = replace(says(payment, "lost"), returned_cents=2760)
    for _twice in range(2):
        apply(back, payment_id=payment.pk, actor=BANK, at=AFTER)
    item = DeskItem.objects.get(closed_at=None)
    assert item.kind == "dispute_turned"
    assert "perdue chez nous" in item.sentence
    assert breaches(NOW) == []


def test_won_it_is_asked_about_until_the_money_has_come_back():
    subscriber()
    payment = Payment.objects.get()
    found = apply(replace(says(payment, "won"), returned_cents=0), payment_id=payment.pk, actor=BANK, at=NOW)
    assert found.settled_at == NOW
    assert due(at=NOW, limit=10) == []
    assert due(at=AFTER, limit=10) == [(found.stripe_dispute, payment.pk)]
    disputed(payment, "won", at=AFTER)
    assert due(at=AFTER + timedelta(days=2), limit=10) == []
    assert (balance_of("467000"), balance_of("517000")) == (0, Decimal("27.60"))


def test_what_the_bank_took_for_good_is_not_refunded_with_the_order():
    """It took ten euros of a dispute that ended in our favour: what is left is given back as a part."""
    subscription = subscriber(renewal="fixed")
    payment = Payment.objects.get()
    kept = replace(says(payment, "won", cents=1000), returned_cents=0)
    apply(kept, payment_id=payment.pk, actor=BANK, at=NOW)
    with pytest.raises(CannotRefund) as refused:
        refund_in_full(Order.objects.get(), reason="Demande.", actor=BANK, at=NOW)
    assert (refused.value.code, states(subscription)) == ("bank", "owed owed owed owed")
    assert left_of(payment) == Decimal("17.60")
    with transaction.atomic(), pytest.raises(IntegrityError, match="would be given back"):
        Refund.objects.create(
            reference="RMB-X", payment=payment, amount=eur("27.60"), reason="x", actor="x", idempotency_key="x",
            created_at=NOW, state_since=NOW,
        )  # fmt: skip


def test_the_audit_finds_what_stays_held_though_a_pause_has_given_it_another_issue():
    subscription = subscriber()
    disputed(Payment.objects.get())
    pause(subscription.pk, [25], actor=READER, at=NOW, reason="")
    Dispute.objects.update(state="won", settled_at=NOW, returned=Decimal("27.60"))
    found = [one for one in breaches(NOW) if one[2] == "still held though no dispute is open"]
    assert len(found) == 3, "the fourth is the pause's by now"
