"""What follows from each answer of the bank: one test per row of the gateway's table, and one per row of ours."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.gateway import Decline, Family, IntentSeen, Outcome, Rail, Row, decline, rows
from payments.models import Payment
from payments.settling import News, apply
from subscriptions.models import Notice, Renewal, Subscription, Term
from subscriptions.renewals.charging import claim
from subscriptions.renewals.falling_due import fall_due
from tests.renewals.counter import CLOCK, R, steps, ten
from tests.renewals.people import announced, subscriber

pytestmark = pytest.mark.django_db

#: By hand from design, section 6 and law.md 5.1 to 5.3: which family is tried again, on which day after R.
CARD_AGAIN = {Family.INSUFFICIENT_FUNDS: 3, Family.TRY_LATER: 3, Family.DO_NOT_HONOUR: 3}
DEBIT_AGAIN = {Family.INSUFFICIENT_FUNDS: 5}


def charging(*, kind: str = "card", on: date = R) -> Payment:
    """A renewal that is being charged on day `on`; its payment."""
    plan = announced(subscriber(kind=kind), renews_on=R)
    fall_due(on=on, at=ten(on), actor=CLOCK)
    [payment] = claim([plan.pk], on=on, at=ten(on), actor=CLOCK)
    return payment


def seen(payment: Payment, outcome: Outcome, refusal: Decline | None = None) -> IntentSeen:
    paid = outcome == Outcome.SUCCEEDED
    return IntentSeen(
        id=f"pi_renewal_{payment.pk}", outcome=outcome, status="", amount_cents=2760, currency="eur",
        amount_received=2760 if paid else 0, customer="cus", payment_method="pm", charge=f"ch_{payment.pk}", decline=refusal,
        metadata={}, created=ten(), livemode=False, method_kind=payment.method_kind, charged_at=ten() if paid else None,
    )  # fmt: skip


def tell(payment: Payment, outcome: Outcome, refusal: Decline | None = None, *, on: date = R) -> Renewal:
    """The answer comes, twice; where the renewal stands."""
    news = News(payment.pk, outcome, intent=seen(payment, outcome, refusal), closed=True)
    for _twice in range(2):
        apply([news], actor=CLOCK, at=ten(on))
    return Renewal.objects.get()


def letters() -> list[str]:
    return list(Notice.objects.filter(kind__in=KINDS).order_by("pk").values_list("kind", flat=True))


KINDS = [
    "renewal_paid", "renewal_declined", "renewal_card_needed", "renewal_confirm", "renewal_debit_pending",
    "renewal_lapsed", "renewal_given_back",
]  # fmt: skip


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.rail}-{row.code}")
def test_row_of_the_gateways_table(row: Row):
    kind = "sepa_debit" if row.rail in (Rail.SEPA, Rail.BANK) else "card"
    payment = charging(kind=kind)
    refusal = decline(row.code, kind=kind)
    plan = tell(payment, refusal.outcome, refusal)
    days = (DEBIT_AGAIN if kind == "sepa_debit" else CARD_AGAIN).get(row.family) if row.retry else None
    if row.outcome == Outcome.ACTION_REQUIRED:
        assert (plan.state, letters()) == ("awaiting_reader", ["renewal_confirm"])
    elif days:
        assert (plan.state, letters()) == ("retrying", ["renewal_declined"])
        assert plan.next_try_on == R + timedelta(days=days)
        facts = Notice.objects.get(kind="renewal_declined").facts
        assert facts["next_try_on"] == plan.next_try_on.isoformat()
        assert facts["decline_code"] == row.code
    else:
        assert (plan.state, letters()) == ("awaiting_reader", ["renewal_card_needed"])
    assert plan.decline_code == row.code
    assert Subscription.objects.get().state == "grace"
    assert Term.objects.count() == 1


def test_the_network_forbids_what_the_table_would_allow():
    payment = charging()
    refusal = decline("insufficient_funds", advice="do_not_try_again")
    assert tell(payment, Outcome.DECLINED, refusal).state == "awaiting_reader"


def test_a_code_nobody_knows_is_not_tried_again():
    payment = charging()
    assert tell(payment, Outcome.DECLINED, decline("a_code_of_tomorrow")).state == "awaiting_reader"


def test_paid():
    plan = tell(charging(), Outcome.SUCCEEDED)
    assert (plan.state, plan.term.number, letters()) == ("paid", 2, ["renewal_paid"])
    assert Subscription.objects.get().state == "active"


def test_a_debit_on_its_way_stays_being_charged():
    plan = tell(charging(kind="sepa_debit"), Outcome.PROCESSING)
    assert (plan.state, letters()) == ("charging", ["renewal_debit_pending"])
    assert Subscription.objects.get().state == "grace"


@pytest.mark.parametrize(
    ("refused", "state"), [("insufficient_funds", "retrying"), ("generic_could_not_process", "awaiting_reader")]
)
def test_a_debit_that_comes_back_a_week_later(refused, state):
    payment = charging(kind="sepa_debit")
    tell(payment, Outcome.PROCESSING)
    back = R + timedelta(days=7)
    plan = tell(payment, Outcome.DECLINED, decline(refused, kind="sepa_debit"), on=back)
    assert plan.state == state
    # The first day of the table, R + 5, is past by then: the second one holds.
    assert plan.next_try_on == (R + timedelta(days=12) if state == "retrying" else None)


def test_unknown_waits_for_the_look_up_and_tells_nobody():
    payment = charging()
    assert (tell(payment, Outcome.UNKNOWN).state, letters()) == ("unresolved", [])
    assert Subscription.objects.get().state == "active"
    assert tell(payment, Outcome.SUCCEEDED).state == "paid"


def test_never_sent_is_charged_again_today_but_not_for_ever():
    payment = charging()
    for tries in range(1, 4):
        plan = tell(payment, Outcome.CANCELLED)
        assert (plan.state, letters()) == ("retrying", [])
        assert plan.next_try_on == (R if tries < 3 else R + timedelta(days=1))
        if tries < 3:
            [payment] = claim([plan.pk], on=R, at=ten(), actor=CLOCK)
    assert claim([plan.pk], on=R, at=ten(), actor=CLOCK) == []
    assert plan.attempts.count() == 3


def test_what_was_never_sent_is_no_try_of_the_card():
    """The days of the retry table count from the first charge that was really made."""
    payment = charging()
    plan = tell(payment, Outcome.CANCELLED)
    next_day = R + timedelta(days=1)
    [payment] = claim([plan.pk], on=next_day, at=ten(next_day), actor=CLOCK)
    plan = tell(payment, Outcome.DECLINED, decline("insufficient_funds"), on=next_day)
    assert plan.next_try_on == R + timedelta(days=4)


@pytest.mark.parametrize(
    ("code", "days"), [("insufficient_funds", [3, 7, 14]), ("do_not_honor", [3])], ids=["funds", "do not honour"]
)
def test_the_days_of_the_retries(code, days):
    payment = charging()
    for day in days:
        plan = tell(payment, Outcome.DECLINED, decline(code), on=_charged(payment))
        assert plan.next_try_on == R + timedelta(days=day)
        assert claim([plan.pk], on=plan.next_try_on - timedelta(days=1), at=ten(), actor=CLOCK) == []
        [payment] = claim([plan.pk], on=plan.next_try_on, at=ten(plan.next_try_on), actor=CLOCK)
    plan = tell(payment, Outcome.DECLINED, decline(code), on=_charged(payment))
    assert plan.state == "awaiting_reader"
    assert letters() == ["renewal_declined"] * len(days) + ["renewal_card_needed"]
    assert plan.attempts.count() == len(days) + 1


def _charged(payment: Payment) -> date:
    return payment.renewal_attempt.charged_on


@pytest.mark.parametrize(
    ("outcome", "refusal"),
    [
        (Outcome.DECLINED, decline("insufficient_funds")),
        (Outcome.DECLINED, decline("lost_card")),
        (Outcome.ACTION_REQUIRED, decline("authentication_required")),
        (Outcome.CANCELLED, None),
    ],
    ids=["declined, to be retried", "declined", "the bank wants the reader", "never sent"],
)
def test_whoever_has_said_no_meanwhile_is_cancelled_whatever_the_bank_says(outcome, refusal):
    payment = charging()
    Subscription.objects.update(renewal="fixed")
    plan = tell(payment, outcome, refusal)
    assert (plan.state, letters()) == ("cancelled", [])


@pytest.mark.parametrize("how", ["said no", "cancelled", "lapsed", "term exists"])
def test_money_that_pays_for_nothing_goes_back_and_is_told(how):
    payment = charging()
    if how == "said no":
        Subscription.objects.update(renewal="fixed")
    elif how == "term exists":
        term = Term.objects.get()
        term.pk, term.number, term.payment, term.order = None, 2, None, None
        term.starts_on, term.ends_on = R, R + timedelta(days=364)
        term.save()
    else:
        Renewal.objects.update(state=how)
    plan = tell(payment, Outcome.SUCCEEDED)
    payment.refresh_from_db()
    assert (payment.state, payment.surplus, payment.effect) == ("succeeded", True, "surplus")
    assert payment.refunds.get().amount == payment.amount
    assert letters() == ["renewal_given_back"]
    assert plan.state == {"said no": "cancelled", "term exists": "charging"}.get(how, how)
    assert Term.objects.filter(payment=payment).count() == 0


def test_news_of_three_readers_cost_as_much_as_of_one(django_assert_max_num_queries):
    payments = []
    for number in range(3):
        plan = announced(subscriber(email=f"r{number}@example.fr", typed={"number": number}), renews_on=R)
        fall_due(on=R, at=ten(), actor=CLOCK)
        payments += claim([plan.pk], on=R, at=ten(), actor=CLOCK)
    news = [News(one.pk, Outcome.SUCCEEDED, intent=seen(one, Outcome.SUCCEEDED), closed=True) for one in payments]
    with django_assert_max_num_queries(42) as one_reader:
        apply(news[:1], actor=CLOCK, at=ten())
    with django_assert_max_num_queries(len(one_reader)):
        apply(news[1:], actor=CLOCK, at=ten())
    assert Renewal.objects.filter(state="paid").count() == 3


@pytest.mark.parametrize("number", [1, 3])
def test_claiming_costs_the_same_for_one_and_for_three(number, django_assert_num_queries):
    keys = [
        announced(subscriber(email=f"r{place}@example.fr", typed={"number": place}), renews_on=R).pk
        for place in range(number)
    ]
    fall_due(on=R, at=ten(), actor=CLOCK)
    with django_assert_num_queries(15):
        assert len(claim(keys, on=R, at=ten(), actor=CLOCK)) == number
    assert steps(Renewal.objects.first()) == ["due", "charging"]
