"""A folder of this machine, which the mailing house fetches from (or which something else carries on)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from subscriptions.models import TransmissionWay
from subscriptions.transmitting.outcomes import Fault

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is there."""

    home: Path

    def read(self, name: str) -> bytes | None:
        with _faults():
            try:
                return (self.home / name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        with _faults(), open(os.open(self.home / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())

    def rename(self, name: str, to: str) -> None:
        with _faults():
            os.rename(self.home / name, self.home / to)
            handle = os.open(self.home, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        raise Fault("full" if trouble.errno in FULL else "folder") from trouble


@contextmanager
def reach(way: TransmissionWay) -> Iterator[Folder]:
    """The folder of a way, below that of the settings; it is never made, lest a name misspelt be one. Raises Fault."""
    home = Path(settings.HAND_OVER_FOLDER or "/nonexistent") / way.directory
    if not home.is_dir():
        raise Fault("folder")
    yield Folder(home)
