"""Many steps at once, as the portal lists them: one line each, `number;status;day` and what else, as copied or exported.

Every line is understood or named with its number; nothing is guessed and nothing is half-done: a list with one line that cannot
be noted is not noted at all.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.chorus.moving import move
from payments.models import ChorusDeposit

State = ChorusDeposit.State
AT_MOST = 500
#: The portal's words, without accents, case and signs between them.
STATUSES = {
    "deposee": State.DEPOSITED, "emise": State.DEPOSITED, "recue": State.AVAILABLE, "mise a disposition": State.AVAILABLE,
    "mise a disposition du destinataire": State.AVAILABLE, "completee": State.DEPOSITED, "suspendue": State.SUSPENDED,
    "a recycler": State.RECYCLED, "rejetee": State.REJECTED, "mandatee": State.MANDATED, "mise en paiement": State.PAID,
    "payee": State.PAID,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One line that was understood."""

    deposit: ChorusDeposit
    target: str
    on: date
    number: str


def read(text: str) -> list[Said]:
    """What the lines of a list say; a line of headings at its top is passed over. Two queries.

    Raises ValidationError with one sentence for each line that cannot be read.
    """
    rows = [(at, row) for at, row in enumerate(csv.reader(text.splitlines(), delimiter=";"), start=1) if any(row)]
    if rows and _bare(rows[0][1][0]).startswith(("numero", "facture")):
        del rows[0]
    if not rows or len(rows) > AT_MOST:
        raise ValidationError(_("From one to %(most)s lines.") % {"most": AT_MOST}, code="lines")
    numbers = [row[0].strip() for _at, row in rows]
    known = {
        one.invoice.reference: one
        for one in ChorusDeposit.objects.filter(invoice__reference__in=numbers).select_related("invoice")
    }
    found, wrong = [], []
    for at, row in rows:
        try:
            found.append(_line(row, known))
        except ValidationError as trouble:
            wrong.append(_("Line %(line)s: %(trouble)s") % {"line": at, "trouble": " ".join(trouble.messages)})
    if wrong:
        raise ValidationError(wrong)
    return found


def _line(row: Sequence[str], known: dict[str, ChorusDeposit]) -> Said:
    cells = [*(cell.strip() for cell in row), "", "", ""]
    deposit, target = known.get(cells[0]), STATUSES.get(_bare(cells[1]))
    if deposit is None:
        raise ValidationError(_("no invoice of a public body has this number."))
    if target is None:
        raise ValidationError(_("this status is not known."))
    return Said(deposit, target, _day(cells[2]), cells[3][:40])


def _day(text: str) -> date:
    for written in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, written).date()  # noqa: DTZ007  # a day, without a time
        except ValueError:
            continue
    raise ValidationError(_("a day is written like 06/01/2027."))


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z]+", plain))


@transaction.atomic
def note(steps: Sequence[Said], *, reason: str, actor: Actor, at: datetime) -> int:
    """Note them all, in the order of their days, or none; returns how many. Raises CannotMove, named by the invoice."""
    for one in sorted(steps, key=lambda said: (said.on, said.deposit.pk)):
        try:
            move(one.deposit.pk, one.target, on=one.on, number=one.number, reason=reason, actor=actor, at=at)
        except ValidationError as trouble:
            said = {"number": one.deposit.invoice.reference, "trouble": " ".join(trouble.messages)}
            raise ValidationError(_("%(number)s: %(trouble)s") % said) from trouble
    return len(steps)
