"""Making the FEC of a year: refused while an entry is not final, checked by the validator, kept with its hash."""

from __future__ import annotations

import re
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from payments.exports.fec import Parties, Wanted, written
from payments.exports.fec_checking import check
from payments.exports.keeping import keep_file
from payments.exports.sheets import spooled
from payments.models import KeptFile, LedgerEntry

SIREN = re.compile(r"\d{9}")


class CannotExport(ValidationError):
    """The file cannot be made now; the message is a sentence for staff, `code` says which."""


def wanted_of(year: int, *, parties: str = Parties.NUMBERS) -> Wanted:
    """The publisher's file of a year. Raises CannotExport without a SIREN."""
    siren = str(settings.PUBLISHER["siren"]).replace(" ", "")
    if not SIREN.fullmatch(siren):
        raise CannotExport(_("The publisher’s SIREN is missing: it names the file."), code="siren")
    return Wanted(siren, year, parties)


def refuse_unfinished(wanted: Wanted) -> None:
    """Raises CannotExport if an entry of the year has no number yet or does not balance, or if there is none."""
    of_year = LedgerEntry.objects.filter(booked_on__range=(wanted.first_day, wanted.last_day))
    if not of_year.exists():
        raise CannotExport(_("Nothing was booked that year."), code="nothing")
    waiting = of_year.filter(numbered=None).count()
    if waiting:
        raise CannotExport(
            _("%(count)s entries of the year have no number yet: they get it when their day is closed, tonight.")
            % {"count": waiting},
            code="unnumbered",
        )
    sums = of_year.annotate(d=Sum("lines__debit"), c=Sum("lines__credit"))
    wrong = sums.exclude(d=F("c"), d__isnull=False).values_list("source", flat=True)[:1]
    for source in wrong:
        raise CannotExport(_("Entry %(source)s does not balance.") % {"source": source}, code="unbalanced")


@transaction.atomic
def make_fec(wanted: Wanted, *, actor: Actor, at: datetime, reason: str = "") -> KeptFile:
    """Make the file, judge it, keep it; the same bytes again are the same row. Raises CannotExport.

    One picture of the books, whatever is booked meanwhile; memory stays flat. Side effects: documents, the row, the act.
    """
    with connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    refuse_unfinished(wanted)
    file, _sha256, _size = spooled(written(wanted))
    with file:
        report = check(file, name=wanted.name)
        if not report.valid:
            first = report.faults[0]
            raise CannotExport(
                _("The file is not valid, and was not kept. Line %(line)s, %(column)s: %(reason)s")
                % {"line": first.line, "column": first.column or "—", "reason": first.reason},
                code="invalid",
            )
        kept = keep_file(
            file, kind=KeptFile.Kind.FEC, name=wanted.name, year=wanted.year, lines=report.lines, media_type="text/plain",
            actor=actor, at=at,
        )  # fmt: skip
    record_act(
        "made a FEC", subject=f"kept_file:{kept.pk}", actor=actor, at=at, reason=reason,
        facts={"year": wanted.year, "parties": wanted.parties, "sha256": kept.sha256, "lines": kept.lines},
    )  # fmt: skip
    return kept
