"""Driving a stand-in over HTTP, wherever it runs: its clock, its moods, and its hosted page as a browser would use it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests

KEY = "sk_test_standin_of_the_tests"
SECRET = "whsec_standin_of_the_tests"
FR_PAYS = "FR1420041010050500013M02606"
FR_FAILS = "FR8420041010050500013M02607"
DAY = 86_400


@dataclass
class Visit:
    """Where a visit to the hosted page ended: `url` is the shop's address when the reader was sent back there."""

    status: int
    url: str
    text: str = ""
    steps: list[str] = field(default_factory=list)

    @property
    def refusal(self) -> str | None:
        """The sentence of the alert on the page, if any."""
        found = re.search(r'role="alert"><p>(.*?)</p>', self.text, re.S)
        return found[1] if found else None

    @property
    def wrong(self) -> dict[str, str]:
        """The sentence beside each wrong field."""
        return dict(re.findall(r'class="wrong" id="(\w+)-faux">(.*?)</p>', self.text))


class Driver:
    """`base` is the address to give the SDK (`base_addresses={"api": base}`), `control` that of the commands."""

    def __init__(self, base: str, key: str = KEY, secret: str = SECRET) -> None:
        self.base, self.key, self.secret = base, key, secret
        self.control = f"{base}/_control"
        self._browser = requests.Session()
        self._commands = requests.Session()
        self._commands.headers["Authorization"] = f"Bearer {key}"

    def command(self, method: str, name: str, /, **given: Any) -> Any:
        """One control command; an error is raised with its text."""
        answer = self._commands.request(method, f"{self.control}/{name}", data=json.dumps(given) if given else None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def now(self) -> int:
        """The stand-in's present second."""
        return int(self.command("GET", "clock")["now"])

    def advance(self, seconds: int = 0, *, days: int = 0) -> int:
        """Move its clock on; what is planned on the way happens. Returns the new instant."""
        return int(self.command("POST", "clock", advance=seconds + days * DAY)["now"])

    def set_clock(self, now: int, *, frozen: bool = False) -> None:
        """Set its clock."""
        self.command("POST", "clock", now=now, frozen=frozen)

    def charges(self, **metadata: str) -> list[dict[str, Any]]:
        """Charges that really took money, those with this metadata if given."""
        found = self.command("GET", "charges")
        return [one for one in found if all(one["metadata"].get(name) == value for name, value in metadata.items())]

    def requests(self, path: str | None = None) -> list[dict[str, Any]]:
        """The requests it received, oldest first."""
        found = self.command("GET", "requests")
        return [one for one in found if path is None or one["path"] == path]

    def misbehave(
        self, action: str, *, method: str = "*", path: str = "*", times: int = 1, seconds: float = 0, status: int = 500
    ) -> None:
        """Spoil the next requests: delay, delay_after, timeout_before, timeout_after, error_before, error_after, …"""
        given = {"action": action, "method": method, "path": path, "times": times, "seconds": seconds, "status": status}
        self.command("POST", "rules", **given)

    def misbehave_webhooks(self, action: str, *, type: str = "*", times: int = 1) -> None:
        """Spoil the next deliveries: drop, double, reorder, hold (until `release`)."""
        self.command("POST", "rules", path="webhook", action=action, type=type, times=times)

    def behave(self) -> None:
        """Forget all rules and release what they held."""
        self.command("DELETE", "rules")
        self.release()

    def release(self) -> None:
        """Deliver what was held."""
        self.command("POST", "release")

    def settle(self, payment_intent: str | None = None, *, failure: str | None = None) -> None:
        """End a SEPA debit now (all of them, and all fees, when none is named); `failure`: it comes back unpaid."""
        given = {"payment_intent": payment_intent, "failure": failure}
        self.command("POST", "settle", **{name: value for name, value in given.items() if value is not None})

    def card_becomes(self, payment_method: str, number: str) -> None:
        """From now on this saved method behaves as another test card or account."""
        self.command("POST", "card", payment_method=payment_method, number=number)

    def settings(self, **changes: Any) -> None:
        """Change webhook_url, webhook_secret, events, fee_seconds, sepa_seconds or writes_per_second."""
        self.command("POST", "settings", **changes)

    def deliveries(self) -> list[dict[str, Any]]:
        """Deliveries not yet answered 2xx."""
        found: list[dict[str, Any]] = self.command("GET", "deliveries")
        return found

    def reset(self) -> None:
        """Forget everything."""
        self.command("POST", "reset")

    def pay(
        self,
        url: str,
        *,
        card: str | None = "4242 4242 4242 4242",
        iban: str | None = None,
        name: str = "Camille Martin",
        email: str = "camille@example.org",
        expiry: str = "12/40",
        code: str = "123",
        allow: bool | None = True,
    ) -> Visit:
        """Fill in the hosted page at `url` and go on until the shop is reached or the page answers.

        An authentication is allowed, refused (`allow=False`), or left open (`allow=None`).
        """
        first = self._browser.get(url, allow_redirects=False)
        if first.status_code != 200 or "<form" not in first.text:
            return Visit(first.status_code, url, first.text, [url])
        form: dict[str, str] = {"nom": name, "email": email}
        if iban is not None:
            form |= {"moyen": "prelevement", "iban": iban}
        else:
            form |= {"moyen": "carte", "numero": card or "", "expiration": expiry, "cvc": code}
        return self._follow("POST", url, form, allow)

    def _follow(self, method: str, url: str, form: dict[str, str] | None, allow: bool | None) -> Visit:
        steps: list[str] = []
        while True:
            steps.append(url)
            answer = self._browser.request(method, url, data=form, allow_redirects=False)
            if answer.status_code == 303:
                url, method, form = urljoin(url, answer.headers["Location"]), "GET", None
                if not url.startswith(f"{self.base}/"):
                    return Visit(303, url, "", [*steps, url])
            elif "/c/authentification/" in url and method == "GET" and allow is not None:
                method, form = "POST", {"reponse": "autoriser" if allow else "refuser"}
            else:
                return Visit(answer.status_code, url, answer.text, steps)
