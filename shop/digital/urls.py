"""Addresses of the digital edition: a reader's pages in their account, and what other sites ask."""

from __future__ import annotations

from django.urls import path

from shop.digital import api, reading

urlpatterns = [
    path("compte/abonnements/<int:pk>/numerique/<int:number>/", reading.issue, name="account_digital"),
    path("compte/numerique/<str:token>/", reading.download, name="account_download"),
    path("api/v1/openapi.json", api.description, name="api_description"),
    path("api/v1/entitlements/<str:number>", api.entitlements, name="api_entitlements"),
    path("api/<path:rest>", api.nothing, name="api_nothing"),
]
