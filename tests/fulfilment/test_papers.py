"""What goes with a file: the preview before it, the sheet and the labels beside it, the corrections after it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from payments.models import DeskItem
from subscriptions.addresses.label import postal_label
from subscriptions.fulfilment.columns import COLUMNS, CUSTOMARY, NoSuchColumn, chosen
from subscriptions.fulfilment.control_sheet import control_sheet, facts_of
from subscriptions.fulfilment.correcting import HEAD, corrections_file, file_name
from subscriptions.fulfilment.labels import SHEETS, TooMany, labels
from subscriptions.fulfilment.previewing import preview
from subscriptions.fulfilment.statements import attach_statement
from subscriptions.models import Entitlement, Magazine, MailingRun
from subscriptions.moving import move_copies
from subscriptions.moving_house import change_address
from subscriptions.stopping.terminating import end_now
from tests.fulfilment.people import at, buys, issue
from tests.fulfilment.test_closing import BRUSSELS, CUTOFF, POSTED, REUNION
from tests.makers import CLERK, close_file, make_house, make_magazine, make_offers, send_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def offers():
    made = make_offers(make_magazine())
    make_house(Magazine.objects.get(), deposit_site="Nantes PIC")
    return made


def whole(run: MailingRun) -> MailingRun:
    return MailingRun.objects.select_related("issue__magazine", "house").get(pk=run.pk)


def test_the_preview_counts_what_is_closed_then(offers):
    buys(offers["fixed"])
    buys(offers["automatic"], email="luc@example.be", address=BRUSSELS)
    held = buys(offers["fixed"], email="fabrice@example.fr", address=REUNION)
    copy = Entitlement.objects.get(term__subscription=held, issue__number=25)
    move_copies([copy], "hold", on=CUTOFF, actor=CLERK, at=at(CUTOFF))
    seen = preview(issue(25))
    assert seen.table == (("METR", "ABO", 1, 1), ("UE", "ABO", 1, 1))
    assert (seen.new, seen.gone, seen.moved) == (None, None, None)
    assert (seen.first, seen.last, seen.held, seen.unaddressed) == (2, 0, 1, 0)
    run = close_file(issue(25), on=CUTOFF)
    assert (run.dispatches, run.copies) == (seen.lines, seen.copies)
    assert preview(issue(25)).lines == 0


def test_the_preview_says_what_changed_since_the_file_before(offers):
    stays, moves = buys(offers["fixed"]), buys(offers["fixed"], email="luc@example.be")
    leaves = buys(offers["fixed"], email="anne@example.fr")
    send_out(issue(25), on=POSTED)
    change_address(
        moves.recipient, BRUSSELS, postal_label(BRUSSELS), actor=CLERK, reason="Déménagement", at=at(POSTED, 14)
    )
    end_now(leaves.pk, "moved", actor=CLERK, at=at(POSTED, 15), reason="Parti au Chili.")
    new = buys(offers["fixed"], email="new@example.fr", when=at(POSTED, 16))
    seen = preview(issue(26))
    assert (seen.lines, seen.new, seen.gone, seen.moved, seen.first) == (3, 1, 1, 1, 1)
    assert {stays.pk, moves.pk, new.pk} == set(
        close_file(issue(26), on=issue(26).cutoff_on).lines.values_list("subscription", flat=True)
    )


def test_the_sheet_says_what_the_file_holds_and_is_the_same_each_time(offers):
    buys(offers["fixed"])
    buys(offers["fixed"], email="fabrice@example.fr", address=REUNION)
    run = whole(close_file(issue(25), on=CUTOFF))
    said = facts_of(run)
    assert (
        said["under"]
        == "Fichier principal arrêté le 1er\u00a0décembre\u00a02026, à mettre en poste le 15\u00a0décembre\u00a02026."
    )
    assert ["SHA-256", run.sha256] in said["facts"]
    assert ["Exemplaires", "2"] in said["facts"]
    assert said["zones"] == [
        ["départements d’outre-mer (DOM)", "1", "1"],
        ["France métropolitaine (METR)", "1", "1"],
    ]
    assert said["alone"] == ""
    assert control_sheet(run) == control_sheet(run)


@pytest.mark.parametrize("sheet", list(SHEETS))
def test_labels_of_each_sheet(offers, sheet):
    buys(offers["fixed"])
    run = whole(close_file(issue(25), on=CUTOFF))
    assert labels(run, sheet=sheet, skip=3).startswith(b"%PDF-")
    assert labels(run, sheet=sheet) == labels(run, sheet=sheet)


def test_labels_fit_on_their_paper():
    for form in SHEETS.values():
        across = 2 * form.left + form.columns * form.width + (form.columns - 1) * form.gap
        down = form.top + form.rows * form.height
        assert across <= 210.5, form.name
        assert down <= 297, form.name


def test_so_many_labels_are_for_a_mailing_house(offers):
    run = whole(close_file(issue(25), on=CUTOFF))
    run.dispatches = 3001
    with pytest.raises(TooMany):
        labels(run, sheet="3x7")


def test_what_changed_after_the_closing_is_listed_and_the_file_stays(offers):
    moves, leaves = buys(offers["fixed"]), buys(offers["fixed"], email="anne@example.fr")
    buys(offers["fixed"], email="stays@example.fr")
    run = whole(close_file(issue(25), on=CUTOFF))
    change_address(
        moves.recipient, BRUSSELS, postal_label(BRUSSELS), actor=CLERK, reason="Déménagement", at=at(CUTOFF, 14)
    )
    end_now(leaves.pk, "moved", actor=CLERK, at=at(CUTOFF, 15), reason="Parti au Chili.")
    keys = dict(run.lines.values_list("subscription", "key"))
    assert leaves.pk in keys, "a copy in a file is still sent, and counts as served"
    assert file_name(run) == "ACTUIA_N025_v1_corrections.csv"
    rows = b"".join(corrections_file(run)).decode("cp1252").split("\r\n")
    assert rows[0] == ";".join(HEAD)
    assert sorted(rows[1:-1]) == sorted(
        [
            f"{keys[moves.pk]};CORRIGER;M. Luc Peeters;;;;Rue Haute 12;1000 BRUXELLES;BELGIQUE;1000;BRUXELLES;BE",
        ]
    )


def test_what_is_owed_when_an_issue_leaves_without_it_stands_on_the_desk(offers):
    late = buys(offers["fixed"])
    copy = Entitlement.objects.get(term__subscription=late, issue__number=25)
    move_copies([copy], "hold", on=CUTOFF, actor=CLERK, at=at(CUTOFF))
    close_file(issue(25), on=CUTOFF)
    copy.refresh_from_db()
    move_copies([copy], "release", on=CUTOFF, actor=CLERK, at=at(CUTOFF, 12))
    send_out(issue(25), on=POSTED)
    item = DeskItem.objects.get(kind="complement_due")
    assert (item.desk, item.subject) == ("fulfilment", f"issue:{issue(25).pk}")


def test_columns_of_a_profile_are_known_and_there_once():
    assert [column.name for column in chosen([])] == list(CUSTOMARY)
    assert len(COLUMNS) == 23
    for wrong in (["adresse"], ["l1", "l1"]):
        with pytest.raises(NoSuchColumn):
            chosen(wrong)


def test_a_statement_is_kept_once_and_only_of_what_was_posted(offers):
    run = close_file(issue(25), on=CUTOFF)
    paper = b"%PDF-1.7 depot %%EOF"
    with pytest.raises(ValidationError) as refused:
        attach_statement(run.pk, paper, actor=CLERK, at=at(CUTOFF))
    assert refused.value.code == "not_posted"
    send_out(issue(25), on=POSTED)
    kept = attach_statement(run.pk, paper, actor=CLERK, at=at(POSTED))
    assert attach_statement(run.pk, paper, actor=CLERK, at=at(POSTED)).statement_id == kept.statement_id
    assert kept.statement.keep_until == date(2036, 12, 15)
    with pytest.raises(ValidationError) as refused:
        attach_statement(run.pk, paper + b"\n%%EOF", actor=CLERK, at=at(POSTED + timedelta(days=1)))
    assert refused.value.code == "kept"
