"""The registers' own site: Django's record admin behind the door of the desks, in the frame of the desks."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from shop.backoffice.doors import is_inside, refuse, to_sign_in
from shop.backoffice.roles import Right, may


class Registers(admin.AdminSite):
    """Behind the same door as the desks."""

    site_header = _("Registers")
    site_title = _("Registers")
    index_title = _("Registers")
    site_url = "/gestion/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return is_inside(request) and may(request.user, Right.RECORDS)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The desks' own door and their own 403, instead of a second sign-in page."""
        inner = super().admin_view(view, cacheable)

        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_inside(request):
                return to_sign_in(request)
            if not may(request.user, Right.RECORDS):
                return refuse(request, Right.RECORDS)
            answer: HttpResponse = inner(request, *args, **kwargs)
            return answer

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk_sign_in"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk_home"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk_home"))


registers = Registers(name="registers")
