"""The archive of a year: one ZIP that can be read and verified in ten years without this shop (law.md 2.4, 4).

Every link of the chains of seals that was made in the year with the row it seals, documents with their hashes, closed days and
periods, the technical journal, the FEC; a list of hashes, and a page in French that says how to verify it all. The same books
make the same bytes. `verify_archive` verifies; it needs no database.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from django.db import connection, transaction

from payments.actors import Actor
from payments.closing.days import STATED, canonical
from payments.closing.periods import period_of
from payments.days import PARIS
from payments.desk import record_act
from payments.exports.fec import Wanted, written
from payments.exports.fec_making import refuse_unfinished
from payments.exports.keeping import keep_file
from payments.models import DayClosing, Invoice, KeptFile, PeriodClosing, SealedRow, TechnicalEvent
from payments.sealing.canonical import SEALED

CHUNK = 2000
MANIFEST, README = "EMPREINTES.json", "LISEZMOI.txt"
#: Files of an archive are of no day: the same rows make the same bytes.
NO_DAY = (1980, 1, 1, 0, 0, 0)

LINKS = """
SELECT s.position, s.hash, {text} FROM payments_sealedrow s
JOIN {table} sealed ON sealed.id = s.row {joined}
WHERE s.chain = %s AND s.at >= %s AND s.at < %s AND s.position > %s ORDER BY s.position LIMIT %s
"""
TEXT = """Archive de l’exercice {year}
Éditeur : SIREN {siren}

Ce fichier contient les données de règlement et de comptabilité de l’exercice, telles qu’elles ont été scellées.

chaine_payments.jsonl   étapes des paiements
chaine_refunds.jsonl    étapes des remboursements
chaine_ledger.jsonl     écritures comptables avec leurs lignes
jours.jsonl             clôtures journalières : totaux du jour, du mois, de l’année et total perpétuel
periodes.jsonl          clôtures mensuelles et annuelles signées
factures.jsonl          factures et avoirs, avec leur empreinte
journal_technique.jsonl versions, réglages, horloge, restaurations
{fec}   fichier des écritures comptables (article A47 A-1 du LPF)
EMPREINTES.json         SHA-256 de chacun de ces fichiers

Vérification
1. Le SHA-256 de chaque fichier est celui de EMPREINTES.json.
2. Chaque ligne d’une chaîne est un tableau JSON : position, empreinte, ligne scellée. Soit e le SHA-256 (hexadécimal) du texte
   de la ligne scellée, écrite en JSON avec une espace après chaque virgule, sans échappement des lettres accentuées. L’empreinte
   est le SHA-256 de l’empreinte précédente suivie de e. La première empreinte précédente est la première ligne du fichier.
   Colonnes : {columns}
3. Chaque ligne de jours.jsonl est un tableau : texte clos, son SHA-256. Le texte cite l’empreinte du jour précédent.

La commande « manage.py verify_archive FICHIER » fait ces trois vérifications et celle du FEC, sans base de données.
"""


@transaction.atomic
def make_archive(wanted: Wanted, *, actor: Actor, at: datetime, reason: str = "") -> KeptFile:
    """Make and keep the archive of a year; the same bytes again are the same row. Raises CannotExport as the FEC does."""
    with connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    refuse_unfinished(wanted)
    with tempfile.TemporaryFile() as file:
        _write(file, wanted)
        kept = keep_file(
            file, kind=KeptFile.Kind.ARCHIVE, name=f"{wanted.siren}ARCHIVE{wanted.year}.zip", year=wanted.year, lines=0,
            media_type="application/zip", actor=actor, at=at,
        )  # fmt: skip
    record_act(
        "made an archive", subject=f"kept_file:{kept.pk}", actor=actor, at=at, reason=reason,
        facts={"year": wanted.year, "sha256": kept.sha256},
    )  # fmt: skip
    return kept


def _write(file: IO[bytes], wanted: Wanted) -> None:
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in _members(wanted):
            hashes[name] = _member(archive, name, pieces)
        _member(archive, MANIFEST, iter([json.dumps(hashes, indent=1, sort_keys=True).encode()]))


def _member(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> str:
    whole = hashlib.sha256()
    info = zipfile.ZipInfo(name, NO_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            whole.update(piece)
            member.write(piece)
    return whole.hexdigest()


def _members(wanted: Wanted) -> Iterator[tuple[str, Iterator[bytes]]]:
    begins, ends = _bounds(wanted.year)
    columns = "; ".join(f"{chain} : {', '.join(what.columns)}" for chain, what in SEALED.items())
    yield README, iter([TEXT.format(year=wanted.year, siren=wanted.siren, fec=wanted.name, columns=columns).encode()])
    for chain in SEALED:
        yield f"chaine_{chain}.jsonl", _chain(chain, begins, ends)
    yield "jours.jsonl", _days(wanted)
    yield "periodes.jsonl", _periods(wanted)
    yield "factures.jsonl", _documents(wanted)
    yield "journal_technique.jsonl", _journal(begins, ends)
    yield wanted.name, written(wanted)


def _bounds(year: int) -> tuple[datetime, datetime]:
    return datetime(year, 1, 1, tzinfo=PARIS), datetime(year + 1, 1, 1, tzinfo=PARIS)


def _line(*cells: Any) -> bytes:
    return (json.dumps(cells, ensure_ascii=False, default=str) + "\n").encode()


def _chain(chain: str, begins: datetime, ends: datetime) -> Iterator[bytes]:
    what = SEALED[chain]
    of_year = SealedRow.objects.filter(chain=chain, at__gte=begins, at__lt=ends)
    first = of_year.order_by("position").values_list("position", flat=True).first()
    before = SealedRow.objects.filter(chain=chain, position=(first or 1) - 1).values_list("hash", flat=True).first()
    yield _line(before or "")
    query = LINKS.format(text=what.text, table=what.table, joined=what.joined)
    place = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [chain, begins, ends, place, CHUNK])
            found = cursor.fetchall()
        for position, hash_, text in found:
            # The text as the database wrote it, untouched: its hash is taken of it.
            yield f'[{position}, "{hash_}", {text}]\n'.encode()
            place = position
        if len(found) < CHUNK:
            return


def _days(wanted: Wanted) -> Iterator[bytes]:
    rows = DayClosing.objects.filter(day__range=(wanted.first_day, wanted.last_day)).order_by("day")
    for row in rows.only(*STATED, "hash").iterator(CHUNK):
        yield _line(canonical(row), row.hash)


def _periods(wanted: Wanted) -> Iterator[bytes]:
    rows = PeriodClosing.objects.filter(first_day__year=wanted.year).select_related("reopening").order_by("pk")
    for row in rows.iterator(CHUNK):
        opened = getattr(row, "reopening", None)
        said = [str(period_of(row)), row.version, row.checks, row.figures, row.signed_by]
        again = [opened.agreed_by, opened.alone, opened.reason, opened.at] if opened else None
        yield _line(said, row.sha256, row.at, again)


def _documents(wanted: Wanted) -> Iterator[bytes]:
    names = ("reference", "kind", "issued_on", "total_ht", "total_vat", "total_ttc", "previous_hash", "hash")
    rows = Invoice.objects.filter(issued_on__range=(wanted.first_day, wanted.last_day)).order_by("series", "number")
    for row in rows.values_list(*names).iterator(CHUNK):
        yield _line(*row)


def _journal(begins: datetime, ends: datetime) -> Iterator[bytes]:
    names = ("kind", "name", "before", "after", "reason", "actor", "at")
    rows = TechnicalEvent.objects.filter(at__gte=begins, at__lt=ends).order_by("pk")
    for row in rows.values_list(*names).iterator(CHUNK):
        yield _line(*row)
