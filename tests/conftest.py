"""Fixtures that every test may use. The servers themselves are started by `tests.servers`.

`db`, `transactional_db` and `live_server` are pytest-django's own, on this process's copy of the migrated database, as
the application's role. After a test with real transactions everything is put back as the migrations left it, evidence
included, by a superuser: the application cannot, and must not, empty those tables.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import django.db
import django.test
import psycopg
import pytest
import redis
import time_machine
from django.conf import settings

from shop.storefront.kept import KEEPER
from tests import servers, template

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # CI runs as root, where Chromium's sandbox refuses to start
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_configure(config: pytest.Config) -> None:
    """Static files by their own names: hashed ones come from `collectstatic`, which a fresh clone has not run."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Generator[None, None, None]:
    """This process's own database, copied from the migrated one, in the place of pytest-django's."""
    if servers.worker_id() == "main":
        servers.SERVERS.start_database(anew=request.config.getoption("create_db"))
    servers.create_database()
    yield
    with django_db_blocker.unblock():
        django.db.connections.close_all()
    servers.drop_database()


def _put_back(self: django.test.TransactionTestCase) -> None:
    template.restore(servers.superuser_url())


django.test.TransactionTestCase._fixture_teardown = _put_back  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Coordinates | None]:
    """Monday 23 November 2026, 10:00 in Paris, with the clock running: the day that `tests.makers` is made for.

    It holds for every thread of this process, so for the live server and the stand-in too; not for another process, nor
    for Valkey. Stories whose processes tell each other the time keep the machine's (`machine_clock`).
    """
    if request.node.get_closest_marker("machine_clock"):
        yield None
        return
    from tests.makers import NOW  # needs Django's models, which are not there yet while this file is read

    with time_machine.travel(NOW, tick=True) as travel:
        yield travel


@pytest.fixture(autouse=True)
def empty_cache(_valkey: redis.Redis) -> None:
    """Each test begins with an empty Valkey and nothing kept: no rate limit, code or page of another test."""
    _valkey.flushdb()
    KEEPER.forget()


@pytest.fixture(scope="session")
def _valkey() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def superuser(db: None) -> Iterator[psycopg.Connection]:
    """A superuser's own connection to the test's database, for what no role of the shop may do. Commits at once.

    It sees what is committed only: combine it with `transactional_db`.
    """
    with psycopg.connect(servers.superuser_url(), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def base_url() -> str:
    """Tests say whole addresses. Stands in the place of pytest-base-url's own, which pytest 9 warns about."""
    return ""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium instead of one that Playwright would download."""
    return browser_type_launch_args | {"executable_path": str(CHROMIUM), "args": CHROMIUM_ARGUMENTS}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CHROMIUM.exists():
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    if left_out:
        config.stash[LEFT_OUT] = len(left_out)
        items[:] = [item for item in items if not item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    # With xdist the controller collects nothing: it looks at what is there and says it all the same.
    if config.stash.get(LEFT_OUT, 0) or (config.getoption("numprocesses", None) and not CHROMIUM.exists()):
        terminalreporter.write_line(
            f"BROWSER TESTS LEFT OUT: {CHROMIUM} is not installed (Debian: apt-get install chromium).",
            red=True,
            bold=True,
        )


LEFT_OUT = pytest.StashKey[int]()
