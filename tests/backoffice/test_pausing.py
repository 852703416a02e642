"""Staff put issues off for a reader who telephones, with their own name and reason; and have them sent after all."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.models import Act
from subscriptions.models import Issue, Pause, Renewal
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import sell
from tests.renewals.people import announced

WHY = "Elle a appelé : six mois à l’étranger."


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def numbers(sale):
    """The first two of the issues that are to come."""
    copies = sale.subscription.terms.get().entitlements.order_by("rank")
    return [copy.issue.number for copy in copies if copy.issue][:2]


def test_two_issues_are_put_off_and_one_is_had_after_all(at_desk, sale):
    colleague, key = at_desk("support"), sale.subscription.pk
    first, second = numbers(sale)
    assert reverse("desk_act_pause", args=[key]) in colleague.see("desk_subscription", key).content.decode()
    shown = text_of(colleague.rehearse("desk_act_pause", key, issues=[first, second], reason=WHY))
    assert f"n° {first}, n° {second}" in shown
    assert Pause.objects.count() == 0
    colleague.act("desk_act_pause", key, issues=[first, second], reason=WHY)
    assert list(Pause.objects.values_list("issue__number", "actor", "reason")) == [
        (first, f"staff:{colleague.user.pk}", WHY),
        (second, f"staff:{colleague.user.pk}", WHY),
    ]
    assert Act.objects.get(verb="paused issues").reason == WHY
    page = text_of(colleague.see("desk_subscription", key))
    assert said("Pauses") in page
    assert page.count(WHY) >= 2
    assert colleague.see("desk_act_pause", key).status_code == 409, "two a year, and no more"
    colleague.act("desk_act_resume", key, issues=[second], reason="Elle rentre plus tôt.")
    assert list(Pause.objects.order_by("pk").values_list("state", flat=True)) == ["held", "called_off"]
    line = text_of(colleague.see("desk_person", sale.customer.pk))
    assert f"n° {second} : envoyé finalement" in line
    assert "Elle rentre plus tôt." in line


def test_only_those_who_may_pause_do(at_desk, sale):
    for role, status in (("finance", 403), ("fulfilment", 403), ("administrator", 200)):
        assert at_desk(role).see("desk_act_pause", sale.subscription.pk).status_code == status


def test_an_issue_moved_at_the_desk_moves_the_renewals_that_wait_for_it(at_desk, sale):
    issue = sale.subscription.terms.get().entitlements.get(rank=4).issue
    renewal = announced(sale.subscription, renews_on=sale.subscription.terms.get().ends_on.replace(day=28))
    Renewal.objects.filter(pk=renewal.pk).update(state="planned")
    Issue.objects.filter(number__gt=issue.number).update(post_on="2028-09-15", cutoff_on="2028-09-01")
    colleague = at_desk("fulfilment")
    days = {"cutoff_on": "2028-05-02", "post_on": "2028-06-15", "reason": "Retard chez l’imprimeur"}
    shown = text_of(colleague.rehearse("desk_act_move_issue", issue.pk, **days))
    assert "16/06/2028" in shown, "R then is shown before"
    colleague.act("desk_act_move_issue", issue.pk, **days)
    issue.refresh_from_db()
    renewal.refresh_from_db()
    assert str(issue.post_on) == "2028-06-15"
    assert str(renewal.renews_on) == "2028-06-16"
