"""Readers who were imported: nobody ordered their first year here, and the next is invoiced to its payer, or not charged."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.models import DeskItem, Invoice, Payment
from shop.customers.models import Customer
from subscriptions.models import Magazine, PostalAddress, Recipient, Renewal, Subscription, Term
from subscriptions.notices.delivering import deliver
from subscriptions.renewals import paying
from subscriptions.renewals.auditing import charged_in_time
from subscriptions.renewals.foreseeing import foresee
from tests.makers import NOW, READER
from tests.renewals.counter import R, at_ten, charge, paid_here, planned, reader, taken, ten, wrong

pytestmark = pytest.mark.django_db(transaction=True)


def imported(till, **changes: Any) -> Renewal:
    """The same reader as the old system knew them, due on R: a year without an order, a payment or an invoice of ours."""
    known = reader(till)
    facts = {
        "number": "00009994", "magazine": Magazine.objects.get(), "payer": known.payer, "holder": known.payer,
        "recipient": known.recipient, "renewal": "automatic", "offer": known.offer, "saved_method": known.saved_method,
        "state": "active", "state_since": NOW, "created_at": NOW, "source": "ancien", "foreign_ref": "A-1",
    }  # fmt: skip
    subscription = Subscription.objects.create(**(facts | changes))
    first = Term.objects.get(subscription=known)
    Term.objects.create(
        subscription=subscription, number=1, starts_on=first.starts_on, ends_on=first.ends_on, copies=0,
        amount="27.60", amount_ht="27.03", vat_zone="FR_METRO", vat_rate=Decimal("2.10"), created_at=NOW, source="ancien",
        foreign_ref="A-1",
    )  # fmt: skip
    Subscription.objects.filter(pk=known.pk).update(renewal="fixed")
    plan = planned(subscription)
    at_ten(till)
    return plan


def elsewhere(name: str, *, customer=None) -> Recipient:
    """Somebody who lives in Lyon."""
    address = PostalAddress.objects.create(
        typed={}, lines=[name.upper(), "4 PLACE BELLECOUR", "69002 LYON"], country="FR", postcode="69002", town="LYON",
        delivery_zone="FR", vat_zone="FR_METRO", created_at=NOW,
    )  # fmt: skip
    return Recipient.objects.create(name=name, address=address, customer=customer)


def test_the_next_year_is_invoiced_to_its_payer(till, post):
    plan = imported(till)
    for _twice in range(2):
        charge()
    plan.refresh_from_db()
    assert (plan.state, taken(till), paid_here()) == ("paid", [plan.subject], [plan.subject])
    invoice = Invoice.objects.get(subject=plan.subject)
    assert (invoice.buyer_kind, invoice.buyer_name) == ("consumer", "Élodie Lefèvre")
    assert invoice.buyer_address == plan.subscription.recipient.address.lines
    assert (invoice.delivery_address, invoice.total_ht.amount) == ([], Decimal("27.03"))
    deliver(50, at=ten())
    assert [letter.subject for letter in post if "reconduit" in letter.subject] != []
    assert [one for one in wrong(ten()) if "term:" not in one[1]] == []


def test_who_pays_for_somebody_else_is_invoiced_where_they_live(till):
    plan = imported(till, recipient=elsewhere("Inès Roux"))
    charge()
    invoice = Invoice.objects.get(subject=plan.subject)
    assert (invoice.buyer_name, invoice.buyer_address[-1]) == ("Élodie Lefèvre", "75004 PARIS")
    assert invoice.delivery_address == ["INÈS ROUX", "4 PLACE BELLECOUR", "69002 LYON"]


def test_without_a_name_nothing_is_charged_and_finance_hears_of_it_once(till):
    plan = imported(till)
    payer = plan.subscription.payer
    payer.first_name = payer.last_name = ""
    payer.save()
    [line] = [one for one in foresee(R, R, at=ten()) if one.subscription == plan.subscription]
    assert line.will == "waits"
    for _twice in range(2):
        charge()
    plan.refresh_from_db()
    assert (plan.state, taken(till), Payment.objects.filter(purpose="renewal").count()) == ("due", [], 0)
    item = DeskItem.objects.get()
    assert (item.desk, item.kind, item.subject) == ("finance", "renewal_without_buyer", f"renewal:{plan.pk}")
    with pytest.raises(paying.CannotPay) as refused:
        paying.begin(plan, actor=READER, at=ten())
    assert refused.value.code == "unnamed"
    payer.last_name = "Lefèvre"
    payer.save()
    charge()
    plan.refresh_from_db()
    item.refresh_from_db()
    assert (plan.state, item.closed_because) == ("paid", "there is a name")


def test_what_waits_on_finances_desk_for_a_name_is_not_forgotten(till):
    plan = imported(till)
    Customer.objects.update(first_name="", last_name="")
    charge()
    week_later = ten(R + timedelta(days=7))
    assert list(charged_in_time(week_later)) == []
    DeskItem.objects.update(closed_at=week_later, closed_by="staff:1", closed_because="Vu.")
    assert [subject for subject, _why in charged_in_time(week_later)] == [f"renewal:{plan.pk}"]
