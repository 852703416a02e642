"""Make the virtual environment from the hashed lock: `python3 deploy/local/install.py base|demo|dev`.

Runs on the machine's own Python, before anything is installed, so it uses the standard library only and is written to be
read by an old Python as well, which then gets one clear sentence. Does nothing while the lock has not changed. Tries uv
(installed from its own hashed lock), then pip. Only ready-made wheels are taken: no compiler is ever needed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
# A lock that holds another: whoever installed `dev` has `demo` as well.
HOLDS = {"base": ("base", "demo", "dev"), "demo": ("demo", "dev"), "dev": ("dev",)}


def main(level: str) -> None:
    if sys.version_info < OLDEST:
        stop(
            "Python {}.{} or newer is needed, and this is {}.{}. If it is installed under another name: "
            "make PYTHON=python3.11".format(*OLDEST, *sys.version_info[:2])
        )
    with open(os.path.join(ROOT, ".venv.lock"), "w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # two commands that start together install once
        if not any(installed(lock) for lock in HOLDS[level]):
            install(level)


def installed(level: str) -> bool:
    try:
        with open(stamp(level)) as note:
            return note.read() == mark(level) and os.path.exists(PYTHON)
    except OSError:
        return False


def install(level: str) -> None:
    say(f"Installing what requirements/{level}.txt locks (once, and again when it changes)…")
    if not works(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        run(
            [sys.executable, "-m", "venv", VENV],
            "This Python cannot make a virtual environment (Debian: python3-venv).",
        )
    pip = [PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--only-binary=:all:"]
    if tried([*pip, "--require-hashes", "-r", lock("bootstrap")]):
        uv = [os.path.join(VENV, "bin", "uv"), "pip", "install", "--quiet", "--python", PYTHON]
        if tried([*uv, "--no-build", "--require-hashes", "-r", lock(level)]):
            remember(level)
            return
    say("uv could not do it; trying pip, which is slower…")
    run(
        [*pip, "--require-hashes", "-r", lock(level)],
        "The packages could not be installed: is the network there, and is this a common kind of machine "
        "(Linux or macOS on x86-64 or ARM64)? The lines above say more.",
    )
    remember(level)


def works(python: str) -> bool:
    # A clone that was moved or copied keeps scripts that name the old place.
    try:
        with open(os.path.join(VENV, "pyvenv.cfg")) as note:
            here = VENV in note.read()
        return here and subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def remember(level: str) -> None:
    with open(stamp(level), "w") as note:
        note.write(mark(level))


def mark(level: str) -> str:
    with open(lock(level), "rb") as text:
        return f"{VENV} {sys.version_info[0]}.{sys.version_info[1]} {hashlib.sha256(text.read()).hexdigest()}\n"


def stamp(level: str) -> str:
    return os.path.join(VENV, f"installed-{level}")


def lock(level: str) -> str:
    return os.path.join(ROOT, "requirements", f"{level}.txt")


def tried(command: "list[str]") -> bool:
    environment = dict(os.environ, UV_SYSTEM_CERTS="1", UV_LINK_MODE=os.environ.get("UV_LINK_MODE", "copy"))
    try:
        return subprocess.call(command, env=environment) == 0
    except OSError:
        return False


def run(command: "list[str]", trouble: str) -> None:
    if not tried(command):
        stop(trouble)


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def stop(sentence: str) -> None:
    say(sentence)
    sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in HOLDS:
        stop("Say which lock to install: base, demo or dev.")
    main(sys.argv[1])
