"""The French postal area: which territory a five-figure postcode belongs to.

La Poste carries to all of these with the French six-line label and no country line. The table follows the postcodes in
use; sources: La Poste's postcode plan and ISO 3166-1.
"""

from __future__ import annotations

MILITARY_PREFIX = "00"

# Longest prefix wins. CEDEX codes have numbers of their own: 970xx in Saint-Barthélemy and Saint-Martin, 977xx and 978xx
# in La Réunion.
_OVERSEAS_PREFIXES = {
    "970": ("BL", "MF", "GP"),
    "971": ("GP", "BL", "MF"),
    "97133": ("BL",),
    "97150": ("MF",),
    "972": ("MQ",),
    "973": ("GF",),
    "974": ("RE",),
    "975": ("PM",),
    "976": ("YT",),
    "977": ("RE",),
    "978": ("RE",),
    "980": ("MC",),
    "984": ("TF",),
    "986": ("WF",),
    "987": ("PF",),
    "988": ("NC",),
}
FRENCH_POSTAL_AREA = frozenset({"FR"} | {code for codes in _OVERSEAS_PREFIXES.values() for code in codes})

NORTHERN_IRELAND = "XI"  # not of ISO: the code that customs and VAT use for goods since 2021


def territories_of_postcode(postcode: str) -> tuple[str, ...]:
    """Return the ISO codes a five-figure French postcode may belong to, the likeliest first; none if nobody uses it."""
    for length in (5, 3):
        if codes := _OVERSEAS_PREFIXES.get(postcode[:length]):
            return codes
    department = postcode[:2]
    return ("FR",) if department == MILITARY_PREFIX or "01" <= department <= "95" else ()


def is_french_postal_area(country: str) -> bool:
    """Whether the label is the French one: France, its overseas territories and Monaco."""
    return country.strip().upper() in FRENCH_POSTAL_AREA
