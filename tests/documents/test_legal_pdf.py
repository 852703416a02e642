"""A legal text on paper says what the text says, all of it, and nothing in it is obeyed."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from pypdf import PdfReader

from subscriptions.models import LegalText
from subscriptions.notices.legal_pdf import legal_pdf, tree
from subscriptions.texts import load_texts


def text_of(body: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def a_text(html: str, *, sha256: str) -> LegalText:
    return LegalText(
        code="cgv", version="1", title="Conditions", html=html, sha256=sha256 * 32, valid_from=date(2026, 11, 1)
    )


@pytest.mark.parametrize(
    ("html", "nodes"),
    [
        ("<p>Un <strong>mot</strong>.</p>", [{"tag": "p", "of": ["Un ", {"tag": "strong", "of": ["mot"]}, "."]}]),
        (
            "<p>a&nbsp;: b &amp; c</p>\n\n  <p>\n d\n</p>",
            [{"tag": "p", "of": ["a\u00a0: b & c"]}, {"tag": "p", "of": [" d "]}],
        ),
        ('<a href="https://x.example/">x</a>', [{"tag": "a", "of": ["x"], "to": "https://x.example/"}]),
        (
            "<p>un<br>\n deux<br/>trois</p>",
            [{"tag": "p", "of": ["un", {"tag": "br", "of": []}, "deux", {"tag": "br", "of": []}, "trois"]}],
        ),
        (
            "<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
            [
                {
                    "tag": "table",
                    "of": [
                        {"tag": "tr", "head": True, "of": [{"tag": "th", "of": ["A"]}]},
                        {"tag": "tr", "head": False, "of": [{"tag": "td", "of": ["b"]}]},
                    ],
                }
            ],
        ),
        (
            "<ul><li>Nom :</li><li>rien</li></ul>",
            [
                {
                    "tag": "ul",
                    "of": [
                        {"tag": "li", "of": ["Nom :"], "blank": True},
                        {"tag": "li", "of": ["rien"], "blank": False},
                    ],
                }
            ],
        ),
        ("<script>alert(1)</script><p>a</p><style>p{}</style><!-- v -->", [{"tag": "p", "of": ["a"]}]),
        ("<p>never <em>closed", [{"tag": "p", "of": ["never ", {"tag": "em", "of": ["closed"]}]}]),
        ("", []),
    ],
)
def test_the_tree(html, nodes):
    assert tree(html) == nodes


@pytest.mark.django_db
def test_every_word_of_the_real_texts_is_on_paper():
    texts = load_texts(date(2026, 11, 1))
    assert len(texts) == 6
    for text in texts:
        paper = _bare(text_of(legal_pdf(text)))
        words = _bare(re.sub(r"<!--.*?-->|<[^>]+>", " ", text.html))
        assert words
        assert not [word for word in words if word not in set(paper)], text.code
        assert text.sha256 in text_of(legal_pdf(text))


def _bare(text: str) -> list[str]:
    """Words of some length, whole; hyphens at a line's end put words together again."""
    import html

    joined = re.sub(r"-\s+", "-", html.unescape(text))
    return re.findall(r"[a-zà-ÿœ]{4,}", joined.lower())


def test_the_same_text_gives_the_same_bytes_and_another_version_others():
    one = a_text("<p>a</p>", sha256="ab")
    other = a_text("<p>b</p>", sha256="cd")
    assert legal_pdf(one) == legal_pdf(one)
    assert legal_pdf(one) != legal_pdf(other)


def test_a_text_cannot_reach_the_typesetter():
    nasty = '<p>#panic("x") $ *a* \\ @ref</p><a href="javascript:alert(1)">lien</a>'
    assert '#panic("x") $ *a* \\ @ref' in text_of(legal_pdf(a_text(nasty, sha256="ef")))
