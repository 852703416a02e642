"""Staff give a temporary address for a reader who telephones, see which issues go there, and end it again."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from payments.models import Act
from shop.customers.holdings import everything
from shop.customers.merging import merge
from shop.customers.models import Customer
from subscriptions.models import Issue, Notice, TemporaryAddress, TemporaryAddressEnd
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import sell
from tests.issue_calendar.test_telling import STAFF
from tests.makers import NOW

WHY = "Elle a appelé : l’été à Nice."
NICE = {
    "kind": "person", "country": "FR", "last_name": "Lefèvre", "first_name": "Élodie", "street": "5 promenade des Anglais",
    "postcode": "06000", "town": "Nice", "from_on": "2026-12-10", "to_on": "2027-03-31", "reason": WHY,
}  # fmt: skip


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def test_it_is_given_shown_and_ended(at_desk, sale):
    colleague, key = at_desk("support"), sale.subscription.recipient_id
    page = colleague.see("desk_subscription", sale.subscription.pk).content.decode()
    assert reverse("desk_act_stay", args=[key]) in page
    shown = text_of(colleague.rehearse("desk_act_stay", key, **NICE))
    assert "n° 25, n° 26" in shown
    assert "06000 NICE" in shown
    assert not TemporaryAddress.objects.exists()
    colleague.act("desk_act_stay", key, **NICE)
    given = TemporaryAddress.objects.get()
    assert (given.from_on, given.until, given.actor, given.reason) == (
        date(2026, 12, 10), date(2027, 4, 1), f"staff:{colleague.user.pk}", WHY,
    )  # fmt: skip
    assert Act.objects.get(verb="gave a temporary address").reason == WHY
    assert Notice.objects.get(kind="temporary_address").customer_id == sale.customer.pk
    page = text_of(colleague.see("desk_subscription", sale.subscription.pk))
    assert said("Temporary addresses") in page
    assert "5 PROMENADE DES ANGLAIS, 06000 NICE" in page
    line = text_of(colleague.see("desk_person", sale.customer.pk))
    assert WHY in line
    colleague.act("desk_act_end_stay", given.pk, reason="Elle est rentrée.")
    given.refresh_from_db()
    assert given.until == date(2026, 12, 10)
    assert TemporaryAddressEnd.objects.get().reason == "Elle est rentrée."
    assert colleague.see("desk_act_end_stay", given.pk).status_code == 409, "it is over, though its days never came"
    page = colleague.see("desk_subscription", sale.subscription.pk).content.decode()
    assert reverse("desk_act_end_stay", args=[given.pk]) not in page
    assert TemporaryAddressEnd.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to_on": "2026-12-01"}, "The last day comes before the first one."),
        ({"town": ""}, "Please enter the town."),
        ({"street": "12 rue 🌳"}, ""),
    ],
)
def test_what_cannot_be_given_is_refused_in_a_sentence(at_desk, sale, changes, sentence):
    answer = at_desk("fulfilment").rehearse("desk_act_stay", sale.subscription.recipient_id, **(NICE | changes))
    assert said(sentence) in text_of(answer) if sentence else answer.status_code == 422
    assert not TemporaryAddress.objects.exists()


def test_only_those_who_may_correct_addresses_do(at_desk, sale):
    for role, status in (("finance", 403), ("fulfilment", 200), ("support", 200), ("administrator", 200)):
        assert at_desk(role).see("desk_act_stay", sale.subscription.recipient_id).status_code == status


def test_a_day_that_moves_shows_whose_copies_change_their_way(at_desk, sale):
    colleague = at_desk("administrator")
    colleague.act("desk_act_stay", sale.subscription.recipient_id, **(NICE | {"from_on": "2026-12-20"}))
    issue = Issue.objects.get(number=25)
    days = {"post_on": "2026-12-22", "cutoff_on": "2026-12-01", "reason": "L’imprimeur a du retard."}
    assert "0 → 1" in text_of(colleague.rehearse("desk_act_move_issue", issue.pk, **days))


def test_it_stays_with_its_recipient_when_two_records_are_made_one(at_desk, sale):
    colleague = at_desk("support")
    colleague.act("desk_act_stay", sale.subscription.recipient_id, **NICE)
    kept = Customer.objects.create(email="other@example.fr", first_name="Élodie", last_name="Lefèvre", created_at=NOW)
    merge(sale.customer.pk, kept.pk, keep_email_of=kept.pk, reason="une seule lectrice", actor=STAFF, at=NOW)
    given = TemporaryAddress.objects.get()
    assert given.recipient.customer_id == kept.pk
    assert [one["to_on"] for one in everything(kept, at=NOW)["temporary_addresses"]] == ["2027-03-31"]
