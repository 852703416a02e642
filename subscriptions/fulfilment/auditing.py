"""COPIES, as far as files go: whoever was owed a copy at the closing is in the file, and what the lines say is true."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Exists, F, Max, OuterRef, Q, Sum

from payments.audit import CHUNK, Breaches
from subscriptions.fulfilment.address_file import FileChanged, verify
from subscriptions.models import Dispatch, Entitlement, EntitlementMovement, FreeCopy, MailingRun, Term

Copy = Entitlement.State
Run = MailingRun.State
Kind = EntitlementMovement.Kind
TO_LEAVE = (Run.CLOSED, Run.HANDED_OVER)
#: Movements after which a copy is owed with the issue that it has now.
MADE_OWED = (Kind.GRANT, Kind.RELEASE, Kind.EXTEND)
#: Each copy that was put in a file from elsewhere than owed: by the movement before, but for those that leave it where it is.
STEPS = """
SELECT entitlement_id, before FROM (
    SELECT entitlement_id, kind, LAG(kind) OVER (PARTITION BY entitlement_id ORDER BY id) AS before
    FROM subscriptions_entitlementmovement WHERE kind NOT IN ('extend', 'resend')
) AS moves
WHERE kind = 'assign' AND COALESCE(before, '') NOT IN ('grant', 'release')
"""


def in_the_file(at: datetime) -> Breaches:
    """COPIES: nobody owed a copy when its file was closed is missing from it; who became so later leaves with a complement."""
    runs = MailingRun.objects.filter(kind=MailingRun.Kind.MAIN, closed_at__isnull=False)
    closed = dict(runs.values_list("issue", "closed_at"))
    # Grouped, not asked copy by copy: the newest movement of one copy is looked for through those of all others.
    since = Max("movements__at", filter=Q(movements__kind__in=MADE_OWED))
    owed = Entitlement.objects.filter(state=Copy.OWED, issue__in=closed).order_by().annotate(since=since)
    for copy in owed.iterator(CHUNK):
        if copy.issue_id is not None and copy.since is not None and copy.since < closed[copy.issue_id]:
            yield f"entitlement:{copy.pk}", "was owed when the file of its issue was closed, and is not in it"


def lines_are_true(at: datetime) -> Breaches:
    """COPIES: a copy is in a file exactly as long as a line of a run that has not left names it; what left was served."""
    leaving = Exists(Dispatch.objects.filter(entitlement=OuterRef("pk"), run__state__in=TO_LEAVE))
    for copy in Entitlement.objects.filter(~leaving, state=Copy.ASSIGNED).iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "said to be in a file, and no line of one names it"
    wrong = Dispatch.objects.exclude(kind=Dispatch.Kind.CLAIM).filter(
        Q(run__state__in=TO_LEAVE) & ~Q(entitlement__state=Copy.ASSIGNED)
        | Q(run__state=Run.POSTED) & ~Q(entitlement__state=Copy.SERVED),
        entitlement__isnull=False,
    )
    for line in wrong.select_related("entitlement").iterator(CHUNK):
        yield f"dispatch:{line.pk}", "names a copy that stands elsewhere"


def runs_are_whole(at: datetime) -> Breaches:
    """COPIES: a closed run holds as many lines as it was closed with, 1 to n, and makes the same file as long as it has to."""
    runs = MailingRun.objects.exclude(sha256="").select_related("issue__magazine", "house")
    for run in runs.annotate(copies_now=Sum("lines__copies"), last=Max("lines__place")).iterator(CHUNK):
        if (run.last or 0, run.copies_now or 0) != (run.dispatches, run.copies):
            yield f"run:{run.pk}", f"closed with {run.dispatches} lines and {run.copies} copies, holds others"
        elif run.state in TO_LEAVE:
            try:
                verify(run)
            except FileChanged:
                yield f"run:{run.pk}", "does not make the file any more that was closed"


def from_owed_alone(at: datetime) -> Breaches:
    """COPIES: what is held, credited or void is put in no file: only what was granted, or released, before."""
    with connection.cursor() as cursor:
        cursor.execute(STEPS)
        for copy, before in cursor.fetchall():
            yield f"entitlement:{copy}", f"put in a file after {before or 'nothing'}"


def as_many_as_ordered(at: datetime) -> Breaches:
    """COPIES: each line carries as many copies as were ordered, sent once more or not; each term as many as its order."""
    lines = Dispatch.objects.exclude(copies=F("entitlement__term__quantity"))
    for key in lines.filter(entitlement__isnull=False).values_list("pk", flat=True).iterator(CHUNK):
        yield f"dispatch:{key}", "carries another number of copies than its term promises of each issue"
    free = Dispatch.objects.filter(free_copy__isnull=False).exclude(copies=F("free_copy__copies"))
    for key in free.values_list("pk", flat=True).iterator(CHUNK):
        yield f"dispatch:{key}", "carries another number of free copies than were given"
    terms = Term.objects.filter(order__isnull=False).exclude(quantity=F("order__quantity"))
    for key in terms.values_list("pk", flat=True).iterator(CHUNK):
        yield f"term:{key}", "promises another number of copies of each issue than was ordered"


def free_copies_sent(at: datetime) -> Breaches:
    """COPIES: free copies are in every main file from their first issue to their last, and in none after their end."""
    runs = MailingRun.objects.filter(kind=MailingRun.Kind.MAIN, closed_at__isnull=False).select_related("issue")
    sent = set(Dispatch.objects.filter(free_copy__isnull=False).values_list("free_copy", "issue").iterator(CHUNK))
    given = list(FreeCopy.objects.order_by("pk"))
    for run in runs:
        for one in given:
            if one.magazine_id == run.issue.magazine_id and _was_due(one, run) and (one.pk, run.issue_id) not in sent:
                yield f"run:{run.pk}", f"free copies no. {one.number} are not in it"
    late = Dispatch.objects.filter(free_copy__ended_at__lt=F("run__closed_at"))
    for key in late.values_list("pk", flat=True).iterator(CHUNK):
        yield f"dispatch:{key}", "free copies that had ended before"


def _was_due(one: FreeCopy, run: MailingRun) -> bool:
    """Whether free copies belonged into a main file when it was closed."""
    if run.closed_at is None or one.created_at >= run.closed_at or (one.ended_at and one.ended_at <= run.closed_at):
        return False
    return one.from_number <= run.issue.ends and (one.until_number or run.issue.number) >= run.issue.number
