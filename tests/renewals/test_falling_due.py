"""R has come: what is due, what waits, what may never be charged; and every reason for which a due renewal is left alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest

from payments.days import PARIS
from payments.models import DeskItem, Payment, SavedMethod
from subscriptions.models import Notice, NoticeProof, Renewal, RenewalProof, Subscription
from subscriptions.renewals.charging import Around, Verdict, charging_hours, claim, due, verdict
from subscriptions.renewals.falling_due import fall_due
from subscriptions.renewals.tries import Tries
from tests.makers import NOW
from tests.renewals.counter import CLOCK, R, ten
from tests.renewals.people import announced, prove, subscriber

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def fall(on: date = R) -> Renewal:
    for _twice in range(2):
        fall_due(on=on, at=ten(on), actor=CLOCK)
    return Renewal.objects.select_related("subscription").get()


def kinds() -> list[str]:
    return list(Notice.objects.filter(kind="renewal_card_needed").values_list("kind", flat=True))


def bounce(renewal: Renewal) -> None:
    notice = Notice.objects.get(proofs__renewal_proof__renewal=renewal, kind="renewal_notice")
    NoticeProof.objects.create(notice=notice, kind="bounced", at=NOW)


def test_the_day_before_r_nothing_is_due():
    announced(subscriber(), renews_on=R)
    assert (fall(R - DAY).state, fall(R).state, Subscription.objects.get().state) == ("announced", "due", "active")
    assert fall(R + DAY).subscription.state == "grace"


def test_without_the_pre_debit_notice_the_charge_moves_with_it():
    plan = announced(subscriber(), renews_on=R, without="pre_debit")
    assert fall(R).state == "announced"
    prove(plan, "pre_debit", sent_on=R + DAY, opens=R, closes=R + 5 * DAY)
    assert fall(R + DAY).state == "due"
    assert [claim([plan.pk], on=R + DAY * days, at=ten(), actor=CLOCK) == [] for days in (1, 7)] == [True, True]
    assert len(claim([plan.pk], on=R + DAY * 8, at=ten(R + DAY * 8), actor=CLOCK)) == 1


@pytest.mark.parametrize("how", ["never sent", "came back"])
def test_without_a_legal_notice_that_stands_it_is_by_choice_only(how):
    plan = announced(subscriber(), renews_on=R, without="legal" if how == "never sent" else "")
    if how == "came back":
        bounce(plan)
    plan = fall(R)
    assert (plan.state, plan.why) == ("manual", "L’avis d’échéance n’est pas prouvé : jamais débité.")
    assert claim([plan.pk], on=R, at=ten(), actor=CLOCK) == []
    assert fall(R).subscription.state == "grace"


def test_a_legal_notice_that_comes_back_between_two_tries():
    plan = announced(subscriber(), renews_on=R, state="retrying")
    bounce(plan)
    assert claim([plan.pk], on=R, at=ten(), actor=CLOCK) == []
    plan.refresh_from_db()
    assert plan.state == "awaiting_reader"


@pytest.mark.parametrize("how", ["none", "ended", "expired"])
def test_without_a_means_of_payment_that_is_good_the_reader_is_asked(how):
    announced(subscriber(), renews_on=R)
    if how == "none":
        Subscription.objects.update(saved_method=None)
    elif how == "ended":
        SavedMethod.objects.update(ended_at=NOW)
    else:
        SavedMethod.objects.update(exp_month=10, exp_year=2027)
    plan = fall(R)
    assert (plan.state, plan.why, kinds()) == (
        "awaiting_reader",
        "Aucun moyen de paiement valable.",
        ["renewal_card_needed"],
    )
    assert plan.subscription.state == "grace"
    assert not due(R).exists()


def test_without_a_means_of_payment_nobody_was_told_of_a_debit_and_the_reader_is_asked_all_the_same():
    reader = subscriber()
    announced(reader, renews_on=R, without="pre_debit")
    Subscription.objects.update(saved_method=None)
    assert fall(R).state == "awaiting_reader"
    assert kinds() == ["renewal_card_needed"]


def test_a_card_is_good_to_the_last_day_of_its_month():
    announced(subscriber(), renews_on=R)
    SavedMethod.objects.update(exp_month=11, exp_year=2027)
    assert fall(R).state == "due"


def test_a_card_that_ends_between_two_tries_asks_for_another():
    plan = announced(subscriber(), renews_on=R, state="retrying")
    SavedMethod.objects.update(ended_at=NOW)
    assert claim([plan.pk], on=R, at=ten(), actor=CLOCK) == []
    plan.refresh_from_db()
    assert (plan.state, kinds()) == ("awaiting_reader", ["renewal_card_needed"])


def test_a_dispute_stops_the_charge_until_it_ends():
    plan = announced(subscriber(), renews_on=R, state="due")
    paid = Payment.objects.get(state="succeeded")
    item = DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{paid.pk}", sentence="x", opened_at=NOW
    )
    assert claim([plan.pk], on=R, at=ten(), actor=CLOCK) == []
    plan.refresh_from_db()
    assert plan.state == "due"
    item.closed_at, item.closed_by = NOW, "staff:1"
    item.save()
    assert len(claim([plan.pk], on=R, at=ten(), actor=CLOCK)) == 1


def test_what_the_database_refuses_stops_nobody_else_and_is_on_a_desk(monkeypatch):
    """The checks of this floor fail to see that one was never announced: the gate does."""
    good = announced(subscriber(), renews_on=R, state="due")
    bad = announced(
        subscriber(email="b@example.fr", typed={"b": 1}), renews_on=R, state="due", without=RenewalProof.Kind.LEGAL
    )
    monkeypatch.setattr("subscriptions.renewals.charging.still_proved", lambda renewals: {one.pk for one in renewals})
    [payment] = claim([good.pk, bad.pk], on=R, at=ten(), actor=CLOCK)
    assert payment.subject == good.subject
    assert DeskItem.objects.get(kind="renewal_gate").subject == f"renewal:{bad.pk}"
    bad.refresh_from_db()
    assert bad.state == "due"


FACTS = {
    "told": [True, False], "disputed": [False, True], "open_payment": [False, True], "term_exists": [False, True],
}  # fmt: skip


@pytest.mark.parametrize("values", list(product(*FACTS.values())), ids=str)
@pytest.mark.parametrize("renewal", ["automatic", "fixed"])
def test_every_fact_around_a_renewal(values, renewal):
    """Charged only if nothing at all speaks against it."""
    plan = announced(subscriber(), renews_on=R, state="due")
    plan.subscription.renewal = renewal
    facts = dict(zip(FACTS, values, strict=True))
    found = verdict(plan, Around(tries=Tries(told_on=R - 14 * DAY), **facts), on=R)
    nothing = facts == {"told": True, "disputed": False, "open_payment": False, "term_exists": False}
    assert (found == Verdict.CHARGE) == (nothing and renewal == "automatic")


@pytest.mark.parametrize(
    ("hour", "charged"), [(0, False), (9, False), (10, True), (19, True), (20, False)]
)  # fmt: skip
def test_hours_in_paris_in_summer_and_winter(hour, charged):
    for month in (1, 7):
        assert charging_hours(datetime(2028, month, 5, hour, 30, tzinfo=PARIS)) == charged
