"""What follows when a letter by e-mail did not arrive: its address is known as dead, and it goes on paper, or to a desk.

One row of this table per case; nothing else follows from a return.

| the letter | and | what follows |
|---|---|---|
| legal or service, fit for paper | a postal address is known | it waits to be posted, at once |
| legal or service, fit for paper | none is known | support's desk asks for an address, of whichever kind |
| a code, a link that ends | | nothing more: whoever wants one asks again |
| courtesy | | nothing more |
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from payments.desk import put_on_desk
from payments.models import DeskItem
from subscriptions.models import LostMailbox, Notice
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.queueing import once_more
from subscriptions.paper.addressing import addresses_of
from subscriptions.renewals.matters import standing_letter

EMAIL_LOST = "email_lost"
State = Notice.State


def lose(notice: Notice, kind: LostMailbox.Kind, *, at: datetime) -> None:
    """Know the address of a letter as dead, or as that of somebody who wants no advertising. Safe to repeat."""
    LostMailbox.objects.bulk_create(
        [LostMailbox(email=notice.to_email.lower(), kind=kind, since=at, notice=notice)], ignore_conflicts=True
    )


def regain(email: str, *, because: str, at: datetime) -> int:
    """An address works again: letters go there from now on. Returns how many marks ended."""
    dead = LostMailbox.objects.filter(email=email.lower(), kind=LostMailbox.Kind.DEAD, ended_at=None)
    return dead.update(ended_at=at, ended_because=because[:200])


def on_paper_instead(notice: Notice, *, at: datetime) -> Notice | None:
    """Queue a letter that did not arrive once more, on paper; None if it cannot go there, or went again already.

    Inside the caller's transaction, after its address is known as dead.
    """
    if not LETTERS[notice.kind].may_be_posted or notice.pk not in addresses_of([notice]):
        return None
    base = notice.matter.split("#")[0]
    others = Notice.objects.filter(matter__startswith=f"{base}#", pk__gt=notice.pk).order_by("pk")
    if standing_letter(list(others)) is not None:
        return None
    return once_more(notice, to_email="", at=at)


def say_lost(notice: Notice, *, at: datetime) -> None:
    """Support hears of a reader whose e-mail is lost: they give another one, or live by post."""
    if notice.customer_id is None:
        return
    put_on_desk(
        DeskItem.Desk.SUPPORT,
        kind=EMAIL_LOST,
        subject=f"customer:{notice.customer_id}",
        sentence=_(
            "Letters to this reader's e-mail address come back. Until they give another one, their letters go by post."
        ),
        at=at,
    )
