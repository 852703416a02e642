"""The reminders of gifts: to the giver sixty days before the last copy, to the recipient with it (law.md 7.6).

The steps are rows of the same series as those of readers (`ReminderStep`), told apart by whom they address. One gift gets
one letter of each step, for ever.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from subscriptions.gifts.ending import last_copies, remindable_gifts
from subscriptions.gifts.reaching import Mailbox, mailbox_of
from subscriptions.models import Gift, Issue, Magazine, Notice, ReminderStep
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.renewals.reminding import series

Trigger, Addressee = ReminderStep.Trigger, ReminderStep.Addressee


def remind_of_gifts(*, on: date, at: datetime, limit: int) -> int:
    """Queue the reminders of gifts that are due on day `on`, up to `limit`; returns how many are new.

    Two queries per step that has an issue to speak of, one for the others, one statement for the letters. Safe to run twice,
    late or in two places.
    """
    drafts: list[NoticeDraft] = []
    for magazine in Magazine.objects.order_by("pk"):
        steps = [*series(magazine, addressee=Addressee.GIVER), *series(magazine, addressee=Addressee.RECIPIENT)]
        for step in steps:
            if not issues_of(step, on=on).filter(magazine=magazine).exists():
                continue
            found = due(step, on=on).filter(subscription__magazine=magazine)[: max(limit - len(drafts), 0)]
            drafts += [_draft(gift, step, on=on, at=at) for gift in found]
    return queue(drafts)


def issues_of(step: ReminderStep, *, on: date) -> QuerySet[Issue]:
    """The issues whose last copies a step speaks of on day `on`."""
    if step.trigger == Trigger.ENDING:
        until = on + timedelta(days=step.days_before)
        # Once the last copy has left it is too late to say that it will.
        return Issue.objects.filter(posted_on=None, post_on__range=(until - timedelta(days=step.late_days), until))
    until = on - timedelta(days=step.days_after)
    return Issue.objects.filter(posted_on__range=(until - timedelta(days=step.late_days), until))


def due(step: ReminderStep, *, on: date) -> QuerySet[Gift]:
    """Gifts for which a step is due on day `on`, that have had no letter of it."""
    copies = last_copies().filter(issue__in=issues_of(step, on=on))
    matter = Concat(
        Value("gift_reminder:"), Cast(OuterRef("pk"), CharField()), Value(f":{step.code}"), output_field=CharField()
    )
    told = Exists(Notice.objects.filter(matter=matter))
    gifts = remindable_gifts(step.addressee).filter(Exists(copies)).exclude(Q(told))
    return gifts.select_related("subscription__payer", "claimed_by").order_by("pk")


def _draft(gift: Gift, step: ReminderStep, *, on: date, at: datetime) -> NoticeDraft:
    mailbox = _giver(gift) if step.addressee == Addressee.GIVER else mailbox_of(gift)
    return NoticeDraft(
        kind=step.letter,
        matter=f"gift_reminder:{gift.pk}:{step.code}",
        customer_id=mailbox.customer_id,
        to_email=mailbox.email,
        to_name=mailbox.name,
        facts={"gift_id": gift.pk, "code": step.code, "on": on.isoformat()},
        due_at=at,
        created_at=at,
    )


def _giver(gift: Gift) -> Mailbox:
    payer = gift.subscription.payer if gift.subscription else None
    if payer is None:
        raise ValueError(f"gift {gift.pk} has nobody who gave it")
    return Mailbox(payer.email or "", payer.full_name, payer.pk)
