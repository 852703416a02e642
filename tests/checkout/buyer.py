"""A reader before the order page: opens it, fills it in, sends it, as a browser without script would."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

CAMILLE = {
    "email": "camille.martin@exemple.fr",
    "delivery_country": "FR",
    "delivery_title": "Mme",
    "delivery_first_name": "Camille",
    "delivery_last_name": "Martin",
    "delivery_street": "12bis, rue de l’Église",
    "delivery_postcode": "75011",
    "delivery_town": "Paris",
    "renewal": "fixed",
    "terms": "on",
}


class Fields(HTMLParser):
    """The values a browser would send back from a page: inputs, selects, checked boxes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.errors: list[str] = []
        self._select = ""
        self._error = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag == "input" and name:
            kind = given.get("type")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    self.values[name] = given.get("value") or "on"
            else:
                self.values[name] = given.get("value") or ""
        elif tag == "select" and name:
            self._select = name
            self.values.setdefault(name, "")
        elif tag == "option" and "selected" in given:
            self.values[self._select] = given.get("value") or ""
        if tag == "p" and given.get("class") == "error":
            self._error = 1
            self.errors.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._error = 0

    def handle_data(self, data: str) -> None:
        if self._error and data.strip():
            self.errors[-1] += data.strip()


class Buyer:
    """One browser with one page open."""

    def __init__(self, client: Client, *, sends_to: str = "/abonnement/") -> None:
        self.client, self.sends_to = client, sends_to
        self.page: HttpResponse | None = None

    def open(self, path: str = "/abonnement/") -> HttpResponse:
        """Go to a page and keep it open."""
        self.page = self.client.get(path)
        return self.page

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.content.decode()

    @property
    def fields(self) -> dict[str, str]:
        """What stands in the open page's fields."""
        return Fields(self.text).values

    @property
    def errors(self) -> list[str]:
        """The sentences beside the fields."""
        return Fields(self.text).errors

    def send(self, *, button: str = "place", **changes: Any) -> HttpResponse:
        """Send the open page with Camille's data and some changes (None: left out); the answer becomes the open page."""
        if self.page is None:
            self.open()
        given = self.fields | CAMILLE | changes
        if self.fields.get("expected_total") and "email" in self.fields and self.fields["email"]:
            given = self.fields | changes
        data = {name: value for name, value in given.items() if value is not None} | {button: "1"}
        answer = self.client.post(self.sends_to, data)
        if answer.status_code != 303:
            self.page = answer
        return answer
