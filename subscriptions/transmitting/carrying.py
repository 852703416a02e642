"""Carrying one file over: written under another name, read back, renamed, and looked at again; the same for every way.

A file that lies there under its name is never written over: it is ours, byte for byte, and then it has arrived; or it is not,
and a person decides. What was read back whole and got its name has arrived, though it may be gone a moment later: many houses
pick up at once what lies there.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from payments.gateway import refuse_inside_transaction
from subscriptions.models import TransmissionWay
from subscriptions.transmitting import by_folder
from subscriptions.transmitting.outcomes import Fault

#: Behind the name of what is not whole yet.
PART = ".part"


class Place(Protocol):
    """Where files are put, while it is reached. Every method raises Fault."""

    def read(self, name: str) -> bytes | None:
        """The bytes under a name; None if nothing lies there."""

    def write(self, name: str, content: bytes) -> None:
        """Put bytes under a name, over what may be there."""

    def rename(self, name: str, to: str) -> None:
        """Give another name to what lies there."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file on its way."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def reach(way: TransmissionWay) -> AbstractContextManager[Place]:
    """The place of a way, for as long as it takes. Outside of every transaction. Raises Fault."""
    refuse_inside_transaction()
    if way.way == TransmissionWay.Way.SFTP:
        from subscriptions.transmitting import by_sftp  # the library is heavy, and most shops download

        return by_sftp.reach(way)
    return by_folder.reach(way)


def lies_there(place: Place, name: str, *, sha256: str, size: int) -> bool:
    """Whether a file has arrived, by reading it back."""
    found = place.read(name)
    return found is not None and (len(found), hashlib.sha256(found).hexdigest()) == (size, sha256)


def carry(place: Place, parcel: Parcel, *, naming: AbstractContextManager[None] | None = None) -> None:
    """Put a parcel there, whole or not at all. Raises Fault: `occupied` if another file has its name.

    `naming` is entered around the one step after which the file may be picked up.
    """
    if place.read(parcel.name) is not None:
        if _arrived(place, parcel.name, parcel):
            return
        raise Fault("occupied")
    coming = parcel.name + PART
    place.write(coming, parcel.content)
    if not _arrived(place, coming, parcel):
        raise Fault("corrupted")
    with naming or nullcontext():
        place.rename(coming, parcel.name)
    found = place.read(parcel.name)
    if found is not None and found != parcel.content:
        raise Fault("corrupted")


def _arrived(place: Place, name: str, parcel: Parcel) -> bool:
    return lies_there(place, name, sha256=parcel.sha256, size=len(parcel.content))
