"""What would some past issues cost, sent to this address today, and how many of each are there to be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from django.utils.translation import gettext_lazy as _

from payments.territories import zone_of
from payments.vat import NoRate, VatTreatment, treatment
from subscriptions.calendar import DeliveryZone, delivery_zone_of
from subscriptions.losses.stock import free
from subscriptions.models import Issue, Offer, Price
from subscriptions.offers.catalogue import Shelf, read_shelf
from subscriptions.orders.quoting import NotForSale, refuse_beyond_the_limit

log = structlog.get_logger(__name__)
#: Copies of one issue in one order, as one envelope takes them.
MOST_COPIES = 9


@dataclass(frozen=True, slots=True)
class Chosen:
    """So many copies of one issue; `amount` (Money) incl. VAT and postage."""

    issue: Issue
    copies: int
    amount: Any


@dataclass(frozen=True, slots=True)
class SinglesQuote:
    """Some past issues for one address on one day: the price of a copy, incl. VAT and postage, and what they cost together."""

    offer: Offer
    price: Price
    delivery_zone: DeliveryZone
    vat: VatTreatment
    lines: Sequence[Chosen]
    prolongs: None = None

    @property
    def quantity(self) -> int:
        """All copies of all issues."""
        return sum(line.copies for line in self.lines)

    @property
    def amount(self) -> Any:
        """Total incl. VAT and postage (Money, EUR)."""
        return self.price.amount * self.quantity

    @property
    def first_issue(self) -> Issue:
        """The oldest of them: what an order calls its first issue."""
        return self.lines[0].issue


def past_issues(shelf: Shelf) -> list[Issue]:
    """The issues of the shelf that have left for their readers, the newest first."""
    return [issue for issue in reversed(shelf.issues) if issue.state == Issue.State.POSTED]


def to_be_had(shelf: Shelf) -> Mapping[int, int]:
    """Copies of each past issue that may be ordered now, by number of the issue. Four queries."""
    issues = past_issues(shelf)
    left = free([issue.pk for issue in issues])
    return {issue.number: max(left[issue.pk], 0) for issue in issues}


def quote_singles(
    chosen: Mapping[int, int],
    *,
    country: str,
    postcode: str,
    buyer_kind: str,
    on: date,
    shelf: Shelf | None = None,
) -> SinglesQuote:
    """Price and VAT of so many copies by number of the issue. No query when today's `shelf` is given, one for other
    states of the Union.

    Whether they are in stock is asked when they are reserved. Raises NotForSale when nothing is chosen, one of them is not
    a past issue, single issues are not sold to that address or the year's limit there is reached; UnknownTerritory for a country that is none.
    """
    shelf = shelf or read_shelf(on)
    offer = shelf.single
    if offer is None:
        raise NotForSale(_("Past issues are not on sale at present."), code="off_sale")
    if shelf.magazine is None or shelf.magazine.cppap_valid_until < on:
        # The press rate of VAT hangs on it, of single issues as of subscriptions (law.md 1.1).
        log.error("cppap_expired", offer=offer.code)
        raise NotForSale(_("Past issues are not on sale for the moment. Please come back in a few days."), code="cppap")
    known = {issue.number: issue for issue in past_issues(shelf)}
    if not chosen or not set(chosen) <= set(known) or not all(1 <= n <= MOST_COPIES for n in chosen.values()):
        raise NotForSale(_("Please choose the issues that you would like."), code="nothing")
    zone = delivery_zone_of(country, postcode)
    price = shelf.price(offer, zone)
    if price is None:
        raise NotForSale(_("Past issues cannot be delivered to this address yet."), code="no_price")
    try:
        vat = treatment(
            zone=zone_of(country, postcode),
            buyer_kind=buyer_kind,
            vat_number_valid=False,
            on=on,
            rows=shelf.vat_rates,
            category=offer.vat_category,
        )
    except NoRate as missing:
        log.error("no_vat_rate", offer=offer.code, zone=str(zone))
        raise NotForSale(_("Past issues cannot be delivered to this address yet."), code="no_rate") from missing
    refuse_beyond_the_limit(vat, price.amount.amount * sum(chosen.values()), on=on)
    return SinglesQuote(
        offer=offer,
        price=price,
        delivery_zone=zone,
        vat=vat,
        lines=[Chosen(known[number], copies, price.amount * copies) for number, copies in sorted(chosen.items())],
    )
