"""Postal addresses as rows: what was typed, the label, and the zones that follow from it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from payments.territories import zone_of
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.calendar import delivery_zone_of
from subscriptions.models import Dispatch, MailingRun, PostalAddress


def address_row(typed: TypedAddress, label: PostalLabel, *, at: datetime) -> PostalAddress:
    """An unsaved row for a checked address. Raises UnknownTerritory if its country is none."""
    return PostalAddress(
        typed=typed.to_dict(),
        lines=list(label.printed_lines),
        block=[*label.columns, label.postcode, label.town],
        country=typed.country,
        postcode=typed.postcode.strip(),
        town=typed.town.strip(),
        delivery_zone=delivery_zone_of(typed.country, typed.postcode),
        vat_zone=zone_of(typed.country, typed.postcode),
        created_at=at,
    )


def blank(addresses: QuerySet[PostalAddress]) -> int:
    """Forget where these were: of each row only country and zones stay. Returns how many. One query (law.md 4.10)."""
    return addresses.update(typed={}, lines=[], block=[], postcode="", town="")


def needed_by_a_file() -> Exists:
    """Whether an address of the outer query stands in a file that has not left: it is made again from it until then."""
    to_leave = (MailingRun.State.CLOSED, MailingRun.State.HANDED_OVER)
    return Exists(Dispatch.objects.filter(address=OuterRef("pk"), run__state__in=to_leave))
