"""The archive of a year: one ZIP that can be read and verified in ten years without this shop (law.md 2.4, 4).

Every link of the chains of seals that was made in the year with the row it seals, documents with all that their hash is taken of,
closed days and periods, the FEC; where each chain begins and ends, a list of hashes, and a page in French that says how to verify
it all. The same books make the same bytes. `verify_archive` verifies; it needs no database. Verified before it is kept.

A file proves that it agrees with itself. That it is the one that was made, its own hash proves: that is sealed with the day and sent
out of this house (`payments.closing.anchoring`). While the year is not signed, the file is provisional and says so in its name.
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
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.closing.days import STATED, canonical
from payments.closing.periods import closing_of, signed, year_of
from payments.days import PARIS
from payments.desk import record_act
from payments.exports.archive_checking import DAYS, DOCUMENTS, HEAD, MANIFEST, PERIODS, README, verify
from payments.exports.fec import Wanted, written
from payments.exports.fec_making import CannotExport, refuse_unfinished
from payments.exports.keeping import keep_file
from payments.invoicing.numbering import canonical as stated_by
from payments.models import DayClosing, Invoice, KeptFile, PeriodClosing, SealedRow
from payments.sealing.canonical import SEALED

CHUNK = 2000
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
chaine_ticks.jsonl      réponses aux listes de contrôle
chaine_periods.jsonl    signatures des clôtures mensuelles et annuelles
chaine_asked.jsonl      demandes de réouverture
chaine_reopened.jsonl   réouvertures
chaine_journal.jsonl    journal technique : versions, réglages, horloge, restaurations
chaine_files.jsonl      fichiers établis : FEC, archives
chaine_days.jsonl       empreintes des clôtures journalières
jours.jsonl             clôtures journalières : totaux du jour, du mois, de l’année et total perpétuel
periodes.jsonl          clôtures mensuelles et annuelles signées
factures.jsonl          factures et avoirs, tels que leur empreinte les scelle
{fec}   fichier des écritures comptables (article A47 A-1 du LPF)
TETE.json               où chaque chaîne commence et finit, et combien de lignes a chaque fichier
EMPREINTES.json         SHA-256 de chacun de ces fichiers

Vérification
0. Le SHA-256 de l’archive entière est celui que l’éditeur a envoyé hors de la boutique quand elle a été établie (message
   « Empreinte des comptes »). Sans cette comparaison, les vérifications suivantes disent seulement que l’archive est cohérente.
1. Aucun fichier de cette liste ne manque, et le SHA-256 de chacun est celui de EMPREINTES.json.
2. Chaque ligne d’une chaîne est un tableau JSON : position, empreinte, ligne scellée. Soit e le SHA-256 (hexadécimal) du texte
   de la ligne scellée, écrite en JSON avec une espace après chaque virgule, sans échappement des lettres accentuées. L’empreinte
   est le SHA-256 de l’empreinte précédente suivie de e. La première empreinte précédente est la première ligne du fichier.
   Colonnes : {columns}
3. Chaque ligne de jours.jsonl est un tableau : texte clos, son SHA-256. Le texte cite l’empreinte du jour précédent, et sous
   « heads » la position et l’empreinte auxquelles chaque chaîne et chaque série de factures finissait ce jour-là.
4. Chaque ligne de factures.jsonl est un tableau : texte de la pièce, son SHA-256. Le texte cite l’empreinte de la pièce précédente
   de sa série (« previous »).
5. Chaque ligne de periodes.jsonl est un tableau : ce qui a été signé, le SHA-256 de son écriture en JSON (clés triées, une espace
   après chaque virgule et chaque deux-points), la date, la réouverture.
6. Chaque fichier commence et finit comme TETE.json le dit.

La commande « manage.py verify_archive FICHIER --sha256 EMPREINTE » fait ces vérifications et celle du FEC, sans base de données.
"""


@transaction.atomic
def make_archive(wanted: Wanted, *, actor: Actor, at: datetime, reason: str = "") -> KeptFile:
    """Make, verify and keep the archive of a year; the same bytes again are the same row. Raises CannotExport as the FEC does."""
    with connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    refuse_unfinished(wanted)
    with tempfile.TemporaryFile() as file:
        _write(file, wanted)
        for name, sentence in verify(file):
            raise CannotExport(
                _("The archive does not verify, and was not kept. %(file)s: %(reason)s")
                % {"file": name or "ZIP", "reason": sentence},
                code="invalid",
            )
        kept = keep_file(
            file, kind=KeptFile.Kind.ARCHIVE, name=name_of(wanted), year=wanted.year, lines=0,
            media_type="application/zip", actor=actor, at=at,
        )  # fmt: skip
    record_act(
        "made an archive", subject=f"kept_file:{kept.pk}", actor=actor, at=at, reason=reason,
        facts={"year": wanted.year, "sha256": kept.sha256},
    )  # fmt: skip
    return kept


def is_signed(wanted: Wanted) -> bool:
    """Whether the year is closed and signed: until then its archive is provisional."""
    return closing_of(year_of(wanted.first_day)) is not None


def name_of(wanted: Wanted) -> str:
    """« 732829320ARCHIVE2026.zip », or « 732829320ARCHIVE2026PROVISOIRE.zip »."""
    return f"{wanted.siren}ARCHIVE{wanted.year}{'' if is_signed(wanted) else 'PROVISOIRE'}.zip"


def _write(file: IO[bytes], wanted: Wanted) -> None:
    hashes: dict[str, str] = {}
    ends: dict[str, Any] = {"exercice": wanted.year, "siren": wanted.siren, "provisoire": not is_signed(wanted)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in _members(wanted, ends):
            hashes[name] = _member(archive, name, pieces)
        hashes[HEAD] = _member(archive, HEAD, iter([_json(ends)]))
        _member(archive, MANIFEST, iter([_json(hashes)]))


def _json(said: dict[str, Any]) -> bytes:
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _member(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> str:
    whole = hashlib.sha256()
    info = zipfile.ZipInfo(name, NO_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            whole.update(piece)
            member.write(piece)
    return whole.hexdigest()


def _members(wanted: Wanted, ends: dict[str, Any]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and bytes of each member; `ends` learns where each of them began and ended as its bytes are taken."""
    begins, until = datetime(wanted.year, 1, 1, tzinfo=PARIS), datetime(wanted.year + 1, 1, 1, tzinfo=PARIS)
    columns = "; ".join(f"{chain} : {', '.join(what.columns)}" for chain, what in SEALED.items())
    yield README, iter([TEXT.format(year=wanted.year, siren=wanted.siren, fec=wanted.name, columns=columns).encode()])
    for chain in SEALED:
        name = f"chaine_{chain}.jsonl"
        yield name, _chain(chain, begins, until, ends.setdefault(name, {}))
    for name, rows in ((DAYS, _days), (PERIODS, _periods), (DOCUMENTS, _documents)):
        yield name, rows(wanted, ends.setdefault(name, {}))
    yield wanted.name, written(wanted)


def _line(*cells: Any) -> bytes:
    return (json.dumps(cells, ensure_ascii=False, default=str) + "\n").encode()


def _chain(chain: str, begins: datetime, until: datetime, ends: dict[str, Any]) -> Iterator[bytes]:
    what = SEALED[chain]
    rows = SealedRow.objects.filter(chain=chain).order_by("-position")
    before = rows.filter(at__lt=begins).values_list("position", "hash").first() or (0, "")
    ends |= {"avant": before[1], "premier": before[0] + 1, "dernier": before[0], "empreinte": before[1], "lignes": 0}
    yield _line(before[1])
    query = LINKS.format(text=what.text, table=what.table, joined=what.joined)
    place = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [chain, begins, until, place, CHUNK])
            found = cursor.fetchall()
        for position, hash_, text in found:
            # The text as the database wrote it, untouched: its hash is taken of it.
            yield f'[{position}, "{hash_}", {text}]\n'.encode()
            place = position
            ends |= {"dernier": position, "empreinte": hash_, "lignes": ends["lignes"] + 1}
        if len(found) < CHUNK:
            return


def _days(wanted: Wanted, ends: dict[str, Any]) -> Iterator[bytes]:
    rows = DayClosing.objects.filter(day__range=(wanted.first_day, wanted.last_day)).order_by("day")
    ends |= {"lignes": 0}
    for row in rows.only(*STATED, "hash").iterator(CHUNK):
        if not ends["lignes"]:
            ends |= {"premier": row.day.isoformat(), "avant": row.previous_hash}
        ends |= {"dernier": row.day.isoformat(), "empreinte": row.hash, "lignes": ends["lignes"] + 1}
        yield _line(canonical(row), row.hash)


def _periods(wanted: Wanted, ends: dict[str, Any]) -> Iterator[bytes]:
    rows = PeriodClosing.objects.filter(first_day__year=wanted.year).select_related("reopening").order_by("pk")
    ends |= {"lignes": 0}
    for row in rows.iterator(CHUNK):
        ends |= {"empreinte": row.sha256, "lignes": ends["lignes"] + 1}
        opened = getattr(row, "reopening", None)
        again = [opened.agreed_by, opened.alone, opened.reason, opened.at] if opened else None
        yield _line(signed(row), row.sha256, row.at, again)


def _documents(wanted: Wanted, ends: dict[str, Any]) -> Iterator[bytes]:
    """Every document with all that its hash is taken of, by series: buyer and lines too, which are kept for ten years (law.md 2.3)."""
    rows = Invoice.objects.filter(issued_on__range=(wanted.first_day, wanted.last_day)).prefetch_related("lines")
    ends |= {"lignes": 0, "series": {}}
    for row in rows.select_related("series").order_by("series", "number").iterator(CHUNK):
        begun = ends["series"].setdefault(str(row.series), {"avant": row.previous_hash})
        begun["empreinte"], ends["lignes"] = row.hash, ends["lignes"] + 1
        yield _line(stated_by(row, list(row.lines.all())), row.hash)
