"""Renewals at the desks: the list by day, what stands in the way of each, and one with its chain."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from payments.models import DeskItem, SavedMethod
from subscriptions.models import Renewal, RenewalProof
from subscriptions.renewals.matters import BOUNCED_KIND
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import planned, sell
from tests.renewals.people import prove

pytestmark = pytest.mark.django_db


def rows(answer) -> list[list[str]]:
    return [[str(cell.text) for cell in row] for row in answer.context["table"].rows]


def test_the_next_one_stands_first_and_what_is_over_is_not_shown(at_desk, offers):
    first, second, over = (planned(sell(offers["automatic"], number=number).subscription) for number in (1, 2, 3))
    Renewal.objects.filter(pk=first.pk).update(renews_on=date(2027, 12, 1))
    Renewal.objects.filter(pk=over.pk).update(state="cancelled", why="La reconduction automatique est désactivée.")
    colleague = at_desk("support")
    assert [row[0] for row in rows(colleague.see("desk_renewals"))] == [
        str(second.subscription),
        str(first.subscription),
    ]
    [row] = rows(colleague.see("desk_renewals", etat="cancelled"))
    assert row[-1] == "La reconduction automatique est désactivée."
    assert rows(colleague.see("desk_renewals", etat="manual")) == []


def test_what_is_proved_and_what_stands_in_the_way(at_desk, offers):
    sale = sell(offers["automatic"], number=1)
    renewal = planned(sale.subscription, state="announced")
    prove(renewal, RenewalProof.Kind.LEGAL, sent_on=date(2027, 9, 23))
    colleague = at_desk("finance")
    [row] = rows(colleague.see("desk_renewals"))
    assert row[5:7] == ["23/09/2027", "—"]
    assert row[-1] == said("No means of payment is kept.")
    method = SavedMethod.objects.create(
        payer_account=sale.payment.payer_account, stripe_method="pm_x", kind="card", last4="4242", exp_month=10,
        exp_year=2027, created_at=timezone.now(),
    )  # fmt: skip
    sale.subscription.saved_method = method
    sale.subscription.save()
    [row] = rows(colleague.see("desk_renewals"))
    assert row[-1] == said("The card ends before the renewal.")
    DeskItem.objects.create(
        desk="support", kind=BOUNCED_KIND, subject=f"renewal:{renewal.pk}", sentence="L’avis n’est pas arrivé.",
        opened_at=timezone.now(),
    )  # fmt: skip
    [row] = rows(colleague.see("desk_renewals"))
    assert row[-1] == "L’avis n’est pas arrivé."


def test_one_shows_its_chain_its_proofs_and_its_matters(at_desk, offers):
    sale = sell(offers["automatic"], number=1)
    renewal = planned(sale.subscription)
    prove(renewal, RenewalProof.Kind.LEGAL, sent_on=date(2027, 9, 23))
    answer = at_desk("administrator").see("desk_renewal", renewal.pk)
    page = text_of(answer)
    assert said("R is near") in page
    assert "23/09/2027" in page
    assert said("Nothing was charged yet.") in page
    assert sale.subscription.number in page
    assert at_desk("support").see("desk_renewal", 0).status_code == 404


def test_the_subscription_and_the_person_show_it_too(at_desk, offers):
    sale = sell(offers["automatic"], number=1)
    colleague = at_desk("support")
    assert "reconduction" not in [
        one.anchor for one in colleague.see("desk_subscription", sale.subscription.pk).context["detail"].whys
    ]
    planned(sale.subscription)
    whys = colleague.see("desk_subscription", sale.subscription.pk).context["detail"].whys
    assert [len(one.steps) for one in whys if one.anchor == "reconduction"] == [1]
    assert said("R is near") in text_of(colleague.see("desk_person", sale.customer.pk))
