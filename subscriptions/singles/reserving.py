"""Reserving: the copies of an order are nobody else's from the moment it is placed until it can no longer be paid.

A reservation has no end of its own. It holds as long as its order waits for its payment, and an order ends with its payment
page (`CHECKOUT_MINUTES`), or when its reader gives it up; a debit on its way keeps it. So nothing has to give the copies
back, and nothing can forget to. Two buyers of the last copy wait for the same lock, that of its issue.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from payments.saving import insert_all
from payments.vat import split_lines
from subscriptions.losses.stock import free, lock_issues
from subscriptions.models import Order, SoldIssue
from subscriptions.singles.quoting import Chosen, SinglesQuote


class NoLongerInStock(ValidationError):
    """Of some of the issues fewer copies are left than were wished for; `short` are those, `left` how many of each, by number."""

    def __init__(self, short: Sequence[Chosen], left: dict[int, int]) -> None:
        super().__init__([_sentence(line, left[line.issue.number]) for line in short], code="no_stock")
        self.short, self.left = short, left


def reserve(order: Order, quote: SinglesQuote) -> list[SoldIssue]:
    """Keep the copies of an order that is being placed, in its transaction: all of them, or NoLongerInStock.

    Locks the issues, in the order of their keys. Each line is worth what its line of the invoice will say without VAT.
    """
    keys = [line.issue.pk for line in quote.lines]
    lock_issues(keys)
    left = free(keys)
    short = [line for line in quote.lines if left[line.issue.pk] < line.copies]
    if short:
        raise NoLongerInStock(short, {line.issue.number: max(left[line.issue.pk], 0) for line in short})
    parts = split_lines([line.amount.amount for line in quote.lines], quote.vat.rate)
    lines = [
        SoldIssue(order=order, issue=line.issue, copies=line.copies, amount=line.amount, value_ht=part.ht)
        for line, part in zip(quote.lines, parts, strict=True)
    ]
    insert_all(lines)
    return lines


def _sentence(line: Chosen, left: int) -> str:
    said = {"issue": line.issue.printed, "left": left}
    if not left:
        return _("No. %(issue)s has just been sold out. Nothing was ordered; please choose again.") % said
    if left == 1:
        return _("Of no. %(issue)s one copy is left. Nothing was ordered; please choose again.") % said
    return _("Of no. %(issue)s %(left)d copies are left. Nothing was ordered; please choose again.") % said
