"""The letter as it travels: parts, headers, files, and nothing that reaches for the network."""

from __future__ import annotations

import io
import re
from email.header import decode_header, make_header

import pytest
from pypdf import PdfReader

from payments.models import Document
from subscriptions.models import Consent, LegalText, Notice
from subscriptions.notices import queue
from subscriptions.notices.delivering import deliver
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.writing import mailbox
from tests.letters.every import code, draft, every, refund_of, texts
from tests.letters.people import AT, purchase

pytestmark = pytest.mark.django_db
NBSP = "\u00a0"


def deliver_one_to(server, one):
    queue([one])
    assert deliver(10, at=AT).sent == 1
    return server.letters[-1]


def test_a_letter_is_text_and_html(server):
    letter = deliver_one_to(server, code())
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    text, html = letter.iter_parts()
    assert "K7XP-29HJ" in text.get_content()
    assert "K7XP-29HJ" in html.get_content()
    assert letter["Subject"] == "Votre code de connexion"
    assert letter["From"] == "Boutique ActuIA <abonnements@actuia.example>"
    assert letter["To"] == "Camille Lenoir <camille@example.fr>"
    assert letter["Date"] == "Mon, 04 Jan 2027 10:30:15 +0100"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "fr"
    assert re.fullmatch(r"<[0-9a-f]{32}@actuia\.example>", letter["Message-ID"])


def test_no_service_letter_offers_to_unsubscribe_or_sells_anything(server):
    drafts = [one for one in every() if not LETTERS[one.kind].one_click]
    queue(drafts)
    deliver(500, at=AT)
    assert len(server.letters) == len(drafts) == sum(not letter.one_click for letter in LETTERS.values())
    for letter in server.letters:
        assert letter["List-Unsubscribe"] is None
        assert letter["Precedence"] is None


def test_the_confirmation_carries_the_contract(server):
    texts()
    bought = purchase()
    letter = deliver_one_to(server, draft("order_confirmation", bought.facts))
    assert letter.get_content_type() == "multipart/mixed"
    files = {part.get_filename(): part for part in letter.iter_attachments()}
    assert list(files) == ["F2027-000001.pdf", "conditions-generales-de-vente.pdf", "formulaire-de-retractation.pdf"]
    assert {part.get_content_type() for part in files.values()} == {"application/pdf"}
    invoice = _pdf_text(files["F2027-000001.pdf"])
    assert "Facture F2027-000001" in invoice
    assert "27,60" in invoice
    assert files["F2027-000001.pdf"].get_content() == bytes(bought.invoice.rendering.document.body)
    terms = _pdf_text(files["conditions-generales-de-vente.pdf"])
    assert "Article L215-1." in terms
    assert LegalText.objects.get(code="cgv").sha256 in terms
    assert "Je vous notifie par la présente ma rétractation" in _pdf_text(files["formulaire-de-retractation.pdf"])
    # Gmail cuts a letter's HTML at 102 KB; many servers refuse more than 10 MB.
    html = letter.get_body(("html",)).get_content()
    assert len(html.encode()) < 60_000
    assert len(server.taken[-1]) < 400_000


def test_the_terms_attached_are_those_that_were_accepted(server):
    texts()
    bought = purchase()
    accepted = LegalText.objects.create(
        code="cgv", version="2025-01", valid_from="2025-01-01", title="CGV", html="<p>Anciennes</p>", sha256="c" * 64
    )
    Consent.objects.create(matter="terms", given=True, words="J’accepte", text=accepted, order=bought.order, at=AT)
    letter = deliver_one_to(server, draft("order_confirmation", bought.facts))
    [terms] = [part for part in letter.iter_attachments() if part.get_filename().startswith("conditions")]
    assert "Anciennes" in _pdf_text(terms)


def test_a_refund_carries_its_credit_note(server):
    letter = deliver_one_to(server, draft("refund_sent", {"refund_id": refund_of(purchase()).pk}))
    [note] = letter.iter_attachments()
    assert note.get_filename() == "A2027-000001.pdf"
    assert f"Avoir sur facture n°{NBSP}F2027-000001 du 4{NBSP}janvier{NBSP}2027" in _pdf_text(note)


def test_what_is_kept_is_what_was_sent(server):
    """Byte by byte, but for the line that the receiving server adds itself."""
    deliver_one_to(server, code())
    notice = Notice.objects.get()
    kept = bytes(notice.document.body)
    assert kept == server.taken[0]
    assert notice.document.media_type == "message/rfc822"
    [proof] = notice.proofs.all()
    assert (proof.kind, proof.provider_id, proof.at) == ("accepted", server.letters[0]["Message-ID"], AT)
    assert proof.document_id == notice.document_id


def test_letters_are_kept_as_long_as_they_may_be_asked_for(server):
    texts()
    queue([code(), draft("order_confirmation", purchase().facts), draft("account_erased", {"erased_on": "2027-01-04"})])
    deliver(10, at=AT)
    kept = {notice.kind: str(notice.document.keep_until) for notice in Notice.objects.all()}
    assert kept == {"sign_in_code": "2027-01-06", "order_confirmation": "2038-01-12", "account_erased": "2032-01-05"}


def test_a_provider_s_own_id_is_the_proof(settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    queue([code()])
    assert deliver(1, at=AT).sent == 1
    assert Notice.objects.get().proofs.get().provider_id == "0"


def test_nothing_in_a_letter_is_fetched_from_anywhere(outbox):
    queue(every())
    deliver(500, at=AT)
    for letter in outbox:
        html = letter.alternatives[0][0]
        assert not re.search(r"<(img|link|script|iframe|object)\b|url\(|@import|@font-face", html)
        assert set(re.findall(r'href="(https?://[^/"]+)', html)) == {"http://testserver"}
        assert 'lang="fr"' in html
        assert "color-scheme" in html


def test_french_spaces_do_not_break(outbox):
    queue(every())
    deliver(500, at=AT)
    for letter in outbox:
        assert not re.search(r" [:;!?»€%]|« |n° ", f"{letter.subject}\n{letter.body}"), letter.subject
        body = letter.alternatives[0][0].partition("</head>")[2]
        words = re.sub(r"<!--.*?-->|<[^>]+>", "", body)
        assert not re.search(r" [:;!?»€%]|« |n° ", words), letter.subject


@pytest.mark.parametrize(
    ("name", "email", "header"),
    [
        ("Camille Lenoir", "c@example.fr", '"Camille Lenoir" <c@example.fr>'),
        ("", "c@example.fr", "c@example.fr"),
        ('Zoé "Zaza" L\\', "c@example.fr", '"Zoé Zaza L" <c@example.fr>'),
    ],
)
def test_a_mailbox(name, email, header):
    assert mailbox(name, email) == header


def test_a_name_with_signs_and_accents_arrives(server):
    letter = deliver_one_to(server, code(to_name="Zoë Lenoir, <SARL> & Cie"))
    [address] = letter["To"].addresses
    assert (address.display_name, address.addr_spec) == ("Zoë Lenoir, <SARL> & Cie", "camille@example.fr")


@pytest.mark.parametrize(
    "email", ["camille@example.fr\nBcc: all@example.fr", "a@example.fr, b@example.fr", "no address", "camille@", ""]
)
def test_an_address_that_is_more_or_less_than_one_is_refused(server, email):
    queue([code(to_email=email)])
    done = deliver(1, at=AT)
    assert server.taken == []
    notice = Notice.objects.get()
    assert (done.sent, notice.state, notice.failure) == (0, "failed", "no e-mail address to write to")
    assert not Document.objects.exists()


def test_a_name_cannot_add_a_header(server):
    letter = deliver_one_to(server, code(to_name="Camille\r\nBcc: all@example.fr"))
    assert letter["Bcc"] is None
    assert str(make_header(decode_header(letter["To"]))).endswith("<camille@example.fr>")
    assert [one.addr_spec for one in letter["To"].addresses] == ["camille@example.fr"]


def _pdf_text(part):
    body = part.get_content()
    assert body[:5] == b"%PDF-"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
