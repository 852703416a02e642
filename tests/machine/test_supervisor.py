"""What cannot be kept running stops everything, with the end of its log."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from deploy.local import supervisor as module
from deploy.local.children import spawn
from deploy.local.supervisor import Supervisor
from deploy.local.trouble import Trouble


@pytest.fixture(autouse=True)
def own_handlers(monkeypatch):
    """The supervisor takes the process's signals; pytest gets its own back."""
    before = {number: signal.getsignal(number) for number in module.SIGNALS}
    monkeypatch.setattr(module, "GLANCE", 0.01)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_child_that_falls_again_and_again_ends_in_one_explanation(tmp_path, capfd):
    starts = []

    def start():
        starts.append(1)
        command = [sys.executable, "-c", "print('no licence to print money'); raise SystemExit(3)"]
        return spawn("press", command, log=tmp_path / "press.log")

    with Supervisor() as supervisor:
        supervisor.start(start, rank=0)
        with pytest.raises(Trouble, match="press does not stay up") as caught:
            supervisor.watch()
    assert len(starts) == module.TOO_OFTEN
    assert "no licence to print money" in str(caught.value)
    assert capfd.readouterr().out.count("press ended unexpectedly (code 3); starting it again.\n") == 4


def test_the_higher_rank_is_stopped_first(tmp_path):
    # The lower one ends by itself only after the higher one has written; a wrong order would find nothing written.
    note = tmp_path / "note"
    writes = f"import signal,sys; signal.signal(15, lambda *_: (open({str(note)!r},'w').write('first'), sys.exit())); "
    reads = f"import signal,sys; signal.signal(15, lambda *_: (print(open({str(note)!r}).read()), sys.exit())); "
    wait = "print('ready', flush=True); signal.pause()"
    with Supervisor() as supervisor:
        for name, code, rank in (("high", writes, 2), ("low", reads, 1)):
            log = tmp_path / f"{name}.log"
            supervisor.start(
                lambda log=log, code=code, name=name: spawn(name, [sys.executable, "-c", code + wait], log=log),
                rank=rank,
            )
            while "ready" not in (log.read_text() if log.exists() else ""):
                time.sleep(0.01)
    assert (tmp_path / "low.log").read_text() == "ready\nfirst\n"
