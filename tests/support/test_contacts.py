"""Calls and letters noted: once per form, with files that are what they say, found again, exported and erased."""

from __future__ import annotations

import json
import uuid
import zipfile
from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.models import Document
from shop.customers.erasing import erase
from shop.customers.exporting import export
from shop.customers.merging import merge
from subscriptions.contacts import LARGEST, FileRefused, attached, keep_until, note
from subscriptions.models import Contact
from tests.backoffice.colleagues import hire, text_of
from tests.backoffice.sold import sell
from tests.races.crowd import together, troubles
from tests.stopping.people import JOB

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"IEND\xaeB`\x82"
SAID = "Le n° 24 est arrivé déchiré ; renvoyé le lendemain."


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def typed(**changes):
    return {"form": str(uuid.uuid4()), "channel": "phone", "on": "2026-11-20", "said": SAID, "about": ""} | changes


def sent(colleague, sale, **changes):
    return colleague.browser.post(reverse("desk_act_contact", args=[sale.customer.pk]), typed(**changes))


def file(body=PDF, name="lettre.pdf"):
    return SimpleUploadedFile(name, body, content_type="text/html")


def test_a_call_is_noted_once_and_stands_on_the_time_line(at_desk, sale):
    colleague = at_desk("support")
    form = str(uuid.uuid4())
    about = f"subscription:{sale.subscription.pk}"
    answers = [sent(colleague, sale, form=form, about=about) for _time in range(2)]
    one = Contact.objects.get()
    assert {answer["Location"] for answer in answers} == {reverse("desk_contact", args=[one.pk])}
    assert (one.channel, one.on, one.words, one.subscription) == ("phone", date(2026, 11, 20), SAID, sale.subscription)
    assert (one.actor, one.document) == (f"staff:{colleague.user.pk}", None)
    person = text_of(colleague.see("desk_person", sale.customer.pk))
    assert person.count(SAID) == 2, "in the table, and on the time line"
    assert SAID in text_of(colleague.see("desk_contact", one.pk))


def test_a_letter_with_its_file_is_handed_back_as_it_came(at_desk, sale):
    colleague = at_desk("support")
    sent(
        colleague,
        sale,
        channel="letter",
        about=f"order:{sale.order.pk}",
        file=file(name="../../Réclamation <n° 3>.exe"),
    )
    one = Contact.objects.get()
    assert (one.order, one.file_name) == (sale.order, "Réclamation n 3.pdf")
    document = Document.objects.get(pk=one.document_id)
    assert (bytes(document.body), document.media_type) == (PDF, "application/pdf")
    assert document.keep_until == keep_until(timezone.localdate())
    answer = colleague.see("desk_contact_file", one.pk)
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    page = text_of(colleague.see("desk_contact", one.pk))
    assert "Réclamation n 3.pdf" in page


@pytest.mark.parametrize(
    ("name", "body", "media_type", "kept"),
    [
        ("a.pdf", PDF, "application/pdf", "a.pdf"),
        ("photo.JPG", JPEG, "image/jpeg", "photo.jpg"),
        ("scan", PNG, "image/png", "scan.png"),
        ("page.html", PDF, "application/pdf", "page.pdf"),
        ("..", PDF, "application/pdf", "document.pdf"),
        ("C:\\temp\\x.png", PNG, "image/png", "x.png"),
    ],
)
def test_the_content_says_what_a_file_is(name, body, media_type, kept):
    found = attached(name, body)
    assert (found.media_type, found.name) == (media_type, kept)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "kind"),
        (b"<html><script>alert(1)</script>", "kind"),
        (b"MZ\x90", "kind"),
        (b"GIF89a", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind"),
        (b" %PDF-1.7 %%EOF", "kind"),
        (b"%PDF-1.7 and no end", "cut"),
        (JPEG[:-2], "cut"),
        (PNG[:20], "cut"),
        (PDF + b"\0" * LARGEST, "large"),
    ],
)
def test_what_is_not_kept(body, code):
    with pytest.raises(FileRefused) as refused:
        attached("x.pdf", body)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"said": ""},
        {"on": "2036-01-01"},
        {"on": ""},
        {"channel": "pigeon"},
        {"about": "subscription:999999"},
        {"file": SimpleUploadedFile("x.pdf", b"<html>")},
        {"file": SimpleUploadedFile("x.pdf", PDF + b"\0" * LARGEST)},
    ],
)
def test_a_slip_is_said_and_the_words_stay(at_desk, sale, changes):
    answer = sent(at_desk("support"), sale, **changes)
    assert answer.status_code == 422
    assert SAID in text_of(answer) or changes.get("said") == ""
    assert Contact.objects.count() == 0


def test_words_are_found_on_the_readers_page(at_desk, sale):
    colleague = at_desk("support")
    sent(colleague, sale)
    sent(colleague, sale, said="Demande une facture au nom de sa société.")
    page = colleague.see("desk_person", sale.customer.pk, mots="FACTURE société")
    table = page.context["contacts"]
    assert [row[2].text for row in table.rows] == ["Demande une facture au nom de sa société."]
    assert colleague.see("desk_person", sale.customer.pk, mots="girafe").context["contacts"].rows == []


def test_only_support_reads_them(at_desk, sale):
    sent(at_desk("support"), sale)
    one = Contact.objects.get()
    for role in ("finance", "fulfilment"):
        colleague = at_desk(role)
        assert colleague.see("desk_contact", one.pk).status_code == 403
        assert colleague.see("desk_contact_file", one.pk).status_code == 403
        assert colleague.see("desk_act_contact", sale.customer.pk).status_code == 403
        assert SAID not in text_of(colleague.see("desk_person", sale.customer.pk))


def test_the_form_wants_its_token(sale):
    colleague = hire("", email="nobody@team.example")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(colleague.user, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("desk_act_contact", args=[sale.customer.pk])
    assert strict.post(url, typed(file=file())).status_code == 403


def test_they_go_into_the_export_and_out_with_the_reader(at_desk, sale):
    sent(at_desk("support"), sale, file=file())
    archive = zipfile.ZipFile(BytesIO(export(sale.customer, at=timezone.now())))
    [held] = json.loads(archive.read("donnees.json"))["contacts"]
    assert held == {"on": "2026-11-20", "channel": "phone", "words": SAID, "file": "lettre.pdf"}
    one = Contact.objects.get()
    assert archive.read(f"echanges/{one.pk}-lettre.pdf") == PDF
    assert "téléphone" in archive.read("donnees.html").decode()
    erase(sale.customer, actor=JOB, at=timezone.now(), reason="Demande.", giving_up=True)
    one.refresh_from_db()
    assert (one.words, one.file_name, one.document) == ("", "", None)


def test_those_of_a_merged_record_are_read_through_it(at_desk, sale, offers):
    colleague = at_desk("support")
    sent(colleague, sale)
    other = sell(offers["fixed"], number=2)
    merge(
        sale.customer.pk, other.customer.pk, keep_email_of=other.customer.pk, reason="x", actor=JOB, at=timezone.now()
    )
    assert SAID in text_of(colleague.see("desk_person", other.customer.pk))
    assert colleague.see("desk_act_contact", sale.customer.pk).status_code == 404


def test_a_note_is_never_rewritten(at_desk, sale):
    sent(at_desk("support"), sale)
    for sql in (
        "UPDATE subscriptions_contact SET words = 'autre'",
        "UPDATE subscriptions_contact SET actor = 'staff:0'",
        "DELETE FROM subscriptions_contact",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_costs_the_same_for_one_and_for_many(at_desk, sale, django_assert_num_queries, many):
    colleague = at_desk("support")
    for _number in range(many):
        sent(colleague, sale, about=f"subscription:{sale.subscription.pk}")
    colleague.see("desk_person", sale.customer.pk)
    with django_assert_num_queries(QUERIES):
        colleague.see("desk_person", sale.customer.pk)


QUERIES = 42


@pytest.mark.django_db(transaction=True)
def test_the_same_form_from_four_places_is_one_note(sale):
    form = uuid.uuid4()

    def write():
        return note(
            sale.customer.pk, channel="phone", on=date(2026, 11, 20), words=SAID, form_token=form,
            file=attached("x.pdf", PDF), actor=JOB, at=timezone.now(),
        ).pk  # fmt: skip

    done = together([write] * 4)
    assert troubles(done) == []
    assert len(set(done)) == Contact.objects.count() == 1
