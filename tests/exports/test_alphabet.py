"""What a cell of a FEC becomes: the quick way over many lines says what the plain rule says of each."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from payments.exports.alphabet import BETWEEN, ENCODING, encoded

#: COPY's own escapes (PostgreSQL, COPY, text format).
ESCAPES = {
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    BETWEEN: f"\\{BETWEEN}",
}
CELL = st.text(st.sampled_from(list("aé œ€’“ș漢¤½|\\\t\n\r\v\f\b\x1f\x02nt  ")), max_size=12)


def copied(cells: list[str]) -> str:
    """A line as COPY writes it."""
    return BETWEEN.join("".join(ESCAPES.get(sign, sign) for sign in cell) for cell in cells) + "\n"


def plain(cell: str) -> bytes:
    """One cell by the rule: no sign that separates, no two blanks, none at an end; the nearest letters."""
    text = re.sub("[\t\n\r\f\v\b|\x01\x02\x1f]", " ", cell).replace("’", "'")
    return re.sub(" +", " ", text).strip(" ").encode(ENCODING, errors="fec")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=4))
@example(lines=[["", "", ""]])
@example(lines=[["VE", "C:\\new\\table", "x"]])
@example(lines=[["a ", " ", " b"], ["½", "’", ""]])
def test_many_lines_at_once_are_each_cell_by_the_rule(lines):
    # The first cell of a line is a journal's code: two capital letters.
    lines = [["VE", *cells] for cells in lines]
    written = encoded("".join(map(copied, lines)).encode())
    assert written == b"".join(b"\t".join(map(plain, cells)) + b"\r\n" for cells in lines)


@pytest.mark.parametrize(
    ("sign", "byte"), [("€", b"\xa4"), ("œ", b"\xbd"), ("Œ", b"\xbc"), ("Ÿ", b"\xbe"), ("é", b"\xe9"), ("¤", b"?"), ("½", b"12")]
)  # fmt: skip
def test_where_latin_1_says_something_else(sign, byte):
    said = encoded(f"VE{BETWEEN}{sign}\n".encode())
    assert said.startswith(b"VE\t" + byte[:1])
    assert said.endswith(b"\r\n")
