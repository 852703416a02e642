"""The shop window as a stranger's browser meets it: whole, light, without a cookie, never stale for more than a second."""

from __future__ import annotations

import gzip
import time
from datetime import date

import brotli
import pytest
from django.db import DatabaseError
from django.test import Client

from payments.money import eur
from shop.middleware import HEADERS_BY
from shop.storefront import kept
from shop.storefront.kept import KEEPER
from subscriptions.models import LegalText, Price
from tests.storefront.shelf import TODAY

NB = "\u00a0"
pytestmark = pytest.mark.usefixtures("on_sale", "today")


@pytest.fixture(autouse=True)
def _long_second(monkeypatch):
    """The keeper looks at the database when a second has passed; drawing a PDF on a busy machine takes longer."""
    monkeypatch.setattr(kept, "LOOK_EVERY", 3600)


def a_second_later(monkeypatch):
    real = time.monotonic
    monkeypatch.setattr(kept.time, "monotonic", lambda: real() + kept.LOOK_EVERY)


def test_the_cold_offer_page_asks_one_query_and_the_warm_one_none(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        cold = client.get("/")
    assert cold.status_code == 200
    with django_assert_num_queries(0):
        warm = client.get("/")
    assert warm.content == cold.content


def test_it_says_price_first_issue_and_all_that_the_law_wants(client):
    page = client.get("/").content.decode()
    assert f"27,60{NB}€" in page
    assert f"6,90{NB}€" in page
    assert f"n°{NB}25" in page
    assert f"15{NB}décembre{NB}2026" in page
    assert "Rétractation" in page
    assert "Médiateur de la consommation (exemple)" in page
    assert "/abonnement/un-an-reconduit/" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://testserver/", "").replace("http://www.w3.org/", "")


def test_page_and_cover_weigh_less_than_100_kb(client):
    page = client.get("/")
    assert "<svg" in page.content.decode()
    assert len(page.content) < 100_000
    assert len(client.get("/", headers={"Accept-Encoding": "br"}).content) < 20_000


@pytest.mark.parametrize(
    "path",
    ["/", "/magazine/", "/couvertures/24.svg", "/partage/24.svg", "/favicon.svg", "/robots.txt", "/sitemap.xml",
     "/.well-known/security.txt", "/cgv/", "/mentions-legales/", "/confidentialite/", "/accessibilite/",
     "/cgv/2026-11/", "/cgv/2026-11.pdf"],
)  # fmt: skip
def test_every_plain_page_is_kept_without_cookie_or_session(client, path, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        first = client.get(path)
    assert first.status_code == 200, path
    assert not first.cookies
    assert "Cookie" not in first["Vary"]
    with django_assert_max_num_queries(0):
        again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]


def test_kept_pages_carry_the_same_safety_headers_as_any_other(client):
    plain, other = client.get("/"), client.get("/cette-page-n-existe-pas/")
    assert other.status_code == 404
    for name in (
        "Content-Security-Policy", "Permissions-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy",
        "Cross-Origin-Opener-Policy",
    ):  # fmt: skip
        assert plain[name] == other[name], name
    assert "script-src 'self'" in plain["Content-Security-Policy"]
    assert len(HEADERS_BY) == 4


def test_the_encodings_hold_the_same_page(client):
    bare = client.get("/")
    assert "Content-Encoding" not in bare
    small = client.get("/", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert small["Content-Encoding"] == "br"
    assert brotli.decompress(small.content) == bare.content
    assert small["Content-Length"] == str(len(small.content))
    old = client.get("/", headers={"Accept-Encoding": "gzip, br;q=0"})
    assert old["Content-Encoding"] == "gzip"
    assert gzip.decompress(old.content) == bare.content


def test_head_answers_with_the_length_and_no_body(client):
    whole, head = client.get("/"), client.head("/")
    assert head.status_code == 200
    assert head.content == b""
    assert head["Content-Length"] == str(len(whole.content))


def test_a_new_price_is_shown_within_a_second_and_not_before(client, on_sale, monkeypatch, django_assert_num_queries):
    client.get("/")
    Price.objects.filter(offer=on_sale.fixed, delivery_zone="FR").update(valid_to=TODAY)
    Price.objects.create(offer=on_sale.fixed, delivery_zone="FR", amount=eur("29.00"), valid_from=TODAY)
    with django_assert_num_queries(0):
        assert f"29,00{NB}€" not in client.get("/").content.decode()
    a_second_later(monkeypatch)
    with django_assert_num_queries(1):
        assert f"29,00{NB}€" in client.get("/").content.decode()


def test_what_did_not_change_is_looked_at_once_a_second_and_sent_again(client, monkeypatch, django_assert_num_queries):
    first = client.get("/")
    a_second_later(monkeypatch)
    with django_assert_num_queries(1):
        again = client.get("/")
    assert again["ETag"] == first["ETag"]


def test_midnight_in_paris_is_a_new_page_at_once(client, today, django_assert_num_queries):
    today.move_to("2026-11-30 23:59:59 +0100")
    before = client.get("/").content.decode()
    assert f"Your first issue: n°{NB}25" in before or f"n°{NB}25, " in before
    today.move_to("2026-12-01 00:00:01 +0100")
    with django_assert_num_queries(1):
        after = client.get("/").content.decode()
    assert f"15{NB}mars{NB}2027" in after


def test_a_database_that_does_not_answer_leaves_today_s_page_standing(client, monkeypatch):
    whole = client.get("/").content

    def broken(on: date):
        raise DatabaseError("away")

    monkeypatch.setattr(kept, "read_shelf", broken)
    a_second_later(monkeypatch)
    assert client.get("/").content == whole


def test_nothing_on_sale_is_said_and_not_kept(client, monkeypatch):
    Price.objects.update(valid_to=TODAY)
    closed = client.get("/")
    assert closed.status_code == 503
    assert not closed.cookies
    Price.objects.create(
        offer_id=Price.objects.first().offer_id, delivery_zone="FR", amount=eur("27.60"), valid_from=TODAY
    )
    a_second_later(monkeypatch)
    assert client.get("/").status_code == 200


def test_a_cover_under_its_hash_is_kept_for_a_year(client):
    page = client.get("/magazine/").content.decode()
    start = page.index("/couvertures/24.svg?v=")
    url = page[start : start + len("/couvertures/24.svg?v=") + 12]
    cover = client.get(url)
    assert cover["Content-Type"] == "image/svg+xml"
    assert cover["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/couvertures/24.svg?v=000000000000")["Cache-Control"] == "public, no-cache"
    assert client.get("/couvertures/24.svg")["Cache-Control"] == "public, no-cache"
    assert client.get("/couvertures/999.svg").status_code == 404


def test_an_issue_has_one_spelling_so_that_the_kept_pages_cannot_grow(client):
    assert client.get("/couvertures/24.svg").status_code == client.get("/partage/24.svg").status_code == 200
    kept = len(KEEPER._pages)
    for spelt in ("024", "0" * 50 + "24", "٢٤", "+24", "9" * 5000):
        assert client.get(f"/couvertures/{spelt}.svg").status_code == 404
        assert client.get(f"/partage/{spelt}.svg").status_code == 404
    assert len(KEEPER._pages) == kept


def test_a_given_version_of_the_terms_stays_readable(client, monkeypatch):
    LegalText.objects.create(
        code="cgv", version="2026-12", valid_from=TODAY, title="CGV", html="<p>Nouvelles.</p>", sha256="1" * 64
    )
    assert "<p>Nouvelles.</p>" in client.get("/cgv/").content.decode()
    old = client.get("/cgv/2026-11/").content.decode()
    assert "Article L215-1." in old
    assert LegalText.objects.get(version="2026-11", code="cgv").sha256 in old
    assert "/cgv/2026-12/" in old
    assert client.get("/cgv/2020-01/").status_code == 404
    assert client.get("/inconnu/").status_code == 404


def test_the_terms_can_be_kept_as_a_file(client):
    assert "/cgv/2026-11.pdf" in client.get("/cgv/").content.decode()
    pdf = client.get("/cgv/2026-11.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert client.get("/cgv/2026-10.pdf").status_code == 404


def test_a_wrong_host_is_refused_here_too():
    assert Client(headers={"Host": "autre.example"}).get("/").status_code == 400


def test_other_verbs_are_not_for_plain_pages(client):
    assert client.post("/").status_code == 405


def test_machines_find_their_files(client):
    robots = client.get("/robots.txt").content.decode()
    assert "Disallow: /commande/" in robots
    assert "Sitemap: http://testserver/sitemap.xml" in robots
    sitemap = client.get("/sitemap.xml").content.decode()
    assert "<loc>http://testserver/cgv/</loc><lastmod>2026-11-23</lastmod>" in sitemap
    security = client.get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:abonnements@actuia.example" in security
    assert "Expires: 2027-09-19T00:00:00Z" in security


def test_kept_pages_are_one_per_path(client):
    for _turn in range(3):
        client.get("/?utm=1")
        client.get("/?utm=2")
    assert [path for _language, path in KEEPER._pages] == ["/"]
