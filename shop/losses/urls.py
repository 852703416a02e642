"""Addresses of the pages about lost copies. Letters promise them."""

from __future__ import annotations

from django.urls import path

from shop.losses.address import address
from shop.losses.claiming import ask, claim

urlpatterns = [
    path("reclamation/", ask, name="claim"),
    path("reclamation/<str:token>/", claim, name="claim_copy"),
    path("votre-adresse/<str:token>/", address, name="address_wanted"),
]
