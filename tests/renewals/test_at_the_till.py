"""The charge against the stand-in over HTTP: its cards, its moods, and whoever dies on the way. One charge per term, or none."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from payments import looking_up
from payments.actors import job
from payments.allowance import SharedAllowance
from payments.methods import bring_up_to_date
from payments.models import DeskItem, Payment, PaymentEvent
from payments.webhooks import processing, receiving
from subscriptions.models import Notice, Renewal, Subscription, Term
from tests.purchase.kills import Reaper, reaped
from tests.renewals.counter import R, at_ten, charge, paid_here, planned, reader, ready, steps, taken, ten, wrong
from tests.renewals.test_allowance import SHUT

pytestmark = pytest.mark.django_db(transaction=True)

CHARGES = "/v1/payment_intents"


def look_up(minutes: int) -> None:
    """What the sweep of unknown payments does so many minutes after ten."""
    at = ten(minutes=minutes)
    for payment in looking_up.due(at=at, limit=50):
        looking_up.look_up(payment, actor=job("unknown-payments"), at=at)


def agree(till, *, charged: int) -> Renewal:
    """The till's count is ours, and nothing is wrong; the only renewal."""
    assert taken(till) == paid_here()
    assert len(paid_here()) == charged
    assert Term.objects.filter(number=2).count() == charged
    assert wrong(ten(minutes=30)) == []
    return Renewal.objects.get()


@pytest.mark.parametrize(
    ("card", "state", "letter"),
    [
        ("4000000000009995", "retrying", "renewal_declined"),
        ("4000000000000341", "retrying", "renewal_declined"),
        ("4000000000000119", "retrying", "renewal_declined"),
        ("4000000000006975", "retrying", "renewal_declined"),
        ("4000000000009987", "awaiting_reader", "renewal_card_needed"),
        ("4000000000009979", "awaiting_reader", "renewal_card_needed"),
        ("4000000000000069", "awaiting_reader", "renewal_card_needed"),
        ("4100000000000019", "awaiting_reader", "renewal_card_needed"),
        ("4000002760003184", "awaiting_reader", "renewal_confirm"),
        ("4000003800000446", "paid", "renewal_paid"),
        ("5555555555554444", "paid", "renewal_paid"),
    ],
    ids=[
        "insufficient funds", "attaches, then fails", "processing error", "too often", "lost", "stolen", "expired", "fraud",
        "the bank wants the reader", "on session only", "another brand",
    ],
)  # fmt: skip
def test_card(till, card, state, letter):
    ready(till, card=card)
    charge()
    plan = agree(till, charged=int(state == "paid"))
    assert plan.state == state
    assert list(
        Notice.objects.filter(kind__startswith="renewal_").exclude(rank="legal").values_list("kind", flat=True)
    ) == [letter]
    assert plan.next_try_on == (R + timedelta(days=3) if state == "retrying" else None)
    assert Subscription.objects.get().state == ("active" if state == "paid" else "grace")


def test_three_tries_and_then_the_reader_mends_it(till):
    """Insufficient funds at R, R + 3 and R + 7; then the card has money again."""
    plan = ready(till, card="4000000000009995")
    for day in (0, 3, 7):
        charge(ten(R + timedelta(days=day)))
        charge(ten(R + timedelta(days=day, hours=0)))  # once a day
    plan.refresh_from_db()
    assert (plan.state, plan.next_try_on) == ("retrying", R + timedelta(days=14))
    till.card_becomes(plan.subscription.saved_method.stripe_method, "4242424242424242")
    charge(ten(R + timedelta(days=14)))
    plan = agree(till, charged=1)
    assert [one.number for one in plan.attempts.order_by("pk")] == [1, 2, 3, 4]
    assert (plan.term.starts_on, Subscription.objects.get().state) == (R, "active")


def test_the_mandate_s_own_reference_is_kept_and_stays_when_the_method_is_read_anew(till):
    """The RUM that the reader's bank shows, not Stripe's id of the mandate; a method read by itself does not tell it."""
    method = ready(till, iban="FR1420041010050500013M02606").subscription.saved_method
    rum = hashlib.sha256(method.stripe_method.encode()).hexdigest()[:16].upper()
    assert (method.kind, method.mandate[:8], method.mandate_reference) == ("sepa_debit", "mandate_", rum)
    assert bring_up_to_date(method.stripe_method, at=ten())
    method.refresh_from_db()
    assert (method.mandate[:8], method.mandate_reference) == ("mandate_", rum)


@pytest.mark.parametrize(("fails", "state"), [(False, "paid"), (True, "awaiting_reader")], ids=["paid", "comes back"])
def test_sepa_debit(till, fails, state):
    plan = ready(till, iban="FR1420041010050500013M02606")
    charge()
    plan.refresh_from_db()
    assert (plan.state, taken(till)) == ("charging", [])
    charge(ten(R + timedelta(days=1)))  # nothing is charged beside it
    payment = Payment.objects.get(purpose="renewal")
    assert payment.state == "processing"
    till.settle(payment.stripe_intent, failure="generic_could_not_process" if fails else None)
    week = R + timedelta(days=7)
    looking_up.look_up(payment, actor=job("unknown-payments"), at=ten(week))
    plan = agree(till, charged=int(not fails))
    assert plan.state == state
    assert plan.attempts.count() == 1
    if not fails:
        assert plan.term.payment.received_on == week


@pytest.mark.parametrize(
    ("mood", "how", "charged"),
    [
        ("timeout_before", {}, 0),
        ("timeout_after", {}, 1),
        ("error_before", {"status": 503}, 0),
        ("error_after", {"status": 500}, 1),
        ("lock_timeout", {}, 0),
    ],
)
def test_no_answer_is_unknown_until_it_was_looked_up(till, mood, how, charged):
    plan = ready(till)
    till.misbehave(mood, method="POST", path=CHARGES, **how)
    assert charge().unknown == 1
    plan.refresh_from_db()
    assert plan.state == "unresolved"
    charge(ten(minutes=1))  # nothing is tried before it is known
    assert len(taken(till)) == charged
    look_up(6)
    plan.refresh_from_db()
    assert plan.state == ("paid" if charged else "unresolved")
    look_up(12)
    plan.refresh_from_db()
    assert plan.state == ("paid" if charged else "retrying")
    charge(ten(minutes=13))
    assert agree(till, charged=1).attempts.count() == (1 if charged else 2)


def test_a_429_gives_back_what_was_not_sent_and_ends_the_round(till):
    for _each in range(3):
        planned(reader(till))
    at_ten(till)
    till.misbehave("rate_limit", method="POST", path=CHARGES)
    done = charge(threads=1)
    assert (done.charged, done.returned) == (0, 3)
    assert set(Renewal.objects.values_list("state", "next_try_on")) == {("retrying", R)}
    assert charge(ten(minutes=1)).charged == 3
    assert sorted(taken(till)) == sorted(paid_here())
    assert len(taken(till)) == 3
    assert wrong(ten(minutes=30)) == []


def test_a_request_that_stripe_refuses_is_on_techniques_desk(till, settings):
    ready(till)
    settings.STRIPE_SECRET_KEY = "sk_test_another"  # no secret
    assert charge().returned == 1
    assert DeskItem.objects.get(kind="charge_refused").desk == "technique"
    settings.STRIPE_SECRET_KEY = till.key
    charge(ten(minutes=1))
    assert agree(till, charged=1).state == "paid"


def test_nothing_is_charged_while_valkey_does_not_answer(till):
    plan = ready(till)
    assert charge(allowance=SharedAllowance(url=SHUT)).returned == 0
    assert (steps(plan), Payment.objects.filter(purpose="renewal").count()) == (["due"], 0)


class ShutsAfterClaiming(SharedAllowance):
    """Open when asked whether it is worth it, shut when permission is wanted."""

    def is_open(self) -> bool:
        return True


def test_what_is_claimed_when_valkey_dies_is_given_back(till):
    plan = ready(till)
    assert charge(allowance=ShutsAfterClaiming(url=SHUT)).returned == 1
    plan.refresh_from_db()
    assert (plan.state, plan.next_try_on, taken(till)) == ("retrying", R, [])
    charge()
    agree(till, charged=1)


def test_nobody_is_charged_outside_the_hours(till):
    plan = ready(till)
    for hour in (-3, -1, 10, 12):
        charge(ten() + timedelta(hours=hour))
    assert steps(plan) == ["due"]
    charge(ten() + timedelta(hours=9, minutes=59))
    assert agree(till, charged=1).state == "paid"


def test_a_worker_killed_at_any_instant_of_the_round(till):
    """Before or after each commit and each request: looked up and charged again, it ends with one charge."""
    first = ready(till)
    with reaped(Reaper()) as alive:
        charge(threads=0)
    assert agree(till, charged=1).pk == first.pk
    assert len(alive.instants) >= 6
    for instant in range(len(alive.instants)):
        plan = planned(reader(till))
        at_ten(till)
        with reaped(Reaper(instant)):
            charge(threads=0)
        look_up(6)
        look_up(12)
        charge(ten(minutes=13), threads=0)
        plan.refresh_from_db()
        assert plan.state == "paid", alive.instants[instant]
        assert taken(till).count(plan.subject) == 1, alive.instants[instant]
    assert sorted(taken(till)) == sorted(paid_here())
    assert wrong(ten(minutes=30)) == []


def test_events_in_any_order_and_thrice_change_nothing(till):
    """Events may be there before the answer is settled, after it, and again."""
    plan = ready(till)
    kept: list[tuple[bytes, str]] = []

    def keep(body, headers):
        kept.append((body, {name.lower(): value for name, value in headers.items()}["stripe-signature"]))
        return 200

    till.deliver(keep)
    kept.clear()
    with reaped(Reaper(_last_before_settling())):
        charge(threads=0)  # charged at Stripe, killed before it was settled
    till.deliver(keep)
    assert len(kept) >= 2
    for turn in (kept[::-1], kept, kept):
        for body, signature in turn:
            receiving.receive(body, signature, at=ten(minutes=1))
            processing.process(at=ten(minutes=1))
    plan = agree(till, charged=1)
    assert steps(plan) == ["due", "charging", "paid"]
    assert PaymentEvent.objects.filter(payment__purpose="renewal", to_state="succeeded").count() == 1
    assert Notice.objects.filter(kind="renewal_paid").count() == 1


def _last_before_settling() -> int:
    """Instants of a round: commit of the claim (before, after), request (before, after), commit of the settling."""
    return 4


@pytest.mark.parametrize("days", [3, 40])
def test_a_clock_that_stood_still(till, days):
    """Three days late it is charged late; forty days late the announcement is too old: by choice only, never charged."""
    plan = planned(reader(till))
    on = R + timedelta(days=days)
    at_ten(till, on)
    charge(ten(on))
    if days == 3:
        assert agree(till, charged=1).term.starts_on == R
        return
    plan = agree(till, charged=0)
    assert plan.state == "manual"
    assert Subscription.objects.get().state == "grace"
