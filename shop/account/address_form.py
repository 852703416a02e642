"""The form of a new delivery address: the fields of its country, every fault beside its field, nothing typed lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shop.checkout.address_fields import HOME, Choice, address_field, country_choices
from shop.checkout.lines import one_line
from subscriptions.addresses.check import check
from subscriptions.addresses.fields import FormField, form_fields
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.addresses.typed import TEXT_FIELDS, AddressKind, TypedAddress
from subscriptions.models import Recipient


class AddressForm(forms.Form):
    """One address for one recipient. After `is_valid`, `address` and `label` are ready to be kept.

    A field the country has no place for rides along hidden, so that changing the country back finds it again.
    """

    use_required_attribute = False

    def __init__(
        self, data: Any = None, *, kind: AddressKind, allowed: Collection[str] | None = None, initial: Any = None
    ) -> None:
        """`kind`: who receives, a person or an organisation; `allowed`: the publisher's countries."""
        super().__init__(data, initial=dict(initial or {}), auto_id="id_%s")
        self.kind, self.allowed = kind, allowed
        self.address: TypedAddress | None = None
        self.label: PostalLabel | None = None
        self.fields["country"] = Choice(
            label=_("Country"),
            choices=country_choices(None, frozenset(allowed) if allowed else None),
            initial=HOME,
            widget=forms.Select(attrs={"autocomplete": "shipping country"}),
        )
        shown = {field.name: field for field in self._layout()}
        for name in TEXT_FIELDS:
            self.fields[name] = address_field("delivery", shown.get(name))

    def value(self, name: str) -> str:
        """What stands in a field now: typed, or given beforehand."""
        return one_line(str(self[name].value() or ""))

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields to show, in the order of the country, without the country itself."""
        return [self[field.name] for field in self._layout() if field.name != "country"]

    def typed_address(self) -> TypedAddress:
        """The address as it is typed so far."""
        address = TypedAddress(
            kind=self.kind, country=self.value("country") or HOME, **{name: self.value(name) for name in TEXT_FIELDS}
        )
        return address if self.kind is AddressKind.ORGANISATION else replace(address, organisation="", service="")

    def clean(self) -> dict[str, Any]:
        """The address as the post wants it."""
        cleaned: dict[str, Any] = super().clean() or {}
        address = self.typed_address()
        rules = postal_rules(address.country)
        if rules is not None:
            address = replace(address, postcode=canonical_postcode(address.postcode, rules=rules))
        faults, self.label = check(address, allowed=self.allowed)
        for fault in faults:
            sentence = fault.sentence + (f" {fault.suggestion}" if fault.suggestion else "")
            self.add_error(fault.field, ValidationError(sentence, code=fault.code))
        self.address = address
        return cleaned

    def _layout(self) -> tuple[FormField, ...]:
        return form_fields(self.value("country") or HOME, kind=self.kind)


def kind_of(recipient: Recipient) -> AddressKind:
    """Who receives at the present address."""
    return AddressKind(recipient.address.typed.get("kind") or AddressKind.PERSON)


def beforehand(recipient: Recipient) -> dict[str, Any]:
    """What stands in a fresh form: who receives, and the country; the rest has changed."""
    present = recipient.address
    kept = ("title", "first_name", "last_name", "organisation", "service")
    names = {name: present.typed.get(name, "") for name in kept}
    if not any(names.values()):
        names["last_name"] = recipient.name
    return names | {"country": present.country}
