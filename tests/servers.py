"""Early pytest plugin: the servers a test run needs, and the environment that Django's settings read.

The tests run as the application's role on a real PostgreSQL and a real Valkey. The process that was called (the
controller, with xdist) starts both once, in a folder of its own; each worker gets its own database, copied from one that
was migrated as the owner, and its own Valkey database. `TEST_DATABASE_SUPERUSER_URL` and `TEST_REDIS_URL` put servers
given by URL in their place; DATABASE_URL and REDIS_URL of the person's shell are never looked at, so that no test can
reach a shop that serves.

Loaded by `-p`, before pytest-django reads the settings.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import conninfo, sql

from deploy.local.places import forget, forget_abandoned, prepare
from deploy.local.postgres import APPLICATION, OWNER, Address, Postgres, start_postgres
from deploy.local.trouble import Trouble
from deploy.local.valkey import Valkey, start_valkey
from tests import template

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / ".boutique" / "tests"
SUPERUSER_VARIABLE = "TEST_DATABASE_SUPERUSER_URL"
REDIS_VARIABLE = "TEST_REDIS_URL"
VALKEY_DATABASES = 16
# What xdist's workers must know of the controller's servers.
SUPERUSER_HERE = "BOUTIQUE_TEST_SUPERUSER"
REDIS_HERE = "BOUTIQUE_TEST_REDIS"
PASSWORD = "boutique-tests"

SETTINGS = {
    "SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "SITE_URL": "http://testserver",
    "STRIPE_API_BASE": "http://localhost:8010",
    "STRIPE_CHECKOUT_ORIGIN": "http://localhost:8010",
    "STRIPE_SECRET_KEY": "sk_test_boutique_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_boutique_tests",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "Boutique ActuIA <abonnements@actuia.example>",
    "PUBLISHER_FILE": str(ROOT / "deploy" / "publisher.toml"),
    "DEBUG": "0",
    "DEMO": "0",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's loop runs in the main thread; nothing of the shop is async
}
FOREIGN = (
    "ALLOWED_HOSTS", "SENTRY_DSN", "HEARTBEAT_URL", "TRUSTED_PROXIES", "DELIVERY_COUNTRIES", "STATIC_ROOT", "ESCROW_FOLDER",
    "ESCROW_CERTIFICATES", "ESCROW_KEEP", "ESCROW_REHEARSAL_KEY", "HAND_OVER_FOLDER", "SFTP_SECRETS",
)  # fmt: skip


class Servers:
    """The servers of one run, started when first needed, in the process that was called."""

    def __init__(self) -> None:
        self.home = RUNS / f"run-{os.getpid()}"
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.migrated = False

    def lay_out(self) -> None:
        """Say where the servers will be, without starting them; a folder left by a killed run is removed."""
        superuser, cache = os.environ.get(SUPERUSER_VARIABLE), os.environ.get(REDIS_VARIABLE)
        if not (superuser and cache):
            RUNS.mkdir(parents=True, exist_ok=True)
            with (RUNS / "runs.lock").open("w") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                self._forget_dead_runs()
                self.places = prepare(self.home)
                self.lock = (self.home / "lock").open("w")
                fcntl.flock(self.lock, fcntl.LOCK_EX)
        os.environ[SUPERUSER_HERE] = superuser or Address(self.places.sockets).superuser_url
        os.environ[REDIS_HERE] = cache or f"unix://{quote(str(self.places.sockets / 'valkey.sock'))}"

    def start_cache(self) -> None:
        """Start Valkey unless one was given."""
        if self.valkey is None and not os.environ.get(REDIS_VARIABLE):
            self.valkey = start_valkey(self.places, keep=False, databases=VALKEY_DATABASES)

    def start_database(self, *, anew: bool = False) -> None:
        """Have a migrated template on a running PostgreSQL; `anew` migrates even if a template lies ready."""
        if self.migrated:
            return
        if os.environ.get(SUPERUSER_VARIABLE):
            template.build(os.environ[SUPERUSER_HERE], environment_of(template.NAME))
        else:
            template.fetch(RUNS, self.places, environment_of(template.NAME), anew=anew)
            self.postgres = start_postgres(self.places, fsync=False)
        self.migrated = True

    def stop(self) -> None:
        if self.postgres is not None:
            self.postgres.stop(patience=5)
        if self.valkey is not None:
            self.valkey.stop()
        if hasattr(self, "places"):
            self.lock.close()
            forget(self.home)

    def _forget_dead_runs(self) -> None:
        for home in RUNS.glob("run-*"):
            try:
                with (home / "lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, FileNotFoundError):
                continue
            forget(home)
        forget_abandoned()


def worker_id() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def database_name() -> str:
    """The database of this process: `boutique_main`, `boutique_gw0`…"""
    return f"boutique_{worker_id()}"


def url_for(role: str, database: str) -> str:
    """A URL on the run's PostgreSQL for one of the two roles, or for the superuser by the empty name."""
    superuser = os.environ[SUPERUSER_HERE]
    parts = conninfo.conninfo_to_dict(superuser)
    host, user = str(parts.get("host", "")), role or str(parts["user"])
    secret = str(parts.get("password", "")) if not role else (PASSWORD if "password" in parts else "")
    place = quote(host, safe="") + (f":{parts['port']}" if "port" in parts else "")
    return f"postgresql://{user}{':' + secret if secret else ''}@{place}/{database}"


def superuser_url() -> str:
    """The superuser in this process's database: for flushing, and for tests that tamper with evidence."""
    return url_for("", database_name())


def superuser_parts() -> dict[str, str]:
    """The same as Django wants it, for a test whose own connection plants what no role of the shop may."""
    parts = conninfo.conninfo_to_dict(superuser_url())
    return {"USER": str(parts.get("user", "")), "PASSWORD": str(parts.get("password", ""))}


def environment_of(database: str) -> dict[str, str]:
    """What the settings read when they are to use `database`."""
    number = 0 if worker_id() == "main" else 1 + int(worker_id().removeprefix("gw")) % (VALKEY_DATABASES - 1)
    cache = os.environ[REDIS_HERE]
    return SETTINGS | {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "DATABASE_URL": url_for(APPLICATION, database),
        "DATABASE_OWNER_URL": url_for(OWNER, database),
        "REDIS_URL": f"{cache}?db={number}" if cache.startswith("unix:") else f"{cache.rstrip('/')}/{number}",
    }


def create_database() -> None:
    """Copy the migrated template to this process's own database."""
    name, owner = sql.Identifier(database_name()), sql.Identifier(OWNER)
    with psycopg.connect(os.environ[SUPERUSER_HERE], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(name, sql.Identifier(template.NAME), owner)
        )


def drop_database() -> None:
    """Remove this process's own database, whoever is still connected."""
    with psycopg.connect(os.environ[SUPERUSER_HERE], autocommit=True) as connection:
        name = sql.Identifier(database_name())
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


SERVERS = Servers()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    if worker_id() == "main":
        try:
            SERVERS.lay_out()
        except Trouble as trouble:
            raise pytest.UsageError(str(trouble)) from trouble
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(environment_of(database_name()))
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    # Runs before xdist starts its workers. Alone, the database waits until a test asks for it.
    if worker_id() != "main" or session.config.option.collectonly:
        return
    try:
        SERVERS.start_cache()
        if session.config.getoption("numprocesses", None):
            SERVERS.start_database(anew=session.config.getoption("create_db", False))
    except Trouble as trouble:
        raise pytest.UsageError(str(trouble)) from trouble


def pytest_unconfigure() -> None:
    if worker_id() == "main":
        SERVERS.stop()
