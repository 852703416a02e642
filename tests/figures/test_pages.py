"""The pages of circulation: every number opens its lines, papers say what the page says, and who may change what."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shop.backoffice.circulation_plots import Point, PrintBar, Segment, Stack, over_issues, prints, stacked
from subscriptions.figures.correcting import correct
from subscriptions.figures.rules import assumption_in_force, rule_in_force
from subscriptions.models import CirculationRule, PrintAdvice, PrintRun
from tests.backoffice.colleagues import said, text_of
from tests.figures.people import LATER, POSTED_ON, at, buys, free, issue, promotion
from tests.figures.test_counting import JOB
from tests.institutions.papers import make_agency, take, transfer
from tests.losses.people import comes_back
from tests.makers import make_house, send_out

WHY = "Relu avec le contrôleur."


@pytest.fixture
def shop(db, offers):
    make_house(offers["fixed"].magazine)
    return offers


@pytest.fixture
def counted(shop):
    """No. 25 has left: two readers, one too cheap, three of an institution through an agency, two free."""
    for name in ("anne", "bernard"):
        buys(shop["fixed"], email=f"{name}@example.fr")
    buys(promotion("13.00"), email="chantal@example.fr")
    ordered = take(quantity=3, agency=make_agency())
    free("free", 2)
    send_out(issue(25), on=POSTED_ON)
    transfer(ordered.invoice, "78.66", on=LATER, at=at(LATER))
    correct(on=LATER, actor=JOB, at=at(LATER))
    with time_machine.travel(at(LATER), tick=True):
        yield ordered


def table(answer, label):
    """One table of a page, its cells as text."""
    (found,) = [one for one in answer.context["tables"] if one.title == label]
    return [[str(cell.text).replace("\u00a0", " ") for cell in row] for row in found.rows]


def test_the_statement_says_each_class_and_each_count(at_desk, counted):
    finance = at_desk("finance")
    answer = finance.see("desk_circulation_issue", issue(25).pk)
    rows = table(answer, said("Copies by class and zone"))
    assert [(row[1], row[-1]) for row in rows] == [
        ("IND_POSTE", "2"), ("TIERS_NOMBRE", "3"), ("GRATUIT", "1"), ("GRATUIT", "2"),
    ]  # fmt: skip
    assert [row[0] for row in rows][1] == "Abonnements payés en nombre (plusieurs exemplaires)"
    counts = table(answer, said("Counts, in their order"))
    assert [(row[0], row[2], row[3]) for row in counts] == [("1", "15/12/2026", "8"), ("2", "22/12/2026", "0")]
    assert [one["value"] for one in answer.context["figures"]] == ["5", "3", "8", "0", "0", "8"]


def test_every_number_opens_its_lines_and_a_correction_stands_among_them(at_desk, counted):
    finance = at_desk("finance")
    key = issue(25).pk
    rows = finance.see("desk_circulation_rows", key, "IND").context["table"].rows
    assert len(rows) == 2
    unpaid = finance.see("desk_circulation_rows", key, "UNPAID").context["table"].rows
    assert [row[7].text for row in unpaid] == ["−3", "3"]
    bulk = finance.see("desk_circulation_rows", key, "BULK").context["table"].rows
    assert [str(cell.text).replace("\u00a0", " ") for cell in bulk[0][3:6]] == ["Prenax SAS", "19,67 €", "95,0 %"]
    assert len(finance.see("desk_circulation_rows", key, "BULK", tranche="FULL").context["table"].rows) == 0
    assert finance.see("desk_circulation_rows", key, "NOBODY").status_code == 404


def test_returns_of_an_issue_are_listed_beside_its_figures(at_desk, shop):
    anne = buys(shop["fixed"], email="anne@example.fr")
    send_out(issue(25), on=POSTED_ON)
    comes_back(anne)
    finance = at_desk("finance")
    heads = finance.see("desk_circulation_issue", issue(25).pk).context["figures"]
    assert [(one["value"], one.get("url", "")) for one in heads][4] == (
        "1",
        f"/gestion/diffusion/{issue(25).pk}/retours/",
    )
    (row,) = finance.see("desk_circulation_returns", issue(25).pk).context["table"].rows
    assert [str(cell.text) for cell in row][1:3] == [anne.number, "08/01/2027"]


def test_a_list_of_one_class_goes_page_by_page_in_the_same_queries(at_desk, shop):
    for number in range(60):
        buys(shop["fixed"], email=f"r{number}@example.fr")
    send_out(issue(25), on=POSTED_ON)
    finance = at_desk("finance")
    url = reverse("desk_circulation_rows", args=[issue(25).pk, "IND"])
    finance.browser.get(url)
    with CaptureQueriesContext(connection) as first:
        answer = finance.browser.get(url)
    assert len(answer.context["table"].rows) == 50
    with CaptureQueriesContext(connection) as second:
        rest = finance.browser.get(url + answer.context["page"].next_url)
    assert len(rest.context["table"].rows) == 10
    assert len(first) == len(second)
    assert not any("COUNT(*)" in one["sql"] and "countedcopy" in one["sql"] for one in first)


def test_the_overview_has_the_average_of_the_year_and_what_is_near_a_limit(at_desk, counted):
    answer = at_desk("fulfilment").see("desk_circulation")
    issues = answer.context["tables"][0]
    cells = [str(cell.text).replace("\u00a0", " ") for cell in issues.rows[0]]
    assert cells == ["n° 25", "15/12/2026", "2", "0", "3", "0", "5", "3", "8", "0", "0"]
    assert [str(cell.text).replace("\u00a0", " ") for cell in issues.total][1:] == [
        "n° 25", "2,0", "0,0", "3,0", "0,0", "5,0", "3,0", "8,0", "0,0", "",
    ]  # fmt: skip
    page = answer.content.decode()
    assert '<title id="diffusion-t">' in page
    assert '<desc id="diffusion-d">' in page
    assert "soit 47,1\u00a0%" in page


def test_papers_say_what_the_page_says(at_desk, counted):
    finance = at_desk("finance")
    key = issue(25).pk
    text = finance.see("desk_circulation_csv", key).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert {(row["classe_acpm"], row["tranche_de_prix"], row["exemplaires"]) for row in rows} == {
        ("IND_POSTE", "au prix de référence", "2"), ("TIERS_NOMBRE", "de 80 % à moins de 100 %", "3"),
        ("GRATUIT", "moins de 50 %", "1"), ("GRATUIT", "", "2"),
    }  # fmt: skip
    answer = finance.see("desk_circulation_lines", key)
    lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig")), delimiter=";"))
    assert sum(int(row["exemplaires"]) for row in lines) == 8
    assert [row["exemplaires"] for row in lines][-2:] == ["-3", "3"]
    assert finance.see("desk_circulation_pdf", key).content.startswith(b"%PDF")
    assert finance.see("desk_circulation_year_pdf").content.startswith(b"%PDF")
    year = finance.see("desk_circulation_year_csv").content.decode("utf-8-sig")
    assert "Diffusion payée;TIERS_NOMBRE;Abonnements payés en nombre (plusieurs exemplaires);3;3" in year


def test_a_code_that_begins_like_a_formula_is_a_word_in_a_spreadsheet(at_desk, shop):
    from subscriptions.models import Subscription, Term

    one = buys(shop["fixed"])
    term = one.terms.get()
    other = Subscription.objects.create(
        number="99999999", magazine=one.magazine, recipient=one.recipient, renewal="fixed", offer=one.offer, state="active",
        state_since=one.created_at, created_at=one.created_at, source="=1+1", foreign_ref="x",
    )  # fmt: skip
    sold = Term.objects.create(
        subscription=other, number=1, starts_on=term.starts_on, ends_on=term.ends_on, copies=4, amount=term.amount,
        amount_ht=term.amount_ht, vat_zone=term.vat_zone, vat_rate=term.vat_rate, created_at=one.created_at, source="=1+1",
        foreign_ref="x",
    )  # fmt: skip
    sold.entitlements.create(rank=1, issue=issue(25), value_ht=Decimal("6.76"))
    send_out(issue(25), on=POSTED_ON)
    body = b"".join(at_desk("finance").see("desk_circulation_lines", issue(25).pk)).decode("utf-8-sig")
    assert ";'=1+1;" in body


def test_finance_changes_limits_and_fulfilment_does_not(at_desk, shop):
    typed = {
        "valid_from": "2026-12-01", "reference_offer": "", "paid_least_percent": "60", "coupled_least_percent": "80",
        "paid_share_least_percent": "50", "bulk_most_percent": "5", "gap_most_months": "4", "issues_least": "4",
        "cppap_warn_days": "180", "warn_points": "5", "source": "Règlement de l’ACPM de 2026", "reason": WHY,
    }  # fmt: skip
    assert at_desk("fulfilment").rehearse("desk_act_circulation_rule", 0, **typed).status_code == 403
    finance = at_desk("finance")
    assert finance.act("desk_act_circulation_rule", 0, **typed).status_code == 302
    assert rule_in_force(date(2026, 11, 30)).paid_least_percent == Decimal(50)
    assert rule_in_force(date(2026, 12, 1)).paid_least_percent == Decimal(60)
    early = finance.rehearse("desk_act_circulation_rule", 0, **(typed | {"valid_from": "2026-11-22"}))
    assert said("A rule begins today at the earliest: what was counted stands.") in text_of(early)
    wrong = finance.rehearse("desk_act_circulation_rule", 0, **(typed | {"coupled_least_percent": "59"}))
    assert said("A coupled sale keeps at least as much as a paid copy brings in.") in text_of(wrong)
    assert CirculationRule.objects.count() == 2


def test_fulfilment_keeps_an_advice_notes_a_print_run_and_changes_what_is_assumed(at_desk, shop):
    buys(shop["fixed"])
    key = issue(25).pk
    clerk = at_desk("fulfilment")
    assert at_desk("finance").see("desk_act_keep_advice", key).status_code == 403
    assumed = {
        "observed_least": "30", "renewed_low": "50", "renewed_high": "65", "claimed_low": "0", "claimed_high": "0", "new_low": "2",
        "new_high": "5", "single_low": "0", "single_high": "1", "reserve_low": "0", "reserve_high": "0", "reason": WHY,
    }  # fmt: skip
    wrong = clerk.rehearse("desk_act_assumption", 0, **(assumed | {"new_high": "1"}))
    assert said("The most is not less than the least.") in text_of(wrong)
    assert clerk.act("desk_act_assumption", 0, **assumed).status_code == 302
    assert assumption_in_force().new_high == 5
    shown = clerk.see("desk_print", key)
    assert shown.context["figures"][0]["value"] == "3 à 7"
    for _twice in range(2):
        assert clerk.act("desk_act_keep_advice", key, reason=WHY).status_code == 302
    assert list(PrintAdvice.objects.values_list("number", "low", "high")) == [(1, 3, 7), (2, 3, 7)]
    assert clerk.act("desk_act_note_print", key, copies="8", on="2026-11-23", reason=WHY).status_code == 302
    later = clerk.rehearse("desk_act_note_print", key, copies="8", on="2026-11-24", reason=WHY)
    assert said("What will be printed cannot be noted yet.") in text_of(later)
    assert PrintRun.objects.get().copies == 8
    send_out(issue(25), on=POSTED_ON)
    with time_machine.travel(at(POSTED_ON), tick=True):
        clerk = at_desk("administrator")
        row = table(clerk.see("desk_prints"), said("Printed and used"))[0]
        assert row == ["n° 25", "3 à 7", "8", "1", "0", "0", "0", "7", said("outside the range")]
        late = clerk.rehearse("desk_act_keep_advice", key, reason=WHY)
        assert said("This issue has left: an advice would come too late.") in text_of(late)


def test_an_advice_whose_figures_changed_is_shown_again_and_not_kept(at_desk, shop):
    buys(shop["fixed"])
    clerk = at_desk("fulfilment")
    key = issue(25).pk
    from tests.backoffice.colleagues import seal_of

    seal = seal_of(clerk.rehearse("desk_act_keep_advice", key, reason=WHY))
    for number in range(5):
        buys(shop["fixed"], email=f"r{number}@example.fr")
    assert clerk.say_yes("desk_act_keep_advice", key, seal, reason=WHY).status_code == 200
    assert PrintAdvice.objects.count() == 0


def test_a_shop_that_has_counted_nothing_says_so(at_desk, shop):
    boss = at_desk("administrator")
    assert said("No issue was counted yet: it is when its file is posted.") in text_of(boss.see("desk_circulation"))
    assert said("nothing to measure yet") in text_of(boss.see("desk_meters"))
    assert said("No issue was counted yet.") in text_of(boss.see("desk_prints"))
    assert boss.see("desk_circulation_issue", issue(26).pk).status_code == 404
    assert boss.see("desk_circulation_year_csv").status_code == 200
    assert boss.see("desk_circulation_year_pdf").content.startswith(b"%PDF")


def test_plots_are_the_same_for_the_same_facts_and_escape_what_they_are_given():
    drawn = stacked(
        "a", [Stack("n° <1>", [Segment(3, "abonnés", True), Segment(1, "gratuits", False)])], title="<t>", desc="d"
    )
    assert "n° &lt;1&gt;" in drawn
    assert '<title id="a-t">&lt;t&gt;</title>' in drawn
    assert 'width="228.0"' in drawn
    assert 'stroke-dasharray="3 2"' in drawn
    assert "abonnés : 3 · gratuits : 1" in drawn
    bars = prints("b", [PrintBar("n° 1", 8, 1, 10, (7, 9), "utilisés : 8")], title="t", desc="d")
    assert bars == prints("b", [PrintBar("n° 1", 8, 1, 10, (7, 9), "utilisés : 8")], title="t", desc="d")
    assert 'width="240.0"' in bars
    line = over_issues(
        "c",
        [Point("n° 1", 50.0, "50 %"), Point("n° 2", 100.0, "100 %")],
        limit=50,
        limit_said="50 %",
        title="t",
        desc="d",
    )
    assert 'points="100.0,77.0 260.0,14.0"' in line
    assert "style=" not in drawn + bars + line
