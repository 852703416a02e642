"""The six lines of a French label, overseas, Monaco and armies included (NF Z10-011)."""

from __future__ import annotations

import re

from subscriptions.addresses.characters import capitals, printed
from subscriptions.addresses.layout import LabelLine
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.addresses.typed import AddressKind, TypedAddress

_BOX = re.compile(r"^(BP|CS|TSA|SP) ?(?=[0-9])")
_REPEATED_NUMBER = re.compile(r"^([0-9]{1,4}) ?(BIS|TER|QUATER|QUINQUIES)\b")
_LETTERED_NUMBER = re.compile(r"^([0-9]{1,4})([A-Z])(?= )")
_CEDEX_NUMBER = re.compile(r"\bCEDEX ?(?=[0-9]{1,2}\b)")


def french_lines(address: TypedAddress) -> list[LabelLine]:
    """Return lines 1 to 6 in their places, empty ones included, none shortened yet."""
    person = person_line(address, surname_in_capitals=True)
    if address.kind is AddressKind.ORGANISATION:
        first = [LabelLine(1, "organisation", printed(address.organisation)), *_inside_an_organisation(address, person)]
    else:
        first = [
            LabelLine(1, "last_name", person),
            LabelLine(2, "flat", printed(address.flat)),
            LabelLine(3, "building", printed(address.building)),
        ]
    return [
        *first,
        LabelLine(4, "street", street_line(address.street)),
        LabelLine(5, "locality", _BOX.sub(r"\1 ", capitals(address.locality))),
        LabelLine(6, "town", f"{french_postcode(address)} {town_name(address)}".strip()),
    ]


def _inside_an_organisation(address: TypedAddress, person: str) -> list[LabelLine]:
    """Return lines 2 and 3: person, department, flat and building, two on a line only where they are more than two."""
    service, flat, building = printed(address.service), printed(address.flat), printed(address.building)
    given = [("service", person), ("service", service), ("flat", flat), ("building", building)]
    given = [(field, text) for field, text in given if text]
    if len(given) == 2:
        return [LabelLine(2, *given[0]), LabelLine(3, *given[1])]
    return [
        LabelLine(2, "service", ", ".join(text for text in (person, service) if text)),
        LabelLine(3, "building" if building else "flat", ", ".join(text for text in (flat, building) if text)),
    ]


def person_line(address: TypedAddress, *, surname_in_capitals: bool) -> str:
    """Return title, first name and name on one line."""
    surname = address.last_name.upper() if surname_in_capitals else address.last_name
    return printed(f"{address.title} {address.first_name} {surname}")


def street_line(typed: str) -> str:
    """Return line 4: « 12bis, rue de l'Église » becomes 12 BIS RUE DE L EGLISE."""
    street = _BOX.sub(r"\1 ", capitals(typed))
    street = _REPEATED_NUMBER.sub(r"\1 \2", street)
    return _LETTERED_NUMBER.sub(r"\1 \2", street)


def french_postcode(address: TypedAddress) -> str:
    """Return the five figures, or what was typed where it is not five figures."""
    rules = postal_rules("FR")
    assert rules is not None  # noqa: S101 - the library always knows France
    return capitals(canonical_postcode(address.postcode, rules=rules))


def town_name(address: TypedAddress) -> str:
    """Return the town in capitals with its CEDEX, without the postcode if that was typed into it too."""
    town = _CEDEX_NUMBER.sub("CEDEX ", capitals(address.town))
    postcode = french_postcode(address)
    if postcode and re.fullmatch(r"[0-9]{5}", postcode):
        town = town.removeprefix(postcode).strip()
    return town
