"""Files that are refused as a whole, each with its sentence; and that reading them costs what it should."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from django.utils.translation import override

from payments.bank import statements, swift
from payments.bank.camt import read_camt
from payments.bank.reading import read
from payments.bank.statements import Unreadable, complete
from payments.models import CsvProfile
from tests.bank.files import PROFILE, Said, camt, csv, mt940

ONE = (Said("27.60", "FACTURE F2026-000012", "LYON", ref="BQ1"),)
BOMB = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">'


def refused(body: bytes, profile: CsvProfile | None = None, *, size: int | None = None) -> Unreadable:
    with pytest.raises(Unreadable) as said, override("en"):
        read(io.BytesIO(body), size=size or len(body), profile=profile)
    return said.value


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b"PK\x03\x04rest", "format", "archive"),
        (b"\x89PNG\r\n", "format", "neither camt.053 nor MT940"),
        (camt(ONE)[:-400], "malformed", "damaged or cut off"),
        (camt(ONE)[:200], "malformed", "damaged or cut off"),
        (camt(ONE).replace(b"</Ntry>", b"</Entry>"), "malformed", "damaged or cut off"),
        (camt(ONE, head=BOMB), "entities", "entities or a DTD"),
        (camt(ONE, head=OUTSIDE), "entities", "entities or a DTD"),
        (camt(ONE, version="09"), "version", "camt.053.001.02 to .08"),
        (camt(ONE).replace(b"camt.053", b"camt.052"), "version", "camt.053.001.02 to .08"),
        (b"<html><body>Session</body></html>", "version", "html"),
        (camt(ONE, currency="CHF"), "currency", "CHF"),
        (camt(ONE).replace(b'<Ntry><NtryRef>BQ1</NtryRef><Amt Ccy="EUR">', b'<Ntry><Amt Ccy="USD">'), "currency", "USD"),
        (camt(ONE).replace(b">27.60</Amt><Cdt", b">27,60</Amt><Cdt"), "amount", "27,60"),
        (camt(ONE).replace(b">27.60</Amt><Cdt", b">27.605</Amt><Cdt"), "amount", "27.605"),
        (camt(ONE).replace(b">27.60</Amt><Cdt", b">-27.60</Amt><Cdt"), "amount", "-27.60"),
        (camt(ONE).replace(b">27.60</Amt><Cdt", b">NaN</Amt><Cdt"), "amount", "NaN"),
        (camt(ONE).replace(b">27.60</Amt><Cdt", b"></Amt><Cdt"), "amount", "not an amount"),
        (camt(ONE).replace(b"CRDT</CdtDbtInd><Sts>", b"CR</CdtDbtInd><Sts>"), "side", "credit or a debit"),
        (camt(ONE).replace(b"<BookgDt><Dt>2026-11-23", b"<BookgDt><Dt>2026-13-23"), "day", "2026-13-23"),
        (camt(ONE, version="08").replace(b"T00:00:00+01:00", b"T25:00:00Z"), "day", "T25:00:00Z"),
        (camt(ONE, version="08").replace(b"2026-11-23T00:00:00+01:00", b"9999-12-31T23:59:59Z"), "day", "9999-12-31"),
        (camt(ONE, head='<?xml version="1.0" encoding="big5"?>'), "malformed", "damaged or cut off"),
        (camt(ONE, head='<?xml version="1.0" encoding="utf-7"?>'), "malformed", "damaged or cut off"),
        (camt(ONE, head='<?xml version="1.0" encoding="shift_jis"?>'), "malformed", "damaged or cut off"),
        (camt(ONE).replace(b"Stmt>", b"Rpt>"), "empty", "no statement"),
        (mt940(ONE).split(b":62F:")[0], "malformed", "ends before its last balance"),
        (mt940(ONE).replace(b"27,60NTRF", b"27,6xNTRF"), "amount", "27,6x"),
        (mt940(ONE).replace(b"C27,60NTRF", b"C27.60NTRF"), "amount", "27.60"),
        (mt940(ONE).replace(b":60F:C261123EUR1000,00", b":60F:C261123EUR1000"), "amount", "not an amount"),
        (mt940(ONE).replace(b":61:261123", b":61:261332"), "day", "261332"),
        (mt940(ONE, currency="USD"), "currency", "USD"),
        (mt940(ONE).replace(b":20:STMT261123\r\n", b"") + b"\r\n:20:X", "format", "neither"),
    ],
)  # fmt: skip
def test_a_file_is_refused_with_its_sentence(body, code, words):
    trouble = refused(body)
    with override("en"):
        assert (trouble.code, words in " ".join(trouble.messages)) == (code, True), trouble.messages


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b"27,60", b"27,6x"), "amount"),
        ((b"27,60", b"2.7,60"), "amount"),
        ((b"27,60", b"27,605"), "amount"),
        ((b"27,60", b""), "side"),
        ((b";;27,60", b";27,60;27,60"), "side"),
        ((b"23/11/2026", b"31/11/2026"), "day"),
        (("Libellé".encode(), b"Label"), "columns"),
        ((b"1027,60", b"1028,60"), None),
        ((b"LYON", b"L\xffON"), "encoding"),
        ((b"LYON", b"L\x00ON"), "malformed"),
    ],
)
def test_a_csv_is_refused_with_its_sentence(change, code):
    body = csv(ONE).replace(*change)
    if code is not None:
        assert refused(body, CsvProfile(**PROFILE)).code == code


def test_balances_of_a_csv_that_do_not_follow_its_lines():
    lines = (*ONE, Said("10.00", "B"), Said("20.00", "C"))
    assert refused(csv(lines).replace(b"1037,60", b"1038,60"), CsvProfile(**PROFILE)).code == "balance"


@pytest.mark.parametrize("body", [camt(ONE, closing="1027.61"), mt940(ONE, closing="1027.61")])
def test_lines_that_do_not_lead_from_one_balance_to_the_other(body):
    [statement] = read(io.BytesIO(body), size=len(body))
    [trouble] = complete(statement)
    with override("en"):
        assert trouble.code == "balance"
        assert "1\u00a0027,60\u00a0€" in trouble.messages[0]
        assert "1\u00a0027,61\u00a0€" in trouble.messages[0]


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch):
    assert refused(camt(ONE), size=statements.LARGEST + 1).code == "too_large"
    monkeypatch.setattr("payments.bank.camt.MOST_LINES", 2)
    assert refused(camt(ONE * 3)).code == "lines"


def test_five_thousand_entries_leave_no_tree_in_memory():
    """The entries of a file are dropped one by one: they cost their lines, not their XML."""

    def cost(many: int) -> int:
        body = camt([Said("27.60", "FACTURE F2026-000012 " + "X" * 100, "LYON", ref=f"BQ{n}") for n in range(many)])
        file = io.BytesIO(body)
        tracemalloc.start()
        [statement] = read_camt(file)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(statement.lines) == many
        return peak

    assert cost(5000) / 5000 < 1600  # bytes a line; its XML alone is 900 and its tree more than ten times that


def test_a_label_without_end_costs_its_length():
    """200,000 wrapped rows of one :86: are joined once: each used to cost all the rows before it, and these took minutes."""
    body = mt940(ONE).decode().replace(":62F:", "\n".join(["Y" * 60] * 200_000) + "\n:62F:")
    [statement] = swift.read_mt940(body)
    assert len(statement.lines[0].text) == statements.TEXT


def test_a_csv_of_blank_rows_costs_its_text():
    """A million rows that say nothing are passed over one by one, not kept."""
    body = csv(ONE) + b"\r\n" * 1_000_000
    tracemalloc.start()
    [statement] = read(io.BytesIO(body), size=len(body), profile=CsvProfile(**PROFILE))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(statement.lines) == 1
    assert peak < 10 * len(body)
