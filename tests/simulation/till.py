"""The stand-in for Stripe in this process: plugged behind the SDK, its hosted pages, its webhooks, its count of charges."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import stripe

from payments.sandbox import misbehaviour, paying_out
from payments.sandbox.application import StandIn
from payments.sandbox.inprocess import InProcessClient
from payments.sandbox.settings import Settings
from payments.sandbox.store import Obj
from payments.sandbox.wire import Dropped, Request
from payments.webhooks.types import HEARD

ORIGIN = "https://checkout.stripe.test"
KEY, SECRET = "sk_test_simulation", "whsec_simulation"


class NoAnswer(RuntimeError):
    """Stripe's page does not come."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a reader pays with: a test card or account."""

    number: str
    iban: bool = False


VISA = Means("4242424242424242")
MASTERCARD = Means("5555555555554444")
CARTE_BANCAIRE = Means("4000002500001001")
ASKS_THE_BANK = Means("4000002500003155")
ACCOUNT = Means("FR1420041010050500013M02606", iban=True)
#: What names another product of the same account.
PRODUCT = "product"
#: Attaches on the hosted page; what it does afterwards is said by `Till.becomes`.
GENERIC = "4000000000000341"


class Till:
    """One stand-in. `down`: whether nobody gets an answer now; `asked`: requests so far."""

    def __init__(self, chance: random.Random) -> None:
        self.application = StandIn(
            Settings(key=KEY, webhook_secret=SECRET, public_url=ORIGIN, events=tuple(sorted(HEARD))), background=False
        )
        self.world = self.application.world
        self._client = InProcessClient(self.application)
        self._chance = chance
        self.down: Callable[[], bool] = lambda: False
        self.asked = 0
        self._when_spoiled: Callable[[], None] | None = None

    def open(self, instant: int) -> None:
        """Its clock shows `instant`, and from the next banking day on it pays out what is available."""
        with self.world.lock:
            self.world.clock.set(instant)
            self.world.settings.payouts = paying_out.DAILY
            paying_out.plan(self.world)

    def close(self) -> None:
        """Let it go."""
        self.application.close()

    # --- what the shop asks ---

    def request(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None) -> Any:
        """One request of the SDK."""
        self.asked += 1
        if self.down():
            raise stripe.APIConnectionError("Stripe is down.", should_retry=True)  # type: ignore[no-untyped-call]
        try:
            return self._client.request(method, url, headers, post_data)
        except stripe.APIConnectionError:
            if method.lower() == "post" and self._when_spoiled is not None:
                then, self._when_spoiled = self._when_spoiled, None
                then()
            raise

    def down_when_spoiled(self, then: Callable[[], None]) -> None:
        """Do `then` as soon as an answer to a POST is lost."""
        self._when_spoiled = then

    def misbehave(self, action: str, *, method: str = "*", path: str = "*", times: int = 1) -> Obj:
        """Spoil the next requests that match; the rule, to be forgotten by."""
        with self.world.lock:
            return misbehaviour.add(self.world, {"action": action, "method": method, "path": path, "times": times})

    def forget(self, rule: Obj) -> None:
        """What has not happened by now does not happen any more."""
        with self.world.lock:
            self.world.store.remove(rule)
        self._when_spoiled = None

    def misbehave_webhooks(self, action: str, *, times: int = 1) -> None:
        """Spoil the next deliveries."""
        self.misbehave(action, path="webhook", times=times)

    def behave(self) -> None:
        """No rule is left, nothing is held."""
        with self.world.lock:
            for rule in self.world.store.all("_rule"):
                self.world.store.remove(rule)
            self.application.webhooks.release()
            self.world.store.commit()
        self._when_spoiled = None

    def release(self) -> None:
        """What was held of webhooks is let go."""
        with self.world.lock:
            self.application.webhooks.release()
            self.world.store.commit()

    def travel(self, instant: int) -> None:
        """What is planned on the way happens, each at its own time."""
        with self.world.lock:
            self.world.travel(instant)
            self.world.store.commit()

    def arrive(self, instant: int) -> None:
        """The clock of this process shows `instant` now, and so does Stripe's."""
        self.world.clock.set(instant)

    def deliver(self, post: Callable[[bytes, dict[str, str]], int]) -> int:
        """Bring every waiting webhook once; returns how many were taken."""
        return 0 if self.down() else self.application.webhooks.deliver(post)

    # --- what a reader does ---

    def fill_in(self, url: str, *, means: Means, name: str, email: str, allow: bool = True) -> str:
        """Fill in the page at `url`; the shop's address that it leads to, "" where the bank said no.

        Raises NoAnswer when Stripe is down or the connection breaks.
        """
        form: dict[str, str] | None = {"nom": name, "email": email}
        if means.iban:
            form |= {"moyen": "prelevement", "iban": means.number}  # type: ignore[operator]
        else:
            form |= {"moyen": "carte", "numero": means.number, "expiration": "12/49", "cvc": "123"}  # type: ignore[operator]
        method = "POST"
        for _step in range(8):
            status, place = self._browse(method, url, form)
            if status != 303:
                if "/c/authentification/" in url and method == "GET":
                    method, form = "POST", {"reponse": "autoriser" if allow else "refuser"}
                    continue
                return ""
            url, method, form = urljoin(url, place), "GET", None
            if not url.startswith(ORIGIN):
                return url
        return ""

    def _browse(self, method: str, url: str, form: Mapping[str, str] | None) -> tuple[int, str]:
        if self.down():
            raise NoAnswer("Stripe is down")
        parts = urlsplit(url)
        body = urlencode(form or {})
        headers = {"content-type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        try:
            answer = self.application.answer(Request(method, parts.path, parts.query, headers, body, ORIGIN))
        except Dropped as broken:
            raise NoAnswer("the connection broke") from broken
        return answer.status, answer.headers.get("Location", "")

    # --- what the world does to it, and what it counts ---

    def becomes(self, method: str, number: str) -> None:
        """From now on a saved method behaves as another test card or account."""
        with self.world.lock:
            kept = self.world.need("payment_method", method)
            self.world.change(kept, **{"_number" if kept["type"] == "card" else "_iban": number})

    def knows(self, method: str) -> bool:
        """Whether it keeps this method."""
        return self.world.store.get("payment_method", method) is not None

    def charges(self) -> list[Obj]:
        """Money that was really taken for the shop, oldest first; other products of the account have charges of their own."""
        taken = (one for one in self.world.store.all("charge") if one["status"] == "succeeded")
        return [one for one in taken if PRODUCT not in one["metadata"]]

    def refunds(self) -> list[Obj]:
        """Money that really went back."""
        return [one for one in self.world.store.all("refund") if one["status"] == "succeeded"]


current: Till | None = None


def begin(chance: random.Random) -> Till:
    """A new stand-in behind the SDK."""
    global current
    current = Till(chance)
    return current


class Plug(stripe.HTTPClient):
    """What STRIPE_HTTP_CLIENT names: leads to the stand-in of the running simulation."""

    name = "simulation"

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        assert current is not None
        answer: tuple[str, int, Mapping[str, str]] = current.request(method, url, headers, post_data)
        return answer

    def close(self) -> None:
        """Nothing to close."""
