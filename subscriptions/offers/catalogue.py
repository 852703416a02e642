"""What stands on the shelf today: magazine, issues, offers, prices, VAT rates, legal texts; read by one query."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, JSONObject

from payments.models import VatRate
from payments.money import eur
from payments.vat import RateRow
from subscriptions.calendar import (
    CalendarTooShort,
    DeliveryZone,
    IssueDates,
    TermDates,
    add_months,
    first_issue,
    term_dates,
)
from subscriptions.models import Issue, LegalText, Magazine, Offer, Price

ISSUE_FIELDS = (
    "id", "number", "last_number", "cover_month", "cover_year", "headline", "contents", "pages", "cutoff_on", "post_on", "posted_on",
    "state",
)  # fmt: skip
OFFER_FIELDS = (
    "id", "code", "title", "kind", "renewal", "copies", "months", "vat_category", "on_sale_from", "on_sale_to",
)  # fmt: skip
PRICE_FIELDS = ("id", "offer_id", "delivery_zone", "valid_from", "valid_to")
TEXT_FIELDS = ("id", "code", "language", "version", "valid_from", "title", "sha256")
RATE_FIELDS = ("zone", "category", "valid_from", "valid_to", "source", "legal_mention")
MAGAZINE_FIELDS = (
    "id", "code", "title", "subtitle", "issn", "cppap_number", "cppap_valid_until", "issues_a_year",
)  # fmt: skip
# The one text that is shown beside a choice, so its words are on the shelf; the others are pages of their own.
MANDATE = "mandat"
DATES = ("cutoff_on", "post_on", "posted_on", "on_sale_from", "on_sale_to", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Prolongs:
    """The subscription that an order would prolong; `goes_on`: it is not over, so that copies follow without a gap."""

    subscription_id: int
    number: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """One offer as it stands in one delivery zone on one day: what a quote says, without a buyer or his VAT.

    `prolongs`: set where it would prolong a subscription; then term and issues are that one's next. `quantity`: copies of
    each issue.
    """

    offer: Offer
    price: Price
    delivery_zone: str
    first_issue: Issue
    term: TermDates
    issues: Sequence[Issue]
    prolongs: Prolongs | None = None
    quantity: int = 1

    @property
    def amount(self) -> Any:
        """The price incl. VAT and postage (Money), of all copies of each issue."""
        return self.price.amount * self.quantity


@dataclass(frozen=True)
class Shelf:
    """The catalogue of one day. The rows are copies for reading: nothing is ever saved from here.

    `version` changes with any price, issue, offer or text, and with the day. Offers come without tacit renewal first.
    `single`: by which past issues are sold one by one, apart from the others.
    """

    on: date
    version: str
    magazine: Magazine | None
    issues: tuple[Issue, ...] = ()
    offers: tuple[Offer, ...] = ()
    single: Offer | None = None
    prices: tuple[Price, ...] = ()
    texts: tuple[LegalText, ...] = ()
    vat_rates: tuple[RateRow, ...] = ()
    _by_code: Mapping[str, Offer] = field(default_factory=dict)

    def offer(self, code: str) -> Offer | None:
        """The offer on sale under `code`, if there is one."""
        return self._by_code.get(code)

    def price(self, offer: Offer, zone: str) -> Price | None:
        """The price of an offer in a delivery zone today, if it is sold there."""
        return next((row for row in self.prices if row.offer_id == offer.pk and row.delivery_zone == zone), None)

    def zone_prices(self, offer: Offer) -> tuple[tuple[DeliveryZone, Price], ...]:
        """Every zone the offer is sold in, nearest first, with its price."""
        found = ((zone, self.price(offer, zone)) for zone in DeliveryZone)
        return tuple((zone, price) for zone, price in found if price is not None)

    def text(self, code: str, version: str = "") -> LegalText | None:
        """The text in force under `code`, or one given version of it; without its body, but for the mandate's."""
        found = [row for row in self.texts if row.code == code and version in ("", row.version)]
        return found[-1] if found else None

    def issue(self, number: int) -> Issue | None:
        """One issue by its number."""
        return next((issue for issue in self.issues if issue.number == number), None)

    def standing(self, offer: Offer, zone: str = DeliveryZone.FR) -> Standing | None:
        """The offer as sold today in a zone; None where it has no price or no issue can be promised."""
        price = self.price(offer, zone)
        if price is None:
            return None
        known = [dates_of(issue) for issue in self.issues]
        try:
            first = first_issue(known, on=self.on)
        except CalendarTooShort:
            return None
        served = [issue for issue in self.issues if issue.number >= first.number][: offer.copies]
        return Standing(offer, price, zone, served[0], term_dates(first, ordered_on=self.on), served)

    @property
    def on_sale(self) -> Issue | None:
        """The issue a reader would find at the kiosk: the last one posted, else the first to come."""
        posted = [issue for issue in self.issues if issue.posted_on is not None]
        return posted[-1] if posted else next(iter(self.issues), None)


def dates_of(issue: Issue) -> IssueDates:
    """What the calendar wants to know of a row."""
    return IssueDates(
        number=issue.number,
        last_number=issue.last_number,
        cover_month=issue.cover_month,
        cover_year=issue.cover_year,
        cutoff_on=issue.cutoff_on,
        post_on=issue.post_on,
        posted_on=issue.posted_on,
        closed_on=None if issue.state == Issue.State.PLANNED else issue.cutoff_on,
    )


def read_shelf(on: date) -> Shelf:
    """The catalogue of day `on`, by one query; an empty shelf where no magazine is entered yet.

    A past issue stays for three years; of the legal texts every version in force so far is listed.
    """
    row = _query(on).first()
    if row is None:
        return Shelf(on=on, version=_version(on, {}), magazine=None)
    magazine = Magazine(**{name: row[name] for name in MAGAZINE_FIELDS})
    on_sale = [Offer(magazine=magazine, **_dated(facts)) for facts in row["every_offer"]]
    offers = tuple(offer for offer in on_sale if offer.kind == Offer.Kind.SUBSCRIPTION)
    return Shelf(
        on=on,
        version=_version(on, row),
        magazine=magazine,
        issues=tuple(Issue(magazine=magazine, **_dated(facts)) for facts in row["every_issue"]),
        offers=offers,
        single=next((offer for offer in on_sale if offer.kind == Offer.Kind.SINGLE), None),
        prices=tuple(_price(facts) for facts in row["every_price"]),
        texts=tuple(_text(facts) for facts in row["every_text"]),
        vat_rates=tuple(_rate(facts) for facts in row["every_rate"]),
        _by_code={offer.code: offer for offer in offers},
    )


def _query(on: date) -> QuerySet[Any, Any]:
    holds = Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))
    on_sale = Q(on_sale_from__lte=on) & (Q(on_sale_to=None) | Q(on_sale_to__gt=on))
    recent = Q(posted_on=None) | Q(post_on__gte=add_months(on, -36))
    issues = Issue.objects.filter(recent, magazine=OuterRef("pk")).order_by("number")
    offers = Offer.objects.filter(on_sale, magazine=OuterRef("pk")).order_by("-renewal", "id")
    prices = Price.objects.filter(holds, offer__magazine=OuterRef("pk")).order_by("id")
    body = Case(When(code=MANDATE, then=F("html")), default=Value(""), output_field=TextField())
    texts = LegalText.objects.filter(valid_from__lte=on).order_by("valid_from", "id").annotate(body=body)
    rates = VatRate.objects.order_by("id").annotate(percent=Cast("rate", TextField()))
    arrays = {
        "every_issue": _array(issues, ISSUE_FIELDS),
        "every_offer": _array(offers, OFFER_FIELDS),
        "every_price": _array(prices.annotate(euros=Cast("amount", TextField())), (*PRICE_FIELDS, "euros")),
        "every_text": _array(texts, (*TEXT_FIELDS, "body")),
        "every_rate": _array(rates, (*RATE_FIELDS, "percent")),
    }
    rows: QuerySet[Any, Any] = Magazine.objects.order_by("id").values(*MAGAZINE_FIELDS, **arrays)
    return rows


def _array(rows: QuerySet[Any], names: Iterable[str]) -> ArraySubquery:
    return ArraySubquery(rows.values(row=JSONObject(**{name: name for name in names})))


def _version(on: date, row: Mapping[str, Any]) -> str:
    canonical = json.dumps([on, row], default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if name in DATES and value is not None else value for name, value in row.items()
    }


def _rate(row: Mapping[str, Any]) -> RateRow:
    facts = _dated(row)
    return RateRow(rate=Decimal(facts.pop("percent")), **facts)


def _text(row: Mapping[str, Any]) -> LegalText:
    facts = _dated(row)
    facts["html"] = facts.pop("body")
    return LegalText(**facts)


def _price(row: Mapping[str, Any]) -> Price:
    facts = _dated(row)
    facts["amount"] = eur(facts.pop("euros"))
    return Price(**facts)
