"""A legal text on paper: what a letter attaches, because a link is not a durable medium (law.md 4.3).

The text is our own HTML, of a dozen plain tags. It becomes a tree of data, and the tree is set: nothing in it can reach
the typesetter as an instruction. The same text gives the same bytes.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.typesetting import typeset
from subscriptions.models import LegalText

TEMPLATE = Path(__file__).parent / "typst" / "legal_text.typ"
# A no-break space is not white space here: it stays.
_SPACES = re.compile(r"[ \t\r\n\f]+")
_NAMES = {"b": "strong", "i": "em", "div": "box", "section": "part", "blockquote": "quote"}
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input"})
#: Where white space between children means nothing.
_FRAMES = frozenset({"root", "ul", "ol", "table", "tr", "box", "part", "quote"})
_DROPPED = frozenset({"script", "style"})


def legal_pdf(text: LegalText) -> bytes:
    """The PDF of `text`; made once per process and version."""
    return _set(text.sha256, text.title, text.version, text.html, text.valid_from.toordinal())


@lru_cache(maxsize=16)
def _set(sha256: str, title: str, version: str, html: str, day: int) -> bytes:
    on = date.fromordinal(day)
    publisher = settings.PUBLISHER
    facts = {
        "title": title,
        "author": publisher["name"],
        "on": [on.year, on.month, on.day],
        "nodes": tree(html),
        "foot": [f"{publisher['name']}. {title}, version {version}.", f"Empreinte SHA-256 du texte : {sha256}"],
    }
    return typeset(TEMPLATE, facts, on=on)


def tree(html: str) -> list[Any]:
    """The text as nodes: strings and {tag, of, to, head, blank}. Unknown tags give what they hold."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    nodes: list[Any] = reader.root["of"]
    return nodes


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: dict[str, Any] = {"tag": "root", "of": []}
        self._open = [self.root]
        self._names = ["root"]
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropping += 1
        if self._dropping or (tag in _VOID and tag != "br"):
            return
        # Rows belong to their table; the head of a table is told by its cells.
        if tag in {"thead", "tbody", "tfoot"}:
            return
        node: dict[str, Any] = {"tag": _NAMES.get(tag, tag), "of": []}
        if tag == "a":
            node["to"] = dict(attrs).get("href") or ""
        if tag == "tr":
            node["head"] = False
        if tag == "th" and self._open[-1]["tag"] == "tr":
            self._open[-1]["head"] = not self._open[-1]["of"] or self._open[-1]["head"]
        self._open[-1]["of"].append(node)
        if tag != "br":
            self._open.append(node)
            self._names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(self._dropping - 1, 0)
            return
        if tag in self._names[1:]:
            while self._names.pop() != tag:
                self._open.pop()
            closed = self._open.pop()
            if tag == "li":
                # A form is filled in by hand: what ends with a colon is followed by a line to write on.
                said = closed["of"]
                closed["blank"] = bool(said) and isinstance(said[-1], str) and said[-1].rstrip().endswith(":")

    def handle_data(self, data: str) -> None:
        if self._dropping:
            return
        text = _SPACES.sub(" ", data)
        before = self._open[-1]["of"]
        if before and isinstance(before[-1], dict) and before[-1]["tag"] == "br":
            text = text.lstrip(" ")
        if self._open[-1]["tag"] in _FRAMES:
            text = text.strip(" ")
        if text:
            self._open[-1]["of"].append(text)
