"""Sending letters that failed or came back once more: which may go, and one of them going."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from payments.actors import Actor
from shop.backoffice.letter_pages import may_go_again
from subscriptions.models import Notice
from subscriptions.notices.recovering import send_again
from subscriptions.renewals.by_hand import CannotDo, Outlook, Outlooks

LOST = (Notice.State.FAILED, Notice.State.BOUNCED)


def look_at_letters(letters: Sequence[Notice]) -> Outlooks:
    """Of each letter, whether it goes again and to whom. One query."""
    bases = {one.pk: one.matter.split("#")[0] for one in letters}
    later: dict[str, int] = {}
    numbered = [f"{base}#{number}" for base in set(bases.values()) for number in range(2, 10)]
    for key, matter in Notice.objects.filter(matter__in=numbered).values_list("pk", "matter"):
        base = matter.split("#")[0]
        later[base] = max(later.get(base, 0), key)
    found = {}
    for one in letters:
        to = _to_email(one)
        if one.state not in LOST:
            found[one.pk] = Outlook(why_not=_("It did not fail."))
        elif not may_go_again(one):
            found[one.pk] = Outlook(why_not=_("It opens an account: its reader asks for another one."))
        elif later.get(bases[one.pk], 0) > one.pk:
            found[one.pk] = Outlook(why_not=_("It was sent again already."))
        elif not to:
            found[one.pk] = Outlook(why_not=_("The reader has no e-mail address: write by post."))
        else:
            found[one.pk] = Outlook(_("It leaves again, to %(email)s.") % {"email": to})
    return found


@transaction.atomic
def send_one_again(key: int, *, actor: Actor, at: datetime, reason: str) -> Outlook:
    """Queue a letter once more, to the reader's address of today. Raises CannotDo."""
    letter = Notice.objects.select_for_update(of=("self",), no_key=True).select_related("customer").get(pk=key)
    outlook = look_at_letters([letter])[key]
    if outlook.why_not:
        raise CannotDo(outlook.why_not)
    send_again(key, actor=actor, reason=reason, at=at, to_email=_to_email(letter))
    return outlook


def _to_email(letter: Notice) -> str:
    customer: Any = letter.customer
    return (customer.email if customer else "") or letter.to_email
