"""Closings as finance sees them: the page of a month, its signature, two people to open it again, the FEC to download."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from payments.actors import job
from payments.closing.checklist import lines
from payments.closing.days import close_days
from payments.desk import put_on_desk
from payments.models import Anchor, ClosingTick, DayClosing, DeskItem, KeptFile, PeriodClosing, Reopening
from tests.backoffice.colleagues import said, text_of
from tests.closing.conftest import at, book

OCTOBER = date(2026, 10, 5)
WHY = {"reason": "vérifié sur le relevé"}


@pytest.fixture
def books(db):
    book("payment:1", on=OCTOBER)
    close_days(actor=job("close-day"), at=at(date(2026, 11, 23)))


def tick_all(colleague) -> None:
    for line in lines():
        if line.by_person:
            assert colleague.act("desk_act_tick", 202610, line=line.key, **WHY).status_code == 302, line.key


def test_a_month_is_looked_at_answered_for_signed_and_seen(at_desk, books):
    finance = at_desk("finance")
    page = text_of(finance.see("desk_closings"))
    assert "octobre" in page
    shown = finance.see("desk_period", 202610)
    assert "à justifier" in text_of(shown)
    refused = finance.act("desk_act_sign_period", 202610, **WHY)
    assert "lignes de la liste" in text_of(refused)
    tick_all(finance)
    assert ClosingTick.objects.count() == sum(one.by_person for one in lines())
    assert finance.act("desk_act_sign_period", 202610, **WHY).status_code == 302
    closing = PeriodClosing.objects.get()
    assert closing.signed_by == f"staff:{finance.user.pk}"
    assert "Finance Martin" in text_of(finance.see("desk_period", 202610))
    figures = text_of(finance.see("desk_closing", closing.pk))
    assert "27,60" in figures
    assert "517000" in figures
    assert finance.act("desk_act_tick", 202610, line="bank", **WHY).status_code == 409


def test_two_people_open_it_again(at_desk, books):
    finance, other = at_desk("finance"), at_desk("administrator")
    tick_all(finance)
    finance.act("desk_act_sign_period", 202610, **WHY)
    closing = PeriodClosing.objects.get()
    assert finance.act("desk_act_ask_reopen", closing.pk, **WHY).status_code == 302
    alone = finance.act("desk_act_reopen", closing.pk, **WHY)
    assert "quelqu’un d’autre" in text_of(alone)
    assert not Reopening.objects.exists()
    assert other.act("desk_act_reopen", closing.pk, **WHY).status_code == 302
    assert not Reopening.objects.get().alone
    assert "rouvert" in text_of(finance.see("desk_period", 202610))


def test_the_fec_is_made_seen_and_downloaded(at_desk, books):
    finance = at_desk("finance")
    assert finance.act("desk_act_make_fec", 2026, parties="numbers", **WHY).status_code == 302
    kept = KeptFile.objects.get()
    assert kept.name in text_of(finance.see("desk_kept_files"))
    answer = finance.see("desk_kept_file", kept.pk)
    body = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == f'attachment; filename="{kept.name}"'
    assert body.count(b"\r\n") == 3
    assert finance.act("desk_act_make_archive", 2026, **WHY).status_code == 302
    assert KeptFile.objects.filter(kind="archive").count() == 1


def test_a_year_without_entries_or_before_the_books_is_refused(at_desk, books):
    finance = at_desk("finance")
    book("payment:2", on=date(2026, 11, 23))
    waits = finance.rehearse("desk_act_make_fec", 2026, parties="numbers", **WHY)
    assert "elles le reçoivent à la clôture de leur journée" in text_of(waits)
    assert finance.rehearse("desk_act_make_fec", 2025, parties="numbers", **WHY).status_code == 422
    assert finance.see("desk_act_make_fec", 1999).status_code == 404
    assert finance.see("desk_period", 202613).status_code == 404


@pytest.mark.parametrize("month", ["1-1", "9999-12", "2027-13", "0-0", "x", "2027-09-01"])
def test_a_month_that_is_none_is_the_running_one(at_desk, month):
    assert "11/2026" in text_of(at_desk("finance").see("desk_ereporting", mois=month))


def test_what_was_found_since_an_answer_wants_another(at_desk, books):
    finance = at_desk("finance")
    tick_all(finance)
    assert finance.act("desk_act_tick", 202610, line="desk", **WHY).status_code == 422
    put_on_desk(DeskItem.Desk.FINANCE, kind="x", subject="x:1", sentence="x", at=at(date(2026, 10, 28)))
    assert "davantage depuis la réponse" in text_of(finance.see("desk_period", 202610))
    assert finance.act("desk_act_sign_period", 202610, **WHY).status_code == 422
    assert finance.act("desk_act_tick", 202610, line="desk", **WHY).status_code == 302
    assert finance.act("desk_act_sign_period", 202610, **WHY).status_code == 302


def test_nobody_answers_for_the_running_month(at_desk, books):
    assert at_desk("finance").act("desk_act_tick", 202611, line="desk", **WHY).status_code == 422


def test_the_page_says_whether_anybody_keeps_the_hash(at_desk, books, settings):
    finance = at_desk("finance")
    settings.ANCHOR_TO = []
    assert "personne n’est désigné pour la garder" in text_of(finance.see("desk_closings"))
    settings.ANCHOR_TO = ["comptable@example.fr"]
    assert "envoyée après la fin du mois" in text_of(finance.see("desk_closings"))
    Anchor.objects.create(
        closing=DayClosing.objects.get(day=date(2026, 10, 31)), made_at=at(date(2026, 11, 1)), sent_at=at(date(2026, 11, 1)),
        sent_to="comptable@example.fr",
    )  # fmt: skip
    assert "31/10/2026" in text_of(finance.see("desk_closings"))


def test_the_number_of_queries_does_not_grow_with_the_months(at_desk, books, django_assert_max_num_queries):
    finance = at_desk("finance")
    finance.see("desk_closings")
    with django_assert_max_num_queries(22):
        finance.see("desk_closings")
    assert said("Closed days") in text_of(finance.see("desk_days"))
    assert reverse("desk_days") == "/gestion/clotures/jours/"
