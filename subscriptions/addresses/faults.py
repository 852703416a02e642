"""What can be wrong with an address, each with a sentence for the person who typed it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Why an address is refused; the codes are for programs and tests, the sentence is for people."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    TOO_MANY_LINES = "too_many_lines"
    NOT_LATIN = "not_latin"
    NOT_PRINTABLE = "not_printable"
    CONTROL_CHARACTER = "control_character"
    NOT_FOR_A_PERSON = "not_for_a_person"
    UNKNOWN_COUNTRY = "unknown_country"
    COUNTRY_NOT_SERVED = "country_not_served"
    POSTCODE_FORMAT = "postcode_format"
    POSTCODE_ELSEWHERE = "postcode_elsewhere"
    TOWN_WITHOUT_LETTERS = "town_without_letters"
    TOWN_WITH_POSTCODE = "town_with_postcode"
    STREET_WITH_POSTCODE = "street_with_postcode"
    UNKNOWN_REGION = "unknown_region"
    MILITARY = "military"


@dataclass(frozen=True, slots=True)
class AddressFault:
    """One thing to put right: the field of the form, the code, a full translated sentence, and a text that would fit.

    ``suggestion`` is empty unless we can offer a spelling for that field; it is never applied by us.
    """

    field: str
    code: FaultCode
    sentence: str
    suggestion: str = ""


class AddressRefused(ValueError):
    """No label exists for this address; ``faults`` says why. The message names no person."""

    def __init__(self, faults: tuple[AddressFault, ...]) -> None:
        super().__init__("the address has no label: " + ", ".join(f"{fault.field} {fault.code}" for fault in faults))
        self.faults = faults
