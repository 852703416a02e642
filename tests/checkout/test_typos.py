"""A slip in a domain is asked about; a rare but real domain is left in peace."""

from __future__ import annotations

import pytest

from shop.checkout.typos import OTHERS, USUAL, one_slip, suggestion


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jean@gmial.com", "jean@gmail.com"),
        ("jean@gmai.com", "jean@gmail.com"),
        ("jean@gmaill.com", "jean@gmail.com"),
        ("jean@gnail.com", "jean@gmail.com"),
        ("jean@gmail.con", "jean@gmail.com"),
        ("jean@GMAIL.CON", "jean@gmail.com"),
        ("jean@hotmial.fr", "jean@hotmail.fr"),
        ("jean@laposte.ne", "jean@laposte.net"),
        ("jean@oragne.fr", "jean@orange.fr"),
        ("jean@wanado.fr", "jean@wanadoo.fr"),
        ("jean@gmail.cm", "jean@gmail.com"),
    ],
)
def test_slips_are_asked_about(typed, meant):
    assert suggestion(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["jean@gmail.com", "jean@mail.com", "jean@gmx.fr", "jean@univ-lille.fr", "jean@hotmail.be", "jean@tree.fr",
     "jean@fre.fr", "jean@actuia.com", "jean", "jean@", "@gmial.com", ""],
)  # fmt: skip
def test_everything_else_is_left_in_peace(typed):
    assert suggestion(typed) == ""


def test_no_usual_domain_is_questioned():
    assert [domain for domain in (*USUAL, *OTHERS) if suggestion(f"a@{domain}")] == []


@pytest.mark.parametrize(
    ("typed", "meant", "slip"),
    [
        ("abcd", "abdc", True),
        ("abc", "abcd", True),
        ("abcde", "abcd", True),
        ("bbcd", "abcd", True),
        ("abcd", "abcd", False),
        ("badc", "abcd", False),
        ("ab", "abcd", False),
        ("xxcd", "abcd", False),
    ],
)
def test_one_slip(typed, meant, slip):
    assert one_slip(typed, meant) is slip
