"""What the registers say of states and columns: each closed list in the words of the desks, each remark in a sentence.

Models keep their own words; changing those would write a migration for a word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shop.backoffice import words
from shop.backoffice.naming import COLUMNS

#: The words of each closed list, by table and column.
WAYS: Mapping[str, Any] = {
    "checkout": _("on Stripe’s page"),
    "off_session": _("without the reader"),
    "offline": _("by cheque or transfer"),
}
TRIGGERS: Mapping[str, Any] = {
    "posted": _("an issue was posted"),
    "lapsed": _("the subscription lapsed"),
    "ending": _("its last copy is near"),
}
ADDRESSEES: Mapping[str, Any] = {
    "reader": _("to who pays for what they read"),
    "giver": _("to who gave it"),
    "recipient": _("to who received it as a gift"),
}
CLOSED_LISTS: Mapping[str, Mapping[str, Any]] = {
    "subscriptions.reminderstep.trigger": TRIGGERS,
    "subscriptions.reminderstep.addressee": ADDRESSEES,
    "subscriptions.reminderstep.channel": {"email": _("by e-mail"), "letter": _("by e-mail, or on paper")},
    "subscriptions.order.state": words.ORDER,
    "subscriptions.subscription.state": words.SUBSCRIPTION,
    "subscriptions.subscription.renewal": words.RENEWAL,
    "subscriptions.offer.renewal": words.RENEWAL,
    "subscriptions.offer.kind": {"subscription": _("subscription"), "single": _("past issues, one by one")},
    "payments.payment.state": words.PAYMENT,
    "payments.payment.effect": words.EFFECT,
    "payments.payment.way": WAYS,
    "payments.payment.method_kind": words.METHOD,
    "payments.refund.state": words.REFUND,
    "payments.invoice.kind": words.INVOICE,
    "payments.stripeevent.state": words.EVENT,
}


#: What a column says of itself on a record's page, where its model says something.
REMARKS: Mapping[str, Any] = {
    "code": _("Counted as the source of the orders that come of it."),
    "issues_from_last": _("-2: two issues before the last one; 0: the last one; 1: the first one missed."),
    "late_days": _("So many days late it is not sent any more."),
    "last_number": _("Second number of a double issue, one copy all the same; empty for a single one."),
    "letter": _("One of the kinds of letters that are written."),
    "magazine": _("None: every magazine."),
    "on_invoice": _("Ordered by an institution, and paid against invoices."),
    "quantity": _("Copies of each issue, to one address."),
    "place": _("1, 2, 3…"),
    "buyer_address": _("As printed."),
    "called_at": _("When Stripe was last asked to act."),
    "content_sha256": _("Of everything typed: the same again is the same order."),
    "contents": _("A list of {title, text}."),
    "created": _("By Stripe’s clock."),
    "cutoff_on": _("Paid before this day: in the file."),
    "delivery_address": _("As printed; empty when it is the same."),
    "first_issue": _("As promised."),
    "heard_by": _("Webhook or catch-up."),
    "hints": _("Other objects that the event names."),
    "days_before": _("Before the last copy is posted."),
    "is_gift": _("Somebody else than the buyer receives it."),
    "is_open": _("Money may still come by this payment."),
    "renews": _("The subscription that this order prolongs; none for a new one."),
    "nature": _("LB: delivery of goods (CGI, ann. II, art. 242 nonies A, 8° bis)."),
    "number": _("Printed on the label, with its check digit."),
    "on_sale_to": _("First day off sale."),
    "payment": _("The one that pays for this term."),
    "rate": _("In percent."),
    "received_on": _("The day in Paris when the money was received: VAT falls due."),
    "reference": _("Like F2026-000001."),
    "seller": _("The publisher and its mentions, as printed."),
    "renewals_from": _("First R that costs it; empty: as for orders."),
    "renewals_to": _("First R that no longer costs it; empty: as for orders."),
    "valid_to": _("First day on which it no longer holds."),
    "vat_rate": _("In percent."),
}


class InWords(admin.ModelAdmin):  # type: ignore[type-arg]
    """A register that says its closed lists and its remarks in words."""

    def get_list_display(self, request: HttpRequest) -> Any:
        return [in_words(self.model, column) for column in super().get_list_display(request)]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, with remarks that are not the models' own."""
        said = {field.name: REMARKS.get(field.name, "") for field in self.model._meta.concrete_fields}
        remarks = {name: remark for name, remark in said.items() if remark and _remarks(self.model, name)}
        return super().get_form(request, obj, change=change, help_texts=remarks, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        known = closed_list(self.model, db_field.name)
        if known is not None:
            kwargs["choices"] = [(value, word_of(known, value)) for value, _label in db_field.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


def closed_list(model: type[models.Model], column: Any) -> Mapping[str, Any] | None:
    """The words of a closed list; None where the column is none, or already says itself in French."""
    return CLOSED_LISTS.get(f"{model._meta.label_lower}.{column}") if isinstance(column, str) else None


def in_words(model: type[models.Model], column: Any) -> Any:
    """The column itself, or what says it in words where it is a closed list."""
    return column if closed_list(model, column) is None else _saying(f"{model._meta.label_lower}.{column}")


def word_of(known: Mapping[str, Any], value: str) -> str:
    """One value of a closed list; what the list does not know stays as it is."""
    word = known.get(value, value)
    return str(word[0] if isinstance(word, tuple) else word)


def _remarks(model: type[models.Model], column: str) -> bool:
    return bool(getattr(model._meta.get_field(column), "help_text", ""))


@cache  # the admin compares columns by identity
def _saying(name: str) -> Callable[[Any], str]:
    known, column = CLOSED_LISTS[name], name.rpartition(".")[2]

    @admin.display(description=COLUMNS[column], ordering=column)
    def say(row: Any) -> str:
        return word_of(known, getattr(row, column))

    say.__name__ = column  # the admin names the cells of a column after it
    return say
