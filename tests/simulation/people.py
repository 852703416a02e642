"""Readers: a browser, a mailbox, a way to pay, and a life drawn from the seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from shop.demo.people import AUTOMATIC, Person
from subscriptions.models import Subscription
from tests.simulation.browser import Browser, TurnedAway, fields
from tests.simulation.post import Taken
from tests.simulation.registry import ACTS, ANSWERS
from tests.simulation.shop import Shop, Story
from tests.simulation.till import ACCOUNT, ASKS_THE_BANK, CARTE_BANCAIRE, MASTERCARD, VISA, Means

LINK = re.compile(r"https?://[^\s<>\")]+")
CODE = re.compile(r"^\s*([A-Z0-9-]{6,12})\s*$", re.M)
ORDER, SIGN_IN, SIGN_IN_CODE = "/abonnement/", "/compte/connexion/", "/compte/connexion/code/"
MEANS = (VISA, VISA, VISA, CARTE_BANCAIRE, CARTE_BANCAIRE, MASTERCARD, MASTERCARD, ACCOUNT, ACCOUNT, ASKS_THE_BANK)


class Reader:
    """One reader. `years`: how many years of a subscription were drawn so far."""

    def __init__(self, shop: Shop, person: Person) -> None:
        self.shop, self.person, self.number = shop, person, person.number
        self.chance = shop.plan.chance("reader", person.number)
        self.means: Means = self.chance.choice(MEANS)
        self.browser = Browser(person.number)
        self.mailbox: list[Taken] = []
        self.years = 0
        self.answered: set[tuple[str, str]] = set()

    @property
    def name(self) -> str:
        """As the journal says it."""
        return f"reader {self.number}"

    @property
    def email(self) -> str:
        """Where letters go."""
        return self.person.email.lower()

    @property
    def wants_automatic(self) -> bool:
        """Whether they choose automatic renewal when they buy."""
        return self.person.renewal == AUTOMATIC

    def subscription(self) -> Subscription | None:
        """Their newest one."""
        return (
            Subscription.objects.select_related("saved_method", "recipient__address", "payer")
            .filter(payer__email=self.email)
            .order_by("-pk")
            .first()
        )

    def living(self) -> Subscription:
        """Their newest one, which must still run. Raises TurnedAway."""
        found = self.subscription()
        if found is None or found.state not in (Subscription.State.ACTIVE, Subscription.State.GRACE):
            raise TurnedAway("has no subscription that runs")
        return found

    # --- a life ---

    def begin_year(self, ago: timedelta = timedelta(0)) -> None:
        """Draw what happens in the year that begins now, or began some time `ago`, and the drawing of the year after it."""
        self.years += 1
        begun = self.shop.clock.now - ago
        for act in ACTS:
            chance = self.shop.plan.chance("act", act.name, self.number, self.years)
            after = act.when(self.shop, self, chance) if chance.random() < act.weight else None
            if after is not None and after > ago:
                self.tell(act.name, lambda tale=act.tale: tale(self.shop, self), after=after - ago)  # type: ignore[misc]
        self.shop.agenda.add(begun + timedelta(days=365), self.begin_year)

    def tell(self, what: str, story: Callable[[], Story], *, after: timedelta) -> None:
        """Begin a story of theirs some time from now."""
        self.shop.tell(self.name, what, story, at=self.shop.clock.now + after)

    def gets(self, letter: Taken) -> None:
        """A letter arrives; links in it may be followed in the days after."""
        self.mailbox.append(letter)
        for url in LINK.findall(letter.text):
            path = urlsplit(url).path
            for answer in ANSWERS:
                mark = (letter.message_id, answer.name)
                if not path.startswith(answer.link) or mark in self.answered:
                    continue
                self.answered.add(mark)
                if self.chance.random() < answer.weight:
                    after = timedelta(hours=self.chance.uniform(0.5, 60))
                    self.tell(answer.name, lambda tale=answer.tale, url=url: tale(self.shop, self, url), after=after)  # type: ignore[misc]

    # --- what they do with pages ---

    def pays(self, url: str, *, means: Means | None = None, allow: bool = True) -> None:
        """Fill in Stripe's page at `url` and come back, or stay away where that page was the shop's own."""
        if not url.startswith("https://checkout"):
            self.browser.get(url, expect=(200, 303, 302))
            raise TurnedAway("no payment page yet")
        back = self.shop.till.fill_in(
            url, means=means or self.means, name=self.person.name, email=self.email, allow=allow
        )
        if not back:
            raise TurnedAway("the payment page said no")
        if self.chance.random() < 0.85:  # else the window is closed, and the webhook says it
            self.browser.get(back, expect=(200, 302, 303))

    def orders(self, path: str, typed: dict[str, str], *, at: str = ORDER) -> str:
        """Fill in the order page at `path`, sent to `at`; where it leads. Raises TurnedAway with its sentences."""
        page = self.browser.get(path)
        for _try in range(4):
            answer = self.browser.post(at, fields(page) | typed | {"terms": "on", "place": "1"}, expect=(200, 303))
            if answer.status_code == 303:
                return str(answer.url)
            page = answer
        raise TurnedAway("the order page did not take it")

    def signs_in(self) -> None:
        """By the code of a letter. Raises TurnedAway when none comes."""
        if self.browser.client.get("/compte/").status_code == 200:
            return
        self.opens_account(SIGN_IN)

    def opens_account(self, path: str) -> None:
        """Write the address on the page at `path`, and enter the code that comes. Raises TurnedAway when none does."""
        before = len(self.mailbox)
        self.browser.post(path, {"email": self.email}, expect=(302, 303))
        self.shop.soon()
        for letter in reversed(self.mailbox[before:]):
            if found := CODE.search(letter.text):
                self.browser.post(SIGN_IN_CODE, {"code": found[1]}, expect=(302, 303))
                return
        raise TurnedAway("no code came")

    def account(self, *rooms: Any) -> str:
        """A path of the account of their subscription."""
        return f"/compte/abonnements/{self.living().pk}/" + "".join(f"{room}/" for room in rooms)
