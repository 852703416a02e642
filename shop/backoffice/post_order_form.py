"""The form of an order by post or telephone: who, where to, what, how it is paid; a reader who is here already is found first."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.cheques.receiving import Written
from payments.days import paris_day
from payments.offline_kinds import Kind
from shop.backoffice.acts_people import AddressForm
from shop.backoffice.acts_prices import DateInput
from shop.backoffice.cheque_forms import FIELDS, cheque_fields, clean_cheque, written_of
from shop.customers.models import Customer
from shop.customers.search import normalised
from subscriptions.addresses.check import check
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.gifts.wishing import GiftWish
from subscriptions.models import Offer, Subscription
from subscriptions.prolonging import PROLONGABLE
from subscriptions.whose import of_people

CHEQUE_HERE, CHEQUE_LATER, TRANSFER = "cheque_here", "cheque_later", "transfer"
PAID: Mapping[str, Any] = {
    CHEQUE_HERE: gettext_lazy("by cheque, which is here"),
    CHEQUE_LATER: gettext_lazy("by cheque, which is to come"),
    TRANSFER: gettext_lazy("by transfer to our account, which is to come"),
}
HOW: Mapping[str, Any] = {"post": gettext_lazy("by post"), "phone": gettext_lazy("by telephone")}
#: Where whoever gives lives, or where the invoice goes: the fields of an address that letters have.
BILLING = ("title", "first_name", "last_name", "building", "street", "locality", "postcode", "town")
#: Persons order here; offices have a page of their own.
OFFICE = ("organisation", "service")


class PostOrderForm(AddressForm):
    """Everything that a letter says, or somebody on the telephone."""

    how = forms.ChoiceField(label=gettext_lazy("How it came"), choices=list(HOW.items()))
    offer = forms.ModelChoiceField(label=gettext_lazy("Offer"), queryset=Offer.objects.none(), empty_label=None)
    renews = forms.ModelChoiceField(
        label=gettext_lazy("Goes on"),
        queryset=Subscription.objects.none(),
        required=False,
        empty_label=gettext_lazy("a new subscription"),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address of whoever pays"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Left empty, every letter is printed and posted."),
    )
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=20, required=False)
    somebody_else = forms.BooleanField(
        label=gettext_lazy("This is none of the readers who are here under this name"), required=False
    )
    gift = forms.BooleanField(
        label=gettext_lazy("A gift: the address above is the recipient’s, the one below the payer’s"), required=False
    )
    recipient_email = forms.EmailField(
        label=gettext_lazy("Gift: e-mail of the recipient, to announce it"), max_length=254, required=False
    )
    announce_on = forms.DateField(label=gettext_lazy("Gift: announced on"), widget=DateInput, required=False)
    message = forms.CharField(label=gettext_lazy("Gift: message"), max_length=200, required=False)
    paid = forms.ChoiceField(label=gettext_lazy("Paid"), choices=list(PAID.items()))
    terms = forms.BooleanField(
        label=gettext_lazy(
            "The buyer accepts the terms of sale: the order form is signed, or they were named and accepted"
        ),
        error_messages={"required": gettext_lazy("Without the terms of sale there is no order.")},
    )
    similar_offers = forms.BooleanField(
        label=gettext_lazy("The buyer wants to hear of other offers of the magazine by e-mail"), required=False
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, reader: Customer | None = None) -> None:
        self.reader, self.known = reader, None
        super().__init__(data, initial=_home_of(reader))
        for name in ("kind", *OFFICE):
            del self.fields[name]
        for name in BILLING:
            label = _("Invoice or payer: %(field)s") % {"field": str(self.fields[name].label)}
            self.fields[f"billing_{name}"] = forms.CharField(label=label, required=False, max_length=200)
        self.fields.update(cheque_fields())
        offers: Any = self.fields["offer"]
        offers.queryset = Offer.objects.filter(kind=Offer.Kind.SUBSCRIPTION, renewal=Offer.Renewal.FIXED).order_by("pk")
        offers.label_from_instance = lambda one: one.title
        self.fields["token"].initial = uuid.uuid4
        theirs: Any = self.fields["renews"]
        if reader is None:
            del self.fields["renews"]
        else:
            theirs.queryset = of_people([reader.pk]).filter(state__in=PROLONGABLE, is_gift=False).order_by("pk")
            del self.fields["somebody_else"]
        self.initial |= {"cheque_received_on": paris_day(timezone.now()).isoformat(), "offer": offers.queryset.first()}
        if reader is not None:
            self.initial |= {"email": reader.email or "", "phone": reader.phone, "renews": theirs.queryset.last()}
        first = ["how", "offer", "renews", "title", "first_name", "last_name"]
        last = [
            "email", "phone", "somebody_else", "gift", *(f"billing_{name}" for name in BILLING), "recipient_email",
            "announce_on", "message", "paid", *FIELDS, "terms", "similar_offers", "reason", "token",
        ]  # fmt: skip
        self.order_fields([*first, *[name for name in self.fields if name not in {*first, *last}], *last])
        self.billing: TypedAddress | None = None
        self.billing_label: PostalLabel | None = None

    @property
    def by(self) -> Kind:
        """How it is paid."""
        return Kind.TRANSFER if self.cleaned_data["paid"] == TRANSFER else Kind.CHEQUE

    def clean(self) -> dict[str, Any]:
        self.cleaned_data |= {"kind": AddressKind.PERSON, **dict.fromkeys(OFFICE, "")}
        typed = super().clean() or {}
        typed.setdefault("renews", None)
        typed["giver"] = ""
        if typed.get("gift"):
            self._clean_gift(typed)
        elif any(typed.get(f"billing_{name}") for name in BILLING):
            self._check_billing()
        if typed.get("paid") == CHEQUE_HERE:
            clean_cheque(self, asked=None)
        if self.reader is None and not self.errors:
            self._find(typed)
        return typed

    def cheque(self) -> Written:
        """The cheque that came with it. Only after `is_valid`, where it is here."""
        return written_of(self)

    def gift_wish(self) -> GiftWish | None:
        """What is wished beside the order, of a gift."""
        typed = self.cleaned_data
        if not typed["gift"]:
            return None
        return GiftWish(
            giver_name=typed["giver"],
            recipient_name=f"{typed['first_name']} {typed['last_name']}".strip(),
            recipient_email=typed["recipient_email"],
            message=typed["message"],
            announce_on=typed["announce_on"],
        )

    def _clean_gift(self, typed: dict[str, Any]) -> None:
        typed["giver"] = f"{typed.get('billing_first_name', '')} {typed.get('billing_last_name', '')}".strip()
        if typed.get("renews") is not None:
            self.add_error("renews", _("A gift is a subscription of its own: choose a new one."))
        if not typed.get("billing_last_name"):
            self.add_error("billing_last_name", _("Who gives it? Their name stands on the card and on the invoice."))
        if typed.get("recipient_email") and not typed.get("announce_on"):
            typed["announce_on"] = paris_day(timezone.now())
        if typed.get("announce_on") and not typed.get("recipient_email"):
            self.add_error("recipient_email", _("To which address is the gift announced?"))
        if not typed.get("email") or typed.get("billing_street") or typed.get("billing_postcode"):
            self._check_billing()
        else:
            self.billing = self._billing()

    def _check_billing(self) -> None:
        self.billing = self._billing()
        faults, self.billing_label = check(self.billing, allowed=None)
        for fault in faults:
            name = f"billing_{fault.field}"
            self.add_error(name if name in self.fields else None, fault.sentence)

    def _billing(self) -> TypedAddress:
        given = {name: self.cleaned_data.get(f"billing_{name}", "") for name in BILLING}
        return replace(TypedAddress(kind=AddressKind.PERSON, country="FR"), **given)

    def _find(self, typed: dict[str, Any]) -> None:
        """Whoever is here by this e-mail address is the buyer; whoever has this name and postcode is asked about, once."""
        if typed.get("email"):
            self.known = Customer.objects.filter(email__iexact=typed["email"], erased_on=None).first()
            if self.known is not None:
                return
        part = "billing_" if typed.get("gift") else ""
        words = [
            word for word in (normalised(typed.get(f"{part}last_name", "")), typed.get(f"{part}postcode", "")) if word
        ]
        if typed.get("somebody_else") or len(words) < 2:
            return
        alike = Customer.objects.filter(erased_on=None, merged_into=None)
        for word in words:
            alike = alike.filter(search__contains=word)
        found = [named(one) for one in alike.order_by("pk")[:5]]
        if found:
            sentence = _(
                "Under this name and postcode we know: %(readers)s. Order from their page, or tick this box if it is somebody else."
            )
            self.add_error("somebody_else", sentence % {"readers": ", ".join(found)})


def named(reader: Customer) -> str:
    """« Élodie Lefèvre (lecteur n° 12) »."""
    return _("%(name)s (reader no. %(key)s)") % {"name": reader.full_name, "key": reader.pk}


def _home_of(reader: Customer | None) -> TypedAddress:
    """The address of a reader, as they typed it last; else their name alone."""
    if reader is None:
        return TypedAddress()
    recipient = reader.receives_as.select_related("address").order_by("-pk").first()
    if recipient is not None and recipient.address.typed:
        try:
            return TypedAddress.from_dict(recipient.address.typed)
        except (ValueError, TypeError):
            pass
    return TypedAddress(title=reader.title, first_name=reader.first_name, last_name=reader.last_name)
