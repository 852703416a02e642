"""Every format as three banks write it, and a story that comes out the same whichever way it was written."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.bank.csv_files import guess
from payments.bank.reading import read
from payments.bank.statements import ReadStatement, complete
from payments.models import CsvProfile
from tests.bank.files import DAY, IBAN, PROFILE, Said, camt, csv, mt940, told

STORY = (
    Said("27.60", "FACTURE F2026-000012", "UNIVERSITE DE LYON", ref="BQ0001"),
    Said("-12.50", "FRAIS TENUE DE COMPTE", ref="BQ0002"),
    Said("55.20", "F2026-000013 ET F2026-000014", "PRENAX SAS", ref="BQ0003", on=DAY - timedelta(days=1)),
)


def taken(body: bytes, profile: CsvProfile | None = None) -> list[ReadStatement]:
    return read(io.BytesIO(body), size=len(body), profile=profile)


def one(body: bytes, profile: CsvProfile | None = None) -> ReadStatement:
    [statement] = taken(body, profile)
    assert list(complete(statement)) == []
    return statement


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08"])
@pytest.mark.parametrize(("prefix", "bom"), [("", False), ("", True), ("ns2", False)])
def test_camt_of_every_version_with_prefix_and_mark(version, prefix, bom):
    statement = one(camt(STORY, version=version, prefix=prefix, bom=bom))
    assert (statement.account, statement.identifier, statement.sequence) == (IBAN, "REL-2026-231", "231")
    assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1070.30"))
    assert [line.amount for line in statement.lines] == [Decimal("27.60"), Decimal("-12.50"), Decimal("55.20")]
    assert statement.lines[0].counterparty == "UNIVERSITE DE LYON"
    assert statement.lines[2].booked_on == DAY - timedelta(days=1)


def test_a_batch_of_several_orders_becomes_a_line_for_each():
    parts = (("27.60", "F2026-000012", "BU LYON"), ("33.60", "F2026-000013", "BU GENT"))
    statement = one(camt([Said("61.20", ref="B1", parts=parts)], version="04"))
    assert [(line.amount, line.text, line.counterparty, line.batch) for line in statement.lines] == [
        (Decimal("27.60"), "F2026-000012", "BU LYON", True),
        (Decimal("33.60"), "F2026-000013", "BU GENT", True),
    ]


def test_orders_that_do_not_make_up_their_entry_stay_one_line_with_all_their_words():
    parts = (("27.60", "F2026-000012", "BU LYON"), ("33.00", "F2026-000013", "BU GENT"))
    [line] = one(camt([Said("61.20", ref="B1", parts=parts)])).lines
    assert (line.amount, line.text, line.batch) == (Decimal("61.20"), "F2026-000012\nF2026-000013", False)


def test_a_remittance_over_several_lines_keeps_its_breaks():
    [line] = one(camt([Said("27.60", "REGLEMENT FACTURE F2026-00\n0012 DU 23 11 2026")])).lines
    assert line.text == "REGLEMENT FACTURE F2026-00\n0012 DU 23 11 2026"


def test_a_reversal_goes_the_way_that_its_entry_says():
    for body in (
        camt([Said("27.60", "RETOUR VIR", reversal=True)]),
        mt940([Said("27.60", "RETOUR VIR", reversal=True)]),
    ):
        [line] = one(body).lines
        assert (line.amount, line.reversal) == (Decimal("27.60"), True)


def test_entries_that_are_only_announced_are_no_lines():
    for version in ("02", "08"):
        statement = one(camt([STORY[0], Said("99.00", status="PDNG")], version=version))
        assert (len(statement.lines), statement.left_out) == (1, 1)


def test_a_bank_that_opens_with_the_balance_before_and_closes_with_an_interim_one():
    statement = one(camt(STORY, opening_code="PRCD", closing_code="ITBD"))
    assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1070.30"))
    assert (statement.opened_on, statement.closed_on) == (DAY - timedelta(days=1), DAY)


def test_without_a_booked_balance_somebody_types_it():
    [statement] = taken(camt(STORY, closing=None))
    assert [trouble.code for trouble in complete(statement)] == ["closing"]
    statement.closing = Decimal("1070.30")
    assert list(complete(statement)) == []


def test_an_overdrawn_account_has_negative_balances():
    statement = one(camt([Said("-5.00", "FRAIS")], opening="-20.00"))
    assert (statement.opening, statement.closing) == (Decimal("-20.00"), Decimal("-25.00"))
    assert one(mt940([Said("-5.00", "FRAIS")], opening="-20.00")).closing == Decimal("-25.00")


def test_mt940_with_its_words_and_its_account_as_bank_and_number():
    statement = one(mt940(STORY, account="30006000011234567890189"))
    assert statement.account == "30006000011234567890189"
    assert (statement.identifier, statement.sequence) == ("STMT261123", "00231/001")
    assert [line.amount for line in statement.lines] == [Decimal("27.60"), Decimal("-12.50"), Decimal("55.20")]
    assert statement.lines[0].counterparty == "UNIVERSITE DE LYON"
    assert "FACTURE F2026-000012" in statement.lines[0].text


def test_mt940_over_several_pages_is_one_statement():
    first = mt940(STORY[:1]).replace(b":62F:", b":62M:")
    second = mt940(STORY[1:], opening="1027.60").replace(b":60F:", b":60M:")
    statement = one(first + b"\r\n" + second)
    assert (statement.opening, statement.closing, len(statement.lines)) == (Decimal("1000.00"), Decimal("1070.30"), 3)


def test_mt940_in_the_blocks_of_swift_and_with_structured_words():
    body = mt940([Said("27.60", "?00VIREMENT?20F2026-00?210012?32UNIVERSITE?33 DE LYON", ref="X1")])
    framed = b"{1:F01AGRIFRPPAXXX0000000000}{2:I940X}{4:\r\n" + body + b"}"
    [line] = one(framed).lines
    assert (line.counterparty, line.text) == ("UNIVERSITE DE LYON", "VIREMENT\nF2026-00\n0012")


def test_mt940_books_around_new_year_in_the_year_that_is_near():
    body = mt940([Said("27.60", "A", on=date(2027, 1, 1))], on=date(2027, 1, 4)).replace(
        b":61:2701010101", b":61:2701011231"
    )
    [line] = one(body).lines
    assert (line.booked_on, line.value_on) == (date(2026, 12, 31), date(2027, 1, 1))


def test_csv_by_its_profile_newest_first_or_last():
    profile = CsvProfile(**PROFILE)
    for newest_first in (True, False):
        statement = one(csv(STORY, newest_first=newest_first), profile)
        assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1070.30"))
        assert told(statement.lines)[0] == (
            DAY,
            Decimal("27.60"),
            "FACTURE F2026-000012",
            "UNIVERSITE DE LYON",
            "BQ0001",
        )


def test_csv_newest_first_whose_lines_come_to_nothing_is_read_by_its_days():
    """Both orders fit its balances: from 1 000,00 € over 1 010,00 € back, or from 1 010,00 € over 1 000,00 €."""
    profile = CsvProfile(**PROFILE)
    lines = (Said("10.00", "A", on=DAY - timedelta(days=1)), Said("-10.00", "B"))
    for newest_first in (True, False):
        statement = one(csv(lines, newest_first=newest_first), profile)
        assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1000.00"))
        assert [line.amount for line in statement.lines] == [Decimal("10.00"), Decimal("-10.00")]
    [of_one_day] = taken(csv((Said("10.00", "A"), Said("-10.00", "B"))), profile)
    assert [trouble.code for trouble in complete(of_one_day)] == ["opening", "closing"]


def test_a_day_given_as_an_instant_is_that_of_paris():
    """23:00 by Greenwich on the 22nd is the 23rd in Paris, where its VAT falls due; without a zone it is the bank's own day."""
    body = camt(STORY[:1], version="08")
    for said in (b"2026-11-22T23:00:00Z", b"2026-11-23T00:30:00", b"2026-11-22T23:30:00.000-00:00"):
        [line] = one(body.replace(b"2026-11-23T00:00:00+01:00", said)).lines
        assert line.booked_on == DAY


def test_csv_in_the_code_page_of_windows():
    profile = CsvProfile(**PROFILE | {"encoding": "cp1252"})
    assert len(one(csv(STORY, encoding="cp1252"), profile).lines) == 3


def test_csv_with_one_signed_column_and_no_balance_waits_for_both():
    body = b"Date,Label,Amount\n2026-11-23,F2026-000012,27.60\n2026-11-24,FEE,-1.50\n"
    profile = CsvProfile(
        separator=",", decimal=".", date_format="%Y-%m-%d", booked_on="Date", text="Label", amount="Amount"
    )
    [statement] = taken(body, profile)
    assert [line.amount for line in statement.lines] == [Decimal("27.60"), Decimal("-1.50")]
    assert [trouble.code for trouble in complete(statement)] == ["opening", "closing"]


def test_a_profile_is_guessed_from_the_first_lines():
    guessed = guess(csv(STORY, encoding="cp1252"))
    assert {name: guessed[name] for name in ("separator", "encoding", "decimal", "date_format", "booked_on", "text")} == {
        "separator": ";", "encoding": "cp1252", "decimal": ",", "date_format": "%d/%m/%Y", "booked_on": "Date opération",
        "text": "Libellé",
    }  # fmt: skip
    assert (guessed["debit"], guessed["credit"], guessed["balance"], guessed["amount"]) == (
        "Débit",
        "Crédit",
        "Solde",
        "",
    )
    english = guess(b"Date,Label,Amount\n2026-11-23,F2026-000012,27.60\n")
    assert (english["separator"], english["decimal"], english["date_format"], english["amount"]) == (
        ",",
        ".",
        "%Y-%m-%d",
        "Amount",
    )


LINES = st.lists(
    st.builds(
        Said,
        amount=st.decimals(min_value="-99999.99", max_value="99999.99", places=2).filter(bool).map(lambda amount: f"{amount:.2f}"),
        text=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -", min_size=1, max_size=60).map(lambda text: " ".join(text.split()) or "A"),
        name=st.sampled_from(["", "UNIVERSITE DE LYON", "PRENAX SAS"]),
        ref=st.integers(1, 10**8).map(lambda number: f"BQ{number:09d}"),
        on=st.integers(0, 20).map(lambda days: DAY - timedelta(days=days)),
    ),
    min_size=1,
    max_size=12,
).map(lambda lines: sorted(lines, key=lambda line: line.on))  # fmt: skip


@given(lines=LINES, cents=st.integers(-(10**7), 10**7))
def test_a_statement_says_the_same_in_three_formats(lines, cents):
    opening = f"{Decimal(cents) / 100:.2f}"
    lines = [
        line if not line.text.startswith(("-", "?")) else Said(line.amount, "A", line.name, line.on, line.ref)
        for line in lines
    ]
    found = [
        one(camt(lines, opening=opening)),
        one(camt(lines, opening=opening, version="08", prefix="c")),
        one(mt940(lines, opening=opening)),
        one(csv(lines, opening=opening), CsvProfile(**PROFILE)),
    ]
    facts = [
        (
            each.opening,
            each.closing,
            [(line.booked_on, line.amount, line.counterparty, line.bank_reference) for line in each.lines],
        )
        for each in found
    ]
    assert facts[0] == facts[1] == facts[2] == facts[3]
    assert all(mine.text in other.text for mine, other in zip(found[0].lines, found[2].lines, strict=True))
    assert [line.text for line in found[0].lines] == [line.text for line in found[3].lines]


def test_mt940_gives_what_is_available_after_its_last_balance():
    """:64:, :65: and a last :86: say nothing of lines: neither after the end nor between two pages, and no word of a line changes."""
    tail = b":64:C261123EUR990,00\r\n:65:C261125EUR1090,00\r\n:86:SOLDE PREVISIONNEL\r\n-"
    body = mt940(STORY).removesuffix(b"-") + tail
    statement = one(body)
    assert (statement.closing, [line.text for line in statement.lines]) == (
        Decimal("1070.30"),
        [line.text for line in one(mt940(STORY)).lines],
    )
    first = (mt940(STORY[:1]).removesuffix(b"-") + tail).replace(b":62F:", b":62M:")
    second = (mt940(STORY[1:], opening="1027.60").removesuffix(b"-") + tail).replace(b":60F:", b":60M:")
    both = one(first + b"\r\n" + second)
    assert (both.closing, [line.text for line in both.lines]) == (
        Decimal("1070.30"),
        [line.text for line in statement.lines],
    )
    assert [each.closing for each in taken(body + b"\r\n" + body)] == [Decimal("1070.30")] * 2


def test_mt940_under_the_mark_that_some_banks_put_first():
    assert one(b":940:\r\n" + mt940(STORY)).closing == Decimal("1070.30")


def test_mt940_of_the_customer_s_reference_and_the_bank_s_only_the_second_is_the_bank_s():
    body = mt940([Said("27.60", "F2026-000012", ref="BQ0001")]).replace(b"NTRFNONREF//BQ0001", b"NTRFVIR SEPA//BQ0001")
    [line] = one(body).lines
    assert (line.bank_reference, line.end_to_end) == ("BQ0001", "VIR SEPA")
    [line] = one(body.replace(b"//BQ0001", b"")).lines
    assert (line.bank_reference, line.end_to_end) == ("", "VIR SEPA")
