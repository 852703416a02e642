"""Jobs of the middle floor: letters, documents, renewals, and terms that end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from payments import documents
from payments.actors import job
from payments.days import paris_day
from payments.invoicing import rendering
from shop.watch.runs import last_success, running
from subscriptions.figures import correcting, taking
from subscriptions.figures.watching import watch as watch_figures
from subscriptions.gifts import announcing, claiming, forgetting
from subscriptions.gifts.reminding import remind_of_gifts
from subscriptions.importing import checking, letting_in
from subscriptions.importing import forgetting as forgetting_imports
from subscriptions.institutions.reminding import remind_overdue
from subscriptions.issue_calendar import telling as late_telling
from subscriptions.issue_calendar import watching
from subscriptions.losses import answering, incidents, returning
from subscriptions.losses.carrying_out import carry_out, put_ended_before_a_person
from subscriptions.notices import delivering, recovering
from subscriptions.paper import alarming
from subscriptions.pausing.holding import end_pauses
from subscriptions.pricing import telling
from subscriptions.quotes.sweeping import quote_due
from subscriptions.renewals import not_before, noticing, planning, proving, unproved
from subscriptions.renewals.ending import end_fixed_terms
from subscriptions.renewals.reminding import remind
from subscriptions.returns import applying, mailbox
from subscriptions.singles import watching as singles
from subscriptions.stopping import following_up

log = structlog.get_logger(__name__)
BATCH = 20
# Renewals of one transaction: many in one statement, few enough that nobody waits long for their rows.
RENEWALS = 500
# All plans are computed anew once a week, a seventh each night.
PARTS = 7
MONDAY = 0
#: Invoices that were numbered so long before the last run that succeeded have their document: it tries the oldest first.
A_WEEK = timedelta(days=7)
# Rows of the database only, many at a time; as many rounds as a day may bring.
ROWS, ROUNDS = 1000, 200
#: Seconds after which a run leaves the rest to the next one.
A_WHILE = 120


class NotRendered(RuntimeError):
    """An invoice cannot be set. The others were; the alarm of the job tells of this one."""


@contextmanager
def alone(job: str) -> Iterator[bool]:
    """Whether nobody else is at `job`. PostgreSQL's own lock: it ends with the connection of whoever held it."""
    (first,) = _ask("SELECT pg_try_advisory_lock(hashtext(%s))", job)
    try:
        yield first
    finally:
        if first:
            _ask("SELECT pg_advisory_unlock(hashtext(%s))", job)


def _ask(query: str, job: str) -> tuple[bool]:
    with connection.cursor() as cursor:
        cursor.execute(query, [job])
        answer: tuple[bool] = cursor.fetchone()
        return answer


def _gone_through(job: str, *, at: datetime) -> date | None:
    """The day up to which a job has looked at everything; None where it has to look at everything once more.

    That is once a week, with the first run of a Monday: an issue may be entered as posted days ago, a hold be released.
    """
    known, on = last_success(job), paris_day(at)
    if known is None or (on.weekday() == MONDAY and paris_day(known) != on):
        return None
    return paris_day(known)


@shared_task(name="letters")
def letters() -> None:
    """One run at a time: a mail server that hangs may hold one child of the worker for minutes, never all of them."""
    with alone("letters") as first:
        if first:
            _letters()


def _letters() -> None:
    with running("letters") as summary:
        recovered = recovering.recover(at=timezone.now())
        delivered = delivering.deliver(BATCH, at=timezone.now())
        summary.text = f"{delivered}, recovered {recovered}"


@shared_task(name="letters-to-post")
def letters_to_post() -> None:
    with running("letters-to-post") as summary:
        at = timezone.now()
        summary.text = f"{alarming.watch(on=paris_day(at), at=at, actor=job('letters-to-post'))}"


@shared_task(name="mail-returns")
def mail_returns() -> None:
    with running("mail-returns") as summary:
        summary.text = f"{applying.apply_waiting(RENEWALS, at=timezone.now())}"


@shared_task(name="bounce-mailbox")
def bounce_mailbox() -> None:
    """One run at a time: a server that hangs is waited for once."""
    with alone("bounce-mailbox") as first:
        if first:
            with running("bounce-mailbox") as summary:
                summary.text = "no mailbox is set"
                if settings.BOUNCE_MAILBOX:
                    summary.text = f"{mailbox.fetch(settings.BOUNCE_MAILBOX, at=timezone.now())}"


@shared_task(name="invoice-documents")
def invoice_documents() -> None:
    with running("invoice-documents") as summary:
        rendered = failed = last = 0
        known = last_success("invoice-documents")
        since = paris_day(known) - A_WEEK if known else None
        # Those that cannot be set stand in nobody's way: as many of the next ones are tried.
        while rendered < BATCH and (waiting := rendering.pending(BATCH - rendered, since=since, after=last)):
            for invoice in waiting:
                last = invoice.pk
                try:
                    rendering.render(invoice, at=timezone.now())
                    rendered += 1
                except SoftTimeLimitExceeded:
                    raise
                except Exception as trouble:
                    failed += 1
                    log.exception("not_rendered", invoice=invoice.reference, trouble=type(trouble).__name__)
        summary.text = f"{rendered} documents, {failed} failed"
        if failed:
            raise NotRendered(summary.text)


@shared_task(name="imports")
def imports() -> None:
    """One run at a time: what waits is taken up again by the next one."""
    with alone("imports") as first:
        if first:
            with running("imports") as summary:
                end = time.monotonic() + A_WHILE
                read = checking.check_waiting(
                    actor=job("imports"), now=timezone.now, go_on=lambda: time.monotonic() < end
                )
                settled = letting_in.let_in(now=timezone.now, go_on=lambda: time.monotonic() < end)
                summary.text = f"{read} lines read, {settled} settled"


@shared_task(name="renewal-plan")
def renewal_plan() -> None:
    with running("renewal-plan") as summary:
        at = timezone.now()
        planned = planning.plan(on=paris_day(at), at=at, actor=job("renewal-plan"), limit=RENEWALS)
        left = not_before.leave_to_choice(on=paris_day(at), actor=job("renewal-plan"), at=at, limit=RENEWALS)
        summary.text = f"{planned}, {left} too early to be charged"


@shared_task(name="renewal-audit")
def renewal_audit() -> None:
    """A part each night, so that each plan is looked at once in so many days."""
    with running("renewal-audit") as summary:
        at, actor = timezone.now(), job("renewal-audit")
        on = paris_day(at)
        planning.plan(on=on, at=at, actor=actor, limit=RENEWALS)  # what is merely due is no difference
        summary.text = f"{planning.plan_anew(on.toordinal() % PARTS, PARTS, on=on, at=at, actor=actor, limit=RENEWALS)}"


@shared_task(name="renewal-notices")
def renewal_notices() -> None:
    with running("renewal-notices") as summary:
        at = timezone.now()
        since = _gone_through("renewal-notices", at=at)
        summary.text = f"{noticing.notice(on=paris_day(at), at=at, limit=RENEWALS, since=since)}"


@shared_task(name="renewal-proofs")
def renewal_proofs() -> None:
    with running("renewal-proofs") as summary:
        at, actor = timezone.now(), job("renewal-proofs")
        proved = proving.prove(on=paris_day(at), at=at, actor=actor, limit=RENEWALS)
        lost = unproved.sort_out(on=paris_day(at), at=at, actor=actor, limit=RENEWALS)
        summary.text = f"{proved}, {lost}"


@shared_task(name="declarations")
def declarations() -> None:
    with running("declarations") as summary:
        at, actor = timezone.now(), job("declarations")
        closed = following_up.close_pages(actor=actor, at=at, limit=BATCH)
        given_back = following_up.give_back_waiting(actor=actor, at=at, limit=BATCH)
        summary.text = f"{closed} pages closed, {given_back} refunds that had waited"


@shared_task(name="refund-deadlines")
def refund_deadlines() -> None:
    with running("refund-deadlines") as summary:
        at = timezone.now()
        late = following_up.watch_deadlines(on=paris_day(at), actor=job("refund-deadlines"), at=at)
        summary.text = f"{late} refunds are late"


@shared_task(name="price-changes")
def price_changes() -> None:
    with running("price-changes") as summary:
        at, done = timezone.now(), 0
        for _round in range(ROUNDS):
            queued = telling.tell(on=paris_day(at), at=at, limit=ROWS)
            done += queued
            if not queued:
                break
        summary.text = f"{done} told"


@shared_task(name="renewal-quotes")
def renewal_quotes() -> None:
    with running("renewal-quotes") as summary:
        at = timezone.now()
        made = quote_due(on=paris_day(at), at=at, actor=job("renewal-quotes"), limit=ROWS)
        summary.text = f"{made} made"


@shared_task(name="overdue-invoices")
def overdue_invoices() -> None:
    with running("overdue-invoices") as summary:
        at = timezone.now()
        told = remind_overdue(on=paris_day(at), at=at, actor=job("overdue-invoices"), limit=ROWS)
        summary.text = f"{told} reminded"


@shared_task(name="pauses")
def pauses() -> None:
    with running("pauses") as summary:
        ended = end_pauses(actor=job("pauses"), at=timezone.now())
        summary.text = f"{ended} over"


@shared_task(name="lost-copies")
def lost_copies() -> None:
    with running("lost-copies") as summary:
        at, actor = timezone.now(), job("lost-copies")
        followed = returning.follow(actor=actor, at=at)
        answered = answering.settle_moved(actor=actor, at=at)
        late = answering.put_unanswered_on_desk(at=at)
        incidents.wake(on=paris_day(at), actor=actor, at=at)
        settled = carry_out(actor=actor, at=at) + put_ended_before_a_person(actor=actor, at=at)
        due = singles.watch(on=paris_day(at), at=at, actor=actor)
        summary.text = (
            f"{followed} came back, {answered} addresses known, {late} unanswered, {settled} claims settled, "
            f"past issues due of {due}"
        )


@shared_task(name="late-issues")
def late_issues() -> None:
    with running("late-issues") as summary:
        summary.text = f"{late_telling.tell(at=timezone.now(), limit=ROWS)} told"


@shared_task(name="issue-calendar")
def issue_calendar() -> None:
    with running("issue-calendar") as summary:
        at = timezone.now()
        summary.text = watching.watch(on=paris_day(at), at=at, actor=job("issue-calendar"))


@shared_task(name="circulation")
def circulation() -> None:
    with running("circulation") as summary:
        at, actor = timezone.now(), job("circulation")
        on = paris_day(at)
        taken = taking.take_missing(actor=actor, at=at)
        moved = correcting.correct(on=on, actor=actor, at=at)
        summary.text = f"{taken} runs counted, {moved} lines corrected, {watch_figures(on=on, at=at, actor=actor)}"


@shared_task(name="fixed-terms")
def fixed_terms() -> None:
    with running("fixed-terms") as summary:
        at = timezone.now()
        summary.text = f"{end_fixed_terms(on=paris_day(at), at=at, actor=job('fixed-terms'), limit=ROWS)} lapsed"


@shared_task(name="gifts")
def gifts() -> None:
    with running("gifts") as summary:
        at, actor, told, followed = timezone.now(), job("gifts"), 0, 0
        for _round in range(ROUNDS):
            done = announcing.announce(on=paris_day(at), at=at, actor=actor, limit=ROWS)
            told += done
            if not done:
                break
        followed = claiming.follow_earlier(on=paris_day(at), at=at, actor=actor, limit=ROWS)
        summary.text = f"{told} recipients told, {followed} gifts go on after their recipient's own copies"


@shared_task(name="reminders")
def reminders() -> None:
    with running("reminders") as summary:
        at, done = timezone.now(), 0
        on, since = paris_day(at), _gone_through("reminders", at=at)
        done += remind_of_gifts(on=on, at=at, limit=ROWS)
        for _round in range(ROUNDS):
            queued = remind(on=on, at=at, limit=ROWS, since=since)
            done += queued
            if not queued:
                break
        summary.text = f"{done} queued"


@shared_task(name="forgetting")
def forget() -> None:
    with running("forgetting") as summary:
        at, bodies = timezone.now(), 0
        recipients = forgetting.forget_due(on=paris_day(at), actor=job("forgetting"), at=at, limit=ROWS)
        for _round in range(ROUNDS):
            emptied = documents.purge(on=paris_day(at), limit=ROWS)
            bodies += emptied
            if not emptied:
                break
        lines = forgetting_imports.forget(actor=job("forgetting"), at=at)
        summary.text = f"{recipients} recipients of gifts forgotten, {bodies} documents emptied, {lines} lines of imports forgotten"
