"""Carrying: the copies of a gift go on at the end of a subscription that its recipient has already.

The giver's contract keeps the term that was sold, with its dates, its payment and its invoice. What is still owed of it
becomes the next term of the other subscription, copy for copy and at the same value: so that no issue comes twice, the
books do not move, and a withdrawal of the giver still finds these very copies (`subscriptions.gifts.carried`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from payments.actors import Actor
from payments.vat import ttc_left
from subscriptions.beginning import calendars
from subscriptions.calendar import add_months
from subscriptions.granting import grant_valued
from subscriptions.models import CarriedTerm, Entitlement, Subscription, Term
from subscriptions.models.gifts import CARRIED
from subscriptions.moving import move_copies
from subscriptions.offers.catalogue import dates_of
from subscriptions.prolonging import issues_from, next_dates, next_issue, promised_by

Copy = Entitlement.State
_DAY = timedelta(days=1)


def carry(given: Subscription, onto: Subscription, *, on: date, actor: Actor, at: datetime) -> Term | None:
    """Let what `given` still owes follow the end of `onto`; None if nothing is owed, or nothing can follow.

    Both are locked, and no charge is on its way for `onto`. A copy that is in a file, or on hold, stays where it is. Fewer
    copies than were sold are a shorter term, by as many quarters. Side effects: term and copies of `onto`, movements of
    both, the row that ties them.
    """
    term = Term.objects.filter(subscription=given, carried_as=None).order_by("number").first()
    if term is None:
        return None
    copies = Entitlement.objects.select_for_update(no_key=True).filter(term=term, state=Copy.OWED)
    owed = list(copies.order_by("rank"))
    promised = promised_by([onto]).get(onto.pk)
    if not owed or promised is None:
        return None
    shelf = calendars({onto.magazine_id})[onto.magazine_id]
    number = next_issue(promised, map(dates_of, shelf), on=on, goes_on=promised.goes_on(on)) or promised.last_number + 1
    issues = issues_from(number, shelf, copies=len(owed), promised=promised)
    dates = next_dates(promised, dates_of(issues[0]) if issues else None, ordered_on=on)
    ends_on = dates.ends_on
    if len(owed) < term.copies:
        ends_on = add_months(dates.starts_on, 12 * len(owed) // term.copies) - _DAY
    served = Term.objects.create(
        subscription=onto,
        number=promised.term + 1,
        starts_on=dates.starts_on,
        ends_on=ends_on,
        copies=len(owed),
        amount=ttc_left(term.amount.amount, copies=term.copies, served=term.copies - len(owed)),
        amount_ht=sum((copy.value_ht for copy in owed), Decimal("0.00")),
        vat_zone=term.vat_zone,
        vat_rate=term.vat_rate,
        created_at=at,
        source=CARRIED,
        foreign_ref=f"term:{term.pk}",
    )
    move_copies(
        owed, "void", on=on, actor=actor, at=at, reason=f"goes on in subscription {onto.number or onto.pk}"
    )  # fmt: skip
    grant_valued(served, [copy.value_ht for copy in owed], issues, actor=actor, at=at)
    CarriedTerm.objects.create(sold=term, served=served, actor=str(actor), at=at)
    return served
