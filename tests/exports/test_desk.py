"""Exports as finance takes them: every one on a page, its sums before its file, and a line for whoever took it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal

import pytest

from payments.actors import job
from payments.closing.days import close_days
from payments.closing.periods import month_of
from payments.days import PARIS
from payments.exports import sheets
from payments.exports.offered import EXPORTS
from payments.exports.sheets import Format
from payments.exports.spans import Span, Standing, standing
from payments.models import AccountantProfile, Act, KeptFile, PeriodClosing, Reopening, ReopeningAsked
from subscriptions.models import Issue
from tests.backoffice.colleagues import said, text_of
from tests.closing.conftest import at, book
from tests.exports.reading import on, taken, workbook
from tests.institutions.papers import take
from tests.makers import CLERK, COLLEAGUE, NOW, TODAY, make_magazine, make_offers

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 5)
WHOLE_OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
WHY = {"reason": "demandé par le comptable"}


@pytest.fixture
def books() -> None:
    book("payment:1", on=OCTOBER)
    close_days(actor=job("close-day"), at=at(date(2026, 11, 23)))


def sign(span: Span, *, when: datetime) -> PeriodClosing:
    """A closed month, without what has to be looked at before."""
    month = month_of(span.first)
    return PeriodClosing.objects.create(
        kind=month.kind, first_day=month.first_day, last_day=month.last_day, checks=[], figures={}, sha256="0" * 64,
        version=PeriodClosing.objects.filter(first_day=month.first_day).count() + 1, signed_by=str(CLERK), reason="clos", at=when,
    )  # fmt: skip


def test_every_export_is_on_the_page_with_the_month_before(at_desk, books):
    page = text_of(at_desk("finance").see("desk_exports"))
    for export in EXPORTS.values():
        assert " ".join(str(export.title).split()) in page
    assert said("Journals") in page
    assert "du 01/10/2026 au 31/10/2026" in page
    assert "au soir du 31/10/2026" in page


@pytest.mark.parametrize("name", ["journaux", *EXPORTS])
def test_its_sums_are_shown_and_it_is_taken_in_both_formats(at_desk, books, name):
    finance = at_desk("finance")
    shown = finance.see("desk_export", name)
    assert shown.status_code == 200
    assert said("numbered, not signed yet") in text_of(shown)
    assert not Act.objects.filter(verb="took an export").exists(), "looking is not taking"
    span = {"du": "2026-10-01", "au": "2026-10-31"}
    if name == "journaux":
        span["profil"] = AccountantProfile.objects.get(name="CSV générique").pk
    for place, (format, start) in enumerate((("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"))):
        answer = finance.browser.post(f"/gestion/exports/{name}/prendre/", {**span, "format": format})
        body = b"".join(answer.streaming_content)
        assert body.startswith(start)
        assert int(answer["Content-Length"]) == len(body)
        act = Act.objects.filter(verb="took an export").order_by("-pk").first()
        assert act is not None
        assert (act.subject, act.actor) == (f"export:{name}", f"staff:{finance.user.pk}")
        assert act.facts["sha256"] == hashlib.sha256(body).hexdigest()
        assert f'filename="{act.facts["file"]}"' in answer["Content-Disposition"]
        assert set(act.facts["differences"]) <= {"0.00"}
        assert Act.objects.filter(verb="took an export").count() == place + 1
    assert "Finance Martin" in text_of(finance.see("desk_exports"))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"du": "2026-10-31", "au": "2026-10-01"}, "The first day is after the last one."),
        ({"du": "2026-10-01", "au": "2027-10-01"}, "This day is still to come."),
        ({"du": "2023-10-01", "au": "2026-10-01"}, "Two years at the most."),
    ],
)
def test_days_that_make_no_sense_are_said_beside_their_field(at_desk, books, query, sentence):
    answer = at_desk("finance").see("desk_export", "tva-encaissements", **query)
    assert said(sentence) in text_of(answer)
    assert b'<form method="post" action="/gestion/exports/' not in answer.content, "nothing is taken of them"


def test_what_is_none_is_not_there(at_desk, books):
    finance = at_desk("finance")
    assert finance.see("desk_export", "tout").status_code == 404
    assert (
        finance.browser.post(
            "/gestion/exports/balance-agee/prendre/", {"au": "2026-10-31", "format": "pdf"}
        ).status_code
        == 404
    )
    assert (
        finance.browser.post("/gestion/exports/balance-agee/prendre/", {"au": "hier", "format": "csv"}).status_code
        == 422
    )
    assert at_desk("support").see("desk_exports").status_code == 403


def test_the_page_asks_as_much_of_the_database_for_three_as_for_one(at_desk, books, django_assert_max_num_queries):
    finance = at_desk("finance")
    finance.see("desk_exports")
    with django_assert_max_num_queries(22):
        finance.see("desk_exports")


def test_how_final_days_are(books):
    assert standing(WHOLE_OCTOBER) == Standing.NUMBERED
    assert standing(Span(date(2026, 11, 1), date(2026, 11, 23))) == Standing.PROVISIONAL
    closing = sign(WHOLE_OCTOBER, when=NOW)
    assert standing(WHOLE_OCTOBER) == Standing.SIGNED
    assert standing(on(date(2026, 10, 15))) == Standing.SIGNED
    assert standing(Span(date(2026, 9, 30), date(2026, 10, 31))) == Standing.NUMBERED, "nobody has signed September"
    assert standing(Span(date(2026, 10, 1), date(2026, 11, 1))) == Standing.NUMBERED
    asked = ReopeningAsked.objects.create(closing=closing, asked_by="x", reason="x", at=NOW)
    Reopening.objects.create(asked=asked, closing=closing, agreed_by="y", alone=False, reason="x", at=NOW)
    assert standing(WHOLE_OCTOBER) == Standing.NUMBERED


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("name", list(EXPORTS))
def test_the_same_bytes_again(books, name, format):
    first, body = taken(name, WHOLE_OCTOBER, format=format)
    again, same = taken(name, WHOLE_OCTOBER, format=format, at=datetime(2027, 5, 1, 8, tzinfo=PARIS))
    assert body == same
    assert first.written.sha256 == again.written.sha256 == hashlib.sha256(body).hexdigest()


def test_a_forecast_of_a_signed_month_is_kept_as_it_was_first_taken():
    make_offers(make_magazine())
    take(at=datetime(2026, 11, 20, 12, tzinfo=PARIS), dated_on=date(2026, 11, 18))
    day = on(date(2026, 11, 30))
    _first, before = taken("produits-differes", day)
    Issue.objects.filter(number=28).update(post_on=date(2028, 1, 10))
    _next, moved = taken("produits-differes", day)
    assert before != moved, "not signed yet, it follows the calendar of issues"
    sign(day, when=datetime(2026, 12, 3, 9, tzinfo=PARIS))
    later = datetime(2026, 12, 4, 9, tzinfo=PARIS)
    _signed, kept = taken("produits-differes", day, at=later)
    Issue.objects.filter(number=28).update(post_on=date(2028, 3, 10))
    _again, same = taken("produits-differes", day, at=datetime(2027, 2, 4, 9, tzinfo=PARIS))
    assert kept == same
    assert KeptFile.objects.get(kind="export").at == later
    _book, body = taken("produits-differes", day, format=Format.XLSX)
    assert len(workbook(body)["Données"]) == 5


def test_a_workbook_is_typed_and_nothing_in_it_is_a_formula(books):
    book("payment:2", on=TODAY, amount="0.10", label="=SUM(A1:A9)")
    profile = AccountantProfile.objects.get(name="CSV générique")
    _taken, body = taken("journaux", Span(TODAY, TODAY), format=Format.XLSX, profile=profile.name)
    sheets_of = workbook(body)
    row = sheets_of["Données"][1]
    assert (row[2], row[9], row[10]) == (datetime(2026, 11, 23), "=SUM(A1:A9)", 0.1)  # noqa: DTZ001 – as the sheet has it
    assert b"<f>" not in body
    assert sheets_of["Contrôle"][0] == ["Contrôle", "Fichier", "Comptabilité", "Écart"]


def test_a_workbook_that_nobody_could_open_is_not_made(at_desk, books, monkeypatch):
    monkeypatch.setattr(sheets, "SHEET_HOLDS", 1)
    answer = at_desk("finance").browser.post(
        "/gestion/exports/journaux/prendre/",
        {
            "du": "2026-10-01",
            "au": "2026-10-31",
            "format": "xlsx",
            "profil": AccountantProfile.objects.earliest("pk").pk,
        },
    )
    assert answer.status_code == 422
    assert "prenez le CSV" in text_of(answer)
    assert not Act.objects.filter(verb="took an export").exists()


# --- profiles --------------------------------------------------------------------------------------------------------

TYPED = {
    "name": "Cabinet Dupuis", "columns": "date;Jour\naccount_or_party;Compte\nlabel;Libellé;20\ndebit;Débit\ncredit;Crédit",
    "head_line": "on", "separator": ";", "encoding": "cp1252", "decimal": ",", "date_format": "%d/%m/%Y", "ending": "txt",
    "customers": "none", "detail": "day",
}  # fmt: skip


def test_a_profile_is_typed_tried_saved_and_used(at_desk, books):
    finance = at_desk("finance")
    new = "/gestion/exports/profils/nouveau/"
    tried = finance.browser.post(new, {**TYPED, "name": "", "step": "try"})
    assert tried.status_code == 200
    assert "05/10/2026;411000;Totaux ST du 05/10/2" in text_of(tried)
    assert AccountantProfile.objects.filter(name="Cabinet Dupuis").count() == 0
    assert finance.browser.post(new, {**TYPED, "step": "save"}).status_code == 422, "why is wanted"
    assert finance.browser.post(new, {**TYPED, **WHY, "step": "save"}).status_code == 302
    made = AccountantProfile.objects.get(name="Cabinet Dupuis")
    act = Act.objects.get(verb="changed an accountant’s profile")
    assert (act.subject, act.facts["detail"]) == (f"accountant_profile:{made.pk}", "day")
    _taken, body = taken("journaux", WHOLE_OCTOBER, profile=made.name)
    assert body.decode("cp1252").split("\r\n")[1] == "05/10/2026;411000;Totaux ST du 05/10/2;0,00;27,60"
    assert "Cabinet Dupuis" in text_of(finance.see("desk_export_profiles"))


def test_one_that_is_no_longer_offered_stays_and_is_not_chosen(at_desk, books):
    finance = at_desk("finance")
    one = AccountantProfile.objects.get(name="Coala")
    page = f"/gestion/exports/profils/{one.pk}/"
    shown = finance.browser.get(page)
    assert "euro" in text_of(shown)
    answer = finance.browser.post(page, {**TYPED, **WHY, "name": "Coala", "retired": "on", "step": "save"})
    assert answer.status_code == 302
    assert said("no longer offered") in text_of(finance.see("desk_export_profiles"))
    assert "Coala" not in text_of(finance.see("desk_export", "journaux"))
    chosen = {"du": "2026-10-01", "au": "2026-10-31", "profil": one.pk, "format": "csv"}
    assert finance.browser.post("/gestion/exports/journaux/prendre/", chosen).status_code == 422


def test_what_is_wrong_with_a_profile_is_said_and_nothing_is_lost(at_desk, books):
    finance = at_desk("finance")
    answer = finance.browser.post(
        "/gestion/exports/profils/nouveau/", {**TYPED, **WHY, "columns": "jour;Jour", "step": "save"}
    )
    assert answer.status_code == 422
    assert "jour;Jour" in text_of(answer)
    twice = finance.browser.post("/gestion/exports/profils/nouveau/", {**TYPED, **WHY, "name": "EBP", "step": "save"})
    assert twice.status_code == 422
    assert finance.browser.get("/gestion/exports/profils/999/").status_code == 404


def test_whatever_is_taken_is_closed_again(books):
    found, _body = taken("balance-agee", WHOLE_OCTOBER)
    assert found.written.file.closed
    assert [one.difference for one in found.checks] == [Decimal(0), Decimal(0)]
    assert str(COLLEAGUE) != str(CLERK)
