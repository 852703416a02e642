"""Which fields an address form shows for a country, in which order and under which names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from subscriptions.addresses.characters import unprintable
from subscriptions.addresses.rules import PostalRules, choice_readings, postal_rules
from subscriptions.addresses.territories import is_french_postal_area
from subscriptions.addresses.typed import AddressKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_LABELS: dict[str, _StrPromise] = {
    "title": _("Title"),
    "first_name": _("First name"),
    "last_name": _("Name"),
    "organisation": _("Organisation"),
    "service": _("Department or person to whose attention it goes"),
    "flat": _("Flat, floor, staircase, care of"),
    "building": _("Building, residence, entrance"),
    "street": _("Number and street"),
    "locality": _("Hamlet, P.O. box"),
    "postcode": _("Postcode"),
    "town": _("Town"),
    "region": _("Region"),
    "country": _("Country"),
}
_FRENCH_LABELS: dict[str, _StrPromise] = {"locality": _("Hamlet (lieu-dit), BP, CS, TSA or military post")}
_REGIONS: dict[str, _StrPromise] = {
    "area": _("Area"),
    "county": _("County"),
    "department": _("Department"),
    "district": _("District"),
    "do_si": _("Province or city"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "oblast": _("Oblast"),
    "parish": _("Parish"),
    "prefecture": _("Prefecture"),
    "province": _("Province"),
    "state": _("State"),
}
_TOWNS: dict[str, _StrPromise] = {
    "city": _("Town"),
    "district": _("District"),
    "post_town": _("Post town"),
    "suburb": _("Suburb"),
}
_LOCALITIES: dict[str, _StrPromise] = {
    "district": _("District or P.O. box"),
    "neighborhood": _("Neighbourhood or P.O. box"),
    "suburb": _("Locality or P.O. box"),
    "townland": _("Townland or P.O. box"),
    "village_township": _("Village, township or P.O. box"),
}
_POSTCODES: dict[str, _StrPromise] = {
    "eircode": _("Eircode"),
    "pin": _("PIN code"),
    "postal": _("Postcode"),
    "zip": _("ZIP code"),
}

# The names browsers know, so that they can fill the form in (WCAG 1.3.5).
_AUTOCOMPLETE = {
    "title": "honorific-prefix",
    "first_name": "given-name",
    "last_name": "family-name",
    "organisation": "organization",
    "flat": "address-line2",
    "street": "address-line1",
    "locality": "address-line3",
    "postcode": "postal-code",
    "town": "address-level2",
    "region": "address-level1",
    "country": "country",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field to show: its name in ``TypedAddress``, label, whether it must be filled in, and choices if it has any.

    ``choices`` are (value to store, text to read); empty for free text. ``autocomplete`` is the HTML token or "".
    """

    name: str
    label: _StrPromise
    required: bool
    autocomplete: str
    choices: tuple[tuple[str, str], ...] = ()


def form_fields(country: str, *, kind: AddressKind) -> tuple[FormField, ...]:
    """Return the fields of a form in the order people write an address in that country, the country itself first.

    ``kind`` decides which names are asked for. An unknown country gets the general form, so that a page can always be
    drawn: it is the check that refuses the country.
    """
    country = country.strip().upper()
    rules = postal_rules(country)
    names = ["country"]
    if kind is AddressKind.ORGANISATION:
        names += ["organisation", "service"]
    names += ["title", "first_name", "last_name", "flat", "building", "street", "locality"]
    names += _place_fields(rules, french=is_french_postal_area(country))
    required = required_fields(country, kind=kind)
    return tuple(
        FormField(
            name=name,
            label=field_label(name, country=country),
            required=name in required,
            autocomplete=_AUTOCOMPLETE.get(name, ""),
            choices=_region_choices(rules) if name == "region" else (),
        )
        for name in names
    )


def required_fields(country: str, *, kind: AddressKind) -> frozenset[str]:
    """Return the fields that cannot stay empty. In the French area the street may, where a hamlet or a box is given."""
    recipient = "organisation" if kind is AddressKind.ORGANISATION else "last_name"
    if is_french_postal_area(country):
        return frozenset({"country", recipient, "postcode", "town"})
    rules = postal_rules(country.strip().upper())
    places = rules.required if rules else frozenset({"street", "town"})
    return frozenset({"country", recipient}) | (places & {"street", "town", "region", "postcode"})


def field_label(name: str, *, country: str) -> _StrPromise:
    """Return what a field is called in that country: Eircode, ZIP code, Prefecture."""
    country = country.strip().upper()
    rules = postal_rules(country)
    if is_french_postal_area(country):
        return _FRENCH_LABELS.get(name) or _LABELS[name]
    if rules is not None:
        kinds = {
            "region": _REGIONS.get(rules.region_type),
            "town": _TOWNS.get(rules.town_type),
            "locality": _LOCALITIES.get(rules.locality_type) if rules.uses("locality") else None,
            "postcode": _POSTCODES.get(rules.postcode_type),
        }
        return kinds.get(name) or _LABELS[name]
    return _LABELS[name]


def _place_fields(rules: PostalRules | None, *, french: bool) -> list[str]:
    """Return town, region and postcode in the country's own order."""
    if french or rules is None:
        return ["postcode", "town"]
    order = [name for line in rules.lines for _, name in line if name in {"town", "region", "postcode"}]
    return list(dict.fromkeys(order))


def _region_choices(rules: PostalRules | None) -> tuple[tuple[str, str], ...]:
    """Return the regions one can choose, each once, read in Latin letters where the country gives them so."""
    if rules is None or not rules.uses("region"):
        return ()
    keys = dict.fromkeys(key for key, _reading in rules.regions)
    return tuple((key, _reading_of(key, rules)) for key in keys)


def _reading_of(key: str, rules: PostalRules) -> str:
    readings = choice_readings(key, rules.regions)[1:] or [key]
    return next((reading for reading in readings if not unprintable(reading).letters), readings[0])
