"""The post at its desks: what is shown, what is refused, and as many queries for three letters as for one."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.documents import read
from subscriptions.models import LostMailbox, MailEvent, Notice, PostBatch
from subscriptions.paper.batching import make_batch
from subscriptions.returns.news import News
from subscriptions.returns.receiving import count, store
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.posting import letter_to
from tests.backoffice.sold import planned, sell

WHY = {"reason": "vu avec l’équipe"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def counted(colleague, name: str, *args) -> int:
    colleague.see(name, *args)
    with CaptureQueriesContext(connection) as seen:
        assert colleague.see(name, *args).status_code == 200
    return len(seen)


def test_a_letter_on_paper_says_how_it_goes(at_desk, sale):
    page = text_of(at_desk("support").see("desk_letter", letter_to(sale.customer).pk))
    assert "sur papier" in page


def test_a_batch_is_made_posted_and_taken_back_by_two_steps_each(at_desk, sale):
    colleague = at_desk("fulfilment")
    letter = letter_to(sale.customer)
    assert "Élodie Lefèvre" in text_of(colleague.see("desk_post"))
    assert colleague.act("desk_act_make_batch", 0, most="5").status_code == 302
    batch = PostBatch.objects.get()
    assert batch.actor == f"staff:{colleague.user.pk}"
    page = text_of(colleague.see("desk_batch", batch.pk))
    assert batch.reference in page
    assert colleague.see("desk_batch_pdf", batch.pk).content == read(batch.document_id)
    assert colleague.see("desk_batch_sheet", batch.pk).content == read(batch.sheet_id)
    refused = colleague.act("desk_act_posted", batch.pk, posted_on="2026-11-24", **WHY)
    assert said("Nothing is posted in the future.") in text_of(refused)
    earlier = colleague.act("desk_act_posted", batch.pk, posted_on="2026-11-22", **WHY)
    assert "23/11/2026" in text_of(earlier)
    letter.refresh_from_db()
    assert letter.state == "printing"
    assert colleague.act("desk_act_posted", batch.pk, posted_on="2026-11-23", **WHY).status_code == 302
    letter.refresh_from_db()
    assert letter.state == "sent"
    assert colleague.rehearse("desk_act_posted", batch.pk, posted_on="2026-11-23", **WHY).status_code == 409
    assert colleague.act("desk_act_unposted", batch.pk, **WHY).status_code == 302
    letter.refresh_from_db()
    assert letter.state == "printing"
    line = batch.lines.get()
    assert colleague.act("desk_act_take_out", line.pk, **WHY).status_code == 302
    letter.refresh_from_db()
    assert letter.state == "queued"


def test_what_is_no_longer_true_is_said_when_somebody_asks(at_desk, sale):
    letter_to(sale.customer)
    batch = make_batch(actor=_job(), at=timezone.now())
    get_user_model().objects.filter(pk=sale.customer.pk).update(erased_on=timezone.localdate())
    colleague = at_desk("support")
    assert "plus vrai" not in text_of(colleague.see("desk_batch", batch.pk))
    assert "plus vrai" in text_of(colleague.see("desk_batch", batch.pk, verifier="1"))


def test_pages_of_the_post_do_not_grow_with_its_letters(at_desk, sale):
    colleague, counts = at_desk("support"), []
    for number in range(3):
        letter_to(sale.customer, matter=f"waiting:{number}")
        if number != 1:
            counts.append(counted(colleague, "desk_post"))
    batches = []
    for number in (1, 3):
        keys = [letter_to(sale.customer, matter=f"{number}:{one}").pk for one in range(number)]
        batches.append(make_batch(actor=_job(), at=timezone.now(), only=keys))
    assert counts[0] == counts[1]
    assert counted(colleague, "desk_batch", batches[0].pk) == counted(colleague, "desk_batch", batches[1].pk)


def test_a_notice_posted_by_hand_is_recorded_with_its_window_in_sight(at_desk, sale):
    colleague, renewal = at_desk("support"), planned(sale.subscription)
    assert colleague.rehearse("desk_act_record_posted", renewal.pk, posted_on="2026-11-23", **WHY).status_code == 409
    Notice.objects.create(
        kind="renewal_notice", matter=f"renewal_notice:renewal:{renewal.pk}:2027-11-23", rank="legal", channel="paper",
        due_at=timezone.now(), created_at=timezone.now(), state="queued", state_since=timezone.now(),
    )  # fmt: skip
    shown = text_of(colleague.rehearse("desk_act_record_posted", renewal.pk, posted_on="2026-11-23", **WHY))
    assert "22/08/2027" in shown
    assert said("The day lies outside the window: nothing is proved.") in shown
    assert colleague.act("desk_act_record_posted", renewal.pk, posted_on="2026-11-23", **WHY).status_code == 302
    renewal.refresh_from_db()
    assert (renewal.state, renewal.proofs.count()) == ("planned", 0)


def test_returns_are_shown_with_what_was_only_counted(at_desk, sale):
    at = timezone.now()
    store(
        "generic",
        [News("evt-1", MailEvent.Kind.HARD, "<x@y>", at, "550 5.1.1")],
        b"raw",
        media_type="application/json",
        at=at,
    )
    count("generic", "forged", at=at, times=7)
    shown = text_of(at_desk("support").see("desk_returns"))
    for word in ("550 5.1.1", "revenu pour de bon", "falsifié", "7"):
        assert word in shown


@pytest.mark.parametrize(
    ("email", "mark", "said_"),
    [
        ("elodie.lefevre@example.fr", "", "par voie électronique"),
        ("elodie.lefevre@example.fr", "dead", "par la poste : les courriers reviennent"),
        ("elodie.lefevre@example.fr", "complained", "sans offres"),
        (None, "", "par la poste : pas d’adresse électronique"),
    ],
)
def test_the_page_of_a_reader_says_how_they_are_reached(at_desk, sale, email, mark, said_):
    get_user_model().objects.filter(pk=sale.customer.pk).update(email=email)
    if mark:
        LostMailbox.objects.create(email=email, kind=mark, since=timezone.now())
    assert said_ in text_of(at_desk("support").see("desk_person", sale.customer.pk))


def test_a_reader_is_written_to_by_post_from_now_on(at_desk, sale):
    colleague = at_desk("support")
    assert colleague.act("desk_act_by_post", sale.customer.pk, **WHY).status_code == 302
    sale.customer.refresh_from_db()
    assert sale.customer.email is None
    assert colleague.rehearse("desk_act_by_post", sale.customer.pk, **WHY).status_code == 409


def _job():
    from payments.actors import job

    return job("test")
