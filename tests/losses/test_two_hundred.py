"""Two hundred readers of one department say that one issue did not come: one incident, and no two hundred resends (Done-when 5)."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import models

from payments.models import DeskItem
from subscriptions.losses.carrying_out import carry_out
from subscriptions.losses.claiming import Said, claim
from subscriptions.losses.incidents import decide_incident
from subscriptions.losses.resending import make
from subscriptions.models import (
    Claim,
    ClaimIncident,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    MailingRun,
    Notice,
    Subscription,
    Term,
)
from tests.losses.people import CLAIMED, buys, copy_of, in_stock, posted, unsound
from tests.makers import CLERK, COLLEAGUE, READER, make_magazine, make_offers

MANY = 200
Row = TypeVar("Row", bound=models.Model)


def another(row: Row, **changes: Any) -> Row:
    """The same row once more, with these changes, not saved yet."""
    twin = copy.copy(row)
    twin.pk, twin._state = None, copy.copy(row._state)
    twin._state.adding = True
    for name, value in changes.items():
        setattr(twin, name, value)
    return twin


def neighbours(first: Subscription, many: int) -> None:
    """So many more like the first reader, in the same street, each owed no. 25; one INSERT for each table."""
    owed = copy_of(first)
    customers = type(first.payer).objects.bulk_create(
        [another(first.payer, email=f"voisin{number}@example.fr") for number in range(many)]
    )
    places = type(first.recipient.address).objects.bulk_create([another(first.recipient.address) for _one in customers])
    recipients = type(first.recipient).objects.bulk_create(
        [another(first.recipient, customer=who, address=where) for who, where in zip(customers, places, strict=True)]
    )
    subscriptions = Subscription.objects.bulk_create(
        [
            another(first, number=f"V{number:07d}", payer=who, holder=who, recipient=receiver)
            for number, (who, receiver) in enumerate(zip(customers, recipients, strict=True))
        ]
    )
    # What they paid is no matter here: a copy is worth nothing, and the books stay as they are.
    terms = Term.objects.bulk_create(
        [another(owed.term, subscription=one, order=None, payment=None, copies=1) for one in subscriptions]
    )
    copies = Entitlement.objects.bulk_create([another(owed, term=term, value_ht=Decimal(0)) for term in terms])
    EntitlementMovement.objects.bulk_create([another(owed.movements.get(), entitlement=one) for one in copies])


@pytest.fixture
def street(db) -> list[Entitlement]:
    """Two hundred copies of no. 25 that were sent to one street, and twenty-five of them in stock."""
    first = buys(make_offers(make_magazine())["fixed"])
    neighbours(first, MANY - 1)
    posted()
    in_stock(copies=25)
    copies = list(Entitlement.objects.filter(issue__number=25, state="served").order_by("pk"))
    assert len(copies) == MANY
    return copies


def all_claim(copies: list[Entitlement]) -> None:
    """Each by the verb of the public page, and some of them twice."""
    for number, one in enumerate(copies):
        for _time in range(2 if number % 20 == 0 else 1):
            claim(Said(one.pk, "not_received", "reader"), actor=READER, at=CLAIMED + timedelta(minutes=number))


def test_two_hundred_claims_are_one_incident_and_no_two_hundred_resends(street):
    all_claim(street)
    incident = ClaimIncident.objects.get()
    assert (incident.department, incident.issue.number, incident.claims.count()) == ("75", 25, MANY)
    assert Counter(Claim.objects.values_list("state", flat=True)) == {"waiting": MANY}
    assert DeskItem.objects.filter(desk="fulfilment", closed_at=None).count() == 1
    assert Notice.objects.filter(kind="claim_waiting").count() == MANY
    assert not MailingRun.objects.filter(kind="resend").exists()
    assert not Dispatch.objects.filter(kind="RCL").exists()


@pytest.mark.long
def test_decided_once_it_is_carried_out_for_all_as_far_as_the_stock_goes(street):
    all_claim(street)
    at = CLAIMED + timedelta(days=2)
    decide_incident(ClaimIncident.objects.get().pk, "resending", actor=COLLEAGUE, at=at, reason="un sac perdu")
    assert carry_out(actor=CLERK, at=at) == MANY
    assert carry_out(actor=CLERK, at=at) == 0
    assert Counter(Claim.objects.values_list("state", flat=True)) == {"approved": 25, "extended": MANY - 25}
    run = make(street[0].issue_id, actor=CLERK, at=at)
    assert (run.dispatches, run.copies) == (25, 25)
    assert Entitlement.objects.filter(instead_of__isnull=False, value_ht=0).count() == MANY - 25
    assert [one for one in unsound(at) if one[0] == "COPIES"] == []
