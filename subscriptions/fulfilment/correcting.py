"""Late corrections: what changed after a file was closed and before it left, for the mailing house to mend by hand.

The file itself never changes. A line of this list names one of its lines by key: another address, or nothing to be sent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F, Q

from subscriptions.models import Dispatch, MailingRun, Subscription

MOVED, STOPPED = "moved", "stopped"
#: As the mailing house reads it.
WHAT = {MOVED: "CORRIGER", STOPPED: "RETIRER"}
HEAD = ("cle_unique", "action", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "cp", "ville", "code_pays")


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of a closed run that is not as it should be: `what` and the address it should have."""

    dispatch: Dispatch
    what: str
    block: tuple[str, ...]
    country: str


def corrections(run: MailingRun) -> Iterator[Correction]:
    """The corrections of a run as of now, in its order: readers who live elsewhere, contracts that have ended. One query."""
    lines = (
        run.lines.filter(subscription__isnull=False)
        .filter(Q(subscription__state=Subscription.State.ENDED) | ~Q(subscription__recipient__address=F("address")))
        .select_related("subscription__recipient__address")
        .order_by("place")
    )
    for line in lines.iterator(2000):
        subscription = line.subscription
        if subscription is None:
            continue
        address = subscription.recipient.address
        if subscription.state == Subscription.State.ENDED:
            yield Correction(line, STOPPED, ("",) * 9, "")
        elif address.block:
            yield Correction(line, MOVED, tuple(address.block), address.country)


def corrections_file(run: MailingRun) -> Iterator[bytes]:
    """The list as the mailing house reads it, in its separator and alphabet; flat memory."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=run.house.separator, lineterminator="\r\n")
    writer.writerow(HEAD)
    for one in corrections(run):
        writer.writerow((one.dispatch.key, WHAT[one.what], *one.block, one.country))
        if line.tell() > 64 * 1024:
            yield line.getvalue().encode(run.house.encoding)
            line.seek(0)
            line.truncate()
    yield line.getvalue().encode(run.house.encoding)


def file_name(run: MailingRun) -> str:
    """Beside the name of the file that it corrects."""
    return f"{run.issue.magazine.code}_N{run.issue.number:03d}_v{run.sequence}_corrections.csv"
