"""Whether an address can be posted to: every fault with a sentence, or the label."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.translation import gettext as _

from subscriptions.addresses import sentences
from subscriptions.addresses.characters import printed
from subscriptions.addresses.countries import country_name, deliverable_countries
from subscriptions.addresses.faults import AddressFault, FaultCode
from subscriptions.addresses.fields import field_label, required_fields
from subscriptions.addresses.foreign_check import foreign_faults
from subscriptions.addresses.french_check import french_faults
from subscriptions.addresses.label import PostalLabel, character_faults, length_faults, postal_label, preview
from subscriptions.addresses.rules import postal_rules
from subscriptions.addresses.territories import is_french_postal_area
from subscriptions.addresses.typed import TEXT_FIELDS, AddressKind, TypedAddress

LONGEST_FIELD = 200  # characters typed; far above any label, far below what could slow a page down


def check(
    address: TypedAddress, *, allowed: Collection[str] | None = None
) -> tuple[list[AddressFault], PostalLabel | None]:
    """Return every fault of an address, at most one per field, and its label if there is none.

    ``allowed`` restricts the countries (ISO codes) to those the publisher serves; None means all. Sentences come in
    the active language. No side effect; what was typed stays as it is.
    """
    country = address.country.strip().upper()
    rules = postal_rules(country)
    if not country_name(country) or rules is None:
        return [sentences.unknown_country()], None
    if country not in {served.code for served in deliverable_countries(allowed)}:
        return [sentences.country_not_served(country_name(country))], None
    long = [field for field in TEXT_FIELDS if len(getattr(address, field)) > LONGEST_FIELD]
    if long:
        return [sentences.field_too_long(address, field, limit=LONGEST_FIELD) for field in long], None
    faults = [*character_faults(address), *_missing(address), *_unexpected(address)]
    if is_french_postal_area(country):
        faults += french_faults(address)
    else:
        faults += foreign_faults(address, rules)
    faults += length_faults(address, preview(address))
    first_by_field = {fault.field: fault for fault in reversed(faults)}
    faults = [fault for fault in faults if first_by_field[fault.field] is fault]
    return faults, None if faults else postal_label(address)


def _missing(address: TypedAddress) -> list[AddressFault]:
    required = required_fields(address.country, kind=address.kind) - {"country"}
    empty = [name for name in TEXT_FIELDS if name in required and not re.search(r"\w", printed(getattr(address, name)))]
    return [AddressFault(name, FaultCode.REQUIRED, _required_sentence(name, address.country)) for name in empty]


def _required_sentence(field: str, country: str) -> str:
    known = {
        "last_name": _("Please enter the name of the person who receives the magazine."),
        "organisation": _("Please enter the name of the organisation."),
        "street": _("Please enter the number and the street."),
        "town": _("Please enter the town."),
    }
    return known.get(field) or _("Please fill in the field “%(label)s”.") % {
        "label": field_label(field, country=country)
    }


def _unexpected(address: TypedAddress) -> list[AddressFault]:
    """An organisation typed into a personal address would be lost on the label: ask instead."""
    if address.kind is not AddressKind.PERSON:
        return []
    return [
        AddressFault(
            field,
            FaultCode.NOT_FOR_A_PERSON,
            _(
                "This is the address of a person. Choose “organisation” for the delivery, or empty the field “%(label)s”."
            )
            % {"label": field_label(field, country=address.country)},
        )
        for field in ("organisation", "service")
        if printed(getattr(address, field))
    ]
