"""Verifying an archive: is every file of it there, does each agree with itself and with the others? Needs the file alone, and no
database.

Whoever makes up a whole archive makes it agree with itself. That it is the one that was made, only its own hash says, kept outside
of this house when it was made: `verify` holds it against that if it is given.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from payments.exports.fec_checking import check

MANIFEST, README, HEAD = "EMPREINTES.json", "LISEZMOI.txt", "TETE.json"
DAYS, PERIODS, DOCUMENTS = "jours.jsonl", "periodes.jsonl", "factures.jsonl"
CHAINS = tuple(
    f"chaine_{chain}.jsonl"
    for chain in (
        "payments", "refunds", "ledger", "ticks", "periods", "asked", "reopened", "journal", "files", "days",
    )
)  # fmt: skip
SIGNATURES = "chaine_periods.jsonl"
FEC = re.compile(r"\d{9}FEC\d{8}\.txt")
#: What an archive cannot be without; the FEC besides, whose name is that of the publisher and the year.
REQUIRED = (README, HEAD, DAYS, PERIODS, DOCUMENTS, *CHAINS)
#: Whatever reading a file raises that is no file of ours: none of it is a reason to stop looking at the others.
UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
#: Place and hash that closed days state of each chain.
Stated = dict[str, dict[int, str]]
Faults = Iterator[tuple[str, str]]
BLOCK = 1 << 20


def verify(file: IO[bytes], *, sha256: str = "") -> Faults:
    """(file, sentence in French) for everything that is not as it was archived. `sha256`: its hash as it was kept outside."""
    if sha256 and sha256_of(file) != sha256.strip().lower():
        yield "", "n’a pas l’empreinte qui avait été gardée : ce n’est pas l’archive qui a été établie"
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
    except UNREADABLE:
        yield "", "n’est pas une archive ZIP lisible"
        return
    with archive:
        yield from _verify(archive)


def sha256_of(file: IO[bytes]) -> str:
    """SHA-256 of the whole file, from its beginning."""
    file.seek(0)
    whole = hashlib.sha256()
    while piece := file.read(BLOCK):
        whole.update(piece)
    return whole.hexdigest()


def _verify(archive: zipfile.ZipFile) -> Faults:
    listed = archive.namelist()
    names = set(listed)
    for name in sorted(names):
        if listed.count(name) > 1:
            yield name, "est deux fois dans l’archive"
    if MANIFEST not in names:
        yield MANIFEST, "manque"
        return
    hashes = _object(archive, MANIFEST)
    if hashes is None:
        yield MANIFEST, "ne se lit pas"
        return
    for name in sorted({*hashes, *REQUIRED} - names):
        yield name, "manque"
    fec = [name for name in sorted(names) if FEC.fullmatch(name)]
    if len(fec) != 1:
        yield "FEC", "manque, ou n’est pas seul"
    for name in sorted(names - {MANIFEST} - hashes.keys()):
        yield name, "n’est pas dans la liste des empreintes"
    for name in sorted(names - {MANIFEST, *REQUIRED, *fec}):
        yield name, "n’a rien à faire dans une archive"
    for name in sorted(names & hashes.keys()):
        if _hash(archive, name) != hashes[name]:
            yield name, "n’a pas l’empreinte annoncée"
    yield from _inside(archive, names, fec)


def _inside(archive: zipfile.ZipFile, names: set[str], fec: list[str]) -> Faults:
    ends = (_object(archive, HEAD) if HEAD in names else None) or {}
    stated: Stated = {}
    signed: set[str] = set()
    looks: list[tuple[str, Callable[[str, IO[bytes]], Faults]]] = [
        (DAYS, lambda name, lines: _days(name, lines, ends.get(name), stated)),
        (DOCUMENTS, lambda name, lines: _documents(name, lines, ends.get(name), stated)),
        (PERIODS, lambda name, lines: _periods(name, lines, ends.get(name), signed)),
        *((chain, lambda name, lines: _chain(name, lines, ends.get(name), stated)) for chain in CHAINS),
        (SIGNATURES, lambda name, lines: _signatures(name, lines, str(ends.get("exercice")), signed)),
        *((name, _fec) for name in fec),
    ]
    for name, look in looks:
        if name in names:
            try:
                with archive.open(name) as member:
                    yield from look(name, member)
            except UNREADABLE:
                yield name, "ne se lit pas jusqu’au bout"


def _object(archive: zipfile.ZipFile, name: str) -> dict[str, Any] | None:
    try:
        found = json.loads(archive.read(name))
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None


def _hash(archive: zipfile.ZipFile, name: str) -> str:
    whole = hashlib.sha256()
    try:
        with archive.open(name) as member:
            while piece := member.read(BLOCK):
                whole.update(piece)
    except UNREADABLE:
        return ""
    return whole.hexdigest()


def _fec(name: str, lines: IO[bytes]) -> Faults:
    for fault in check(lines, name=name).faults[:10]:
        yield name, f"ligne {fault.line}, {fault.column or 'ligne'} : {fault.reason}"


def _chain(name: str, lines: IO[bytes], ends: Any, stated: Stated) -> Faults:
    (before,) = json.loads(next(lines, b"null"))
    seen = {
        "avant": before,
        "premier": ends["premier"],
        "dernier": ends["premier"] - 1,
        "empreinte": before,
        "lignes": 0,
    }
    days = stated.get(name.removeprefix("chaine_").removesuffix(".jsonl"), {})
    for line in lines:
        position, hash_, row = json.loads(line)
        if position != seen["dernier"] + 1:
            yield name, f"le maillon {seen['dernier'] + 1} manque"
        if hash_ != _sha(before + _sha(json.dumps(row, ensure_ascii=False))):
            yield name, f"le maillon {position} ne vérifie pas"
        if days.get(position, hash_) != hash_:
            yield name, f"le maillon {position} n’est pas celui que les clôtures journalières citent"
        before = hash_
        seen |= {"dernier": position, "empreinte": hash_, "lignes": seen["lignes"] + 1}
    yield from _ends(name, seen, ends)


def _days(name: str, lines: IO[bytes], ends: Any, stated: Stated) -> Faults:
    seen: dict[str, Any] = {"lignes": 0}
    for line in lines:
        text, hash_ = json.loads(line)
        said = json.loads(text)
        if not seen["lignes"]:
            seen |= {"premier": said["day"], "avant": said["previous_hash"]}
        if _sha(text) != hash_ or said["previous_hash"] != seen.get("empreinte", seen["avant"]):
            yield name, f"le jour {said['day']} ne vérifie pas"
        seen |= {"dernier": said["day"], "empreinte": hash_, "lignes": seen["lignes"] + 1}
        for chain, (place, end) in said.get("heads", {}).items():
            stated.setdefault(chain, {})[place] = end
    yield from _ends(name, seen, ends)


def _documents(name: str, lines: IO[bytes], ends: Any, stated: Stated) -> Faults:
    seen: dict[str, Any] = {"lignes": 0, "series": {}}
    for line in lines:
        text, hash_ = json.loads(line)
        said = json.loads(text)
        reference, before = said["document"]["reference"], said["previous"]
        series = seen["series"].setdefault(reference.split("-")[0], {"avant": before, "empreinte": before})
        if _sha(text) != hash_ or before != series["empreinte"]:
            yield name, f"la pièce {reference} ne vérifie pas"
        if stated.get(reference.split("-")[0], {}).get(said["document"]["number"], hash_) != hash_:
            yield name, f"la pièce {reference} n’est pas celle que les clôtures journalières citent"
        series["empreinte"], seen["lignes"] = hash_, seen["lignes"] + 1
    yield from _ends(name, seen, ends)


def _periods(name: str, lines: IO[bytes], ends: Any, signed: set[str]) -> Faults:
    seen: dict[str, Any] = {"lignes": 0}
    for line in lines:
        said, hash_, _at, _opened = json.loads(line)
        if _sha(json.dumps(said, ensure_ascii=False, sort_keys=True)) != hash_:
            yield name, f"la clôture {said[0]}, version {said[1]}, ne vérifie pas"
        seen |= {"empreinte": hash_, "lignes": seen["lignes"] + 1}
        signed.add(hash_)
    yield from _ends(name, seen, ends)


def _signatures(name: str, lines: IO[bytes], year: str, signed: set[str]) -> Faults:
    """What was sealed of each signature of the year is what the archive holds of it."""
    next(lines)
    for line in lines:
        _position, _hash, (_id, _kind, first_day, _last, version, sha256, *_more) = json.loads(line)
        if first_day.startswith(year) and sha256 not in signed:
            yield PERIODS, f"la clôture du {first_day}, version {version}, n’est pas celle qui a été scellée"


def _ends(name: str, seen: dict[str, Any], ends: Any) -> Faults:
    if seen != ends:
        yield name, f"ne commence ou ne finit pas comme {HEAD} le dit"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
