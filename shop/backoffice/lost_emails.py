"""Replacing the e-mail of a reader who lost their mailbox: first who is asking is checked, and what was checked is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.desk import record_act
from shop.customers import emails
from shop.customers.models import Customer, EmailChange
from shop.customers.search import refresh

#: What a reader can tell that a stranger cannot; told without help, two at least.
CHECKS: Mapping[str, Any] = {
    "subscriber_number": gettext_lazy("the subscriber number on the label"),
    "postal_address": gettext_lazy("the whole postal address"),
    "old_email": gettext_lazy("the old e-mail address"),
    "invoice": gettext_lazy("the number or the amount of an invoice"),
    "card": gettext_lazy("the last four digits of the card or account"),
    "called_back": gettext_lazy("called back on the telephone number we know"),
}
CHECKS_NEEDED = 2


def refuse_if_not_a_reader(customer: Customer) -> None:
    """Raises ValidationError for the staff, whose sign-in is not replaced at a desk, and for those who were erased."""
    if customer.is_staff:
        raise ValidationError(_("This is a member of the team: their address is changed by an administrator."))
    if customer.erased_on is not None or not customer.is_active:
        raise ValidationError(_("This reader's data was erased: there is no account any more."))


def refuse_if_taken(customer: Customer, new_email: str) -> None:
    """Raises ValidationError when the new address is the present one or somebody else's."""
    if new_email.lower() == customer.email:
        raise ValidationError(_("This is already the reader's address."))
    if Customer.objects.filter(email=new_email.lower()).exclude(pk=customer.pk).exists():
        raise ValidationError(_("This address belongs to another reader. Nothing was changed."))


def replace_lost(
    customer: Customer, new_email: str, *, checked: Sequence[str], reason: str, actor: Actor, at: datetime
) -> EmailChange:
    """Put the new address in place of the lost one, and keep what was checked; returns the change, done.

    Sessions end and both addresses are told (`shop.customers.emails.replace`). Raises ValidationError with a sentence
    before anything is written.
    """
    if len(set(checked) & CHECKS.keys()) < CHECKS_NEEDED:
        raise ValidationError(_("Please check the reader's identity in two ways at least."))
    with transaction.atomic():
        locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        refuse_if_not_a_reader(locked)
        refuse_if_taken(locked, new_email)
        record_act(
            "replaced an e-mail",
            subject=f"customer:{locked.pk}",
            actor=actor,
            at=at,
            reason=reason,
            facts={"checked": sorted(checked)},
        )
        change = emails.replace(locked, new_email, actor=actor, reason=reason, at=at)
        refresh([locked.pk])
    return change
