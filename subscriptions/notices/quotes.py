"""What the letter that carries a renewal quote says, and the quote itself beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

from payments.money import french
from subscriptions.models import Quote, Term
from subscriptions.notices.french import day
from subscriptions.notices.letter import Attachment, Context, Facts
from subscriptions.notices.paths import absolute
from subscriptions.objecting import has_objected, unsubscribe_path
from subscriptions.renewals.links_by_choice import renew_path

SOURCE = "DEVIS"


def quoted(facts: Facts) -> Context:
    """The quote, until when it holds, and the two ways to order it."""
    quote = Quote.objects.select_related("subscription__magazine", "term", "price").get(pk=facts["quote_id"])
    subscription = quote.subscription
    payer = subscription.payer_id or 0
    return {
        "quote": quote,
        "reference": quote.reference,
        "title": subscription.magazine.title,
        "subscriber_number": subscription.number or "",
        "ends_on": day(quote.term.ends_on),
        "starts_on": day(quote.starts_on),
        "until": day(quote.ends_on),
        "amount": french(quote.amount),
        "amount_ht": french(quote.amount_ht),
        "valid_until": day(quote.valid_until),
        # The order page knows no agency: it would ask for more than the quote promises.
        "by_agency": bool(quote.discount.amount),
        "public": quote.buyer_kind == "public_fr",
        "order_url": absolute(renew_path(subscription, term=quote.term.number, source=SOURCE)),
        "unsubscribe_url": absolute(unsubscribe_path(payer)),
    }


def ordered_since(context: Context, *, at: datetime) -> str:
    """Not sent once the next term is there, or to whoever wants no such letter."""
    quote: Quote = context["quote"]
    if Term.objects.standing().filter(subscription=quote.subscription_id, number__gt=quote.term.number).exists():
        return "the subscription goes on"
    payer = quote.subscription.payer_id
    if quote.by_itself and payer is not None and has_objected(payer):
        return "the reader is not to be reminded any more"
    return ""


def the_quote(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """The PDF; set now if nobody has yet."""
    quote: Quote = context["quote"]
    paper: Any = import_module("subscriptions.quotes.paper")
    return (Attachment(f"{quote.reference}.pdf", paper.pdf_of(quote, at=at), "application/pdf"),)
