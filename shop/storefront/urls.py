"""Addresses of the pages that are the same for everybody: `shop.middleware.PlainPages` keeps them all."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path, register_converter
from django.urls.converters import IntConverter, StringConverter
from django.views.decorators.http import require_safe

from shop.storefront import views, wellknown


class LegalSlug(StringConverter):
    """The four legal pages."""

    regex = "|".join(wellknown.TEXTS)


class TextVersion(StringConverter):
    """2026-11, 2026-11.2."""

    regex = r"[0-9]{4}-[0-9]{2}(?:\.[0-9]+)?"


class IssueNumber(IntConverter):
    """One spelling per issue: each address that answers is kept, so 024 beside 24 would fill the memory."""

    regex = "[1-9][0-9]{0,5}"


register_converter(LegalSlug, "legal")
register_converter(TextVersion, "version")
register_converter(IssueNumber, "issue")


def plain(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    """A page to look at: any verb but GET and HEAD is refused."""
    return path(route, require_safe(view), name=name)


urlpatterns = [
    plain("", views.offer, "offer"),
    plain("magazine/", views.magazine, "magazine"),
    plain("couvertures/<issue:number>.svg", views.cover, "cover"),
    plain("partage/<issue:number>.svg", views.share_image, "share_image"),
    plain("favicon.svg", views.favicon, "favicon"),
    plain("robots.txt", wellknown.robots, "robots"),
    plain("sitemap.xml", wellknown.sitemap, "sitemap"),
    plain(".well-known/security.txt", wellknown.security_txt, "security_txt"),
    plain("<legal:slug>/", views.legal_text, "legal_text"),
    plain("<legal:slug>/<version:version>.pdf", views.legal_text_pdf, "legal_text_pdf"),
    plain("<legal:slug>/<version:version>/", views.legal_text, "legal_text_version"),
]
