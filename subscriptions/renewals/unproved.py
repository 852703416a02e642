"""What becomes of a renewal whose notice did not reach its reader: first a person's work, then the reader's own choice.

A legal notice that came back is posted on paper while its window is open (law.md 4.7). Without a proof by the window's
end, or without any word of the debit on its day, nothing is ever charged: the renewal is `manual`, its reader is told so
and may choose another year.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem
from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.models import Notice, NoticeProof, Renewal
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.renewals.holding import in_batches
from subscriptions.renewals.matters import BOUNCED_KIND, LEGAL, MANUAL, PRE_DEBIT, letters, matter, standing_letter
from subscriptions.renewals.moving import move
from subscriptions.renewals.proving import BEFORE_THE_CHARGE, BOUNCED, CAME_BACK, came_back, keep_legal, still_proved

State = Renewal.State
#: A letter goes by post so long before the window closes (law.md 4.7).
POST_BEFORE = timedelta(days=RULES.post_days_before_close)
#: Letters that came back longer ago belong to renewals that are over: no window is so far from its R.
LOOK_BACK = timedelta(days=150)
#: Every legal window closes 29 to 32 days before R, by the length of the month.
EARLIEST_CLOSE = timedelta(days=32)
NO_PROOF = "Aucun avis d’échéance n’est prouvé dans le délai légal : jamais débité, au choix du lecteur."
NO_WORD = "L’annonce du débit n’est pas arrivée : jamais débité, au choix du lecteur."
MANUAL_KIND = "renewal_manual"


@dataclass(slots=True)
class Unproved:
    """What one round did: `bounced` are on support's desk now, `manual` were left to their readers' choice."""

    bounced: int = 0
    manual: int = 0


def sort_out(*, on: date, at: datetime, actor: Actor, limit: int) -> Unproved:
    """Put letters that came back on support's desk; leave to choice what can no longer be announced in time.

    Run it after `proving.prove` of the same instant. Safe to repeat; `limit` renewals to a transaction.
    """
    done = Unproved()
    back = _came_back(at)
    done.bounced = _put_on_desk(back, on=on, actor=actor, at=at)

    def choice(rows: list[Renewal]) -> int:
        return _leave_to_choice(rows, on=on, actor=actor, at=at)

    planned = Q(state=State.PLANNED, renews_on__lte=on + EARLIEST_CLOSE)
    returned = Q(state__in=(State.ANNOUNCED, State.DUE), pk__in=back)
    reached = Q(state__in=(State.ANNOUNCED, State.DUE), renews_on__lte=on)
    done.manual = sum(in_batches(Renewal.objects.filter(planned | returned | reached), limit, choice))
    return done


def _came_back(at: datetime) -> set[int]:
    """Renewals of which a legal notice is known not to have arrived, whatever became of them since. Two queries."""
    since = at - LOOK_BACK
    lost: Any = Notice.objects.filter(kind=LEGAL, state__in=CAME_BACK, created_at__gte=since)
    said: Any = NoticeProof.objects.filter(kind=BOUNCED, notice__kind=LEGAL, at__gte=since)
    keys = [
        *lost.values_list("facts__renewal_id", flat=True),
        *said.values_list("notice__facts__renewal_id", flat=True),
    ]
    return {int(key) for key in keys if key is not None}


def _put_on_desk(back: Collection[int], *, on: date, actor: Actor, at: datetime) -> int:
    """One item per renewal that waits for a letter by post; those that no longer do are taken off. Returns the first."""
    rows = list(
        Renewal.objects.filter(pk__in=back, state__in=BEFORE_THE_CHARGE).select_related("subscription").order_by("pk")
    )
    about_this_r = letters(LEGAL, rows)
    last = {one.pk: standing_letter(about_this_r.get(one.pk, ())) for one in rows}
    proved = still_proved(rows)
    lost = came_back({letter.pk for letter in last.values() if letter is not None})
    waiting = [
        one
        for one in rows
        if one.pk not in proved and (letter := last[one.pk]) and (letter.pk in lost or _to_post(letter))
    ]
    queued = {one.pk for one in waiting if (letter := last[one.pk]) and _to_post(letter)}
    sentences = {f"renewal:{one.pk}": _what_to_do(one, on=on, queued=one.pk in queued) for one in waiting}
    put_all_on_desk(DeskItem.Desk.SUPPORT, kind=BOUNCED_KIND, sentences=sentences, at=at)
    there = DeskItem.objects.filter(kind=BOUNCED_KIND, closed_at=None).values_list("subject", flat=True)
    gone = [subject for subject in there if subject not in sentences]
    if gone:
        because = _("Nothing is to be posted any more.")
        take_all_off_desk(kind=BOUNCED_KIND, subjects=gone, because=because, actor=actor, at=at)
    return len(sentences)


def _to_post(letter: Notice) -> bool:
    """Whether a letter waits to be posted in the place of one that came back."""
    return letter.channel == Notice.Channel.PAPER and letter.state in (Notice.State.QUEUED, Notice.State.PRINTING)


def _what_to_do(renewal: Renewal, *, on: date, queued: bool) -> str:
    window = legal_notice_window(renewal.renews_on)
    facts = {
        "number": renewal.subscription,
        "day": renewal.renews_on.strftime("%d/%m/%Y"),
        "by": (window.closes_on - POST_BEFORE).strftime("%d/%m/%Y"),
        "last": window.closes_on.strftime("%d/%m/%Y"),
    }
    if on > window.closes_on:
        return (
            _(
                "The legal notice about the renewal of subscription %(number)s on %(day)s came back, and its legal window "
                "closed on %(last)s. It is not charged; the reader may choose another year."
            )
            % facts
        )
    if queued:
        return (
            _(
                "The legal notice about the renewal of subscription %(number)s on %(day)s came back. It waits among the "
                "letters to post: post it by %(by)s (on %(last)s at the latest). Without it nothing is charged."
            )
            % facts
        )
    return (
        _(
            "The legal notice about the renewal of subscription %(number)s on %(day)s came back. Print the letter as sent, "
            "post it by %(by)s (on %(last)s at the latest), then record the day of posting. Without it nothing is charged."
        )
        % facts
    )


def _leave_to_choice(renewals: Sequence[Renewal], *, on: date, actor: Actor, at: datetime) -> int:
    """Make manual those among locked renewals that can no longer be charged in time; tells their readers."""
    keep_legal(renewals, at=at)  # what the post took is proved first, by whoever sees it first
    proved = still_proved(renewals)
    told = letters(PRE_DEBIT, [one for one in renewals if one.pk in proved and one.renews_on <= on])
    lost = []
    for one in renewals:
        if one.pk not in proved:
            if on > legal_notice_window(one.renews_on).closes_on:
                one.why = NO_PROOF
                lost.append(one)
        elif one.renews_on <= on and _never_arrived(told.get(one.pk, ()), on=on):
            one.why = NO_WORD
            lost.append(one)
    moved = move(lost, State.MANUAL, actor=actor, at=at, reason="no notice proved in time")
    queue([_told(one, at=at) for one in moved])
    put_all_on_desk(
        DeskItem.Desk.SUPPORT,
        kind=MANUAL_KIND,
        sentences={
            f"renewal:{one.pk}": _(
                "Subscription %(number)s could not be announced in time and is not charged on %(day)s. Its reader was "
                "written to; find out why no notice arrived."
            )
            % {"number": one.subscription, "day": one.renews_on.strftime("%d/%m/%Y")}
            for one in moved
        },
        at=at,
    )
    return len(moved)


def _never_arrived(sent: Sequence[Notice], *, on: date) -> bool:
    """Whether the word of a debit was given up, or waits still to be posted on the day that it names."""
    last = standing_letter(sent)
    if last is None:
        return False
    names = date.fromisoformat(last.facts["charge_on"]) if "charge_on" in last.facts else on
    return last.state == Notice.State.FAILED or (_to_post(last) and names <= on)


def _told(renewal: Renewal, *, at: datetime) -> NoticeDraft:
    payer: Any = renewal.subscription.payer
    return NoticeDraft(
        kind=MANUAL,
        matter=matter(MANUAL, renewal),
        customer_id=renewal.subscription.payer_id,
        to_email=(payer.email or "") if payer else "",
        to_name=payer.full_name if payer else "",
        facts={"renewal_id": renewal.pk, "renews_on": renewal.renews_on.isoformat()},
        due_at=at,
        created_at=at,
    )
