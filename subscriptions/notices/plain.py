"""The plain text of a letter, read off the same source as its HTML: the two cannot say different things."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from payments.money import NBSP

# A no-break space is not white space here: it stays.
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SKIPPED = frozenset({"mj-head"})
_BLOCKS = frozenset({"h1", "h2", "p", "li", "mj-text", "mj-button", "tr", "mj-table"})
RULE = "-" * 40
#: A paragraph of this class is drawn with a frame, in the HTML by its style and here by these characters.
BOXED = "boxed"
COLON = f"{NBSP}: "


def plain_text(mjml: str) -> str:
    """Paragraphs with a blank line between them; rows of a table as « what : that »; addresses written out; boxes drawn."""
    reader = _Reader()
    reader.feed(mjml)
    reader.close()
    reader.end_block()
    return "\n".join(reader.lines).strip("\n") + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._block = ""
        self._skipping = 0
        self._link = ""
        self._in_row = False
        self._boxed = False
        self._rules = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED or self._skipping:
            self._skipping += tag in _SKIPPED
            return
        if tag in _BLOCKS:
            self.end_block()
        if tag in {"a", "mj-button"}:
            self._link = dict(attrs).get("href") or ""
        elif tag == "br":
            # In a row the lines of an address follow one another.
            self._block = self._block.rstrip(" ") + (", " if self._in_row else "\n")
        elif tag == "td":
            self._block = self._block.rstrip(" ") + COLON
        elif tag == "tr":
            self._in_row = True
        elif tag == "li":
            self._block = "- "
        elif tag == "p":
            self._boxed = BOXED in (dict(attrs).get("class") or "").split()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # The first hairline is the letter's head: nothing to tell apart yet.
        if tag == "mj-divider" and not self._skipping:
            self.end_block()
            self._rules += 1
            if self._rules == 1:
                return
            self._paragraph(RULE)
        elif tag == "br":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= tag in _SKIPPED
            return
        if tag == "a" and self._link and self._link != self._block.rsplit(" ", 1)[-1]:
            self._block += f" ({self._link})"
        elif tag == "mj-button":
            self._block = f"{self._block.strip(' ')}{COLON}{self._link}"
        if tag in {"a", "mj-button"}:
            self._link = ""
        if tag in _BLOCKS:
            self.end_block()
        if tag == "tr":
            self._in_row = False
        elif tag == "mj-table":
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            text = _SPACES.sub(" ", data)
            self._block += text.lstrip(" ") if not self._block or self._block[-1] in " \n" else text

    def end_block(self) -> None:
        """Close the paragraph or row that is open."""
        block, self._block = self._block.strip(" "), ""
        if not block:
            return
        if self._boxed:
            line, self._boxed = "─" * (len(block) + 2), False
            self._paragraph(f"┌{line}┐\n│ {block} │\n└{line}┘")
        elif self._in_row or block.startswith("- "):
            self.lines.append(block)
        else:
            self._paragraph(block)

    def _paragraph(self, text: str) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")
        self.lines += [*text.split("\n"), ""]
