"""People of the team at the desks, as their browser is them: both factors, and every act in its two steps."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from payments.actors import Actor, staff
from tests.backoffice.colleagues import Colleague, hire, seal_of
from tests.simulation.browser import TurnedAway

if TYPE_CHECKING:
    from tests.simulation.shop import Shop

#: A session at the desks lasts twelve hours; whoever comes back the same day is still inside.
INSIDE_FOR = timedelta(hours=11)
_ERRORS = re.compile(r'class="error[^>]*>(.*?)</', re.DOTALL)


class AtDesk:
    """One of the team."""

    def __init__(self, shop: Shop, role: str, number: int) -> None:
        self.shop = shop
        self._colleague: Colleague = hire(role, email=f"{role}{number}@equipe.example")
        self._since: datetime | None = None
        self._address = f"2001:db8:ffff::{number}"

    @property
    def actor(self) -> Actor:
        """As steps and acts name them."""
        return staff(self._colleague.user)

    def come_in(self) -> None:
        """Sign in, unless they are inside. Raises TurnedAway."""
        now = self.shop.clock.now
        if self._since is not None and now - self._since < INSIDE_FOR:
            return
        browser = Client(headers={"x-forwarded-for": self._address, "user-agent": "simulation"})
        answer: Any = self._colleague.sign_in(browser)
        if answer.status_code != 302:
            raise TurnedAway(f"{answer.status_code} at the door of the desks")
        self._since = now

    def sees(self, name: str, /, *args: Any, **query: Any) -> Any:
        """A page, which must be there."""
        answer: Any = self._colleague.see(name, *args, **query)
        if answer.status_code != 200:
            self._since = None
            raise TurnedAway(f"{answer.status_code} at {name}")
        return answer

    def does(self, name: str, key: int, /, **typed: Any) -> bool:
        """An act in its two steps; False where it cannot be done now, which the page says."""
        answer: Any = self._colleague.act(name, key, **typed)
        if answer.status_code in (409, 422):
            self.shop.journal.write(self.shop.clock.now, "finance", f"cannot {name} {key}")
            return False
        if answer.status_code != 302:
            self._since = None
            raise TurnedAway(f"{answer.status_code} at {name}")
        return True

    def hands_in(self, name: str, file: str, body: bytes, /, **typed: Any) -> str:
        """A file at a page that shows first what would be done, and does it by a second step; why not, or ""."""
        given = {"file": SimpleUploadedFile(file, body), **typed}
        shown: Any = self._colleague.browser.post(reverse(name), given)
        if shown.status_code == 422:
            return said_no(shown) or "refused"
        if shown.status_code != 200:
            self._since = None
            raise TurnedAway(f"{shown.status_code} at {name}")
        answer = self._colleague.browser.post(reverse(name), {"step": "let_in", "seal": seal_of(shown)})
        return "" if answer.status_code == 302 else f"{answer.status_code}"

    def saves(self, name: str, /, **typed: Any) -> None:
        """A form of one step."""
        answer = self._colleague.browser.post(reverse(name), typed)
        if answer.status_code != 302:
            raise TurnedAway(f"{answer.status_code} at {name}: {said_no(answer)}")


def said_no(answer: Any) -> str:
    """The sentences of a page that refuses, as far as they are marked as such."""
    return html.unescape(" ".join(" ".join(_ERRORS.findall(answer.content.decode())).split()))
