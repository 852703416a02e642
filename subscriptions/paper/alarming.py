"""The alarm of the post: a letter that waits while its last day comes near, or waits too long, is put on a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.calendar import RULES
from subscriptions.models import Notice
from subscriptions.paper.addressing import forget_addressed
from subscriptions.paper.waiting import deadline

#: Desk items about letters to post; `notice:<id>` is their subject.
TO_POST = "letter_to_post"
State = Notice.State


@dataclass(slots=True)
class Watched:
    """What one round said: letters that wait, and those of them that fulfilment is told of."""

    waiting: int = 0
    urgent: int = 0


def watch(*, on: date, at: datetime, actor: Actor) -> Watched:
    """Say on fulfilment's desk what must be posted soon, and no more what is settled. Safe to repeat; four statements."""
    rows = list(
        Notice.objects.filter(
            channel=Notice.Channel.PAPER, state__in=(State.QUEUED, State.PRINTING), due_at__lte=at
        ).order_by("pk")
    )
    sentences = {f"notice:{one.pk}": sentence for one in rows if (sentence := _sentence(one, on=on))}
    put_all_on_desk(DeskItem.Desk.FULFILMENT, kind=TO_POST, sentences=sentences, at=at)
    there = DeskItem.objects.filter(kind=TO_POST, closed_at=None).values_list("subject", flat=True)
    gone = [subject for subject in there if subject not in sentences]
    if gone:
        because = _("It is posted, or is not to be posted any more.")
        take_all_off_desk(kind=TO_POST, subjects=gone, because=because, actor=actor, at=at)
    forget_addressed(actor=actor, at=at)
    return Watched(len(rows), len(sentences))


def wants_person(notice: Notice, *, on: date) -> bool:
    """Whether a letter that waits to be posted is to be said on a desk by that day."""
    until = deadline(notice)
    if until is not None:
        return until.near(on)
    return on - paris_day(notice.due_at) >= timedelta(days=RULES.post_waits_days)


def _sentence(notice: Notice, *, on: date) -> str:
    if not wants_person(notice, on=on):
        return ""
    until = deadline(notice)
    if until is None:
        return _("Letter no. %(key)s has been waiting to be posted since %(since)s.") % {
            "key": notice.pk,
            "since": paris_day(notice.due_at).strftime("%d/%m/%Y"),
        }
    facts = {
        "key": notice.pk,
        "by": until.post_by.strftime("%d/%m/%Y"),
        "last": until.last.strftime("%d/%m/%Y"),
    }
    if on > until.last:
        return (
            _("Letter no. %(key)s should have been posted by %(last)s: nothing is charged on its account. Take it out.")
            % facts
        )
    return _("Letter no. %(key)s is to be posted by %(by)s, on %(last)s at the latest: a charge waits for it.") % facts
