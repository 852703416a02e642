"""After a declaration: deadlines watched on finance's desk, and what a late refund owes on top."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.gateway import RefundSeen
from payments.models import DeskItem, Transfer
from payments.refunds import apply
from subscriptions.stopping.following_up import watch_deadlines
from tests.makers import NOW
from tests.renewals.people import subscriber
from tests.stopping.people import JOB, terminates, withdraws
from tests.support.transfers import seen, sent

pytestmark = pytest.mark.django_db
RECEIVED = NOW.date()
LATE = {"the refund came back": NOW, "too old for Stripe": NOW + timedelta(days=200)}


def watch(days, *, twice=True):
    """The sweep, so many days after the declaration was received."""
    on = RECEIVED + timedelta(days=days)
    return [watch_deadlines(on=on, actor=JOB, at=NOW + timedelta(days=days)) for _time in range(1 + twice)]


def on_desk():
    return sorted(DeskItem.objects.filter(closed_at=None).values_list("kind", flat=True))


def leaves(declared, *, on: date):
    """Stripe says that the money went back on that day."""
    seen = RefundSeen(
        id="re_1", status="succeeded", amount_cents=2760, currency="eur", payment_intent="pi", charge="ch",
        failure_reason="", metadata={}, balance_transaction="", created=NOW,
    )  # fmt: skip
    apply(seen, refund_id=declared.refund_id, actor=JOB, at=NOW + (on - RECEIVED))


@pytest.mark.parametrize(
    ("days", "kinds", "late"),
    [
        (0, [], 0),
        (6, [], 0),
        (7, ["refund_due_in_7"], 0),
        (11, ["refund_due_in_7"], 0),
        (12, ["refund_due_in_2", "refund_due_in_7"], 0),
        (14, ["refund_due_in_2", "refund_due_in_7"], 0),
        (15, ["refund_due_in_2", "refund_due_in_7", "refund_overdue"], 1),
    ],
)
def test_the_alarms_of_a_withdrawal(days, kinds, late):
    withdraws(subscriber())
    assert watch(days) == [late, late]
    assert on_desk() == kinds
    assert set(DeskItem.objects.values_list("desk", flat=True)) <= {"finance"}


def test_a_sweep_that_was_stopped_for_forty_days_catches_up():
    withdraws(subscriber())
    watch(40, twice=False)
    assert on_desk() == ["refund_due_in_2", "refund_due_in_7", "refund_overdue"]
    overdue = DeskItem.objects.get(kind="refund_overdue").sentence.replace("\u00a0", " ")
    assert overdue.endswith(
        "remboursement dû depuis le 07/12/2026. Majoration due s’il part aujourd’hui : 2,76 € (article L242-4)."
    )


def test_given_back_in_time_the_alarms_end_and_nothing_is_owed():
    declared = withdraws(subscriber())
    watch(12)
    leaves(declared, on=date(2026, 12, 7))
    assert watch(14) == [0, 0]
    assert on_desk() == []


def test_given_back_late_finance_reads_what_is_owed_on_top_once():
    declared = withdraws(subscriber())
    watch(20)
    leaves(declared, on=date(2026, 12, 20))
    watch(28)
    assert on_desk() == ["refund_uplift"]
    item = DeskItem.objects.get(kind="refund_uplift")
    assert item.sentence.replace("\u00a0", " ") == (
        f"{declared.reference} : rendu le 20/12/2026, dû le 07/12/2026. Majoration à verser : 1,38 € (article L242-4)."
    )
    DeskItem.objects.filter(pk=item.pk).update(closed_at=NOW, closed_by="x")
    watch(29)
    assert on_desk() == []


@pytest.mark.parametrize("how", ["the refund came back", "too old for Stripe"])
def test_given_back_late_by_transfer_the_same_is_owed_on_top_once(how, settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"
    declared = withdraws(subscriber(kind="sepa_debit" if how == "too old for Stripe" else "card"), at=LATE[how])
    if how == "the refund came back":
        for status in ("pending", "failed"):
            apply(seen(declared.refund, status), refund_id=declared.refund_id, actor=JOB, at=NOW)
    paid_on = declared.refund_due_on + timedelta(days=13)
    sent(Transfer.objects.get(), on=paid_on)
    for _twice in range(2):
        watch_deadlines(on=paid_on + timedelta(days=5), actor=JOB, at=LATE[how] + timedelta(days=40))
    item = DeskItem.objects.get(kind="refund_uplift")
    assert item.sentence.replace("\u00a0", " ").endswith(
        f"rendu le {paid_on:%d/%m/%Y}, dû le {declared.refund_due_on:%d/%m/%Y}. Majoration à verser : 1,38 € (article L242-4)."
    )


def test_a_termination_has_nothing_to_give_back_and_no_deadline():
    terminates(subscriber())
    watch(60)
    assert on_desk() == []
