"""A letter's source read for paper: the same sentences as its e-mail, as a list of blocks for the typesetter.

A block is data: {kind, runs | rows | items}; a run is a piece of text, bold or not. What would be pressed is printed: a
button becomes its words and a short address, a link its words with the address behind them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

# A no-break space is not white space here: it stays.
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SKIPPED = frozenset({"mj-head"})
BOXED = "boxed"
#: What an address of the shop becomes on paper; "" where it is of no use to whoever reads a letter on paper.
Printed = Callable[[str], str]


def blocks(mjml: str, *, printed: Printed) -> list[dict[str, Any]]:
    """The blocks of a letter: title, part, text, small, box, facts, list, button. The head of the page is not among them."""
    reader = _Reader(printed)
    reader.feed(mjml)
    reader.close()
    reader.end()
    return reader.blocks


class _Reader(HTMLParser):
    def __init__(self, printed: Printed) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[dict[str, Any]] = []
        self._printed = printed
        self._runs: list[list[Any]] = []
        self._row: list[list[list[Any]]] = []
        self._kind = "text"
        self._skipping = self._bold = 0
        self._small = self._begun = False
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED or self._skipping:
            self._skipping += tag in _SKIPPED
            return
        said = {name: value or "" for name, value in attrs}
        match tag:
            case "h1" | "h2" | "p" | "li" | "mj-button" | "tr":
                self.end()
                boxed = BOXED in said.get("class", "").split()
                kinds = {"h1": "title", "h2": "part", "li": "item", "mj-button": "button", "tr": "facts"}
                self._kind = kinds.get(tag, "box" if boxed else "small" if self._small else "text")
                self._begun = True
            case "mj-text":
                self.end()
                self._small = said.get("mj-class") == "small"
                self._begun = self._begun or said.get("mj-class") == "code"
            case "td":
                self._row.append(self._take())
            case "strong" | "b":
                self._bold += 1
            case "br":
                self._add("\n")
        if tag in {"a", "mj-button"}:
            self._link = said.get("href", "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= tag in _SKIPPED
            return
        match tag:
            case "strong" | "b":
                self._bold -= 1
            case "a":
                address, said = self._printed(self._link), self._runs[-1][0].rstrip() if self._runs else ""
                if address and not said.endswith(address):
                    self._add(f" ({address})")
                self._link = ""
            case "mj-button":
                address = self._printed(self._link)
                self._link = ""
                if not address:
                    self._runs = []
                else:
                    self.end(address=address)
        if tag in {"h1", "h2", "p", "li", "mj-text", "mj-button", "tr"}:
            self.end()

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        text = _SPACES.sub(" ", data)
        before = self._runs[-1][0] if self._runs else ""
        self._add(text.lstrip(" ") if not before or before[-1] in " \n" else text)

    def end(self, **more: Any) -> None:
        """Close the block that is open. What stands before the first title is the head of the page."""
        runs, row = self._take(), self._row
        if row:
            self._row = []
            runs_of_row = [*row, runs]
            self._into("facts", "rows", runs_of_row)
        elif runs and self._begun:
            if self._kind == "item":
                self._into("list", "items", runs)
            else:
                self.blocks.append({"kind": self._kind, "runs": runs, **more})
        self._kind = "small" if self._small else "text"

    def _into(self, kind: str, name: str, one: Any) -> None:
        if not self.blocks or self.blocks[-1]["kind"] != kind:
            self.blocks.append({"kind": kind, name: []})
        self.blocks[-1][name].append(one)

    def _add(self, text: str) -> None:
        if not text:
            return
        bold = bool(self._bold)
        if self._runs and self._runs[-1][1] == bold:
            self._runs[-1][0] += text
        else:
            self._runs.append([text, bold])

    def _take(self) -> list[list[Any]]:
        runs, self._runs = self._runs, []
        if runs:
            runs[-1][0] = runs[-1][0].rstrip(" ")
        return [run for run in runs if run[0].strip(" ")] if any(run[0].strip(" \n") for run in runs) else []
