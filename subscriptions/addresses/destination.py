"""Where a copy really goes: the territory and the postcode that taxes, postage and zones look at."""

from __future__ import annotations

from typing import NamedTuple

from subscriptions.addresses.french import french_postcode
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.addresses.territories import FRENCH_POSTAL_AREA, NORTHERN_IRELAND, territories_of_postcode
from subscriptions.addresses.typed import TypedAddress


class Destination(NamedTuple):
    """``territory`` is an ISO code or XI; ``postcode`` is written as on the label."""

    territory: str
    postcode: str


def destination(address: TypedAddress) -> Destination:
    """Return where an address lies, whatever country was chosen in the form.

    France with 97400 is RE, with 98000 MC; the United Kingdom with BT1 5GS is XI. Corsica stays FR with its 20xxx.
    """
    country = address.country.strip().upper()
    if country in FRENCH_POSTAL_AREA:
        postcode = french_postcode(address)
        found = territories_of_postcode(postcode)
        return Destination(found[0] if found and country not in found else country, postcode)
    rules = postal_rules(country)
    postcode = canonical_postcode(address.postcode, rules=rules) if rules else address.postcode
    if country == "GB" and postcode.startswith("BT"):
        return Destination(NORTHERN_IRELAND, postcode)
    return Destination(country, postcode)
