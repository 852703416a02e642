"""Paying as the made-up readers do: on the stand-in's own page, by HTTP, with its clock set to their day.

Constraints: what these readers paid must be known at Stripe as well (MIRROR), or a refund, a change of card or the
reconciliation of a demo reader would fail; the shop knows no stand-in, only an address in its configuration. So the
stand-in is driven from outside, by the commands it offers to anybody who holds its test key, and put back afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = (5, 30)
#: No event has this type: nothing is sent to the shop's webhook meanwhile.
NO_EVENTS = ["none"]


class NoTill(RuntimeError):
    """There is no stand-in to pay at; the message is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a reader pays with: a test card, or a test account. `kind` is Stripe's word for it."""

    number: str
    iban: bool = False


VISA = Means("4242424242424242")
MASTERCARD = Means("5555555555554444")
CARTE_BANCAIRE = Means("4000002500001001")
DEBIT = Means("4000056655665556")
ASKS_THE_BANK = Means("4000002500003155")
REFUSED = Means("4000000000000002")
NO_FUNDS = Means("4000000000009995")
REFUND_WAITS = Means("4000000000007726")
REFUND_FAILS = Means("4000000000005126")
ACCOUNT = Means("FR1420041010050500013M02606", iban=True)
ACCOUNT_FAILS = Means("FR8420041010050500013M02607", iban=True)


class Till:
    """The stand-in for Stripe at `base`, whose test key is `key`."""

    def __init__(self, base: str, key: str) -> None:
        self._base = base.rstrip("/")
        self._browser = requests.Session()
        self._commands = requests.Session()
        self._commands.headers["Authorization"] = f"Bearer {key}"

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Hold the stand-in: a clock that stands still, no webhook, debits that take the banks' five days.

        Puts everything back as it was, and its clock to the present, however the block ends. Raises NoTill if nobody
        answers there, or somebody who is no stand-in.
        """
        before = self._command("settings")
        self._command("settings", events=NO_EVENTS, sepa_seconds=None)
        self._command("clock", frozen=True)
        try:
            yield
        finally:
            self._command("settings", events=before["events"], sepa_seconds=before["sepa_seconds"])
            self._command("clock", now=int(time.time()), frozen=False)

    def set(self, at: datetime) -> None:
        """Set its clock; what was planned on the way happens."""
        self._command("clock", now=int(at.timestamp()))

    def pay(self, url: str, *, means: Means, name: str) -> bool:
        """Fill in the payment page at `url`; the bank's question is answered with yes. Whether the shop was reached."""
        form = {"nom": name} | (
            {"moyen": "prelevement", "iban": means.number}
            if means.iban
            else {"moyen": "carte", "numero": means.number, "expiration": "12/34", "cvc": "123"}
        )
        here = urlsplit(url).netloc
        answer = self._browser.post(url, data=form, allow_redirects=False, timeout=TIMEOUT)
        while answer.is_redirect:
            url = urljoin(url, answer.headers["Location"])
            if urlsplit(url).netloc != here:
                return True
            yes = {"reponse": "autoriser"} if "/c/authentification/" in url else None
            method = "POST" if yes else "GET"
            answer = self._browser.request(method, url, data=yes, allow_redirects=False, timeout=TIMEOUT)
        return False

    def pay_out(self) -> None:
        """What is available leaves for the bank, as on any banking day."""
        self._command("payouts")

    def card_becomes(self, method: str, number: str) -> None:
        """From now on a saved method behaves as another test card: the bank has changed its mind about it."""
        self._command("card", payment_method=method, number=number)

    def contests(self, charge: str, *, reason: str) -> None:
        """The holder of a charge contests it at the bank."""
        self._command("dispute", charge=charge, reason=reason)

    def decides(self, dispute: str, *, won: bool) -> None:
        """The bank decides a dispute."""
        self._command("dispute_decided", dispute=dispute, won=won)

    def _command(self, name: str, /, **given: Any) -> Any:
        try:
            answer = self._commands.post(f"{self._base}/_control/{name}", json=given, timeout=TIMEOUT)
        except requests.RequestException:
            raise NoTill(
                f"Nobody answers at {self._base}: start the stand-in for Stripe first (make stripe)."
            ) from None
        if answer.status_code != 200:
            raise NoTill(f"What answers at {self._base} is no stand-in for Stripe that takes our test key.")
        return answer.json()
