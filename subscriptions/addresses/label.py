"""The label: six lines of 38 characters as the postman reads them (NF Z10-011), and a line for the country abroad.

Nothing is ever cut. What does not fit is refused with a sentence that says how long it is and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from subscriptions.addresses import sentences
from subscriptions.addresses.abbreviations import shortened
from subscriptions.addresses.characters import harmless_start, printed
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.faults import AddressFault, AddressRefused
from subscriptions.addresses.foreign import foreign_lines, latin_region, latin_town
from subscriptions.addresses.french import french_lines, french_postcode, town_name
from subscriptions.addresses.layout import LINES, WIDTH, LabelLine
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.addresses.territories import is_french_postal_area
from subscriptions.addresses.typed import TEXT_FIELDS, TypedAddress

__all__ = ["LINES", "WIDTH", "LabelLine", "PostalLabel", "postal_label", "preview"]


@dataclass(frozen=True, slots=True)
class PostalLabel:
    """A label that can be printed.

    ``lines`` has no empty line; ``country_line`` is "" inside the French postal area; ``slots`` are the same lines in
    their six places, empty ones kept, for a mailing file with one column for each line; ``postcode`` and ``town`` are
    written as on the label.
    """

    lines: tuple[str, ...]
    country_line: str
    slots: tuple[str, ...]
    postcode: str = ""
    town: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The seven columns l1 to l7 of a mailing file."""
        return (*self.slots, self.country_line)

    @property
    def printed_lines(self) -> tuple[str, ...]:
        """Every line to print, the country last."""
        return (*self.lines, self.country_line) if self.country_line else self.lines

    def __str__(self) -> str:
        return "\n".join(self.printed_lines)


def preview(address: TypedAddress) -> tuple[LabelLine, ...]:
    """Return the lines as they would be, even where one is too long or the address is not finished: for live counters.

    Usual abbreviations are already applied where a line would not fit. The country line is not among them.
    """
    lines = french_lines(address) if is_french_postal_area(address.country) else foreign_lines(address)
    fitted = (
        LabelLine(line.slot, line.field, harmless_start(shortened(line.text, field=line.field, fits=WIDTH)))
        for line in lines
    )
    return tuple(line for line in fitted if line.text)


def postal_label(address: TypedAddress) -> PostalLabel:
    """Return the label of an address.

    Raises :class:`AddressRefused` where a line is too long, where there are more than six, or where a character
    cannot be printed. Whether town, postcode and country agree is not looked at here: see ``check.check``.
    """
    lines = preview(address)
    postcode, town = place_of(address)
    faults = [*character_faults(address), *length_faults(address, lines)]
    if faults:
        raise AddressRefused(tuple(faults))
    by_slot = {line.slot: line.text for line in lines}
    return PostalLabel(
        lines=tuple(line.text for line in lines),
        country_line=country_line(address.country),
        slots=tuple(by_slot.get(slot, "") for slot in range(1, LINES + 1)),
        postcode=postcode,
        town=town,
    )


def place_of(address: TypedAddress) -> tuple[str, str]:
    """Return postcode and town as the label writes them, for the two columns of a mailing file that sort and count."""
    if is_french_postal_area(address.country):
        return french_postcode(address), town_name(address)
    rules = postal_rules(address.country.strip().upper())
    if rules is None:
        return address.postcode.strip().upper(), printed(address.town)
    return canonical_postcode(address.postcode, rules=rules).upper(), printed(latin_town(address, rules)).upper()


def character_faults(address: TypedAddress) -> list[AddressFault]:
    """Return one fault for each field the label would show and cannot print."""
    texts = {field: getattr(address, field) for field in TEXT_FIELDS}
    rules = None if is_french_postal_area(address.country) else postal_rules(address.country.strip().upper())
    if rules is None or not rules.uses("region"):
        del texts["region"]  # not on the form, not on the label: left over from another country
    else:
        texts["region"] = latin_region(address, rules)
    if rules is not None:
        texts["town"] = latin_town(address, rules)
    return sentences.unprintable_faults(texts, country=address.country)


def length_faults(address: TypedAddress, lines: tuple[LabelLine, ...]) -> list[AddressFault]:
    """Return one fault for each line over 38 characters, and one if there are more than six lines."""
    faults = [sentences.too_long(line, address) for line in lines if len(line.text) > WIDTH]
    if len(lines) > LINES:
        faults.append(sentences.too_many_lines(len(lines)))
    return faults
