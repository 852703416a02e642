"""Verifying an archive: is it whole, are its chains, is its FEC? Needs the file alone, and no database."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from typing import IO

from payments.exports.fec_checking import check

MANIFEST = "EMPREINTES.json"


def verify(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """(file, sentence in French) for everything that is not as it was archived."""
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        yield "", "n’est pas une archive ZIP lisible"
        return
    with archive:
        names = set(archive.namelist())
        if MANIFEST not in names:
            yield MANIFEST, "manque"
            return
        hashes: dict[str, str] = json.loads(archive.read(MANIFEST))
        for name in sorted(set(hashes) - names):
            yield name, "manque"
        for name in sorted(names - set(hashes) - {MANIFEST}):
            yield name, "n’est pas dans la liste des empreintes"
        for name in sorted(names & set(hashes)):
            if _hash(archive, name) != hashes[name]:
                yield name, "n’a pas l’empreinte annoncée"
            yield from _inside(archive, name)


def _hash(archive: zipfile.ZipFile, name: str) -> str:
    whole = hashlib.sha256()
    with archive.open(name) as member:
        while piece := member.read(1 << 20):
            whole.update(piece)
    return whole.hexdigest()


def _inside(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, str]]:
    with archive.open(name) as member:
        if name.startswith("chaine_"):
            yield from _chain(name, member)
        elif name == "jours.jsonl":
            yield from _days(name, member)
        elif "FEC" in name and name.endswith(".txt"):
            report = check(member, name=name)
            for fault in report.faults[:10]:
                yield name, f"ligne {fault.line}, {fault.column or 'ligne'} : {fault.reason}"


def _chain(name: str, lines: IO[bytes]) -> Iterator[tuple[str, str]]:
    (before,) = json.loads(next(lines))
    place = None
    for line in lines:
        position, hash_, row = json.loads(line)
        row_hash = _sha(json.dumps(row, ensure_ascii=False))
        if place is not None and position != place + 1:
            yield name, f"le maillon {place + 1} manque"
        if hash_ != _sha(before + row_hash):
            yield name, f"le maillon {position} ne vérifie pas"
        place, before = position, hash_


def _days(name: str, lines: IO[bytes]) -> Iterator[tuple[str, str]]:
    before = None
    for line in lines:
        text, hash_ = json.loads(line)
        stated = json.loads(text)
        if _sha(text) != hash_ or (before is not None and stated["previous_hash"] != before):
            yield name, f"le jour {stated['day']} ne vérifie pas"
        before = hash_


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
