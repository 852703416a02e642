"""The journals in the profile of an accountant: each layout that the shop comes with, and totals that are their lines."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.actors import job
from payments.closing.days import close_days
from payments.exports.fec import COLUMNS
from payments.exports.journals import FIELDS, export_of
from payments.exports.profiles import columns_of, refuse_unreadable, typed
from payments.exports.sheets import Format, rows_of
from payments.exports.spans import Span
from payments.models import AccountantProfile
from tests.closing.conftest import at, book
from tests.exports.reading import taken, workbook

pytestmark = pytest.mark.django_db
SPRING = date(2026, 3, 2)
MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def two_entries() -> None:
    book("invoice:1", on=SPRING, debit="AR", credit="REV_PRINT", journal="VE", label='Facture; "F2026-1"\nœuvre ș')
    book("payment:1", on=SPRING + timedelta(days=1), label="=1+1")
    close_days(actor=job("close-day"), at=at(date(2026, 4, 1)))


def lines(profile: str, *, encoding: str = "cp1252") -> list[str]:
    _taken, body = taken("journaux", MARCH, profile=profile)
    return body.decode(encoding).removesuffix("\r\n").split("\r\n")


def test_the_generic_layout(two_entries):
    head, *found = csv.reader(lines("CSV générique", encoding="utf-8-sig"), delimiter=";")
    assert head[:6] == ["Journal", "Écriture", "Date", "Compte", "Libellé du compte", "Auxiliaire"]
    assert found[0] == [
        "VE", "1", "02/03/2026", "411000", "Clients", "", "", "invoice-1", "02/03/2026", 'Facture; "F2026-1" œuvre ș', "27,60",
        "0,00", "", "", "02/03/2026",
    ]  # fmt: skip
    assert found[3][5:12] == ["C000012", "Client C000012", "payment-1", "03/03/2026", "'=1+1", "0,00", "27,60"]


def test_the_eighteen_columns(two_entries):
    head, *found = (line.split("\t") for line in lines("Dix-huit colonnes du FEC", encoding="iso8859-15"))
    assert tuple(head) == COLUMNS
    assert {len(row) for row in found} == {18}
    assert found[0][3] == "20260302"
    assert found[0][10] == '"Facture; ""F2026-1"" œuvre s"', "no alphabet of one byte has a ș"


@pytest.mark.parametrize(
    ("profile", "first", "last"),
    [
        ("EBP", '1,02032026,"VE","411000","Facture; ""F2026-1"" œuvre s","invoice-1",27.60,"D",02032026',
         '4,03032026,"ST","C000012","\'=1+1","payment-1",27.60,"C",03032026'),
        ("Cegid", '02032026;VE;411000;;D;27,60;"Facture; ""F2026-1"" œuvre s";invoice-1',
         "03032026;ST;411000;C000012;C;27,60;'=1+1;payment-1"),
        ("Coala", "02/03/2026;VE;411000;1;invoice-1;27,60;0,00;E;", "03/03/2026;ST;411000;2;payment-1;0,00;27,60;E;C000012"),
    ],
)  # fmt: skip
def test_layouts_of_others(two_entries, profile, first, last):
    found = lines(profile)
    assert (found[0], found[-1], len(found)) == (first, last, 4)


def test_one_collective_account_or_one_each(two_entries):
    profile = AccountantProfile.objects.get(name="OpenConcerto")
    assert [line.split(";")[2] for line in lines("OpenConcerto", encoding="utf-8")][-1] == "C000012"
    profile.customers = "none"
    profile.save()
    assert [line.split(";")[2] for line in lines("OpenConcerto", encoding="utf-8")][-1] == "411000"


def test_a_workbook_has_numbers_and_days(two_entries):
    _taken, body = taken("journaux", MARCH, profile="CSV générique", format=Format.XLSX)
    sheets = workbook(body)
    head, first, *_rest, last = sheets["Données"]
    assert (head[2], head[10]) == ("Date", "Débit")
    assert first[2].date() == SPRING
    assert (first[10], first[11], last[9]) == (27.6, 0, "=1+1")
    assert sheets["Contrôle"][1] == ["Débit de la période", 55.2, 55.2, 0]


def test_what_is_not_closed_says_so_in_its_name():
    book("payment:1", on=SPRING)
    found, body = taken("journaux", MARCH, profile="CSV générique")
    assert found.name.endswith("_2026-03-01_2026-03-31_provisoire.csv")
    assert b"payment-1" in body
    close_days(actor=job("close-day"), at=at(date(2026, 4, 1)))
    again, _body = taken("journaux", MARCH, profile="CSV générique")
    assert again.name.endswith("_2026-03-01_2026-03-31.csv")


# --- totals ----------------------------------------------------------------------------------------------------------

ENTRY = st.tuples(
    st.integers(0, 75),  # days after the first of March: three months, and what stands outside of the period
    st.sampled_from(["VE", "ST", "OD"]),
    st.sampled_from([("AR", "REV_PRINT"), ("PSP", "AR"), ("AR", "PSP"), ("FEES", "PSP")]),
    st.integers(1, 100_000),
    st.sampled_from(["", "C000001", "C000002"]),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRY, min_size=1, max_size=14), detail=st.sampled_from(["day", "month"]), customers=st.sampled_from(["none", "numbers", "names"]))  # fmt: skip
def test_totals_are_their_lines_to_the_cent(entries, detail, customers):
    with transaction.atomic():
        for number, (days, journal, (debit, credit), cents, party) in enumerate(entries):
            book(
                f"x:{number}", on=MARCH.first + timedelta(days=days), amount=f"{Decimal(cents) / 100:.2f}", debit=debit,
                credit=credit, journal=journal, party=party,
            )  # fmt: skip
        span = Span(MARCH.first, MARCH.first + timedelta(days=45))  # ends in the middle of April
        exact, totals = sums(span, "entry", customers), sums(span, detail, customers)
        assert by(exact, "account", "party") == by(totals, "account", "party")
        assert by(exact, "journal") == by(totals, "journal")
        for debit, credit in by(totals, "entry").values():
            assert debit == credit, "each total is an entry that balances"
        assert {row["date"] for row in totals} <= {span.first + timedelta(days=n) for n in range(46)}
        if detail == "month":
            assert {row["entry"][-6:] for row in totals} <= {"202603", "202604"}
        transaction.set_rollback(True)


def sums(span: Span, detail: str, customers: str) -> list[dict]:
    names = ("entry", "journal", "date", "account", "party", "debit", "credit")
    profile = AccountantProfile(
        columns=[{"field": name, "head": "", "most": 0} for name in names], detail=detail, customers=customers
    )
    export = export_of(profile)
    _sums, checks = export.checked(span)
    assert [one.difference for one in checks] == [0, 0]
    return [dict(zip(names, row, strict=True)) for row in rows_of(export.rows(span))]


def by(rows: list[dict], *names: str) -> dict[tuple[str, ...], tuple[Decimal, Decimal]]:
    found: dict[tuple[str, ...], tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in rows:
        key = tuple(row[name] for name in names)
        found[key] = (found[key][0] + row["debit"], found[key][1] + row["credit"])
    return dict(found)


# --- profiles --------------------------------------------------------------------------------------------------------


def test_columns_are_typed_one_a_line():
    text = "date; Jour\njournal\nlabel; Libellé; 40\n\naccount\nsigned; Montant"
    found = columns_of(text)
    assert found == [
        {"field": "date", "head": "Jour", "most": 0}, {"field": "journal", "head": "", "most": 0},
        {"field": "label", "head": "Libellé", "most": 40}, {"field": "account", "head": "", "most": 0},
        {"field": "signed", "head": "Montant", "most": 0},
    ]  # fmt: skip
    assert columns_of(typed(found)) == found


@pytest.mark.parametrize("text", ["jour", "date; Jour; long", "date; a; 1; 2"])
def test_what_is_no_column_is_refused_with_its_line(text):
    with pytest.raises(ValidationError, match="1"):
        columns_of(text)


@pytest.mark.parametrize(
    ("fields", "separator"),
    [
        ("account debit credit", ";"),
        ("date debit credit", ";"),
        ("date account debit", ";"),
        ("date account amount", ";"),
        ("date account debit credit", ","),
        ("", ";"),
    ],
)
def test_a_file_that_nobody_could_take_in_is_refused(fields, separator):
    columns = [{"field": name, "head": "", "most": 0} for name in fields.split()]
    with pytest.raises(ValidationError):
        refuse_unreadable(AccountantProfile(columns=columns, separator=separator))


def test_the_layouts_that_the_shop_comes_with_can_be_read():
    assert AccountantProfile.objects.count() == 6
    for profile in AccountantProfile.objects.all():
        refuse_unreadable(profile)
        assert {one["field"] for one in profile.columns} <= set(FIELDS)
        assert columns_of(typed(profile.columns)) == profile.columns


def test_a_text_is_not_longer_than_it_may_be_and_reads_the_alphabet(two_entries):
    AccountantProfile.objects.create(
        name="Court",
        columns=columns_of("date\naccount\nlabel;;7\nsigned"),
        head_line=False,
        actor="x",
        encoding="cp1252",
    )
    assert io.StringIO("\n".join(lines("Court"))).readline() == '02/03/2026;411000;"Facture";27,60\n'.replace('"', "")
