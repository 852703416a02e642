"""What would it cost, and what would come, for this buyer at this address today: asked by page, order and letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments import eu_meter
from payments.territories import zone_of
from payments.vat import NoRate, VatTreatment, VatZone, split, treatment
from payments.vies.keeping import known_valid
from subscriptions.calendar import DeliveryZone, TermDates, delivery_zone_of
from subscriptions.gifts.starting import Start, begun_with
from subscriptions.models import Issue, Offer, Price
from subscriptions.offers.catalogue import Prolongs, Shelf, read_shelf
from subscriptions.prolonging import Held, prolonged

log = structlog.get_logger(__name__)


class NotForSale(ValidationError):
    """The offer cannot be ordered so; the message is a sentence for the reader."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One offer for one address on one day: price incl. VAT and postage, VAT treatment, first issue and dates.

    `prolongs`: the subscription whose next term it would be; None for a new one. `quantity`: copies of each issue.
    """

    offer: Offer
    price: Price
    delivery_zone: DeliveryZone
    vat: VatTreatment
    first_issue: Issue
    term: TermDates
    issues: Sequence[Issue]
    prolongs: Prolongs | None = None
    quantity: int = 1

    @property
    def amount(self) -> Any:
        """Total incl. VAT and postage (Money, EUR), of all copies of each issue."""
        return self.price.amount * self.quantity


def quote(
    offer: Offer,
    *,
    country: str,
    postcode: str,
    buyer_kind: str,
    on: date,
    shelf: Shelf | None = None,
    renews: Held | None = None,
    gift: Start | None = None,
    quantity: int | None = None,
    vat_number: str = "",
) -> Quote:
    """Price, VAT and dates of an offer. One query, none when today's `shelf` is given.

    `renews`: the subscription that it is to prolong, with what that one has promised so far. `gift`: with which issue it
    begins, where it is a gift. `quantity`: copies of each issue; those of the term before, or one, where nothing is said.
    `vat_number`: makes a sale to a body of another state of the Union exempt where a stored answer of VIES says that it is
    valid (law.md 1.3; one query more, where there is a number). Raises NotForSale when the
    offer is off sale, has no price for the zone or no issue to begin with, or the year's limit of sales to other states of
    the Union is reached (one query more for them); UnknownTerritory for a country that is none.
    """
    shelf = shelf or read_shelf(on)
    current = shelf.offer(offer.code)
    if current is None:
        raise NotForSale(_("This offer is no longer on sale. Please choose another one."), code="off_sale")
    if shelf.magazine is None or shelf.magazine.cppap_valid_until < on:
        # Without its CPPAP number a periodical is not sold at the press rate (law.md 1.1): better no sale than a wrong invoice.
        log.error("cppap_expired", offer=current.code)
        raise NotForSale(_("This offer is not on sale for the moment. Please come back in a few days."), code="cppap")
    zone = delivery_zone_of(country, postcode)
    if shelf.price(current, zone) is None:
        raise NotForSale(_("This offer cannot be delivered to this address yet."), code="no_price")
    standing = shelf.standing(current, zone)
    if standing is not None and renews is not None:
        standing = prolonged(standing, renews, shelf=shelf)
        if standing is None:
            raise NotForSale(
                _("You already receive every issue planned so far. Come back once the following ones are planned."),
                code="not_planned",
            )
    if standing is not None and gift is not None:
        standing = begun_with(standing, gift.number, shelf=shelf, after=gift.after)
        if standing is None:
            raise NotForSale(_("A gift can no longer begin with this issue. Please choose another one."), code="start")
    if standing is None:
        raise NotForSale(_("The coming issues are not planned yet: this offer is back in a few days."), code="no_issue")
    copies = standing.quantity if quantity is None else quantity
    if copies > 1 and (gift is not None or current.renewal != Offer.Renewal.FIXED):
        raise NotForSale(
            _("Several copies of each issue are ordered year by year: please choose the offer without renewal."),
            code="quantity",
        )
    try:
        vat = treatment(
            zone=zone_of(country, postcode),
            buyer_kind=buyer_kind,
            vat_number_valid=known_valid(vat_number, on=on),
            on=on,
            rows=shelf.vat_rates,
            category=current.vat_category,
        )
    except NoRate as missing:
        log.error("no_vat_rate", offer=current.code, zone=str(zone))
        raise NotForSale(_("This offer cannot be delivered to this address yet."), code="no_rate") from missing
    refuse_beyond_the_limit(vat, standing.price.amount.amount * copies, on=on)
    return Quote(
        offer=current,
        price=standing.price,
        delivery_zone=zone,
        vat=vat,
        first_issue=standing.first_issue,
        term=standing.term,
        issues=standing.issues,
        prolongs=standing.prolongs,
        quantity=copies,
    )


def refuse_beyond_the_limit(vat: VatTreatment, ttc: Decimal, *, on: date) -> None:
    """French VAT may be charged in other states of the Union up to a limit a year (law.md 1.4). Raises NotForSale beyond it.

    One query, for them alone.
    """
    if vat.zone != VatZone.EU or not vat.rate:
        return
    meter = eu_meter.read(on)
    if not meter.takes(split(ttc, vat.rate)[0], on=on):
        log.warning("eu_limit_reached")
        if meter.closed(on=on):
            raise NotForSale(
                _(
                    "We take no orders to other countries of the European Union for now: the VAT of your country would be due, and "
                    "we cannot charge it yet. Please write to us."
                ),
                code="eu_closed",
            )
        raise NotForSale(
            _(
                "This year we can take no more orders to other countries of the European Union: the limit up to which French "
                "VAT applies there is reached. Please come back in January, or write to us."
            ),
            code="eu_limit",
        )
