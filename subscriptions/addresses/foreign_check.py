"""What can be wrong with an address abroad: the region, the town and the postcode, by the country's own rules."""

from __future__ import annotations

from django.utils.translation import gettext as _

from subscriptions.addresses.characters import printed
from subscriptions.addresses.countries import country_name
from subscriptions.addresses.faults import AddressFault, FaultCode
from subscriptions.addresses.fields import field_label
from subscriptions.addresses.foreign import latin_region
from subscriptions.addresses.rules import PostalRules, canonical_postcode, matching_choice, postal_rules
from subscriptions.addresses.typed import TypedAddress


def foreign_faults(address: TypedAddress, rules: PostalRules) -> list[AddressFault]:
    """Return the faults of region, town and postcode; empty fields are left to the general check."""
    faults = []
    region = matching_choice(address.region, rules.regions)
    if rules.regions and "region" in rules.required and printed(address.region) and region is None:
        sentence = _("“%(region)s” is not on the list of this country. Please choose from the list “%(label)s”.")
        values = {"region": printed(address.region), "label": field_label("region", country=address.country)}
        faults.append(AddressFault("region", FaultCode.UNKNOWN_REGION, sentence % values))
    if printed(address.town) and not any(char.isalpha() for char in address.town):
        sentence = _("“%(town)s” is not a town. Please enter the name of the town.")
        faults.append(AddressFault("town", FaultCode.TOWN_WITHOUT_LETTERS, sentence % {"town": printed(address.town)}))
    if printed(address.postcode):
        faults += _postcode_faults(address, rules, region)
    return faults


def _postcode_faults(address: TypedAddress, rules: PostalRules, region: str | None) -> list[AddressFault]:
    postcode = canonical_postcode(address.postcode, rules=rules)
    values = {
        "postcode": printed(postcode),
        "country": country_name(rules.country),
        "region": latin_region(address, rules),
        "example": rules.postcode_examples[0] if rules.postcode_examples else "",
    }
    if rules.postcode_pattern and not rules.postcode_pattern.fullmatch(postcode):
        sentence = _(
            "“%(postcode)s” is not a postcode of the country chosen (%(country)s), where one looks like this: %(example)s."
        )
        return [AddressFault("postcode", FaultCode.POSTCODE_FORMAT, sentence % values)]
    local_rules = postal_rules(rules.country, region or "") or rules
    if all(pattern.match(postcode) for pattern in local_rules.region_postcode_patterns):
        return []
    if region is None:
        sentence = _(
            "The postcode %(postcode)s does not belong to the country or territory chosen (%(country)s). "
            "Please correct one or the other."
        )
    else:
        sentence = _("The postcode %(postcode)s does not belong to %(region)s. Please correct one or the other.")
    return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence % values)]
