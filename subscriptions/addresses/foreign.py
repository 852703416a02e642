"""The lines of a label abroad: the destination's own order in Latin letters, at most six before the country."""

from __future__ import annotations

from itertools import pairwise

from subscriptions.addresses.characters import printed
from subscriptions.addresses.french import person_line
from subscriptions.addresses.layout import LINES, WIDTH, LabelLine
from subscriptions.addresses.rules import PostalRules, canonical_postcode, latin_choice, matching_choice, postal_rules
from subscriptions.addresses.typed import AddressKind, TypedAddress

_RECIPIENT = ("last_name", "organisation", "service")
_MAY_SHARE_A_LINE = ("flat", "building", "street", "locality")


def foreign_lines(address: TypedAddress) -> list[LabelLine]:
    """Return the lines of an address abroad; more than six only where no two of them could share one.

    The recipient fills the places from 1, the address those up to 6, so that a mailing file has the last line of the
    address in its sixth column for every country. An unknown country gives no line.
    """
    rules = postal_rules(address.country.strip().upper(), address.region.strip())
    if rules is None:
        return []
    lines = [(field, text) for field, text in _lines(address, rules) if text]
    while len(lines) > LINES and _merge_two(lines):
        pass
    recipients = [line for line in lines if line[0] in _RECIPIENT]
    others = [line for line in lines if line[0] not in _RECIPIENT]
    last_slot = max(LINES, len(lines))
    return [
        *(LabelLine(slot, *line) for slot, line in enumerate(recipients, 1)),
        *(LabelLine(slot, *line) for slot, line in enumerate(others, last_slot - len(others) + 1)),
    ]


def foreign_postcode(address: TypedAddress, rules: PostalRules) -> str:
    """Return the postcode as its country writes it, without the prefix that the layout adds."""
    return printed(canonical_postcode(address.postcode, rules=rules))


def _lines(address: TypedAddress, rules: PostalRules) -> list[tuple[str, str]]:
    values = _values(address, rules)
    out: list[tuple[str, str]] = []
    for line in rules.lines:
        text, blame, longest = "", "", -1
        for before, field in line:
            value = values.get(field, "")
            if field == "street":
                out += [(name, printed(getattr(address, name))) for name in ("flat", "building")]
            if value:
                keep_before = text or before.rstrip("- ").isalpha()  # ", " between two fields, "CH-" before one
                text += (before if keep_before else "") + value
                if len(value) > longest:
                    blame, longest = field, len(value)
            elif field == "region":
                text = text.rstrip("-, ")
        out.append((_OUR_NAMES.get(blame, blame), " ".join(text.split())))
        fields = {field for _, field in line}
        if "organisation" in fields:
            out.append(("service", values["service"]))
        if "street" in fields and not rules.uses("locality"):
            out.append(("locality", values["locality"]))
    return out


_OUR_NAMES = {"name": "last_name"}


def _values(address: TypedAddress, rules: PostalRules) -> dict[str, str]:
    """Return what stands for each field of the layout, in the capitals the country asks for; nothing typed is left out.

    A town or a postcode for which the layout has no place (Japan, Emirates) goes behind the street or the town. A
    region is dropped where the layout has none, as the post of those countries asks.
    """
    town = latin_choice(matching_choice(address.town, rules.towns) or address.town, rules.towns)
    region = latin_choice(matching_choice(address.region, rules.regions) or address.region, rules.regions)
    is_organisation = address.kind is AddressKind.ORGANISATION
    values = {
        "name": person_line(address, surname_in_capitals=False),
        "organisation": printed(address.organisation) if is_organisation else "",
        "service": printed(address.service) if is_organisation else "",
        "street": printed(address.street),
        "locality": printed(address.locality),
        "town": printed(town),
        "region": printed(region),
        "postcode": foreign_postcode(address, rules),
    }
    values = {field: text.upper() if field in rules.capitals else text for field, text in values.items()}
    if not rules.uses("town") and values["town"]:
        values["street"] = ", ".join(part for part in (values["street"], values["town"]) if part)
    if not rules.uses("postcode") and values["postcode"]:
        values["town"] = " ".join(part for part in (values["town"], values["postcode"]) if part)
    return values


def _merge_two(lines: list[tuple[str, str]]) -> bool:
    """Join the first two neighbouring lines about the building or the street that fit on one; False if none do."""
    for place, ((field, text), (next_field, next_text)) in enumerate(pairwise(lines)):
        joined = f"{text}, {next_text}"
        if field in _MAY_SHARE_A_LINE and next_field in _MAY_SHARE_A_LINE and len(joined) <= WIDTH:
            lines[place : place + 2] = [(next_field, joined)]
            return True
    return False
