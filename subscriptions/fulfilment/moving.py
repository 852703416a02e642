"""The one place where an issue and a mailing run change state (design, section 5)."""

from __future__ import annotations

from datetime import date, datetime

from payments.actors import Actor
from subscriptions.models import Issue, MailingRun, MailingRunEvent

State = Issue.State
Run = MailingRun.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.PLANNED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.HANDED_OVER}),
    State.HANDED_OVER: frozenset({State.POSTED}),
    State.POSTED: frozenset(),
}

#: What was closed is never given up: its copies are in a file that somebody may hold.
RUN_TRANSITIONS: dict[str, frozenset[str]] = {
    Run.ASKED: frozenset({Run.CLOSED, Run.DROPPED}),
    Run.CLOSED: frozenset({Run.HANDED_OVER}),
    Run.HANDED_OVER: frozenset({Run.POSTED}),
    Run.POSTED: frozenset(),
    Run.DROPPED: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the row stands."""


def move_issue(issue: Issue, target: str, *, on: date) -> None:
    """Move a locked issue one step; `on` becomes the day it was posted when that is the step. One query.

    Raises NoSuchStep and changes nothing if the table does not know the step.
    """
    if target not in TRANSITIONS[issue.state]:
        raise NoSuchStep(f"issue {issue.number} does not go from {issue.state} to {target}")
    issue.state = target
    if target == State.POSTED:
        issue.posted_on = on
    issue.save(update_fields=["state", "posted_on"])


def move_run(
    run: MailingRun, target: str, *, actor: Actor, at: datetime, reason: str = "", also: tuple[str, ...] = ()
) -> None:
    """Move a locked run one step and save it, with the fields in `also` that the step fills. Two queries.

    Raises NoSuchStep and changes nothing if the table does not know the step.
    """
    if target not in RUN_TRANSITIONS[run.state]:
        raise NoSuchStep(f"run {run.pk} does not go from {run.state} to {target}")
    MailingRunEvent.objects.create(
        run=run, from_state=run.state, to_state=target, actor=str(actor), reason=reason[:200], at=at
    )
    run.state = target
    run.save(update_fields=["state", *also])
