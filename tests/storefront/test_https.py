"""Kept pages are answered before Django's own care for HTTPS: they must say and do what it would."""

from __future__ import annotations

import pytest
from django.test import Client

from shop.middleware import safety_headers


@pytest.fixture
def published(settings):
    """A shop at an https address."""
    settings.SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    return settings


@pytest.mark.parametrize("path", ["/", "/magazine/", "/cgv/", "/robots.txt", "/abonnement/"])
def test_a_page_asked_for_without_https_leads_there(on_sale, today, published, path):
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{path}")


def test_a_kept_page_says_that_only_https_is_spoken_here_as_any_other_does(on_sale, today, published):
    kept, other = (Client().get(path, secure=True) for path in ("/", "/abonnement/"))
    assert (kept.status_code, other.status_code) == (200, 200)
    said = "max-age=31536000; includeSubDomains; preload"
    assert kept["Strict-Transport-Security"] == other["Strict-Transport-Security"] == said


def test_without_https_nothing_is_said_of_it(on_sale, today):
    assert "Strict-Transport-Security" not in safety_headers()
    assert "Strict-Transport-Security" not in Client().get("/")


def test_what_one_reader_is_answered_is_not_what_the_next_one_gets(on_sale, today):
    """The headers of a kept page are copied: whoever changes an answer's own changes nobody else's."""
    first = Client().get("/")
    first["X-Mine"] = "1"
    del first["ETag"]
    second = Client().get("/")
    assert "X-Mine" not in second
    assert second["ETag"].startswith('W/"')
    third = Client().get("/", headers={"if-none-match": second["ETag"], "accept-encoding": "br"})
    assert (third.status_code, third.content, third["ETag"]) == (304, b"", second["ETag"])
    assert "Content-Encoding" not in third
    assert Client().head("/", headers={"accept-encoding": "br"})["Content-Encoding"] == "br"
