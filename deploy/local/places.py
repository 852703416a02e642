"""Where this machine keeps what a running shop leaves behind, and as whom PostgreSQL runs there.

Constraints, then the design that follows. PostgreSQL refuses to run as root. As root it therefore needs another user,
who must reach its programs and its data; the clone may lie below a folder closed to others (`/root`), and opening its
parents is not ours to do. So for root both live in a folder of their own below `/var/lib` (or `/var/tmp`), named by a
random id that the clone's `.boutique` folder remembers: a clone made anew at the same path does not find old data.
Unix sockets have paths of about 107 bytes at most, so a deep clone puts them below the system's folder for short-lived files.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.trouble import Trouble

SOCKET_ROOM = len("/.s.PGSQL.5432.lock")
SOCKET_LIMIT = 103  # macOS allows 104 with the closing zero, Linux 108
ROOT_STATES = (Path("/var/lib/boutique"), Path("/var/tmp/boutique"))  # noqa: S108  # private folders are made inside, never guessed names
HELPERS = ("postgres", "nobody", "daemon")


@dataclass(frozen=True)
class Places:
    """Folders of one installation. `home` is the clone's `.boutique` or a folder like it."""

    home: Path
    postgres: Path
    sockets: Path
    postgres_user: pwd.struct_passwd | None

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def valkey(self) -> Path:
        return self.home / "valkey"


def prepare(home: Path) -> Places:
    """Make the folders of the installation whose `.boutique` is `home` and say where they are. Safe to repeat."""
    home = home.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Trouble(f"Cannot make the folder {home}: {error.strerror}.") from error
    if os.geteuid() != 0:
        data = home / "postgres"
        data.mkdir(exist_ok=True, mode=0o700)
        return Places(home=home, postgres=data, sockets=_short(home), postgres_user=None)
    user = _helper()
    private = _root_state() / _identity(home)
    private.mkdir(exist_ok=True)
    private.chmod(0o711)  # others may pass, as PostgreSQL's user must; what lies inside is closed to them
    (private / "belongs-to").write_text(f"{home}\n")
    for name in ("data", "run"):
        (private / name).mkdir(mode=0o700, exist_ok=True)
        os.chown(private / name, user.pw_uid, user.pw_gid)
    return Places(home=home, postgres=private / "data", sockets=private / "run", postgres_user=user)


def forget(home: Path, keep: tuple[str, ...] = ()) -> None:
    """Delete everything an installation left, wherever it lies, but the entries of `home` named in `keep`.

    Nothing of it may be running.
    """
    home = home.resolve()
    if os.geteuid() == 0 and (home / "id").exists():
        shutil.rmtree(_root_state() / _identity(home), ignore_errors=True)
    shutil.rmtree(_fallback(home), ignore_errors=True)
    if not keep:
        shutil.rmtree(home, ignore_errors=True)
    elif home.exists():
        for entry in home.iterdir():
            if entry.name in keep:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def forget_abandoned() -> list[Path]:
    """As root, delete the data of clones that exist no more; returns the folders deleted."""
    gone = []
    if os.geteuid() == 0:
        for note in _root_state().glob("*/belongs-to"):
            home = Path(note.read_text().strip())
            known = home / "id"
            if not known.exists() or known.read_text().strip() != note.parent.name:
                shutil.rmtree(note.parent, ignore_errors=True)
                gone.append(note.parent)
    return gone


def programs(package: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of PostgreSQL's programs: inside `package` itself, or for root inside a copy that `user` can reach.

    The copy is made once per version (33 MB, headers left out), whole or not at all.
    """
    inside = Path(package.name) / "pginstall" / "bin"
    if user is None:
        return package.parent / inside
    mark = hashlib.sha256()
    for path in sorted(package.glob("pginstall/bin/*")):
        mark.update(f"{path.name} {path.stat().st_size}\n".encode())
    target = _root_state() / f"programs-{mark.hexdigest()[:12]}"
    if not target.exists():
        making = Path(tempfile.mkdtemp(prefix="programs-being-copied-", dir=_root_state()))
        leave = shutil.ignore_patterns("include", "doc", "*.a", "__pycache__")
        # The libraries beside the package are found by their relative place.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, making / part.name, symlinks=True, ignore=leave)
        for path in (making, *making.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        try:
            making.rename(target)
        except OSError:  # another process was faster: its copy is the same
            shutil.rmtree(making, ignore_errors=True)
    return target / inside


def _helper() -> pwd.struct_passwd:
    for name in HELPERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble(
        "PostgreSQL does not run as root and none of the users postgres, nobody and daemon exists here: "
        "create one, or start as an ordinary user."
    )


def _root_state() -> Path:
    for place in ROOT_STATES:
        try:
            place.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        if place.stat().st_uid == 0 and os.access(place, os.W_OK):
            return place
    raise Trouble("Neither /var/lib nor /var/tmp can be written: PostgreSQL has nowhere to keep its data.")


def _identity(home: Path) -> str:
    known = home / "id"
    if not known.exists():
        known.write_text(secrets.token_hex(6))
    return known.read_text().strip()


def _short(home: Path) -> Path:
    inside = home / "run"
    if len(os.fsencode(inside)) + SOCKET_ROOM > SOCKET_LIMIT:
        inside = _fallback(home)
    inside.mkdir(mode=0o700, exist_ok=True)
    state = inside.stat()
    if state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise Trouble(f"The folder {inside} is needed for sockets but belongs to somebody else: remove it.")
    return inside


def _fallback(home: Path) -> Path:
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"boutique-{os.geteuid()}-{name}"
