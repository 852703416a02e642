"""Start processes that cannot outlive their parent, and stop them.

Three things end a child: `Child.stop`, its parent's death (the kernel sends it a signal, even after SIGKILL of the
parent), and its own end, after which its whole group is killed: a killed prefork parent would leave its workers.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A process and its group. `polite` is the signal that asks it to finish its work and leave."""

    name: str
    process: subprocess.Popen[bytes]
    polite: signal.Signals
    log: Path

    def alive(self) -> bool:
        """Whether the process still runs; reaps it when it has ended."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the polite signal, once, to the process itself: it passes it on to its own children as it likes."""
        if self.alive():
            self.process.send_signal(self.polite)

    def stop(self, patience: float = 10.0, *, asked: bool = False) -> None:
        """Ask (unless it was), wait `patience` seconds, then kill what is left of the group. Safe to call again."""
        if not asked:  # a second polite signal means "at once" to several programs
            self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=patience)
        self.kill_group()

    def kill_group(self) -> None:
        """Kill whatever still runs in the group, and reap the process."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def spawn(
    name: str,
    command: Sequence[str | os.PathLike[str]],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    polite: signal.Signals = signal.SIGTERM,
    user: pwd.struct_passwd | None = None,
) -> Child:
    """Start `command` in a group of its own, writing to `log` (appended), as `user` if given (root only).

    Call it from the main thread: Linux ties the death signal to the thread that started the child.
    Raises `FileNotFoundError` if the program is missing.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            preexec_fn=_die_with(os.getpid(), polite),  # one thread here; nothing else sets the death signal
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )
    return Child(name=name, process=process, polite=polite, log=log)


def _die_with(parent: int, death: signal.Signals) -> Callable[[], None]:
    # Looked up before the fork: between fork and exec as little as possible may run.
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        os.setpgid(0, 0)
        # A parent started in the background of a shell ignores SIGINT, and that would be inherited.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)  # after the change of user, which clears it
        if os.getppid() != parent:  # the parent died in between: nobody would ever tell us
            os._exit(1)

    return prepare
