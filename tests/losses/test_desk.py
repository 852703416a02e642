"""Lost copies at the desks: taken, decided, let in, counted and sent again, each by two steps and a reason."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from subscriptions.losses.stock import balances
from subscriptions.models import Claim, ClaimIncident, CopyReturn, LossRule, MailingRun
from tests.backoffice.colleagues import text_of
from tests.losses.people import CLAIMED, buys, claims, comes_back, copy_of, in_stock, posted

WHY = "Elle a appelé ce matin."


@pytest.fixture
def anne(offers, clock):
    one = buys(offers["fixed"], email="anne@example.fr")
    posted(one)
    clock.move_to(CLAIMED)
    return one


def test_from_the_telephone_to_the_run(anne, at_desk):
    colleague, issue = at_desk("fulfilment"), copy_of(anne).issue
    colleague.act("desk_act_stock", 0, issue=issue.pk, kind="received", copies=20, reason="Passe du routage.")
    assert balances([issue.pk]) == {issue.pk: 20}
    assert "20" in text_of(colleague.see("desk_stock"))
    colleague.act("desk_act_take_claim", anne.pk, copy=copy_of(anne).pk, what="not_received", by="staff", reason=WHY)
    one = Claim.objects.get()
    assert (one.state, one.by) == ("approved", "staff")
    for page in (colleague.see("desk_losses"), colleague.see("desk_claims"), colleague.see("desk_claim", one.pk)):
        assert page.status_code == 200
    assert "n° 25" in text_of(colleague.see("desk_subscription", anne.pk))
    assert colleague.see("desk_person", anne.payer_id).status_code == 200
    colleague.act("desk_act_resends", issue.pk, reason="Renvois de la semaine.")
    run = MailingRun.objects.get(kind="resend")
    assert (run.state, run.closed_alone, balances([issue.pk])) == ("closed", True, {issue.pk: 19})


def test_a_person_decides_what_the_table_leaves(anne, at_desk, clock):
    clock.move_to(date(2026, 12, 20))
    in_stock()
    one = claims(anne, when=CLAIMED.replace(month=12, year=2026, day=20))
    assert one.state == "on_desk"
    at_desk("support").act("desk_act_claim", one.pk, target="approved", tracked="on", reason=WHY)
    one.refresh_from_db()
    assert (one.state, one.tracked) == ("approved", True)


def test_an_incident_is_decided_once(anne, at_desk):
    LossRule.objects.create(incident_claims=2, incident_least=2, actor="x", reason="x", created_at=CLAIMED)
    bruno = buys(anne.offer, email="bruno@example.fr")
    posted(anne, bruno, number=26, on=date(2026, 12, 15))
    in_stock(26)
    claims(anne, 26)
    claims(bruno, 26)
    incident = ClaimIncident.objects.get()
    colleague = at_desk("fulfilment")
    assert colleague.see("desk_incident", incident.pk).status_code == 200
    late = colleague.rehearse("desk_act_incident", incident.pk, target="waiting", reason=WHY)
    assert late.status_code == 422  # until when?
    colleague.act("desk_act_incident", incident.pk, target="resending", reason="Un sac perdu à Lyon.")
    incident.refresh_from_db()
    assert incident.state == "resending"


def test_a_return_is_typed_and_a_file_is_let_in_by_two_steps(anne, at_desk):
    bruno = buys(anne.offer, email="bruno@example.fr")
    posted(bruno, number=26, on=date(2026, 12, 15))
    colleague = at_desk("fulfilment")
    colleague.act("desk_act_return", 0, line="n25-000001-01", code=2, on="2027-01-03")
    assert CopyReturn.objects.get().effect == "unknown"
    body = b"cle_unique;motif;date\r\nN26-000001-01;1;20270102\r\nN25-000001-01;2;20270102\r\nN99-1;2;20270102\r\n"
    page = colleague.browser.post(reverse("desk_act_return_file"), {"file": SimpleUploadedFile("pnd.csv", body)})
    assert page.status_code == 200
    assert CopyReturn.objects.count() == 1
    for _time in range(2):
        colleague.browser.post(reverse("desk_act_return_file"), {"step": "let_in", "seal": page.context["seal"]})
    assert CopyReturn.objects.count() == 2
    assert "N26-000001-01" in text_of(colleague.see("desk_copy_returns"))


def test_what_is_far_too_large_is_refused_before_it_is_read(anne, at_desk):
    answer = at_desk("fulfilment").browser.post(
        reverse("desk_act_return_file"), {"step": "x"}, CONTENT_LENGTH=str(100 * 1024 * 1024)
    )
    assert answer.status_code == 413


def test_the_address_is_confirmed_for_a_reader(anne, at_desk):
    in_stock()
    comes_back(anne, on=date(2027, 1, 4))
    colleague = at_desk("support")
    assert (
        reverse("desk_act_confirm_address", args=[anne.pk])
        in colleague.see("desk_subscription", anne.pk).content.decode()
    )
    colleague.act("desk_act_confirm_address", anne.pk, reason=WHY)
    assert Claim.objects.get().state == "approved"
    assert colleague.see("desk_act_confirm_address", anne.pk).status_code == 409


def test_support_keeps_no_stock(anne, at_desk):
    colleague = at_desk("support")
    assert colleague.see("desk_losses").status_code == 200
    for name in ("desk_stock", "desk_copy_returns", "desk_act_return_file", "desk_act_stock"):
        assert colleague.see(name).status_code == 403, name


def test_three_claims_take_as_many_queries_as_one(anne, at_desk):
    colleague = at_desk("fulfilment")
    in_stock()
    readers = [anne, *(buys(anne.offer, email=f"lecteur{number}@example.fr") for number in range(2))]
    posted(*readers[1:], number=26, on=date(2026, 12, 15))
    in_stock(26)
    claims(anne)
    one = queries(colleague)
    for reader in readers[1:]:
        claims(reader, 26)
    assert queries(colleague) == one


def queries(colleague):
    """How many queries each page takes."""
    found = {}
    for name in ("desk_losses", "desk_claims", "desk_stock", "desk_copy_returns"):
        with CaptureQueriesContext(connection) as seen:
            assert colleague.see(name).status_code == 200
        found[name] = len(seen)
    return found
