"""Reserving: the copies of an order are nobody else's from the moment it is placed until it can no longer be paid.

A reservation has no end of its own. It holds as long as its order waits for its payment, and an order ends with its payment
page (`CHECKOUT_MINUTES`), or when its reader gives it up; a debit on its way keeps it. So nothing has to give the copies
back, and nothing can forget to. Two buyers of the last copy wait for the same lock, that of its issue.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from payments.saving import insert_all
from payments.vat import split_lines
from subscriptions.calendar import RULES
from subscriptions.losses.stock import RESERVING, free, lock_issues
from subscriptions.models import Consent, Order, SoldIssue
from subscriptions.singles.quoting import Chosen, SinglesQuote


class NoLongerInStock(ValidationError):
    """Of some of the issues fewer copies are left than were wished for; `short` are those, `left` how many of each, by number."""

    def __init__(self, short: Sequence[Chosen], left: dict[int, int]) -> None:
        super().__init__([_sentence(line, left[line.issue.number]) for line in short], code="no_stock")
        self.short, self.left = short, left


class TooManyWait(ValidationError):
    """One buyer would keep more copies from others, unpaid, than the rules allow."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "At most %(most)d copies can wait for their payment at a time. Nothing was ordered; please pay what you have "
                "ordered before, or choose fewer."
            )
            % {"most": RULES.single_unpaid_copies},
            code="too_many_wait",
        )


def reserve(order: Order, quote: SinglesQuote, *, ip: str | None = None) -> list[SoldIssue]:
    """Keep the copies of an order that is being placed, in its transaction: all of them, or NoLongerInStock.

    Locks the issues, in the order of their keys. Each line is worth what its line of the invoice will say without VAT.
    `ip`: where it comes from. Raises TooManyWait, so that nobody empties the shelf without paying.
    """
    keys = [line.issue.pk for line in quote.lines]
    lock_issues(keys)
    wanted = sum(line.copies for line in quote.lines)
    if wanted + _waiting(order.email, ip) > RULES.single_unpaid_copies:
        raise TooManyWait
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


def _waiting(email: str, ip: str | None) -> int:
    """How many copies wait for their payment already, of this e-mail or from this address, whichever are more. Two queries."""
    waiting = SoldIssue.objects.filter(state=SoldIssue.State.RESERVED, order__state__in=RESERVING)
    theirs = [Q(order__email=email)]
    if ip is not None:
        theirs.append(Q(order__in=Consent.objects.filter(ip=ip, order__state__in=RESERVING).values("order")))
    return max(waiting.filter(whose).aggregate(sum=Sum("copies"))["sum"] or 0 for whose in theirs)


def _sentence(line: Chosen, left: int) -> str:
    said = {"issue": line.issue.printed, "left": left}
    if not left:
        return _("No. %(issue)s has just been sold out. Nothing was ordered; please choose again.") % said
    if left == 1:
        return _("Of no. %(issue)s one copy is left. Nothing was ordered; please choose again.") % said
    return _("Of no. %(issue)s %(left)d copies are left. Nothing was ordered; please choose again.") % said
