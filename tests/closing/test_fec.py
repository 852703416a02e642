"""The FEC: its bytes, its opening entry, what it refuses; and the validator, over files that are broken in one way each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model

from payments.actors import job
from payments.closing.days import close_days
from payments.exports.fec import COLUMNS, Parties, encoded, opening, written
from payments.exports.fec_checking import REASONS, Report, check
from payments.exports.fec_making import CannotExport, make_fec, wanted_of
from payments.exports.keeping import hashed, pieces_of
from payments.invoicing.issuing import issue
from payments.ledger.entries import party
from payments.models import KeptFile
from tests.closing.conftest import at, book
from tests.closing.test_archive import invoice

ACTOR = job("tests")
SPRING, AUTUMN = date(2026, 3, 2), date(2026, 10, 5)


def rows_of(body: bytes) -> list[list[str]]:
    return [line.split("\t") for line in body.decode("iso8859-15").removesuffix("\r\n").split("\r\n")]


def two_years() -> None:
    book("invoice:1", on=SPRING, debit="AR", credit="REV_PRINT", amount="27.60", journal="VE", label="Facture F2026-1")
    book("payment:1", on=AUTUMN, label="Encaissement\tde l’abonné\r\nn° 1 – œuvre | ș")
    book("payment:2", on=date(2027, 1, 4), amount="10.00")
    close_days(actor=ACTOR, at=at(date(2027, 1, 5)))


def test_the_bytes_of_a_year(db):
    two_years()
    wanted = wanted_of(2026)
    assert wanted.name == "732829320FEC20261231.txt"
    body = b"".join(written(wanted))
    head, *rows = rows_of(body)
    assert tuple(head) == COLUMNS
    assert rows == [
        ["VE", "Ventes", "1", "20260302", "411000", "Clients", "", "", "invoice-1", "20260302", "Facture F2026-1",
         "27,60", "0,00", "", "", "20260302", "", ""],
        ["VE", "Ventes", "1", "20260302", "701100", "Ventes par abonnements", "", "", "invoice-1", "20260302",
         "Facture F2026-1", "0,00", "27,60", "", "", "20260302", "", ""],
        ["ST", "Stripe", "2", "20261005", "517000", "Stripe, en attente de virement", "", "", "payment-1", "20261005",
         "Encaissement de l'abonné n° 1 - œuvre s", "27,60", "0,00", "", "", "20261005", "", ""],
        ["ST", "Stripe", "2", "20261005", "411000", "Clients", "C000012", "Client C000012", "payment-1", "20261005",
         "Encaissement de l'abonné n° 1 - œuvre s", "0,00", "27,60", "", "", "20261005", "", ""],
    ]  # fmt: skip
    assert check(body.splitlines(keepends=True), name=wanted.name).valid


def test_the_opening_entry_carries_what_stands_and_the_result(db):
    two_years()
    wanted = wanted_of(2027)
    assert opening(wanted) == [
        ("120000", "Résultat de l’exercice (bénéfice)", "", "", Decimal("-27.60")),
        ("411000", "Clients", "", "", Decimal("27.60")),
        ("411000", "Clients", "C000012", "Client C000012", Decimal("-27.60")),
        ("517000", "Stripe, en attente de virement", "", "", Decimal("27.60")),
    ]
    assert opening(wanted_of(2027, parties=Parties.NONE))[1:] == [
        ("517000", "Stripe, en attente de virement", "", "", Decimal("27.60"))
    ]
    rows = rows_of(b"".join(written(wanted)))[1:]
    assert [(row[0], row[2], row[4], row[11], row[12]) for row in rows] == [
        ("AN", "AN1", "120000", "0,00", "27,60"),
        ("AN", "AN1", "411000", "27,60", "0,00"),
        ("AN", "AN1", "411000", "0,00", "27,60"),
        ("AN", "AN1", "517000", "27,60", "0,00"),
        ("ST", "1", "517000", "10,00", "0,00"),
        ("ST", "1", "411000", "0,00", "10,00"),
    ]
    assert check(b"".join(written(wanted)).splitlines(keepends=True), name=wanted.name).faults == []


def test_a_loss_stands_on_the_other_side(db):
    book("fee:1", on=SPRING, debit="FEES", credit="PSP", amount="0.66")
    assert opening(wanted_of(2027))[0] == ("129000", "Résultat de l’exercice (perte)", "", "", Decimal("0.66"))


def test_signs_that_nobody_prints_refuse_no_file(db):
    """Every sign of the first 256, in a label that is evidence: U+0092 is the apostrophe of a bank, read in the wrong alphabet."""
    signs = "".join(chr(code) for code in range(1, 256))
    book("payment:1", on=SPRING, label="L\x92abonnement de l\x9cuvre \x80")
    book("payment:2", on=SPRING, label=f"a{signs[:127]}z")
    book("payment:3", on=SPRING, label=f"a{signs[127:]}z")
    close_days(actor=ACTOR, at=at(date(2026, 3, 4)))
    make_fec(wanted_of(2026), actor=ACTOR, at=at(date(2026, 3, 4)))
    rows = rows_of(b"".join(pieces_of(KeptFile.objects.get())))
    assert len(rows) == 7
    assert rows[1][10] == "L'abonnement de lœuvre €"
    for row in rows[1:]:
        assert all(sign >= " " and not "\x7f" <= sign <= "\x9f" for sign in row[10]), row[10]


def test_every_sign_is_printed_or_a_blank():
    printed = encoded("".join(chr(code) for code in range(256)).encode()).decode("iso8859-15")
    assert {sign for sign in printed if not sign.isprintable()} == {"\t", "\n", "\r", "\xa0", "\xad"}


def test_customers_have_their_name_from_the_millionth_on(db):
    """« C » and six figures at least: C000012, and C1234567 whole."""
    [one] = issue([replace(invoice(1), customer_id=customer(1_234_567))], on=SPRING, actor=ACTOR, at=at(SPRING))
    assert party(one.customer_id) == "C1234567"
    close_days(actor=ACTOR, at=at(date(2026, 3, 4)))
    rows = rows_of(b"".join(written(wanted_of(2026, parties=Parties.NAMES))))
    assert [(row[6], row[7]) for row in rows[1:] if row[4] == "411000"] == [("C1234567", "Camille Lenoir")]


def customer(key: int) -> int:
    return int(get_user_model().objects.create(pk=key, email="camille@example.fr").pk)


def test_it_is_kept_once_with_its_hash(db):
    two_years()
    first = make_fec(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 5)))
    again = make_fec(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 6)))
    assert (first.pk, first.lines, KeptFile.objects.count()) == (again.pk, 4, 1)
    body = b"".join(pieces_of(first))
    assert hashlib.sha256(body).hexdigest() == first.sha256
    with hashed(first).file as file:
        assert file.read() == body


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (lambda: None, "nothing"),
        (lambda: book("payment:1", on=SPRING), "unnumbered"),
    ],
)
def test_it_is_refused_while_the_books_are_not_final(db, plant, code):
    plant()
    with pytest.raises(CannotExport) as refused:
        make_fec(wanted_of(2026), actor=ACTOR, at=at(date(2027, 1, 5)))
    assert refused.value.code == code


# --- the validator ---------------------------------------------------------------------------------------------------

Row = dict[str, str]
NAME = "123456789FEC20261231.txt"


def line(number: str, debit: str, credit: str, **changes: str) -> Row:
    row = {
        "JournalCode": "VE", "JournalLib": "Ventes", "EcritureNum": number, "EcritureDate": "20260302", "CompteNum": "411000",
        "CompteLib": "Clients", "CompAuxNum": "", "CompAuxLib": "", "PieceRef": "F1", "PieceDate": "20260302",
        "EcritureLib": "Facture", "Debit": debit, "Credit": credit, "EcritureLet": "", "DateLet": "",
        "ValidDate": "20260303", "Montantdevise": "", "Idevise": "",
    }  # fmt: skip
    return row | changes


def sound() -> list[Row]:
    return [
        line("1", "27,60", "0,00"), line("1", "0,00", "27,03", CompteNum="487100"), line("1", "0,00", "0,57", CompteNum="445712"),
        line("2", "6,76", "0,00", JournalCode="OD"), line("2", "0,00", "6,76", JournalCode="OD", CompteNum="701100"),
        line("3", "10,00", "0,00", EcritureDate="20261231", ValidDate="20261231"),
        line("3", "0,00", "10,00", EcritureDate="20261231", ValidDate="20261231"),
    ]  # fmt: skip


def file_of(rows: list[Row], *, separator: str = "\t", end: str = "\r\n", encoding: str = "iso8859-15") -> bytes:
    lines = [separator.join(COLUMNS), *(separator.join(row.values()) for row in rows)]
    return "".join(f"{one}{end}" for one in lines).encode(encoding)


def judged(body: bytes, name: str = NAME) -> Report:
    return check(body.splitlines(keepends=True), name=name)


def changed(place: int, **changes: str) -> Callable[[], bytes]:
    """A file with one row changed."""

    def make() -> bytes:
        rows = sound()
        rows[place] = rows[place] | changes
        return file_of(rows)

    return make


def both(first: int, second: int, **changes: str) -> Callable[[], bytes]:
    def make() -> bytes:
        rows = sound()
        for place in (first, second):
            rows[place] = rows[place] | changes
        return file_of(rows)

    return make


def bytes_changed(old: bytes, new: bytes, count: int = 1) -> Callable[[], bytes]:
    return lambda: file_of(sound()).replace(old, new, count)


def without(*places: int) -> Callable[[], bytes]:
    return lambda: file_of([row for place, row in enumerate(sound()) if place not in places])


def swapped() -> bytes:
    rows = sound()
    return file_of(rows[:3] + rows[5:] + rows[3:5])


def split_in_two() -> bytes:
    rows = sound()
    second = [line("2", "1,00", "0,00"), line("2", "0,00", "1,00")]
    first_again = [line("1", "1,00", "0,00"), line("1", "0,00", "1,00")]
    return file_of([*rows[:3], *second, *first_again, *rows[5:]])


BROKEN: dict[str, tuple[Callable[[], bytes], str, int, str]] = {
    "nothing at all": (lambda: b"", "empty", 0, ""),
    "names alone": (lambda: file_of([]), "empty", 0, ""),
    "a name in the wrong case": (bytes_changed(b"Montantdevise", b"MontantDevise"), "header", 1, ""),
    "two names changed about": (bytes_changed(b"Debit\tCredit", b"Credit\tDebit"), "header", 1, ""),
    "no names": (lambda: file_of(sound()).partition(b"\r\n")[2], "header", 1, ""),
    "semicolons": (lambda: file_of(sound(), separator=";"), "header", 1, ""),
    "a byte order mark": (lambda: b"\xef\xbb\xbf" + file_of(sound()), "encoding", 1, ""),
    "UTF-8": (lambda: file_of([sound()[0] | {"EcritureLib": "Abonné"}, *sound()[1:]], encoding="utf-8"), "encoding", 2, ""),
    "Windows-1252": (bytes_changed(b"Facture", b"Facture \x80"), "encoding", 2, ""),
    "a line ended by LF alone": (bytes_changed(b"20260303\t\t\r\n", b"20260303\t\t\n"), "line_end", 2, ""),
    "a last line that is cut": (lambda: file_of(sound())[:-2], "line_end", 8, ""),
    "a line with bars": (bytes_changed(b"VE\tVentes\t1\t20260302\t4871", b"VE|Ventes|1|20260302|4871"), "mixed", 3, ""),
    "seventeen columns": (bytes_changed(b"Clients\t\t\tF1", b"Clients\t\tF1"), "columns", 2, ""),
    "a tab in a label": (bytes_changed(b"Facture", b"Fac\tture"), "columns", 2, ""),
    "no journal": (changed(0, JournalLib=" "), "missing", 2, "JournalLib"),
    "no label": (changed(1, EcritureLib=""), "missing", 3, "EcritureLib"),
    "no label of the account": (changed(1, CompteLib=""), "missing", 3, "CompteLib"),
    "no piece": (changed(3, PieceRef=""), "missing", 5, "PieceRef"),
    "not validated": (changed(3, ValidDate=""), "missing", 5, "ValidDate"),
    "30 February": (changed(1, PieceDate="20260230"), "date", 3, "PieceDate"),
    "a date with slashes": (changed(1, PieceDate="02/03/2026"), "date", 3, "PieceDate"),
    "a date of six figures": (changed(1, PieceDate="260302"), "date", 3, "PieceDate"),
    "a year too early": (both(3, 4, EcritureDate="20251231"), "period", 5, "EcritureDate"),
    "validated before it was booked": (both(5, 6, ValidDate="20261230"), "validated", 7, "ValidDate"),
    "a full stop in an amount": (changed(0, Debit="27.60"), "amount", 2, "Debit"),
    "an amount by thousands": (changed(0, Debit="1 027,60"), "amount", 2, "Debit"),
    "three decimals": (changed(0, Debit="27,600"), "amount", 2, "Debit"),
    "an amount with its currency": (changed(0, Debit="27,60 €"), "amount", 2, "Debit"),
    "both sides": (changed(0, Debit="27,60", Credit="1,00"), "sides", 2, "Debit"),
    "no side": (changed(0, Debit="0,00"), "sides", 2, "Debit"),
    "an account of letters": (changed(0, CompteNum="CLIENT"), "account", 2, "CompteNum"),
    "an account too short": (changed(0, CompteNum="41"), "account", 2, "CompteNum"),
    "a sub-account without a label": (changed(0, CompAuxNum="C1"), "party", 2, "CompAuxLib"),
    "a label without a sub-account": (changed(0, CompAuxLib="Lenoir"), "party", 2, "CompAuxNum"),
    "lettered on no day": (changed(0, EcritureLet="AA"), "lettering", 2, "DateLet"),
    "an amount in no currency": (changed(0, Montantdevise="30,00"), "currency", 2, "Idevise"),
    "two days in one entry": (changed(4, EcritureDate="20260303"), "entry", 6, "EcritureDate"),
    "two journals in one entry": (changed(4, JournalCode="VE"), "entry", 6, "JournalCode"),
    "a cent too much": (changed(0, Debit="27,61"), "unbalanced", 2, ""),
    "a line lost": (without(2), "unbalanced", 2, ""),
    "an entry lost": (without(3, 4), "gap", 5, "EcritureNum"),
    "the first entry lost": (without(0, 1, 2), "gap", 2, "EcritureNum"),
    "a number that is none": (both(3, 4, EcritureNum="deux"), "number", 5, "EcritureNum"),
    "validated in another order": (both(3, 4, ValidDate="20260302"), "validation_order", 5, "ValidDate"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_fails_for_the_right_reason_only(how):
    make, code, place, column = BROKEN[how]
    report = judged(make())
    found = {(fault.line, fault.column, fault.code) for fault in report.faults}
    if code == "number":  # which leaves a hole where it should have stood
        found = {one for one in found if one[2] != "gap"}
    first = min(found, default=None)
    assert {one[2] for one in found} == {code}, found
    assert first == (place, column, code)


@pytest.mark.parametrize("body", [swapped(), split_in_two()], ids=["two entries changed about", "a number twice"])
def test_numbers_that_go_back(body):
    codes = {fault.code for fault in judged(body).faults}
    assert "order" in codes
    assert codes <= {"order", "gap", "validation_order"}


def test_the_sound_file_is_sound_with_either_separator():
    report = judged(file_of(sound()))
    assert (report.faults, report.lines, report.entries, report.debit) == ([], 7, 3, Decimal("44.36"))
    assert judged(file_of(sound(), separator="|")).valid


def test_numbers_within_each_journal_are_right_too():
    rows = [
        line("1", "1,00", "0,00"), line("1", "0,00", "1,00"),
        line("1", "2,00", "0,00", JournalCode="OD"), line("1", "0,00", "2,00", JournalCode="OD"),
        line("2", "3,00", "0,00", JournalCode="OD"), line("2", "0,00", "3,00", JournalCode="OD"),
    ]  # fmt: skip
    assert judged(file_of(rows)).faults == []


@pytest.mark.parametrize(
    "name", ["FEC.txt", "123456789FEC20261331.txt", "12345678FEC20261231.txt", "123456789FEC20261231.csv"]
)
def test_a_name_that_is_none(name):
    assert [(fault.line, fault.code) for fault in judged(file_of(sound()), name=name).faults] == [(0, "name")]


def test_every_reason_has_a_file_that_fails_for_it():
    seen = {code for _make, code, _place, _column in BROKEN.values()} | {"order", "name"}
    assert seen == set(REASONS)
