"""Closing an issue: one person asks, another looks and says yes, and the set of copies is frozen (« arrêté du fichier »).

Asking writes down what was asked for and nothing else: what is in the file is decided at the yes, in one transaction, so
that a crash leaves either nothing or a whole run. The first run of an issue is its main file and closes the issue; whatever
becomes owed of it afterwards, late starters and renewals paid after the cut-off, leaves with a complement. A closing that is
asked for twice is one run. Who works alone may say yes too: with a reason, after a delay, and for everybody to see.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.fulfilment.address_file import fingerprint
from subscriptions.fulfilment.freezing import Unaddressed, freeze
from subscriptions.fulfilment.houses import house_in_force
from subscriptions.fulfilment.moving import move_issue, move_run
from subscriptions.losses.freezing import few_resends, freeze_resends
from subscriptions.models import Issue, MailingHouse, MailingRun

State, Run, Kind = Issue.State, MailingRun.State, MailingRun.Kind


class CannotClose(ValidationError):
    """No file can be closed now; the message is a sentence for staff, `code` says which."""


def house_of(issue: Issue) -> MailingHouse:
    """The mailing house in force for the magazine of an issue. Raises CannotClose if none was entered."""
    house = house_in_force(issue.magazine_id)
    if house is None:
        raise CannotClose(_("Enter the mailing house and its file first."), code="no_house")
    return house


@transaction.atomic
def ask(issue_id: int, *, actor: Actor, at: datetime, reason: str = "", resends: bool = False) -> MailingRun:
    """Ask for the file of an issue to be closed: the main one if there is none yet, else a complement; or what is sent again.

    Asked twice, it is the same run. From the cut-off on; before it, copies that are still promised would be missing. Raises
    CannotClose.
    """
    issue = _locked(issue_id)
    kind = Kind.MAIN if issue.state == State.PLANNED else Kind.COMPLEMENT
    if resends:
        kind = Kind.RESEND
    waiting = MailingRun.objects.filter(issue=issue, kind=kind, state=Run.ASKED).first()
    if waiting is not None:
        return waiting
    _may_close(issue, at=at)
    last = MailingRun.objects.filter(issue=issue).aggregate(last=Max("sequence"))["last"] or 0
    run = MailingRun.objects.create(
        issue=issue,
        house=house_of(issue),
        kind=kind,
        sequence=last + 1,
        asked_by=str(actor),
        asked_at=at,
        asked_because=reason[:200],
    )
    record_act(
        "asked for a file to be closed", subject=f"run:{run.pk}", actor=actor, at=at, reason=reason,
        facts={"issue": issue.pk, "kind": kind},
    )  # fmt: skip
    return run


@transaction.atomic
def drop(run_id: int, *, actor: Actor, at: datetime, reason: str) -> MailingRun:
    """Give up what was asked for and not closed. Raises CannotClose if it is closed by now."""
    run = (
        MailingRun.objects.select_for_update(no_key=True, of=("self",)).select_related("issue", "house").get(pk=run_id)
    )
    if run.state != Run.ASKED:
        raise CannotClose(_("This file does not wait to be closed any more."), code="not_asked")
    move_run(run, Run.DROPPED, actor=actor, at=at, reason=reason)
    return run


@transaction.atomic
def close(run_id: int, *, actor: Actor, at: datetime, reason: str = "") -> MailingRun:
    """Say yes: freeze the run, hash its file, close the issue if it is its main one. A second yes finds the same run.

    Lock order: issue → run → subscriptions, by key. Side effects, in one transaction: lines, movements ASSIGN, the run
    with its counts and the hash of its file, the step of the issue, the act. Raises CannotClose: who asked may say yes only
    where the house lets somebody alone, with a reason, and not before its delay; or where few are sent again (`LossRule`).
    """
    issue = _locked(MailingRun.objects.values_list("issue_id", flat=True).get(pk=run_id))
    run = MailingRun.objects.select_for_update(no_key=True, of=("self",)).select_related("house").get(pk=run_id)
    run.issue = issue
    if run.state in (Run.CLOSED, Run.HANDED_OVER, Run.POSTED):
        return run
    if run.state != Run.ASKED:
        raise CannotClose(_("This file was given up: ask for it again."), code="not_asked")
    _may_close(issue, at=at)
    run.closed_alone = alone(run, actor)
    if run.closed_alone and not few_resends(run):
        _may_alone(run, at=at, reason=reason)
    run.deposit_on = max(issue.post_on, paris_day(at))
    try:
        frozen = (freeze_resends if run.kind == Kind.RESEND else freeze)(run, actor=actor, at=at)
    except Unaddressed as nowhere:
        raise CannotClose(
            _("A copy is owed to a reader without an address: the preview says how many. Mend or hold them first."),
            code="unaddressed",
        ) from nowhere
    run.dispatches, run.copies, run.counts = frozen.dispatches, frozen.copies, frozen.counts
    _keep(run)
    made = fingerprint(run)
    run.sha256, run.size = made.sha256, made.size
    run.closed_by, run.closed_at, run.closed_because = str(actor), at, reason[:200]
    move_run(run, Run.CLOSED, actor=actor, at=at, reason=reason, also=CLOSED)
    if run.kind == Kind.MAIN:
        move_issue(issue, State.CLOSED, on=paris_day(at))
    record_act(
        "closed a file", subject=f"run:{run.pk}", actor=actor, at=at, reason=reason,
        facts={
            "issue": issue.pk, "kind": run.kind, "lines": run.dispatches, "copies": run.copies, "sha256": run.sha256,
            "alone": run.closed_alone,
        },
    )  # fmt: skip
    return run


CLOSED = (
    "closed_alone", "closed_by", "closed_at", "closed_because", "deposit_on", "dispatches", "copies", "counts", "sha256",
    "size",
)  # fmt: skip


def alone(run: MailingRun, actor: Actor) -> bool:
    """Whether the yes of this person is that of whoever asked."""
    return str(actor) == run.asked_by


def alone_from(run: MailingRun) -> datetime:
    """From when on whoever asked may say yes alone."""
    return run.asked_at + timedelta(minutes=run.house.alone_after_minutes)


def _may_alone(run: MailingRun, *, at: datetime, reason: str) -> None:
    if run.house.second_person:
        raise CannotClose(_("Somebody else has to say yes to what you asked for."), code="second_person")
    if at < alone_from(run):
        raise CannotClose(_("Nobody else is needed, but time is: look at it again later."), code="too_early")
    if not reason.strip():
        raise CannotClose(_("Say why nobody else has looked at it."), code="no_reason")


def _may_close(issue: Issue, *, at: datetime) -> None:
    on = paris_day(at)
    if on < issue.cutoff_on:
        raise CannotClose(
            _("The cut-off of this issue is not reached: what is paid until then belongs into its file."), code="early"
        )
    if issue.magazine.cppap_valid_until < max(issue.post_on, on):
        raise CannotClose(
            _(
                "The CPPAP number ends before the issue is posted: enter the new one first, the press tariff depends on it."
            ),
            code="cppap",
        )


def _locked(issue_id: int) -> Issue:
    return Issue.objects.select_for_update(no_key=True, of=("self",)).select_related("magazine").get(pk=issue_id)


def _keep(run: MailingRun) -> None:
    """What the file says of its run is read from its row."""
    MailingRun.objects.filter(pk=run.pk).update(deposit_on=run.deposit_on)
