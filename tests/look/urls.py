"""The names that the templates ask for, so that a page can be drawn before, or without, the views behind it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse()


NAMES = (
    "offer", "magazine", "favicon", "order", "account_home", "account_invoices", "account_address",
    "account_change_email", "account_card", "account_devices", "account_data",
    "account_request_login_code", "account_confirm_login_code", "account_logout", "desk_home",
    "desk_sign_out",
)  # fmt: skip
urlpatterns = [
    *(path(f"{name}/", nothing, name=name) for name in NAMES),
    path("texts/<slug:slug>/", nothing, name="legal_text"),
]
