"""The database every test database is copied from: migrated as the owner, with a way to put it back as it was.

Migrating takes seconds and the tables change rarely, so the migrated data folder is kept under a key made of everything
that shapes it: the migrations and what they import, models, settings, roles, locks. `--create-db` makes it anew.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psycopg

from deploy.local.places import Places, forget, prepare
from deploy.local.postgres import APPLICATION, OWNER, Address, provide_database, start_postgres
from deploy.local.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
NAME = "boutique"
FLOORS = ("payments", "subscriptions", "shop", "tasks")
KEPT = 2

# Two functions and a copy of what migrations put in. Triggers that refuse even the owner rest while the session of a
# superuser says "replica"; foreign keys do too, so the order of tables does not matter.
FLUSH = """
CREATE SCHEMA seed;
DO $$
DECLARE t record; filled boolean;
BEGIN
    FOR t IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.name) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', t.name, t.name); END IF;
    END LOOP;
END $$;
CREATE FUNCTION seed.restore() RETURNS void LANGUAGE plpgsql
    SET session_replication_role = replica SET lock_timeout = '10s' SET client_min_messages = warning AS $$
DECLARE t record; filled boolean; columns text;
BEGIN
    FOR t IN SELECT tablename AS name, to_regclass(format('seed.%I', tablename)) AS kept
             FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t.name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM public.%I', t.name); END IF;
        IF t.kept IS NOT NULL THEN
            SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
                WHERE attrelid = format('public.%I', t.name)::regclass
                    AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
            EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s',
                           t.name, columns, columns, t.kept);
        END IF;
    END LOOP;
END $$;
"""


def restore(superuser_url: str) -> None:
    """Put the database of `superuser_url` back to what the migrations left, evidence included."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT seed.restore()")


def counted(superuser_url: str) -> list[tuple[str, int, bool]]:
    """How far each sequence has counted: to be given to `count_on_from` after a `restore`, which leaves them alone."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        return connection.execute(
            "SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL"
            " FROM pg_sequences"
        ).fetchall()


def count_on_from(sequences: list[tuple[str, int, bool]], superuser_url: str) -> None:
    """Rows get the primary keys again that they got from there on."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for sequence in sequences:
            connection.execute("SELECT setval(%s, %s, %s)", sequence)


def build(superuser_url: str, environment: dict[str, str]) -> None:
    """Make the template on the server of `superuser_url`, in place of an older one."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
    provide_database(superuser_url, NAME)
    if password := psycopg.conninfo.conninfo_to_dict(environment["DATABASE_URL"]).get("password"):
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            for role in (OWNER, APPLICATION):
                connection.execute(f"ALTER ROLE {role} PASSWORD '{password}'")
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--database=owner", "--no-input", "--verbosity=0", "--skip-checks"],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"The migrations failed:\n{done.stdout[-4000:]}")
    with psycopg.connect(superuser_url, dbname=NAME, autocommit=True) as connection:
        connection.execute(FLUSH)


def fetch(store: Path, places: Places, environment: dict[str, str], *, anew: bool) -> None:
    """Put a migrated data folder into `places`, from the one kept in `store` or made now. No server runs there yet."""
    home = store / f"template-{key()}"
    store.mkdir(parents=True, exist_ok=True)
    with (store / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs that start together migrate once
        ready = home / "ready"
        if anew or not ready.exists():
            forget(home)
            kept = prepare(home)
            server = start_postgres(kept, fsync=False)
            try:
                build(server.superuser_url, environment | _reached_at(kept))
            finally:
                server.stop()
            ready.touch()
        os.utime(ready)
        _forget_old(store)
        shutil.rmtree(places.postgres, ignore_errors=True)
        subprocess.run(["cp", "-a", prepare(home).postgres, places.postgres], check=True)


def key() -> str:
    """A hash of all that shapes the migrated database."""
    shaping = {ROOT / "deploy" / "roles.sql", ROOT / "requirements" / "dev.txt", Path(__file__)}
    waiting = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if _shapes(path)]
    while waiting:
        path = waiting.pop()
        if path not in shaping:
            shaping.add(path)
            waiting += _imported(path)
    total = hashlib.sha256()
    for path in sorted(shaping):
        total.update(f"{path.relative_to(ROOT)}\n".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _shapes(path: Path) -> bool:
    inside = path.relative_to(ROOT).parts
    return "migrations" in inside or "models" in inside or path.stem in {"models", "apps", "settings"}


def _imported(path: Path) -> Iterable[Path]:
    """The shop's own modules that `path` imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] in FLOORS:
                place = ROOT.joinpath(*name.split("."))
                yield from (found for found in (place.with_suffix(".py"), place / "__init__.py") if found.exists())


def _reached_at(places: Places) -> dict[str, str]:
    there = Address(places.sockets)
    return {"DATABASE_URL": there.application_url, "DATABASE_OWNER_URL": there.owner_url}


def _forget_old(store: Path) -> None:
    homes = sorted(store.glob("template-*"), key=lambda home: _age(home / "ready"))
    for home in homes[:-KEPT]:
        with contextlib.suppress(OSError):
            forget(home)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
