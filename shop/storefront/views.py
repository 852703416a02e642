"""The shop window: offer, magazine, covers, legal texts. Nothing here looks at who asks (see `kept`)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from shop.context import publisher
from shop.storefront.covers import favicon_svg, share_svg
from shop.storefront.kept import KEEPER
from shop.storefront.showing import cover_facts, drawn, magazine_page, offer_page
from subscriptions.models import Issue, LegalText
from subscriptions.notices.legal_pdf import legal_pdf
from subscriptions.offers.catalogue import Shelf

SVG = "image/svg+xml"


def page(template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page without a request behind it, so that it can hold nothing of anybody."""
    return HttpResponse(render_to_string(template, publisher(HttpRequest()) | context), status=status)


def offer(request: HttpRequest) -> HttpResponse:
    """The offer page; while nothing can be sold, a page that says so."""
    context = offer_page(KEEPER.shelf())
    if context is None:
        return page("storefront/closed.html", {"here": "offer"}, status=503)
    return page("storefront/offer.html", context)


def magazine(request: HttpRequest) -> HttpResponse:
    """The magazine and its issues."""
    return page("storefront/magazine.html", magazine_page(KEEPER.shelf()))


def cover(request: HttpRequest, number: int) -> HttpResponse:
    """One cover."""
    return HttpResponse(drawn(cover_facts(_issue(number))), content_type=SVG)


def share_image(request: HttpRequest, number: int) -> HttpResponse:
    """The picture of a shared link."""
    return HttpResponse(share_svg(cover_facts(_issue(number))), content_type=SVG)


def favicon(request: HttpRequest) -> HttpResponse:
    """The sign in the tab, in the ink of the season."""
    issue = KEEPER.shelf().on_sale
    if issue is None:
        raise Http404
    return HttpResponse(favicon_svg(cover_facts(issue)), content_type=SVG)


def legal_text(request: HttpRequest, slug: str, version: str = "") -> HttpResponse:
    """One legal text: the version in force, or a given one. One query for its body."""
    shelf = KEEPER.shelf()
    listed, current = shelf.text(slug, version), shelf.text(slug)
    if listed is None or current is None:
        raise Http404
    text = LegalText.objects.get(pk=listed.pk)
    context = {
        "text": text,
        "current": listed.pk == current.pk,
        "versions": _versions(shelf, slug),
        "pdf_url": reverse("legal_text_pdf", args=[slug, text.version]),
    }
    return page("storefront/legal_text.html", context)


def legal_text_pdf(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One version of one legal text to keep: the same document that goes with the confirmation."""
    listed = KEEPER.shelf().text(slug, version)
    if listed is None:
        raise Http404
    return HttpResponse(legal_pdf(LegalText.objects.get(pk=listed.pk)), content_type="application/pdf")


def _versions(shelf: Shelf, slug: str) -> list[dict[str, Any]]:
    rows = [row for row in reversed(shelf.texts) if row.code == slug]
    if len(rows) == 1:
        return []
    return [
        {
            "version": row.version,
            "valid_from": row.valid_from,
            "url": reverse("legal_text_version", args=[slug, row.version]),
        }
        for row in rows
    ]


def _issue(number: int) -> Issue:
    issue = KEEPER.shelf().issue(number)
    if issue is None:
        raise Http404
    return issue
