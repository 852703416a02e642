"""No process outlives the one that started it, however that one ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from deploy.local.valkey import answers as valkey_answers
from tests.machine.ends import all_ended

ROOT = Path(__file__).resolve().parent.parent.parent

# A supervisor of the two servers and of a child with a child of its own, as the demo runs them.
STORY = """
import json, subprocess, sys, time
from pathlib import Path
from deploy.local.children import spawn
from deploy.local.places import forget, prepare
from deploy.local.postgres import start_postgres
from deploy.local.supervisor import Stopped, Supervisor
from deploy.local.valkey import start_valkey

home = Path(sys.argv[1])
FAMILY = "import subprocess, sys; p = subprocess.Popen(['sleep', '1000']); print(p.pid, flush=True); p.wait()"
try:
    with Supervisor() as supervisor:
        places = prepare(home)
        postgres, valkey = start_postgres(places, fsync=False), start_valkey(places, keep=False)
        supervisor.adopt(postgres.child, lambda: start_postgres(places, fsync=False).child, rank=0)
        supervisor.adopt(valkey.child, lambda: start_valkey(places, keep=False).child, rank=0)
        log = places.logs / "family.log"
        family = supervisor.start(lambda: spawn("family", [sys.executable, "-c", FAMILY], log=log), rank=1)
        while not (log.exists() and log.read_text().strip()):
            time.sleep(0.01)
        print(json.dumps({
            "postgres": postgres.child.process.pid, "valkey": valkey.child.process.pid,
            "family": family.process.pid, "grandchild": int(log.read_text().split()[0]),
            "data": str(places.postgres), "superuser": postgres.superuser_url, "socket": str(valkey.path),
        }), flush=True)
        supervisor.watch()
except Stopped:
    if "--forget" in sys.argv:
        forget(home)
"""


@pytest.fixture
def story(tmp_path):
    """The supervisor, started in the background as a shell does it: with SIGINT ignored."""
    started = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], dict]:
        process = subprocess.Popen(
            [sys.executable, "-c", STORY, str(tmp_path / "home"), *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
        started.append(process)
        line = process.stdout.readline()
        assert line, process.stderr.read()
        return process, json.loads(line)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def everybody(told: dict) -> list[int]:
    return [told[name] for name in ("postgres", "valkey", "family", "grandchild")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_process_in_order(story, number):
    process, told = story("--forget")
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    assert all_ended(everybody(told), within=1) == []
    assert not Path(told["data"]).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_killed_it_takes_its_children_along_and_the_next_start_finds_whole_data(story):
    process, told = story()
    process.kill()
    process.wait(timeout=5)
    # The grandchild is its parent's own affair: the real ones (gunicorn, Celery) watch their parent themselves.
    assert all_ended([told["postgres"], told["valkey"], told["family"]], within=10) == []
    os.kill(told["grandchild"], signal.SIGKILL)
    again, told_again = story("--forget")
    assert told_again["data"] == told["data"]
    again.send_signal(signal.SIGTERM)
    assert again.wait(timeout=60) == 0


def test_a_child_that_dies_takes_its_group_along_and_is_started_again(story):
    process, told = story("--forget")
    os.kill(told["family"], signal.SIGKILL)
    assert all_ended([told["grandchild"]], within=5) == []
    assert process.stdout.readline() == "family ended unexpectedly (signal 9); starting it again.\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_killed_server_comes_back(story, server):
    process, told = story("--forget")
    os.kill(told[server], signal.SIGKILL)
    name = {"postgres": "PostgreSQL", "valkey": "Valkey"}[server]
    assert process.stdout.readline() == f"{name} ended unexpectedly (signal 9); starting it again.\n"
    end = time.monotonic() + 20
    while not answers(server, told):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=60)[0]
    assert (process.returncode, "does not stay up" in rest) == (0, False)


def answers(server: str, told: dict) -> bool:
    if server == "valkey":
        return valkey_answers(Path(told["socket"]))
    try:
        psycopg.connect(told["superuser"]).close()
    except psycopg.OperationalError:
        return False
    return True
