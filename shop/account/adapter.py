"""How accounts behave here: nobody signs up by hand, and every letter goes through the post office."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.customers.emails import reader_of
from shop.customers.models import Customer
from shop.limits import client_address
from shop.watch.bell import ring
from subscriptions.notices.queueing import NoticeDraft, queue

CODE_LETTER = "account/email/login_code"


class Adapter(DefaultAccountAdapter):
    """Accounts are made by a first purchase; the sign-in page makes none, and sends nothing itself."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": _("This is not the code we sent. Look at the latest letter: only its code is good."),
        "too_many_login_attempts": _(
            "That was the fifth wrong code: it is no longer good. Please ask for another one."
        ),
    }

    def is_open_for_signup(self, request: object) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """The code alone; the second factor is asked for at the staff's own door."""
        return ["allauth.account.stages.LoginByCodeStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the rest of the shop reads it; on a Unix socket nobody knows."""
        return client_address(request) or "0.0.0.0"  # noqa: S104  # not a binding: "unknown" in a column of addresses

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """An account that was closed while its code was on the way: back to the entrance, where nothing is said of it."""
        return HttpResponseRedirect(reverse("account_request_login_code"))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what we say in so many words: the library's own remarks repeat what the pages show."""
        if message is not None:
            super().add_message(request, level, extra_tags=extra_tags, message=message)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the letter with the code and ring; no mail server is asked in a request.

        Raises ValueError for any other letter: there is none.
        """
        if template_prefix != CODE_LETTER:
            raise ValueError(f"no letter is written from {template_prefix}")
        reader = reader_of(email.lower())
        if reader is None:
            raise ValueError("a code is sent to readers only")
        send_code(reader, context["code"], to=email.lower(), at=timezone.now())


def send_code(customer: Customer, code: str, *, at: datetime, to: str = "") -> None:
    """Queue the letter with a code to sign in, to the reader's address or another that they proved; good for as long as the settings say."""
    expires_at = at + timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
    queue(
        [
            NoticeDraft(
                kind="sign_in_code",
                matter=f"sign_in_code:{uuid4().hex}",
                customer_id=customer.pk,
                to_email=to or customer.email or "",
                to_name=customer.full_name,
                facts={"code": code, "expires_at": expires_at.isoformat()},
                due_at=at,
                created_at=at,
            )
        ]
    )
    ring("letters")
