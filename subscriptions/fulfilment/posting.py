"""Posting: a run leaves for its readers, so its copies are served and what they are worth becomes revenue.

The revenue of a copy is taken on the day it is posted, not on its cover date (law.md 6.3): one entry for each run and rate,
source `posting:<run>:<rate>`, from the values that were fixed when the copies were granted. So 4871 stays what the copies
still owed are worth, to the cent (BALANCED). Everything is a statement over the whole run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, record_act, take_off_desk
from payments.invoicing.mentions import percent
from payments.ledger.entries import REV_PRINT, REV_SINGLE
from payments.ledger.posting import ZERO, EntryDraft, Line, post
from payments.models import DeskItem, LedgerEntry
from subscriptions.figures.taking import take
from subscriptions.fulfilment.handing_over import locked
from subscriptions.fulfilment.moving import move_issue, move_run
from subscriptions.models import Entitlement, EntitlementMovement, Issue, MailingRun
from subscriptions.moving import move_copies_of_run
from subscriptions.pausing.holding import release_passed
from subscriptions.singles.sending import serve_run

Run, RunKind = MailingRun.State, MailingRun.Kind
Copy = Entitlement.State
Kind = EntitlementMovement.Kind
#: Copies of an issue that left without them.
COMPLEMENT_DUE = "complement_due"


class CannotPost(ValidationError):
    """The run cannot be posted now; the message is a sentence for staff, `code` says which."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What one posting did: copies owed that were served, and their value without VAT by rate in percent, in euros."""

    copies: int
    revenue: Mapping[Decimal, Decimal]


@transaction.atomic
def post_run(run_id: int, *, on: date, actor: Actor, at: datetime, reason: str = "") -> Posted:
    """The mailing house has posted a run on day `on`: serve its copies and book their revenue; once.

    Side effects, in one transaction: movements SERVE, one entry per VAT rate (DEFERRED to REV_PRINT, or REV_SINGLE for what was
    sold singly), the run posted and counted (`figures.taking`); letters to those who bought such an issue; with the main file
    its issue, and the pauses over that skipped it. A run that is posted already stays: nothing served, nothing booked. Raises
    CannotPost unless it was handed over and counted right, or for a day before it was closed.
    """
    run = locked(run_id)
    if run.state == Run.POSTED:
        return Posted(0, {})
    _may_post(run, on=on)
    revenue = _by_rate(run)
    issue = run.issue
    served = move_copies_of_run(run, Kind.SERVE, on=on, actor=actor, at=at, reason=f"issue {issue.printed} posted")
    singles = serve_run(run, actor=actor, at=at)
    served += singles.copies
    rates = sorted({rate for rate, value in (*revenue.items(), *singles.revenue.items()) if value})
    post(
        [_entry(run, rate, revenue.get(rate, ZERO), singles.revenue.get(rate, ZERO), on=on) for rate in rates],
        actor=actor, at=at,
    )  # fmt: skip
    run.posted_on = on
    move_run(run, Run.POSTED, actor=actor, at=at, reason=reason, also=("posted_on",))
    if run.kind == RunKind.MAIN:
        move_issue(issue, Issue.State.POSTED, on=on)
        release_passed(issue, actor=actor, at=at)
    take(run, on=on, actor=actor, at=at)
    _say_what_is_left(issue, actor=actor, at=at)
    record_act(
        "posted a run", subject=f"run:{run.pk}", actor=actor, at=at, reason=reason,
        facts={"issue": issue.pk, "on": on.isoformat(), "copies": served},
    )  # fmt: skip
    together = {
        rate: revenue.get(rate, ZERO) + singles.revenue.get(rate, ZERO) for rate in {*revenue, *singles.revenue}
    }
    return Posted(served, together)


def _may_post(run: MailingRun, *, on: date) -> None:
    if run.state != Run.HANDED_OVER:
        raise CannotPost(_("Only what was handed over can have been posted."), code="not_out")
    if run.received_copies != run.copies:
        raise CannotPost(_("Enter the count of the mailing house first: it must be ours."), code="not_counted")
    closed_on = paris_day(run.closed_at) if run.closed_at else on
    if on < closed_on:
        raise CannotPost(_("A run is posted after it was closed."), code="day")


def _say_what_is_left(issue: Issue, *, actor: Actor, at: datetime) -> None:
    """Copies of a posted issue that are still owed, as of a renewal paid after the cut-off, leave with a complement."""
    subject = f"issue:{issue.pk}"
    left = Entitlement.objects.filter(issue=issue, state=Copy.OWED).count()
    if not left:
        take_off_desk(
            kind=COMPLEMENT_DUE, subject=subject, because="nothing is owed of it any more", actor=actor, at=at
        )
    elif issue.posted_on is not None:
        put_on_desk(
            DeskItem.Desk.FULFILMENT,
            kind=COMPLEMENT_DUE,
            subject=subject,
            sentence=f"Le n° {issue.printed} est parti, {left} exemplaires en sont encore dus : faire un complément.",
            at=at,
        )


def _by_rate(run: MailingRun) -> dict[Decimal, Decimal]:
    rows = (
        Entitlement.objects.filter(dispatches__run=run, state=Copy.ASSIGNED)
        .order_by()
        .values_list("term__vat_rate")
        .annotate(sum=Sum("value_ht"))
    )
    return dict(rows)


def _entry(run: MailingRun, rate: Decimal, value: Decimal, singles: Decimal, *, on: date) -> EntryDraft:
    number = run.issue.printed
    return EntryDraft(
        journal=LedgerEntry.Journal.MISC,
        source=f"posting:{run.pk}:{rate:.2f}",
        booked_on=on,
        piece_ref=f"N{number}",
        piece_date=on,
        label=f"Numéro {number} mis en poste, TVA {percent(rate)}",
        lines=(
            Line("DEFERRED", debit=value + singles),
            Line(REV_PRINT, credit=value),
            Line(REV_SINGLE, credit=singles),
        ),
    )
