"""Acting for a reader: a colleague's own name and reason, the reader's own letter, and no yes given in their place."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.models import Act
from subscriptions.models import Notice, Renewal, RenewalChoice, Subscription
from subscriptions.notices.delivering import deliver
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.test_queries import counted
from tests.letters.conftest import outbox
from tests.renewals.people import announced, subscriber

__all__ = ["outbox"]
pytestmark = pytest.mark.django_db

R = date(2027, 11, 23)
WHY = {"reason": "Demandé au téléphone, identité vérifiée."}


@pytest.fixture
def reader(offers) -> Subscription:
    return subscriber()


def test_support_turns_renewal_off_under_its_own_name_and_the_reader_is_told(at_desk, reader):
    plan = announced(reader, renews_on=R)
    support = at_desk("support")
    assert said("Act for this reader") in text_of(support.see("desk_person", reader.payer_id))
    page = support.see("desk_act_for", reader.payer_id)
    assert reverse("desk_act_turn_off", args=[reader.pk]) in page.content.decode()
    answer = support.act("desk_act_turn_off", reader.pk, **WHY)
    assert answer.url == reverse("desk_act_for", args=[reader.payer_id])
    reader.refresh_from_db()
    plan.refresh_from_db()
    assert (reader.renewal, plan.state) == ("fixed", "cancelled")
    choice = RenewalChoice.objects.get()
    assert (choice.automatic, choice.actor, choice.reason) == (False, f"staff:{support.user.pk}", WHY["reason"])
    act = Act.objects.get(verb="turned renewal off")
    assert (act.actor, act.reason) == (choice.actor, WHY["reason"])
    assert Notice.objects.get(kind="renewal_turned_off").matter == f"renewal_turned_off:choice:{choice.pk}"
    again = support.act("desk_act_turn_off", reader.pk, **WHY)
    assert (again.status_code, RenewalChoice.objects.count()) == (409, 1)


def test_turning_it_on_is_the_readers_own_yes_only_the_link_is_sent(at_desk, reader, outbox):
    support = at_desk("support")
    assert support.act("desk_act_link_on", reader.pk, **WHY).status_code == 409  # it is on
    support.act("desk_act_turn_off", reader.pk, **WHY)
    assert support.act("desk_act_link_on", reader.pk, **WHY).status_code == 302
    reader.refresh_from_db()
    assert reader.renewal == "fixed"
    assert RenewalChoice.objects.filter(automatic=True).count() == 0
    Notice.objects.exclude(kind="link_renewal_on").update(state="withdrawn")
    deliver(10, at=timezone.now())
    [letter] = outbox
    assert f"/compte/abonnements/{reader.pk}/reconduction/" in letter.body
    assert Act.objects.get(verb="sent a link").facts == {"letter": "link_renewal_on"}
    assert support.act("desk_act_link_on", reader.pk, **WHY).status_code == 409  # once a day


def test_a_link_to_another_card_goes_to_whoever_is_charged(at_desk, reader, outbox):
    support = at_desk("support")
    assert support.act("desk_act_link_card", reader.pk, **WHY).status_code == 302
    Notice.objects.exclude(kind="link_card").update(state="withdrawn")
    deliver(10, at=timezone.now())
    [letter] = outbox
    assert f"/compte/abonnements/{reader.pk}/moyen-de-paiement/" in letter.body
    assert letter.to == ['"Élodie Lefèvre" <elodie.lefevre@example.fr>']
    Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
    assert support.act("desk_act_link_card", reader.pk, **WHY).status_code == 409


def test_a_letter_that_is_not_true_any_more_does_not_leave(at_desk, reader, outbox):
    at_desk("support").act("desk_act_link_card", reader.pk, **WHY)
    Notice.objects.exclude(kind="link_card").update(state="withdrawn")
    Subscription.objects.filter(pk=reader.pk).update(renewal="fixed")
    deliver(10, at=timezone.now())
    letter = Notice.objects.get(kind="link_card")
    assert (outbox, letter.state, letter.failure) == ([], "withdrawn", "automatic renewal is off")


@pytest.mark.parametrize(("state", "path"), [("manual", "/reconduction/"), ("", "/reabonnement/")])
def test_the_link_to_go_on_is_that_of_the_renewal_that_waits_or_the_order_page(at_desk, offers, outbox, state, path):
    subscription = subscriber(renewal="automatic" if state else "fixed")
    if state:
        announced(subscription, renews_on=R, state=state)
    assert at_desk("support").act("desk_act_link_renew", subscription.pk, **WHY).status_code == 302
    Notice.objects.exclude(kind="link_renew").update(state="withdrawn")
    deliver(10, at=timezone.now())
    [letter] = outbox
    assert path in letter.body
    assert "27,60\u00a0€" in letter.body
    assert Renewal.objects.filter(state="paid").count() == 0


@pytest.mark.parametrize("name", ["desk_act_turn_off", "desk_act_link_on", "desk_act_link_card", "desk_act_link_renew"])
@pytest.mark.parametrize("role", ["finance", "fulfilment"])
def test_only_support_acts_for_readers(at_desk, reader, name, role):
    colleague = at_desk(role)
    assert colleague.act(name, reader.pk, **WHY).status_code == 403
    assert colleague.see("desk_act_for", reader.payer_id).status_code == 403


def test_the_page_asks_as_much_for_three_subscriptions_as_for_one(at_desk, reader):
    support = at_desk("support")
    url = reverse("desk_act_for", args=[reader.payer_id])
    first = counted(support.browser, url)[0]
    for number in (2, 3):
        subscriber(typed={"number": number})
    queries, answer = counted(support.browser, url)
    assert len(answer.context["tables"]) == 4
    assert queries == first
