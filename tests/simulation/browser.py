"""A reader's browser: Django's test client with an address of its own, and forms sent back as they came, with changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from tests.checkout.buyer import Fields


class TurnedAway(RuntimeError):
    """The page was not what the reader wanted; they may come again later."""


class Browser:
    """One browser. Whatever the shop raises comes out here: a page that breaks is a finding."""

    def __init__(self, number: int) -> None:
        # RFC 3849: addresses for documentation, one /64 for each reader.
        self.client = Client(
            headers={
                "x-forwarded-for": f"2001:db8:{number // 65536:x}:{number % 65536:x}::1",
                "user-agent": "simulation",
            }
        )

    def get(self, url: str, *, expect: tuple[int, ...] = (200,)) -> Any:
        """A page, by path or whole address."""
        return self._expected(self.client.get(_path(url)), url, expect)

    def post(self, url: str, data: Mapping[str, str], *, expect: tuple[int, ...] = (303,)) -> Any:
        """A form."""
        return self._expected(self.client.post(_path(url), dict(data)), url, expect)

    def _expected(self, answer: Any, url: str, expect: tuple[int, ...]) -> Any:
        if answer.status_code not in expect:
            raise TurnedAway(f"{answer.status_code} at {_path(url).split('/')[1] or 'home'}: {errors(answer)}"[:200])
        return answer


def fields(answer: Any) -> dict[str, str]:
    """What a browser would send back from a page."""
    return Fields(answer.content.decode()).values


def errors(answer: Any) -> str:
    """The sentences beside its fields."""
    return " ".join(Fields(answer.content.decode()).errors)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
