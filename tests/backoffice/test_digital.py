"""The digital edition at the desks: finance turns it on, fulfilment puts the files, an administrator makes and revokes tokens."""

from __future__ import annotations

import hashlib
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import Act
from shop.backoffice import digital_pages
from subscriptions.digital import files
from subscriptions.models import ApiToken, DigitalRule, Issue, IssueFile, Magazine
from tests.backoffice.colleagues import text_of
from tests.digital.people import pdf

WHY = "Décidé en comité de direction."
pytestmark = pytest.mark.usefixtures("offers")


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.DIGITAL_FILES = tmp_path / "digital"


def decided(**changes):
    typed = {
        "on": "on", "share": "20,00", "rate": "press", "decided_by": "Claire Fontaine, DAF", "decided_on": "2026-11-20",
        "with_text": "on", "reason": WHY,
    } | changes  # fmt: skip
    return {name: value for name, value in typed.items() if value is not None}


def test_turned_on_by_finance_once_everything_is_decided(at_desk):
    colleague, key = at_desk("finance"), Magazine.objects.get().pk
    assert "pas fixé" in text_of(colleague.see("desk_digital_edition", key))
    refused = text_of(colleague.rehearse("desk_act_digital", key, **decided(share=None)))
    assert "ne peut pas être activée tant que sa TVA n’est pas fixée" in refused
    refused = text_of(colleague.rehearse("desk_act_digital", key, **decided(with_text=None)))
    assert "tant que le texte auquel les lecteurs donnent leur accord n’est pas choisi" in refused
    assert DigitalRule.objects.count() == 0
    shown = text_of(colleague.rehearse("desk_act_digital", key, **decided()))
    assert "20,00 %" in shown
    assert colleague.act("desk_act_digital", key, **decided()).url == reverse("desk_digital_edition", args=[key])
    rule = DigitalRule.objects.get()
    assert (rule.on, str(rule.share), rule.decided_by, rule.text.version, rule.actor) == (
        True, "20.00", "Claire Fontaine, DAF", "2026-11", f"staff:{colleague.user.pk}",
    )  # fmt: skip
    text = text_of(colleague.see("desk_digital_edition", key))
    assert "Claire Fontaine, DAF" in text
    assert WHY in text
    assert "activée" in text_of(colleague.see("desk_digital"))
    assert Act.objects.get(verb="set the digital edition").reason == WHY


def send(colleague, issue, body, *, name="n25.pdf", **typed):
    file = SimpleUploadedFile(name, body, content_type="application/pdf")
    return colleague.browser.post(
        reverse("desk_act_issue_file", args=[issue.pk]), {"file": file, "reason": "Le numéro complet."} | typed
    )


def test_fulfilment_puts_the_file_of_an_issue_and_another_in_its_place(at_desk):
    colleague, issue, body = at_desk("fulfilment"), Issue.objects.get(number=25), pdf(3)
    assert send(colleague, issue, body).url == reverse("desk_digital_edition", args=[issue.magazine_id])
    row = IssueFile.objects.get()
    digest = hashlib.sha256(body).hexdigest()
    assert (row.number, row.sha256, row.size, row.pages, row.name) == (1, digest, len(body), 3, "n25.pdf")
    assert files.path_of(digest).read_bytes() == body
    assert "n25.pdf" in text_of(colleague.see("desk_digital_edition", issue.magazine_id))
    same = send(colleague, issue, body)
    assert same.status_code == 422
    assert "C’est le fichier même que le numéro a déjà." in text_of(same)
    send(colleague, issue, pdf(4), name="n25-bis.pdf", reason="Page 12 refaite.", available_from="2026-12-10")
    assert list(IssueFile.objects.values_list("number", "pages", "available_from")) == [
        (1, 3, None),
        (2, 4, date(2026, 12, 10)),
    ]
    text = text_of(colleague.see("desk_act_issue_file", issue.pk))
    assert "Page 12 refaite." in text
    assert "n25.pdf" in text
    assert [one.subject for one in Act.objects.filter(verb="put the file of an issue")] == [f"issue:{issue.pk}"] * 2


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"PK\x03\x04", "Ce n’est pas un fichier PDF."),
        (b"%PDF-1.7 and nothing", "Ce PDF ne peut pas être lu jusqu’au bout"),
        (pdf(1) + b" " * 2000, "Le fichier est trop lourd"),
    ],
    ids=["a sheet", "rubbish", "too large"],
)
def test_what_is_no_issue_is_not_taken(at_desk, monkeypatch, body, why):
    monkeypatch.setattr(files, "LARGEST", 1500)
    answer = send(at_desk("fulfilment"), Issue.objects.get(number=25), body)
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert IssueFile.objects.count() == 0
    assert list(files.path_of("x").parent.iterdir()) == []


def test_without_a_file_or_a_reason_nothing_is_put(at_desk):
    colleague, issue = at_desk("fulfilment"), Issue.objects.get(number=25)
    answer = colleague.browser.post(reverse("desk_act_issue_file", args=[issue.pk]), {"reason": ""})
    assert answer.status_code == 422
    assert "Choisissez le PDF de ce numéro." in text_of(answer)


def test_a_file_is_never_behind_an_address_of_the_site(at_desk):
    colleague, issue = at_desk("fulfilment"), Issue.objects.get(number=25)
    send(colleague, issue, pdf())
    digest = IssueFile.objects.get().sha256
    for path in (f"/static/{digest}.pdf", f"/media/{digest}.pdf", f"/digital/{digest}.pdf", f"/{digest}.pdf"):
        assert Client().get(path).status_code == 404


def test_a_token_is_shown_once_and_revoked(at_desk):
    colleague = at_desk("administrator")
    made = colleague.act("desk_act_make_token", 0, site="actuia.com", reason="Le site du magazine.")
    text = re.search(r"bqt_[0-9a-f]{12}_[\w-]{43}", made.content.decode())
    assert text is not None
    assert made["Cache-Control"].count("no-store") == 1
    token = ApiToken.objects.get()
    assert (token.name, token.reason, token.actor) == (
        "actuia.com",
        "Le site du magazine.",
        f"staff:{colleague.user.pk}",
    )
    listed = colleague.see("desk_tokens")
    assert text[0] not in listed.content.decode()
    assert token.key in text_of(listed)
    asked = {"Authorization": f"Bearer {text[0]}"}
    assert Client().get("/api/v1/entitlements/00000000", headers=asked).status_code == 404
    assert colleague.act("desk_act_revoke_token", token.pk, reason="Le site ferme.").url == reverse("desk_tokens")
    assert Client().get("/api/v1/entitlements/00000000", headers=asked).status_code == 401
    assert colleague.see("desk_act_revoke_token", token.pk).status_code == 409
    assert "Le site ferme." in text_of(colleague.see("desk_tokens"))
    session = " ".join(str(value) for value in colleague.browser.session.items())
    assert text[0] not in session


def test_the_page_of_a_magazine_asks_as_much_for_three_files_as_for_one(at_desk):
    colleague, magazine = at_desk("administrator"), Magazine.objects.get()

    def asked():
        with CaptureQueriesContext(connection) as found:
            assert colleague.see("desk_digital_edition", magazine.pk).status_code == 200
        return len(found)

    send(colleague, Issue.objects.get(number=25), pdf(1))
    asked()
    one = asked()
    for number in (26, 27):
        send(colleague, Issue.objects.get(number=number), pdf(2))
    assert asked() == one
    assert digital_pages.SHOWN >= 8
