"""Choosing one's password by a link that an administrator handed over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from payments.actors import staff
from payments.desk import record_act
from shop.backoffice.hiring import links
from shop.customers.models import Customer
from shop.limits import Limit, wait_of
from shop.views import too_many

TRIES = Limit("desk-link", times=30, seconds=600)


class ChooseForm(forms.Form):
    """A password, twice."""

    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Once more"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any, *, user: Customer) -> None:
        super().__init__(data)
        self.user = user
        self.fields["password"].help_text = " ".join(str(text) for text in password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("password"):
            if typed["password"] != typed.get("again"):
                self.add_error("again", _("The two do not match."))
            try:
                validate_password(typed["password"], self.user)
            except forms.ValidationError as trouble:
                self.add_error("password", trouble)
        return typed


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, key: int, token: str) -> HttpResponse:
    """The form; a link that is over, forged or used says so and nothing more."""
    if wait := wait_of(request, TRIES):
        return too_many(request, wait=wait)
    user = Customer.objects.filter(pk=key, is_staff=True, is_active=True).first()
    if user is None or not links.check_token(user, token):
        return render(request, "backoffice/link_over.html", status=410)
    form = ChooseForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        record_act("chose a password", subject=f"customer:{user.pk}", actor=staff(user), at=timezone.now())
        messages.success(request, _("Your password is set. Now sign in with it."))
        return redirect("desk_sign_in")
    answer = render(request, "backoffice/choose_password.html", {"form": form, "name": user.full_name})
    answer["Referrer-Policy"] = "no-referrer"
    return answer
