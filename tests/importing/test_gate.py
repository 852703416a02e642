"""Nobody of an import is charged before its day: not by the sweeps, and not by the database. Nor is anybody told that they will be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.actors import job
from payments.keys import new_key
from payments.models import DeskItem, Payment
from payments.money import eur
from subscriptions.models import Notice, NoticeProof, Renewal, RenewalAttempt, RenewalProof, Subscription
from subscriptions.renewals import not_before, noticing, planning
from subscriptions.renewals.foreseeing import foresee
from tests.importing.desk import take_over
from tests.importing.written import automatic, written

pytestmark = pytest.mark.django_db
PLAN = job("renewal-plan")
#: Its term ends on 19 January 2027 and its copies are served: R is the day after.
ENDED = {"debut": "2026-01-20", "fin": "2027-01-19", "exemplaires_restants": "0", "exemplaires_servis": "4"}
R = date(2027, 1, 20)
EARLY, ON_TIME = R + timedelta(days=1), R


def taken(charge_from: date) -> Subscription:
    """A reader whose next year begins by itself on R."""
    file = take_over(written(automatic(1, **ENDED)), charge_from=charge_from, letters=False)
    return file.rows.get().term.subscription


def morning(on: date) -> datetime:
    """Nine o'clock in Paris, as far as anybody cares."""
    return datetime(on.year, on.month, on.day, 8, 0, tzinfo=UTC)


def sweep(on: date) -> None:
    """The jobs of one morning, in their order, twice."""
    for _twice in range(2):
        planning.plan(on=on, at=morning(on), actor=PLAN, limit=100)
        not_before.leave_to_choice(on=on, actor=PLAN, at=morning(on), limit=100)
        noticing.notice(on=on, at=morning(on), limit=100)


def test_whoever_renews_before_the_day_is_asked_and_nothing_is_debited(offers):
    subscription = taken(EARLY)
    for day in range(0, 70, 7):
        sweep(date(2026, 11, 23) + timedelta(days=day))
    plan = Renewal.objects.get()
    assert (plan.subscription, plan.state, plan.renews_on) == (subscription, "manual", R)
    assert plan.why.startswith("Abonnement repris d’une autre maison")
    letter = Notice.objects.get()
    assert (letter.kind, letter.facts["by_hand"]) == ("renewal_manual", True)
    assert not RenewalAttempt.objects.exists()


def test_whoever_came_too_late_to_be_announced_is_asked_and_nobody_looks_for_a_letter(offers):
    file = take_over(
        written(automatic(1, **ENDED | {"debut": "2025-12-20", "fin": "2026-12-19"})),
        letters=False,
        charge_from=date(2026, 12, 1),
    )
    plan, letter = Renewal.objects.get(), Notice.objects.get()
    assert (plan.state, plan.renews_on, letter.kind, letter.facts["by_hand"]) == (
        "manual",
        date(2026, 12, 20),
        "renewal_manual",
        True,
    )
    assert plan.why.startswith("Abonnement repris trop près de son terme")
    assert not DeskItem.objects.exists()
    assert file.rows.get().warnings[-1]["code"] == "too_late_to_announce"


def test_no_notice_leaves_even_where_the_plan_is_not_left_to_choice_yet(offers):
    taken(EARLY)
    on = date(2026, 12, 1)
    Renewal.objects.update(state="planned")
    noticing.notice(on=on, at=morning(on), limit=100)
    assert (Renewal.objects.get().state, {one.kind for one in Notice.objects.all()}) == ("planned", {"renewal_manual"})


def test_whoever_renews_on_the_day_or_later_is_announced_like_any_other(offers):
    taken(ON_TIME)
    sweep(date(2026, 12, 1))
    assert (Renewal.objects.get().state, Notice.objects.get().kind) == ("planned", "renewal_notice")


@pytest.mark.parametrize(("charge_from", "will"), [(EARLY, "by_choice"), (ON_TIME, "charge")], ids=["early", "on time"])
@pytest.mark.parametrize("planned", [False, True], ids=["not planned", "planned"])
def test_a_rehearsal_says_what_will_become_of_it(offers, charge_from, will, planned):
    taken(charge_from)
    if planned:
        sweep(date(2026, 11, 23))
    [line] = foresee(R, R, at=morning(date(2026, 11, 23)))
    assert (line.will, line.day) == (will, R)


@pytest.mark.parametrize(
    ("charge_from", "charged_on", "refused"),
    [
        (ON_TIME, R, False),
        (ON_TIME + timedelta(days=1), R, True),
        (ON_TIME + timedelta(days=1), R + timedelta(days=1), True),
        (date(2027, 6, 1), R + timedelta(days=3), True),
    ],
    ids=["on the day", "a day before", "of an R before it", "months before"],
)
def test_the_database_refuses_an_earlier_charge_however_well_it_was_announced(offers, charge_from, charged_on, refused):
    subscription = taken(charge_from)
    renewal = announced_all_the_same(subscription)

    def attempt() -> None:
        payment = Payment.objects.create(
            reference="PAY-1", purpose="renewal", subject=renewal.subject, amount=eur("27.60"), description="x",
            way="off_session", payer_account=subscription.saved_method.payer_account, customer=subscription.payer,
            saved_method=subscription.saved_method, idempotency_key=new_key(), created_at=morning(R), state_since=morning(R),
        )  # fmt: skip
        RenewalAttempt.objects.create(
            renewal=renewal, renews_on=R, number=1, charged_on=charged_on, pre_debit_sent_on=R - timedelta(days=14),
            payment=payment, at=morning(R),
        )  # fmt: skip

    if refused:
        with pytest.raises(IntegrityError, match="not charged before"), transaction.atomic():
            attempt()
        assert not RenewalAttempt.objects.exists()
    else:
        attempt()
        assert RenewalAttempt.objects.get().renewal == renewal


def announced_all_the_same(subscription: Subscription) -> Renewal:
    """With both notices proved, as a mistake of ours could have it; in the act of being charged."""
    renewal = Renewal.objects.get(subscription=subscription)
    days = {"legal": (date(2026, 11, 23), date(2026, 10, 19), date(2026, 12, 19)), "pre_debit": (R - timedelta(days=14), R - timedelta(days=30), R - timedelta(days=7))}  # fmt: skip
    for kind, (sent_on, opens, closes) in days.items():
        letter = Notice.objects.create(
            kind=f"renewal_{kind}", matter=f"x:{kind}", rank="legal", to_email="x@exemple.fr", facts={}, due_at=morning(R),
            created_at=morning(R), state="sent", state_since=morning(R),
        )  # fmt: skip
        proof = NoticeProof.objects.create(notice=letter, kind="accepted", at=morning(sent_on))
        RenewalProof.objects.create(
            renewal=renewal, renews_on=R, kind=kind, sent_on=sent_on, window_opens=opens, window_closes=closes,
            notice_proof=proof, amount=Decimal("27.60"), at=morning(sent_on),
        )  # fmt: skip
    Renewal.objects.update(state="charging")
    renewal.refresh_from_db()
    return renewal
