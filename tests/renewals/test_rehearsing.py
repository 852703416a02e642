"""A rehearsal says beforehand what the run will do, is signed once, and is compared with the run line by line."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from payments.models import Act, DeskItem
from subscriptions.models import Notice, Rehearsal, Renewal, Subscription
from subscriptions.renewals.comparing import compare, report
from subscriptions.renewals.rehearsing import (
    CannotRehearse,
    CannotSign,
    Stale,
    rehearse,
    sign,
    verified,
    warn_unsigned,
    what_changed,
)
from tests.renewals.counter import CLOCK, R, at_ten, charge, reader, ten
from tests.renewals.days import dispute, live, noon, other_card, plan_on, succeed_price

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def finance(django_user_model):
    return django_user_model.objects.create_user(
        "fin@team.example", "x", is_staff=True, first_name="Inès", last_name="Roy", created_at=noon(date(2026, 1, 1))
    )


def lines(rehearsal: Rehearsal) -> list[tuple]:
    return [
        (
            one.subscription_id,
            one.will,
            one.day,
            one.amount and one.amount.amount,
            one.legal_on,
            one.legal_sent,
            one.pre_debit_on,
            one.pre_debit_sent,
            one.card,
        )
        for one in rehearsal.lines.all()
    ]


def made(on: date, first: date = R, last: date = R) -> Rehearsal:
    return rehearse(first, last, actor=CLOCK, at=noon(on), reason="Pour voir.")


@pytest.mark.parametrize("before", [100, 76, 75, 62, 61, 60, 30, 15, 14, 13, 1])
def test_what_is_rehearsed_on_any_day_before_is_what_the_run_does(till, outbox, before, finance):
    one, other = reader(till), reader(till)
    Notice.objects.filter(kind="order_confirmation").update(state="withdrawn")
    for days in range(110, before - 1, -1):
        if days > 76 and days != before:
            continue
        live(R - days * DAY)
    rehearsal = made(R - before * DAY)
    legal, debit = R - 61 * DAY, R - 14 * DAY
    assert lines(rehearsal) == [
        (key, "charge", R, Decimal("27.60"), legal, before <= 61, debit, before <= 14, "good")
        for key in (one.pk, other.pk)
    ]
    assert (rehearsal.lines_total, rehearsal.charged_total, rehearsal.amount.amount) == (2, 2, Decimal("55.20"))
    sign(rehearsal, signer=finance, reason="Lu et approuvé.", at=noon(R - before * DAY))
    for days in range(min(before, 76) - 1, -1, -1):
        live(R - days * DAY)
    at_ten(till)
    charge()
    comparison = compare(rehearsal, at=noon(R + DAY))
    assert [(line.verdict, line.because, line.charged) for line in comparison.lines] == [
        ("as_rehearsed", "", Decimal("27.60"))
    ] * 2
    assert (comparison.rehearsed, comparison.charged, comparison.settled) == (Decimal("55.20"), Decimal("55.20"), True)
    assert [report(at=noon(R + DAY), actor=CLOCK) for _twice in range(2)] == [1, 0]
    assert DeskItem.objects.count() == 0
