"""The whole shop as the demo runs it, in real processes, in a folder of its own; each of them can be killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
import requests
from celery import Celery

from deploy.local import demo
from deploy.local.children import Child, spawn
from deploy.local.environment import PASSED_ON, Plan, plan
from deploy.local.places import Places, forget, prepare
from deploy.local.postgres import DATABASE, Address
from deploy.local.supervisor import Post, Supervisor, tail
from tests.machine.test_whole_demo import free_ports
from tests.sandbox.driver import Driver

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / ".boutique" / "tests"
PATIENCE = 60.0
GLANCE = 0.05  # between two looks at whether something has come true

WEB, WORKER, CLOCK, STRIPE, VALKEY, POSTGRES = "web", "worker", "clock", "stand-in for Stripe", "Valkey", "PostgreSQL"


class Late(AssertionError):
    """Something that had to come true did not, in its time."""


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Look until `true()` is, and return what it gave; raises Late, naming what was waited for."""
    end = time.monotonic() + patience
    while not (found := true()):
        if time.monotonic() > end:
            raise Late(f"not within {patience:.0f} s: {what}")
        time.sleep(GLANCE)
    return found


class Shop:
    """Use it in a `with` block from the main thread; `start` brings it up, leaving kills all of it and its folder.

    `given`: what a person would set in the shell. `migrated`: puts a migrated data folder in place, which saves seconds.
    """

    def __init__(
        self,
        home: Path,
        given: Mapping[str, str] | None = None,
        *,
        migrated: Callable[[Places], None] | None = None,
    ) -> None:
        self._migrated = migrated
        port, stripe, mailbox, smtp = free_ports(4)
        own = {"PORT": port, "STRIPE_PORT": stripe, "MAILBOX_PORT": mailbox, "SMTP_PORT": smtp}
        shell = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.given: dict[str, str] = shell | {name: str(number) for name, number in own.items()} | dict(given or {})
        self.home = home
        self.chosen: Plan = plan(self.given, home)
        self.kills = 0
        self._supervisor = Supervisor()  # not entered: this process keeps its own signals
        self._database: psycopg.Connection[Any] | None = None

    def __enter__(self) -> Self:
        self.places: Places = prepare(self.home)
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()
        for post in self._supervisor.posts:
            post.child.kill_group()
        forget(self.home)

    def close(self) -> None:
        """Hang up on the database."""
        if self._database is not None:
            self._database.close()

    # Starting

    def start(self) -> None:
        """Everything, in the demo's order; the shop answers when this returns."""
        self.start_servers()
        self.start_outside()
        self.start_all()

    def start_all(self) -> None:
        """Web server, worker and clock."""
        demo._start_shop(self._supervisor, self.environment, self.chosen, self.places)
        broker = self.environment["REDIS_URL"].replace("unix://", "redis+socket://", 1)
        self.bell = Celery("tests", broker=broker.replace("?db=", "?virtual_host=", 1), set_as_current=False)

    def start_servers(self) -> None:
        """PostgreSQL and Valkey, migrated and stocked."""
        if self._migrated is not None:
            self._migrated(self.places)
        self.environment = demo._start_servers(self._supervisor, self.given, self.chosen, self.places)
        self.environment["STATIC_ROOT"] = str(self._static())
        if self._migrated is None:
            self.manage("migrate", "--database=owner", "--no-input", "--verbosity=0")
        self.manage("load_demo", "--readers=0")

    def start_outside(self) -> None:
        """The stand-in for Stripe, and the mailbox unless letters go elsewhere."""
        demo._start_outside(self._supervisor, self.environment, self.given, self.chosen, self.places)
        self.till = Driver(self.chosen.stripe_url, self.environment["STRIPE_SECRET_KEY"])

    def start_process(self, name: str, *command: str) -> Child:
        """One more process of Python's in the shop's environment."""
        log = self.places.logs / f"{name}.log"
        line = [sys.executable, "-m", *command]
        return self._supervisor.start(
            lambda: spawn(name, line, log=log, env=self.environment, cwd=ROOT), rank=demo.SHOP
        )

    def _static(self) -> Path:
        """The static files, gathered once for all runs: compressing them takes seconds."""
        gathered = RUNS / f"static-{demo._static_mark()[:16]}"
        RUNS.mkdir(parents=True, exist_ok=True)
        with (RUNS / "static.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not gathered.exists():
                for old in RUNS.glob("static-*"):
                    shutil.rmtree(old, ignore_errors=True)
                making = gathered.with_name(f"making-{os.getpid()}")
                environment = {**self.environment, "STATIC_ROOT": str(making)}
                demo._manage(environment, self.places, "collectstatic", "--no-input", "--verbosity=0")
                making.rename(gathered)
        return gathered

    # Killing

    def kill(self, *names: str) -> None:
        """SIGKILL to these processes and all of their groups, at once."""
        if POSTGRES in names and self._database is not None:
            self._database.close()
        posts = [self._post(name) for name in names]
        for post in posts:
            post.child.process.kill()
        for post in posts:
            post.child.kill_group()
        self.kills += len(posts)

    def start_again(self, *names: str) -> None:
        """What the supervisor does for a child that has fallen."""
        for name in names:
            post = self._post(name)
            post.child = post.start()
        if WEB in names:
            until(self.answers, "the shop answers again")
        if STRIPE in names:
            until(lambda: _status(f"{self.chosen.stripe_url}/_control/") == 200, "the stand-in answers again")

    @contextlib.contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Meanwhile these processes do not run. They are asked to leave, so that nothing is left in their hands."""
        for name in names:
            self._post(name).child.stop(patience=PATIENCE)
        try:
            yield
        finally:
            self.start_again(*names)

    def raise_fallen(self) -> None:
        """Start again whoever ended by itself because another was killed."""
        for post in self._supervisor.posts:
            if not post.child.alive():
                post.child.kill_group()
                post.child = post.start()

    def answers(self) -> bool:
        """Whether the shop serves pages."""
        if not self._post(WEB).child.alive():
            raise AssertionError(tail(self._post(WEB).child, lines=30))
        return _status(f"{self.chosen.site_url}/readyz") == 200

    def pids(self, *names: str) -> list[int]:
        """Process ids of the children with these names; all children if none is named."""
        return [post.child.process.pid for post in self._supervisor.posts if not names or post.child.name in names]

    def _post(self, name: str) -> Post:
        return next(post for post in self._supervisor.posts if post.child.name == name)

    # Looking

    def ask(self, query: str, *values: Any) -> list[Any]:
        """Rows of the shop's database, as its superuser; a single column comes without its tuple."""
        if self._database is None or self._database.closed:
            url = Address(self.places.sockets).superuser_url.rpartition("/")[0] + f"/{DATABASE}"
            self._database = psycopg.connect(url, autocommit=True)
        cursor = self._database.execute(query, values)
        rows = cursor.fetchall() if cursor.description else []
        return [row[0] if len(row) == 1 else row for row in rows]

    def ring(self, *jobs: str) -> None:
        """Ask the worker for these jobs now instead of at the clock's next stroke."""
        for job in jobs:
            self.bell.send_task(job, expires=60, ignore_result=True)

    def let_pass(self, minutes: int) -> None:
        """Everything that waits for its time has waited so many minutes longer.

        A letter in hand counts only while the worker lies dead: taken from a living one it would leave twice.
        """
        in_hand = "'queued'" if self._post(WORKER).child.alive() else "'queued', 'sending'"
        longer = f"{minutes} minutes"
        for table, columns, waiting in (
            ("payments_stripeevent", ("next_attempt_at",), "state = 'stored'"),
            ("payments_payment", ("called_at", "looked_up_at", "state_since", "checkout_expires_at"), "is_open"),
            ("payments_refund", ("called_at", "state_since"), "state NOT IN ('succeeded', 'failed')"),
            ("subscriptions_notice", ("state_since", "due_at"), f"state IN ({in_hand})"),
        ):
            changes = ", ".join(f"{column} = {column} - %s::interval" for column in columns)
            self.ask(f"UPDATE {table} SET {changes} WHERE {waiting}", *[longer] * len(columns))

    def manage(self, *command: str) -> str:
        """What a management command printed; `Trouble` with its words if it failed."""
        return demo._manage(self.environment, self.places, *command)


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=10).status_code
    except requests.RequestException:
        return 0
