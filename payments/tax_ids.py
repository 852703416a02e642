"""SIREN, SIRET and VAT numbers: normalised, or refused with a sentence for the person who typed them.

Only the form and the key are checked here. Whether a company exists is the directory's answer, and whether a VAT number
is valid for an exempt sale is VIES's: neither is asked from this module.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError as BadNumber
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret
from stdnum.fr import tva as fr_tva

_SEPARATORS = re.compile(r"[\s.\-–/]")


class TaxIdRefused(ValidationError):
    """The number is not one; the message is a sentence for the person who typed it."""


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def check_siren(text: str) -> str:
    """The nine digits of a SIREN. Raises TaxIdRefused."""
    digits = _bare(text)
    try:
        if not digits.isascii() or digits == "000000000":
            raise BadNumber
        return str(fr_siren.validate(digits))
    except BadNumber as error:
        raise TaxIdRefused(
            _("This SIREN is not right: it has nine digits, the last of which is a key. Check it for a slip."),
            code="siren",
        ) from error


def check_siret(text: str) -> str:
    """The fourteen digits of a SIRET (those of La Poste's offices have a rule of their own). Raises TaxIdRefused."""
    digits = _bare(text)
    try:
        if not digits.isascii() or digits.startswith("000000000"):
            raise BadNumber
        return str(fr_siret.validate(digits))
    except BadNumber as error:
        raise TaxIdRefused(
            _("This SIRET is not right: it has fourteen digits, the last of which is a key. Check it for a slip."),
            code="siret",
        ) from error


def check_french_vat(text: str) -> str:
    """A French VAT number as FR, two characters, nine digits; the FR may be left out. Raises TaxIdRefused."""
    bare = _bare(text)
    try:
        if not bare.isascii():
            raise BadNumber
        return f"FR{fr_tva.validate(bare)}"
    except BadNumber as error:
        raise TaxIdRefused(
            _(
                "This French VAT number is not right: it is FR, a key of two characters and the SIREN. "
                "Check it for a slip."
            ),
            code="vat_number",
        ) from error


def check_eu_vat(text: str) -> str:
    """A VAT number of a member state or of Northern Ireland, with the prefix that VIES knows (EL for Greece, XI).

    French numbers are welcome with their FR. Raises TaxIdRefused.
    """
    bare = _bare(text)
    if bare.startswith("FR"):
        return check_french_vat(bare)
    if bare.startswith("GR"):
        bare = f"EL{bare[2:]}"
    # EU and IM are numbers of the one-stop shop, which prove nothing about a buyer.
    if not bare.isascii() or bare[:2] in {"EU", "IM"} or bare[:2].lower() not in eu_vat.MEMBER_STATES | {"el"}:
        raise TaxIdRefused(
            _("A VAT number of the European Union begins with the two letters of its state, like BE or DE."),
            code="vat_number_state",
        )
    try:
        return str(eu_vat.validate(bare))
    except BadNumber as error:
        raise TaxIdRefused(
            _("This VAT number is not right for the state whose letters it bears. Check it for a slip."),
            code="vat_number",
        ) from error


def vat_state(vat_number: str) -> str:
    """The state's letters of a checked VAT number: FR, EL, XI… An exempt sale needs another state than FR."""
    return vat_number[:2]


def siren_of_siret(siret: str) -> str:
    """The SIREN inside a checked SIRET."""
    return siret[:9]


def french_vat_of_siren(siren: str) -> str:
    """The French VAT number with the numeric key that follows from a SIREN (CGI ann. IV). Raises TaxIdRefused."""
    digits = check_siren(siren)
    return f"FR{(12 + 3 * (int(digits) % 97)) % 97:02d}{digits}"
