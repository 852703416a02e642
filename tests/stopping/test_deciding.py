"""What a person makes of a declaration: carried out on the contract they found, given by goodwill, or settled with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.models import Act, DeskItem
from shop.watch.audit import breaches
from subscriptions.models import DeclarationEvent, Notice
from subscriptions.stopping.deciding import CannotDecide, apply_declaration, decided_effect, settle
from tests.makers import NOW
from tests.renewals.people import subscriber
from tests.stopping.people import JOB, posted, refund_of, states, terminates, withdraws

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)


def decide(declared, decision, subscription, *, at=LATER):
    return apply_declaration(
        declared.pk, decision, subscription=subscription.pk, actor=JOB, at=at, reason="Rapproché par téléphone."
    )


def test_the_date_of_receipt_counts_and_not_the_day_of_the_desk():
    subscription = subscriber()
    posted(25, on=date(2026, 12, 15))
    last_day = NOW + timedelta(days=50)
    assert last_day.date() == date(2027, 1, 12)
    declared = withdraws("ActuIA, novembre 2026", at=last_day)
    decide(declared, "rule", subscription, at=last_day + timedelta(days=20))
    declared.refresh_from_db()
    subscription.refresh_from_db()
    assert (declared.state, declared.effect, declared.effective_on) == ("applied", "withdrawn", date(2027, 1, 12))
    assert declared.refund_due_on == date(2027, 1, 26)
    assert refund_of(declared)[0] == Decimal("27.60")
    assert subscription.state == "ended"
    assert DeskItem.objects.filter(closed_at=None).count() == 0
    assert Act.objects.get(verb="applied a declaration").facts == {"decision": "rule"}
    assert Notice.objects.get(kind="declaration_applied").facts["sentence"].startswith("Votre rétractation prend effet")
    assert [(one.to_state, one.reason) for one in DeclarationEvent.objects.order_by("pk")][-1] == (
        "applied", "Rapproché par téléphone.",
    )  # fmt: skip


def test_after_its_time_a_person_may_give_everything_back():
    subscription = subscriber()
    posted(25, on=date(2026, 12, 15))
    declared = withdraws(subscription, at=NOW + timedelta(days=60))
    with pytest.raises(CannotDecide) as refused:
        decide(declared, "rule", subscription)
    assert refused.value.code == "rule"
    today = NOW + timedelta(days=61)
    decide(declared, "all", subscription, at=today)
    declared.refresh_from_db()
    assert (declared.effect, declared.refund_due_on) == ("goodwill", date(2027, 2, 6))
    assert (refund_of(declared)[0], states(subscription)) == (Decimal("27.60"), "served void void void")
    assert breaches(NOW) == []


def test_a_ground_that_is_recognised_ends_it_today():
    subscription = subscriber()
    posted(25, on=date(2026, 12, 15))
    declared = terminates(subscription, ground="moved")
    decide(declared, "now", subscription)
    declared.refresh_from_db()
    assert (declared.effect, refund_of(declared)[0]) == ("ended_now", Decimal("20.70"))
    assert states(subscription) == "served credited credited credited"
    assert breaches(NOW) == []


def test_what_is_foreseen_is_what_happens():
    subscription = subscriber()
    declared = terminates("ActuIA", ground="illness")
    foreseen = decided_effect(declared, "now", subscription=subscription.pk, order=None, on=LATER.date())
    assert (foreseen.code, foreseen.refund) == ("ended_now", Decimal("27.60"))
    decide(declared, "now", subscription)
    declared.refresh_from_db()
    assert (declared.effect, declared.effective_on) == (foreseen.code, foreseen.effective_on)


def test_settled_otherwise_with_a_reason_once():
    subscription = subscriber()
    declared = terminates("ActuIA")
    settle(declared.pk, actor=JOB, at=LATER, reason="Double d’une autre déclaration.")
    declared.refresh_from_db()
    assert declared.state == "settled"
    assert DeskItem.objects.get().closed_because == "Double d’une autre déclaration."
    for again in (
        lambda: settle(declared.pk, actor=JOB, at=LATER, reason="x"),
        lambda: decide(declared, "now", subscription),
    ):
        with pytest.raises(CannotDecide):
            again()
    subscription.refresh_from_db()
    assert subscription.state == "active"


def test_nothing_is_ended_twice():
    subscription = subscriber()
    first, second = terminates("ActuIA", ground="moved"), terminates("ActuIA, Paris", ground="moved")
    decide(first, "now", subscription)
    with pytest.raises(CannotDecide) as refused:
        decide(second, "now", subscription)
    assert refused.value.code == "over"
    assert second.state == "on_desk"
