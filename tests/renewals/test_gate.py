"""The legal gate, asked of the database itself: each way around it is refused (design, rule 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from payments.keys import new_key, new_reference
from payments.models import Payment
from subscriptions.models import Renewal, RenewalAttempt, RenewalProof
from tests.makers import NOW
from tests.renewals.people import announced, prove, subscriber

R = date(2027, 11, 1)
pytestmark = pytest.mark.django_db


def off_session(renewal: Renewal) -> Payment:
    return Payment.objects.create(
        reference=new_reference("PAY"),
        purpose="renewal",
        subject=renewal.subject,
        customer=renewal.subscription.payer,
        amount=renewal.amount,
        description="Reconduction",
        way=Payment.Way.OFF_SESSION,
        idempotency_key=new_key(),
        created_at=NOW,
        called_at=NOW,
        state_since=NOW,
    )


def attempt(renewal: Renewal, **changes) -> RenewalAttempt:
    facts = {
        "renewal": renewal,
        "renews_on": renewal.renews_on,
        "number": 1,
        "charged_on": renewal.renews_on,
        "pre_debit_sent_on": renewal.renews_on - timedelta(days=14),
        "payment": off_session(renewal),
        "at": NOW,
    }
    return RenewalAttempt.objects.create(**(facts | changes))


def committed(act: Callable[[], object]) -> None:
    """Do it, and ask the constraints that wait for the commit at once."""
    act()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def renewal() -> Renewal:
    """Announced and told of for R, and being charged."""
    return announced(subscriber(), renews_on=R, state=Renewal.State.CHARGING)


def test_both_proofs_open_the_gate(renewal):
    committed(lambda: attempt(renewal))


@pytest.mark.parametrize("kind", list(RenewalProof.Kind))
def test_without_one_of_the_two_it_stays_shut(kind):
    plan = announced(subscriber(), renews_on=R, state=Renewal.State.CHARGING, without=kind)
    with pytest.raises(IntegrityError, match="renewal_attempt_"), transaction.atomic():
        committed(lambda: attempt(plan))


@pytest.mark.parametrize(
    ("charged_on", "opens"),
    [
        (R - timedelta(days=1), False),
        (R, True),
        (R + timedelta(days=16), True),
        (R + timedelta(days=17), False),
    ],
)
def test_the_charge_comes_7_to_30_days_after_the_notice_and_not_before_r(renewal, charged_on, opens):
    if opens:
        committed(lambda: attempt(renewal, charged_on=charged_on))
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        attempt(renewal, charged_on=charged_on)


def test_proofs_of_another_r_open_nothing(renewal):
    later = R + timedelta(days=30)
    with pytest.raises(IntegrityError), transaction.atomic():
        committed(lambda: attempt(renewal, renews_on=later, charged_on=later))


@pytest.mark.parametrize("sent_on", [date(2027, 7, 30), date(2027, 10, 1)])
def test_a_legal_notice_outside_the_window_is_no_proof(sent_on):
    plan = announced(subscriber(), renews_on=R, without=RenewalProof.Kind.LEGAL)
    with pytest.raises(IntegrityError), transaction.atomic():
        prove(plan, RenewalProof.Kind.LEGAL, sent_on=sent_on)
    with pytest.raises(IntegrityError, match="renewal_proof_legal_window"), transaction.atomic():
        prove(plan, RenewalProof.Kind.LEGAL, sent_on=sent_on, opens=sent_on, closes=sent_on)


@pytest.mark.parametrize("sent_on", [date(2027, 7, 31), date(2027, 9, 30)])
def test_its_first_and_last_day_are_inside(sent_on):
    plan = announced(subscriber(), renews_on=R, without=RenewalProof.Kind.LEGAL)
    prove(plan, RenewalProof.Kind.LEGAL, sent_on=sent_on, opens=sent_on, closes=sent_on)


def test_no_payment_without_the_reader_but_by_an_attempt(renewal):
    with pytest.raises(IntegrityError, match="without an announced renewal"), transaction.atomic():
        committed(lambda: off_session(renewal))


def test_whoever_said_no_is_not_charged(renewal):
    renewal.subscription.renewal = "fixed"
    renewal.subscription.save()
    with pytest.raises(IntegrityError, match="it is not charged"), transaction.atomic():
        attempt(renewal)


@pytest.mark.parametrize("state", sorted(set(Renewal.State) - {"charging", "paid", "retrying"}))
def test_only_what_is_being_charged_is_charged(state):
    plan = announced(subscriber(), renews_on=R, state=state)
    with pytest.raises(IntegrityError, match="it is not charged"), transaction.atomic():
        attempt(plan)


def test_the_announced_total_stands(renewal):
    for change in ({"amount": 30}, {"renews_on": R + timedelta(days=1)}):
        with pytest.raises(IntegrityError, match="was announced for"), transaction.atomic():
            Renewal.objects.filter(pk=renewal.pk).update(**change)


def test_evidence_of_a_renewal_is_not_changed(renewal):
    made = attempt(renewal)
    for row, change in ((made, {"number": 2}), (renewal.proofs.all()[0], {"sent_on": R})):
        with pytest.raises(Exception, match=r"permission denied|is refused"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**change)
