"""Signing in: an address, a code sent to it, nothing to remember. Whether an address is known is never said.

The steps are allauth's; ours are the limits, the sentences, and who may come in this way: readers. Members of staff have
a door of their own, with a password and a second factor, so no code is ever sent to them.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.views import ConfirmLoginCodeView, RequestLoginCodeView
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.customers.emails import reader_of
from shop.limits import Limit, count, wait_of
from shop.views import too_many
from shop.watch.bell import ring

ASK_BY_ADDRESS = Limit("sign-in-address", times=30, seconds=600)
ASK_BY_EMAIL = Limit("sign-in-email", times=5, seconds=900)
CODE_BY_ADDRESS = Limit("code-address", times=60, seconds=600)
# Five tries a code are allauth's; this counts those of many browsers against one mailbox.
CODE_BY_EMAIL = Limit("code-email", times=25, seconds=900)


class EmailForm(RequestLoginCodeForm):
    """First step. An unknown address is taken like a known one; it just has no reader."""

    use_required_attribute = False
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Please write your e-mail address."),
            "invalid": gettext_lazy("This is not a whole e-mail address: it looks like name@example.fr."),
        },
    )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        self._user = reader_of(email)
        return email


class CodeForm(ConfirmLoginCodeForm):
    """Second step."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.CharField(
            label=gettext_lazy("Code received by e-mail"),
            max_length=20,
            widget=forms.TextInput(
                attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
            ),
            error_messages={
                "required": gettext_lazy("Please write the code of our letter."),
                "max_length": gettext_lazy(
                    "This is not the code we sent. Look at the latest letter: only its code is good."
                ),
            },
        )


class AskCode(RequestLoginCodeView):
    """Where one writes one's address; the answer is the same page for all."""

    form_class = EmailForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            # Somebody who goes back and writes another address is heard; the code that waits ends.
            clear_login(request)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if wait := wait_of(request, ASK_BY_ADDRESS):
            return too_many(request, wait=wait)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: EmailForm) -> HttpResponse:
        if wait := count(ASK_BY_EMAIL, form.cleaned_data["email"]):
            return too_many(self.request, wait=wait)
        if form._user is None:
            # The bell takes its time; it is rung for everybody, so that the time says nothing.
            ring("letters")
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"here": "account"}


class EnterCode(ConfirmLoginCodeView):
    """Where one writes the code. Too late or five times wrong: a new one has to be asked for, and the page says so."""

    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pending = pending_code(request)
        if pending is not None and not pending.is_valid():
            messages.error(request, _("The ten minutes of this code are over. Please ask for another one."))
        elif pending is None and request.method == "POST" and not request.user.is_authenticated:
            messages.error(request, _("This code is no longer good. Please ask for another one."))
        elif pending is not None and request.method == "POST":
            wait = wait_of(request, CODE_BY_ADDRESS) or count(CODE_BY_EMAIL, str(pending.state.get("email")))
            if wait:
                return too_many(request, wait=wait)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"here": "account"}


def pending_code(request: HttpRequest) -> LoginCodeVerificationProcess | None:
    """The code this browser has been asked for, good or not; None if it asked for none."""
    if request.user.is_authenticated:
        return None
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    return LoginCodeVerificationProcess(stage=stage) if stage else None
