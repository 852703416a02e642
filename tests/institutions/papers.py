"""Institutions that order on paper, agencies that pass orders on, and the transfers that come."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from payments import audit as money
from payments.actors import Actor
from payments.audit import balance_of
from payments.models import BankReceipt, Invoice
from shop.customers.models import Customer
from subscriptions import audit as promise
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.institutions.ordering import Ordered, Paper, order_by_paper, priced
from subscriptions.institutions.receiving import receive
from subscriptions.models import Agency, AgencyDiscount, Offer
from subscriptions.places import address_row
from tests.makers import NOW, TODAY

COLLEAGUE = Actor("staff", "7")
LIBRARY = TypedAddress(
    kind=AddressKind.ORGANISATION,
    organisation="Université de Lyon",
    service="SERVICE PERIODIQUES",
    street="37 rue du Repos",
    postcode="69007",
    town="Lyon",
    country="FR",
)
OFFICE = TypedAddress(
    kind=AddressKind.ORGANISATION,
    organisation="Prenax SAS",
    street="11 rue de Rome",
    postcode="75008",
    town="Paris",
    country="FR",
)


def make_agency(*, percent: str = "5", since: date = date(2026, 1, 1)) -> Agency:
    """An agency with its discount."""
    customer = Customer.objects.create(email="commandes@prenax.example", organisation="Prenax SAS", created_at=NOW)
    row = address_row(OFFICE, postal_label(OFFICE), at=NOW)
    row.save()
    agency = Agency.objects.create(customer=customer, name="Prenax SAS", address=row, siren="348876517", created_at=NOW)
    grant(agency, percent, since)
    return agency


def grant(agency: Agency, percent: str, since: date) -> AgencyDiscount:
    """Another discount from a day on."""
    return AgencyDiscount.objects.create(
        agency=agency, percent=Decimal(percent), valid_from=since, actor=str(COLLEAGUE), reason="accord-cadre", at=NOW
    )


def paper(**changes: Any) -> Paper:
    """The university's purchase order: one copy of each issue, from the next one on."""
    facts: dict[str, Any] = {
        "offer": Offer.objects.get(code="un-an"),
        "quantity": 1,
        "kind": "public_fr",
        "organisation": "Université de Lyon",
        "email": "periodiques@univ-lyon.example",
        "number": "4500012345",
        "dated_on": date(2026, 11, 20),
        "delivery": LIBRARY,
        "delivery_label": postal_label(LIBRARY),
        "siren": "130021397",
        "siret": "13002139700011",
    }
    return Paper(**(facts | changes))


def take(said: Paper | None = None, *, at: datetime = NOW, token: uuid.UUID | None = None, **changes: Any) -> Ordered:
    """Take an order at the total that a colleague has just seen."""
    said = said or paper(**changes)
    return order_by_paper(
        said,
        expected_total=priced(said, on=at.date()).total,
        form_token=token or uuid.uuid4(),
        reason="bon de commande reçu par e-mail",
        actor=COLLEAGUE,
        at=at,
    )


def transfer(
    invoice: Invoice, amount: str, *, ref: str = "VIR 0001", on: date = TODAY, at: datetime = NOW, others: bool = False
) -> BankReceipt:
    """A transfer on the bank's statement, noted by finance."""
    return receive(
        invoice,
        amount=Decimal(amount),
        bank_reference=ref,
        received_on=on,
        payer="TRESORERIE UNIV LYON",
        reason="relevé du jour",
        actor=COLLEAGUE,
        at=at,
        others_too=others,
    )


def books() -> dict[str, str]:
    """What the accounts of this story hold, debit minus credit, without those that hold nothing."""
    keys = {
        "411": "411000", "4871": "487100", "44571": "445712", "44574": "445740", "512": "512000", "7011": "701100",
        "4197": "419700", "654": "654000",
    }  # fmt: skip
    found = {name: balance_of(account) for name, account in keys.items()}
    return {name: str(amount) for name, amount in found.items() if amount}


def all_is_well(at: datetime = NOW, *, but: Collection[str] = ("MIRROR",)) -> None:
    """Every invariant by its name, but the mirror of Stripe, which nobody has held in these stories."""
    for checks in (money.CHECKS, promise.CHECKS):
        for name, theirs in checks.items():
            for check in theirs if name not in but else ():
                assert list(check(at)) == [], f"{name}: {check.__name__}"
