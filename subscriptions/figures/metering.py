"""Metering: what the meters of a magazine show on a day, read from what was frozen and from the price list.

Nothing is counted copy by copy. Two windows: what was posted in the twelve months that end on that day, and what is asked for
today or will be, by the price list and the discounts of agencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q

from payments.french_days import french_day
from payments.money import NBSP, round_cents
from subscriptions.digital.switching import rules_on
from subscriptions.figures import meters
from subscriptions.figures.classes import Klass
from subscriptions.figures.meters import Meter
from subscriptions.figures.reading import Figures, Sold, figures_of, of_a_year, sold_by_code
from subscriptions.figures.rules import Tariff, rule_in_force, tariffs
from subscriptions.models import AgencyDiscount, CirculationRule, Issue, Magazine, Offer, Price

#: In which zone a price is printed in the magazine; the others carry their postage on both sides of the ratio.
HERE = "FR"


def meters_of(magazine: Magazine, *, on: date) -> Sequence[Meter]:
    """Every meter of a magazine on day `on`. Thirteen queries, whatever was sold."""
    rule = rule_in_force(on)
    tariff = tariffs(magazine.pk, rule)
    year = of_a_year(magazine.pk, until=on)
    sold = sold_by_code(year)
    return [
        *_shares(figures_of(year), sold, rule),
        *_of_the_price_list(magazine, tariff, rule, on=on),
        *_of_what_was_sold(sold, rule),
        *_coupled(magazine, rule),
        *_calendar(magazine, rule, on=on),
    ]


def named(issues: Sequence[Issue]) -> str:
    """« n° 22 à 25 »."""
    if not issues:
        return "aucun numéro"
    if len(issues) == 1:
        return f"n°{NBSP}{issues[0].printed}"
    return f"n°{NBSP}{issues[0].printed} à {issues[-1].printed}"


def _shares(figures: Sequence[Figures], sold: Sequence[Sold], rule: CirculationRule) -> Iterator[Meter]:
    issues = named([one.issue for one in figures])
    paid, posted = sum(one.paid for one in figures), sum(one.posted for one in figures)
    yield meters.paid_share(
        paid=paid, posted=posted, limit=rule.paid_share_least_percent, warn=rule.warn_points, issues=issues
    )
    yield meters.low_share(
        low=sum(one.low for one in sold), sold=sum(one.copies for one in sold), limit=rule.paid_least_percent, issues=issues
    )  # fmt: skip
    yield meters.bulk_share(
        bulk=sum(one.of(Klass.BULK) for one in figures), paid=paid, limit=rule.bulk_most_percent, issues=issues,
    )  # fmt: skip


def reference_on(tariff: Iterable[Tariff], zone: str, *, on: date) -> Decimal | None:
    """The reference price of a copy for a sale on day `on`; None where nothing was ever sold to that zone."""
    return next((one.copy for one in tariff if one.zone == zone and one.since <= on < one.until), None)


def _of_the_price_list(
    magazine: Magazine, tariff: Sequence[Tariff], rule: CirculationRule, *, on: date
) -> Iterator[Meter]:
    """Each offer at its price in France, today or from a day to come, and through each agency at its discount."""
    prices = (
        Price.objects.filter(offer__magazine=magazine, delivery_zone=HERE, offer__copies__gt=1)
        .filter(Q(valid_to=None) | Q(valid_to__gt=on), Q(offer__on_sale_to=None) | Q(offer__on_sale_to__gt=on))
        .select_related("offer")
        .order_by("offer__title", "offer", "valid_from")
    )
    granted = _granted(on)
    for price in prices:
        day = max(on, price.valid_from)
        reference = reference_on(tariff, HERE, on=day)
        if not reference:
            continue
        copy = Decimal(price.amount.amount) / price.offer.copies
        later = "" if price.valid_from <= on else f" à partir du {french_day(price.valid_from)}"
        yield meters.price_ratio(
            f"price:{price.pk}", f"{price.offer.title}{later}", paid=copy, reference=reference,
            limit=rule.paid_least_percent, warn=rule.warn_points,
        )  # fmt: skip
        if price.offer.renewal != Offer.Renewal.FIXED:
            continue
        for name, discount in granted:
            if discount:
                yield meters.price_ratio(
                    f"price:{price.pk}:{name}",
                    f"{price.offer.title}{later}, par {name} (remise de {meters.limit_of(discount)})",
                    paid=copy * (100 - discount) / 100,
                    reference=reference,
                    limit=rule.paid_least_percent,
                    warn=rule.warn_points,
                )


def _granted(on: date) -> Sequence[tuple[str, Decimal]]:
    rows = AgencyDiscount.objects.filter(valid_from__lte=on).order_by("agency", "-valid_from").distinct("agency")
    return sorted(rows.values_list("agency__name", "percent"))


def _of_what_was_sold(sold: Sequence[Sold], rule: CirculationRule) -> Iterator[Meter]:
    """What was really paid, by offer and by the code it came with."""
    for one in sold:
        if one.code and one.reference:
            yield meters.price_ratio(
                f"sold:{one.offer_id}:{one.code}",
                f"{one.offer}, code {one.code}",
                paid=round_cents(one.paid / one.copies),
                reference=round_cents(one.reference / one.copies),
                limit=rule.paid_least_percent,
                warn=rule.warn_points,
                copies=one.copies,
            )


def _coupled(magazine: Magazine, rule: CirculationRule) -> Iterator[Meter]:
    digital = rules_on([magazine.pk]).get(magazine.pk)
    if digital is not None and digital.share is not None:
        yield meters.coupled(
            "Imprimé et édition numérique", kept=100 - digital.share, limit=rule.coupled_least_percent,
            warn=Decimal(0),
        )  # fmt: skip


def _calendar(magazine: Magazine, rule: CirculationRule, *, on: date) -> Iterator[Meter]:
    rows = Issue.objects.filter(magazine=magazine).order_by("number").values_list("posted_on", "post_on")
    posted = [done for done, _planned in rows if done is not None]
    coming = [planned for done, planned in rows if done is None]
    yield from meters.rhythm(posted, coming, most_months=rule.gap_most_months, least=rule.issues_least, on=on)
    yield meters.registration(
        magazine.cppap_number, until=magazine.cppap_valid_until, warn_days=rule.cppap_warn_days, on=on
    )
