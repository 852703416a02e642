"""Signing in at the desks: a password, then a code of the device; whoever has no device yet sets one up before anything.

Nobody is signed in between the two steps: the session only remembers, for ten minutes, whose password was right. A reader
who signs in with an e-mailed code gets nowhere here, staff or not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import segno
from django import forms
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from payments.actors import staff
from payments.desk import record_act
from shop.backoffice import second_factor
from shop.backoffice.doors import SESSION, is_inside
from shop.limits import Limit, count, wait_of
from shop.views import too_many

PENDING, SECRET, FRESH = "desk_pending", "desk_secret", "desk_fresh_codes"
PENDING_FOR = timedelta(minutes=10)
OPEN_FOR = timedelta(hours=12)
BACKEND = "django.contrib.auth.backends.ModelBackend"
# Beside axes, which counts an address and a name together: many addresses against one name, one address against many.
BY_NAME = Limit("desk-name", times=30, seconds=3600)
BY_ADDRESS = Limit("desk-address", times=60, seconds=600)
CODES = Limit("desk-code", times=6, seconds=300)


class PasswordForm(forms.Form):
    """First step."""

    username = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """Second step: the device's code, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password. A wrong one and an unknown address get the same answer."""
    if is_inside(request):
        return redirect(_next(request))
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"].lower()
        wait = wait_of(request, BY_ADDRESS) or count(BY_NAME, name)
        if wait:
            return too_many(request, wait=wait)
        user = authenticate(request, username=name, password=form.cleaned_data["password"])
        if user is not None and getattr(user, "is_staff", False):
            _remember(request, user)
            return redirect("desk_second_factor")
        form.add_error(None, _("This address and this password do not go together."))
    return render(request, "backoffice/sign_in.html", {"form": form, "next": _next(request)})


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """What axes shows once a name was tried too often from one address."""
    return too_many(request, wait=15 * 60)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The code; without a device yet, on to setting one up."""
    user = _pending(request)
    if user is None:
        return redirect("desk_sign_in")
    if second_factor.device_of(user) is None:
        return redirect("desk_set_up")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wait = count(CODES, str(user.pk))
        if wait:
            request.session.pop(PENDING, None)
            return too_many(request, wait=wait)
        device = second_factor.open_with(user, form.cleaned_data["code"], at=timezone.now())
        if device is not None:
            return _open(request, user, device)
        form.add_error("code", _("This code is not the right one, or it was used already. Wait for the next one."))
    return render(request, "backoffice/second_factor.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """A device is put to use: its secret is shown once, and proved by a code of it."""
    user = _pending(request)
    if user is None:
        return redirect("desk_sign_in")
    if second_factor.device_of(user) is not None:
        return redirect("desk_second_factor")
    secret = request.session.get(SECRET) or second_factor.new_secret()
    request.session[SECRET] = secret
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wait = count(CODES, str(user.pk))
        if wait:
            return too_many(request, wait=wait)
        device = second_factor.set_up(user, secret, form.cleaned_data["code"], at=timezone.now())
        if device is not None:
            answer = _open(request, user, device)
            request.session[FRESH] = True
            record_act("set up a second factor", subject=f"customer:{user.pk}", actor=staff(user), at=timezone.now())
            return redirect("desk_recovery_codes") if answer.status_code == 302 else answer
        form.add_error("code", _("This code does not fit. Check the clock of your device, then type the next code."))
    drawn = segno.make(second_factor.device_url(user, secret), micro=False)
    said = {
        "form": form,
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "drawing": drawn.svg_inline(omitsize=True, dark="#12141a", light="#ffffff", border=3),
    }
    return render(request, "backoffice/set_up.html", said)


@never_cache
@require_http_methods(["GET", "HEAD"])
def show_recovery_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes, once, right after the device was set up."""
    if not is_inside(request):
        return redirect("desk_sign_in")
    if not request.session.pop(FRESH, False):
        return redirect("desk_home")
    return render(request, "backoffice/recovery_codes.html", {"codes": second_factor.recovery_codes(request.user)})


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out, from this browser."""
    logout(request)
    return redirect("desk_sign_in")


def _remember(request: HttpRequest, user: Any) -> None:
    """Whose password was right; a new session key, so that one planted before is worth nothing."""
    wanted = _next(request)
    request.session.cycle_key()
    request.session.pop(SECRET, None)
    request.session[PENDING] = {
        "user": user.pk,
        "until": (timezone.now() + PENDING_FOR).timestamp(),
        "hash": user.get_session_auth_hash(),
        "next": wanted,
    }


def _pending(request: HttpRequest) -> Any | None:
    """The member of staff between the two steps, if their ten minutes are not over and their password has not changed."""
    kept = request.session.get(PENDING)
    if not kept or timezone.now().timestamp() > kept["until"]:
        request.session.pop(PENDING, None)
        return None
    user = get_user_model()._default_manager.filter(pk=kept["user"], is_staff=True, is_active=True).first()
    return user if user is not None and user.get_session_auth_hash() == kept["hash"] else None


def _open(request: HttpRequest, user: Any, device: Any) -> HttpResponseRedirect:
    wanted = request.session.get(PENDING, {}).get("next") or reverse("desk_home")
    login(request, user, backend=BACKEND)
    for name in (PENDING, SECRET):
        request.session.pop(name, None)
    request.session[SESSION] = {"user": user.pk, "device": device.pk}
    request.session.set_expiry(OPEN_FOR)
    if hasattr(request, "_desk_inside"):
        del request._desk_inside
    return HttpResponseRedirect(wanted)


def _next(request: HttpRequest) -> str:
    """Where they wanted to go, if that is a desk."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    home = reverse("desk_home")
    here = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if here and wanted.startswith(home) else home
