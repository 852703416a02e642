"""The demo's mailbox shows a letter as it came, lets nothing out of it, and refuses what is kept for trying refusals."""

from __future__ import annotations

import json
import re
import smtplib
import socket
from datetime import UTC, datetime
from email.message import EmailMessage
from wsgiref.util import setup_testing_defaults

import pytest
from aiosmtpd.controller import Controller

from deploy.local.letters import Letterbox
from deploy.local.mailbox import Pages, Post

PDF = b"%PDF-1.7 facture"
PNG = b"\x89PNG\r\n\x1a\nimage"
WHEN = datetime(2026, 11, 23, 9, 5, 7, 12, tzinfo=UTC)


def letter(to: str = "lea@example.fr", subject: str = "Votre abonnement est confirmé") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Boutique <abonnements@actuia.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Sun, 01 Mar 2026 22:30:00 +0000"
    message.set_content("Bonjour Léa,\nvotre premier numéro part le 15 mars.\n")
    message.add_alternative(
        "<html><head></head><body><script>alert(1)</script><img src='cid:cover@x'>"
        "<a href='https://example.fr/'>suivre</a></body></html>",
        subtype="html",
    )
    message.get_body(("html",)).add_related(PNG, "image", "png", cid="<cover@x>")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="facture n° 1.pdf")
    return message


@pytest.fixture
def box(tmp_path):
    return Letterbox(tmp_path / "letters")


def get(box, path, query=""):
    environ = {"PATH_INFO": path, "QUERY_STRING": query}
    setup_testing_defaults(environ)
    seen = {}

    def start(status, headers, exc_info=None):
        seen.update(status=status, headers=dict(headers))

    return seen, b"".join(Pages(box)(environ, start))


def test_a_letter_is_listed_and_shown_with_its_parts(box):
    identity = box.drop(
        letter().as_bytes(), sender="abonnements@actuia.example", recipients=["lea@example.fr"], on=WHEN
    )
    assert identity == "20261123T090507.000012-0001"
    seen, page = get(box, "/")
    assert seen["status"] == "200 OK"
    assert "1 courrier," in page.decode()
    assert "Votre abonnement est confirmé" in page.decode()
    seen, page = get(box, f"/lettre/{identity}")
    assert "lea@example.fr" in page.decode()
    assert "1er mars 2026, 23 h 30" in page.decode()  # Paris, not the letter's own zone
    assert "votre premier numéro part le 15 mars." in page.decode()
    assert "facture n° 1.pdf" in page.decode()
    assert "sandbox='allow-popups" in page.decode()
    seen, pdf = get(box, f"/lettre/{identity}/piece/1")
    assert (pdf, seen["headers"]["Content-Type"]) == (PDF, "application/pdf")
    assert seen["headers"]["Content-Disposition"] == "attachment; filename*=UTF-8''facture%20n%C2%B0%201.pdf"


def test_the_html_of_a_letter_can_run_nothing_and_fetch_nothing(box):
    identity = box.drop(letter().as_bytes(), sender="a@example.fr", recipients=["lea@example.fr"], on=WHEN)
    seen, page = get(box, f"/lettre/{identity}/html")
    policy = seen["headers"]["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert "img-src 'self' data:" in policy
    assert f"<img src='/lettre/{identity}/piece/0'>" in page.decode()
    seen, image = get(box, f"/lettre/{identity}/piece/0")
    assert (image, seen["headers"]["Content-Type"]) == (PNG, "image/png")
    assert "Content-Disposition" not in seen["headers"]


def test_what_a_sender_wrote_is_never_markup_on_the_mailbox_own_pages(box):
    box.drop(letter(subject="<b>gras</b>").as_bytes(), sender="x", recipients=["<script>@example.fr"], on=WHEN)
    for path in ("/", f"/lettre/{box.identities()[0]}"):
        page = get(box, path)[1].decode()
        assert "<b>gras" not in page
        assert "<script>" not in page
        assert "&lt;b&gt;gras&lt;/b&gt;" in page


def test_the_newest_comes_first_and_an_address_can_be_looked_for(box):
    for day, to in ((1, "lea@example.fr"), (3, "max@example.fr"), (2, "lea@example.fr")):
        box.drop(letter(to, f"Courrier {day}").as_bytes(), sender="x", recipients=[to], on=WHEN.replace(day=day))
    listing = json.loads(get(box, "/lettres.json")[1])
    assert [one["subject"] for one in listing["letters"]] == ["Courrier 3", "Courrier 2", "Courrier 1"]
    listing = json.loads(get(box, "/lettres.json", "a=LEA@example.fr")[1])
    assert listing["total"] == 2
    assert [one["subject"] for one in listing["letters"]] == ["Courrier 2", "Courrier 1"]
    assert listing["letters"][0]["attachments"] == [
        {
            "name": "facture n° 1.pdf",
            "type": "application/pdf",
            "size": len(PDF),
            "href": listing["letters"][0]["href"] + "/piece/1",
        }
    ]


@pytest.mark.parametrize(
    "path", ["/lettre/../../etc/passwd", "/lettre/x", "/lettre/20261123T090507.000012-0009", "/rien"]
)
def test_what_is_not_there_is_not_found(box, path):
    assert get(box, path)[0]["status"] == "404 Not Found"


def test_an_empty_box_says_so(box):
    assert "Rien n’est encore parti." in get(box, "/")[1].decode()


def test_by_smtp_letters_arrive_whole_and_the_two_trial_domains_are_refused(box):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    post = Controller(Post(box, lambda: WHEN), hostname="127.0.0.1", port=port)
    post.start()
    try:
        with smtplib.SMTP("127.0.0.1", port) as mail:
            mail.send_message(letter())
            with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
                mail.send_message(letter("qui@refus.example"))
            with pytest.raises(smtplib.SMTPRecipientsRefused, match="451"):
                mail.send_message(letter("qui@plustard.example"))
    finally:
        post.stop()
    [one] = box.letters()
    assert one.text == "Bonjour Léa,\nvotre premier numéro part le 15 mars.\n"
    assert re.fullmatch(r"lea@example\.fr", one.recipients)
    assert [piece.body for piece in one.pieces] == [PNG, PDF]
