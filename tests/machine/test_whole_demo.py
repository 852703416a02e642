"""`make demo` as a person lives it: first start, a second instance, a kill, a second start with the data kept, a reset."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine.ends import all_ended

pytestmark = [pytest.mark.machine_clock]
ROOT = Path(__file__).resolve().parent.parent.parent


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Demo:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.stripe, self.mailbox, self.smtp = free_ports(4)
        self.running: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "BOUTIQUE_HOME": str(self.home),
            "DEMO_READERS": "4",
            "PORT": str(self.port),
            "STRIPE_PORT": str(self.stripe),
            "MAILBOX_PORT": str(self.mailbox),
            "SMTP_PORT": str(self.smtp),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.demo", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        return process

    def start(self) -> tuple[subprocess.Popen[str], str]:
        """Started and ready: everything it said up to the line that tells how to stop it."""
        process = self.run()
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("Ctrl-C stops everything."):
                return process, "".join(told)
        pytest.fail("".join(told))

    def status(self, port: int, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def processes(self, supervisor: int) -> set[int]:
        """The supervisor's children and all that came from them."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (FileNotFoundError, ProcessLookupError):
                    continue
        family: set[int] = set()
        grown = {supervisor}
        while grown:
            grown = {pid for pid, parent in parents.items() if parent in family | grown} - family - {supervisor}
            family |= grown
        return family


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path / "home")
    yield demo
    for process in demo.running:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)
    reset = demo.run("--reset")
    reset.communicate(timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and needs the death signal")
def test_the_life_of_a_demo(demo):
    process, told = demo.start()
    assert f"  Shop            http://127.0.0.1:{demo.port}\n" in told
    assert f"  Mailbox         http://127.0.0.1:{demo.mailbox}" in told
    assert f"  Stripe stand-in http://localhost:{demo.stripe}" in told
    assert told.endswith("Ctrl-C stops everything.\n")
    logins = (demo.home / "logins.txt").read_text()
    assert logins.strip()
    assert all(line.strip() in told for line in logins.splitlines())
    assert demo.status(demo.port, "/") == 200
    assert demo.status(demo.mailbox, "/lettres.json") == 200

    # A second instance is told of the first, which goes on.
    second = demo.run()
    assert second.communicate(timeout=30)[0] == (
        f"The demo already runs here (process {process.pid}), see http://127.0.0.1:{demo.port}: "
        f"stop it with Ctrl-C there, or kill {process.pid}.\n"
    )
    assert second.returncode == 1
    assert demo.status(demo.port, "/") == 200

    # Killed, it takes every process along; a worker's children notice by themselves.
    family = demo.processes(process.pid)
    assert len(family) > 10
    process.kill()
    assert all_ended([process.pid, *family], within=30) == []

    # The second start keeps the data and says so.
    process, told = demo.start()
    assert told.endswith(
        "Ctrl-C stops everything. The data of the last start was kept; `make demo-reset` forgets it.\n"
    )
    assert all(line.strip() in told for line in logins.splitlines())
    assert "made-up" not in told
    family = demo.processes(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "Stopped; the data stays.\n"
    assert process.returncode == 0
    assert all_ended(family, within=5) == []
    assert json.loads((demo.home / "environment.json").read_text())["DEMO"] == "1"
