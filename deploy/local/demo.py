"""`make demo`: the whole shop on one machine. `--reset` forgets its data, `--stripe` runs the stand-in for Stripe alone.

Order of start: PostgreSQL, Valkey → migrations as the owner → demo data on the first start → mailbox, stand-in → web,
worker, beat. Stopped the other way round. Everything a run leaves lies in `.boutique/` (for root, PostgreSQL's data in
`deploy.local.places`).
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from deploy.local.children import PR_SET_PDEATHSIG, Child, spawn
from deploy.local.environment import HOME, ROOT, Plan, compose, of_stand_in, plan, save
from deploy.local.places import Places, forget, forget_abandoned, prepare
from deploy.local.postgres import start_postgres
from deploy.local.supervisor import Stopped, Supervisor, say, tail
from deploy.local.trouble import Trouble
from deploy.local.valkey import start_valkey

PYTHON = Path(sys.executable)
SERVERS, OUTSIDE, SHOP = 0, 1, 2  # ranks: stopped from the last to the first


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.demo", description="The whole shop on one machine.")
    parser.add_argument("--reset", action="store_true", help="forget the demo's data")
    parser.add_argument("--stripe", action="store_true", help="the stand-in for Stripe alone")
    parser.add_argument(
        "--end-with-parent", action="store_true", help="stop when the process that started this one ends"
    )
    wanted = parser.parse_args(arguments)
    if wanted.end_with_parent:
        _end_with_parent()
    try:
        if wanted.reset:
            reset()
        elif wanted.stripe:
            stripe_alone(os.environ)
        else:
            demo(os.environ)
    except Trouble as trouble:
        say(str(trouble))
        return 1
    except Stopped:
        say("Stopped; the data stays.")
    return 0


def demo(given: Mapping[str, str], home: Path = HOME) -> None:
    """Start everything and stay until a signal comes."""
    chosen = plan(given, home)
    with _alone(home, chosen.site_url), Supervisor() as supervisor:
        _refuse_busy(chosen)
        forget_abandoned()
        places = prepare(home)
        for log in places.logs.glob("*.log"):  # of the last start
            log.unlink()
        environment = _start_servers(supervisor, given, chosen, places)
        save(environment, home)
        _migrate(environment, places)
        _start_outside(supervisor, environment, given, chosen, places)
        first = _load(environment, given, chosen, places)
        _start_shop(supervisor, environment, chosen, places)
        say(_welcome(chosen, first))
        supervisor.watch()


def reset(home: Path = HOME) -> None:
    """Delete the demo's data. Test data and templates beside it stay."""
    if not home.exists():
        say("There is nothing to forget.")
        return
    with _alone(home, "the address it printed"):
        forget(home, keep=("tests", "lock"))
    say("The demo's data is gone; the next `make demo` begins anew.")


def stripe_alone(given: Mapping[str, str], home: Path = HOME) -> None:
    """The stand-in for Stripe until a signal comes, with what a shop needs to use it."""
    chosen = plan({name: value for name, value in given.items() if not name.startswith("STRIPE_API")}, home)
    if not chosen.stripe_port:
        raise Trouble("STRIPE_SECRET_KEY is set: the stand-in for Stripe has a key of its own. Unset it.")
    _refuse_busy(chosen, only=chosen.stripe_port)
    environment = of_stand_in(given, chosen)
    with Supervisor() as supervisor:
        child = supervisor.start(lambda: _stand_in(environment, chosen, home / "logs"), rank=OUTSIDE)
        _wait_for(child, chosen.stripe_port, "/")
        say(
            f"The stand-in for Stripe answers at {chosen.stripe_url}\n"
            f"  export STRIPE_API_BASE={chosen.stripe_url} STRIPE_CHECKOUT_ORIGIN={chosen.stripe_url}\n"
            f"  export STRIPE_SECRET_KEY={environment['STANDIN_KEY']}\n"
            f"  export STRIPE_WEBHOOK_SECRET={environment['STANDIN_WEBHOOK_SECRET']}\n"
            f"Its webhooks go to {environment['STANDIN_WEBHOOK_URL']}. Ctrl-C stops it."
        )
        supervisor.watch()


def _start_servers(supervisor: Supervisor, given: Mapping[str, str], chosen: Plan, places: Places) -> dict[str, str]:
    database = (given.get("DATABASE_URL", ""), given.get("DATABASE_OWNER_URL", ""))
    redis = given.get("REDIS_URL", "")
    if chosen.own_database:
        say("PostgreSQL…")
        postgres = start_postgres(places)
        supervisor.adopt(postgres.child, lambda: start_postgres(places).child, rank=SERVERS)
        database = (postgres.application_url, postgres.owner_url)
    if chosen.own_redis:
        say("Valkey…")
        valkey = start_valkey(places)
        supervisor.adopt(valkey.child, lambda: start_valkey(places).child, rank=SERVERS)
        redis = valkey.url()
    return compose(given, chosen, database=database, redis=redis)


def _migrate(environment: Mapping[str, str], places: Places) -> None:
    """Migrate as the owner and gather the static files."""
    say("Migrations…")
    _manage(environment, places, "migrate", "--database=owner", "--no-input", "--verbosity=1")
    mark, gathered = _static_mark(), places.home / "static" / "gathered"
    if not gathered.exists() or gathered.read_text() != mark:  # compressing takes seconds
        _manage(environment, places, "collectstatic", "--no-input", "--clear", "--verbosity=0")
        gathered.write_text(mark)


def _load(environment: Mapping[str, str], given: Mapping[str, str], chosen: Plan, places: Places) -> bool:
    """Load the demo's data once; its readers buy at the stand-in, which runs already. True on the first start."""
    loaded = places.home / "logins.txt"
    if loaded.exists():
        return False
    if not chosen.own_database and not given.get("DEMO_DATA"):
        say("Your own database is used as it is; DEMO_DATA=1 loads the demo's made-up readers into it.")
        return True
    readers = given.get("DEMO_READERS") or "200"
    say(f"A made-up publisher, its issues and {readers} readers…")
    told = _manage(environment, places, "load_demo", f"--readers={readers}")
    making = loaded.with_suffix(".new")
    making.write_text(told)
    making.rename(loaded)
    return True


def _static_mark() -> str:
    """Changes with anything the static files are made from."""
    files = sorted(path for path in ROOT.glob("*/static/**/*") if path.is_file())
    parts = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    parts += [(ROOT / name).read_text() for name in ("requirements/base.txt", "shop/settings.py")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _start_outside(
    supervisor: Supervisor, environment: Mapping[str, str], given: Mapping[str, str], chosen: Plan, places: Places
) -> None:
    """What the shop takes for the outside world: the mailbox and the stand-in for Stripe."""
    if chosen.mailbox_port:
        letters = str(places.home / "letters")
        command = ("deploy.local.mailbox", letters, str(chosen.smtp_port), str(chosen.mailbox_port))
        mailbox = supervisor.start(_module("mailbox", command, environment, places), rank=OUTSIDE)
        _wait_for(mailbox, chosen.mailbox_port, "/lettres.json")
    if chosen.stripe_port:
        told = of_stand_in(given, chosen)
        stand_in = supervisor.start(lambda: _stand_in(told, chosen, places.logs), rank=OUTSIDE)
        _wait_for(stand_in, chosen.stripe_port, "/")


def _start_shop(supervisor: Supervisor, environment: Mapping[str, str], chosen: Plan, places: Places) -> None:
    say("Web server, worker and clock…")
    gunicorn = ("gunicorn", "--config=deploy/gunicorn.conf.py", "shop.wsgi:application")
    web = supervisor.start(_module("web", gunicorn, environment, places), rank=SHOP)
    supervisor.start(_module("worker", ("tasks.worker",), environment, places), rank=SHOP)
    beat = ("tasks.beat", str(places.home / "clock"))
    supervisor.start(_module("clock", beat, environment, places), rank=SHOP)
    _wait_for(web, chosen.port, "/", host=urlsplit(chosen.site_url).netloc)


def _module(name: str, command: Sequence[str], environment: Mapping[str, str], places: Places) -> Callable[[], Child]:
    log = places.logs / f"{name}.log"
    return lambda: spawn(name, [PYTHON, "-m", *command], log=log, env=environment, cwd=ROOT)


def _stand_in(environment: Mapping[str, str], chosen: Plan, logs: Path) -> Child:
    # One process: its world is in its memory. Both addresses of `localhost`, which browsers try in either order.
    command = [
        *(
            str(PYTHON),
            "-m",
            "gunicorn",
            "--worker-class=gthread",
            "--workers=1",
            "--threads=16",
            "--no-control-socket",
        ),
        *(f"--bind={address}:{chosen.stripe_port}" for address in _loopback()),
        *("--graceful-timeout=3", "payments.sandbox.wsgi:application"),
    ]
    return spawn("stand-in for Stripe", command, log=logs / "stripe.log", env=environment, cwd=ROOT)


def _loopback() -> list[str]:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ["127.0.0.1"]
    return ["127.0.0.1", "[::1]"]


def _manage(environment: Mapping[str, str], places: Places, *command: str) -> str:
    """Run one management command to its end and return what it printed; `Trouble` when it fails."""
    log = places.logs / f"{command[0]}.log"
    log.unlink(missing_ok=True)
    child = spawn(command[0], [PYTHON, "manage.py", *command], log=log, env=environment, cwd=ROOT)
    try:
        code = child.process.wait()
    except BaseException:
        child.stop()
        raise
    if code:
        raise Trouble(f"`manage.py {' '.join(command)}` failed.\n{tail(child, lines=25)}")
    return log.read_text()


def _alone(home: Path, address: str) -> IO[str]:
    """Hold the lock of this installation; `Trouble` names who holds it already."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (home / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise Trouble(
            f"The demo already runs here (process {holder}), see {address}: stop it with Ctrl-C there, or kill {holder}."
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _refuse_busy(chosen: Plan, only: int = 0) -> None:
    for port, name in chosen.ports.items():
        if only and port != only:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                goal = "stripe" if only else "demo"
                raise Trouble(
                    f"Port {port} cannot be used ({(error.strerror or 'unknown reason').lower()}): stop the program that "
                    f"uses it, or choose another: make {goal} {name}={port + 100}"
                ) from error


def _wait_for(child: Child, port: int, path: str, *, host: str = "localhost", patience: float = 60.0) -> None:
    end = time.monotonic() + patience
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": host})
            status = connection.getresponse().status
        except OSError:
            status = 0
        finally:
            connection.close()
        if status >= 500:
            say(f"The first page answers with an error ({status}); {child.log} may say why.")
        if status:
            return
        if not child.alive() or time.monotonic() > end:
            raise Trouble(f"The {child.name} does not answer.\n{tail(child, lines=25)}")
        time.sleep(0.05)


def _welcome(chosen: Plan, first: bool) -> str:
    logins = chosen.home / "logins.txt"
    lines = [
        "",
        f"  Shop            {chosen.site_url}",
        f"  Back office     {chosen.site_url}/gestion/",
    ]
    if chosen.mailbox_port:
        lines.append(f"  Mailbox         {chosen.mailbox_url}  (every letter the shop sends)")
    if chosen.stripe_port:
        lines.append(f"  Stripe stand-in {chosen.stripe_url}  (pay with card 4242 4242 4242 4242)")
    lines.append(f"  Logs            {chosen.home / 'logs'}")
    if logins.exists():
        lines += ["", *(f"  {line}" for line in logins.read_text().strip().splitlines())]
    kept = "" if first else " The data of the last start was kept; `make demo-reset` forgets it."
    return "\n".join([*lines, "", f"Ctrl-C stops everything.{kept}"])


def _end_with_parent() -> None:
    # Make killed by SIGKILL cannot pass anything on; the kernel tells us.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
