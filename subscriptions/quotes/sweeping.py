"""Which organisations are due for a quote: ninety days before their fixed term ends, once for each term (law.md 3.4).

They get it instead of the reminders that consumers get. What cannot be quoted, because no issue or price is planned, is on
finance's desk until it can.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.desk import put_on_desk, take_off_desk
from payments.models import DeskItem
from subscriptions.calendar import RULES
from subscriptions.models import Quote, Term
from subscriptions.quotes.making import CannotQuote, make_quote
from subscriptions.renewals.remindable import remindable

IMPOSSIBLE = "quote_impossible"


def quote_due(*, on: date, at: datetime, actor: Actor, limit: int) -> int:
    """Make the quotes that are due on day `on`, up to `limit`; returns how many. Each in a transaction of its own.

    Safe to run twice, late or in two places: one quote a term, and the database refuses another.
    """
    made = 0
    for term in _due(on)[:limit]:
        subject = f"subscription:{term.subscription_id}"
        try:
            make_quote(term.subscription_id, actor=actor, at=at, by_itself=True)
        except CannotQuote as trouble:
            sentence = _("No renewal quote could be made for subscription %(number)s: %(why)s") % {
                "number": term.subscription,
                "why": " ".join(trouble.messages),
            }
            put_on_desk(DeskItem.Desk.FINANCE, kind=IMPOSSIBLE, subject=subject, sentence=sentence, at=at)
            continue
        because = _("The quote is made.")
        take_off_desk(kind=IMPOSSIBLE, subject=subject, because=because, actor=actor, at=at)
        made += 1
    return made


def _due(on: date) -> QuerySet[Term]:
    """Last terms of organisations that end within ninety days, whose payer may be written to and was not quoted yet."""
    latest = on + timedelta(days=RULES.quote_days_before - 1)
    quoted = Quote.objects.filter(by_itself=True).values("term")
    terms = remindable(lapsed=False, courtesy=False, on_paper=True, organisations=True)
    return (
        terms.filter(ends_on__range=(on, latest)).exclude(pk__in=quoted).select_related("subscription").order_by("pk")
    )
