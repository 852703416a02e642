"""Opening an escrow file: the envelope with a private key, then every hash that its manifest names. No database is needed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from subscriptions.enveloping import CannotOpen, opened
from subscriptions.escrow.contents import FORMAT, MANIFEST
from subscriptions.fulfilment.columns import CUSTOMARY

__all__ = ["Archive", "CannotOpen", "Untrue", "open_archive", "open_envelope"]
#: Bytes of one file above which an archive is not ours: a million lines have a quarter of it.
LARGEST = 1024 * 1024 * 1024


class Untrue(ValueError):
    """The archive is not what its manifest says, or none of ours; the message is a few words without anything personal.

    `word`: which of a few things is wrong, for whoever says it in French (`rehearsing.WRONG`).
    """

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive whose every file has the hash that its manifest names."""

    sha256: str
    manifest: Mapping[str, Any]
    files: zipfile.ZipFile

    @property
    def runs(self) -> list[dict[str, Any]]:
        """What the manifest says of each address file, in the order of their posting."""
        return list(self.manifest["routages"])

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        return self.files.read(name)

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of one CSV file, by column."""
        return iter(csv.DictReader(io.StringIO(self.read(name).decode()), delimiter=";"))


def open_envelope(envelope: bytes, *, key: bytes, certificate: bytes, password: bytes | None = None) -> Archive:
    """The archive in an envelope. Raises CannotOpen, Untrue."""
    return open_archive(opened(envelope, key=key, certificate=certificate, password=password))


def open_archive(content: bytes) -> Archive:
    """An archive that is whole. Raises Untrue."""
    try:
        files = zipfile.ZipFile(io.BytesIO(content))
        manifest = json.loads(files.read(MANIFEST))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise Untrue("format", "a format that is not known here")
        named = {row["nom"]: row["sha256"] for row in manifest["fichiers"]}
        there = {info.filename: info.file_size for info in files.infolist()}
        if there.keys() - {MANIFEST} != named.keys():
            raise Untrue("files", "other files than its manifest names")
        if max(there.values()) > LARGEST:
            raise Untrue("files", "a file that is too large")
        wrong = [name for name, sha256 in named.items() if hashlib.sha256(files.read(name)).hexdigest() != sha256]
    except (zipfile.BadZipFile, KeyError, TypeError, json.JSONDecodeError, EOFError) as trouble:
        raise Untrue("format", f"not an archive of ours ({type(trouble).__name__})") from trouble
    if wrong:
        raise Untrue("hash", f"another hash: {', '.join(sorted(wrong))}")
    return Archive(hashlib.sha256(content).hexdigest(), manifest, files)


def remade(archive: Archive, row: Mapping[str, Any]) -> bytes:
    """The file of a house, made from the complete lines and its profile alone: what any program can do with this archive."""
    profile = row["profil"]
    columns = profile["columns"]
    if set(columns) - set(CUSTOMARY):
        raise Untrue("format", "columns that are not known here")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=profile["separator"], lineterminator="\r\n")
    if profile["with_header"]:
        writer.writerow(columns)
    writer.writerows([line[column] for column in columns] for line in archive.rows(row["complet"]))
    return out.getvalue().encode(profile["encoding"])
