"""The timetable: everything that happens by itself, how often, when its silence is an alarm, and why it exists.

Every job is a sweep over rows that are due, safe to run twice, late, or in two places at once; a missed run is caught
up by the next one. Seconds, or the hour of the day in Paris for jobs that run once a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from celery.schedules import crontab

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable; `at` is (hour, minute) in Paris for daily jobs."""

    name: str
    every: int
    alarm_after: int
    reason: str
    at: tuple[int, int] | None = None


TIMETABLE = (
    Job("stripe-events", 5, 5 * MINUTE, "What Stripe told us becomes terms, invoices and letters."),
    Job("letters", 5, 10 * MINUTE, "Queued letters leave; stalled ones are recovered."),
    Job(
        "mail-returns", 15, 30 * MINUTE, "What mail providers tell of letters is applied: what came back goes on paper."
    ),
    Job("bounce-mailbox", 5 * MINUTE, 2 * HOUR, "Notifications of failure are read from the mailbox of returns."),
    Job("letters-to-post", HOUR, 6 * HOUR, "A letter on paper whose last day comes near is put on fulfilment's desk."),
    Job("invoice-documents", 15, 30 * MINUTE, "Invoices get their PDF after the commit that numbered them."),
    Job("unknown-payments", MINUTE, 15 * MINUTE, "Payments that Stripe did not answer for are looked up."),
    Job("order-expiry", MINUTE, 30 * MINUTE, "Orders nobody paid end with their payment page."),
    Job("refunds", MINUTE, 30 * MINUTE, "Refunds are sent, and followed until the bank has said yes."),
    Job(
        "disputes",
        5 * MINUTE,
        6 * HOUR,
        "Open disputes are asked about once a day, their deadlines watched, answers sent; what a bank decided is carried out.",
    ),
    Job("parked-effects", 5 * MINUTE, HOUR, "Paid orders whose effect failed are served again."),
    Job("event-catch-up", 10 * MINUTE, 2 * HOUR, "Webhooks that never came are read from Stripe's own list."),
    Job("balance-movements", 10 * MINUTE, 6 * HOUR, "Fees become known on the lines of Stripe's balance."),
    Job("stripe-mirror", 15 * MINUTE, 6 * HOUR, "From two at night Stripe’s charges are held against the books."),
    Job(
        "payouts", 15 * MINUTE, 6 * HOUR, "Stripe’s payouts are read, their movements explained, and what differs told."
    ),
    Job("renewal-plan", HOUR, 6 * HOUR, "What the next terms will be is computed anew where it changed or is due."),
    Job("renewal-notices", 15 * MINUTE, 6 * HOUR, "Legal notices, debits to come and cards that end are told in time."),
    Job("renewal-proofs", MINUTE, HOUR, "What the post took opens the gate of the charge; what came back is posted."),
    Job(
        "renewal-due", HOUR, 4 * HOUR, "Announced renewals become due on their day, or are known to be by choice only."
    ),
    Job("renewal-charge", MINUTE, HOUR, "Due renewals are charged, from ten to twenty o’clock, under one allowance."),
    Job("bulk-acts", MINUTE, HOUR, "Acts on many things that a colleague said yes to are carried out row by row."),
    Job("rehearsals", HOUR, 26 * HOUR, "Charges that nobody signed are told; the run is compared with its rehearsal."),
    Job("renewal-lapse", HOUR, 26 * HOUR, "What nobody paid in time ends, and the reader is told."),
    Job("declarations", MINUTE, 30 * MINUTE, "Pages of orders given up are closed; refunds that had to wait leave."),
    Job(
        "refund-deadlines", HOUR, 6 * HOUR, "What must be given back by a day is watched: seven and two days before it."
    ),
    Job("pauses", HOUR, 26 * HOUR, "Copies that were put off are owed again once the unwanted issue has left."),
    Job(
        "lost-copies",
        5 * MINUTE,
        6 * HOUR,
        "Copies that came back hold or ask, decided incidents are carried out, past issues sold leave in time.",
    ),
    Job(
        "gifts",
        HOUR,
        6 * HOUR,
        "On the day their giver chose, recipients of gifts are told, and who keeps what of them.",
    ),
    Job(
        "late-issues",
        15 * MINUTE,
        6 * HOUR,
        "Whoever was told an earlier day of an issue than it has now is written to.",
    ),
    Job("imports", MINUTE, HOUR, "Files of another house’s subscribers are read, and let in once somebody said yes."),
    Job(
        "escrow",
        15 * MINUTE,
        6 * HOUR,
        "From one at night a file is written from which any house could post the next issue; once a week it is opened.",
    ),
    Job("transmissions", MINUTE, 30 * MINUTE, "Closed files go to the mailing house; stuck ones are looked up there."),
    Job("search-lines", MINUTE, HOUR, "New and changed readers are found by the search of the desks."),
    Job("heartbeat", MINUTE, 10 * MINUTE, "An outside watchdog hears that the clockwork turns."),
    Job("fixed-terms", DAY, 26 * HOUR, "Subscriptions that are over and do not renew themselves lapse.", at=(5, 0)),
    Job(
        "renewal-audit",
        DAY,
        26 * HOUR,
        "A seventh of all plans each night: what they should be is computed anew, whatever was noticed.",
        at=(2, 30),
    ),
    Job(
        "reminders",
        DAY,
        26 * HOUR,
        "Readers of fixed terms hear in time that theirs ends, and that they may go on.",
        at=(9, 0),
    ),
    Job(
        "price-changes",
        DAY,
        26 * HOUR,
        "Readers whose next year costs more hear it ninety days before, and how to refuse.",
        at=(7, 0),
    ),
    Job(
        "renewal-quotes",
        DAY,
        26 * HOUR,
        "Organisations get the quote of their next year ninety days before this one ends.",
        at=(8, 0),
    ),
    Job(
        "issue-calendar",
        DAY,
        26 * HOUR,
        "What is wrong with the calendar of issues is on fulfilment's desk until it is mended.",
        at=(6, 0),
    ),
    Job(
        "circulation",
        HOUR,
        26 * HOUR,
        "What was posted is counted and counted anew where it was paid or undone since; meters near a limit are on finance's desk.",
    ),
    Job(
        "overdue-invoices",
        DAY,
        26 * HOUR,
        "Invoices that institutions have not paid by their day are on finance's desk, and reminded of fifteen and thirty days later.",
        at=(8, 15),
    ),
    Job(
        "seals",
        MINUTE,
        HOUR,
        "Steps of payments and refunds and ledger entries get their links in the chains of seals.",
    ),
    Job(
        "close-day",
        DAY,
        26 * HOUR,
        "The entries of the days that are over get their numbers, and each day its totals for good.",
        at=(0, 20),
    ),
    Job(
        "month-figures",
        HOUR,
        26 * HOUR,
        "The figures of a month are frozen once it is closed, or fifteen days after its end.",
    ),
    Job("accountant-files", MINUTE, 2 * HOUR, "Files of a large year that finance asked for are made, and kept."),
    Job("chorus-pro", HOUR, 26 * HOUR, "What public bodies were invoiced waits for its deposit in sight of finance."),
    Job(
        "e-report",
        DAY,
        26 * HOUR,
        "The totals of the day before are written for e-reporting, and what changed of earlier days is corrected.",
        at=(1, 30),
    ),
    Job(
        "eu-meter", DAY, 26 * HOUR, "Sales to other states of the Union are held against the year's limit.", at=(6, 30)
    ),
    Job("audit", DAY, 26 * HOUR, "The invariants of the design are checked against every row.", at=(3, 30)),
    Job(
        "forgetting",
        DAY,
        3 * DAY,
        "Who received a gift is forgotten three months after its last copy; documents past their date are emptied.",
        at=(4, 45),
    ),
    Job("sessions", DAY, 3 * DAY, "Ended sessions are swept away.", at=(4, 15)),
)


def beat_schedule() -> dict[str, Any]:
    """The timetable as Celery beat wants it. A ring that nobody heard in time is dropped: the next one finds the rows."""
    return {
        job.name: {
            "task": job.name,
            "schedule": crontab(hour=job.at[0], minute=job.at[1]) if job.at else float(job.every),
            "options": {"expires": max(job.every, 30) if not job.at else HOUR},
        }
        for job in TIMETABLE
    }
