"""A letter on paper: in the window, on one page where it can be, in the words of its e-mail, with addresses that can be typed."""

from __future__ import annotations

import io
import re

import pytest
from django.db import IntegrityError, transaction
from pypdf import PdfReader

from shop.customers.erasing import erase
from subscriptions.addresses.layout import WIDTH
from subscriptions.models import Notice, PaperLink
from subscriptions.notices import queue
from subscriptions.notices.letters import LETTERS
from subscriptions.paper.blocks import blocks
from subscriptions.paper.envelope import DL, MM_OF_A_POINT
from subscriptions.paper.links import path_of, printed
from subscriptions.paper.setting import bound, set_letter
from tests.letters.every import draft, every
from tests.letters.people import AT
from tests.renewals.days import serve_all
from tests.renewals.people import subscriber
from tests.stopping.people import JOB

pytestmark = pytest.mark.django_db
FULL = ["M" * WIDTH, "APPARTEMENT 12 ETAGE 3 ESCALIER BX", "RESIDENCE DES GRANDS CHATAIGNIERS DU X",
        "123 BIS AVENUE DU GENERAL DE GAULLE XX", "BP 12345", "69001 LYON CEDEX 01", "ALLEMAGNE"]  # fmt: skip
SITE = "https://boutique.actuia.example"
#: What a letter of one page may never grow to; the confirmation of a contract is longer.
ONE_PAGE = frozenset(LETTERS) - {"order_confirmation"}


@pytest.fixture(autouse=True)
def whole_site(settings):
    """The site with all its pages, under the name that letters print."""
    settings.ROOT_URLCONF, settings.SITE_URL = "shop.urls", SITE


def on_paper(notice: Notice) -> PdfReader:
    letter = LETTERS[notice.kind]
    set_ = set_letter(notice, letter, letter.context(notice.facts), FULL, at=AT)
    return PdfReader(io.BytesIO(set_.body))


def words(page) -> str:
    return " ".join(page.extract_text().split())


def test_every_letter_that_may_be_posted_is_set_in_the_words_of_its_e_mail():
    queue(every())
    for notice in Notice.objects.order_by("pk"):
        letter = LETTERS[notice.kind]
        if not letter.may_be_posted:
            continue
        read = on_paper(notice)
        first = words(read.pages[0])
        enclosed = sum(
            len(PdfReader(io.BytesIO(one.body)).pages)
            for one in letter.attachments(letter.context(notice.facts), at=AT)
        )
        own = len(read.pages) - enclosed
        assert own == 1 or notice.kind not in ONE_PAGE, notice.kind
        assert "ActuIA Éditions" in first
        assert "Paris, le 4 janvier 2027" in first
        # Nothing that is pressed, and no page that only opens by e-mail.
        whole = " ".join(words(page) for page in read.pages[:own])
        assert whole.count("RCS Paris") == own, notice.kind  # at the foot of each page, and nowhere else
        for never in (
            "bouton",
            "un clic suffit",
            "courrier électronique dès",
            "dans votre compte",
            "depuis votre compte",
            "/compte/",
        ):
            assert never not in whole.lower(), (notice.kind, never)
        for address in re.findall(r"boutique\.actuia\.example\S*", whole):
            assert len(address) <= len("boutique.actuia.example/confidentialite).") + 4, address


def test_the_address_lies_in_the_window_however_the_sheet_slides():
    """Read off the PDF itself: six full lines and a country."""
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
    page = on_paper(Notice.objects.get()).pages[0]
    seen: dict[str, tuple[float, float]] = {}

    def visit(text, page_matrix, matrix, _font, _size):
        if text.strip() in FULL:
            across = page_matrix[4] + matrix[4] * page_matrix[0]
            up = page_matrix[5] + matrix[5] * page_matrix[3]
            seen[text.strip()] = (across * MM_OF_A_POINT, abs(297 - up * MM_OF_A_POINT))

    page.extract_text(visitor_text=visit)
    assert set(seen) == set(FULL)
    safe = DL.safe
    wide = WIDTH * DL.type_width * DL.type_size * MM_OF_A_POINT
    for left, baseline in seen.values():
        assert safe.left <= left
        assert left + wide <= safe.right
        assert safe.top <= baseline - DL.type_size * MM_OF_A_POINT
        assert baseline + 1 <= safe.bottom


def test_the_measures_are_those_of_a_french_dl_envelope():
    assert (DL.width, DL.height, DL.window_width, DL.window_height) == (220, 110, 100, 45)
    assert DL.folds == (99, 198)
    safe = DL.safe
    assert (safe.left, safe.top, safe.right, safe.bottom) == (102, 47, 188, 77)
    assert safe.left <= DL.address.left < DL.address.right <= safe.right
    assert safe.top <= DL.address.top < DL.address.bottom <= safe.bottom


def test_the_legal_notice_keeps_its_box_and_says_how_to_refuse_by_post():
    queue([one for one in every() if one.kind == "renewal_notice"])
    said = words(on_paper(Notice.objects.get()).pages[0])
    assert "DATE LIMITE DE NON-RECONDUCTION : 14 MARS 2027 (inclus)" in said
    assert "Écrivez-nous sur papier libre que vous ne voulez pas de cette reconduction" in said
    assert "boutique.actuia.example/resiliation" in said


def test_the_same_letter_is_the_same_to_the_byte():
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
    notice = Notice.objects.get()
    letter = LETTERS[notice.kind]
    first, again = (set_letter(notice, letter, letter.context(notice.facts), FULL, at=AT) for _twice in range(2))
    assert first == again


def test_documents_laid_one_after_the_other_begin_on_the_front_of_a_sheet():
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
    notice = Notice.objects.get()
    letter = LETTERS[notice.kind]
    one = set_letter(notice, letter, letter.context(notice.facts), FULL, at=AT)
    assert (one.pages, bound([one.body] * 3).pages, bound([one.body] * 3, backs=True).pages) == (1, 3, 5)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<mj-text><h1>Titre</h1></mj-text>", [{"kind": "title", "runs": [["Titre", False]]}]),
        (
            "<mj-text><h1>T</h1></mj-text><mj-text><p>Un <strong>mot</strong>.</p></mj-text>",
            [{"kind": "title", "runs": [["T", False]]}, {"kind": "text", "runs": [["Un ", False], ["mot", True], [".", False]]}],
        ),
        (
            '<p>x <a href="/l">ici</a>.</p><mj-button href="/b">Oui</mj-button><mj-button href="/none">Non</mj-button>',
            [
                {"kind": "text", "runs": [["x ici (court/l).", False]]},
                {"kind": "button", "runs": [["Oui", False]], "address": "court/b"},
            ],
        ),
        (
            "<mj-table><tr><th>Quoi</th><td>cela<br />et ceci</td></tr></mj-table>",
            [{"kind": "facts", "rows": [[[["Quoi", False]], [["cela\net ceci", False]]]]}],
        ),
        ('<p class="boxed">LE 3</p>', [{"kind": "box", "runs": [["LE 3", False]]}]),
        ('<mj-text mj-class="small"><p>petit</p></mj-text>', [{"kind": "small", "runs": [["petit", False]]}]),
        ("<ul><li>a</li><li>b</li></ul>", [{"kind": "list", "items": [[["a", False]], [["b", False]]]}]),
        ("<mj-head><p>jamais</p></mj-head><mj-text>tête</mj-text><p>suite</p>", [{"kind": "text", "runs": [["suite", False]]}]),
    ],
    ids=["title", "bold", "links and buttons", "facts", "box", "small", "list", "head"],
)  # fmt: skip
def test_a_source_becomes_blocks(source, expected):
    def short(url: str) -> str:
        return "" if url == "/none" else f"court{url}"

    assert blocks(source, printed=short) == expected


class TestAddresses:
    def test_a_short_one_is_printed_as_it_is_and_a_long_one_by_a_code_once(self):
        queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
        notice = Notice.objects.get()
        assert printed(f"{SITE}/resiliation/", notice, at=AT) == "boutique.actuia.example/resiliation"
        assert printed(f"{SITE}/compte/abonnements/3/", notice, at=AT) == ""
        assert printed("https://mediateur.example", notice, at=AT) == "https://mediateur.example"
        long = f"{SITE}/reconduction/eyJhbGciOiJIUzI1NiJ9.abcdefgh/"
        first, again = printed(long, notice, at=AT), printed(long, notice, at=AT)
        assert first == again
        assert re.fullmatch(r"boutique\.actuia\.example/l/[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}", first)
        assert PaperLink.objects.count() == 1

    def test_typed_in_any_way_it_leads_there_and_else_nowhere(self, client):
        queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
        code = printed(f"{SITE}/reconduction/eyJhbGciOiJIUzI1NiJ9.abcdefgh/", Notice.objects.get(), at=AT).rpartition(
            "/"
        )[2]
        for typed in (code, code.lower(), code.replace("-", "")):
            answer = client.get(f"/l/{typed}")
            assert (answer.status_code, answer["Location"]) == (302, "/reconduction/eyJhbGciOiJIUzI1NiJ9.abcdefgh/")
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        assert client.get(f"/l/{wrong}").status_code == 404
        assert path_of("") == ""

    def test_guessing_is_stopped(self, client):
        answers = [client.get("/l/AAA-AAA-AAA").status_code for _time in range(61)]
        assert answers == [404] * 60 + [429]

    def test_of_a_reader_who_is_gone_it_leads_nowhere(self, client):
        """Two links of one letter, so that neither stands in the way of the other."""
        subscription = subscriber(renewal="fixed")
        serve_all(subscription)
        letter = Notice.objects.get(kind="order_confirmation")
        codes = [printed(f"{SITE}/reconduction/eyJhbGciOiJIUzI1NiJ9.{name}/", letter, at=AT)[-11:] for name in "ab"]
        assert [client.get(f"/l/{code}").status_code for code in codes] == [302, 302]
        erase(subscription.payer, actor=JOB, at=AT, reason="Demande.")
        assert [client.get(f"/l/{code}").status_code for code in codes] == [404, 404]
        with transaction.atomic(), pytest.raises(IntegrityError):
            PaperLink.objects.update(path="/ailleurs/")
