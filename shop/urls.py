"""Every address of the shop."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from shop.watch import views as watch

urlpatterns: list[URLPattern | URLResolver] = [
    # The storefront first: its pages are the most asked for.
    path("", include("shop.storefront.urls")),
    path("", include("shop.checkout.urls")),
    path("", include("shop.singles.urls")),
    path("", include("shop.gifts.urls")),
    path("", include("shop.account.urls")),
    path("", include("shop.digital.urls")),
    path("", include("shop.stopping.urls")),
    path("", include("shop.losses.urls")),
    path("", include("shop.post.urls")),
    path("", include("shop.backoffice.urls")),
    path("healthz", watch.healthz, name="healthz"),
    path("readyz", watch.readyz, name="readyz"),
]

handler400 = "shop.views.bad_request"
handler403 = "shop.views.forbidden"
handler404 = "shop.views.not_found"
handler500 = "shop.views.server_error"
