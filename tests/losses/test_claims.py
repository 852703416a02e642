"""A reader says that a copy did not come: every row of the table, what is sent again, and that nothing is earned by it."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.audit import balance_of
from payments.models import DeskItem, LedgerEntry
from subscriptions.fulfilment.closing import CannotClose
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.losses.carrying_out import put_ended_before_a_person
from subscriptions.losses.claiming import CannotClaim, Said, claim, confirm
from subscriptions.losses.deciding import decide_by_hand
from subscriptions.losses.freezing import to_resend
from subscriptions.losses.resending import make
from subscriptions.losses.stock import balances, enter
from subscriptions.models import (
    Claim,
    Declaration,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    MailingRun,
    Notice,
    StockMovement,
    Subscription,
)
from subscriptions.renewals.remindable import remindable
from tests.institutions.papers import take
from tests.losses.people import CLAIMED, at, buys, claims, comes_back, copy_of, in_stock, posted, unsound
from tests.makers import CLERK, READER

LATER = at(date(2027, 1, 6))


def letters(kind):
    return Notice.objects.filter(kind=kind).count()


def test_the_first_in_twelve_months_is_sent_again_from_stock(offers):
    anne = buys(offers["fixed"])
    issue = posted(anne)
    in_stock(copies=2)
    one = claims(anne)
    assert (one.state, one.nth, one.tracked, letters("claim_resent")) == ("approved", 1, False, 1)
    assert claims(anne).pk == one.pk  # a double click
    assert Claim.objects.count() == letters("claim_resent") == 1
    earned = balance_of("701100"), balance_of("487100")
    run = make(issue.pk, actor=CLERK, at=LATER)
    one.refresh_from_db()
    line = Dispatch.objects.get(run=run)
    assert (one.state, one.line, line.kind, line.copies) == ("resent", line, "RCL", 1)
    assert line.key == "N25-000001-02"
    assert (run.kind, run.state, run.closed_alone, run.closed_because) == (
        "resend",
        "closed",
        True,
        "few are sent again",
    )
    assert balances([issue.pk]) == {issue.pk: 1}
    copy = copy_of(anne)
    assert (copy.state, [one.kind for one in copy.movements.all()]) == (
        "served",
        ["grant", "assign", "serve", "resend"],
    )
    hand_over(run.pk, actor=CLERK, at=LATER)
    count_received(run.pk, copies=1, actor=CLERK, at=LATER)
    assert post_run(run.pk, on=LATER.date(), actor=CLERK, at=LATER).copies == 0
    assert (balance_of("701100"), balance_of("487100")) == earned
    assert LedgerEntry.objects.filter(source__startswith="posting:").count() == 1
    assert unsound(LATER) == []


def test_none_left_is_one_issue_more_worth_nothing(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    deferred = balance_of("487100")
    one = claims(anne)
    assert (one.state, letters("claim_extended")) == ("extended", 1)
    extra = one.extra
    assert (extra.value_ht, extra.rank, extra.state, extra.issue.number) == (Decimal("0.00"), 5, "owed", 29)
    assert balance_of("487100") == deferred
    assert unsound(CLAIMED) == []


def test_the_second_waits_for_the_address_and_is_tracked(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    in_stock()
    claims(anne)
    posted(anne, number=26, on=date(2027, 3, 15))
    in_stock(26)
    later = at(date(2027, 4, 5))
    one = claims(anne, 26, when=later)
    assert (one.state, one.nth, letters("claim_address")) == ("asked", 2, 1)
    one = confirm(one.pk, actor=READER, at=later)
    assert (one.state, one.tracked) == ("approved", True)
    assert confirm(one.pk, actor=READER, at=later).state == "approved"
    assert unsound(later) == []


def test_the_third_goes_to_a_person(offers):
    anne = buys(offers["fixed"])
    days = {25: date(2026, 12, 15), 26: date(2027, 3, 15), 27: date(2027, 6, 15)}
    for number, day in days.items():
        posted(anne, number=number, on=day)
        in_stock(number)
        one = claims(anne, number, when=at(date(day.year + (day.month == 12), day.month % 12 + 1, 5)), confirmed=True)
    assert (one.state, one.nth, letters("claim_on_desk")) == ("on_desk", 3, 1)
    assert DeskItem.objects.get(kind="claim").subject == f"claim:{one.pk}"


def test_before_its_days_it_goes_to_a_person_and_is_never_refused(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    in_stock()
    one = claims(anne, when=at(date(2026, 12, 29)))
    assert (one.state, one.in_window) == ("on_desk", False)


def test_on_the_first_of_its_days_it_is_sent_again(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    in_stock()
    assert claims(anne, when=at(date(2026, 12, 30))).state == "approved"


def test_what_was_not_sent_cannot_be_claimed(offers):
    anne = buys(offers["fixed"])
    copy = copy_of(anne)
    with pytest.raises(CannotClaim):
        claim(Said(copy.pk, "not_received", "reader"), actor=READER, at=CLAIMED)


def test_one_claim_of_a_copy_by_the_database_itself(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    in_stock()
    one = claims(anne)
    one.pk = None
    one.round = 2
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save(force_insert=True)


def test_the_stock_never_goes_below_zero(offers):
    anne, bruno = buys(offers["fixed"]), buys(offers["fixed"], email="bruno@example.fr")
    issue = posted(anne, bruno)
    in_stock(copies=1)
    assert claims(anne).state == "approved"
    assert claims(bruno).state == "extended"  # the one that there is, is promised
    make(issue.pk, actor=CLERK, at=LATER)
    assert balances([issue.pk]) == {issue.pk: 0}
    with pytest.raises(CannotClose):
        make(issue.pk, actor=CLERK, at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(
            issue=issue, number=3, kind="sent", copies=-1, left=-1, actor="x", reason="x", at=LATER
        )


def test_many_resends_want_a_second_person(offers):
    from subscriptions.fulfilment.closing import close
    from subscriptions.models import LossRule
    from tests.makers import COLLEAGUE

    LossRule.objects.create(alone_lines=1, actor="x", reason="x", created_at=CLAIMED)
    anne = buys(offers["fixed"])
    issue = posted(anne)
    in_stock()
    claims(anne)
    run = make(issue.pk, actor=CLERK, at=LATER)
    assert run.state == "asked"
    with pytest.raises(CannotClose):
        close(run.pk, actor=CLERK, at=LATER)
    assert close(run.pk, actor=COLLEAGUE, at=LATER).state == "closed"
    assert MailingRun.objects.get(pk=run.pk).closed_alone is False
    assert Entitlement.objects.filter(state="assigned").count() == 0
    assert EntitlementMovement.objects.filter(kind="resend").count() == 1


def test_after_the_end_nothing_is_sent_and_a_person_looks(offers):
    anne = buys(offers["fixed"])
    issue = posted(anne)
    in_stock()
    one = claims(anne)
    Entitlement.objects.filter(term__subscription=anne, state="owed").update(state="void")
    anne.state = "ended"
    anne.save(update_fields=["state"])
    with pytest.raises(CannotClose):
        make(issue.pk, actor=CLERK, at=LATER)
    assert put_ended_before_a_person(actor=CLERK, at=LATER) == 1
    assert put_ended_before_a_person(actor=CLERK, at=LATER) == 0
    one.refresh_from_db()
    assert (one.state, DeskItem.objects.get().subject) == ("on_desk", f"claim:{one.pk}")


def test_too_few_for_anybody_is_none_in_stock(offers):
    take(quantity=3)
    two = Subscription.objects.get()
    issue = posted(two)
    in_stock(copies=3)
    assert claims(two).state == "approved"
    enter(issue.pk, "counted", 2, actor=CLERK, at=LATER, reason="inventaire")
    with pytest.raises(CannotClose) as refused:
        make(issue.pk, actor=CLERK, at=LATER)
    assert refused.value.code == "no_stock"
    assert not MailingRun.objects.filter(kind="resend").exists()
    enter(issue.pk, "received", 1, actor=CLERK, at=LATER, reason="retrouvé")
    assert make(issue.pk, actor=CLERK, at=LATER).copies == 3


def test_a_copy_sent_again_and_lost_again_is_another_claim_for_a_person(offers):
    anne = buys(offers["fixed"])
    issue = posted(anne)
    in_stock()
    first = claims(anne)
    run = make(issue.pk, actor=CLERK, at=LATER)
    assert claims(anne, when=LATER).pk == first.pk
    hand_over(run.pk, actor=CLERK, at=LATER)
    count_received(run.pk, copies=1, actor=CLERK, at=LATER)
    post_run(run.pk, on=LATER.date(), actor=CLERK, at=LATER)
    assert claims(anne, when=at(date(2027, 1, 20))).pk == first.pk  # it may still arrive
    again = claims(anne, when=at(date(2027, 1, 21)))
    assert (again.round, again.state, again.nth) == (2, "on_desk", 2)


def test_a_refused_claim_whose_copy_comes_back_after_all_is_taken_anew(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    in_stock()
    early = claims(anne, when=at(date(2026, 12, 17)))
    decide_by_hand(early.pk, "refused", actor=CLERK, at=CLAIMED, reason="vu dans la boîte aux lettres")
    assert claims(anne, when=LATER).pk == early.pk, "no more was learnt"
    anew = claims(anne, when=LATER, reason="came_back", by="staff")
    assert (anew.round, anew.state) == (2, "approved"), "it was never sent again: no person has to look"


def test_nobody_is_sent_another_copy_while_a_withdrawal_waits(offers):
    anne = buys(offers["automatic"])
    issue = posted(anne)
    in_stock()
    one = claims(anne)
    assert list(to_resend(issue.pk)) == [one]
    Declaration.objects.create(
        reference="RTR-1", form_token=uuid.uuid4(), kind="withdrawal", state="applied", effect="withdrawn_waits",
        subscription=anne, received_at=CLAIMED, state_since=CLAIMED, content={},
        email="anne@example.fr",
    )  # fmt: skip
    assert list(to_resend(issue.pk)) == []


def test_nobody_is_reminded_to_go_on_while_a_claim_is_open(offers):
    anne = buys(offers["fixed"])
    posted(anne)
    in_stock()
    assert remindable(lapsed=False, courtesy=False).filter(subscription=anne).exists()
    one = claims(anne)
    assert not remindable(lapsed=False, courtesy=False).filter(subscription=anne).exists()
    make(one.issue_id, actor=CLERK, at=LATER)
    assert remindable(lapsed=False, courtesy=False).filter(subscription=anne).exists()
    comes_back(anne, reason=1)
    assert not remindable(lapsed=False, courtesy=False).filter(subscription=anne).exists()
