"""The control sheet that goes with a file: what it holds, counted, its hash, and where to write down what was received."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.days import paris_day
from payments.typesetting import typeset
from subscriptions.fulfilment.address_file import file_name
from subscriptions.fulfilment.words import KINDS, RUN_KINDS, ZONES
from subscriptions.models import MailingRun
from subscriptions.notices.french import day

TEMPLATE = Path(__file__).parent / "typst" / "control_sheet.typ"


def facts_of(run: MailingRun) -> Mapping[str, Any]:
    """What the sheet of a closed run says, in French."""
    issue, house = run.issue, run.house
    assert run.closed_at is not None  # noqa: S101 - a closed run has both (run_closed_whole)
    assert run.deposit_on is not None  # noqa: S101
    closed = paris_day(run.closed_at)
    table = run.counts["table"]
    return {
        "title": f"Bordereau de contrôle, {issue.magazine.title} n° {issue.printed}",
        "author": settings.PUBLISHER["name"],
        "on": [closed.year, closed.month, closed.day],
        "under": f"{RUN_KINDS[run.kind]} arrêté le {day(closed)}, à mettre en poste le {day(run.deposit_on)}.",
        "facts": [
            ["Fichier", file_name(run)],
            ["Routeur", house.name],
            ["Lignes", _figure(run.dispatches)],
            ["Exemplaires", _figure(run.copies)],
            ["Première clé", run.counts["first_key"] or "aucune"],
            ["Dernière clé", run.counts["last_key"] or "aucune"],
            [
                "Format",
                f"séparateur « {house.separator} », {house.encoding}, fins de ligne CR/LF, {_figure(run.size)} octets",
            ],
            ["Poids d’un exemplaire", f"{house.weight_g} g"],
            ["Site de dépôt", house.deposit_site or "à convenir"],
            ["SHA-256", run.sha256],
        ],
        "zones": _rows(table, "zone", ZONES),
        "countries": _rows(table, "country", {}),
        "kinds": _rows(table, "kind", KINDS),
        "alone": f"Arrêté par une seule personne : {run.closed_because}" if run.closed_alone else "",
        "foot": [f"{settings.PUBLISHER['name']}. Bordereau du fichier {file_name(run)}."],
    }


def control_sheet(run: MailingRun) -> bytes:
    """The PDF of the sheet of a closed run; the same bytes each time."""
    assert run.closed_at is not None  # noqa: S101
    return typeset(TEMPLATE, facts_of(run), on=paris_day(run.closed_at))


def _rows(table: list[dict[str, Any]], by: str, names: Mapping[str, str]) -> list[list[str]]:
    found: dict[str, list[int]] = {}
    for row in table:
        counted = found.setdefault(row[by], [0, 0])
        counted[0] += row["lines"]
        counted[1] += row["copies"]
    return [[names.get(key, key), _figure(lines), _figure(copies)] for key, (lines, copies) in found.items()]


def _figure(number: int | None) -> str:
    return f"{number or 0:,}".replace(",", "\u202f")
