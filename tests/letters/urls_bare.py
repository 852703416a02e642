"""A site without the two public functions, whatever the shop has by now."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
