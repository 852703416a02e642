"""Letters whose sender died in the middle, and what a person may do about a letter: decide a doubt, send one again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from payments.actors import Actor
from payments.desk import record_act, take_off_desk
from subscriptions.models import Notice
from subscriptions.notices.delivering import doubt
from subscriptions.notices.letter import OnStall
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.moving import in_hand, move, prove, stalled
from subscriptions.notices.queueing import once_more

State = Notice.State

#: Longer than a whole batch takes when the mail server lets every letter run into its time-out.
STALLED_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many stalled letters were put back and how many now wait for a person."""

    queued: int
    doubtful: int


def recover(at: datetime) -> Recovered:
    """Take back letters left in `sending` for a quarter of an hour.

    One that was not stored yet has not left: it is queued again. One that was stored may have left: the table of
    letters says whether it is sent again (same Message-ID) or put before a person.
    """
    if not in_hand(since=STALLED_AFTER, at=at).exists():
        return Recovered(0, 0)
    with transaction.atomic():
        return _recover(at)


def _recover(at: datetime) -> Recovered:
    put_back = doubtful = 0
    for notice in stalled(since=STALLED_AFTER, at=at):
        letter = LETTERS.get(notice.kind)
        if notice.document_id and (letter is None or letter.on_stall is OnStall.DOUBTFUL):
            doubt(notice, at=at)
            doubtful += 1
        else:
            put_back += move(notice, State.QUEUED, at=at, failure="its sender stopped", due_at=at)
    return Recovered(put_back, doubtful)


@transaction.atomic
def settle_doubt(notice_id: int, *, left: bool, actor: Actor, reason: str, at: datetime) -> bool:
    """A person's answer about a doubtful letter: it `left`, or it is sent now. False if it is no longer in doubt."""
    notice = Notice.objects.select_for_update(no_key=True).get(pk=notice_id)
    if notice.state != State.DOUBTFUL:
        return False
    if left:
        prove(notice, "accepted", at=at, detail=f"said by {actor}")
        move(notice, State.SENT, at=at)
    else:
        move(notice, State.QUEUED, at=at, due_at=at)
    subject = f"notice:{notice.pk}"
    record_act("settle_doubt", subject=subject, actor=actor, reason=reason, facts={"left": left}, at=at)
    take_off_desk(kind="letter_doubtful", subject=subject, because=reason, actor=actor, at=at)
    return True


@transaction.atomic
def send_again(notice_id: int, *, actor: Actor, reason: str, at: datetime, to_email: str = "") -> Notice:
    """Queue the letter once more as a new one (its own row, Message-ID and proof), perhaps to a corrected address.

    By e-mail or on paper, as queueing decides. It is written from the same facts as they stand now. The first letter and its
    proofs stay as they are; an open item about its failure is closed.
    """
    first = Notice.objects.get(pk=notice_id)
    again = once_more(first, to_email=to_email or first.to_email, at=at)
    if again.channel == Notice.Channel.EMAIL:
        _not_on_paper_too(again, at=at)
    subject = f"notice:{first.pk}"
    record_act("send_letter_again", subject=subject, actor=actor, reason=reason, facts={"again": again.pk}, at=at)
    take_off_desk(kind="letter_failed", subject=subject, because=reason, actor=actor, at=at)
    return again


def _not_on_paper_too(again: Notice, *, at: datetime) -> None:
    """What waits to be posted in the place of the first letter is not posted beside the one that leaves now."""
    base = again.matter.split("#")[0]
    waiting = Notice.objects.select_for_update(no_key=True).filter(
        matter__startswith=f"{base}#", channel=Notice.Channel.PAPER, state=State.QUEUED
    )
    for one in waiting.order_by("pk"):
        move(one, State.WITHDRAWN, at=at, failure="it went by e-mail after all")
