"""As `urls`, once the two functions of the law have their pages."""

from __future__ import annotations

from django.urls import path

from tests.look.urls import nothing
from tests.look.urls import urlpatterns as others

urlpatterns = [
    *others,
    path("retractation/", nothing, name="withdraw"),
    path("resiliation/", nothing, name="terminate"),
    path("reclamation/", nothing, name="claim"),
]
