"""The one place where an issue changes state (design, section 5)."""

from __future__ import annotations

from datetime import date

from subscriptions.models import Issue

State = Issue.State

TRANSITIONS: dict[str, frozenset[str]] = {
    State.PLANNED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.HANDED_OVER}),
    State.HANDED_OVER: frozenset({State.POSTED}),
    State.POSTED: frozenset(),
}


class NoSuchStep(ValueError):
    """The table has no such step from where the issue stands."""


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
