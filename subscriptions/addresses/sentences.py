"""The sentences that tell a person what to put right in an address: whole sentences, one per case, for translation."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from subscriptions.addresses.characters import printed, unprintable
from subscriptions.addresses.faults import AddressFault, FaultCode
from subscriptions.addresses.fields import field_label
from subscriptions.addresses.layout import LINES, WIDTH, LabelLine
from subscriptions.addresses.typed import TypedAddress


def too_long(line: LabelLine, address: TypedAddress) -> AddressFault:
    """Say how long a line would be and how to shorten it."""
    length = _("On the label this line would read “%(line)s”: %(length)d characters, and a line holds %(limit)d.") % {
        "line": line.text,
        "length": len(line.text),
        "limit": WIDTH,
    }
    field, suggestion = line.field, ""
    if field == "town":
        suggestion = _shorter_town(line)
    elif field == "last_name" and (initials := _initials(address.first_name)):
        saved = len(printed(address.first_name)) - len(initials)
        if len(line.text) - saved <= WIDTH:
            field, suggestion = "first_name", initials
    return AddressFault(field, FaultCode.TOO_LONG, f"{length} {_advice(field)}", suggestion)


def _advice(field: str) -> str:
    advice = {
        "first_name": _("Please reduce the first name to its initials."),
        "last_name": _("Leave the title or a part of the name out."),
        "organisation": _("Use the organisation’s usual short name or its initials."),
        "service": _("Shorten the department or leave out the name of the person."),
        "flat": _("Abbreviate it, or move a part of it to the line for the building."),
        "building": _("Abbreviate it, or move a part of it to the line for the flat."),
        "street": _(
            "Keep only the number and the street here, abbreviated if need be, and move the rest to another line."
        ),
        "locality": _("Keep only the hamlet or the box number here."),
        "town": _("Write the town in the shorter form that the post office uses; never cut a word."),
    }
    return advice.get(field) or _("Shorten it, or move a part of it to another line.")


def _shorter_town(line: LabelLine) -> str:
    """Offer the post's own short form of a saint's town, the one abbreviation met in towns; never applied by us."""
    short = re.sub(r"\bSAINT(E?S?)\b", r"ST\1", line.text)
    return re.sub(r"^[0-9]{5} ", "", short) if short != line.text and len(short) <= WIDTH else ""


def _initials(first_name: str) -> str:
    """Return J.-C. for Jean-Christophe and M. L. for Marie Louise; "" if that is no shorter."""
    name = printed(first_name)
    initials = re.sub(r"(\w)[\w']*\.?", r"\1.", name)
    return initials if len(initials) < len(name) else ""


def unknown_country() -> AddressFault:
    """Say that the country is missing or not one we know."""
    return AddressFault("country", FaultCode.UNKNOWN_COUNTRY, _("Please choose the country from the list."))


def country_not_served(name: str) -> AddressFault:
    """Say that the publisher does not deliver to this country."""
    sentence = _("We do not deliver to this country: %(country)s. Please choose another delivery address.")
    return AddressFault("country", FaultCode.COUNTRY_NOT_SERVED, sentence % {"country": name})


def field_too_long(address: TypedAddress, field: str, *, limit: int) -> AddressFault:
    """Say that far more was typed into one field than any label could carry."""
    sentence = _("The field “%(label)s” takes at most %(limit)d characters and contains %(length)d. Please shorten it.")
    values = {
        "label": field_label(field, country=address.country),
        "limit": limit,
        "length": len(getattr(address, field)),
    }
    return AddressFault(field, FaultCode.TOO_LONG, sentence % values)


def too_many_lines(count: int) -> AddressFault:
    """Say that the address takes more lines than a label has."""
    return AddressFault(
        "building",
        FaultCode.TOO_MANY_LINES,
        _(
            "This address takes %(count)d lines and a label holds %(limit)d before the country. Put the flat and the building on one line, or leave out what the postman does not need."
        )
        % {"count": count, "limit": LINES},
    )


def unprintable_faults(texts: dict[str, str], *, country: str) -> list[AddressFault]:
    """Return one fault for each field whose text has characters that no label can carry."""
    faults = []
    for field, text in texts.items():
        found = unprintable(text)
        label = {"label": field_label(field, country=country)}
        if found.has_controls:
            sentence = _("The field “%(label)s” contains an invisible control character. Please type it again.") % label
            faults.append(AddressFault(field, FaultCode.CONTROL_CHARACTER, sentence))
        elif found.letters:
            sentence = _(
                "The field “%(label)s” contains “%(characters)s”, which the label cannot carry. Please write it in Latin letters and Arabic figures."
            ) % (label | {"characters": found.letters})
            faults.append(AddressFault(field, FaultCode.NOT_LATIN, sentence))
        elif found.signs:
            sentence = _(
                "The field “%(label)s” contains the sign “%(characters)s”, which cannot be printed on a label. Please remove it."
            ) % (label | {"characters": found.signs})
            faults.append(AddressFault(field, FaultCode.NOT_PRINTABLE, sentence))
    return faults
