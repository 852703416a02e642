"""Rules: which figures hold on a day, and what the reference price of a copy was on any day of a sale."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act
from subscriptions.models import CirculationRule, Price, PrintAssumption

#: A yearly subscription is one of so many months and more than one copy: the tariff of a single copy is no reference.
YEAR = 12
FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Tariff:
    """The reference price of one copy delivered to a zone, incl. VAT, for sales from a day on and before another."""

    zone: str
    since: date
    until: date
    copy: Decimal


def rule_in_force(on: date) -> CirculationRule:
    """The rule for what is counted on day `on`. Raises CirculationRule.DoesNotExist before the first one. One query."""
    found = CirculationRule.objects.filter(valid_from__lte=on).order_by("-valid_from", "-pk").first()
    if found is None:
        raise CirculationRule.DoesNotExist(f"no rule of circulation holds on {on}")
    return found


def assumption_in_force() -> PrintAssumption:
    """What the publisher assumes of print runs; the defaults of the table until something was entered. One query."""
    return PrintAssumption.objects.order_by("-pk").first() or PrintAssumption()


def tariffs(magazine_id: int, rule: CirculationRule) -> Sequence[Tariff]:
    """The reference price of a copy by zone and day of sale, without gaps: before the first price it is the first one. One query.

    That of the offer which the rule names, else of the dearest yearly offer.
    """
    prices = Price.objects.filter(offer__magazine=magazine_id)
    if rule.reference_offer_id is not None:
        prices = prices.filter(offer=rule.reference_offer_id)
    else:
        prices = prices.filter(offer__months__gte=YEAR, offer__copies__gt=1)
    stretches: defaultdict[str, list[tuple[date, date, Decimal]]] = defaultdict(list)
    for zone, since, until, amount, copies in prices.values_list(
        "delivery_zone", "valid_from", "valid_to", "amount", "offer__copies"
    ):
        stretches[zone].append((since, until or LAST, Decimal(amount) / copies))
    return [one for zone, found in sorted(stretches.items()) for one in _without_gaps(zone, found)]


def _without_gaps(zone: str, prices: Sequence[tuple[date, date, Decimal]]) -> Sequence[Tariff]:
    days = sorted({day for since, until, _copy in prices for day in (since, until)} - {LAST})
    found: list[Tariff] = []
    for place, day in enumerate(days):
        until = days[place + 1] if place + 1 < len(days) else LAST
        there = [copy for since, ends, copy in prices if since <= day < ends]
        copy = max(there) if there else found[-1].copy
        found.append(Tariff(zone, day if found else FIRST, until, copy))
    return found


def facts_of(magazine_id: int, rule: CirculationRule) -> Mapping[str, Any]:
    """What `classes.classed` is asked with. One query."""
    rows = [
        {"zone": one.zone, "since": one.since.isoformat(), "until": one.until.isoformat(), "copy": str(one.copy)}
        for one in tariffs(magazine_id, rule)
    ]
    return {
        "tariff": json.dumps(rows),
        "least": rule.paid_least_percent,
        "coupled": rule.coupled_least_percent,
    }


@transaction.atomic
def succeed_rule(*, on: date, actor: Actor, at: datetime, reason: str, **facts: Any) -> CirculationRule:
    """Enter the rule that holds from `facts["valid_from"]` on. Raises ValidationError for a day that has passed: what was
    counted was counted by the rule of its day."""
    if facts["valid_from"] < on:
        raise ValidationError(_("A rule begins today at the earliest: what was counted stands."), code="day")
    rule = CirculationRule.objects.create(actor=str(actor), reason=reason[:200], created_at=at, **facts)
    record_act("changed the rule of circulation", subject="circulation:rule", actor=actor, at=at, reason=reason)
    return rule


@transaction.atomic
def succeed_assumption(*, actor: Actor, at: datetime, reason: str, **facts: Any) -> PrintAssumption:
    """Enter what is assumed of print runs from now on."""
    made = PrintAssumption.objects.create(actor=str(actor), reason=reason[:200], created_at=at, **facts)
    record_act("changed the assumptions of print runs", subject="circulation:prints", actor=actor, at=at, reason=reason)
    return made
