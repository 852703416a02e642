"""A change of price: prepared, signed by name, or cancelled until it took effect.

Prices are never edited: signing ends the old ones on two dated days, that of orders and that of renewals, and writes those
that succeed them. What was announced to a reader stands whatever is signed (design, section 6).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.calendar import RULES
from subscriptions.models import Offer, Price, PriceChange, Quote, Renewal
from subscriptions.pricing.cohort import figures_of, months_of
from subscriptions.pricing.moving import begin, move
from subscriptions.pricing.telling import tell_cancelled
from subscriptions.renewals.matters import told

State = PriceChange.State
LEAD = timedelta(days=RULES.price_told_days_before)


class CannotChange(ValidationError):
    """The change cannot be prepared, signed or cancelled; the message is a sentence for finance."""


@transaction.atomic
def prepare(
    offer_id: int,
    zones: Collection[str],
    amount: Decimal,
    *,
    orders_from: date,
    renewals_from: date,
    actor: Actor,
    reason: str,
    at: datetime,
) -> PriceChange:
    """Prepare a change, for its cohort to be looked at and signed. Nothing holds yet. Raises CannotChange."""
    offer = Offer.objects.select_for_update(no_key=True).get(pk=offer_id)
    change = PriceChange(
        offer=offer,
        zones=sorted(zones),
        amount=amount,
        orders_from=orders_from,
        renewals_from=renewals_from,
        state_since=at,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    check(change, on=paris_day(at))
    change.save()
    begin(change, actor=actor, at=at)
    record_act("prepared a price change", subject=f"price_change:{change.pk}", actor=actor, reason=reason, at=at)
    return change


@transaction.atomic
def sign(change_id: int, *, actor: Actor, reason: str, at: datetime) -> PriceChange:
    """The prices of a prepared change are written; from now on plans follow them, and readers are told in time.

    The figures of its cohort at this moment are kept beside the name. Raises CannotChange.
    """
    change = _locked(change_id)
    if change.state != State.PREPARED:
        raise CannotChange(_("This change is no longer to be signed."), code="state")
    check(change, on=paris_day(at))
    figures = figures_of(months_of(change))
    for old in _succeeded(change).values():
        old.valid_to, old.renewals_to = change.orders_from, change.renewals_from
        old.save(update_fields=["valid_to", "renewals_to"])
        Price.objects.create(
            offer=change.offer,
            delivery_zone=old.delivery_zone,
            amount=change.amount,
            valid_from=change.orders_from,
            renewals_from=change.renewals_from,
            change=change,
        )
    move(change, State.SIGNED, actor=actor, at=at, reason=reason, figures=figures)
    record_act(
        "signed a price change",
        subject=f"price_change:{change.pk}",
        actor=actor,
        reason=reason,
        facts=figures,
        at=at,
    )
    return change


@transaction.atomic
def cancel(change_id: int, *, actor: Actor, reason: str, at: datetime) -> PriceChange:
    """Call a change off before it took effect: before its first day of orders, and before anybody was announced its price.

    Its prices end on the day on which they would have begun, and those they would have succeeded go on by rows of their
    own. Whoever was written to hears that it does not come. Raises CannotChange.

    The plans with its price are locked: a legal notice that is being queued is waited for and seen, and one that comes later
    finds that its price has ended (`renewals.noticing`).
    """
    change, on = _locked(change_id), paris_day(at)
    if change.state == State.CANCELLED:
        raise CannotChange(_("This change is cancelled already."), code="state")
    if change.state == State.SIGNED:
        list(Renewal.objects.select_for_update(no_key=True).filter(price__change=change).order_by("pk"))
        if on >= change.orders_from or announced_with(change):
            raise CannotChange(
                _(
                    "This change has taken effect: orders pay it, or renewals were announced with it. Prepare another one."
                ),
                code="effect",
            )
        _take_back(change)
        tell_cancelled(change, at=at)
    move(change, State.CANCELLED, actor=actor, at=at, reason=reason)
    record_act("cancelled a price change", subject=f"price_change:{change.pk}", actor=actor, reason=reason, at=at)
    return change


def check(change: PriceChange, *, on: date) -> None:
    """Whether a change may be prepared, or signed, on day `on`. Raises CannotChange with a sentence."""
    if not change.zones:
        raise CannotChange(_("Please choose at least one delivery zone."), code="zones")
    if change.orders_from <= on:
        raise CannotChange(_("New orders can pay another price from tomorrow on at the earliest."), code="orders")
    if change.renewals_from < change.orders_from:
        raise CannotChange(_("Renewals follow orders: their day is the same or a later one."), code="renewals")
    other = overlapping(change)
    if other is not None:
        raise CannotChange(
            _(
                "Another change of this offer (%(amount)s from %(day)s on) is not over yet. Cancel it, or begin after it."
            ),
            code="overlap",
            params={"amount": f"{other.amount.amount}", "day": other.renewals_from.strftime("%d/%m/%Y")},
        )
    old = _succeeded(change)
    missing = sorted(set(change.zones) - set(old))
    if missing:
        raise CannotChange(
            _("There is no open price to succeed in the zone %(zone)s."), code="price", params={"zone": missing[0]}
        )
    latest = max((price.renewals_from or price.valid_from for price in old.values()), default=change.renewals_from)
    if change.renewals_from < latest:
        raise CannotChange(
            _("A change that was cancelled had ended the prices on %(day)s for renewals: begin on that day or later."),
            code="ended",
            params={"day": latest.strftime("%d/%m/%Y")},
        )
    promised = Quote.objects.filter(price__in=list(old.values()), valid_until__gte=change.orders_from)
    last = promised.order_by("-valid_until").first()
    if last is not None:
        raise CannotChange(
            _(
                "Quote %(reference)s promises the present price until %(day)s: new orders can pay another after that day."
            ),
            code="quote",
            params={"reference": last.reference, "day": last.valid_until.strftime("%d/%m/%Y")},
        )
    if any(price.amount == change.amount for price in old.values()):
        raise CannotChange(_("One of these zones costs that amount already."), code="same")
    dearer = any(price.amount < change.amount for price in old.values())
    if dearer and change.renewals_from < on + LEAD:
        raise CannotChange(
            _(
                "Readers hear of a dearer renewal %(days)s days before it: the first day can be %(day)s at the earliest."
            ),
            code="lead",
            params={"days": RULES.price_told_days_before, "day": (on + LEAD).strftime("%d/%m/%Y")},
        )


def overlapping(change: PriceChange) -> PriceChange | None:
    """Another change of the same offer and a common zone that is prepared, or not over when this one begins."""
    others = PriceChange.objects.filter(offer=change.offer).exclude(state=State.CANCELLED).exclude(pk=change.pk or 0)
    for other in others.order_by("pk"):
        common = set(other.zones) & set(change.zones)
        if common and (other.state == State.PREPARED or change.orders_from <= other.renewals_from):
            return other
    return None


def announced_with(change: PriceChange) -> bool:
    """Whether any renewal was told a price of this change, or is about to be."""
    plans = list(Renewal.objects.filter(price__change=change).exclude(state=Renewal.State.CANCELLED))
    return any(one.state != Renewal.State.PLANNED for one in plans) or bool(told(plans))


def _locked(change_id: int) -> PriceChange:
    """The change under its offer's lock, which stands for all prices of the offer."""
    offer = PriceChange.objects.values_list("offer", flat=True).get(pk=change_id)
    Offer.objects.select_for_update(no_key=True).get(pk=offer)
    found: PriceChange = (
        PriceChange.objects.select_for_update(of=("self",), no_key=True).select_related("offer").get(pk=change_id)
    )
    return found


def _succeeded(change: PriceChange) -> Mapping[str, Price]:
    """The open prices that it ends, by zone."""
    rows: Any = Price.objects.filter(
        offer=change.offer, delivery_zone__in=change.zones, valid_to=None, valid_from__lte=change.orders_from
    )
    return {row.delivery_zone: row for row in rows.order_by("pk")}


def _take_back(change: PriceChange) -> None:
    """An empty stretch of days overlaps with nothing; the amount before goes on from the day on which it had ended."""
    for new in Price.objects.filter(change=change).order_by("pk"):
        new.valid_to, new.renewals_to = new.valid_from, new.renewals_from
        new.save(update_fields=["valid_to", "renewals_to"])
        ended = Price.objects.filter(offer=change.offer, delivery_zone=new.delivery_zone, valid_to=new.valid_from)
        before = ended.exclude(change=change).latest("pk")
        Price.objects.create(
            offer=change.offer,
            delivery_zone=new.delivery_zone,
            amount=before.amount,
            valid_from=new.valid_from,
            renewals_from=new.renewals_from,
            change=before.change,
        )
