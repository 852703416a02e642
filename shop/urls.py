"""Every address of the shop."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from shop import views
from shop.watch import views as watch

# The storefront first: its pages are the most asked for.
ROOMS = ("shop.storefront.urls", "shop.checkout.urls", "shop.account.urls", "shop.backoffice.urls")

urlpatterns: list[URLPattern | URLResolver] = [
    *(path("", include(room)) for room in ROOMS if find_spec(room)),
    *([] if find_spec("shop.account.urls") else [path("mon-compte/", views.not_found, name="account_home")]),
    path("healthz", watch.healthz, name="healthz"),
    path("readyz", watch.readyz, name="readyz"),
]

handler400 = "shop.views.bad_request"
handler403 = "shop.views.forbidden"
handler404 = "shop.views.not_found"
handler500 = "shop.views.server_error"
