"""The ways that one file was sent to its mailing house, as a table: when, by whom, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table, chip
from shop.backoffice.transmission_words import FAULT, TRANSMISSION, WAY_SHORT
from shop.templatetags.french import stamp
from subscriptions.models import Transmission


def sendings(rows: Sequence[Transmission]) -> Table:
    """Each time that the file was sent on its way, and what became of it. One query."""
    names = words.names_of_staff(row.asked_by for row in rows)
    return Table(
        label=_("Transmissions"),
        title=_("Transmissions"),
        anchor="transmissions",
        columns=columns(
            "#" + _("Asked for"), _("Way"), _("Status"), "#" + _("Since"), _("Last fault"), "#" + _("Tries"), _("Who"),
            _("File there"),
        ),
        rows=[
            (
                Cell(stamp(row.asked_at), num=True),
                Cell(WAY_SHORT[row.way.way]),
                chip(words.said(TRANSMISSION, row.state)),
                Cell(stamp(row.state_since), num=True),
                Cell(_again(row)),
                Cell(row.attempts, num=True),
                Cell(words.who(row.asked_by, names)),
                Cell(row.name, mono=True),
            )
            for row in rows
        ],
        empty=_("It was not sent yet."),
    )  # fmt: skip


def _again(row: Transmission) -> Any:
    fault = FAULT.get(row.failure, row.failure)
    if row.state != Transmission.State.QUEUED or not row.failure:
        return fault
    return _("%(fault)s; tried again from %(when)s on") % {"fault": fault, "when": stamp(row.due_at)}
