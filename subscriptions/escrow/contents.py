"""What the escrow file holds: a ZIP of CSV files, a manifest with every hash, and a page in French that explains all of it.

An open format on purpose (docs/decisions/0030): it is opened by people who have neither this program nor us. Nothing is in it
but what a copy needs to be posted: no e-mail address, no payment, no price. Everything is read in one snapshot of the database.
Built in memory: a hundred thousand readers with 248,000 lines of four issues make an archive of 7.7 MB, and took 81 MiB more.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from payments.days import PARIS
from subscriptions.escrow import foreseen
from subscriptions.fulfilment.address_file import file_name
from subscriptions.fulfilment.columns import CUSTOMARY
from subscriptions.models import Magazine, MailingHouse, MailingRun
from subscriptions.notices.french import day, moment

FORMAT = "boutique-sequestre/1"
MANIFEST, README = "MANIFESTE.json", "LISEZMOI.txt"
TEXT = Path(__file__).parent / README
#: What a house wants, as the manifest says it, and as a row of `MailingHouse` is made from it.
PROFILE = ("name", "separator", "encoding", "columns", "with_header", "weight_g", "service_level", "deposit_site")


@dataclass(slots=True)
class Contents:
    """An archive that was made: its bytes, and what it holds in figures. `changed`: files that are not what was closed."""

    archive: bytes
    lines: int = 0
    copies: int = 0
    counts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> list[str]:
        """Names of closed files that are no longer made to the byte."""
        return [row["name"] for row in self.counts if not row["true"]]


class _Pack:
    """A ZIP that is being filled, with the hash and size of each of its files."""

    def __init__(self, *, at: datetime) -> None:
        self.held = io.BytesIO()
        self.zip = zipfile.ZipFile(self.held, "w", zipfile.ZIP_DEFLATED)
        self.moment = at.astimezone(PARIS).timetuple()[:6]
        self.files: list[dict[str, Any]] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> str:
        """Put a file in, in pieces; its SHA-256."""
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, date_time=self.moment)
        info.compress_type = zipfile.ZIP_DEFLATED
        with self.zip.open(info, "w", force_zip64=True) as out:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                out.write(piece)
        self.files.append({"nom": name, "sha256": digest.hexdigest(), "octets": size})
        return digest.hexdigest()

    def done(self) -> bytes:
        self.zip.close()
        return self.held.getvalue()


def make(*, on: date, at: datetime) -> Contents:
    """The archive of day `on`. Reads in one snapshot; the transaction is its own and writes nothing."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Else a copy that moves while it is read would be in two files, or in none.
            if not connection.savepoint_ids:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _make(on=on, at=at)


def _make(*, on: date, at: datetime) -> Contents:
    pack, made = _Pack(at=at), Contents(b"")
    titles, runs = [], []
    for magazine in Magazine.objects.order_by("pk"):
        titles.append(_title(magazine))
        for run in [*foreseen.closed_runs(magazine.pk), *foreseen.runs_to_come(magazine.pk, on=on)]:
            row = _run(run, pack)
            if row["lignes"] or row["arrete"]:
                runs.append(row)
        for name, query in (("abonnes", foreseen.READERS), ("numeros", foreseen.ISSUES)):
            pack.add(f"{magazine.code}_{name}.csv", _table(query, {"magazine": magazine.pk}))
    out_of_stock = MailingRun.Kind.RESEND  # the next issue comes first
    runs.sort(key=lambda row: (row["genre"] == out_of_stock, row["depot_le"], row["numero"], row["rang"]))
    for row in runs:
        made.lines += row["lignes"]
        made.copies += row["exemplaires"]
        made.counts.append(
            {"name": row["fichier"], "issue": row["parution"], "closed": row["arrete"], "lines": row["lignes"],
             "copies": row["exemplaires"], "sha256": row["sha256"], "true": row["conforme"]}
        )  # fmt: skip
    said = TEXT.read_text(encoding="utf-8").format(
        publisher=settings.PUBLISHER["name"], day=day(on), made=moment(at)
    )  # fmt: skip
    pack.add(README, [said.replace("\n", "\r\n").encode()])
    facts = {
        "format": FORMAT, "editeur": settings.PUBLISHER["name"], "jour": on.isoformat(), "etabli_le": at.isoformat(),
        "titres": titles, "routages": runs, "fichiers": list(pack.files),
    }  # fmt: skip
    pack.add(MANIFEST, [json.dumps(facts, ensure_ascii=False, indent=1).encode()])
    made.archive = pack.done()
    return made


def _title(magazine: Magazine) -> dict[str, Any]:
    return {
        "code": magazine.code, "titre": magazine.title, "sous_titre": magazine.subtitle, "issn": magazine.issn,
        "cppap": magazine.cppap_number, "cppap_jusqu_au": magazine.cppap_valid_until.isoformat(),
        "numeros_par_an": magazine.issues_a_year,
    }  # fmt: skip


def _run(run: MailingRun, pack: _Pack) -> dict[str, Any]:
    """Put both files of a run into the pack, unless nothing is in them; what the manifest says of it."""
    whole = b"".join(foreseen.written(run, whole=True))
    lines, copies = _counted(whole)
    shut, name = not run._state.adding, file_name(run)
    row: dict[str, Any] = {
        "titre": run.issue.magazine.code, "numero": run.issue.number, "parution": run.issue.printed, "genre": run.kind,
        "rang": run.sequence, "arrete": shut, "lignes": lines,
        "exemplaires": copies, "fichier": f"routeur/{name}", "complet": f"complet/{name}",
        "depot_le": f"{run.deposit_on:%Y-%m-%d}", "arrete_le": run.closed_at.isoformat() if run.closed_at else "",
        "seul": run.closed_because if run.closed_alone else "", "remis_le": run.handed_over_at.isoformat() if run.handed_over_at else "",
        "profil": profile_of(run.house), "sha256": "", "conforme": True,
    }  # fmt: skip
    if lines or shut:
        pack.add(row["complet"], [whole])
        row["sha256"] = pack.add(row["fichier"], foreseen.written(run))
        row["conforme"] = not shut or row["sha256"] == run.sha256
    return row


def _counted(whole: bytes) -> tuple[int, int]:
    """Lines and copies of a complete file."""
    lines = copies = 0
    for row in csv.DictReader(io.StringIO(whole.decode()), delimiter=";"):
        lines += 1
        copies += int(row["qte"])
    return lines, copies


def profile_of(house: MailingHouse) -> dict[str, Any]:
    """How a house wants its file, in words that a row can be made from again."""
    facts = {name: getattr(house, name) for name in PROFILE}
    return facts | {"columns": list(house.columns or CUSTOMARY)}


def _table(query: str, facts: dict[str, Any]) -> Iterator[bytes]:
    operations: Any = connection.ops
    asked = operations.compose_sql(query, facts)
    copy = f"COPY ({asked}) TO STDOUT (FORMAT csv, DELIMITER ';', HEADER true)"
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        for row in rows:
            yield bytes(row).replace(b"\n", b"\r\n")
