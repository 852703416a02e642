"""Entry numbers and closed days: 1 to n in each civil year, once, whatever stands still, runs twice or comes late."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from deploy.local.postgres import APPLICATION
from payments.actors import job
from payments.closing import numbering
from payments.closing.auditing import days_add_up, days_closed, entries_numbered
from payments.closing.days import close_days
from payments.exports.fec_making import make_fec, wanted_of
from payments.models import DayClosing, EntryNumber, EntrySeries, LedgerEntry, SealedRow
from payments.sealing.sealing import seal_all
from payments.sealing.verifying import sealed_as_written
from tasks import money
from tests.closing.conftest import at, book

CLOSER = job("close-day")
FRI, SAT, SUN, MON = (date(2026, 11, day) for day in (20, 21, 22, 23))
NEW_YEARS_EVE = date(2026, 12, 31)


def numbers() -> list[tuple[str, int, int, date]]:
    rows = EntryNumber.objects.order_by("year", "number").values_list("entry__source", "year", "number", "validated_on")
    return list(rows)


def test_a_day_is_closed_after_its_midnight_and_once(db):
    book("payment:2", on=FRI, written=at(FRI, 23, 59))
    book("payment:1", on=FRI, written=at(FRI, 9))
    book("payment:3", on=SAT, written=at(SAT, 0, 1))
    assert close_days(actor=CLOSER, at=at(FRI, 23, 59)) == 0
    assert close_days(actor=CLOSER, at=at(SAT, 0, 20)) == 1
    assert close_days(actor=CLOSER, at=at(SAT, 4)) == 0
    # By (booked on, key): the key is the order of writing.
    assert numbers() == [("payment:2", 2026, 1, FRI), ("payment:1", 2026, 2, FRI)]
    closed = DayClosing.objects.get()
    assert (closed.day, closed.entries, closed.debit, closed.credit) == (FRI, 2, Decimal("55.20"), Decimal("55.20"))
    assert closed.numbers == {"2026": [1, 2]}


def test_missed_days_are_closed_one_by_one_and_the_totals_go_on(db):
    book("payment:1", on=date(2026, 10, 31))
    book("payment:2", on=date(2026, 11, 2), amount="30.00")
    book("refund:1", on=date(2026, 11, 2), amount="10.00", debit="AR", credit="PSP")
    assert close_days(actor=CLOSER, at=at(date(2026, 11, 3), 5)) == 3
    found = list(
        DayClosing.objects.order_by("day").values_list(
            "day", "received", "given_back", "month_received", "year_received", "ever_received", "ever_given_back"
        )
    )
    assert [(str(day), *map(str, amounts)) for day, *amounts in found] == [
        ("2026-10-31", "27.60", "0.00", "27.60", "27.60", "27.60", "0.00"),
        ("2026-11-01", "0.00", "0.00", "0.00", "27.60", "27.60", "0.00"),
        ("2026-11-02", "30.00", "10.00", "30.00", "57.60", "57.60", "10.00"),
    ]
    assert [*days_closed(at(MON)), *days_add_up(at(MON)), *entries_numbered(at(MON))] == []


def test_each_civil_year_counts_from_one_and_what_comes_late_goes_on(db):
    book("payment:1", on=NEW_YEARS_EVE)
    book("payment:2", on=date(2027, 1, 1))
    close_days(actor=CLOSER, at=at(date(2027, 1, 2), 1))
    book("late:1", on=NEW_YEARS_EVE, written=at(date(2027, 1, 2)))
    close_days(actor=CLOSER, at=at(date(2027, 1, 3), 1))
    assert numbers() == [
        ("payment:1", 2026, 1, NEW_YEARS_EVE),
        ("late:1", 2026, 2, date(2027, 1, 2)),
        ("payment:2", 2027, 1, date(2027, 1, 1)),
    ]


def test_what_is_committed_after_its_day_was_closed_is_numbered_with_the_next(db):
    book("payment:1", on=FRI)
    close_days(actor=CLOSER, at=at(SAT, 1))
    book("payment:2", on=FRI, written=at(FRI, 23))  # its transaction was open at midnight
    assert numbering.number_until(FRI) == 0
    close_days(actor=CLOSER, at=at(SUN, 1))
    assert numbers()[1] == ("payment:2", 2026, 2, SAT)


def test_what_is_booked_ahead_waits_for_its_day(db):
    """Validated on Friday, an entry of Saturday would refuse the file of the year for good."""
    book("fee:1", on=SAT, written=at(FRI, 23, 59), debit="FEES", credit="PSP", amount="0.66")
    book("payment:1", on=FRI)
    close_days(actor=CLOSER, at=at(SAT, 0, 20))
    assert numbers() == [("payment:1", 2026, 1, FRI)]
    assert list(entries_numbered(at(SUN, 23))) == []
    close_days(actor=CLOSER, at=at(SUN, 0, 20))
    assert numbers() == [("payment:1", 2026, 1, FRI), ("fee:1", 2026, 2, SAT)]
    make_fec(wanted_of(2026), actor=CLOSER, at=at(SUN))


def test_what_is_booked_ahead_of_a_year_is_numbered_in_its_own(db):
    book("payment:1", on=NEW_YEARS_EVE)
    book("payment:2", on=date(2027, 1, 1), written=at(NEW_YEARS_EVE, 23, 59))
    close_days(actor=CLOSER, at=at(date(2027, 1, 1), 1))
    assert numbers() == [("payment:1", 2026, 1, NEW_YEARS_EVE)]
    close_days(actor=CLOSER, at=at(date(2027, 1, 2), 1))
    assert numbers()[1] == ("payment:2", 2027, 1, date(2027, 1, 1))


def test_an_entry_of_a_day_far_ahead_is_told(db):
    book("payment:1", on=FRI)
    book("payment:2", on=date(2062, 11, 20), written=at(FRI))
    close_days(actor=CLOSER, at=at(SUN, 1))
    assert list(entries_numbered(at(MON))) == [("entry:payment:2", "is booked on a day that has not come")]


def test_a_number_before_the_day_of_its_entry_is_refused(db):
    book("payment:1", on=SAT, written=at(FRI))
    entry = LedgerEntry.objects.get()
    with pytest.raises(DatabaseError, match="has not come"), transaction.atomic():
        EntryNumber.objects.create(entry=entry, year=2026, number=1, validated_on=FRI)


@pytest.mark.django_db(transaction=True)
def test_what_was_numbered_before_its_day_leaves_the_file_of_its_year_valid(superuser):
    """Until migration 0021 such entries got the number of the day before; they are evidence and stay as they are."""
    book("fee:1", on=SAT, written=at(FRI, 23, 59), debit="FEES", credit="PSP", amount="0.66")
    superuser.execute(
        "SET session_replication_role = replica; INSERT INTO payments_entrynumber (entry_id, year, number, validated_on)"
        " SELECT id, 2026, 1, '2026-11-20' FROM payments_ledgerentry; INSERT INTO payments_entryseries VALUES (2026, 1)"
    )
    make_fec(wanted_of(2026), actor=CLOSER, at=at(SUN))
    assert EntryNumber.objects.get().validated_on == FRI


def test_killed_in_the_middle_the_next_closing_ends_in_the_same_rows(db, monkeypatch):
    monkeypatch.setattr(numbering, "CHUNK", 2)
    for n in range(5):
        book(f"payment:{n}", on=FRI)
    assert numbering._number_some(FRI) == 2  # and then the power went
    assert close_days(actor=CLOSER, at=at(SAT, 1)) == 1
    assert [number for _source, _year, number, _day in numbers()] == [1, 2, 3, 4, 5]
    assert DayClosing.objects.get().entries == 5
    assert EntrySeries.objects.get().last_number == 5


def test_numbers_with_a_gap_or_in_the_name_of_a_closed_day_are_refused(db):
    book("payment:1", on=FRI)
    close_days(actor=CLOSER, at=at(SAT, 1))
    book("payment:2", on=SAT)
    entry = LedgerEntry.objects.get(source="payment:2")
    for number, day in ((3, SAT), (2, FRI)):
        with pytest.raises(DatabaseError), transaction.atomic():
            EntryNumber.objects.create(entry=entry, year=2026, number=number, validated_on=day)
    EntryNumber.objects.create(entry=entry, year=2026, number=2, validated_on=SAT)


def test_a_day_that_does_not_follow_is_refused(db):
    book("payment:1", on=FRI)
    close_days(actor=CLOSER, at=at(SAT, 1))
    row = DayClosing.objects.get()
    row.pk, row.day, row.hash = None, SUN, "x"
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)


def test_the_application_changes_none_of_it(db):
    book("payment:1", on=FRI)
    close_days(actor=CLOSER, at=at(SAT, 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == APPLICATION
    for rows, change in (
        (EntryNumber.objects, {"number": 7}),
        (DayClosing.objects, {"debit": 1, "credit": 1}),
        (SealedRow.objects, {"hash": "x"}),
    ):
        assert rows.exists()
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all()._raw_delete("default")


def test_the_jobs_do_it(db):
    book("payment:1", on=MON - timedelta(days=1))
    money.seal()
    money.close_day()
    assert DayClosing.objects.get().day == SUN
    assert SealedRow.objects.filter(chain="ledger").count() == 1


# --- seals -----------------------------------------------------------------------------------------------------------


def test_rows_are_sealed_once_in_one_chain_and_verify(db):
    book("payment:1", on=FRI)
    book("payment:2", on=FRI)
    assert seal_all(at=at(FRI)) == 2
    assert seal_all(at=at(FRI)) == 0
    book("payment:3", on=FRI)
    assert seal_all(at=at(FRI)) == 1
    first, second, third = SealedRow.objects.order_by("position")
    assert [first.position, second.position, third.position] == [1, 2, 3]
    assert list(sealed_as_written(at(MON))) == []


def test_what_is_left_unsealed_is_found(db):
    book("payment:1", on=FRI)
    seal_all(at=at(FRI))
    book("payment:2", on=FRI)
    entry = LedgerEntry.objects.get(source="payment:2")
    assert list(sealed_as_written(at(MON))) == [(f"ledger:{entry.pk}", "is not sealed")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("plant", "found"),
    [
        ("UPDATE payments_ledgerline SET debit = debit + 1 WHERE debit > 0", "is not what was sealed"),
        ("UPDATE payments_ledgerentry SET label = 'x'", "is not what was sealed"),
        ("DELETE FROM payments_ledgerline; DELETE FROM payments_entrynumber; DELETE FROM payments_ledgerentry",
         "was sealed and is not there any more"),
        ("UPDATE payments_sealedrow SET hash = repeat('0', 64) WHERE chain = 'ledger'", "this link does not follow the one before it"),
    ],
)  # fmt: skip
def test_a_change_behind_its_back_is_found(superuser, plant, found):
    book("payment:1", on=FRI)
    close_days(actor=CLOSER, at=at(SAT, 1))
    superuser.execute(f"SET session_replication_role = replica; {plant}")
    assert [sentence for _subject, sentence in sealed_as_written(at(SAT, 2))] == [found]
    if "payments_ledger" in plant:
        assert "its entries are not what was closed" in [sentence for _subject, sentence in days_closed(at(SAT, 2))]
