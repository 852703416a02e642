"""The one state everything in the stand-in shares: store, clock, settings, the lock, and what is planned for later."""

import heapq
import json
import secrets
import string
import threading
from collections.abc import Callable
from typing import Any

from stripe import api_version

from payments.sandbox.clock import Clock
from payments.sandbox.errors import missing
from payments.sandbox.rendering import rendered
from payments.sandbox.settings import Settings
from payments.sandbox.store import Obj, Store

# Bytes to letters and digits; the slight preference for the first eight of them does no harm in a name.
_LETTERS = (string.ascii_letters + string.digits).encode()
_TO_LETTERS = bytes(_LETTERS[byte % len(_LETTERS)] for byte in range(256))
EVENT_DAYS = 30


class World:
    """Held under `lock` while anything is read or changed. `doings` names what jobs do: name → function(world, id)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.lock = threading.RLock()
        self.doings: dict[str, Callable[[World, str], None]] = {}
        self.woken = threading.Event()
        self.request: Obj = {"id": None, "idempotency_key": None}
        self._open()

    def _open(self) -> None:
        self.store = Store(self.settings.store or None)
        self._due = [(job["due"], job["_seq"], job["id"]) for job in self.store.all("_job")]
        heapq.heapify(self._due)
        if kept := self.store.get("_clock", "clock"):
            self.clock.restore(kept)

    def new(self, kind: str, prefix: str, length: int = 24, /, **fields: Any) -> Obj:
        """A new object, kept, with id, kind, time of creation and mode."""
        reference = prefix + secrets.token_bytes(length).translate(_TO_LETTERS).decode()
        return self.store.add(
            {"id": reference, "object": kind, "created": self.clock.now(), "livemode": False, **fields}
        )

    def need(self, kind: str, reference: str, *, param: str = "id", status: int = 404) -> Obj:
        """The object, or Stripe's refusal: 404 when it is the path's, 400 when a parameter names it."""
        obj = self.store.get(kind, reference)
        if obj is None:
            raise missing(kind.replace(".", "_"), reference, param=param, status=status)
        return obj

    def change(self, obj: Obj, /, **fields: Any) -> Obj:
        """Set fields and keep them."""
        obj.update(fields)
        return self.store.save(obj)

    def emit(self, kind: str, obj: Obj, *, previous: Obj | None = None) -> None:
        """Tell an event: kept for 30 days, and due at the webhook if one is set up and hears this type."""
        data: Obj = {"object": rendered(obj)}
        if previous is not None:
            data["previous_attributes"] = previous
        heard = bool(self.settings.webhook_secret) and (
            not self.settings.events or "*" in self.settings.events or kind in self.settings.events
        )
        event = self.new(
            "event",
            "evt_1",
            23,
            api_version=api_version,
            type=kind,
            pending_webhooks=int(heard),
            request=dict(self.request),
            _data=json.dumps(data, ensure_ascii=False),
        )
        if heard:
            self.new("_delivery", "dlv_", 16, event=event["id"], type=kind, attempts=0, due=0.0)
            self.woken.set()

    def later(self, seconds: int, doing: str, target: str) -> None:
        """Do `doings[doing]` to `target` so many seconds from now, by the stand-in's clock."""
        self.at(self.clock.now() + seconds, doing, target)

    def at(self, due: int, doing: str, target: str) -> None:
        """Do it at that instant."""
        job = self.new("_job", "job_", 16, due=due, doing=doing, target=target)
        heapq.heappush(self._due, (due, job["_seq"], job["id"]))
        self.woken.set()

    def run_due(self) -> None:
        """Do everything whose time has come, in the order of the times."""
        while self._due and self._due[0][0] <= self.clock.now():
            self._run_first()
        self._forget_old_events()

    def run_now(self, doing: str, target: str) -> bool:
        """Do a planned thing before its time; False when none is planned."""
        for job in self.store.all("_job"):
            if job["doing"] == doing and job["target"] == target:
                self.store.remove(job)
                self.doings[doing](self, target)
                return True
        return False

    def travel(self, instant: int) -> None:
        """Move the clock, stopping at each planned thing on the way so that it happens at its own time."""
        while self._due and self._due[0][0] <= instant:
            if self._due[0][0] > self.clock.now():
                self.clock.set(self._due[0][0])
            self._run_first()
        self.clock.set(instant)
        self.keep_clock()
        self._forget_old_events()

    def keep_clock(self) -> None:
        """Keep the clock's state over a restart."""
        kept = self.store.get("_clock", "clock")
        state = {"object": "_clock", "id": "clock", **self.clock.state()}
        self.store.save({**kept, **state}) if kept else self.store.add(state)

    def next_due(self) -> int | None:
        """Seconds until the next planned thing; None when nothing is planned or the clock stands still."""
        return None if self.clock.frozen or not self._due else max(0, self._due[0][0] - self.clock.now())

    def forget(self) -> None:
        """Begin again with nothing, at the machine's time."""
        self.store.clear()
        self._due = []
        self.clock = Clock()

    def _run_first(self) -> None:
        _, _, reference = heapq.heappop(self._due)
        if job := self.store.get("_job", reference):
            self.store.remove(job)
            self.doings[job["doing"]](self, job["target"])

    def _forget_old_events(self) -> None:
        limit = self.clock.now() - EVENT_DAYS * 86_400
        while (oldest := self.store.first("event", 1)) and oldest[0]["created"] < limit:
            event = oldest[0]
            for delivery in list(self.store.newest("_delivery", event=event["id"])):
                self.store.remove(delivery)
            self.store.remove(event)
