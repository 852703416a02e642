"""Which territory an address lies in: for VAT (law.md 1.3) and, one floor up, for the post.

The delivery address decides, because a subscription is a series of supplies of goods. French overseas territories come
either as France with their postcode or under their own ISO country code: both lead to the same answer.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class VatZone(models.TextChoices):
    """Where a copy is delivered, as far as VAT is concerned (law.md 1.3)."""

    FR_METRO = "FR_METRO", _("Metropolitan France")
    CORSICA = "CORSICA", _("Corsica")
    MONACO = "MONACO", _("Monaco")
    DOM_105 = "DOM_105", _("Guadeloupe, Martinique, Réunion")
    DOM_EXEMPT = "DOM_EXEMPT", _("French Guiana, Mayotte")
    EXPORT_TERRITORY = "EXPORT_TERRITORY", _("French territory outside the VAT area")
    EU = "EU", _("European Union")
    WORLD = "WORLD", _("Rest of the world")


class UnknownTerritory(ValidationError):
    """The country or its postcode names no territory; the message is a sentence for the person who typed it."""


# fmt: off
EU_STATES = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on

# ISO codes of French territories (and Monaco, which shares the French postcodes).
FRENCH_CODES: dict[str, VatZone] = {
    "GP": VatZone.DOM_105,
    "MQ": VatZone.DOM_105,
    "RE": VatZone.DOM_105,
    "GF": VatZone.DOM_EXEMPT,
    "YT": VatZone.DOM_EXEMPT,
    "BL": VatZone.EXPORT_TERRITORY,
    "MF": VatZone.EXPORT_TERRITORY,
    "PM": VatZone.EXPORT_TERRITORY,
    "PF": VatZone.EXPORT_TERRITORY,
    "NC": VatZone.EXPORT_TERRITORY,
    "WF": VatZone.EXPORT_TERRITORY,
    "TF": VatZone.EXPORT_TERRITORY,
    "MC": VatZone.MONACO,
}

# Which territories a postcode may belong to, the likeliest first; the longest prefix wins. CEDEX codes have numbers of
# their own: 970xx in Saint-Barthélemy and Saint-Martin, 977xx and 978xx in La Réunion. (La Poste's postcode plan.)
FRENCH_PREFIXES: dict[str, tuple[str, ...]] = {
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

# Parts of member states outside the Union's VAT area: a delivery there is an export (Directive 2006/112/EC, art. 6).
OUTSIDE_EU_VAT: tuple[tuple[str, str], ...] = (
    ("DE", "27498"),  # Heligoland
    ("DE", "78266"),  # Büsingen
    ("ES", "35"),  # Canary Islands, Las Palmas
    ("ES", "38"),  # Canary Islands, Tenerife
    ("ES", "51"),  # Ceuta
    ("ES", "52"),  # Melilla
    ("FI", "22"),  # Åland
    ("GR", "63086"),  # Mount Athos
    ("GR", "63087"),
    ("IT", "22061"),  # Campione d'Italia
    ("IT", "23041"),  # Livigno
)

_COUNTRY = re.compile(r"[A-Z]{2}")
_FRENCH_POSTCODE = re.compile(r"\d{5}", re.ASCII)


def country_code(country: str) -> str:
    """The ISO 3166 code in capitals; « EL » and « UK », as VAT and people write them, become GR and GB.

    Raises UnknownTerritory for anything that is not two letters.
    """
    code = country.strip().upper()
    if not _COUNTRY.fullmatch(code):
        raise UnknownTerritory(_("Choose a country from the list."), code="country")
    return {"EL": "GR", "UK": "GB"}.get(code, code)


def bare_postcode(postcode: str) -> str:
    """The postcode in capitals without spaces, dashes and dots."""
    return re.sub(r"[\s.\-–]", "", postcode).upper()


def territories_of_postcode(postcode: str) -> tuple[str, ...]:
    """ISO codes of the territories a five-figure French postcode may belong to, the likeliest first; () if nobody's."""
    for length in (5, 3):
        if codes := FRENCH_PREFIXES.get(postcode[:length]):
            return codes
    # 00 is the army's post, which delivers in France; 01 to 95 are the departments.
    return ("FR",) if "00" <= postcode[:2] <= "95" else ()


def zone_of(country: str, postcode: str) -> VatZone:
    """The VAT zone of a delivery address: ISO country code and postcode as typed (law.md 1.3).

    Northern Ireland counts as the Union for goods, whether written XI or GB with a BT postcode. Raises
    UnknownTerritory, a sentence for the reader, for a country that is no code or a French postcode that does not exist.
    """
    code, bare = country_code(country), bare_postcode(postcode)
    if code == "FR" or (code in FRENCH_CODES and _FRENCH_POSTCODE.fullmatch(bare)):
        return _french_zone(code, bare)
    if code in FRENCH_CODES:
        return FRENCH_CODES[code]
    if code == "XI" or (code == "GB" and bare.startswith("BT")):
        return VatZone.EU
    if code in EU_STATES and not any(code == state and bare.startswith(start) for state, start in OUTSIDE_EU_VAT):
        return VatZone.EU
    return VatZone.WORLD


def _french_zone(code: str, bare: str) -> VatZone:
    """The zone by postcode; the country that was chosen decides only where the postcode leaves it open."""
    if not _FRENCH_POSTCODE.fullmatch(bare):
        raise UnknownTerritory(_("A French postcode has five digits, like 75011."), code="postcode")
    territories = territories_of_postcode(bare)
    if not territories:
        raise UnknownTerritory(
            _("The postcode %(postcode)s does not exist in France."), code="postcode", params={"postcode": bare}
        )
    if territories == ("FR",):
        if code != "FR":
            raise UnknownTerritory(
                _("The postcode %(postcode)s does not belong to this country."),
                code="postcode",
                params={"postcode": bare},
            )
        return VatZone.CORSICA if bare.startswith("20") else VatZone.FR_METRO
    if code in territories:
        return FRENCH_CODES[code]
    # An exemption needs certainty: of several territories the taxed one counts.
    zones = [FRENCH_CODES[territory] for territory in territories]
    return VatZone.DOM_105 if VatZone.DOM_105 in zones else zones[0]
