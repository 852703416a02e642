"""The one way by which issues get their numbers and days: planned, moved, made double.

Whatever hangs on a day follows in the same transaction: renewals that wait for a copy are planned anew
(`renewals.issue_moved`), and what readers were told before is kept (`IssueMove`), so that the sweep can tell them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.calendar import printed
from subscriptions.calendar.ahead import IssuePlan
from subscriptions.models import FreeCopy, Issue, IssueMove, Magazine
from subscriptions.renewals.issue_moved import issue_moved

State = Issue.State


class CannotDate(ValidationError):
    """The calendar cannot be changed so; the message is a sentence for staff."""


@transaction.atomic
def plan_issues(
    magazine: Magazine, plans: Sequence[IssuePlan], *, actor: Actor, reason: str, at: datetime
) -> list[Issue]:
    """Add issues at the end of the calendar, in order. Raises CannotDate with a sentence.

    Side effects: the issues with a version each, one act. Copies that wait for their issue get it with the next round of
    `fulfilment.planning`.
    """
    locked = _lock(magazine.pk)
    made = []
    for plan in plans:
        check_plan(plan, locked, on=paris_day(at))
        row = Issue(
            magazine=magazine,
            number=plan.number,
            last_number=plan.last_number,
            cover_month=plan.cover_month,
            cover_year=plan.cover_year,
            cutoff_on=plan.cutoff_on,
            post_on=plan.post_on,
        )
        _save(row, reason)
        locked.append(row)
        made.append(row)
    record_act(
        "planned issues",
        subject=f"magazine:{magazine.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"issues": [one.printed for one in made]},
    )
    return made


def check_plan(plan: IssuePlan, issues: Sequence[Issue], *, on: date) -> None:
    """Whether an issue may be added to these. Raises CannotDate with a sentence."""
    last = max(issues, key=lambda row: row.number, default=None)
    if last is not None and plan.number != last.ends + 1:
        raise CannotDate(_("The next number is %(number)d.") % {"number": last.ends + 1}, code="number")
    if last is not None and plan.post_on <= (last.posted_on or last.post_on):
        raise CannotDate(
            _("It is posted after No. %(number)s, which is posted on %(day)s.")
            % {"number": last.printed, "day": f"{last.posted_on or last.post_on:%d/%m/%Y}"},
            code="order",
        )
    if any((row.cover_month, row.cover_year) == (plan.cover_month, plan.cover_year) for row in issues):
        raise CannotDate(_("Another issue bears this month and this year on its cover."), code="cover")
    _in_order(plan.cutoff_on, plan.post_on, on=on)


def _in_order(cutoff_on: date, post_on: date, *, on: date) -> None:
    if cutoff_on >= post_on:
        raise CannotDate(_("The cut-off comes before the day of posting."), code="cutoff")
    if post_on < on:
        raise CannotDate(_("The day of posting has passed."), code="past")


def check_move(issue: Issue, issues: Sequence[Issue], *, cutoff_on: date, post_on: date, on: date) -> None:
    """Whether an issue may be given these days. Raises CannotDate with a sentence."""
    if issue.state == State.POSTED:
        raise CannotDate(_("This issue is posted: its days stand."), code="posted")
    if cutoff_on != issue.cutoff_on and issue.state != State.PLANNED:
        raise CannotDate(_("The file of this issue is closed: its cut-off stands."), code="closed")
    if cutoff_on != issue.cutoff_on and cutoff_on < on:
        raise CannotDate(_("The cut-off cannot be moved into the past."), code="past")
    if post_on != issue.post_on or cutoff_on >= post_on:
        _in_order(cutoff_on, post_on, on=on)
    before = [row for row in issues if row.number < issue.number][-1:]
    after = [row for row in issues if row.number > issue.number][:1]
    if any((row.posted_on or row.post_on) >= post_on for row in before):
        raise CannotDate(_("It would be posted before No. %(number)s.") % {"number": before[0].printed}, code="order")
    if any((row.posted_on or row.post_on) <= post_on for row in after):
        raise CannotDate(
            _("It would be posted after No. %(number)s: move that one first.") % {"number": after[0].printed},
            code="order",
        )


@transaction.atomic
def move_days(
    issue: Issue, *, cutoff_on: date, post_on: date, actor: Actor, reason: str, at: datetime
) -> IssueMove | None:
    """Give an issue another cut-off, another day of posting, or both; None if they are what they were.

    Side effects: a version, the move as evidence, an act, the renewals that wait for a copy of it planned anew. Letters are
    the sweep's (`telling`). Raises CannotDate with a sentence. Updates `issue` in memory.
    """
    issues = _lock(issue.magazine_id)
    locked = next(row for row in issues if row.pk == issue.pk)
    old_cutoff_on, old_post_on = locked.cutoff_on, locked.post_on
    if (cutoff_on, post_on) == (old_cutoff_on, old_post_on):
        return None
    on = paris_day(at)
    check_move(locked, issues, cutoff_on=cutoff_on, post_on=post_on, on=on)
    locked.cutoff_on, locked.post_on = cutoff_on, post_on
    _save(locked, reason)
    move = IssueMove.objects.create(
        issue=locked,
        old_cutoff_on=old_cutoff_on,
        cutoff_on=cutoff_on,
        old_post_on=old_post_on,
        post_on=post_on,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    renewals = issue_moved(locked, on=on, at=at, actor=actor) if post_on != old_post_on else 0
    record_act(
        "moved an issue",
        subject=f"issue:{locked.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={
            "move": move.pk,
            "cutoff_on": [old_cutoff_on.isoformat(), cutoff_on.isoformat()],
            "post_on": [old_post_on.isoformat(), post_on.isoformat()],
            "renewals": renewals,
        },
    )
    issue.cutoff_on, issue.post_on = cutoff_on, post_on
    return move


@transaction.atomic
def make_double(issue: Issue, *, actor: Actor, reason: str, at: datetime) -> Issue:
    """Give a planned issue two numbers; those planned after it are counted on. Raises CannotDate with a sentence.

    It stays one copy for each reader, and every other copy comes with the issue, and on the day, that it had: only what is
    printed on it changes. Side effects: a version of each, an act.
    """
    issues = _lock(issue.magazine_id)
    locked = next(row for row in issues if row.pk == issue.pk)
    check_double(locked, issues)
    later = [row for row in issues if row.number > locked.number]
    for row in reversed(later):
        row.number += 1
        row.last_number = row.last_number + 1 if row.last_number else None
        _save(row, reason)
    locked.last_number = locked.number + 1
    _save(locked, reason)
    record_act(
        "made an issue double",
        subject=f"issue:{locked.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"number": locked.printed, "counted on": [row.printed for row in later]},
    )
    issue.last_number = locked.last_number
    return locked


def check_double(issue: Issue, issues: Sequence[Issue]) -> None:
    """Whether an issue may be made double. Raises CannotDate with a sentence. One query."""
    if issue.last_number is not None:
        raise CannotDate(_("This issue bears two numbers already."), code="double")
    if any(row.state != State.PLANNED for row in issues if row.number >= issue.number):
        raise CannotDate(_("The file of this issue, or of a later one, is closed: its number stands."), code="closed")
    # Their numbers are evidence, and would name another issue afterwards.
    given = FreeCopy.objects.filter(magazine=issue.magazine_id, ended_at=None)
    if given.filter(Q(from_number__gt=issue.number) | Q(until_number__gt=issue.number)).exists():
        raise CannotDate(
            _("Free copies begin or end with a later number. End them first, and enter them anew afterwards."),
            code="free",
        )


def counted_on(issue: Issue, issues: Sequence[Issue]) -> list[tuple[str, str]]:
    """The numbers of the later issues then and now, were this one made double."""
    return [
        (row.printed, printed(row.number + 1, row.last_number + 1 if row.last_number else None))
        for row in issues
        if row.number > issue.number
    ]


def _lock(magazine: int) -> list[Issue]:
    """Every issue of a magazine in order, locked."""
    Magazine.objects.select_for_update(no_key=True).get(pk=magazine)
    return list(Issue.objects.select_for_update(no_key=True).filter(magazine=magazine).order_by("number"))


def _save(row: Issue, reason: str) -> None:
    """With the reason in its version."""
    row._change_reason = reason[:100]  # type: ignore[attr-defined]
    row.save()
