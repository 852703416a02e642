"""Addresses of the post's doors."""

from __future__ import annotations

from django.urls import path

from shop.post.returns import mail_returns
from shop.post.short import short

urlpatterns = [
    path("courrier/retours/<slug:provider>", mail_returns, name="mail_returns"),
    path("l/<str:code>", short, name="short_address"),
]
