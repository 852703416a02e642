"""Delivering events: signed at each try, in background threads, again with a growing pause, over restarts.

At least once: a delivery is taken off only after a 2xx answer has been written down, so a kill in between repeats it.
The world's lock is never held while the shop is being called, because the shop asks back before it answers.
"""

import http.client
import threading
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from stripe import WebhookSignature

from payments.sandbox import misbehaviour
from payments.sandbox.rendering import dumped, rendered
from payments.sandbox.store import Obj
from payments.sandbox.world import World

Post = Callable[[bytes, dict[str, str]], int]
PAUSES = (1, 2, 5, 10, 30, 60, 300, 900, 3600)  # seconds of the machine's clock
GIVEN_UP_AFTER = 3 * 86_400
TIMEOUT = 20
THREADS = 4
BATCH = 500


class Deliverer:
    """Takes due deliveries and posts them. `start` runs it in the background; `deliver` does one round at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._busy: set[str] = set()
        self._noted = threading.Condition(world.lock)
        self._stopped = False
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begin delivering, and doing what is planned, by itself."""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        threading.Thread(target=self._run, name="stand-in clockwork", daemon=True).start()

    def stop(self) -> None:
        """Let the running deliveries end and begin no other."""
        self._stopped = True
        self._world.woken.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def deliver(self, post: Post) -> int:
        """Post once what waits, due or not, in order, in this thread; returns how many were answered 2xx."""
        tried: set[str] = set()
        delivered = 0
        while taken := self._take(everything=True, many=BATCH, but=tried):
            tried.update(delivery["id"] for delivery in taken)
            delivered += sum(self._attempt(delivery, post) for delivery in taken)
        return delivered

    def wait(self, seconds: float = 10) -> bool:
        """Wait until the background has tried everything that is due and written down the answers; False if too long."""
        with self._noted:
            return self._noted.wait_for(
                lambda: not self._busy and all(one["due"] > time.time() for one in self._waiting()), seconds
            )

    def release(self) -> None:
        """Let go of what rules held back; called under the world's lock."""
        for delivery in self._world.store.all("_delivery"):
            if delivery.get("held"):
                self._world.change(delivery, held=None)
        self._world.woken.set()

    def _run(self) -> None:
        while not self._stopped:
            self._world.woken.clear()
            with self._world.lock:
                self._world.run_due()
                self._world.store.commit()
            for delivery in self._take(everything=False, many=max(0, THREADS - len(self._busy))):
                if self._pool is not None and not self._stopped:
                    self._pool.submit(self._send, delivery)
            self._world.woken.wait(self._pause())

    def _send(self, delivery: Obj) -> None:
        self._attempt(delivery, self._post)
        self._world.woken.set()

    def _pause(self) -> float | None:
        """Seconds until something is due; None when only news can bring work."""
        with self._world.lock:
            pauses: list[float] = []
            if self._world.settings.webhook_url and len(self._busy) < THREADS:
                pauses += [max(0.01, delivery["due"] - time.time()) for delivery in self._waiting()]
            if (next_due := self._world.next_due()) is not None:
                pauses.append(max(0.01, float(next_due)))
        return min(pauses, default=None)

    def _waiting(self) -> list[Obj]:
        return [
            one
            for one in self._world.store.all("_delivery")
            if one["id"] not in self._busy and not one.get("held") and not one.get("dropped")
        ]

    def _take(self, *, everything: bool, many: int, but: AbstractSet[str] = frozenset()) -> list[Obj]:
        with self._world.lock:
            if not everything and not self._world.settings.webhook_url:
                return []
            for delivery in self._waiting():
                if "seen" not in delivery:
                    self._misbehave(self._world.change(delivery, seen=True))
            ready = [one for one in self._waiting() if everything or one["due"] <= time.time()]
            ready = [one for one in ready if one["id"] not in but]
            ready.sort(key=lambda one: int(one.get("rank") or one["_seq"]))
            taken = ready[:many]
            self._busy.update(one["id"] for one in taken)
            self._world.store.commit()
            return taken

    def _misbehave(self, delivery: Obj) -> None:
        rule = misbehaviour.take_webhook(self._world, delivery["type"])
        if rule is None:
            return
        if rule["action"] == "drop":
            self._world.change(delivery, dropped=True)
        elif rule["action"] == "double":
            twin = {name: delivery[name] for name in ("event", "type", "attempts", "due")}
            self._world.new("_delivery", "dlv_", 16, **twin, seen=True)
        elif rule["action"] == "hold":
            self._world.change(delivery, held="hold")
        else:
            self._world.change(delivery, held="reorder")
            if rule["left"] <= 0:
                held = [one for one in self._world.store.all("_delivery") if one.get("held") == "reorder"]
                ranks = sorted(one["_seq"] for one in held)
                for one, rank in zip(reversed(held), ranks, strict=True):
                    self._world.change(one, held=None, rank=rank)

    def _attempt(self, delivery: Obj, post: Post) -> bool:
        with self._world.lock:
            event = self._world.store.get("event", delivery["event"])
            body = dumped(rendered(event)) if event else b""
            secret = self._world.settings.webhook_secret
        status = 0
        if event is not None:
            stamp = WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()))
            headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": stamp}
            status = post(body, {**headers, "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"})
        with self._world.lock:
            self._busy.discard(delivery["id"])
            self._note(delivery, event, status)
            self._world.store.commit()
            self._noted.notify_all()
        return 200 <= status < 300

    def _note(self, delivery: Obj, event: Obj | None, status: int) -> None:
        store = self._world.store
        if store.get("_delivery", delivery["id"]) is None:
            return
        if event is None or 200 <= status < 300:
            store.remove(delivery)
            if event is not None and not list(store.newest("_delivery", event=event["id"])):
                self._world.change(event, pending_webhooks=0)
            return
        attempts = delivery["attempts"] + 1
        pause = PAUSES[min(attempts, len(PAUSES)) - 1]
        self._world.change(delivery, attempts=attempts, due=time.time() + pause, status=status)
        if event["created"] < self._world.clock.now() - GIVEN_UP_AFTER:
            self._world.change(delivery, dropped=True)

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        """The status of one POST, 0 when nobody answered."""
        url = urlsplit(self._world.settings.webhook_url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(url.hostname or "", url.port, timeout=TIMEOUT)
            try:
                connection.request("POST", url.path + (f"?{url.query}" if url.query else ""), body, headers)
                return connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException):
            return 0
