"""How wide a form field stands, so that an address is typed in the shape in which it is written."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()

# The six columns of a form; anything else takes them all.
WIDTHS = {
    "title": "third",
    "first_name": "third",
    "last_name": "third",
    "flat": "half",
    "building": "half",
    "postcode": "third",
    "town": "two-thirds",
    "region": "half",
    "phone": "half",
    "siren": "half",
    "siret": "half",
    "vat_number": "half",
    "engagement_number": "half",
}


@register.filter
def width(field: Any) -> str:
    """The class that gives a bound field its width, from its name without any prefix of an address."""
    name = str(field.name)
    for known, columns in WIDTHS.items():
        if name == known or name.endswith((f"_{known}", f"-{known}")):
            return columns
    return ""
