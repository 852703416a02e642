"""Two hundred claims in one department are one matter, decided once (Done-when 5)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.models import DeskItem
from subscriptions.losses.carrying_out import carry_out
from subscriptions.losses.incidents import decide_incident, wake
from subscriptions.losses.moving import NoSuchStep
from subscriptions.losses.resending import make
from subscriptions.models import Claim, ClaimIncident, LossRule, MailingRun, Notice
from tests.losses.people import CLAIMED, at, buys, claims, in_stock, posted, unsound
from tests.makers import CLERK, make_magazine, make_offers

LATER = at(date(2027, 1, 6))


@pytest.fixture
def readers(db):
    """Seven readers of one department; four claims of one issue there are an incident."""
    offers = make_offers(make_magazine())
    LossRule.objects.create(
        incident_claims=4, incident_least=2, incident_percent=99, actor="x", reason="x", created_at=CLAIMED
    )
    found = [buys(offers["fixed"], email=f"lecteur{number}@example.fr") for number in range(7)]
    posted(*found)
    return found


def states():
    return list(Claim.objects.order_by("pk").values_list("state", flat=True))


def test_from_the_fourth_on_they_wait_under_one_incident(readers):
    in_stock()
    for one in readers[:3]:
        claims(one)
    assert states() == ["approved"] * 3
    assert not ClaimIncident.objects.exists()
    for one in readers[3:]:
        claims(one)
    assert states() == ["waiting"] * 7
    incident = ClaimIncident.objects.get()
    assert (incident.department, incident.issue.number, incident.state, incident.claims.count()) == (
        "75",
        25,
        "open",
        7,
    )
    item = DeskItem.objects.get(kind="claim_incident")
    assert (item.desk, item.subject) == ("fulfilment", f"incident:{incident.pk}")
    assert Notice.objects.filter(kind="claim_waiting").count() == 7
    assert not MailingRun.objects.filter(kind="resend").exists()


def test_sent_again_for_all_in_batches_as_far_as_the_stock_goes(readers):
    in_stock(copies=5)
    for one in readers:
        claims(one)
    incident = ClaimIncident.objects.get()
    decide_incident(incident.pk, "resending", actor=CLERK, at=LATER, reason="un sac perdu")
    assert not DeskItem.objects.filter(kind="claim_incident", closed_at=None).exists()
    assert carry_out(actor=CLERK, at=LATER, limit=2) == 7
    assert carry_out(actor=CLERK, at=LATER) == 0
    assert states() == ["approved"] * 5 + ["extended"] * 2
    run = make(incident.issue_id, actor=CLERK, at=LATER)
    assert run.copies == 5
    with pytest.raises(NoSuchStep):
        decide_incident(incident.pk, "extending", actor=CLERK, at=LATER, reason="encore")
    assert unsound(LATER) == []


def test_one_issue_more_for_all(readers):
    in_stock()
    for one in readers[:4]:
        claims(one)
    incident = ClaimIncident.objects.get()
    decide_incident(incident.pk, "extending", actor=CLERK, at=LATER, reason="stock gardé")
    carry_out(actor=CLERK, at=LATER)
    assert states() == ["extended"] * 4
    claims(readers[4], when=LATER)  # whoever comes later is settled alike
    assert states()[4] == "waiting"
    carry_out(actor=CLERK, at=LATER)
    assert states() == ["extended"] * 5


def test_waiting_until_a_day_comes_back_to_the_desk_on_it(readers):
    for one in readers[:4]:
        claims(one)
    incident = ClaimIncident.objects.get()
    until = date(2027, 1, 11)
    decide_incident(incident.pk, "waiting", actor=CLERK, at=LATER, reason="grève", wait_until=until)
    assert wake(on=date(2027, 1, 10), actor=CLERK, at=LATER) == 0
    assert wake(on=date(2027, 1, 14), actor=CLERK, at=at(date(2027, 1, 14))) == 1  # the clock had stopped
    incident.refresh_from_db()
    assert incident.state == "open"
    assert DeskItem.objects.filter(kind="claim_incident", closed_at=None).count() == 1


def test_such_a_share_of_few_lines_is_one_too(readers):
    LossRule.objects.create(
        incident_claims=50, incident_least=2, incident_percent=40, actor="x", reason="x", created_at=CLAIMED
    )
    in_stock()
    claims(readers[0])
    claims(readers[1])
    assert not ClaimIncident.objects.exists()  # two of seven
    claims(readers[2])
    assert ClaimIncident.objects.get().claims.count() == 3


def test_what_one_of_many_claimed_does_not_count_as_their_own(readers):
    in_stock()
    for one in readers[:4]:
        claims(one)
    posted(number=26, on=date(2027, 3, 15))
    assert claims(readers[0], 26, when=at(date(2027, 4, 5))).nth == 1
