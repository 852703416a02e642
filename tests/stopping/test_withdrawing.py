"""« Renoncer au contrat ici »: everything paid goes back, nothing more is sent or charged; or it waits, and says so."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.gateway import IntentSeen, Outcome
from payments.models import DeskItem, Payment, Refund
from payments.refunds import request
from payments.settling import News, apply
from shop.watch.audit import breaches
from subscriptions.models import Declaration, DeclarationEvent, Issue, Notice, Order, RenewalChoice, Subscription, Term
from subscriptions.orders.following import Situation, situation
from subscriptions.orders.placing import payment_of
from subscriptions.stopping import following_up
from tests.makers import NOW, READER, close_file, make_magazine, make_offers, make_wish, place_order
from tests.renewals.people import announced, subscriber
from tests.stopping.people import (
    EMAIL,
    JOB,
    credit_notes,
    declares,
    posted,
    refund_of,
    states,
    terminates,
    withdraws,
)

pytestmark = pytest.mark.django_db


def test_before_the_first_issue_everything_goes_back():
    subscription = subscriber()
    renewal = announced(subscription, renews_on=date(2027, 11, 23))
    declared = withdraws(subscription)
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert (declared.state, declared.effect, declared.effective_on) == ("applied", "withdrawn", NOW.date())
    assert declared.refund_due_on == date(2026, 12, 7)
    assert refund_of(declared) == (Decimal("27.60"), "created")
    assert (subscription.state, subscription.renewal, renewal.state) == ("ended", "fixed", "cancelled")
    assert states(subscription) == "void void void void"
    assert credit_notes() == [(Decimal("27.60"), Decimal("27.03"), Decimal("0.57"))]
    assert balance_of("487100") == 0
    choice = RenewalChoice.objects.get()
    assert (choice.automatic, choice.declaration_id) == (False, declared.pk)
    assert breaches(NOW) == []


def test_after_the_first_issue_its_revenue_is_taken_back_too():
    """law.md 6.3: 4871 20.27, 7011 6.76, VAT 0.57 against 411 27.60."""
    subscription = subscriber(renewal="fixed")
    posted(25, on=date(2026, 12, 15))
    declared = withdraws(subscription, at=NOW + timedelta(days=40))
    assert (declared.effect, refund_of(declared)[0]) == ("withdrawn", Decimal("27.60"))
    assert states(subscription) == "served void void void"
    assert (balance_of("487100"), balance_of("701100"), balance_of("445740")) == (0, 0, Decimal("0.57"))
    assert breaches(NOW) == []


def test_after_its_time_a_person_decides_and_no_further_year_is_charged():
    subscription = subscriber()
    renewal = announced(subscription, renews_on=date(2027, 11, 23))
    posted(25, on=date(2026, 12, 15))
    declared = withdraws(subscription, at=NOW + timedelta(days=60))
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert (declared.state, declared.effect, declared.refund_due_on) == ("on_desk", "withdrawal_late", None)
    assert (subscription.state, subscription.renewal, renewal.state) == ("active", "fixed", "cancelled")
    item = DeskItem.objects.get()
    assert (item.desk, item.kind, item.subject) == ("support", "declaration_late", f"declaration:{declared.pk}")
    assert Refund.objects.count() == 0
    letter = Notice.objects.get(kind="withdrawal_acknowledged")
    assert (
        letter.facts["sentence"]
        .replace("\u00a0", " ")
        .startswith("Le délai de rétractation de ce contrat est passé depuis le 12 janvier 2027.")
    )


def test_a_copy_in_a_file_lets_the_money_wait_and_the_rest_stand_still():
    subscription = subscriber()
    close_file(Issue.objects.get(number=25), on=NOW.date(), at=NOW)
    declared = withdraws(subscription)
    subscription.refresh_from_db()
    assert (declared.effect, declared.refund, declared.refund_due_on) == ("withdrawn_waits", None, date(2026, 12, 7))
    assert (subscription.state, subscription.renewal) == ("active", "fixed")
    assert states(subscription) == "assigned held held held"
    again = withdraws(subscription)
    assert (again.state, again.effect, again.refund_due_on) == ("applied", "already_over", None)
    assert following_up.give_back_waiting(actor=JOB, at=NOW, limit=20) == 0
    posted(25, on=date(2026, 12, 1))
    later = NOW + timedelta(days=8)
    assert [following_up.give_back_waiting(actor=JOB, at=later, limit=20) for _twice in range(2)] == [1, 0]
    declared.refresh_from_db()
    assert refund_of(declared) == (Decimal("27.60"), "created")
    subscription.refresh_from_db()
    assert (subscription.state, states(subscription)) == ("ended", "served void void void")
    assert breaches(NOW) == []


def test_a_dispute_lets_the_money_wait():
    subscription = subscriber()
    payment = Payment.objects.get()
    dispute = DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{payment.pk}", sentence="x", opened_at=NOW
    )
    declared = withdraws(subscription)
    assert (declared.effect, declared.refund) == ("withdrawn_waits", None)
    dispute.closed_at, dispute.closed_by = NOW, "x"
    dispute.save()
    assert following_up.give_back_waiting(actor=JOB, at=NOW, limit=20) == 1
    declared.refresh_from_db()
    assert refund_of(declared)[0] == Decimal("27.60")


def test_those_that_wait_keep_nobody_else_waiting():
    """One is disputed for months, one cannot be prepared; a third one's file has been posted."""
    subscriptions = [subscriber() for _number in range(3)]
    payments = list(Payment.objects.order_by("pk"))
    close_file(Issue.objects.get(number=25), on=NOW.date(), at=NOW)
    declared = [withdraws(one) for one in subscriptions]
    posted(25, on=date(2026, 12, 1))
    DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{payments[0].pk}", sentence="x", opened_at=NOW
    )
    request(payments[1], amount=payments[1].amount, reason="x", actor=JOB, at=NOW)
    assert following_up.give_back_waiting(actor=JOB, at=NOW + timedelta(days=8), limit=1) == 1
    for one in declared:
        one.refresh_from_db()
    assert [one.refund is not None for one in declared] == [False, False, True]
    assert DeskItem.objects.get(kind="refund_by_hand").subject == f"declaration:{declared[1].pk}"


def order(kind="card", state=None):
    placed = place_order(make_wish(make_offers(make_magazine())["fixed"]))
    if state:
        apply([News(payment_of(placed).pk, state, intent=seen(payment_of(placed), kind, state))], actor=READER, at=NOW)
    return placed


def seen(payment, kind, outcome):
    return IntentSeen(
        id=f"pi_{payment.pk}", outcome=outcome, status="", amount_cents=2760, currency="eur",
        amount_received=2760 if outcome == Outcome.SUCCEEDED else 0, customer="cus_1", payment_method="",
        charge=f"ch_{payment.pk}", decline=None, metadata={}, created=NOW, livemode=False, method_kind=kind,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("declares_", "effect"), [(withdraws, "withdrawn_unpaid"), (terminates, "order_cancelled")], ids=["withdraw", "end"]
)
def test_an_order_that_is_not_paid_is_cancelled_and_late_money_goes_back(declares_, effect):
    placed = order()
    declared = declares_(placed.reference.lower())
    placed.refresh_from_db()
    assert (declared.state, declared.effect, declared.order_id) == ("applied", effect, placed.pk)
    assert (placed.state, declared.refund_due_on) == ("cancelled", None)
    assert situation(placed, payment_of(placed)) == Situation.CANCELLED
    # The page was never sent to Stripe: closing it needs nobody.
    [page] = following_up.open_pages(at=NOW, limit=20)
    assert following_up.close_page(page, actor=JOB, at=NOW)
    assert following_up.open_pages(at=NOW, limit=20) == []
    payment = payment_of(placed)
    apply([News(payment.pk, Outcome.SUCCEEDED, intent=seen(payment, "card", Outcome.SUCCEEDED))], actor=READER, at=NOW)
    payment.refresh_from_db()
    assert (payment.surplus, Refund.objects.get().amount.amount) == (True, Decimal("27.60"))
    assert Term.objects.count() == 0
    assert not Notice.objects.filter(kind__in=("order_expired_with_late_money", "order_confirmation")).exists()


def test_a_debit_on_its_way_is_remembered_and_goes_back_when_it_settles():
    placed = order("sepa_debit", Outcome.PROCESSING)
    declared = withdraws(placed.reference)
    assert (declared.effect, declared.refund_due_on) == ("withdrawn_debit", date(2026, 12, 7))
    payment = payment_of(placed)
    placed.refresh_from_db()
    assert situation(placed, payment) == Situation.SURPLUS, "the page of the order says that the money goes back"
    settled = seen(payment, "sepa_debit", Outcome.SUCCEEDED)
    for _twice in range(2):
        apply([News(payment.pk, Outcome.SUCCEEDED, intent=settled)], actor=READER, at=NOW + timedelta(days=6))
    payment.refresh_from_db()
    placed.refresh_from_db()
    assert (payment.surplus, placed.state, Subscription.objects.count()) == (True, "cancelled", 0)
    assert Refund.objects.get().amount.amount == Decimal("27.60")
    assert breaches(NOW) == []


def test_a_debit_that_is_refused_after_the_withdrawal_asks_nobody_to_pay_again():
    from subscriptions.notices.delivering import deliver

    placed = order("sepa_debit", Outcome.PROCESSING)
    withdraws(placed.reference)
    payment = payment_of(placed)
    apply([News(payment.pk, Outcome.DECLINED, closed=True)], actor=READER, at=NOW)
    deliver(20, at=NOW)
    assert dict(Notice.objects.values_list("kind", "state")) == {
        "sepa_pending": "withdrawn",
        "sepa_failed": "withdrawn",
        "withdrawal_acknowledged": "sent",
    }


def test_one_form_is_one_declaration_and_other_words_are_another():
    subscription, form = subscriber(), uuid.uuid4()
    first = withdraws(subscription, form=form)
    again = withdraws(subscription, form=form, at=NOW + timedelta(seconds=1))
    assert (first.pk, Refund.objects.count()) == (again.pk, 1)
    other = withdraws(subscription, form=form, scope="le numéro 26")
    assert other.pk != first.pk
    assert (other.state, other.effect) == ("applied", "already_over")
    assert Refund.objects.count() == 1


def test_the_evidence_is_what_was_said_with_its_hash_time_and_sender():
    declared = declares("withdrawal", subscriber(), scope="tout")
    kept = Declaration.objects.get(pk=declared.pk)
    text = json.dumps(kept.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert kept.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert [label for label, _value in kept.content["declared"]] == [
        "Déclaration", "Nom", "Prénom", "Contrat", "Partie du contrat", "Accusé de réception par courriel",
    ]  # fmt: skip
    assert (kept.received_at, kept.ip, kept.actor) == (NOW, "192.0.2.7", "reader:anonymous")
    assert [(step.from_state, step.to_state) for step in DeclarationEvent.objects.order_by("pk")] == [
        ("", "received"), ("received", "applied"),
    ]  # fmt: skip
    letter = Notice.objects.get(kind="withdrawal_acknowledged")
    assert (letter.to_email, letter.due_at) == (EMAIL, NOW)


@pytest.mark.parametrize(
    ("changes", "state", "effect", "desk", "told"),
    [
        ({"email": "autre@example.org"}, "on_desk", "other_email", "declaration_other_email", True),
        ({"last_name": "Martin"}, "on_desk", "unrecognised", "declaration_unmatched", False),
        ({"contract": "ActuIA, commandé en novembre"}, "on_desk", "unrecognised", "declaration_unmatched", False),
        ({"contract": "99999998"}, "on_desk", "unrecognised", "declaration_unmatched", False),
        ({"first_name": "e", "last_name": "LEFEVRE"}, "applied", "withdrawn", None, False),
    ],
    ids=["another e-mail", "another name", "words", "no such number", "spelt otherwise"],
)
def test_the_safety_rule(changes, state, effect, desk, told):
    subscription = subscriber()
    declared = declares("withdrawal", changes.pop("contract", subscription), **changes)
    subscription.refresh_from_db()
    assert (declared.state, declared.effect) == (state, effect)
    assert (subscription.state == "active") == (state == "on_desk")
    assert list(DeskItem.objects.values_list("kind", flat=True)) == ([desk] if desk else [])
    assert Notice.objects.filter(kind="withdrawal_acknowledged", to_email=declared.email).count() == 1
    assert Notice.objects.filter(kind="declaration_told", to_email=EMAIL).exists() == told
    assert declared.subscription_id == (subscription.pk if state == "applied" else None)


def test_signed_in_the_number_is_enough():
    subscription = subscriber()
    declared = withdraws(subscription, customer=subscription.payer, email="ailleurs@example.org", last_name="Dupond")
    assert (declared.effect, declared.customer_id) == ("withdrawn", subscription.payer_id)
    somebody = Subscription.objects.get()
    assert somebody.state == "ended"


def test_an_order_number_finds_its_subscription():
    subscription = subscriber()
    declared = withdraws(Order.objects.get().reference.replace("-", " "))
    assert (declared.subscription_id, declared.effect) == (subscription.pk, "withdrawn")


def test_a_renewal_being_charged_is_left_to_settle_as_surplus():
    subscription = subscriber()
    renewal = announced(subscription, renews_on=date(2027, 11, 23), state="charging")
    declared = withdraws(subscription)
    renewal.refresh_from_db()
    subscription.refresh_from_db()
    assert (declared.effect, renewal.state) == ("withdrawn", "charging")
    assert (subscription.renewal, subscription.state) == ("fixed", "ended")
