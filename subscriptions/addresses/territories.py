"""The French postal area: where the label is the French one.

La Poste carries to all of these with the French six-line label and no country line. Which postcode belongs to which
territory is one table for the post and the tax, in `payments.territories`.
"""

from __future__ import annotations

from payments.territories import FRENCH_CODES, territories_of_postcode

__all__ = [
    "FRENCH_POSTAL_AREA",
    "MILITARY_PREFIX",
    "NORTHERN_IRELAND",
    "is_french_postal_area",
    "territories_of_postcode",
]

MILITARY_PREFIX = "00"

FRENCH_POSTAL_AREA = frozenset({"FR", *FRENCH_CODES})

NORTHERN_IRELAND = "XI"  # not of ISO: the code that customs and VAT use for goods since 2021


def is_french_postal_area(country: str) -> bool:
    """Whether the label is the French one: France, its overseas territories and Monaco."""
    return country.strip().upper() in FRENCH_POSTAL_AREA
