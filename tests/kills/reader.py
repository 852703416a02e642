"""A reader with a browser without script: opens the order page, sends it, pays, comes back; and tries again."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import requests

from tests.checkout.buyer import CAMILLE, Fields
from tests.kills.shop import Shop, until


class Reader:
    """One browser. `link` is the signed way back to the order, once there is one."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop = shop
        self.email = f"{name}@exemple.fr"
        self.browser = requests.Session()
        self.site = shop.chosen.site_url
        self.form: dict[str, str] = {}
        self.page = ""
        self.link = ""

    def fill_in(self, renewal: str = "automatic") -> None:
        """The order page, filled in and not sent yet."""
        answer = self._get(f"{self.site}/abonnement/")
        assert answer.status_code == 200, answer.text
        mine = CAMILLE | {"email": self.email, "renewal": renewal}
        self.form = Fields(answer.text).values | mine | {"place": "1"}

    def send(self) -> str:
        """Send the form; returns where it leads. A lost answer is sent again, as a browser asks to."""
        answer = self.browser.post(f"{self.site}/abonnement/", data=self.form, allow_redirects=False, timeout=60)
        assert answer.status_code == 303, (answer.status_code, answer.text)
        where = answer.headers["Location"]
        if where.startswith(self.shop.chosen.stripe_url):
            self.page = where
        else:
            self.link = requests.compat.urljoin(self.site, where)
        return where

    def order(self) -> None:
        """Fill in and send until the payment page is there."""
        if not self.form:
            self.fill_in()
        until(lambda: self.send() and self.page, "the payment page opens")

    def pay(self) -> None:
        """Pay on the hosted page; the way back is kept, not taken."""
        visit = self.shop.till.pay(self.page)
        assert visit.status == 303, (visit.status, visit.text)
        self.link = visit.url

    def look(self) -> str:
        """What the page of the order says: paid, awaiting, unknown, refused, expired…"""
        answer = self._get(self.link)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        found = re.search(r'data-state="(\w+)"', answer.text)
        assert found, answer.text
        return found[1]

    def sees_it_paid(self) -> None:
        """The page says so, and until it does it says nothing that is not true (it asks Stripe every three seconds)."""

        def paid() -> bool:
            said = self.look()
            assert said in ("paid", "awaiting", "unknown"), said
            return said == "paid"

        until(paid, "the page says that it is paid", patience=15)

    # What the books say

    @property
    def orders(self) -> list[Any]:
        """(id, state) of this reader's orders."""
        return self.shop.ask("SELECT id, state FROM subscriptions_order WHERE email = %s ORDER BY id", self.email)

    def in_numbers(self) -> dict[str, int]:
        """How often this reader was charged, subscribed, invoiced and written to, and how many orders stand open."""
        ids = [key for key, _state in self.orders]
        subjects = [f"order:{key}" for key in ids]
        count = "SELECT count(*) FROM "
        [terms] = self.shop.ask(count + "subscriptions_term WHERE order_id = ANY(%s)", ids)
        [copies] = self.shop.ask(
            count + "subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id"
            " WHERE t.order_id = ANY(%s)", ids,
        )  # fmt: skip
        [invoices] = self.shop.ask(count + "payments_invoice WHERE subject = ANY(%s)", subjects)
        [letters] = self.shop.ask(
            count + "subscriptions_notice WHERE to_email = %s AND kind = 'order_confirmation'", self.email
        )
        return {
            "charges": sum(len(self.shop.till.charges(subject=subject)) for subject in subjects),
            "paid": sum(state == "paid" for _key, state in self.orders),
            "terms": terms,
            "copies": copies,
            "invoices": invoices,
            "letters": letters,
        }

    def _get(self, url: str) -> requests.Response:
        return self.browser.get(url, timeout=60)


SERVED = {"charges": 1, "paid": 1, "terms": 1, "copies": 4, "invoices": 1, "letters": 1}
NOTHING = dict.fromkeys(SERVED, 0)


def meanwhile(act: Callable[[], Any]) -> Callable[[], Any]:
    """Do something beside the test, whatever becomes of it; the answer waits for its end and gives what came of it."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(act())
        except (requests.RequestException, AssertionError) as lost:
            result.append(lost)

    thread = threading.Thread(target=run)
    thread.start()

    def end() -> Any:
        thread.join(60)
        assert not thread.is_alive()
        return result[0]

    return end
