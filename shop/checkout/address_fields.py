"""The fields of an address in the order form: which, how called and how long follows its country."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.territories import UnknownTerritory
from subscriptions.addresses.countries import deliverable_countries
from subscriptions.addresses.fields import FormField
from subscriptions.addresses.typed import TEXT_FIELDS
from subscriptions.calendar import delivery_zone_of

ADDRESS_FIELDS = tuple(name for name in TEXT_FIELDS if name not in {"organisation", "service"})
HOME = "FR"


class Typed(forms.CharField):
    """A line of an address: whether it may be empty is said by the address check, in a sentence of its own."""

    def __init__(self, *, bare: bool = False, **options: Any) -> None:
        """`bare`: the page does not call it optional, since the check wants it, or another in its place."""
        super().__init__(**options)
        self.bare = bare

    def validate(self, value: str) -> None:
        """Nothing: see `subscriptions.addresses.check`."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No maxlength in the page: a browser would cut in silence what the reader goes on typing."""
        return {}


class Choice(forms.ChoiceField):
    """A choice that the address check judges."""

    def validate(self, value: str) -> None:
        """Nothing: see `subscriptions.addresses.check`."""


LONGEST = {"title": 10, "first_name": 60, "last_name": 60, "postcode": 12, "town": 80}
SECTION = {"delivery": "shipping", "billing": "billing"}


def address_field(part: str, field: FormField | None) -> forms.Field:
    """The field of `delivery` or `billing` for one field of the country; hidden where the country has no place for it."""
    if field is None:
        return Typed(required=False, widget=forms.HiddenInput)
    attrs = {"autocomplete": f"{SECTION[part]} {field.autocomplete}"} if field.autocomplete else {}
    if field.choices:
        choices = [("", ""), *field.choices]
        return Choice(label=field.label, required=field.required, choices=choices, widget=forms.Select(attrs=attrs))
    return Typed(
        label=field.label,
        required=field.required,
        bare=field.name == "street",
        max_length=LONGEST.get(field.name),
        error_messages={"max_length": _("This is too long here: %(limit_value)d characters at most.")},
        widget=forms.TextInput(attrs=attrs),
    )


@lru_cache(maxsize=16)
def country_choices(zones: frozenset[str] | None, allowed: frozenset[str] | None) -> list[tuple[str, str]]:
    """Countries to choose from: those the publisher serves, in a zone that has a price; `None` restricts nothing."""
    return [
        (country.code, country.name)
        for country in deliverable_countries(allowed)
        if zones is None or _zone(country.code) in zones
    ]


def _zone(country: str) -> str:
    try:
        return str(delivery_zone_of(country, USUAL_POSTCODE.get(country, "")))
    except UnknownTerritory:
        return ""


# A country's price before its postcode is typed: that of its mainland.
USUAL_POSTCODE = {"FR": "75001"}
