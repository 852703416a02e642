"""How much was sold to private persons and bodies without a VAT number in other states of the Union this year, and whether
French VAT may still be charged there (law.md 1.4).

Up to 10 000 € without VAT a civil year, all states together, in the running year and in the one before. Beyond it, and from the day
on which the one-stop shop (OSS) is chosen, the rate of the destination is due. `VatRate` knows the Union as one zone and no state by
itself, so the shop can charge none of them: nothing is sold there then, and it does not start with an OSS day set
(`shop.configuration.refuse_one_stop_shop`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Case, DecimalField, F, Q, Sum, When

from payments.desk import put_all_on_desk
from payments.models import DeskItem, Invoice
from payments.money import eur, french
from payments.territories import VatZone
from payments.vat import INTRA_EU

ZERO = Decimal("0.00")
ALARM = "eu_threshold"
#: In the place of a threshold: the year before went beyond the limit.
BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Meter:
    """What the meter shows on a day, in euros without VAT. `before`: the civil year before."""

    year: int
    sold: Decimal
    before: Decimal
    limit: Decimal
    oss_from: date | None

    @property
    def went_beyond(self) -> bool:
        """Whether the year before went beyond the limit, which closes all of this one."""
        return self.before > self.limit

    @property
    def left(self) -> Decimal:
        """What may still be sold at French VAT; none after a year that went beyond."""
        return ZERO if self.went_beyond else max(self.limit - self.sold, ZERO)

    def closed(self, *, on: date) -> bool:
        """Whether no sale at all may be made at French VAT, however small."""
        return self.went_beyond or (self.oss_from is not None and self.oss_from <= on)

    def takes(self, ht: Decimal, *, on: date) -> bool:
        """Whether a sale of so much may be made on a day, at French VAT."""
        return not self.closed(on=on) and ht <= self.left


def read(on: date) -> Meter:
    """The meter of the year of `on`. One query.

    Credit notes count in the year of the invoice that they take back: a sale undone was none.
    """
    year = on.year
    sums = (
        Invoice.objects.filter(vat_zone=VatZone.EU, issued_on__gte=date(year - 1, 1, 1))
        .exclude(legal_mention=INTRA_EU)
        .aggregate(now=_sum(year), before=_sum(year - 1))
    )
    return Meter(
        year,
        sums["now"] or ZERO,
        sums["before"] or ZERO,
        Decimal(settings.EU_DISTANCE_LIMIT),
        settings.OSS_ENABLED_FROM,
    )


def _sum(year: int) -> Sum:
    sold = Q(kind=Invoice.Kind.INVOICE, issued_on__year=year)
    undone = Q(kind=Invoice.Kind.CREDIT_NOTE, original__issued_on__year=year)
    signed = Case(When(sold, then=F("total_ht")), When(undone, then=-F("total_ht")), output_field=_EUROS)
    return Sum(signed, output_field=_EUROS)


_EUROS: DecimalField[Decimal, Decimal] = DecimalField(max_digits=14, decimal_places=2)


def watch(*, on: date, at: datetime) -> int:
    """Put an alarm on finance's desk for each threshold that was reached this year; returns how many are. Once each.

    The thresholds are `settings.EU_DISTANCE_ALARMS`, and the limit in the year before: renewals go on beyond it. A matter that
    somebody closed does not come again in that year.
    """
    meter = read(on)
    reached = {
        f"eu-threshold:{meter.year}-{one}": _sentence(meter, one)
        for one in settings.EU_DISTANCE_ALARMS
        if meter.sold >= one
    }
    if meter.went_beyond:
        reached[f"eu-threshold:{meter.year}-{BEFORE}"] = _sentence_before(meter)
    known = set(DeskItem.objects.filter(kind=ALARM, subject__in=reached).values_list("subject", flat=True))
    new = {subject: sentence for subject, sentence in reached.items() if subject not in known}
    put_all_on_desk(DeskItem.Desk.FINANCE, kind=ALARM, sentences=new, at=at)
    return len(reached)


def _sentence(meter: Meter, threshold: int) -> str:
    sold, limit, reached = (french(eur(Decimal(one))) for one in (meter.sold, meter.limit, threshold))
    return (
        f"Ventes à distance vers l’Union européenne en {meter.year} : {sold} HT, le seuil d’alerte de {reached} est atteint. "
        f"Au-delà de {limit}, la TVA du pays de destination est due : le guichet unique (OSS) est à ouvrir avant."
    )


def _sentence_before(meter: Meter) -> str:
    sold, limit = (french(eur(one)) for one in (meter.before, meter.limit))
    return (
        f"Ventes à distance vers l’Union européenne en {meter.year - 1} : {sold} HT, plus que la limite de {limit}. Toute l’année "
        f"{meter.year}, la TVA du pays de destination est due : aucune commande n’y est prise, et les reconductions qui y courent "
        "encore sont à revoir avec le comptable."
    )
