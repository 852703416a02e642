"""VAT: which rate, with which mention, and how an amount splits (law.md 1.3 to 1.6 and 6.3).

Rates are data (`VatRate` rows, seeded from `SEED_RATES`); this module only reads such rows, as `RateRow`, and decides.
Amounts are Decimal euros with whole cents, rates are percentages (2.10, not 0.021). The total incl. VAT comes first,
because it is what the reader saw: HT = round half up (TTC / (1 + r)), VAT = TTC - HT.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Protocol, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.money import CENT, round_cents
from payments.territories import UnknownTerritory, VatZone, zone_of

__all__ = [
    "PRESS_PRINT",
    "SEED_RATES",
    "BuyerKind",
    "NoRate",
    "RateRow",
    "SplitLine",
    "UnknownTerritory",
    "VatTreatment",
    "VatZone",
    "copies_value",
    "ht_left",
    "rate_for",
    "split",
    "split_lines",
    "treatment",
    "ttc_left",
    "zone_of",
]

PRESS_PRINT = "press_print"
EXPORT = "Exonération de TVA – art. 262, I du CGI"
OVERSEAS = "Exonération de TVA – art. 294, 2 et 262, I du CGI"
INTRA_EU = "Exonération de TVA – art. 262 ter, I du CGI"


class BuyerKind(models.TextChoices):
    """Who buys, as e-invoicing and VAT tell buyers apart (law.md 3.2)."""

    CONSUMER = "consumer", _("Private person")
    PRO_FR = "pro_fr", _("French company")
    PUBLIC_FR = "public_fr", _("French public body")
    ASSOC = "assoc", _("Association")
    PRO_EU = "pro_eu", _("Company or body in another EU state")
    PRO_ROW = "pro_row", _("Company or body outside the EU")


class NoRate(LookupError):
    """No rate row covers the zone, category and day: finance must add one before anything is sold there."""


class Rate(Protocol):
    """The fields of a rate, whether a `RateRow` or a row of the table."""

    @property
    def zone(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def rate(self) -> Decimal: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def legal_mention(self) -> str: ...


AnyRate = TypeVar("AnyRate", bound=Rate)


@dataclass(frozen=True, slots=True)
class RateRow:
    """One row of the rate table. `rate` in percent; `valid_from` and `valid_to` are both days on which it holds."""

    zone: str
    category: str
    rate: Decimal
    valid_from: date
    valid_to: date | None
    source: str
    legal_mention: str = ""


@dataclass(frozen=True, slots=True)
class VatTreatment:
    """What an order line freezes: zone, rate in percent, and the mention its invoice must carry (or none)."""

    zone: VatZone
    rate: Decimal
    legal_mention: str


@dataclass(frozen=True, slots=True)
class SplitLine:
    """One line: ttc == ht + vat, all with whole cents and the sign of ttc."""

    ttc: Decimal
    ht: Decimal
    vat: Decimal


# The press rate is far older than this shop; the day is only one before its first sale.
_SINCE = date(2014, 1, 1)


def _seed(zone: VatZone, rate: str, source: str, legal_mention: str = "") -> RateRow:
    return RateRow(zone.value, PRESS_PRINT, Decimal(rate), _SINCE, None, source, legal_mention)


SEED_RATES: tuple[RateRow, ...] = (
    _seed(VatZone.FR_METRO, "2.10", "CIBS art. L. 213-213 (ex CGI art. 298 septies)"),
    _seed(VatZone.CORSICA, "2.10", "CIBS art. L. 213-213 (ex CGI art. 298 septies), Corse comprise"),
    _seed(VatZone.MONACO, "2.10", "CIBS art. L. 213-213 ; Monaco comme la France"),
    _seed(VatZone.DOM_105, "1.05", "CIBS art. L. 213-213 (ex CGI art. 298 septies) ; à confirmer par le comptable"),
    _seed(VatZone.DOM_EXEMPT, "0.00", "CGI art. 294, 2 et 262, I ; à confirmer par le comptable", OVERSEAS),
    _seed(VatZone.EXPORT_TERRITORY, "0.00", "CGI art. 262, I", EXPORT),
    _seed(VatZone.EU, "2.10", "CGI art. 258 A et 259 D : TVA française sous le seuil de 10 000 € HT par an"),
    _seed(VatZone.WORLD, "0.00", "CGI art. 262, I", EXPORT),
)


def rate_for(rows: Iterable[AnyRate], *, zone: VatZone, category: str = PRESS_PRINT, on: date) -> AnyRate:
    """The row that holds for `zone` and `category` on day `on`; of several, the one that began last.

    `rows`: `RateRow`s or rows of the table. Raises NoRate if none holds.
    """
    holding = [
        row
        for row in rows
        if row.zone == zone
        and row.category == category
        and row.valid_from <= on
        and (row.valid_to is None or on <= row.valid_to)
    ]
    if not holding:
        raise NoRate(f"no VAT rate for {category} in {zone.value} on {on.isoformat()}")
    return max(holding, key=lambda row: row.valid_from)


def treatment(
    *,
    zone: VatZone,
    buyer_kind: str,
    vat_number_valid: bool,
    on: date,
    rows: Iterable[Rate],
    category: str = PRESS_PRINT,
) -> VatTreatment:
    """Rate and mention for a delivery to `zone` bought by `buyer_kind` on day `on` (law.md 1.3, 1.4).

    `vat_number_valid`: a *stored* VIES answer says that the buyer's number, of a state other than France, is valid;
    without one French VAT is charged, and a number that merely looks right is no answer. Bodies without a number are
    treated as consumers. Raises NoRate.
    """
    if zone == VatZone.EU and buyer_kind == BuyerKind.PRO_EU and vat_number_valid:
        return VatTreatment(zone, Decimal("0.00"), INTRA_EU)
    row = rate_for(rows, zone=zone, category=category, on=on)
    return VatTreatment(zone, row.rate, row.legal_mention)


def split(ttc: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """(HT, VAT) of `ttc` euros at `rate` percent; HT + VAT == TTC. Negative amounts mirror positive ones.

    Raises ValueError for a fraction of a cent or a negative rate, TypeError for floats.
    """
    whole = round_cents(ttc)
    if whole != ttc:
        raise ValueError("only an amount with whole cents can be split")
    if not isinstance(rate, Decimal):
        raise TypeError(f"a rate is a Decimal in percent, not {type(rate).__name__}")
    if rate < 0:
        raise ValueError("a rate is not negative")
    ht = round_cents(whole * 100 / (100 + rate))
    return ht, whole - ht


def split_lines(lines: Sequence[Decimal], rate: Decimal) -> tuple[SplitLine, ...]:
    """Split every line of one rate group so that the lines add up to the group's own HT (law.md 1.6).

    Each line is split alone, then the cents that are missing or too many go to the largest lines, one cent each. A line
    that a cent would push past its own total (HT above TTC, or below zero) is passed over for the next largest.
    """
    hts = [split(line, rate)[0] for line in lines]
    missing = split(sum(lines, Decimal("0.00")), rate)[0] - sum(hts, Decimal("0.00"))
    step = CENT.copy_sign(missing)
    for index in sorted(range(len(lines)), key=lambda i: (-abs(lines[i]), i)):
        if not missing:
            break
        pushed = hts[index] + step
        if min(lines[index], Decimal(0)) <= pushed <= max(lines[index], Decimal(0)):
            hts[index] = pushed
            missing -= step
    return tuple(SplitLine(line, ht, line - ht) for line, ht in zip(lines, hts, strict=True))


def ttc_left(ttc_total: Decimal, *, copies: int, served: int) -> Decimal:
    """Price incl. VAT of the copies still owed after `served` of `copies`: 27.60, 20.70, 13.80, 6.90, 0.00."""
    if not 0 <= served <= copies or copies < 1:
        raise ValueError("copies served lie between none and all of at least one copy")
    return round_cents(round_cents(ttc_total) * (copies - served) / copies)


def ht_left(ttc_total: Decimal, *, copies: int, served: int, rate: Decimal) -> Decimal:
    """Price excl. VAT of the copies still owed: `left(k)` of law.md 6.3. A partial credit takes left before - after."""
    return split(ttc_left(ttc_total, copies=copies, served=served), rate)[0]


def copies_value(ttc_total: Decimal, copies: int, rate: Decimal) -> tuple[Decimal, ...]:
    """What each copy is worth excl. VAT, in serving order; they add up to the HT of `ttc_total` (law.md 6.3).

    27.60 for four copies at 2.10 % gives 6.76, 6.75, 6.76, 6.76. A free term gives zeros.
    """
    left = [ht_left(ttc_total, copies=copies, served=served, rate=rate) for served in range(copies + 1)]
    return tuple(before - after for before, after in pairwise(left))
