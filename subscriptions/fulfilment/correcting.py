"""Late corrections: what changed after a file was closed and before it left, for the mailing house to mend by hand.

The file itself never changes. A line of this list names one of its lines by key, with the address that it should have. Who
stopped meanwhile is not in it: a copy in a file is sent, and counts as served (`subscriptions.stopping`). Nor is a
subscription that somebody else receives by now: the new recipient was told a later issue.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from subscriptions.models import Dispatch, HandOver, MailingRun, PostalAddress, TemporaryAddress

#: As the mailing house reads it.
WHAT = "CORRIGER"
HEAD = ("cle_unique", "action", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "cp", "ville", "code_pays")
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of a closed run that goes elsewhere by now: the address that it should have."""

    dispatch: Dispatch
    block: tuple[str, ...]
    country: str


def corrections(run: MailingRun) -> Iterator[Correction]:
    """The corrections of a run as of now, in its order: readers whose copy of that day goes elsewhere. Few queries.

    Where a copy goes is what `fulfilment.addressed` says: to the temporary address of the planned day of posting, else home.
    """
    receiver = OuterRef("subscription__recipient")
    away = TemporaryAddress.objects.filter(recipient=receiver, from_on__lte=run.deposit_on, until__gt=run.deposit_on)
    given = HandOver.objects.filter(
        subscription=OuterRef("subscription"), new_recipient__isnull=False, at__gt=run.closed_at
    )
    lines = (
        run.lines.filter(~Exists(given), subscription__isnull=False)
        .annotate(
            goes=Coalesce(
                Subquery(away.values("address")[:1]),
                F("subscription__recipient__address"),
                output_field=BigIntegerField(),
            )
        )
        .exclude(goes=F("address"))
        .order_by("place")
    )
    for some in _batches(lines.iterator(BATCH)):
        known = PostalAddress.objects.in_bulk([line.goes for line in some])
        for line in some:
            address = known[line.goes]
            if address.block:
                yield Correction(line, tuple(address.block), address.country)


def _batches(lines: Iterator[Any]) -> Iterator[Sequence[Any]]:
    some: list[Any] = []
    for line in lines:
        some.append(line)
        if len(some) == BATCH:
            yield some
            some = []
    yield some


def corrections_file(run: MailingRun) -> Iterator[bytes]:
    """The list as the mailing house reads it, in its separator and alphabet; flat memory."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=run.house.separator, lineterminator="\r\n")
    writer.writerow(HEAD)
    for one in corrections(run):
        writer.writerow((one.dispatch.key, WHAT, *one.block, one.country))
        if line.tell() > 64 * 1024:
            yield line.getvalue().encode(run.house.encoding)
            line.seek(0)
            line.truncate()
    yield line.getvalue().encode(run.house.encoding)


def file_name(run: MailingRun) -> str:
    """Beside the name of the file that it corrects."""
    return f"{run.issue.magazine.code}_N{run.issue.number:03d}_v{run.sequence}_corrections.csv"
