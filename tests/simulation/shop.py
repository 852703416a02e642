"""The shop in a simulation: its clock, agenda, till, post, readers and journal, and what everybody may do with them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.test import Client

from tests.simulation.agenda import Agenda
from tests.simulation.bank import Bank
from tests.simulation.browser import TurnedAway
from tests.simulation.clock import Clock
from tests.simulation.journal import Journal
from tests.simulation.kills import Killed, Reaper
from tests.simulation.plan import Plan
from tests.simulation.post import Post
from tests.simulation.tables import Tables
from tests.simulation.till import NoAnswer, Till

if TYPE_CHECKING:
    from tests.simulation.desks import AtDesk
    from tests.simulation.people import Reader
    from tests.simulation.timetable import Timetable

#: A story of a reader, the staff or the world: every `yield` names the instant at which it goes on.
Story = Iterator[datetime]
WEBHOOK = "/webhooks/stripe/"
TRIES = 3


class Shop:
    """Everything that a story needs. What goes wrong for a while says until when."""

    timetable: Timetable

    def __init__(self, plan: Plan, clock: Clock, till: Till, post: Post, reaper: Reaper) -> None:
        self.plan, self.clock, self.till, self.post, self.reaper = plan, clock, till, post, reaper
        self.agenda, self.journal = Agenda(), Journal()
        self.tables = Tables()
        self.bank = Bank(plan)
        #: Two people of finance, and what each month left unexplained when one of them signed it.
        self.finance: list[AtDesk] = []
        self.remainders: dict[str, Decimal] = {}
        self.readers: list[Reader] = []
        self.by_email: dict[str, Reader] = {}
        self.failures: list[str] = []
        self.kills = 0
        self.stopped_until = self.down_until = self.two_clocks_until = self.valkey_lost_until = clock.now
        till.down = lambda: clock.now < self.down_until
        #: Until when what went wrong needs time to be caught up.
        self.unsettled_until = clock.now
        self._stripe = Client(headers={"user-agent": "Stripe/1.0"})
        post.delivered = self._arrives

    @property
    def stopped(self) -> bool:
        """Whether no job runs."""
        return self.clock.now < self.stopped_until

    @property
    def two_clocks(self) -> bool:
        """Whether each job rings twice."""
        return self.clock.now < self.two_clocks_until

    @property
    def valkey_lost(self) -> bool:
        """Whether the allowance is shut."""
        return self.clock.now < self.valkey_lost_until

    # --- time ---

    def go_to(self, instant: datetime) -> None:
        """Move everybody's clock; what Stripe had planned on the way happens. An instant that is over is no move."""
        if instant > self.clock.now:
            self.till.travel(int(instant.timestamp()))
            self.clock.move(instant)
            self.till.arrive(int(instant.timestamp()))

    def until(self, end: datetime) -> Iterator[int]:
        """Do what is written in the agenda up to `end`, yielding the number of each step before it is done."""
        while (entry := self.agenda.next(until=end)) is not None:
            self.journal.step += 1
            yield self.journal.step
            self.go_to(entry.at)
            if entry.what:
                self.journal.write(self.clock.now, entry.who, entry.what)
            entry.go()
        self.go_to(end)

    # --- stories ---

    def tell(self, who: str, what: str, story: Callable[[], Story], *, at: datetime, tries: int = TRIES) -> None:
        """Begin a story at an instant. Turned away or killed, it is begun anew some time later, `tries` times in all."""
        self.agenda.add(at, lambda: self._begin(who, what, story, tries), who=who, what=what)

    def _begin(self, who: str, what: str, story: Callable[[], Story], tries: int) -> None:
        self._go_on(who, what, story, story(), tries)

    def _go_on(self, who: str, what: str, again: Callable[[], Story], story: Story, tries: int) -> None:
        try:
            with self.reaper.watched():
                pause = next(story, None)
        except Killed as killed:
            self.killed(f"web: {killed}")
            self._once_more(who, what, again, tries, timedelta(minutes=6))
        except (TurnedAway, NoAnswer) as trouble:
            self.journal.write(self.clock.now, who, f"turned away: {trouble}")
            self._once_more(who, what, again, tries, timedelta(hours=7))
        except Exception as trouble:
            self.failed(f"{who}: {what}", trouble, alarm=False)
        else:
            if pause is not None:
                self.agenda.add(pause, lambda: self._go_on(who, what, again, story, tries))
        self.timetable.stirred()

    def _once_more(self, who: str, what: str, story: Callable[[], Story], tries: int, pause: timedelta) -> None:
        if tries > 1:
            self.tell(who, f"{what}, once more", story, at=self.clock.now + pause, tries=tries - 1)

    # --- what goes wrong ---

    def killed(self, where: str) -> None:
        """A process has died: its connection is gone."""
        self.kills += 1
        connection.close()
        self.post.sender_died(at=self.clock.now)
        self.journal.write(self.clock.now, "killed", where)
        self.unsettle(timedelta(days=1))
        self.timetable.stirred()

    def failed(self, where: str, trouble: BaseException, *, alarm: bool) -> None:
        """A job has raised. What it raises while Stripe is silent is its alarm; anything else is a finding."""
        last = traceback.extract_tb(trouble.__traceback__)[-1]
        place = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
        sentence = f"{where} raised {type(trouble).__name__} at {place}: {trouble}"[:300]
        self.journal.write(self.clock.now, "job", sentence)
        if not alarm:
            self.failures.append(f"{self.clock.now:%Y-%m-%d %H:%M} step {self.journal.step} {sentence}")

    def unsettle(self, pause: timedelta) -> None:
        """Give the shop at least so much time before it is judged."""
        self.unsettled_until = max(self.unsettled_until, self.clock.now + pause)

    # --- what comes in ---

    def hear(self) -> bool:
        """Stripe brings its webhooks to the shop's door; whether it took one."""

        def knock(body: bytes, headers: dict[str, str]) -> int:
            try:
                with self.reaper.watched():
                    return self._stripe.post(
                        WEBHOOK,
                        body,
                        content_type="application/json",
                        headers={"stripe-signature": headers["Stripe-Signature"]},
                    ).status_code
            except Killed as killed:
                self.killed(f"webhook: {killed}")
                return 0

        return self.till.deliver(knock) > 0

    def _arrives(self, letter: Any) -> None:
        if letter.to in self.by_email:
            self.by_email[letter.to].gets(letter)

    def soon(self) -> None:
        """What the bell wakes: letters leave now."""
        if not self.stopped:
            for job in self.timetable.often:
                if job.name == "letters":
                    self.timetable.run(job)
