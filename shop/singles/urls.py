"""Addresses of past issues: the list, one of them, and their order."""

from __future__ import annotations

from django.urls import path

from shop.singles.ordering import order
from shop.singles.views import one, past

urlpatterns = [
    path("numeros/", past, name="past_issues"),
    path("numeros/commande/", order, name="order_singles"),
    path("numeros/<issue:number>/", one, name="past_issue"),
]
