"""Files that machines look for: robots.txt, the map of the site, whom to tell about a hole."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from shop.storefront.kept import KEEPER
from shop.storefront.showing import day_after_year

TEXTS = ("cgv", "mentions-legales", "confidentialite", "accessibilite")
PRIVATE = ("/abonnement/", "/commande/", "/compte/", "/gestion/", "/webhooks/")


def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: the window, not people's orders."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), "", f"Sitemap: {_whole('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def sitemap(request: HttpRequest) -> HttpResponse:
    """The public pages; legal texts with the day of their version."""
    shelf = KEEPER.shelf()
    texts = [
        {"url": _whole("legal_text", text.code), "changed": text.valid_from.isoformat()}
        for slug in TEXTS
        if (text := shelf.text(slug)) is not None
    ]
    pages = [{"url": _whole("offer")}, {"url": _whole("magazine")}, *texts]
    body = render_to_string("storefront/sitemap.xml", {"pages": pages})
    return HttpResponse(body, content_type="application/xml; charset=utf-8")


def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell (RFC 9116); the end is renewed every day."""
    lines = [
        f"Contact: mailto:{settings.PUBLISHER['email']}",
        f"Expires: {day_after_year(KEEPER.shelf().on).isoformat()}T00:00:00Z",
        "Preferred-Languages: fr, en",
        f"Canonical: {_whole('security_txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _whole(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(name, args=args)
