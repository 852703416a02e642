"""Agencies as data: who they are, and what they are granted from which day on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.invoicing.issuing import Buyer
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import Agency, AgencyDiscount
from subscriptions.places import address_row


class CannotAdd(ValidationError):
    """The agency cannot be added; the message is a sentence for staff."""


@transaction.atomic
def add_agency(
    firm: Buyer,
    address: TypedAddress,
    label: PostalLabel,
    *,
    email: str,
    percent: Decimal,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Agency:
    """Add an agency with its record, its address and its first discount, from today on. Raises CannotAdd."""
    customers: Any = get_user_model().objects
    row = customers.model(email=email.lower(), password="!", organisation=firm.name, created_at=at)  # noqa: S106
    customers.bulk_create([row], ignore_conflicts=True)
    customer = customers.annotate(lower=Lower("email")).get(lower=email.lower())
    if Agency.objects.filter(customer=customer).exists() or Agency.objects.filter(name=firm.name).exists():
        raise CannotAdd(_("There is an agency of this name or e-mail already."), code="known")
    place = address_row(address, label, at=at)
    place.save()
    agency = Agency.objects.create(
        customer=customer,
        name=firm.name,
        kind=firm.kind,
        address=place,
        siren=firm.siren,
        siret=firm.siret,
        vat_number=firm.vat_number,
        created_at=at,
    )
    grant_discount(agency, percent=percent, valid_from=paris_day(at), reason=reason, actor=actor, at=at)
    record_act("added an agency", subject=f"customer:{customer.pk}", actor=actor, at=at, reason=reason)
    return agency


@transaction.atomic
def grant_discount(
    agency: Agency, *, percent: Decimal, valid_from: date, reason: str, actor: Actor, at: datetime
) -> AgencyDiscount:
    """Grant a discount from a day on; the one before holds until then, and what was invoiced stands. Raises CannotAdd."""
    if valid_from < paris_day(at):
        raise CannotAdd(_("A discount begins today at the earliest: what was invoiced stands."), code="past")
    if agency.discounts.filter(valid_from=valid_from).exists():
        raise CannotAdd(_("Another discount begins on that day already."), code="known")
    granted = AgencyDiscount.objects.create(
        agency=agency, percent=percent, valid_from=valid_from, actor=str(actor), reason=reason[:200], at=at
    )
    record_act("granted a discount", subject=f"customer:{agency.customer_id}", actor=actor, at=at, reason=reason)
    return granted
