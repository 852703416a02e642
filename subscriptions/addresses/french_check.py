"""What can be wrong with an address in the French postal area: postcode, town, armies, street."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from subscriptions.addresses.characters import capitals, printed
from subscriptions.addresses.countries import country_name
from subscriptions.addresses.faults import AddressFault, FaultCode
from subscriptions.addresses.french import french_postcode, town_name
from subscriptions.addresses.territories import MILITARY_PREFIX, territories_of_postcode
from subscriptions.addresses.towns import postcode_contradicts_town
from subscriptions.addresses.typed import TypedAddress

ARMIES = "ARMEES"


def french_faults(address: TypedAddress) -> list[AddressFault]:
    """Return the faults of street, postcode and town; empty postcode and town are left to the general check."""
    postcode, town = french_postcode(address), town_name(address)
    faults = _street_faults(address, postcode)
    if postcode:
        faults += _postcode_faults(postcode, town, address.country.strip().upper())
    if town:
        faults += _town_faults(town)
    if postcode and town and not faults:
        faults += _disagreements(postcode, town)
    return faults


def _street_faults(address: TypedAddress, postcode: str) -> list[AddressFault]:
    if not printed(address.street) and not printed(address.locality):
        sentence = _("Please enter the number and the street, or the hamlet or the box number.")
        return [AddressFault("street", FaultCode.REQUIRED, sentence)]
    if re.fullmatch(r"[0-9]{5}", postcode) and re.search(rf"\b{postcode}\b", capitals(address.street)):
        sentence = _("The postcode and the town have their own fields: please leave them out of the street.")
        return [AddressFault("street", FaultCode.STREET_WITH_POSTCODE, sentence)]
    return []


def _postcode_faults(postcode: str, town: str, country: str) -> list[AddressFault]:
    if not re.fullmatch(r"[0-9]{5}", postcode):
        sentence = _("A French postcode has five figures, for example 75011; “%(postcode)s” does not have five.")
        with_zero = f"0{postcode}"  # spreadsheets eat the first zero of 01000
        is_likely = re.fullmatch(r"0[1-9][0-9]{3}", with_zero) and not postcode_contradicts_town(with_zero, town)
        suggestion = with_zero if is_likely else ""
        return [AddressFault("postcode", FaultCode.POSTCODE_FORMAT, sentence % {"postcode": postcode}, suggestion)]
    territories = territories_of_postcode(postcode)
    if not territories:
        sentence = _("The postcode %(postcode)s does not exist: no department or territory begins like this.")
        return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence % {"postcode": postcode})]
    if country != "FR" and country not in territories:
        sentence = _(
            "The postcode %(postcode)s does not belong to the country or territory chosen (%(country)s). "
            "Please correct one or the other."
        )
        values = {"postcode": postcode, "country": country_name(country)}
        return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence % values)]
    return []


def _town_faults(town: str) -> list[AddressFault]:
    if re.match(r"[0-9]{5}\b", town):
        sentence = _("The town begins with another postcode than the one given. Please write only the town.")
        return [AddressFault("town", FaultCode.TOWN_WITH_POSTCODE, sentence)]
    if not re.search(r"[A-Z]", re.sub(r"\bCEDEX\b", "", town)):
        sentence = _("“%(town)s” is not a town. Please enter the name of the town, before CEDEX if there is one.")
        return [AddressFault("town", FaultCode.TOWN_WITHOUT_LETTERS, sentence % {"town": town})]
    return []


def _disagreements(postcode: str, town: str) -> list[AddressFault]:
    values = {"postcode": postcode, "town": town}
    if postcode.startswith(MILITARY_PREFIX) and town != ARMIES:
        sentence = _("The postcode %(postcode)s is one of the armed forces: the town must then read ARMEES.")
        return [AddressFault("town", FaultCode.MILITARY, sentence % values, ARMIES)]
    if town == ARMIES and not postcode.startswith(MILITARY_PREFIX):
        sentence = _("An address of the armed forces has a postcode that begins with 00; %(postcode)s does not.")
        return [AddressFault("postcode", FaultCode.MILITARY, sentence % values)]
    if postcode_contradicts_town(postcode, town):
        sentence = _("The postcode %(postcode)s is not one of %(town)s. Please correct one or the other.")
        return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence % values)]
    return []
