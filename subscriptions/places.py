"""Postal addresses as rows: what was typed, the label, and the zones that follow from it."""

from __future__ import annotations

from datetime import datetime

from payments.territories import zone_of
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.calendar import delivery_zone_of
from subscriptions.models import PostalAddress


def address_row(typed: TypedAddress, label: PostalLabel, *, at: datetime) -> PostalAddress:
    """An unsaved row for a checked address. Raises UnknownTerritory if its country is none."""
    return PostalAddress(
        typed=typed.to_dict(),
        lines=list(label.printed_lines),
        country=typed.country,
        postcode=typed.postcode.strip(),
        town=typed.town.strip(),
        delivery_zone=delivery_zone_of(typed.country, typed.postcode),
        vat_zone=zone_of(typed.country, typed.postcode),
        created_at=at,
    )
