"""The run beside its rehearsal: one test per row of the table, and the job that writes the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from payments.looking_up import look_up
from payments.models import DeskItem, Payment
from shop.backoffice.rehearsal_words import BECAUSE, VERDICT
from subscriptions.models import (
    Rehearsal,
    RehearsalLine,
    RehearsalReport,
    RehearsalSignature,
    Renewal,
    Subscription,
)
from subscriptions.renewals.comparing import compare, report
from subscriptions.renewals.judging import Because, Found, Taken, Verdict, judge
from subscriptions.renewals.rehearsing import rehearse
from subscriptions.stopping.choosing import turn_off
from tests.renewals.counter import CLOCK, R, at_ten, charge, planned, reader, ten
from tests.renewals.days import noon

LAST = R + timedelta(days=7)
AT = datetime(2027, 11, 22, 12, tzinfo=UTC)
REHEARSAL: Any = SimpleNamespace(first_on=R, last_on=LAST, at=AT)
Will = RehearsalLine.Will


def line(will: str = Will.CHARGE, amount: str = "27.60", *, method: int = 1, renews_on: date = R) -> Any:
    return SimpleNamespace(
        will=will, amount=SimpleNamespace(amount=Decimal(amount)), method_id=method, renews_on=renews_on, day=R
    )


def plan(state: str = "due", *, renews_on: date = R, created_at: datetime = AT - timedelta(days=60)) -> Any:
    return SimpleNamespace(pk=1, state=state, renews_on=renews_on, created_at=created_at)


def took(state: str = "succeeded", amount: str = "27.60", *, surplus: bool = False, method: int = 1, number: int = 1):
    return Taken(state, surplus, Decimal(amount), method, number, R)


def found(**facts: Any) -> Found:
    return Found(1, 2, **({"line": line(), "plan": plan(), "told_on": R - timedelta(days=14)} | facts))


#: What is known of a term, whether its days are over, what is said of it.
TABLE = [
    # charged as it was to be, or as little
    (found(tries=[took()], plan=plan("paid")), True, "as_rehearsed", ""),
    (found(tries=[took("declined"), took(number=2)], plan=plan("paid")), True, "as_rehearsed", ""),
    (found(line=line(Will.BY_CHOICE)), True, "as_rehearsed", ""),
    (found(line=line(Will.NO_CARD)), False, "as_rehearsed", ""),
    (found(line=None, tries=[took("declined")]), True, "as_rehearsed", ""),
    # not known yet
    (found(tries=[took("processing")]), True, "pending", "at_the_bank"),
    (found(tries=[took("unknown")]), True, "pending", "at_the_bank"),
    (found(tries=[took("created")]), False, "pending", "at_the_bank"),
    (found(), False, "pending", "not_over"),
    (found(plan=None), False, "pending", "not_over"),
    # rehearsed, and not charged
    (found(tries=[took("declined")], plan=plan("retrying")), True, "not_charged", "declined"),
    (found(tries=[took("action_required")], plan=plan("awaiting_reader")), True, "not_charged", "confirm"),
    (found(tries=[took(surplus=True)], plan=plan("cancelled")), True, "not_charged", "given_back"),
    (found(tries=[took("cancelled")], plan=plan("retrying")), True, "not_charged", "not_sent"),
    (found(plan=plan("cancelled")), True, "not_charged", "cancelled"),
    (found(plan=plan("cancelled"), disputed=True), True, "not_charged", "disputed"),
    (found(plan=plan("manual")), True, "not_charged", "by_choice"),
    (found(plan=plan("awaiting_reader")), True, "not_charged", "no_card"),
    (found(plan=plan("lapsed")), True, "not_charged", "lapsed"),
    (found(plan=plan("paid"), by_reader=True), True, "not_charged", "by_reader"),
    (found(plan=plan("paid")), True, "not_charged", "moved"),
    (found(plan=plan("planned", renews_on=R + timedelta(days=40))), True, "not_charged", "moved"),
    (found(plan=plan("announced"), told_on=R + timedelta(days=2)), True, "not_charged", "moved"),
    (found(plan=plan("announced"), told_on=None), True, "not_charged", "not_told"),
    (found(plan=plan("due"), disputed=True), True, "not_charged", "disputed"),
    (found(plan=plan("due")), True, "not_charged", "unexplained"),
    (found(plan=None, choices_since={False}), True, "not_charged", "cancelled"),
    (found(plan=None, disputed=True), True, "not_charged", "disputed"),
    (found(plan=None), True, "not_charged", "unexplained"),
    # charged, and not rehearsed
    (found(line=line(Will.NO_CARD, method=7), tries=[took()]), True, "charged", "card_changed"),
    (found(line=line(Will.DISPUTED), tries=[took()]), True, "charged", "dispute_over"),
    (found(line=line(Will.STOPPED), tries=[took()], choices_since={True}), True, "charged", "turned_on"),
    (found(line=line(Will.BY_CHOICE), tries=[took()]), True, "charged", "proved"),
    (found(line=line(Will.UNPRICED), tries=[took()]), True, "charged", "priced"),
    (found(line=None, tries=[took(number=2)]), True, "charged", "retried"),
    (found(line=None, tries=[took()], moved_since=True), True, "charged", "moved"),
    (found(line=None, tries=[took()], plan=plan("paid", created_at=AT + timedelta(1))), True, "charged", "planned_since"),
    (found(line=None, tries=[took()]), True, "charged", "unexplained"),
    (found(line=line(Will.WAITS), tries=[took()]), True, "charged", "unexplained"),
    # another amount
    (found(tries=[took(amount="29.60")], moved_since=True), True, "other_amount", "priced"),
    (found(tries=[took(amount="29.60")]), True, "other_amount", "unexplained"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "over", "verdict", "because"),
    TABLE,
    ids=[f"{place} {verdict} {because}" for place, (_known, _over, verdict, because) in enumerate(TABLE)],
)
def test_what_is_said_of_one_term(known, over, verdict, because):
    assert judge(known, REHEARSAL, over=over) == (verdict, because)


def test_every_verdict_and_every_reason_is_in_the_table_and_has_its_words():
    assert {row[2] for row in TABLE} == set(Verdict) == set(VERDICT)
    assert {row[3] for row in TABLE} == set(Because) == set(BECAUSE)


# The same on the real run.


@dataclass
class Run:
    """Five readers, rehearsed on the eve of R, and what befell each before ten o'clock."""

    rehearsal: Rehearsal
    plans: list[Renewal]


@pytest.fixture
def run(till, django_user_model) -> Run:
    plans = [planned(reader(till)) for _number in range(5)]
    no_card = planned(reader(till))
    Subscription.objects.filter(pk=no_card.subscription_id).update(saved_method=None)
    late = planned(reader(till), state="planned", without="legal")
    plans += [no_card, late]
    eve = noon(R - timedelta(days=1))
    rehearsal = rehearse(R, R, actor=CLOCK, at=eve)
    finance = django_user_model.objects.create_user("f@team.example", "x", is_staff=True, created_at=eve)
    RehearsalSignature.objects.create(
        rehearsal=rehearsal, signer=finance, name="F", sha256=rehearsal.sha256, reason="…", at=eve
    )
    return Run(rehearsal, plans)


def said(run: Run, at: datetime) -> list[tuple[str, str, Decimal, Decimal]]:
    by_key = {one.subscription_id: one for one in compare(run.rehearsal, at=at).lines}
    return [
        (one.verdict, one.because, one.rehearsed, one.charged)
        for one in (by_key[plan.subscription_id] for plan in run.plans)
    ]


YES, NO = Decimal("27.60"), Decimal("0.00")


@pytest.mark.django_db(transaction=True)
def test_line_by_line_after_a_morning_on_which_much_happened(run, till):
    as_it_was, stops, refused, forgotten, _same, _no_card, _late = run.plans
    turn_off(stops.subscription_id, actor=CLOCK, at=ten(minutes=-30), reason="Au téléphone.")
    till.card_becomes(refused.subscription.saved_method.stripe_method, "4000000000000341")
    Renewal.objects.filter(pk=forgotten.pk).update(state="announced")
    at_ten(till)
    # Somebody holds this one back by hand, without a word: the run passes it by.
    Renewal.objects.filter(pk=forgotten.pk).update(state="announced")
    charge()
    assert said(run, ten(minutes=30)) == [
        ("as_rehearsed", "", YES, YES),
        ("not_charged", "cancelled", YES, NO),
        ("not_charged", "declined", YES, NO),
        ("pending", "not_over", YES, NO),
        ("as_rehearsed", "", YES, YES),
        ("as_rehearsed", "", NO, NO),
        ("as_rehearsed", "", NO, NO),
    ]
    assert report(at=ten(minutes=30), actor=CLOCK) == 0  # its day is not over
    after = noon(R + timedelta(days=1))
    assert said(run, after)[3] == ("not_charged", "unexplained", YES, NO)
    comparison = compare(run.rehearsal, at=after)
    assert (comparison.rehearsed, comparison.charged) == (Decimal("138.00"), Decimal("55.20"))
    assert comparison.by_reason() == [
        ("as_rehearsed", "", 4, Decimal("55.20"), Decimal("55.20")),
        ("not_charged", "cancelled", 1, YES, NO),
        ("not_charged", "declined", 1, YES, NO),
        ("not_charged", "unexplained", 1, YES, NO),
    ]
    assert [report(at=after, actor=CLOCK) for _twice in range(2)] == [1, 0]
    kept = RehearsalReport.objects.get()
    assert (kept.unexplained, kept.rehearsed.amount, kept.charged.amount) == (1, Decimal("138.00"), Decimal("55.20"))
    assert sum(Decimal(row[4]) - Decimal(row[3]) for row in kept.by_reason) == Decimal("-82.80")
    item = DeskItem.objects.get(kind="rehearsal_unexplained")
    assert (item.desk, item.subject) == ("finance", f"rehearsal:{run.rehearsal.pk}")
    assert as_it_was.subscription_id


@pytest.mark.django_db(transaction=True)
def test_a_card_given_on_the_morning_is_charged_though_not_rehearsed(run, till):
    no_card = run.plans[5]
    same = Subscription.objects.get(pk=run.plans[4].subscription_id).saved_method
    at_ten(till)
    Subscription.objects.filter(pk=no_card.subscription_id).update(saved_method=same)
    charge()
    assert said(run, ten(minutes=30))[5] == ("charged", "card_changed", NO, YES)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_reported_while_the_bank_has_not_answered(run, till):
    at_ten(till)
    till.misbehave("timeout_after", method="POST", path="/v1/payment_intents")
    charge(threads=1)
    after = noon(R + timedelta(days=1))
    assert sorted(said(run, after))[-1] == ("pending", "at_the_bank", YES, NO)
    assert report(at=after, actor=CLOCK) == 0
    look_up(Payment.objects.get(state="unknown"), actor=CLOCK, at=after)
    assert report(at=after + timedelta(days=8), actor=CLOCK) == 1
    kept = RehearsalReport.objects.get()
    assert (kept.unexplained, kept.charged.amount) == (0, Decimal("138.00"))
