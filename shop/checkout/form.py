"""The order form: one page, every fault beside its field in a sentence, nothing that was typed ever lost.

Which address fields are shown, and how they are called, follows the country; a field the country has no place for rides
along hidden, so that changing the country back finds it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shop.checkout.address_fields import ADDRESS_FIELDS, HOME, SECTION, Choice, Typed, address_field, country_choices
from shop.checkout.firm_numbers import check_numbers
from shop.checkout.lines import one_line
from shop.checkout.long_lists import Select
from shop.checkout.typos import suggestion
from subscriptions.addresses.check import check
from subscriptions.addresses.fields import FormField, form_fields
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.addresses.typed import AddressKind, TypedAddress

WHO = ("email", "phone")
ORGANISATION = ("kind", "organisation", "service", "siren", "siret", "vat_number", "engagement_number")
NOT_TYPED = frozenset({"email_kept", "source_code"})

KINDS = [("company", _("Company")), ("public", _("Public body")), ("association", _("Association"))]


class OrderForm(forms.Form):
    """Everything a buyer types. After `is_valid`, `delivery`, `billing` and their labels are ready to be kept."""

    use_required_attribute = False

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The confirmation and the invoice go there; it also opens your account."),
        error_messages={
            "required": _("Please enter your e-mail address: the confirmation goes there."),
            "invalid": _("This is not a whole e-mail address: it looks like name@example.fr."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=30,
        help_text=_("Only to reach you if a copy comes back to us."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    for_organisation = forms.BooleanField(label=_("I order for an organisation"), required=False)
    kind = forms.ChoiceField(label=_("Kind of organisation"), choices=KINDS, required=False)
    organisation = Typed(
        label=_("Organisation"),
        required=False,
        bare=True,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    service = Typed(label=_("Department or person to whose attention it goes"), required=False)
    siren = forms.CharField(label="SIREN", required=False, max_length=30)
    siret = forms.CharField(label="SIRET", required=False, max_length=30)
    vat_number = forms.CharField(label=_("VAT number"), required=False, max_length=40)
    engagement_number = forms.CharField(label=_("Purchase order or commitment number"), required=False, max_length=60)
    billing_differs = forms.BooleanField(label=_("The invoice goes to another name or address"), required=False)
    renewal = forms.ChoiceField(
        label=_("How it goes on"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please choose whether the subscription renews itself or ends after a year."),
            "invalid_choice": _("This offer is no longer on sale. Please choose another one."),
        },
    )
    terms = forms.BooleanField(
        label=_("Terms of sale"),
        error_messages={"required": _("Please read the terms of sale and accept them by ticking the box.")},
    )
    similar_offers = forms.BooleanField(
        label=_("Write to me about other offers of the magazine, a few times a year. I can stop it in every letter."),
        required=False,
    )
    email_kept = forms.CharField(required=False, max_length=254, widget=forms.HiddenInput)
    source_code = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        renewals: Collection[str],
        zones: Iterable[str],
        allowed: Collection[str] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """`renewals`: what is on sale; `zones`: delivery zones with a price; `allowed`: the publisher's countries."""
        super().__init__(data, initial=dict(initial or {}), auto_id="id_%s")
        self.allowed = allowed
        self.fields["renewal"].choices = [(renewal, renewal) for renewal in renewals]
        served = tuple(country_choices(frozenset(zones), frozenset(allowed) if allowed else None))
        self._add_address("delivery", served)
        self._add_address("billing", tuple(country_choices(None, None)))
        self.delivery: TypedAddress | None = None
        self.billing: TypedAddress | None = None
        self.delivery_label: PostalLabel | None = None
        self.billing_label: PostalLabel | None = None

    # What is shown

    def value(self, name: str) -> str:
        """What stands in a field now: typed, or given beforehand; on one line where the field has one."""
        text = str(self[name].value() or "")
        return text.strip() if isinstance(self.fields[name].widget, forms.Textarea) else one_line(text)

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked now."""
        return bool(self[name].value()) and self[name].value() not in ("False", "off", "0")

    def country(self, part: str) -> str:
        """The country chosen for `delivery` or `billing`."""
        return self.value(f"{part}_country") or HOME

    @property
    def address_kind(self) -> AddressKind:
        """Who receives: a person, or the organisation the order is for."""
        return AddressKind.ORGANISATION if self.ticked("for_organisation") else AddressKind.PERSON

    def postcode(self, part: str) -> str:
        """The postcode as typed so far for `delivery` or `billing`."""
        return self.value(f"{part}_postcode")

    @property
    def buyer(self) -> TypedAddress | None:
        """Whose names stand on the order: those of the invoice. Only after `is_valid`."""
        return self.billing or self.delivery

    def bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        """The bound fields of some names."""
        return [self[name] for name in names]

    def address_fields(self, part: str, *, with_country: bool = False) -> list[forms.BoundField]:
        """The address fields to show, in the order of its country."""
        shown = [field.name for field in self._layout(part)]
        return self.bound(f"{part}_{name}" for name in shown if with_country or name != "country")

    def typed_address(self, part: str) -> TypedAddress:
        """The address as it is typed so far."""
        organisation = self.address_kind is AddressKind.ORGANISATION
        return TypedAddress(
            kind=self.address_kind,
            organisation=self.value("organisation") if organisation else "",
            service=self.value("service") if organisation and part == "delivery" else "",
            country=self.country(part),
            **{name: self.value(f"{part}_{name}") for name in ADDRESS_FIELDS},
        )

    def as_typed(self) -> dict[str, Any]:
        """Every field as typed, to be kept with the order and shown again."""
        return {
            name: self.ticked(name) if isinstance(field, forms.BooleanField) else self.value(name)
            for name, field in self.fields.items()
            if name not in NOT_TYPED
        }

    # What is checked

    def clean_email(self) -> str:
        """The address; a likely slip in its domain is asked about once, and kept if it is sent again."""
        email: str = self.cleaned_data["email"]
        meant = suggestion(email)
        if meant and self.data.get("email_kept") != email:
            self.data = self.data.copy()
            self.data["email_kept"] = email
            raise ValidationError(
                _("Did you mean %(suggestion)s? Correct the address, or send the form again if it is right as it is."),
                code="typo",
                params={"suggestion": meant},
            )
        return email

    def clean_phone(self) -> str:
        """The number in international form, +33612345678."""
        typed = self.cleaned_data["phone"]
        if not typed:
            return ""
        country = self.country("delivery")
        try:
            number = phonenumbers.parse(typed, "GB" if country == "XI" else country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValidationError(
                _(
                    "This is not a telephone number: write it like 06 12 34 56 78, or with its country like +32 2 123 45 67."
                )
            )
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def clean(self) -> dict[str, Any]:
        """Addresses as the post wants them, and the organisation's numbers."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.delivery, self.delivery_label = self._checked("delivery")
        if cleaned.get("billing_differs"):
            self.billing, self.billing_label = self._checked("billing")
        if cleaned.get("for_organisation"):
            check_numbers(self, cleaned)
        else:
            cleaned |= dict.fromkeys(ORGANISATION, "")
        return cleaned

    def _checked(self, part: str) -> tuple[TypedAddress, PostalLabel | None]:
        address = self.typed_address(part)
        rules = postal_rules(address.country)
        if rules is not None:
            address = replace(address, postcode=canonical_postcode(address.postcode, rules=rules))
        faults, label = check(address, allowed=self.allowed if part == "delivery" else None)
        for fault in faults:
            own = fault.field in {"organisation", "service"}
            sentence = fault.sentence
            if fault.suggestion:
                sentence += " " + gettext("You may have meant: %(suggestion)s.") % {"suggestion": fault.suggestion}
            self.add_error(fault.field if own else f"{part}_{fault.field}", ValidationError(sentence, code=fault.code))
        return address, label

    # How it is built

    def _layout(self, part: str) -> list[FormField]:
        kept = {"country", *ADDRESS_FIELDS}
        return [field for field in form_fields(self.country(part), kind=self.address_kind) if field.name in kept]

    def _add_address(self, part: str, countries: tuple[tuple[str, str], ...]) -> None:
        self.fields[f"{part}_country"] = Choice(
            label=_("Country"),
            choices=countries,
            initial=HOME,
            widget=Select(attrs={"autocomplete": f"{SECTION[part]} country"}),
        )
        shown = {field.name: field for field in self._layout(part)}
        for name in ADDRESS_FIELDS:
            self.fields[f"{part}_{name}"] = address_field(part, shown.get(name))
