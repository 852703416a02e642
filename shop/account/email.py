"""Change of e-mail address: asked for here, confirmed in both mailboxes, whatever account the new one may have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.actors import reader
from shop.account.doors import page, room
from shop.checkout.typos import suggestion
from shop.checkout.views import see_other
from shop.customers import emails
from shop.limits import FORGED_LINK, Limit, count, limited, wait_of
from shop.views import too_many
from shop.watch.bell import ring
from subscriptions.notices.french import moment

FORMS = Limit("email-form", times=30, seconds=3600)
# Each wish writes to a mailbox that may be a stranger's.
WISHES = Limit("email-change", times=5, seconds=3600)
CONFIRMATIONS = Limit("email-confirm", times=60, seconds=600)


class NewEmailForm(forms.Form):
    """The new address, asked about once if its domain looks like a slip."""

    use_required_attribute = False
    new_email = forms.EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Please write the new e-mail address."),
            "invalid": gettext_lazy("This is not a whole e-mail address: it looks like name@example.fr."),
        },
    )
    email_kept = forms.CharField(required=False, max_length=254, widget=forms.HiddenInput)

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present = present

    def clean_new_email(self) -> str:
        """In lower case; refused only if it is the present one: nothing is said of anybody else's."""
        email: str = self.cleaned_data["new_email"].lower()
        if email == self.present:
            raise ValidationError(_("This already is your address."), code="same")
        meant = suggestion(email)
        if meant and self.data.get("email_kept") != email:
            self.data = self.data.copy()
            self.data["email_kept"] = email
            raise ValidationError(
                _("Did you mean %(suggestion)s? Correct the address, or send the form again if it is right as it is."),
                code="typo",
                params={"suggestion": meant},
            )
        return email


@room("GET", "POST", limit=FORMS)
def change_email(request: HttpRequest) -> HttpResponse:
    """The present address, and the wish for another one; two letters leave, the same for any address."""
    user: Any = request.user
    form = NewEmailForm(request.POST if request.method == "POST" else None, present=user.email or "")
    if request.method == "POST" and form.is_valid():
        if wait := count(WISHES, str(user.pk)):
            return too_many(request, wait=wait)
        emails.wish(user, form.cleaned_data["new_email"], actor=reader(user), at=timezone.now())
        ring("letters")
        return see_other(reverse("account_change_email"))
    pending = emails.open_wish(user, at=timezone.now())
    return page(
        request,
        "account/change_email.html",
        "email",
        email=user.email,
        form=form,
        pending=_pending(pending) if pending else None,
        action=reverse("account_change_email"),
        cancel_url=reverse("account_cancel_email_change"),
    )


@room("POST")
def cancel_change(request: HttpRequest) -> HttpResponse:
    """The wish is forgotten; the links in the letters end."""
    emails.give_up(request.user, at=timezone.now())  # type: ignore[arg-type]
    return see_other(reverse("account_change_email"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(CONFIRMATIONS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Where a letter's link leads, signed in or not: opening it changes nothing, the button does."""
    at = timezone.now()
    try:
        change, end = emails.read_link(token)
    except emails.NoSuchWish as refused:
        if wait := wait_of(request, FORGED_LINK):
            return too_many(request, wait=wait)
        return _told(request, state="no_link", sentence=" ".join(refused.messages), status=404)
    if request.method != "POST":
        if change.done_at is not None:
            return _told(request, state=emails.Step.DONE, new_email=change.new_email)
        if not emails.is_open(change, at=at):
            return _told(request, state=emails.Step.OVER, status=410)
        return _told(request, state="asks", new_email=change.new_email, action=request.path)
    own = request.user.is_authenticated and request.user.pk == change.customer_id
    here = request.session.session_key if own else None
    step = emails.confirm(change, end, actor=reader(change.customer), at=at, here=here)
    ring("letters")
    status = {emails.Step.OVER: 410, emails.Step.TAKEN: 409}.get(step, 200)
    return _told(request, state=step, new_email=change.new_email, end=end, status=status)


def _told(request: HttpRequest, *, state: str, status: int = 200, **said: Any) -> HttpResponse:
    context = {"here": "account", "state": str(state), **said}
    return render(request, "account/confirm_email.html", context, status=status)


def _pending(change: emails.EmailChange) -> dict[str, Any]:
    return {
        "new_email": change.new_email,
        "until": moment(change.expires_at),
        "old_confirmed": change.old_confirmed_at is not None,
        "new_confirmed": change.new_confirmed_at is not None,
    }
