"""Taking an export: one picture of the books, a file on disk, and an act that says who took what.

The file is made whole before its first byte leaves, so nobody downloads half of one and its hash is known. What forecasts
(`Export.forecast`) is kept the first time that it is taken of a signed period, and given again as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import record_act
from payments.exports.journals import NAME as JOURNALS
from payments.exports.keeping import hashed, keep_file
from payments.exports.offered import Check, Export
from payments.exports.profiles import as_import_file
from payments.exports.sheets import MEDIA_TYPES, SHEET_HOLDS, Format, TooLarge, Written, as_csv, as_workbook, rows_of
from payments.exports.spans import Span, Standing, one_picture, signature_over, standing
from payments.models import AccountantProfile, KeptFile


class CannotTake(ValidationError):
    """The file cannot be made now; the message is a sentence for staff, `code` says which."""


@dataclass(slots=True)
class Taken:
    """A file that was taken: how it is called and sent, whether it may still change, what it was held against."""

    name: str
    media_type: str
    written: Written
    standing: Standing
    checks: Sequence[Check]


def file_name(export: Export, span: Span, format: Format, now: Standing, profile: AccountantProfile | None) -> str:
    """« balance-agee_2026-11-30.csv »; « _provisoire » stands before the ending of what may still change."""
    said = f"_{profile.pk}" if profile else ""
    mark = "_provisoire" if now == Standing.PROVISIONAL else ""
    ending = profile.ending if profile and format == Format.CSV else format.value
    return f"{export.name}{said}_{span}{mark}.{ending}"


def take(
    export: Export, span: Span, format: Format, *, actor: Actor, at: datetime, profile: AccountantProfile | None = None
) -> Taken:
    """Make the file and write down who took it. Side effects: the act; the kept file of a forecast. Raises CannotTake.

    `profile`: for the journals alone. The caller closes the file.
    """
    with one_picture():
        now = standing(span)
        name = file_name(export, span, format, now, profile)
        _sums, checks = export.checked(span)
        signed = signature_over(span) if export.forecast else None
        kept = (
            KeptFile.objects.filter(kind=KeptFile.Kind.EXPORT, name=name, at__gte=signed.at).first() if signed else None
        )
        written = hashed(kept) if kept else _written(export, span, format, checks, profile)
    try:
        with transaction.atomic():
            if signed is not None and kept is None:
                keep_file(
                    written.file, kind=KeptFile.Kind.EXPORT, name=name, year=span.last.year, lines=written.rows,
                    media_type=MEDIA_TYPES[format], actor=actor, at=at,
                )  # fmt: skip
                written.file.seek(0)
            record_act(
                "took an export", subject=f"export:{export.name}", actor=actor, at=at,
                facts={
                    "file": name, "first": span.first.isoformat(), "last": span.last.isoformat(), "format": format.value,
                    "profile": profile.name if profile else "", "sha256": written.sha256, "rows": written.rows,
                    "standing": now.value,
                    "differences": [f"{one.difference:.2f}" for one in checks if one.difference is not None],
                },
            )  # fmt: skip
    except BaseException:
        written.file.close()
        raise
    return Taken(name, MEDIA_TYPES[format], written, now, checks)


def _written(
    export: Export, span: Span, format: Format, checks: Sequence[Check], profile: AccountantProfile | None
) -> Written:
    rows = rows_of(export.rows(span))
    if format == Format.XLSX:
        try:
            return as_workbook(str(export.name), export.columns, rows, checks)
        except TooLarge as trouble:
            raise CannotTake(
                _("More than %(most)s lines are too many for a workbook: take the CSV, or fewer days.")
                % {"most": SHEET_HOLDS},
                code="too_large",
            ) from trouble
    if profile is not None and export.name == JOURNALS:
        return as_import_file(profile, export.columns, rows)
    return as_csv(export.columns, rows, checks)
