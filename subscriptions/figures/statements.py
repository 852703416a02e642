"""Statements: the figures of an issue or of a year as a controller takes them, a table in CSV and a page in PDF.

Papers are written in French. A cell of a table never begins like a formula of a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.money import NBSP
from payments.typesetting import typeset
from subscriptions.figures.classes import BANDS, CLASSES, Band, Group, Klass
from subscriptions.figures.meters import count, tenths
from subscriptions.figures.reading import Figures, average, counts_of, otherwise_banded, parts_of, rule_of
from subscriptions.fulfilment.address_file import FORMULA
from subscriptions.fulfilment.words import RUN_KINDS, ZONES
from subscriptions.models import Circulation, CirculationRule, CountedCopy, Issue
from subscriptions.notices.french import day

TEMPLATE = Path(__file__).parent / "typst" / "statement.typ"
GROUPS: Mapping[Group, str] = {
    Group.PAID: "Diffusion payée",
    Group.NOT_PAID: "Diffusion non payée",
    Group.AGAIN: "Hors diffusion",
}
HEADS = (
    "numero", "mise_en_poste", "groupe", "classe_acpm", "classe", "tranche_de_prix", "zone", "exemplaires",
)  # fmt: skip
LINES = (
    "cle", "numero_abonne", "groupe", "classe_acpm", "classe", "code", "prix_paye_ttc", "prix_de_reference_ttc", "pourcentage",
    "zone", "exemplaires", "compte_le",
)  # fmt: skip


def band_name(band: str, rule: CirculationRule) -> str:
    """« de 50 % à moins de 80 % »; "" for what has no price."""
    if not band:
        return ""
    return BANDS[Band(band)].format(
        least=_plain(rule.paid_least_percent), coupled=_plain(rule.coupled_least_percent)
    )  # fmt: skip


def other_limits(counts: Sequence[Circulation]) -> list[str]:
    """A sentence for each count whose bands had other limits than those that are printed; in French."""
    return [
        f"Le compte n° {one.number}, du {day(one.on)}, a été classé selon la règle en vigueur depuis le {day(one.rule.valid_from)} : "
        f"les limites de ses tranches de prix sont {_plain(one.rule.paid_least_percent)}{NBSP}% et "
        f"{_plain(one.rule.coupled_least_percent)}{NBSP}%."
        for one in otherwise_banded(counts)
    ]


def issue_csv(issue: Issue) -> bytes:
    """The figures of an issue by class, band of price and zone. UTF-8 with its mark, semicolons. Two queries."""
    rule = _rule(issue)
    rows = [
        (
            issue.printed, _iso(issue.posted_on), GROUPS[CLASSES[one.klass].group], CLASSES[one.klass].acpm,
            CLASSES[one.klass].french, band_name(one.band, rule) if rule else "", one.zone, one.copies,
        )
        for one in parts_of(issue)
    ]  # fmt: skip
    return _csv(HEADS, rows)


def year_csv(figures: Sequence[Figures]) -> bytes:
    """The figures of some issues by class, one column each, and their average."""
    mean = average(figures)
    heads = ("groupe", "classe_acpm", "classe", *(f"n_{one.issue.printed}" for one in figures), "moyenne")
    rows = [
        (GROUPS[row.group], row.acpm, row.french, *(one.of(klass) for one in figures), _plain(mean.get(str(klass), 0)))
        for klass, row in CLASSES.items()
    ]
    return _csv(heads, rows)


def lines_csv(issue: Issue) -> Iterator[bytes]:
    """Every line that was counted of an issue, with what was paid for it; the newest count last. In pieces: flat memory."""
    yield _csv(LINES, ())
    rows = (
        CountedCopy.objects.filter(issue=issue).order_by("circulation", "pk").select_related("dispatch", "circulation")
    )
    held: list[Sequence[Any]] = []
    for one in rows.iterator(2000):
        row = CLASSES[Klass(one.klass)]
        held.append(
            (
                one.dispatch.key, one.dispatch.number, GROUPS[row.group], row.acpm, row.french, one.code, _plain(one.paid),
                _plain(one.reference), _plain(one.percent), one.zone, one.copies, _iso(one.circulation.on),
            )
        )  # fmt: skip
        if len(held) == 2000:
            yield _csv((), held)
            held = []
    if held:
        yield _csv((), held)


def issue_pdf(issue: Issue, figures: Figures) -> bytes:
    """The statement of an issue: by class and zone, by band of price, each count with its day and its hash."""
    parts, counts = parts_of(issue), counts_of(issue)
    rule = rule_of(counts)
    zones = [zone for zone in ZONES if any(one.zone == zone for one in parts)]
    on = counts[-1].on if counts else issue.posted_on or issue.post_on
    return typeset(
        TEMPLATE,
        {
            **_frame(f"{issue.magazine.title} n° {issue.printed} : état de diffusion", on),
            "under": f"Mis en poste le {day(issue.posted_on)}." if issue.posted_on else "Pas encore mis en poste.",
            "tables": [
                {
                    "title": "Exemplaires par classe et par zone",
                    "head": ["Classe", *zones, "Total"],
                    "rows": _by_class(
                        lambda klass: [
                            *(sum(p.copies for p in parts if p.klass == klass and p.zone == zone) for zone in zones),
                            figures.of(klass),
                        ],
                        figures,
                        width=len(zones),
                    ),
                },
                {
                    "title": "Exemplaires vendus par tranche de prix",
                    "head": ["Part du prix de référence", "Exemplaires"],
                    "rows": [
                        _row(
                            [band_name(band, rule), count(sum(p.copies for p in parts if p.band == band))]
                        )
                        for band in Band
                    ]
                    if rule
                    else [],
                },
                {
                    "title": "Comptes, dans l’ordre",
                    "head": ["Compte", "Le", "Exemplaires", "Empreinte"],
                    "rows": [
                        _row([
                            RUN_KINDS[one.run.kind] if one.run else f"Correction, lignes : {count(one.lines)}", day(one.on),
                            count(one.copies), one.sha256[:16],
                        ])
                        for one in counts
                    ],
                },
            ],
            "notes": [
                _beside(figures),
                *([f"Règle en vigueur depuis le {day(rule.valid_from)}. {rule.source}"] if rule else []),
                *other_limits(counts),
            ],
        },
        on=on,
    )  # fmt: skip


def year_pdf(title: str, figures: Sequence[Figures], *, on: date) -> bytes:
    """The statement of some issues: each in a column, and their average."""
    mean = average(figures)
    return typeset(
        TEMPLATE,
        {
            **_frame(f"{title} : état de diffusion sur douze mois", on),
            "under": f"Numéros mis en poste dans les douze mois qui finissent le {day(on)} : {len(figures)}.",
            "tables": [
                {
                    "title": "Exemplaires par classe",
                    "head": ["Classe", *(f"n° {one.issue.printed}" for one in figures), "Moyenne"],
                    "rows": [
                        *(
                            _row([row.french, *(count(one.of(klass)) for one in figures), tenths(mean[str(klass)])])
                            for klass, row in CLASSES.items()
                            if mean and mean[str(klass)]
                        ),
                        *(
                            _row([name, *(count(getattr(one, attribute)) for one in figures), tenths(mean[attribute])], strong=True)
                            for attribute, name in (
                                ("paid", "Diffusion payée"), ("not_paid", "Diffusion non payée"), ("posted", "Diffusion"),
                            )
                            if mean
                        ),
                    ],
                }
            ],
            "notes": ["Un numéro double compte pour un numéro. Les renvois et remplacements sont hors diffusion."],
        },
        on=on,
    )  # fmt: skip


def _beside(figures: Figures) -> str:
    return (
        f"Revenus par la poste (PND) : {count(figures.returned)}. Lecteurs de l’édition numérique : {count(figures.digital)}, "
        f"dont {count(figures.digital_only)} sans exemplaire imprimé ; ils ne sont comptés dans aucune classe."
    )


def _by_class(cells: Any, figures: Figures, *, width: int) -> list[dict[str, Any]]:
    rows = []
    for group, name in GROUPS.items():
        there = [klass for klass, row in CLASSES.items() if row.group == group and figures.of(klass)]
        rows += [_row([CLASSES[klass].french, *(count(one) for one in cells(klass))]) for klass in there]
        rows.append(_row([name, *[""] * width, count(figures.of(*there))], strong=True))
    return rows


def _row(cells: Sequence[str], *, strong: bool = False) -> dict[str, Any]:
    return {"cells": list(cells), "strong": strong}


def _frame(title: str, on: date) -> dict[str, Any]:
    return {
        "title": title,
        "author": settings.PUBLISHER["name"],
        "on": [on.year, on.month, on.day],
        "foot": [f"{settings.PUBLISHER['name']}. {title}."],
    }


def _rule(issue: Issue) -> CirculationRule | None:
    return rule_of(counts_of(issue))


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    if heads:
        writer.writerow(heads)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return (b"\xef\xbb\xbf" if heads else b"") + text.getvalue().encode()


def _safe(cell: Any) -> Any:
    """A number stays one; a word that begins like a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(",", "", 1).isdecimal()


def _plain(number: Any) -> str:
    """« 27,6 », as a French spreadsheet reads it; "" for nothing."""
    return (
        ""
        if number is None
        else f"{number.normalize():f}".replace(".", ",")
        if hasattr(number, "normalize")
        else str(number)
    )


def _iso(on: date | None) -> str:
    return on.isoformat() if on else ""
