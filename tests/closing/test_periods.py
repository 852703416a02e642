"""Months and years: looked at, signed by name, locked, opened again by two people; nothing is booked behind a signature."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from payments.actors import job
from payments.closing import periods
from payments.closing.auditing import periods_locked
from payments.closing.checklist import Found, Weight, answers, lines
from payments.closing.days import close_days
from payments.closing.figures import figures
from payments.closing.periods import CannotSign, ask_to_reopen, month_of, open_before, reopen, sign, tick, year_of
from payments.closing.standing import signed_still_stands
from payments.desk import put_on_desk
from payments.models import Act, ClosingTick, DeskItem, LedgerEntry, PeriodClosing, Reopening, ReopeningAsked
from tests.closing.conftest import at, book
from tests.makers import CLERK, COLLEAGUE

OCTOBER, NOVEMBER, DECEMBER = (month_of(date(2026, month, 1)) for month in (10, 11, 12))
FIRST_OF_NOVEMBER, FIRST_OF_DECEMBER = at(date(2026, 11, 2)), at(date(2026, 12, 1))


def tick_all(period, *, when) -> None:
    for line in lines():
        if line.by_person:
            tick(period, line.key, actor=CLERK, at=when, reason="vérifié sur le relevé")


def closed(period, *, when=None) -> PeriodClosing:
    when = when or at(period.last_day + timedelta(days=2))
    close_days(actor=job("close-day"), at=when)
    tick_all(period, when=when)
    return sign(period, actor=CLERK, at=when, reason="mois vérifié")


def october() -> PeriodClosing:
    book("payment:1", on=date(2026, 10, 5))
    return closed(OCTOBER)


def code_of(act) -> str:
    with pytest.raises(CannotSign) as refused:
        act()
    return str(refused.value.code)


def test_a_month_is_signed_once_by_name_with_its_checklist_and_figures(db):
    closing = october()
    assert closing.signed_by == str(CLERK)
    assert sign(OCTOBER, actor=COLLEAGUE, at=FIRST_OF_NOVEMBER, reason="encore") == closing
    assert {line["line"]: (line["count"], line.get("by", "")) for line in closing.checks}["bank"] == (None, str(CLERK))
    assert closing.figures["accounts"] == [
        {"account": "411000", "label": "Clients", "debit": "0.00", "credit": "27.60", "balance": "-27.60"},
        {"account": "517000", "label": "Stripe, en attente de virement", "debit": "27.60", "credit": "0.00", "balance": "27.60"},
    ]  # fmt: skip
    assert closing.figures["numbers"] == [{"first": 1, "last": 1, "count": 1}]
    assert Act.objects.filter(verb="closed a period", subject=f"closing:{closing.pk}").count() == 1
    assert list(periods_locked(FIRST_OF_DECEMBER)) == []


def test_it_is_not_signed_before_its_time_or_before_its_checklist_is_done(db):
    book("payment:1", on=date(2026, 10, 5))
    assert code_of(lambda: sign(OCTOBER, actor=CLERK, at=at(date(2026, 10, 31)), reason="x")) == "not_over"
    assert code_of(lambda: sign(OCTOBER, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="x")) == "checklist"
    assert code_of(lambda: sign(NOVEMBER, actor=CLERK, at=FIRST_OF_DECEMBER, reason="x")) == "order"
    september = month_of(date(2026, 9, 1))
    assert code_of(lambda: sign(september, actor=CLERK, at=FIRST_OF_DECEMBER, reason="x")) == "nothing"


def matters(number: int) -> None:
    for one in range(number):
        put_on_desk(DeskItem.Desk.FINANCE, kind="x", subject=f"x:{one}", sentence="x", at=at(date(2026, 10, 28)))


def test_nobody_answers_for_a_month_that_goes_on(db):
    """Answered for on the first of October, five matters of the twenty-eighth would be signed with it."""
    book("payment:1", on=date(2026, 10, 1))
    for when in (at(date(2026, 10, 1)), at(date(2026, 10, 31))):
        with pytest.raises(CannotSign) as refused:
            tick(OCTOBER, "desk", actor=CLERK, at=when, reason="vérifié")
        assert refused.value.code == "not_over"
    matters(5)
    close_days(actor=job("close-day"), at=FIRST_OF_NOVEMBER)
    assert not ClosingTick.objects.exists()
    assert code_of(lambda: sign(OCTOBER, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="x")) == "checklist"


def test_a_person_answers_for_what_was_found_and_again_for_what_came_since(db):
    book("payment:1", on=date(2026, 10, 5))
    close_days(actor=job("close-day"), at=FIRST_OF_NOVEMBER)
    matters(2)
    tick_all(OCTOBER, when=FIRST_OF_NOVEMBER)
    said = ClosingTick.objects.get(line="desk")
    assert (said.turn, said.count, said.amount) == (1, 2, None)
    assert tick(OCTOBER, "desk", actor=COLLEAGUE, at=FIRST_OF_NOVEMBER, reason="aussi") == said
    matters(5)
    assert code_of(lambda: sign(OCTOBER, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="x")) == "checklist"
    again = tick(OCTOBER, "desk", actor=COLLEAGUE, at=at(date(2026, 11, 3)), reason="les cinq sont connus")
    assert (again.turn, again.count, again.actor) == (2, 5, str(COLLEAGUE))
    closing = sign(OCTOBER, actor=CLERK, at=at(date(2026, 11, 3)), reason="mois vérifié")
    desk = next(line for line in closing.checks if line["line"] == "desk")
    assert (desk["count"], desk["for"], desk["by"], desk["reason"]) == (5, 5, str(COLLEAGUE), "les cinq sont connus")


def test_lines_that_stop_take_no_excuse(db):
    book("payment:1", on=date(2026, 10, 5))
    tick_all(OCTOBER, when=FIRST_OF_NOVEMBER)
    by_key = {one.line.key: one for one in answers(OCTOBER, at=FIRST_OF_NOVEMBER)}
    # One entry without a number, and the last day of the month is not closed; its payment is nobody's subscription.
    assert (by_key["days"].found, by_key["days"].done) == (Found(2), False)
    assert code_of(lambda: tick(OCTOBER, "days", actor=CLERK, at=FIRST_OF_NOVEMBER, reason="tant pis")) == "no_line"
    assert code_of(lambda: sign(OCTOBER, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="x")) == "checklist"
    assert [one.key for one in lines() if one.weight == Weight.STOPS] == [
        "days",
        "balanced",
        "vat",
        "stripe",
        "deferred",
    ]


def test_what_becomes_known_later_is_booked_on_the_first_open_day(db):
    october()
    book("payment:2", on=date(2026, 10, 20), written=at(date(2026, 11, 5)))
    late = LedgerEntry.objects.get(source="payment:2")
    assert (late.booked_on, late.received_on, late.piece_date) == (
        date(2026, 11, 1), date(2026, 10, 20), date(2026, 10, 20),
    )  # fmt: skip
    closed(NOVEMBER)
    book("payment:3", on=date(2026, 10, 20), written=at(date(2026, 12, 5)))
    assert LedgerEntry.objects.get(source="payment:3").booked_on == date(2026, 12, 1)
    # Nobody closed September, whose money is in the balances that were signed of October.
    book("payment:4", on=date(2026, 9, 30), written=at(date(2026, 12, 5)))
    assert LedgerEntry.objects.get(source="payment:4").booked_on == date(2026, 12, 1)
    assert [*periods_locked(FIRST_OF_DECEMBER), *signed_still_stands(FIRST_OF_DECEMBER)] == []


@pytest.mark.parametrize("day", [date(2026, 10, 31), date(2026, 10, 1), date(2026, 9, 30), date(2020, 1, 1)])
def test_the_database_takes_no_entry_of_a_closed_month_or_before_it(db, day):
    october()
    with pytest.raises(DatabaseError, match="closed period"), transaction.atomic():
        LedgerEntry.objects.create(
            journal="OD", source="x:1", booked_on=day, piece_ref="x", piece_date=day,
            label="x", actor="x", created_at=FIRST_OF_NOVEMBER,
        )  # fmt: skip


def test_months_are_opened_again_the_newest_first(db):
    """October open under a signed November would change the balances that were signed of November."""
    first = october()
    book("payment:2", on=date(2026, 11, 5))
    second = closed(NOVEMBER)
    assert (
        code_of(lambda: ask_to_reopen(first.pk, actor=CLERK, at=FIRST_OF_DECEMBER, reason="facture oubliée")) == "later"
    )
    asked = ReopeningAsked.objects.create(closing=first, asked_by=str(CLERK), reason="x", at=FIRST_OF_DECEMBER)
    assert code_of(lambda: reopen(first.pk, actor=COLLEAGUE, at=FIRST_OF_DECEMBER, reason="oui")) == "later"
    with pytest.raises(DatabaseError, match="a later one holds"), transaction.atomic():
        Reopening.objects.create(
            asked=asked, closing=first, agreed_by=str(COLLEAGUE), alone=False, reason="x", at=FIRST_OF_DECEMBER
        )
    ask_to_reopen(second.pk, actor=CLERK, at=FIRST_OF_DECEMBER, reason="facture oubliée")
    reopen(second.pk, actor=COLLEAGUE, at=FIRST_OF_DECEMBER, reason="oui")
    assert reopen(first.pk, actor=COLLEAGUE, at=FIRST_OF_DECEMBER, reason="oui").closing == first


def test_a_signed_balance_that_the_books_do_not_say_any_more_is_found(transactional_db, superuser):
    first = october()
    book("payment:2", on=date(2026, 11, 5))
    second = closed(NOVEMBER)
    assert list(signed_still_stands(FIRST_OF_DECEMBER)) == []
    superuser.execute(
        "SET session_replication_role = replica; UPDATE payments_ledgerentry SET booked_on = '2026-11-05' WHERE source = 'payment:1'"
    )
    sentence = "the books no longer say what was signed of 411000, 517000"
    assert list(signed_still_stands(FIRST_OF_DECEMBER)) == [
        (f"closing:{first.pk}", sentence), (f"closing:{second.pk}", sentence),
    ]  # fmt: skip


def test_an_entry_behind_a_signature_is_found_in_its_month_and_before_it(transactional_db, superuser):
    october()
    for number, day in enumerate(("2026-10-31", "2026-09-30", "2026-11-01")):
        superuser.execute(
            "SET session_replication_role = replica; INSERT INTO payments_ledgerentry"
            " (journal, source, booked_on, piece_ref, piece_date, label, actor, created_at)"
            f" VALUES ('OD', 'late:{number}', '{day}', 'x', '{day}', 'x', 'x', '2026-11-20 12:00+01')"
        )
    assert [subject for subject, _sentence in periods_locked(FIRST_OF_DECEMBER)] == ["entry:late:0", "entry:late:1"]


def test_who_opened_it_is_whoever_is_named(db):
    """The database compares: one person is no two, and two are none alone."""
    closing = october()
    asked = ask_to_reopen(closing.pk, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="facture oubliée")
    for who, alone in ((CLERK, False), (COLLEAGUE, True)):
        with pytest.raises(DatabaseError, match="who asked and who agreed"), transaction.atomic():
            Reopening.objects.create(
                asked=asked, closing=closing, agreed_by=str(who), alone=alone, reason="x", at=FIRST_OF_NOVEMBER
            )
    Reopening.objects.create(
        asked=asked, closing=closing, agreed_by=str(COLLEAGUE), alone=False, reason="x", at=FIRST_OF_NOVEMBER
    )


def test_two_people_open_it_again_and_the_next_signature_is_version_two(db):
    first = october()
    assert code_of(lambda: reopen(first.pk, actor=COLLEAGUE, at=FIRST_OF_NOVEMBER, reason="oui")) == "not_asked"
    asked = ask_to_reopen(first.pk, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="facture oubliée")
    assert ask_to_reopen(first.pk, actor=COLLEAGUE, at=FIRST_OF_NOVEMBER + timedelta(days=1), reason="aussi") == asked
    assert code_of(lambda: reopen(first.pk, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="oui")) == "second_person"
    opened = reopen(first.pk, actor=COLLEAGUE, at=FIRST_OF_NOVEMBER, reason="d’accord")
    assert reopen(first.pk, actor=COLLEAGUE, at=FIRST_OF_DECEMBER, reason="encore") == opened
    assert not opened.alone
    book("payment:2", on=date(2026, 10, 20), written=FIRST_OF_NOVEMBER)
    assert LedgerEntry.objects.get(source="payment:2").booked_on == date(2026, 10, 20)
    assert (
        code_of(lambda: sign(OCTOBER, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="x")) == "checklist"
    )  # looked at anew
    second = closed(OCTOBER, when=at(date(2026, 11, 4)))
    assert (first.version, second.version) == (1, 2)
    assert (first.figures["journals"][0]["entries"], second.figures["journals"][0]["entries"]) == (1, 2)
    assert list(periods_locked(FIRST_OF_DECEMBER)) == []


def test_alone_only_where_it_is_allowed_after_its_delay_and_marked(db, settings):
    settings.CLOSING_REOPENED_ALONE_AFTER = 24
    closing = october()
    asked_at = at(date(2026, 11, 5))
    ask_to_reopen(closing.pk, actor=CLERK, at=asked_at, reason="facture oubliée")
    early = asked_at + timedelta(hours=23)
    assert code_of(lambda: reopen(closing.pk, actor=CLERK, at=early, reason="seule au bureau")) == "too_early"
    assert reopen(closing.pk, actor=CLERK, at=asked_at + timedelta(hours=24), reason="seule au bureau").alone


def test_a_request_lapses_and_is_asked_for_anew(db, settings):
    """Asked for in January, it would be agreed to alone in November without a day of delay."""
    settings.CLOSING_REOPENED_ALONE_AFTER = 24
    closing = october()
    asked_at = at(date(2026, 11, 5))
    first = ask_to_reopen(closing.pk, actor=CLERK, at=asked_at, reason="facture oubliée")
    assert ask_to_reopen(closing.pk, actor=COLLEAGUE, at=asked_at + timedelta(days=13), reason="aussi") == first
    late = asked_at + timedelta(days=14)
    assert code_of(lambda: reopen(closing.pk, actor=CLERK, at=late, reason="seule")) == "not_asked"
    second = ask_to_reopen(closing.pk, actor=CLERK, at=late, reason="toujours la facture")
    assert second != first
    assert (
        code_of(lambda: reopen(closing.pk, actor=CLERK, at=late + timedelta(hours=23), reason="seule")) == "too_early"
    )
    assert reopen(closing.pk, actor=COLLEAGUE, at=late, reason="d’accord").asked == second


def test_a_year_is_closed_after_its_months_and_opened_before_them(db):
    book("payment:1", on=date(2026, 11, 5))
    year, january = year_of(date(2026, 1, 1)), at(date(2027, 1, 4))
    closed(NOVEMBER)
    assert code_of(lambda: sign(year, actor=CLERK, at=january, reason="x")) == "order"
    december = closed(DECEMBER)
    whole = closed(year, when=january)
    assert (whole.first_day, whole.last_day) == (date(2026, 1, 1), date(2026, 12, 31))
    assert code_of(lambda: ask_to_reopen(december.pk, actor=CLERK, at=january, reason="x")) == "later"
    book("payment:2", on=date(2026, 12, 30), written=january)
    assert LedgerEntry.objects.get(source="payment:2").booked_on == date(2027, 1, 1)
    ask_to_reopen(whole.pk, actor=CLERK, at=january, reason="x")
    reopen(whole.pk, actor=COLLEAGUE, at=january, reason="x")
    ask_to_reopen(december.pk, actor=CLERK, at=january, reason="x")
    assert reopen(december.pk, actor=COLLEAGUE, at=january, reason="x").closing == december


def test_a_year_waits_for_the_year_before(db):
    book("payment:1", on=date(2026, 12, 5))
    for month in (DECEMBER, *(month_of(date(2027, number, 1)) for number in range(1, 13))):
        closed(month)
    years, now = (year_of(date(2026, 1, 1)), year_of(date(2027, 1, 1))), at(date(2028, 1, 4))
    assert open_before(years[1]) == years[0]
    assert code_of(lambda: sign(years[1], actor=CLERK, at=now, reason="x")) == "order"
    closed(years[0], when=now)
    assert open_before(years[1]) is None


def test_a_period_is_closed_once_and_kept(db):
    closing = october()
    again = PeriodClosing.objects.get(pk=closing.pk)
    again.pk, again.version = None, 2
    with pytest.raises(DatabaseError, match="closed already"), transaction.atomic():
        again.save(force_insert=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        PeriodClosing.objects.update(signed_by="staff:1")
    with pytest.raises(DatabaseError), transaction.atomic():
        Reopening.objects.all()._raw_delete("default")


def test_the_figures_of_a_month_are_its_own_and_the_balances_of_all_time(db):
    book("payment:1", on=date(2026, 10, 5))
    book("payment:2", on=date(2026, 11, 5), amount="10.00")
    stripe = {row["account"]: row for row in figures(NOVEMBER)["accounts"]}["517000"]
    assert (stripe["debit"], stripe["balance"]) == ("10.00", "37.60")
    assert Decimal(figures(OCTOBER)["accounts"][1]["balance"]) == Decimal("27.60")


@pytest.mark.django_db(transaction=True)
@pytest.mark.machine_clock
def test_a_signature_waits_for_whoever_is_booking(superuser):
    """An entry that was being written while finance signed is either in the signed figures or after the month."""
    book("payment:1", on=date(2026, 10, 5))
    close_days(actor=job("close-day"), at=FIRST_OF_NOVEMBER)
    tick_all(OCTOBER, when=FIRST_OF_NOVEMBER)
    signed: list[str] = []

    def sign_it() -> None:
        try:
            sign(OCTOBER, actor=CLERK, at=FIRST_OF_NOVEMBER, reason="x")
        except CannotSign as refused:
            signed.append(str(refused.code))
        finally:
            connection.close()

    with transaction.atomic():
        book("payment:2", on=date(2026, 10, 20), written=FIRST_OF_NOVEMBER)
        signer = threading.Thread(target=sign_it)
        signer.start()
        signer.join(timeout=0.5)
        assert signer.is_alive()
    signer.join(timeout=10)
    # It has seen the entry that came meanwhile, which has no number yet: the checklist is not done.
    assert signed == ["checklist"]
    assert periods.closing_of(OCTOBER) is None
