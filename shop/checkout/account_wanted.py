"""The page on which a reader names the account for a refund by transfer: by a signed link, without signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from payments.actors import Actor
from payments.iban import check_iban, masked
from payments.models import Transfer
from payments.transfers.giving_back import give_account
from payments.transfers.moving import LEFT
from shop.checkout.views import see_other
from shop.limits import FORGED_LINK, Limit, limited, wait_of
from shop.views import too_many
from subscriptions.transfer_links import BadLink, account_path, read_token

State = Transfer.State
ACCOUNT = Limit("account-ip", times=30, seconds=600)
OPEN = (State.ASKED, State.GIVEN, State.APPROVED)


class AccountForm(forms.Form):
    """Whose account, and which."""

    holder = forms.CharField(
        label=_("Name of the account"),
        max_length=70,
        help_text=_("As your bank writes it: it compares the name with the IBAN."),
        error_messages={"required": _("Please give the name of the account, as the bank writes it.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    iban = forms.CharField(
        label=_("IBAN"),
        max_length=50,
        help_text=_("Spaces do not matter. It is on your bank’s document (RIB) and in its app."),
        error_messages={"required": _("Please give the IBAN of the account.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    @sensitive_variables()
    def clean_iban(self) -> str:
        return check_iban(self.cleaned_data["iban"])


@never_cache
@sensitive_post_parameters("iban", "holder")
@require_http_methods(["GET", "HEAD", "POST"])
@limited(ACCOUNT)
def account_wanted(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the account, or say where the refund stands. What was given is shown by its last signs only."""
    try:
        transfer = read_token(token)
    except BadLink as refused:
        if wait := wait_of(request, FORGED_LINK):
            return too_many(request, wait=wait)
        return render(request, "checkout/account_refused.html", {"sentence": " ".join(refused.messages)}, status=404)
    takes = transfer.state in OPEN and transfer.file_id is None
    form = AccountForm(request.POST if request.method == "POST" and takes else None)
    if form.is_bound and form.is_valid() and _given(transfer, form):
        return see_other(account_path(transfer))
    return _page(request, transfer, form if takes else None)


@sensitive_variables()
def _given(transfer: Transfer, form: AccountForm) -> bool:
    """Write it down; False, with the sentence on the form, where it cannot be any more."""
    try:
        with transaction.atomic():
            give_account(
                transfer.pk,
                holder=form.cleaned_data["holder"],
                iban=form.cleaned_data["iban"],
                actor=Actor("reader", str(transfer.customer_id or "anonymous")),
                at=timezone.now(),
                reason="given by the reader",
            )
    except ValidationError as trouble:
        form.add_error(None, trouble)
        return False
    return True


def _page(request: HttpRequest, transfer: Transfer, form: AccountForm | None) -> HttpResponse:
    said: dict[str, Any] = {
        "transfer": transfer,
        "form": form,
        "account": masked(transfer.iban_end),
        "sent": transfer.state in LEFT,
        "with_the_bank": transfer.state == State.APPROVED and transfer.file_id is not None,
        "over": transfer.state in (State.FAILED, State.CANCELLED),
    }
    return render(request, "checkout/account_wanted.html", said)
