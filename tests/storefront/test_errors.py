"""Every error is a page in sentences, and the page of our own fault needs nothing that may be broken."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from shop import views

pytestmark = pytest.mark.usefixtures("on_sale", "today")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


def closed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [path("panne/", broken), path("interdit/", closed), path("", include("shop.urls"))]
handler400, handler403 = views.bad_request, views.forbidden
handler404, handler500 = views.not_found, views.server_error


@pytest.fixture
def calm_client(settings) -> Client:
    """A client that shows our error pages instead of raising."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def test_404_403_and_400_are_pages(calm_client):
    for address, status, template in (
        ("/nulle-part/", 404, "404.html"),
        ("/interdit/", 403, "403.html"),
    ):
        page = calm_client.get(address)
        assert page.status_code == status
        assert page.templates[0].name == template
        assert b"<h1>" in page.content
    stranger = Client(headers={"Host": "autre.example"}, raise_request_exception=False)
    assert stranger.get("/nulle-part/").status_code == 400


def test_500_is_a_page_without_database_or_session(calm_client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = calm_client.get("/panne/")
    assert page.status_code == 500
    assert "Une panne de notre côté" in page.content.decode()
    assert "a fault of ours" not in page.content.decode()


def test_500_still_speaks_when_its_own_page_cannot_be_made(calm_client, settings, monkeypatch):
    monkeypatch.setattr(views, "render_to_string", broken)
    page = calm_client.get("/panne/")
    assert page.status_code == 500
    assert page["Content-Type"] == "text/plain; charset=utf-8"
    assert "Ne payez pas une seconde fois" in page.content.decode()


def test_a_form_without_its_proof_of_origin_is_told_so(settings):
    strict = Client(enforce_csrf_checks=True)
    page = strict.post("/abonnement/", {})
    assert page.status_code == 403
    assert page.templates[0].name == "403_csrf.html"
