"""Restoring: an archive becomes a small shop in an EMPTY migrated database, which makes the same files by the same code.

Titles, issues, profiles of the houses, runs and their lines are there afterwards, and nobody's account, payment or right: a line
names the restored file instead of a subscription. Runs that were closed are closed as they were; those that were foreseen are
closed by the restore itself, alone and saying so. Each file is made again from the rows that were written, and held against the
hash of the archive; one that differs rolls everything back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.escrow.contents import PROFILE
from subscriptions.escrow.opening import Archive, Untrue
from subscriptions.fulfilment.address_file import fingerprint
from subscriptions.fulfilment.freezing import count
from subscriptions.fulfilment.moving import move_issue, move_run
from subscriptions.models import (
    Dispatch,
    Issue,
    Magazine,
    MailingHouse,
    MailingRun,
    PostalAddress,
    RestoredEscrow,
    Subscription,
)

Run = MailingRun.State
BATCH = 2000
BLOCK = ("l1", "l2", "l3", "l4", "l5", "l6", "l7", "cp", "ville")
CLOSED = (
    "closed_alone", "closed_by", "closed_at", "closed_because", "deposit_on", "dispatches", "copies", "counts", "sha256",
    "size",
)  # fmt: skip


class NotEmpty(RuntimeError):
    """The database holds a magazine, a reader or a file already: nothing is ever restored beside them."""


@transaction.atomic
def restore(archive: Archive, *, actor: Actor, at: datetime) -> list[MailingRun]:
    """Fill an empty database; the runs, in the order of their posting, each with its file proved. In one transaction.

    A foreseen file whose deposit was planned for a day that is over gets the day of `at`, as its closing would have given it.
    Raises NotEmpty, Untrue.
    """
    if any(model.objects.exists() for model in (Magazine, Subscription, MailingRun)):
        raise NotEmpty("a restore needs an empty database")
    made_at = datetime.fromisoformat(archive.manifest["etabli_le"])
    origin = RestoredEscrow.objects.create(sha256=archive.sha256, made_at=made_at, actor=str(actor), at=at)
    titles = {row["code"]: _title(row) for row in archive.manifest["titres"]}
    issues = {code: _issues(title, archive) for code, title in titles.items()}
    addresses: dict[tuple[str, ...], int] = {}
    runs = []
    for row in archive.runs:
        issue = issues[row["titre"]][row["numero"]]
        house = _house(issue.magazine, row["profil"], actor=actor, at=at)
        run = MailingRun.objects.create(
            issue=issue, house=house, kind=row["genre"], sequence=row["rang"], asked_by=str(actor), asked_at=at,
            asked_because=f"séquestre du {paris_day(made_at):%d/%m/%Y}",
        )  # fmt: skip
        _lines(run, archive.rows(row["complet"]), origin, addresses, at=at)
        _close(run, row, actor=actor, at=at)
        runs.append(run)
    record_act(
        "restored an escrow", subject=f"escrow:{archive.sha256[:12]}", actor=actor, at=at,
        facts={"runs": len(runs), "made_at": archive.manifest["etabli_le"]},
    )  # fmt: skip
    return runs


def _title(row: Mapping[str, Any]) -> Magazine:
    return Magazine.objects.create(
        code=row["code"], title=row["titre"], subtitle=row["sous_titre"], issn=row["issn"], cppap_number=row["cppap"],
        cppap_valid_until=date.fromisoformat(row["cppap_jusqu_au"]), issues_a_year=row["numeros_par_an"],
    )  # fmt: skip


def _issues(magazine: Magazine, archive: Archive) -> dict[int, Issue]:
    """The calendar of a title: what has left has left, all else is planned until its run is closed here."""
    made = [
        Issue(
            magazine=magazine,
            number=int(row["num"]),
            last_number=int(row["second_num"]) if row["second_num"] else None,
            cover_month=int(row["mois"]),
            cover_year=int(row["annee"]),
            cutoff_on=date.fromisoformat(row["arrete_le"]),
            post_on=date.fromisoformat(row["poste_prevue_le"]),
            posted_on=date.fromisoformat(row["poste_le"]) if row["poste_le"] else None,
            state=Issue.State.POSTED if row["poste_le"] else Issue.State.PLANNED,
        )
        for row in archive.rows(f"{magazine.code}_numeros.csv")
    ]
    return {issue.number: issue for issue in Issue.objects.bulk_create(made)}


def _house(magazine: Magazine, profile: Mapping[str, Any], *, actor: Actor, at: datetime) -> MailingHouse:
    """The row of a profile; the same one for all runs that name it."""
    facts = {name: profile[name] for name in PROFILE}
    known = MailingHouse.objects.filter(magazine=magazine, **facts).first()
    return known or MailingHouse.objects.create(
        magazine=magazine, actor=str(actor), reason="séquestre", created_at=at, **facts
    )


def _lines(
    run: MailingRun,
    rows: Iterable[Mapping[str, str]],
    origin: RestoredEscrow,
    known: dict[tuple[str, ...], int],
    *,
    at: datetime,
) -> None:
    """Write the lines of a run, some thousands at a time; an address that was written already is written once."""
    numbered = enumerate(rows, start=1)
    while some := list(islice(numbered, BATCH)):
        _write_addresses([row for _nth, row in some], known, at=at)
        Dispatch.objects.bulk_create(
            [
                Dispatch(
                    run=run,
                    issue=run.issue,
                    place=place,
                    key=row["cle_unique"],
                    kind=row["type_envoi"],
                    restored=origin,
                    number=row["num_abonne"],
                    contract=row["num_abonnement"],
                    address_id=known[_place(row)],
                    copies=int(row["qte"]),
                    zone=row["zone"],
                    last_number=int(row["dernier_num"]) if row["dernier_num"] else None,
                    copies_left=int(row["nb_restants"]) if row["nb_restants"] else None,
                    insert_code=row["code_relance"],
                )
                for place, row in some
            ]
        )


def _place(row: Mapping[str, str]) -> tuple[str, ...]:
    return (*(row[name] for name in BLOCK), row["code_pays"])


def _write_addresses(rows: Sequence[Mapping[str, str]], known: dict[tuple[str, ...], int], *, at: datetime) -> None:
    new = list(dict.fromkeys(place for row in rows if (place := _place(row)) not in known))
    made = PostalAddress.objects.bulk_create(
        [
            PostalAddress(
                typed={},
                lines=[text for text in place[:7] if text],
                block=list(place[:9]),
                country=place[9],
                postcode=place[7],
                town=place[8],
                delivery_zone="",
                vat_zone="",
                created_at=at,
            )
            for place in new
        ]
    )
    known.update(zip(new, (row.pk for row in made), strict=True))


def _close(run: MailingRun, row: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Close a run as it was, or as it was foreseen; once its file is proved. Raises Untrue."""
    was_closed = bool(row["arrete"])
    run.deposit_on = date.fromisoformat(row["depot_le"])
    made = fingerprint(run)
    if made.sha256 != row["sha256"]:
        raise Untrue("lines", f"{row['fichier']} is made otherwise here")
    if not was_closed and run.deposit_on < paris_day(at):
        run.deposit_on = paris_day(at)
        made = fingerprint(run)
    frozen = count(run)
    run.dispatches, run.copies, run.counts = frozen.dispatches, frozen.copies, frozen.counts
    run.sha256, run.size = made.sha256, made.size
    run.closed_at = datetime.fromisoformat(row["arrete_le"]) if was_closed else at
    run.closed_because = row["seul"] if was_closed else run.asked_because
    # Two people closed what was closed by two; here they have one name.
    run.closed_alone = bool(row["seul"]) if was_closed else True
    run.closed_by = f"{actor}" if run.closed_alone else f"{actor} (2)"
    move_run(run, Run.CLOSED, actor=actor, at=at, reason=run.asked_because, also=CLOSED)
    if run.kind == MailingRun.Kind.MAIN and run.issue.state == Issue.State.PLANNED:
        move_issue(run.issue, Issue.State.CLOSED, on=paris_day(at))
