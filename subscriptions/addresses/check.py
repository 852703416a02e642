"""Whether an address can be posted to: every fault with a sentence, or the label."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.translation import gettext as _

from subscriptions.addresses import sentences
from subscriptions.addresses.characters import printed
from subscriptions.addresses.countries import country_name, deliverable_countries
from subscriptions.addresses.faults import AddressFault, FaultCode
from subscriptions.addresses.fields import field_label, required_fields
from subscriptions.addresses.french import french_postcode, town_name
from subscriptions.addresses.label import PostalLabel, length_faults, postal_label, preview
from subscriptions.addresses.rules import PostalRules, canonical_postcode, latin_choice, matching_choice, postal_rules
from subscriptions.addresses.territories import MILITARY_PREFIX, is_french_postal_area, territories_of_postcode
from subscriptions.addresses.typed import TEXT_FIELDS, AddressKind, TypedAddress

LONGEST_FIELD = 200  # characters typed; far above any label, far below what could slow a page down


def check(
    address: TypedAddress, *, allowed: Collection[str] | None = None
) -> tuple[list[AddressFault], PostalLabel | None]:
    """Return every fault of an address, at most one per field, and its label if there is none.

    ``allowed`` restricts the countries (ISO codes) to those the publisher serves; None means all. Sentences come in
    the active language. No side effect; what was typed stays as it is.
    """
    country = address.country.strip().upper()
    rules = postal_rules(country)
    if not country_name(country) or rules is None:
        return [sentences.unknown_country()], None
    if country not in {served.code for served in deliverable_countries(allowed)}:
        return [sentences.country_not_served(country_name(country))], None
    long = [field for field in TEXT_FIELDS if len(getattr(address, field)) > LONGEST_FIELD]
    if long:
        return [sentences.field_too_long(address, field, limit=LONGEST_FIELD) for field in long], None
    faults = [*sentences.unprintable_faults(address), *_missing(address), *_unexpected(address)]
    if is_french_postal_area(country):
        faults += _french_faults(address, country)
    else:
        faults += _foreign_faults(address, rules)
    faults += length_faults(preview(address))
    first_by_field = {fault.field: fault for fault in reversed(faults)}
    faults = [fault for fault in faults if first_by_field[fault.field] is fault]
    return faults, None if faults else postal_label(address)


def _missing(address: TypedAddress) -> list[AddressFault]:
    required = required_fields(address.country, kind=address.kind) - {"country"}
    empty = [name for name in TEXT_FIELDS if name in required and not re.search(r"\w", printed(getattr(address, name)))]
    return [AddressFault(name, FaultCode.REQUIRED, _required_sentence(name, address.country)) for name in empty]


def _required_sentence(field: str, country: str) -> str:
    known = {
        "last_name": _("Please enter the name of the person who receives the magazine."),
        "organisation": _("Please enter the name of the organisation."),
        "street": _("Please enter the number and the street."),
        "town": _("Please enter the town."),
    }
    return known.get(field) or _("Please fill in the field “%(label)s”.") % {
        "label": field_label(field, country=country)
    }


def _unexpected(address: TypedAddress) -> list[AddressFault]:
    """An organisation typed into a personal address would be lost on the label: ask instead."""
    if address.kind is not AddressKind.PERSON:
        return []
    return [
        AddressFault(
            field,
            FaultCode.NOT_FOR_A_PERSON,
            _(
                "This is the address of a person. Choose “organisation” for the delivery, or empty the field “%(label)s”."
            )
            % {"label": field_label(field, country=address.country)},
        )
        for field in ("organisation", "service")
        if printed(getattr(address, field))
    ]


def _french_faults(address: TypedAddress, country: str) -> list[AddressFault]:
    faults = []
    if not printed(address.street) and not printed(address.locality):
        sentence = _("Please enter the number and the street, or the hamlet or the box number.")
        faults.append(AddressFault("street", FaultCode.REQUIRED, sentence))
    postcode, town = french_postcode(address), town_name(address)
    if postcode:
        faults += _french_postcode_faults(postcode, town, country)
    if town:
        faults += _french_town_faults(town)
    return faults


def _french_postcode_faults(postcode: str, town: str, country: str) -> list[AddressFault]:
    if not re.fullmatch(r"[0-9]{5}", postcode):
        sentence = _("A French postcode has five figures, for example 75011; “%(postcode)s” has not.") % {
            "postcode": postcode
        }
        return [AddressFault("postcode", FaultCode.POSTCODE_FORMAT, sentence)]
    territories = territories_of_postcode(postcode)
    if not territories:
        sentence = _("The postcode %(postcode)s does not exist: no department or territory begins like this.") % {
            "postcode": postcode
        }
        return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence)]
    if country != "FR" and country not in territories:
        sentence = _(
            "The postcode %(postcode)s does not belong to %(country)s. Correct the postcode or choose another country or territory."
        ) % {"postcode": postcode, "country": country_name(country)}
        return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence)]
    if postcode.startswith(MILITARY_PREFIX) and town and town != "ARMEES":
        sentence = _("The postcode %(postcode)s is one of the armed forces: the town must then read ARMEES.") % {
            "postcode": postcode
        }
        return [AddressFault("town", FaultCode.MILITARY, sentence)]
    if town == "ARMEES" and not postcode.startswith(MILITARY_PREFIX):
        sentence = _("An address of the armed forces has a postcode that begins with 00; “%(postcode)s” does not.") % {
            "postcode": postcode
        }
        return [AddressFault("postcode", FaultCode.MILITARY, sentence)]
    return []


def _french_town_faults(town: str) -> list[AddressFault]:
    if re.match(r"[0-9]{5}\b", town):
        sentence = _("The town begins with another postcode than the one given. Please write only the town.")
        return [AddressFault("town", FaultCode.TOWN_WITH_POSTCODE, sentence)]
    if not re.search(r"[A-Z]", re.sub(r"\bCEDEX\b", "", town)):
        sentence = _("“%(town)s” is not a town. Please enter the name of the town, before CEDEX if there is one.") % {
            "town": town
        }
        return [AddressFault("town", FaultCode.TOWN_WITHOUT_LETTERS, sentence)]
    return []


def _foreign_faults(address: TypedAddress, rules: PostalRules) -> list[AddressFault]:
    faults = []
    region = matching_choice(address.region, rules.regions) if address.region.strip() else None
    if rules.regions and "region" in rules.required and address.region.strip() and region is None:
        sentence = _("“%(region)s” is not on the list of this country. Please choose from the list “%(label)s”.") % {
            "region": printed(address.region),
            "label": field_label("region", country=address.country),
        }
        faults.append(AddressFault("region", FaultCode.UNKNOWN_REGION, sentence))
    if address.town.strip() and not any(char.isalpha() for char in address.town):
        sentence = _("“%(town)s” is not a town. Please enter the name of the town.") % {"town": printed(address.town)}
        faults.append(AddressFault("town", FaultCode.TOWN_WITHOUT_LETTERS, sentence))
    if printed(address.postcode):
        faults += _foreign_postcode_faults(address, postal_rules(rules.country, region or "") or rules, region)
    return faults


def _foreign_postcode_faults(address: TypedAddress, rules: PostalRules, region: str | None) -> list[AddressFault]:
    postcode = canonical_postcode(address.postcode, rules=rules)
    names = {"postcode": postcode, "country": country_name(rules.country)}
    if rules.postcode_pattern and not rules.postcode_pattern.fullmatch(postcode):
        example = {"example": rules.postcode_examples[0] if rules.postcode_examples else ""}
        sentence = _(
            "“%(postcode)s” is not a postcode of this country (%(country)s). One looks like this: %(example)s."
        ) % (names | example)
        return [AddressFault("postcode", FaultCode.POSTCODE_FORMAT, sentence)]
    if not all(pattern.match(postcode) for pattern in rules.region_postcode_patterns):
        if region is None:
            sentence = (
                _(
                    "The postcode %(postcode)s does not belong to %(country)s. Correct the postcode or choose another country or territory."
                )
                % names
            )
        else:
            place = {"region": latin_choice(region, rules.regions)}
            sentence = _("The postcode %(postcode)s does not belong to %(region)s. Correct one or the other.") % (
                names | place
            )
        return [AddressFault("postcode", FaultCode.POSTCODE_ELSEWHERE, sentence)]
    return []
