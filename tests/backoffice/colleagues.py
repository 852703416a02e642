"""Members of the team, as a browser would be them: hired into a role, signing in with a password and a device."""

from __future__ import annotations

import html
import re
import time
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from shop.backoffice import second_factor
from shop.customers.models import Customer

PASSWORD = "correct horse battery staple"


def code_now(secret: str, *, periods: int = 0) -> str:
    """What a device with that secret shows now, or some periods away."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


@dataclass
class Colleague:
    """One member of the team, with their device and their browser."""

    user: Customer
    secret: str
    browser: Client = field(default_factory=Client)

    def sign_in(self, browser: Client) -> HttpResponse:
        """Both steps, as the pages ask for them. Returns the last answer."""
        self.browser = browser
        browser.post(reverse("desk_sign_in"), {"username": self.user.email, "password": PASSWORD})
        return browser.post(reverse("desk_second_factor"), {"code": code_now(self.secret)})

    def see(self, name: str, *args: Any, **query: Any) -> HttpResponse:
        """A page by its name."""
        return self.browser.get(reverse(name, args=args), query)

    def act(self, name: str, key: int, **typed: Any) -> HttpResponse:
        """Both steps of an act: type, look, say yes. Returns the answer to the yes, or to what stood in the way."""
        shown = self.rehearse(name, key, **typed)
        if shown.status_code != 200:
            return shown
        return self.say_yes(name, key, seal_of(shown), **typed)

    def rehearse(self, name: str, key: int, **typed: Any) -> HttpResponse:
        """The first step alone."""
        return self.browser.post(reverse(name, args=[key] if key else []), {"step": "preview", **typed})

    def say_yes(self, name: str, key: int, seal: str, **typed: Any) -> HttpResponse:
        """The second step alone."""
        return self.browser.post(reverse(name, args=[key] if key else []), {"step": "do", "seal": seal, **typed})


def hire(role: str, *, email: str = "", device: bool = True, **facts: Any) -> Colleague:
    """Somebody of a role ("" for none), with a password and, as a rule, a device whose codes are all unused."""
    user = Customer.objects.create_user(
        email or f"{role or 'nobody'}@team.example",
        PASSWORD,
        is_staff=True,
        first_name=(role or "nobody").capitalize(),
        last_name="Martin",
        created_at=timezone.now(),
        **facts,
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    secret = second_factor.new_secret()
    if device:
        set_up = second_factor.set_up(user, secret, code_now(secret), at=timezone.now())
        assert set_up is not None
        Authenticator.objects.filter(pk=set_up.pk).update(data={**set_up.data, "last_counter": -1})
    return Colleague(user, secret)


def seal_of(answer: HttpResponse) -> str:
    """The seal on a page that shows what will happen."""
    found = re.search(r'name="seal" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()[-3000:]
    return found.group(1)


def said(sentence: str) -> str:
    """A sentence in the language of the desks, with plain spaces, as `text_of` gives them."""
    return " ".join(gettext(sentence).split())


def text_of(answer: HttpResponse) -> str:
    """What a page says, without its tags."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
