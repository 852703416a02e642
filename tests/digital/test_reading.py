"""A reader agrees once and reads: what is shown, what is kept, and everything that opens nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from payments.models import DeskItem
from subscriptions.digital.consenting import WORDS
from subscriptions.digital.files import path_of
from subscriptions.models import DigitalConsent, DigitalDownload, DigitalRule, Entitlement, IssueFile, Notice
from tests.account.people import said
from tests.digital.people import OUT, copy_of, file_of, pdf, post, turned, yes

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(elodie, clock):
    """The digital edition is on, no. 25 is out with its file, and Élodie is signed in on the next day."""
    turned()
    post()
    file = file_of()
    clock.move_to(OUT)
    elodie.signs_in()
    return file


def page_of(reader, number=25):
    return reader.client.get(reverse("account_digital", args=[reader.subscription.pk, number]))


def agrees(reader, number=25, **typed):
    text = DigitalRule.objects.latest("pk").text_id
    return reader.client.post(
        reverse("account_digital", args=[reader.subscription.pk, number]), {"agreed": "on", "text": text} | typed
    )


def link_on(answer):
    found = re.search(r'href="(/compte/numerique/[^"]+)"', answer.content.decode())
    return found[1] if found else ""


def body_of(answer):
    return b"".join(answer.streaming_content)


def test_agreed_once_and_read(edition, elodie):
    home = elodie.client.get(reverse("account_home")).content.decode()
    assert reverse("account_digital", args=[elodie.subscription.pk, 25]) in home
    assert reverse("account_digital", args=[elodie.subscription.pk, 26]) not in home
    shown = page_of(elodie)
    assert WORDS in said(shown)
    assert 'type="checkbox" name="agreed"' in shown.content.decode()
    assert "checked" not in shown.content.decode()
    assert link_on(shown) == ""
    assert agrees(elodie).status_code == 303
    consent = DigitalConsent.objects.get()
    assert (consent.words, consent.text.code, consent.text.version) == (WORDS, "numerique", "2026-11")
    assert (consent.term.number, consent.customer, consent.actor) == (
        1,
        elodie.customer,
        f"reader:{elodie.customer.pk}",
    )
    assert [one.rank for one in elodie.letters("digital_agreed")] == ["legal"]
    answer = elodie.client.get(link_on(page_of(elodie)))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="actuia-25.pdf"'
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    body = body_of(answer)
    assert int(answer["Content-Length"]) == len(body)
    assert body.startswith(pdf())
    number = elodie.subscription.number
    assert all(f"l’abonné n°\u00a0{number}" in one.extract_text() for one in PdfReader(BytesIO(body)).pages)
    row = DigitalDownload.objects.get()
    assert (row.entitlement, row.file, row.consent) == (copy_of(elodie.subscription), edition, consent)


def test_agreeing_twice_is_one_consent_and_one_letter(edition, elodie):
    agrees(elodie)
    assert agrees(elodie).status_code == 200
    assert DigitalConsent.objects.count() == 1
    assert len(elodie.letters("digital_agreed")) == 1


def test_without_the_box_nothing_is_kept(edition, elodie):
    answer = agrees(elodie, agreed="")
    assert answer.status_code == 200
    assert any("Please tick the box if you agree" in one for one in said(answer))
    assert (DigitalConsent.objects.count(), Notice.objects.filter(kind="digital_agreed").count()) == (0, 0)


def test_a_text_that_changed_meanwhile_is_shown_again(edition, elodie):
    answer = agrees(elodie, text="1")
    assert answer.status_code == 200
    assert any("The text has changed since this page was shown" in one for one in said(answer))
    assert DigitalConsent.objects.count() == 0


def test_what_was_agreed_holds_for_every_issue_of_the_contract(edition, elodie):
    agrees(elodie)
    post(26, date(2026, 12, 16))
    file_of(26)
    assert link_on(page_of(elodie, 26))


def test_a_link_holds_for_a_quarter_of_an_hour(edition, elodie, clock):
    agrees(elodie)
    link = link_on(page_of(elodie))
    clock.move_to(OUT + timedelta(minutes=14, seconds=50))
    assert elodie.client.get(link).status_code == 200
    clock.move_to(OUT + timedelta(minutes=15, seconds=2))
    over = elodie.client.get(link)
    assert over.status_code == 410
    assert "This link is over" in said(over)
    assert DigitalDownload.objects.count() == 1


def test_a_link_is_its_readers_alone(karim, edition, elodie):
    agrees(elodie)
    link = link_on(page_of(elodie))
    assert Client().get(link).url.startswith("/compte/connexion/")
    karim.signs_in()
    assert karim.client.get(link).status_code == 404
    assert page_of(elodie).status_code == 200
    assert karim.client.get(reverse("account_digital", args=[elodie.subscription.pk, 25])).status_code == 404
    assert DigitalDownload.objects.count() == 0


@pytest.mark.parametrize(
    "forge",
    [lambda token: token[:-1], lambda token: "9" + token, lambda token: "x", lambda token: token.replace("-", "-1", 1)],
)
def test_a_forged_link_opens_nothing(edition, elodie, forge):
    agrees(elodie)
    link = link_on(page_of(elodie))
    token = link.removeprefix("/compte/numerique/").rstrip("/")
    assert elodie.client.get(f"/compte/numerique/{forge(token)}/").status_code == 404
    assert DigitalDownload.objects.count() == 0


def test_forging_is_soon_too_often(edition, elodie):
    answers = [elodie.client.get("/compte/numerique/1-1-1.x/").status_code for _try in range(31)]
    assert answers == [404] * 30 + [429]


def test_downloads_are_counted_and_too_many_are_refused(edition, elodie):
    agrees(elodie)
    link = link_on(page_of(elodie))
    answers = [elodie.client.get(link).status_code for _try in range(21)]
    assert answers == [200] * 20 + [429]
    assert DigitalDownload.objects.count() == 20


def test_looking_before_loading_counts_nothing(edition, elodie):
    agrees(elodie)
    assert elodie.client.head(link_on(page_of(elodie))).status_code == 200
    assert DigitalDownload.objects.count() == 0


def test_nothing_is_written_down_but_who_what_and_when():
    assert {one.name for one in DigitalDownload._meta.get_fields()} == {"id", "entitlement", "file", "consent", "at"}


def changed(copy, state):
    Entitlement.objects.filter(pk=copy.pk).update(state=state)


@pytest.mark.parametrize(
    ("state", "opens"),
    [("owed", True), ("assigned", True), ("served", True), ("held", False), ("credited", False), ("void", False)],
)
def test_which_copies_give_a_right(edition, elodie, state, opens):
    agrees(elodie)
    link = link_on(page_of(elodie))
    changed(copy_of(elodie.subscription), state)
    assert page_of(elodie).status_code == (200 if opens else 404)
    assert elodie.client.get(link).status_code == (200 if opens else 404)
    online = (
        reverse("account_digital", args=[elodie.subscription.pk, 25]) in elodie.client.get("/compte/").content.decode()
    )
    assert online is opens
    assert DigitalDownload.objects.count() == int(opens)


def test_an_issue_is_read_from_its_posting_or_from_a_day_of_its_own(edition, elodie, clock):
    agrees(elodie)
    file_of(26)
    file_of(27, available_from=date(2026, 12, 18))
    assert page_of(elodie, 26).status_code == 404
    assert page_of(elodie, 27).status_code == 404
    clock.move_to(datetime(2026, 12, 18, 0, 5, tzinfo=UTC))
    assert page_of(elodie, 27).status_code == 200
    assert page_of(elodie, 26).status_code == 404


def test_an_issue_without_a_file_is_read_on_paper(edition, elodie):
    agrees(elodie)
    post(26, date(2026, 12, 16))
    assert page_of(elodie, 26).status_code == 404
    assert "numerique/26" not in elodie.client.get("/compte/").content.decode()


def test_another_file_in_its_place_is_the_one_that_is_read(edition, elodie):
    agrees(elodie)
    link = link_on(page_of(elodie))
    second = file_of(25, pdf(5), reason="Page 3 refaite.")
    assert len(PdfReader(BytesIO(body_of(elodie.client.get(link)))).pages) == 5
    assert DigitalDownload.objects.get().file == second
    assert [one.number for one in IssueFile.objects.all()] == [1, 2]


def test_a_file_that_was_changed_is_handed_to_nobody(edition, elodie):
    agrees(elodie)
    link = link_on(page_of(elodie))
    path = path_of(edition.sha256)
    path.write_bytes(path.read_bytes().replace(b"dossier", b"DOSSIER"))
    answer = elodie.client.get(link)
    assert answer.status_code == 503
    assert "This issue cannot be read online now" in said(answer)
    path.unlink()
    assert elodie.client.get(link).status_code == 503
    assert DigitalDownload.objects.count() == 0
    assert DeskItem.objects.get(kind="digital_file_lost").desk == "technique"


def test_off_there_is_nothing(elodie, clock):
    post()
    file_of()
    clock.move_to(OUT)
    elodie.signs_in()
    assert page_of(elodie).status_code == 404
    assert agrees_without_a_rule(elodie).status_code == 404
    home = elodie.client.get("/compte/").content.decode()
    assert "numerique" not in home
    assert "online" not in home
    assert elodie.client.get("/numerique/").status_code == 404


def agrees_without_a_rule(reader):
    return reader.client.post(
        reverse("account_digital", args=[reader.subscription.pk, 25]), {"agreed": "on", "text": "1"}
    )


def test_turned_off_again_there_is_nothing_and_what_was_agreed_stays(edition, elodie):
    agrees(elodie)
    link = link_on(page_of(elodie))
    turned(on=False)
    assert page_of(elodie).status_code == 404
    assert elodie.client.get(link).status_code == 404
    assert "numerique" not in elodie.client.get("/compte/").content.decode()
    turned()
    assert elodie.client.get(link_on(page_of(elodie))).status_code == 200
    assert DigitalConsent.objects.count() == 1


def test_the_database_takes_no_download_without_a_right(karim, edition, elodie):
    copy, consent = copy_of(elodie.subscription), yes(elodie.subscription, elodie.customer)
    foreign = yes(karim.subscription, karim.customer)
    other = IssueFile.objects.create(
        issue_id=copy_of(elodie.subscription, 26).issue_id, number=1, sha256="0" * 64, size=1, pages=1, name="a", actor="x",
        reason="x", at=OUT,
    )  # fmt: skip

    def refused(**changes):
        with pytest.raises(IntegrityError, match="gives no right"), transaction.atomic():
            DigitalDownload.objects.create(
                **({"entitlement": copy, "file": edition, "consent": consent, "at": timezone.now()} | changes)
            )

    refused(consent=foreign)
    refused(file=other)
    refused(at=OUT - timedelta(days=1))
    changed(copy, "held")
    refused()
    changed(copy, "served")
    turned(on=False)
    refused()
    turned()
    DigitalDownload.objects.create(entitlement=copy, file=edition, consent=consent, at=timezone.now())


def test_the_pages_ask_as_much_for_three_issues_as_for_one(edition, elodie, django_assert_max_num_queries):
    agrees(elodie)

    def asked():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            assert elodie.client.get("/compte/").status_code == 200
        return len(found)

    one = asked()
    for number in (26, 27):
        post(number, date(2026, 12, 16))
        file_of(number)
    three = elodie.client.get("/compte/").content.decode()
    assert three.count("/numerique/") == 3
    assert asked() == one
