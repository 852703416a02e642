"""The list of countries is drawn by our own hand, and must be what Django would draw."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django import forms

from shop.checkout.long_lists import Select

CHOICES = [("", ""), ("FR", "France"), ("CI", "Côte d’Ivoire"), ("X", "<b>&\"'"), (7, "sept")]


class Drawn(HTMLParser):
    """What a browser makes of a list."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.select: dict[str, str | None] = {}
        self.options: list[tuple[dict[str, str | None], str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "select":
            self.select = dict(attrs)
        else:
            self.options.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.options and data.strip():
            attrs, text = self.options[-1]
            self.options[-1] = (attrs, text + data.strip())


@pytest.mark.parametrize("value", [None, "", "FR", "X", "7", 7, "nowhere"])
def test_our_list_is_djangos(value):
    attrs = {"autocomplete": "shipping country", "aria-invalid": "true", "class": 'a "quoted" name'}
    ours, theirs = (
        Drawn(kind(attrs=attrs, choices=CHOICES).render("country", value, {"id": "id_country"}))
        for kind in (Select, forms.Select)
    )
    assert ours.select == theirs.select
    assert ours.options == theirs.options
    assert len(ours.options) == len(CHOICES)
