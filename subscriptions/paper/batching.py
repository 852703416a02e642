"""Batches of letters to post: made, looked at again, marked as posted, taken back.

Constraints: letters are set before anything is locked, and nothing is moved before every one of them is set, so that a
batch is there whole or not at all; a letter lies in one batch at a time (the database checks); what was printed is kept as
it was, and the merged file is made of it alone, to the byte; a posting is a proof, undone only by another row, and only on
the day on which it was written down: the gate of a charge counts it from the next day on (`renewals.proving`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import SystemRandom

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.days import PARIS, paris_day
from payments.desk import put_on_desk, record_act, take_all_off_desk
from payments.documents import keep, read
from payments.models import DeskItem, Document
from subscriptions.models import Notice, PostBatch, PostBatchLetter
from subscriptions.notices.delivering import is_erased
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.moving import move, posted, printed, unposted
from subscriptions.paper.addressing import addresses_of, say_unaddressed
from subscriptions.paper.alarming import TO_POST
from subscriptions.paper.setting import PDF, SetLetter, bound, set_letter
from subscriptions.paper.sheet import sheet_of
from subscriptions.paper.waiting import waiting
from subscriptions.references import new_reference

log = structlog.get_logger(__name__)
State, Outcome = Notice.State, PostBatchLetter.Outcome
#: So many letters are set while a person waits, and fit into a folder.
MOST = 60
#: The merged file can be made again as long as its letters are kept; it is kept itself while somebody may print it again.
KEPT = timedelta(days=366)
_RANDOM = SystemRandom()


class Refused(ValidationError):
    """It cannot be done; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter ready to be printed."""

    notice: Notice
    set: SetLetter


def make_batch(*, actor: Actor, at: datetime, limit: int = MOST, only: Sequence[int] = ()) -> PostBatch | None:
    """Make a batch of the most urgent letters that wait, up to `limit` (or of those named); None if none can be printed.

    Those that are no longer true are withdrawn on the way, those without a postal address stay and are put on support's
    desk, those that cannot be set on technique's. Sets the letters outside any transaction: call it so. Letters that
    somebody else has put into a batch meanwhile are not in this one.
    """
    rows = waiting(at=at)
    if only:
        rows = rows.filter(pk__in=only)
    ready = _first(rows, limit, at=at)
    if not ready:
        return None
    reference = new_reference("LOT", _RANDOM)
    while ready:
        file = bound([one.set.body for one in ready], backs=True)
        sheet = sheet_of(reference, [(one.notice, one.set.pages) for one in ready], on=paris_day(at))
        with transaction.atomic():
            free = _free(ready)
            if len(free) == len(ready):
                return _freeze(reference, ready, file, sheet, actor=actor, at=at)
        ready = free
    return None


def rebuilt(batch: PostBatch) -> bytes | None:
    """The merged file made again of the letters' own documents; None if one of them was purged. The same bytes."""
    bodies = [read(line.document_id) for line in batch.lines.all()]
    whole = [body for body in bodies if body is not None]
    return bound(whole, backs=True).body if len(whole) == len(bodies) else None


def mark_posted(
    batch: PostBatch,
    *,
    posted_on: date,
    actor: Actor,
    reason: str,
    at: datetime,
    registered: Mapping[int, str] | None = None,
) -> int:
    """Write down that what is left in the batch was posted on that day; returns how many letters.

    `registered`: numbers of registered letters, by letter. Each gets its proof (noon stands for the hour), and counts for
    its renewal from tomorrow on. Raises Refused for a day to come, for one before the batch, and where nothing is left.
    """
    if posted_on > paris_day(at):
        raise Refused(_("Nothing is posted in the future."))
    if posted_on < paris_day(batch.made_at):
        raise Refused(_("The batch was only made on %(day)s.") % {"day": paris_day(batch.made_at).strftime("%d/%m/%Y")})
    noon = datetime.combine(posted_on, time(12), tzinfo=PARIS)
    with transaction.atomic():
        lines = _locked(batch, Outcome.TO_POST)
        if not lines:
            raise Refused(_("Nothing of this batch waits to be posted any more."))
        for line in lines:
            number = (registered or {}).get(line.notice_id, "")
            proof = posted(line.notice, on=noon, actor=str(actor), registered=number, at=at)
            if proof is None:
                raise Refused(
                    _("Letter no. %(key)s was moved by somebody else. Look at it again.") % {"key": line.notice_id}
                )
            line.outcome, line.outcome_at, line.proof = Outcome.POSTED, at, proof
        _keep(lines)
        facts = {"letters": [line.notice_id for line in lines], "posted_on": posted_on.isoformat()}
        record_act("posted a batch", subject=f"batch:{batch.pk}", actor=actor, reason=reason, facts=facts, at=at)
        subjects = [f"notice:{line.notice_id}" for line in lines]
        take_all_off_desk(kind=TO_POST, subjects=subjects, because=reason, actor=actor, at=at)
    return len(lines)


def undo_posting(batch: PostBatch, *, actor: Actor, reason: str, at: datetime) -> int:
    """Take back what was written down today as posted, by rows beside it; returns how many letters are to post again.

    Raises Refused where nothing was written down today: by tomorrow it counts for charges.
    """
    with transaction.atomic():
        today = [line for line in _locked(batch, Outcome.POSTED) if _of_today(line, at=at)]
        if not today:
            raise Refused(_("Nothing of this batch was marked as posted today: only that can be taken back."))
        for line in today:
            if line.proof is None or not unposted(line.notice, line.proof, actor=str(actor), at=at):
                raise Refused(
                    _("Letter no. %(key)s was moved by somebody else. Look at it again.") % {"key": line.notice_id}
                )
            line.outcome, line.outcome_at, line.proof = Outcome.TO_POST, at, None
        _keep(today)
        facts = {"letters": [line.notice_id for line in today]}
        record_act("took a posting back", subject=f"batch:{batch.pk}", actor=actor, reason=reason, facts=facts, at=at)
    return len(today)


def take_out(line: PostBatchLetter, *, actor: Actor, reason: str, at: datetime) -> bool:
    """Take one letter out of its batch; it waits again, written anew, or is withdrawn if it is no longer true.

    Returns whether it waits again. Raises Refused if it is not to post any more.
    """
    with transaction.atomic():
        found = [one for one in _locked(line.batch, Outcome.TO_POST) if one.pk == line.pk]
        if not found:
            raise Refused(_("This letter is not to be posted with this batch any more."))
        [held] = found
        because = untrue_because(held.notice, at=at)
        to = State.WITHDRAWN if because else State.QUEUED
        if not move(held.notice, to, at=at, failure=because or "taken out of its batch"):
            raise Refused(_("This letter is not to be posted with this batch any more."))
        held.outcome, held.outcome_at = Outcome.TAKEN_OUT, at
        _keep([held])
        facts = {"batch": held.batch_id, "place": held.place}
        record_act(
            "took a letter out", subject=f"notice:{held.notice_id}", actor=actor, reason=reason, facts=facts, at=at
        )
    return not because


def untrue_because(notice: Notice, *, at: datetime) -> str:
    """Why a letter must not be posted any more; "" while it is true."""
    letter = LETTERS[notice.kind]
    if notice.customer_id and not letter.to_erased and is_erased(notice.customer_id):
        return "the reader had their data erased"
    return letter.untrue_because({**letter.context(notice.facts), "on_paper": True}, at=at)


def _first(rows: QuerySet[Notice], limit: int, *, at: datetime) -> list[Prepared]:
    """The first `limit` letters that can be printed: those that cannot, however urgent and many, keep no others back."""
    ready: list[Prepared] = []
    looked: set[int] = set()
    while len(ready) < limit:
        some = list(rows.exclude(pk__in=looked)[: limit - len(ready)])
        if not some:
            break
        looked |= {one.pk for one in some}
        ready += _prepare(some, at=at)
    return ready


def _prepare(rows: Sequence[Notice], *, at: datetime) -> list[Prepared]:
    known, ready, lost = addresses_of(rows), [], []
    for notice in rows:
        letter = LETTERS[notice.kind]
        try:
            because = untrue_because(notice, at=at)
            if because:
                move(notice, State.WITHDRAWN, at=at, failure=because)
                continue
            address = known.get(notice.pk)
            if address is None:
                if notice.customer_id and is_erased(notice.customer_id):
                    move(notice, State.WITHDRAWN, at=at, failure="the reader had their data erased")
                lost.append(notice.pk)
                continue
            ready.append(
                Prepared(notice, set_letter(notice, letter, letter.context(notice.facts), address.lines, at=at))
            )
        except Exception as trouble:  # one letter that cannot be set must not keep the others
            _cannot_set(notice, trouble, at=at)
    say_unaddressed(lost, at=at)
    return ready


def _cannot_set(notice: Notice, trouble: Exception, *, at: datetime) -> None:
    name = type(trouble).__name__
    log.error("letter cannot be set", notice=notice.pk, kind=notice.kind, trouble=name)
    sentence = _("Letters of kind “%(kind)s” cannot be written: %(trouble)s.") % {"kind": notice.kind, "trouble": name}
    subject = f"letter:{notice.kind}"
    put_on_desk(DeskItem.Desk.TECHNIQUE, kind="letter_unwritable", subject=subject, sentence=sentence, at=at)


def _free(ready: Sequence[Prepared]) -> list[Prepared]:
    """Those that wait still, locked; what somebody else holds is left to them."""
    keys = [one.notice.pk for one in ready]
    held = Notice.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=keys, state=State.QUEUED)
    free = set(held.order_by("pk").values_list("pk", flat=True))
    return [one for one in ready if one.notice.pk in free]


def _freeze(
    reference: str, ready: Sequence[Prepared], file: SetLetter, sheet: bytes, *, actor: Actor, at: datetime
) -> PostBatch:
    until = paris_day(at) + KEPT
    batch = PostBatch.objects.create(
        reference=reference,
        made_at=at,
        actor=str(actor),
        letters=len(ready),
        pages=file.pages,
        document=keep(file.body, media_type=PDF, keep_until=until, at=at),
        sheet=keep(sheet, media_type=PDF, keep_until=until, at=at),
    )
    lines = []
    for place, one in enumerate(ready, start=1):
        document = _document(one, at=at)
        printed(one.notice, document, at=at)
        lines.append(
            PostBatchLetter(batch=batch, place=place, notice=one.notice, document=document, pages=one.set.pages)
        )
    PostBatchLetter.objects.bulk_create(lines)
    facts = {"letters": [one.notice.pk for one in ready], "sha256": batch.document_id}
    record_act("made a batch", subject=f"batch:{batch.pk}", actor=actor, facts=facts, at=at)
    return batch


def _document(one: Prepared, *, at: datetime) -> Document:
    until = paris_day(at) + timedelta(days=LETTERS[one.notice.kind].keep_days)
    return keep(one.set.body, media_type=PDF, keep_until=until, at=at)


def _locked(batch: PostBatch, outcome: str) -> list[PostBatchLetter]:
    """The lines of a batch that stand so, their letters locked in the order of their keys."""
    keys = batch.lines.values_list("notice", flat=True)
    held = {one.pk: one for one in Notice.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")}
    lines = list(batch.lines.filter(outcome=outcome).select_related("proof").order_by("place"))
    for line in lines:
        line.notice = held[line.notice_id]
    return lines


def _of_today(line: PostBatchLetter, *, at: datetime) -> bool:
    return line.outcome_at is not None and paris_day(line.outcome_at) == paris_day(at)


def _keep(lines: Sequence[PostBatchLetter]) -> None:
    PostBatchLetter.objects.bulk_update(lines, ["outcome", "outcome_at", "proof"])
