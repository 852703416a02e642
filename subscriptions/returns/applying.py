"""News of returns applied: each finds its letter, is proved, moves it, and what follows is done in the same transaction.

Told again, told of no letter of ours, or told after what contradicts it, news changes nothing; it is kept with the reason.
A letter may be heard of before we have written down that it left: such news waits a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from payments.actors import job
from payments.desk import take_off_desk
from subscriptions.models import LostMailbox, MailEvent, Notice, NoticeProof
from subscriptions.notices.moving import move, prove
from subscriptions.returns.following import EMAIL_LOST, lose, on_paper_instead, regain, say_lost
from subscriptions.returns.moving import move as move_event
from subscriptions.returns.news import bare
from subscriptions.returns.tokens import letter_of

log = structlog.get_logger(__name__)
Kind, Heard, State = MailEvent.Kind, MailEvent.State, Notice.State
ACTOR = job("mail-returns")
#: So long may we hear of a letter before its own row says that it left.
EARLY = timedelta(days=1)
#: So many are read at once.
CHUNK = 1000


@dataclass(slots=True)
class Applied:
    """What one round did, in events."""

    applied: int = 0
    ignored: int = 0
    waiting: int = 0


def apply_waiting(limit: int, *, at: datetime) -> Applied:
    """Apply up to `limit` stored events, oldest first, each in a transaction of its own. Safe in several places, and again."""
    done = Applied()
    for key in _due(limit, done, at=at):
        with transaction.atomic():
            event = (
                MailEvent.objects.select_for_update(no_key=True, skip_locked=True)
                .filter(pk=key, state=Heard.STORED)
                .first()
            )
            if event is not None:
                _apply(event, done, at=at)
    return done


def _due(limit: int, done: Applied, *, at: datetime) -> list[int]:
    """Events that can be settled, by key, oldest first, `limit` at most; those that wait for their letter are counted.

    They keep no others back, whatever their number: a provider may tell us of letters that other programs send.
    """
    due: list[int] = []
    rows = MailEvent.objects.filter(state=Heard.STORED).order_by("received_at", "pk")
    some: list[MailEvent] = []
    for event in rows.iterator(CHUNK):
        some.append(event)
        if len(some) == CHUNK:
            due += _with_letter_or_old(some, done, at=at)
            some = []
            if len(due) >= limit:
                return due[:limit]
    return (due + _with_letter_or_old(some, done, at=at))[:limit]


def _with_letter_or_old(events: Sequence[MailEvent], done: Applied, *, at: datetime) -> list[int]:
    """One query."""
    names = bare([one.message_id for one in events])
    known = set(
        NoticeProof.objects.filter(kind="accepted", provider_id__in=names).values_list("provider_id", flat=True)
    )
    due = [
        one.pk for one in events if one.token or at - one.received_at >= EARLY or known & set(bare([one.message_id]))
    ]
    done.waiting += len(events) - len(due)
    return due


def _apply(event: MailEvent, done: Applied, *, at: datetime) -> None:
    notice = _letter(event)
    if notice is None or notice.state == State.SENDING:
        if at - event.received_at < EARLY:
            done.waiting += 1
            return
        because = "no letter of ours"
    else:
        because = _heard(event, notice, at=at)
    move_event(event, Heard.IGNORED if because else Heard.APPLIED, notice=notice, at=at, reason=because)
    if because:
        done.ignored += 1
        log.info("return ignored", provider=event.provider, kind=event.kind, reason=because)
    else:
        done.applied += 1


def _letter(event: MailEvent) -> Notice | None:
    """The letter that an event is about, locked: by its return address, else by the id with which it was taken."""
    key = letter_of(event.token) if event.token else None
    if key is None and event.message_id:
        named = NoticeProof.objects.filter(kind="accepted", provider_id__in=bare([event.message_id]))
        key = named.order_by("-pk").values_list("notice", flat=True).first()
    if key is None:
        return None
    return Notice.objects.select_for_update(no_key=True).filter(pk=key, channel=Notice.Channel.EMAIL).first()


def _heard(event: MailEvent, notice: Notice, *, at: datetime) -> str:
    """Do what follows from an event about a letter; why nothing does, or ""."""
    match event.kind:
        case Kind.DELIVERED:
            return _delivered(event, notice, at=at)
        case Kind.HARD:
            return _came_back(event, notice, at=at)
        case Kind.SOFT:
            return ""  # counted by its row
        case Kind.COMPLAINT:
            lose(notice, LostMailbox.Kind.COMPLAINED, at=at)
            return ""
        case _:
            return "of no consequence"


def _delivered(event: MailEvent, notice: Notice, *, at: datetime) -> str:
    if notice.state != State.SENT or not move(notice, State.DELIVERED, at=at):
        return "told after what contradicts it" if notice.state == State.BOUNCED else "tells nothing new"
    prove(notice, "delivered", at=event.happened_at, provider_id=event.event_id, detail=event.detail)
    dead = LostMailbox.objects.filter(
        email=notice.to_email.lower(), kind=LostMailbox.Kind.DEAD, ended_at=None, since__lt=notice.created_at
    )
    if dead.exists():
        regain(notice.to_email, because="a letter was delivered", at=at)
        _not_lost(notice, at=at)
    return ""


def _came_back(event: MailEvent, notice: Notice, *, at: datetime) -> str:
    if notice.state not in (State.SENT, State.DELIVERED, State.DOUBTFUL):
        return "tells nothing new"
    if notice.state == State.DOUBTFUL:  # what comes back has left
        prove(notice, "accepted", at=event.happened_at, detail="it came back")
        move(notice, State.SENT, at=at)
    move(notice, State.BOUNCED, at=at, failure=event.detail)
    prove(notice, "bounced", at=event.happened_at, provider_id=event.event_id, detail=event.detail)
    lose(notice, LostMailbox.Kind.DEAD, at=at)
    on_paper_instead(notice, at=at)
    say_lost(notice, at=at)
    return ""


def _not_lost(notice: Notice, *, at: datetime) -> None:
    because = "Un courrier est de nouveau arrivé."
    take_off_desk(kind=EMAIL_LOST, subject=f"customer:{notice.customer_id}", because=because, actor=ACTOR, at=at)
