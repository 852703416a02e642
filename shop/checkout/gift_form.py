"""The order form for whoever gives: who gives, who receives, from which issue on, told when and in which words.

It is the order form, so that what it shares with it (addresses, terms, consents, faults beside their fields) is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shop.checkout.form import OrderForm
from shop.checkout.lines import Line
from shop.templatetags.french import day, issue_number
from subscriptions.addresses.label import PostalLabel, postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.gifts.wishing import GiftWish
from subscriptions.models import Gift, Issue, Offer
from subscriptions.models.gifts import MESSAGE_LENGTH
from subscriptions.moving_house import name_on
from subscriptions.notices.french import month

BY_EMAIL, MYSELF = "email", "myself"
GIVER = ("giver_first_name", "giver_last_name", "email")


class Message(forms.CharField):
    """A few words for the card; a line break counts as one sign, however the browser writes it."""

    def to_python(self, value: Any) -> str:
        """The words with plain line breaks."""
        return "\n".join(str(super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n").split("\n"))


class GiftForm(OrderForm):
    """Everything a giver types. After `is_valid`, `gift_wish` is ready beside what the order form has."""

    phone = for_organisation = kind = organisation = service = siren = siret = vat_number = engagement_number = None

    giver_first_name = Line(
        label=_("Your first name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": _("Please write your first name: the recipient is told who gives.")},
    )
    giver_last_name = Line(
        label=_("Your last name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": _("Please write your last name: it stands on the invoice.")},
    )
    recipient_email = forms.EmailField(
        label=_("E-mail address of the recipient"),
        required=False,
        max_length=254,
        help_text=_("Only to tell them of your gift and of its issues."),
        error_messages={"invalid": _("This is not a whole e-mail address: it looks like name@example.fr.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    start = forms.ChoiceField(
        label=_("The gift begins with"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please choose the first issue."),
            "invalid_choice": _("A gift can no longer begin with this issue. Please choose another one."),
        },
    )
    announce = forms.ChoiceField(
        label=_("How the recipient is told"),
        widget=forms.RadioSelect,
        choices=[
            (BY_EMAIL, _("By an e-mail from us, on the day below")),
            (MYSELF, _("I tell them myself: nothing is sent before the first issue")),
        ],
        error_messages={"required": _("Please choose how the recipient is told.")},
    )
    announce_on = forms.DateField(
        label=_("Day of the e-mail"),
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("This is not a day: write it like 25/12/2026.")},
    )
    message = Message(
        label=_("Your message"),
        required=False,
        max_length=MESSAGE_LENGTH,
        help_text=_("200 signs at most; it stands on the card and in our e-mail."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": _("Your message has %(show_value)d signs: 200 fit on the card.")},
    )
    signed = Line(
        label=_("Signed"),
        required=False,
        max_length=120,
        help_text=_("As it will be read, if it is not your name: “Granny and Grandpa”."),
    )
    renewal = forms.CharField(required=False, initial=str(Offer.Renewal.FIXED), widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, starts: Sequence[Issue], on: date, continues: Gift | None = None, **options: Any
    ) -> None:
        """`starts`: the issues to choose from; `on`: today in Paris; `continues`: the gift that goes on by this one."""
        self.continues, self.on = continues, on
        self.starts = {row.number: row for row in starts}
        super().__init__(data, **options)
        self.fields["start"].choices = [(str(number), _start_words(row)) for number, row in self.starts.items()]
        self.fields["start"].initial = str(starts[0].number) if starts else None
        self.fields["announce"].initial = BY_EMAIL
        self.fields["announce_on"].initial = on.isoformat()
        self.fields["billing_differs"].label = _("I want my address on the invoice")
        if continues is not None:
            # Where the gift goes by now is not the giver's to know, nor theirs to change.
            for name in [name for name in self.fields if name.startswith("delivery_")]:
                del self.fields[name]
            self.fields["announce"].initial = BY_EMAIL if continues.recipient_email else MYSELF

    @property
    def address_kind(self) -> AddressKind:
        """A person receives."""
        return AddressKind.PERSON

    def country(self, part: str) -> str:
        """The country chosen; of a gift that goes on, where it goes today."""
        kept = self._kept(part)
        return kept.country if kept else super().country(part)

    def postcode(self, part: str) -> str:
        """The postcode, likewise."""
        kept = self._kept(part)
        return kept.postcode if kept else super().postcode(part)

    def typed_address(self, part: str) -> TypedAddress:
        """The address, likewise."""
        return self._kept(part) or super().typed_address(part)

    @property
    def buyer(self) -> TypedAddress | None:
        """The giver."""
        facts = self.cleaned_data
        return TypedAddress(first_name=facts["giver_first_name"], last_name=facts["giver_last_name"])

    def clean_renewal(self) -> str:
        """A gift is one year, whatever is sent."""
        return str(Offer.Renewal.FIXED)

    def clean(self) -> dict[str, Any]:
        """Beside what every order asks: a day on which there is somebody to write to."""
        cleaned = super().clean() | {"phone": "", "for_organisation": False}
        if cleaned.get("announce") != BY_EMAIL:
            return cleaned | {"announce_on": None}
        known = self.continues is not None and self.continues.claimed_by_id is not None
        if not cleaned.get("recipient_email") and "recipient_email" not in self.errors and not known:
            self.add_error(
                "recipient_email",
                ValidationError(
                    _("Where shall we write? Give the recipient's e-mail address, or choose to tell them yourself.")
                ),
            )
        if "announce_on" not in self.errors:
            self._check_day(cleaned.get("announce_on"), self.starts.get(int(cleaned.get("start") or 0)))
        return cleaned

    def gift_wish(self) -> GiftWish:
        """What is wished beside the order. Only after `is_valid`."""
        facts = self.cleaned_data
        return GiftWish(
            giver_name=facts["signed"].strip() or f"{facts['giver_first_name']} {facts['giver_last_name']}",
            recipient_name=self.continues.recipient_name if self.continues else name_on(self.typed_address("delivery")),
            recipient_email=facts["recipient_email"] or (self.continues.recipient_email if self.continues else ""),
            message=facts["message"].strip(),
            announce_on=facts["announce_on"],
            continues=self.continues.pk if self.continues else None,
        )

    def _check_day(self, chosen: date | None, first: Issue | None) -> None:
        if chosen is None:
            sentence = gettext("Please choose the day on which we write to the recipient.")
        elif chosen < self.on:
            sentence = gettext("This day is past. The earliest is today.")
        elif first is not None and chosen > first.post_on:
            sentence = gettext("By then the first issue is on its way. Choose a day up to %(day)s.") % {
                "day": day(first.post_on)
            }
        else:
            return
        self.add_error("announce_on", ValidationError(sentence))

    def _kept(self, part: str) -> TypedAddress | None:
        if part != "delivery" or self.continues is None or self.continues.subscription is None:
            return None
        return TypedAddress.from_dict(self.continues.subscription.recipient.address.typed)

    def _checked(self, part: str) -> tuple[TypedAddress, PostalLabel | None]:
        kept = self._kept(part)
        return (kept, postal_label(kept)) if kept else super()._checked(part)


def gift_context(form: Any, gift: Any) -> dict[str, Any]:
    """What the page that gives wants beside what every order page shows. No query."""
    known = gift.continues is not None
    return {
        "who": form.bound(GIVER),
        "country": None if known else form["delivery_country"],
        "delivery": [] if known else form.address_fields("delivery"),
        "organisation": [],
        "renewals": [],
        "recipient": gift.continues.recipient_name if known else "",
        "again": gift.token,
        "action": reverse("gift"),
        "label_url": reverse("gift_label"),
    }


def giver_beforehand(before: Gift | None, user: Any) -> dict[str, Any]:
    """What stands in a fresh form: who gives, as far as our letters to that very person have said it."""
    person = before.order.customer if before is not None else user if user.is_authenticated else None
    if person is None or person.erased_on is not None:
        return {}
    known = {"email": person.email or "", "giver_first_name": person.first_name, "giver_last_name": person.last_name}
    if before is not None:
        known |= {"recipient_email": before.recipient_email, "signed": before.giver_name}
    return known


def _start_words(row: Issue) -> str:
    return gettext("%(number)s, %(month)s, posted about %(day)s") % {
        "number": issue_number(row.printed),
        "month": month(row.cover_month, row.cover_year),
        "day": day(row.post_on),
    }
