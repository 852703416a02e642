"""Issues and their files at the desks: two people from planned to posted, and what is refused on the way."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscriptions.models import FreeCopy, Issue, Magazine, MailingHouse, MailingRun, PostalAddress
from subscriptions.references import subscriber_number
from tests.backoffice.colleagues import said, text_of
from tests.fulfilment.people import buys
from tests.makers import close_file, make_house, send_out

WHY = {"reason": "arrêté du n° 25"}
TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.django_db


@pytest.fixture
def issue(offers):
    make_house(Magazine.objects.get())
    buys(offers["fixed"])
    buys(offers["automatic"], email="luc@example.fr")
    Issue.objects.filter(number=25).update(cutoff_on=TODAY)
    return Issue.objects.get(number=25)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_an_issue_goes_from_planned_to_posted_with_two_people(at_desk, issue):
    loic, gilles = at_desk("fulfilment"), at_desk("administrator")
    seen = text_of(loic.see("desk_issue", issue.pk))
    assert "France métropolitaine abonnements 2 2" in seen
    assert loic.act("desk_act_ask_run", issue.pk, **WHY).status_code == 302
    run = MailingRun.objects.get()
    own = text_of(loic.rehearse("desk_act_close_run", run.pk, **WHY))
    assert said("You asked for it: somebody else says yes.") in own
    assert gilles.act("desk_act_close_run", run.pk, **WHY).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.dispatches, run.closed_by) == ("closed", 2, f"staff:{gilles.user.pk}")
    page = text_of(loic.see("desk_run", run.pk))
    assert run.sha256 in page
    assert "N25-000001-01 – N25-000002-01" in page
    file = loic.see("desk_run_file", run.pk)
    assert file["Content-Disposition"] == 'attachment; filename="ACTUIA_N025_20261215_v1.csv"'
    assert hashlib.sha256(body(file)).hexdigest() == run.sha256
    assert loic.see("desk_run_sheet", run.pk).content.startswith(b"%PDF-")
    assert loic.see("desk_run_labels", run.pk, "3x7").content.startswith(b"%PDF-")
    assert "MME Élodie LEFÈVRE, 12 BIS RUE DE L EGLISE, 75004 PARIS" in text_of(loic.see("desk_run_lines", run.pk))
    assert loic.act("desk_act_hand_over_run", run.pk, **WHY).status_code == 302
    assert loic.act("desk_act_count_run", run.pk, copies="3", **WHY).status_code == 302
    assert said("It is posted") not in text_of(loic.see("desk_run", run.pk))
    assert loic.act("desk_act_count_run", run.pk, copies="2", **WHY).status_code == 302
    future = loic.act("desk_act_post_run", run.pk, posted_on="2026-11-24", **WHY)
    assert said("Nothing is posted in the future.") in text_of(future)
    assert loic.act("desk_act_post_run", run.pk, posted_on="2026-11-23", **WHY).status_code == 302
    run.refresh_from_db()
    issue.refresh_from_db()
    assert (run.state, issue.state, issue.posted_on) == ("posted", "posted", TODAY)


def test_the_statement_of_deposit_is_attached_once(at_desk, issue, client):
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.urls import reverse

    send_out(issue, on=TODAY)
    run, loic = MailingRun.objects.get(), at_desk("fulfilment")
    address = reverse("desk_act_statement", args=[run.pk])
    picture = SimpleUploadedFile("depot.pdf", b"\x89PNG\r\n\x1a\n0000IEND", content_type="application/pdf")
    assert said("The post states what it took on a PDF: this is a picture.") in text_of(
        loic.browser.post(address, {"file": picture})
    )
    for name, status in ((b"one", 302), (b"one", 302), (b"two", 422)):
        paper = SimpleUploadedFile("depot.pdf", b"%PDF-1.7 " + name + b"%%EOF", content_type="application/pdf")
        assert loic.browser.post(address, {"file": paper}).status_code == status
    assert loic.see("desk_run_statement", run.pk).content == b"%PDF-1.7 one%%EOF"


def test_who_is_alone_waits_and_stays_marked(at_desk, issue):
    loic = at_desk("fulfilment")
    make_house(issue.magazine, second_person=False, alone_after_minutes=0)
    loic.act("desk_act_ask_run", issue.pk, **WHY)
    run = MailingRun.objects.get()
    shown = text_of(loic.rehearse("desk_act_close_run", run.pk, **WHY))
    assert said("It stays written on the file and its sheet.") in shown
    assert loic.act("desk_act_close_run", run.pk, **WHY).status_code == 302
    assert said("Closed by one person alone") in text_of(loic.see("desk_run", run.pk))


def test_a_file_that_changed_is_not_handed_out(at_desk, issue):
    loic, gilles = at_desk("fulfilment"), at_desk("administrator")
    loic.act("desk_act_ask_run", issue.pk, **WHY)
    run = MailingRun.objects.get()
    gilles.act("desk_act_close_run", run.pk, **WHY)
    PostalAddress.objects.update(typed={}, lines=[], block=[], postcode="", town="")
    answer = loic.see("desk_run_file", run.pk)
    assert answer.status_code == 409
    assert said("This file is not the one that was closed") in text_of(answer)


def test_another_profile_succeeds_the_one_in_force(at_desk, issue):
    loic = at_desk("fulfilment")
    typed = {
        "house_name": "Routage du Nord", "separator": "\t", "encoding": "utf-8", "columns": "cle_unique, l1 l6",
        "with_header": "on", "weight_g": "310", "overrun_percent": "3,5", "deposit_site": "Lille", "second_person": "on",
        "alone_after_minutes": "60", **WHY,
    }  # fmt: skip
    wrong = loic.act("desk_act_house", 0, **(typed | {"columns": "cle_unique adresse"}))
    assert "cle_unique adresse" in wrong.content.decode()
    assert loic.act("desk_act_house", 0, **typed).status_code == 302
    house = MailingHouse.objects.order_by("-pk").first()
    assert (house.name, house.separator, house.columns) == ("Routage du Nord", "\t", ["cle_unique", "l1", "l6"])
    assert MailingHouse.objects.count() == 2


def test_free_copies_are_given_are_in_the_file_and_end(at_desk, issue):
    loic = at_desk("fulfilment")
    typed = {
        "what": "seed", "copies": "2", "from_number": "25", "until_number": "", "kind": "person", "country": "FR",
        "first_name": "Paul", "last_name": "Durand", "street": "8 place de la Mairie", "postcode": "44000", "town": "Nantes",
        **WHY,
    }  # fmt: skip
    wrong = loic.rehearse("desk_act_give_free", 0, **(typed | {"until_number": "24"}))
    assert said("The last issue comes after the first.") in text_of(wrong)
    assert loic.act("desk_act_give_free", 0, **typed).status_code == 302
    free = FreeCopy.objects.get()
    assert (free.kind, free.copies, free.number) == ("seed", 2, subscriber_number(90_000_000 + free.pk))
    assert "8 PLACE DE LA MAIRIE" in text_of(loic.see("desk_free_copies"))
    run = close_file(issue, on=TODAY)
    assert run.copies == 4
    assert run.lines.get(free_copy=free).number == free.number
    assert loic.act("desk_act_end_free", free.pk, **WHY).status_code == 302
    assert loic.rehearse("desk_act_end_free", free.pk, **WHY).status_code == 409
    issue_26 = Issue.objects.get(number=26)
    send_out(issue, on=TODAY)
    assert not close_file(issue_26, on=issue_26.cutoff_on).lines.filter(free_copy=free).exists()


def test_finance_neither_closes_nor_downloads(at_desk, issue):
    ines = at_desk("finance")
    assert ines.see("desk_issue", issue.pk).status_code == 403
    assert ines.rehearse("desk_act_ask_run", issue.pk, **WHY).status_code == 403


def test_pages_of_issues_and_runs_do_not_grow_with_their_lines(at_desk, issue, offers):
    loic, gilles = at_desk("fulfilment"), at_desk("administrator")

    def counted(*pages):
        queries = []
        for name, key in pages:
            loic.see(name, key)
            with CaptureQueriesContext(connection) as seen:
                assert loic.see(name, key).status_code == 200
            queries.append(len(seen))
        return queries

    before = counted(("desk_issue", issue.pk))
    for number in range(3):
        buys(offers["fixed"], email=f"reader{number}@example.fr")
    assert counted(("desk_issue", issue.pk)) == before
    loic.act("desk_act_ask_run", issue.pk, **WHY)
    run = MailingRun.objects.get()
    gilles.act("desk_act_close_run", run.pk, **WHY)
    pages = counted(("desk_run", run.pk), ("desk_run_lines", run.pk))
    assert pages[0] <= 20
    assert pages[1] <= 12
