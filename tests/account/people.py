"""Readers of the stories: each has a browser, a mailbox that is the queue of letters, and may have bought something."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.actors import job
from payments.gateway import IntentSeen, MethodSeen, Outcome
from payments.models import Payment
from payments.settling import News, apply
from shop.customers.models import Customer
from subscriptions.models import Notice, Offer, Order, Subscription
from subscriptions.orders.placing import payment_of
from tests.makers import make_wish, place_order

SIGN_IN, CODE = "/compte/connexion/", "/compte/connexion/code/"


class Words(HTMLParser):
    """The words of a page, block by block; what is only for machines is left out."""

    BLOCKS = frozenset({"p", "li", "dd", "dt", "h1", "h2", "td", "th", "div", "label", "button", "legend", "a"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found = [""]
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("head", "script", "header", "footer")
        if tag in self.BLOCKS - {"a"}:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("head", "script", "header", "footer")
        if tag in self.BLOCKS - {"a"}:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found[-1] += data


def said(answer: HttpResponse) -> list[str]:
    """The sentences of a page, with plain spaces."""
    blocks = (re.sub(r"[\s\u00a0\u202f]+", " ", block).strip() for block in Words(answer.content.decode()).found)
    return [block for block in blocks if block]


def field(answer: HttpResponse, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, f"no field {name}"
    return found[1]


class Reader:
    """One person: an address, a browser, and what they own."""

    def __init__(self, client: Client, email: str) -> None:
        self.client, self.email = client, email

    @property
    def customer(self) -> Customer:
        return Customer.objects.get(email=self.email)

    @property
    def subscription(self) -> Subscription:
        return Subscription.objects.get(payer=self.customer)

    def buys(self, offer: Offer, **changes: Any) -> Reader:
        """Orders and pays by Visa 4242, without Stripe: the news of a success are applied as the webhook would."""
        order = place_order(make_wish(offer, **({"email": self.email} | changes)), at=timezone.now())
        settle(payment_of(order), saved=offer.renewal == Offer.Renewal.AUTOMATIC)
        return self

    def letters(self, kind: str) -> list[Notice]:
        """The letters of a kind that were queued for this address, oldest first."""
        return list(Notice.objects.filter(kind=kind, to_email=self.email).order_by("pk"))

    def asks_code(self, email: str | None = None, **more: str) -> HttpResponse:
        """Writes an address on the sign-in page."""
        return self.client.post(SIGN_IN, {"email": email or self.email, **more})

    def last_code(self) -> str:
        """The code of the latest letter."""
        return str(self.letters("sign_in_code")[-1].facts["code"])

    def signs_in(self) -> Reader:
        """Asks for a code, reads it, writes it."""
        assert self.asks_code().status_code == 302
        answer = self.client.post(CODE, {"code": self.last_code()})
        assert answer.status_code == 302, said(answer)
        return self

    def is_in(self) -> bool:
        """Whether the account opens."""
        return self.client.get(reverse("account_home")).status_code == 200

    def sees(self, name: str, *args: Any) -> list[str]:
        """The sentences of an account page."""
        answer = self.client.get(reverse(name, args=args))
        assert answer.status_code == 200, answer.status_code
        return said(answer)


def settle(payment: Payment, *, saved: bool = False) -> None:
    """The payment succeeded at Stripe, by Visa 4242 good until August 2028."""
    number = payment.pk
    method = MethodSeen(f"pm_{number}", "card", "visa", "4242", 8, 2028, "f", f"cus_{number}", "")
    intent = IntentSeen(
        id=f"pi_{number}",
        outcome=Outcome.SUCCEEDED,
        status="succeeded",
        amount_cents=int(payment.amount.amount * 100),
        currency="eur",
        amount_received=int(payment.amount.amount * 100),
        customer=f"cus_{number}",
        payment_method=method.id,
        charge=f"ch_{number}",
        decline=None,
        metadata={},
        created=None,
        livemode=False,
        method_kind="card",
    )
    with transaction.atomic():
        news = News(payment.pk, Outcome.SUCCEEDED, intent=intent, method=method if saved else None, closed=True)
        apply([news], actor=job("tests"), at=timezone.now())
    assert Order.objects.get(pk=int(payment.subject.split(":")[1])).state == Order.State.PAID
