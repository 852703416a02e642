"""Handing over: the closed file goes to the mailing house, who counts what it got; only what was counted right is posted."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, record_act, take_off_desk
from payments.models import DeskItem
from subscriptions.fulfilment.address_file import verify
from subscriptions.fulfilment.moving import move_issue, move_run
from subscriptions.models import Issue, MailingRun, Transmission

Run, Kind = MailingRun.State, MailingRun.Kind
#: What stands on the desk while our count and that of the house differ.
MISCOUNT = "run_miscounted"
#: What stands there while a file has not reached the house by its way (`subscriptions.transmitting`).
NOT_TRANSMITTED = "run_not_transmitted"
DOWNLOAD = "download"
ON_ITS_WAY = (Transmission.State.QUEUED, Transmission.State.IN_FLIGHT)


class CannotHandOver(ValidationError):
    """The run cannot be handed over, or counted, now; the message is a sentence for staff, `code` says which."""


def locked(run_id: int) -> MailingRun:
    """A run under its lock, with its issue under its own: issue → run, as everywhere."""
    issue = Issue.objects.select_for_update(no_key=True, of=("self",)).select_related("magazine")
    held = issue.get(runs=run_id)
    run = MailingRun.objects.select_for_update(no_key=True, of=("self",)).select_related("house").get(pk=run_id)
    run.issue = held
    return run


@transaction.atomic
def hand_over(run_id: int, *, how: str = DOWNLOAD, actor: Actor, at: datetime, reason: str = "") -> MailingRun:
    """Write down that the mailing house has the file. Done twice, it stays as it was the first time.

    The file is made once more and held against its hash before: what changed is not handed over (FileChanged). The main file
    takes its issue with it. Raises CannotHandOver if the run is not closed, or is handed over by hand while it is on its way.
    """
    run = locked(run_id)
    if run.state in (Run.HANDED_OVER, Run.POSTED):
        return run
    if run.state != Run.CLOSED:
        raise CannotHandOver(_("Only a closed file is handed over."), code="not_closed")
    if how == DOWNLOAD and run.transmissions.filter(state__in=ON_ITS_WAY).exists():
        raise CannotHandOver(_("This file is on its way to the mailing house: wait for its end."), code="on_its_way")
    verify(run)
    run.handed_over_at, run.handed_over_by, run.handed_over_how = at, str(actor), how
    move_run(
        run, Run.HANDED_OVER, actor=actor, at=at, reason=reason,
        also=("handed_over_at", "handed_over_by", "handed_over_how"),
    )  # fmt: skip
    if run.kind == Kind.MAIN:
        move_issue(run.issue, Issue.State.HANDED_OVER, on=paris_day(at))
    take_off_desk(kind=NOT_TRANSMITTED, subject=f"run:{run.pk}", because="the mailing house has it", actor=actor, at=at)
    record_act(
        "handed a file over", subject=f"run:{run.pk}", actor=actor, at=at, reason=reason,
        facts={"how": how, "sha256": run.sha256},
    )  # fmt: skip
    return run


@transaction.atomic
def count_received(run_id: int, *, copies: int, actor: Actor, at: datetime, reason: str = "") -> bool:
    """Enter how many copies the mailing house counts in the file; whether that is what we closed.

    A wrong count is written down and stands on fulfilment's desk until the right one is entered: the run is not posted
    meanwhile. Raises CannotHandOver if the run was not handed over, or is posted.
    """
    run = locked(run_id)
    if run.state != Run.HANDED_OVER:
        raise CannotHandOver(
            _("The mailing house counts what was handed over to it, until it is posted."), code="not_out"
        )
    run.received_copies, run.received_at, run.received_by = copies, at, str(actor)
    run.save(update_fields=["received_copies", "received_at", "received_by"])
    record_act(
        "entered the count of a mailing house", subject=f"run:{run.pk}", actor=actor, at=at, reason=reason,
        facts={"counted": copies, "closed": run.copies},
    )  # fmt: skip
    subject = f"run:{run.pk}"
    if copies == run.copies:
        take_off_desk(kind=MISCOUNT, subject=subject, because="the counts agree", actor=actor, at=at)
        return True
    put_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=MISCOUNT,
        subject=subject,
        sentence=f"Le routeur compte {copies} exemplaires du n° {run.issue.printed}, notre fichier en a {run.copies}.",
        at=at,
    )
    return False
