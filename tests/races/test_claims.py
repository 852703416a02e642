"""Copies claimed in the very instant in which others claim: one claim of a copy, and no copy of the stock promised twice."""

from __future__ import annotations

import pytest

from subscriptions.losses import claiming
from subscriptions.losses.incidents import incident_of
from subscriptions.losses.stock import free
from subscriptions.models import Claim, ClaimIncident, Issue, LossRule, Notice
from tests.losses.people import CLAIMED, buys, claims, in_stock, posted
from tests.races.crowd import Meeting, together, troubles


@pytest.fixture
def readers(offers):
    """Four readers of one department whose issue was posted."""
    found = [buys(offers["fixed"], email=f"lecteur{number}@example.fr") for number in range(4)]
    posted(*found)
    return found


def test_a_double_click_from_four_tabs_is_one_claim(readers):
    in_stock()
    results = together([lambda: claims(readers[0]).pk] * 4)
    assert troubles(results) == []
    assert len(set(results)) == Claim.objects.count() == 1
    assert Notice.objects.filter(kind="claim_resent").count() == 1


def race_for_the_last_copy(readers, monkeypatch):
    """Both have looked at the stock before either has written its claim down, unless a lock stands between."""
    in_stock(copies=1)
    meeting = Meeting(2)
    monkeypatch.setattr(claiming, "ground_of", meeting.before(claiming.ground_of))
    results = together([lambda one=one: claims(one).state for one in readers[:2]], meeting=meeting)
    assert troubles(results) == []
    return sorted(results)


def test_the_last_copy_is_promised_once(readers, monkeypatch):
    assert race_for_the_last_copy(readers, monkeypatch) == ["approved", "extended"]
    issue = Issue.objects.get(number=25)
    assert free([issue.pk]) == {issue.pk: 0}


def test_without_the_lock_of_its_issue_it_is_promised_twice(readers, monkeypatch):
    """The control: the same interleaving, and nothing that keeps the two apart."""
    monkeypatch.setattr(claiming, "lock_issues", lambda keys: Issue.objects.in_bulk(keys))
    assert race_for_the_last_copy(readers, monkeypatch) == ["approved", "approved"]


def test_claims_of_one_instant_are_one_incident(readers):
    LossRule.objects.create(
        incident_claims=3, incident_least=2, incident_percent=99, actor="x", reason="x", created_at=CLAIMED
    )
    in_stock()
    results = together([lambda one=one: claims(one).pk for one in readers])
    assert troubles(results) == []
    assert set(Claim.objects.values_list("state", flat=True)) == {"waiting"}
    assert ClaimIncident.objects.get() == incident_of(Issue.objects.get(number=25).pk, "75")
