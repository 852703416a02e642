"""The lines of a label abroad: the destination's own order in Latin letters, at most six before the country."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from subscriptions.addresses.characters import printed, unprintable
from subscriptions.addresses.french import person_line
from subscriptions.addresses.layout import LINES, WIDTH, LabelLine
from subscriptions.addresses.rules import (
    PostalRules,
    canonical_postcode,
    choice_readings,
    matching_choice,
    postal_rules,
)
from subscriptions.addresses.typed import AddressKind, TypedAddress

_RECIPIENT = ("last_name", "organisation", "service")
_MAY_SHARE_A_LINE = ("flat", "building", "street", "locality")
_REGIONS_IN_FULL = frozenset({"ES"})  # the list's keys are car number plates, which the post does not use


class _Part(NamedTuple):
    before: str  # what the layout writes before the field: ", " or "CH-"
    field: str
    text: str


def foreign_lines(address: TypedAddress) -> list[LabelLine]:
    """Return the lines of an address abroad; more than six only where no two of them could share one.

    The recipient fills the places from 1, the address those up to 6, so that a mailing file has the last line of the
    address in its sixth column for every country. An unknown country gives no line.
    """
    rules = postal_rules(address.country.strip().upper())
    if rules is None:
        return []
    lines = [line for parts in _lines_of_parts(address, rules) for line in _written(parts)]
    for sharing in (_MAY_SHARE_A_LINE, _RECIPIENT):  # the names last: they are what the postman reads first
        while len(lines) > LINES and _merge_two(lines, sharing=sharing):
            pass
    recipients = [line for line in lines if line[0] in _RECIPIENT]
    others = [line for line in lines if line[0] not in _RECIPIENT]
    last_slot = max(LINES, len(lines))
    return [
        *(LabelLine(slot, *line) for slot, line in enumerate(recipients, 1)),
        *(LabelLine(slot, *line) for slot, line in enumerate(others, last_slot - len(others) + 1)),
    ]


def latin_region(address: TypedAddress, rules: PostalRules) -> str:
    """Return the region as the label writes it (CA, Tokyo, Co. Cork), or as typed if the country has no such one."""
    if rules.country in _REGIONS_IN_FULL and (key := matching_choice(address.region, rules.regions)):
        return choice_readings(key, rules.regions)[-1]
    return _latin(address.region, rules.regions)


def latin_town(address: TypedAddress, rules: PostalRules) -> str:
    """Return the town in Latin letters where the country's own list gives them, else as typed."""
    return _latin(address.town, rules.towns)


def _latin(typed: str, choices: tuple[tuple[str, str], ...]) -> str:
    key = matching_choice(typed, choices)
    if key is None:
        return typed
    return next((text for text in choice_readings(key, choices) if not unprintable(text).letters), typed)


def _values(address: TypedAddress, rules: PostalRules) -> dict[str, str]:
    """Return what stands for each field, in the capitals the country asks for; nothing typed is left out.

    A town or a postcode for which the layout has no place (Japan, Emirates) goes behind the street or the town. A
    region is dropped where the layout has none, as the post of those countries asks.
    """
    is_organisation = address.kind is AddressKind.ORGANISATION
    typed = {
        "name": person_line(address, surname_in_capitals=False),
        "organisation": address.organisation if is_organisation else "",
        "service": address.service if is_organisation else "",
        "flat": address.flat,
        "building": address.building,
        "street": address.street,
        "locality": address.locality,
        "town": latin_town(address, rules),
        "region": latin_region(address, rules) if rules.uses("region") else "",
        "postcode": canonical_postcode(address.postcode, rules=rules),
    }
    values = {field: printed(text) for field, text in typed.items()}
    if rules.country in _REGIONS_IN_FULL and values["region"].casefold() == values["town"].casefold():
        values["region"] = ""  # 28013 MADRID, not MADRID MADRID
    return {field: text.upper() if field in rules.capitals else text for field, text in values.items()}


def _lines_of_parts(address: TypedAddress, rules: PostalRules) -> list[list[_Part]]:
    values = _values(address, rules)
    out: list[list[_Part]] = []
    for line in rules.lines:
        parts: list[_Part] = []
        for before, field in line:
            parts.append(_Part(before, field, values.get(field, "")))
            if field == "street":
                out += [[_Part("", name, values[name])] for name in ("flat", "building")]
                if not rules.uses("town"):
                    parts.append(_Part(", ", "town", values["town"]))
                    if not rules.uses("postcode"):
                        parts.append(_Part(" ", "postcode", values["postcode"]))
                if values["locality"] and not rules.uses("locality"):
                    out += [parts, [_Part("", "locality", values["locality"])]]
                    parts = []
            elif field == "town" and not rules.uses("postcode"):
                parts.append(_Part(" ", "postcode", values["postcode"]))
        out.append(parts)
        if any(part.field == "organisation" for part in parts):
            out.append([_Part("", "service", values["service"])])
    return out


def _written(parts: list[_Part]) -> list[tuple[str, str]]:
    """Write the parts of one line of the layout, on a further line where the next part would not fit.

    Returns (field to blame for the length, text); nothing for a line whose fields are all empty.
    """
    lines: list[tuple[str, str]] = []
    text, blamed = "", _Part("", "", "")
    for part in parts:
        if not part.field:  # a line that is the same for everybody: GIBRALTAR
            text = part.before
        elif part.text:
            if text and len(text + part.before + part.text) > WIDTH:
                lines.append((blamed.field, text))
                text, blamed = "", _Part("", "", "")
            is_prefix = part.before.strip(" -").isalpha()
            text += (part.before.lstrip() if is_prefix and not text else part.before if text else "") + part.text
            blamed = max(blamed, part, key=lambda each: len(each.text))
    if text:
        lines.append((blamed.field, text))
    return [("last_name" if field == "name" else field, line) for field, line in lines]


def _merge_two(lines: list[tuple[str, str]], *, sharing: tuple[str, ...]) -> bool:
    """Join the first two neighbouring lines of the given fields that fit on one; False if none do."""
    for place, ((field, text), (next_field, next_text)) in enumerate(pairwise(lines)):
        joined = f"{text}, {next_text}"
        if field in sharing and next_field in sharing and len(joined) <= WIDTH:
            lines[place : place + 2] = [(next_field, joined)]
            return True
    return False
