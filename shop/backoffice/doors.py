"""The door of every desk: who comes in, what is asked of them, and what each page carries besides its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.actors import Actor, staff
from payments.models import DeskItem
from shop.backoffice.menu import entries
from shop.backoffice.roles import LABELS, Right, may, roles_of, who_may
from shop.watch.runs import late

SESSION = "desk"
View = Callable[..., HttpResponse]


def is_inside(request: HttpRequest) -> bool:
    """Whether this session was opened with both factors, by a device that is still theirs. One query, once a request."""
    known = getattr(request, "_desk_inside", None)
    if known is None:
        user, opened = request.user, request.session.get(SESSION) or {}
        known = (
            user.is_authenticated
            and user.is_active
            and bool(getattr(user, "is_staff", False))
            and opened.get("user") == user.pk
            and Authenticator.objects.filter(pk=opened.get("device"), user=user, type=Authenticator.Type.TOTP).exists()
        )
        request._desk_inside = known  # type: ignore[attr-defined]
    return bool(known)


def desk(right: Right, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """A view of the desks: both factors, one right, and nothing kept by any cache."""

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_inside(request):
                answer: HttpResponse = to_sign_in(request)
            elif not may(request.user, right):
                answer = refuse(request, right)
            elif request.method not in (*methods, "HEAD"):
                answer = HttpResponseNotAllowed(methods)
            else:
                answer = _answer(view, request, *args, **kwargs)
            add_never_cache_headers(answer)
            return answer

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return around


class Missing(Exception):  # said to a person, not a fault
    """What is asked for needs one more right than its page: a matter of another desk, for one."""

    def __init__(self, right: Right) -> None:
        super().__init__(right.value)
        self.right = right


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except Missing as missing:
        return refuse(request, missing.right)
    except Http404:
        return gone(request)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the sign-in page, and back here afterwards if it was a page and not an act."""
    back = {"next": request.get_full_path()} if request.method in ("GET", "HEAD") else {}
    return HttpResponseRedirect(reverse("desk_sign_in") + (f"?{urlencode(back)}" if back else ""))


def refuse(request: HttpRequest, right: Right) -> HttpResponse:
    """403 that says which right is missing and who has it."""
    said = {"missing": LABELS[right], "roles": who_may(right)}
    return page(request, "backoffice/403.html", said, status=403)


def actor_of(request: HttpRequest) -> Actor:
    """Who acts: the member of staff, by key."""
    return staff(request.user)


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of the desks, with the menu cut to the person's rights and the alarms they can do something about."""
    return render(request, template, {**frame(request), **(context or {})}, status=status)


def frame(request: HttpRequest) -> dict[str, Any]:
    """What `backoffice/base.html` wants beside a page's own context. Two queries beside the rights themselves."""
    user = request.user
    waiting = _waiting()
    return {
        "desks": entries(user, path=request.path, waiting=waiting),
        "who": {"name": user.full_name or user.email, "roles": ", ".join(roles_of(user))},  # type: ignore[union-attr]
        "search_url": reverse("desk_search") if may(user, Right.PEOPLE) else "",
        "query": "",
        "alarms": _alarms(user),
    }


def _waiting() -> dict[str, int]:
    rows = DeskItem.objects.filter(closed_at=None).order_by().values_list("desk").annotate(waiting=Count("pk"))
    return dict(rows)


def _alarms(user: Any) -> list[dict[str, Any]]:
    if not may(user, Right.CLOCK):
        return []
    overdue = late(at=timezone.now())
    if not overdue:
        return []
    names = ", ".join(one.job for one in overdue)
    said = ngettext(
        "One job has not run in its time: %(names)s.",
        "%(count)s jobs have not run in their time: %(names)s.",
        len(overdue),
    )
    return [{"sentence": said % {"count": len(overdue), "names": names}, "url": reverse("desk_clock")}]


def gone(request: HttpRequest, *, what: str = "") -> HttpResponse:
    """404 inside the desks, where the menu stays at hand."""
    return page(request, "backoffice/404.html", {"what": what or _("this page")}, status=404)
