"""An answer to a bank: written down, handed to Stripe once, looked up where it was silent; and its deadline."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from payments import gateway
from payments.actors import job
from payments.answering import sending
from payments.answering.deadlines import watch
from payments.answering.limits import PAGES, TEXT, TooMuch, check, shortened
from payments.answering.packaging import CannotFreeze, source_of
from payments.answering.sending import CannotAnswer, accept, answer, due, send
from payments.answering.standing import why_not
from payments.answering.taking import take
from payments.days import paris_day
from payments.disputing import apply
from payments.models import (
    DeskItem,
    Dispute,
    DisputeAnswer,
    DisputeAnswerEvent,
    DisputePackage,
    Document,
    Payment,
    StripeEvent,
)
from payments.sandbox.disputing import close, dispute, escalate, warn
from shop.customers.models import Customer
from shop.watch.audit import breaches
from subscriptions.answering.making import freeze_evidence, made_again
from subscriptions.models import Entitlement
from tasks import money
from tests.makers import make_wish, open_page, place_order
from tests.purchase.conftest import hear, offers, till
from tests.sandbox.fixtures import standin

__all__ = ["hear", "offers", "standin", "till"]
FINANCE = job("tests")
WHY = "Everything was posted."


@pytest.fixture
def charge(offers, till, hear) -> str:
    """A year paid by card."""
    order = place_order(make_wish(offers["automatic"]), at=timezone.now())
    till.pay(open_page(order, at=timezone.now()).checkout_url, card="4242424242424242")
    while hear():
        pass
    return Payment.objects.get().stripe_charge


@pytest.fixture
def contested(charge, till, hear) -> Dispute:
    """It is disputed, and the shop has heard."""
    dispute(till.application.world, charge)
    hear()
    return Dispute.objects.get()


def at_stripe(till, one: Dispute) -> dict:
    return till.application.world.need("dispute", one.stripe_dispute)


def frozen(one: Dispute) -> DisputePackage:
    return freeze_evidence(one, reason=WHY, actor=FINANCE, at=timezone.now())


def steps() -> list[tuple[str, str]]:
    return list(DisputeAnswerEvent.objects.values_list("from_state", "to_state"))


def test_frozen_once_it_is_made_again_to_the_same_bytes(contested):
    package = frozen(contested)
    body = bytes(Document.objects.get(pk=package.document_id).body)
    assert body.startswith(b"%PDF-")
    assert made_again(package) == body
    assert (package.number, package.document_id) == (1, Document.objects.get(pk=package.document_id).sha256)
    source = source_of(package)
    assert source["texts"]["customer_name"] == "Élodie Lefèvre"
    check(source["texts"], size=len(body), pages=package.pages)
    assert frozen(contested).number == 2
    with pytest.raises(ProgrammingError), transaction.atomic():
        DisputePackage.objects.filter(pk=package.pk).update(pages=99)


def test_submitted_the_bank_has_the_file_and_the_texts_and_nothing_is_sent_twice(contested, till, hear):
    package = frozen(contested)
    one = answer(package, reason=WHY, actor=FINANCE, at=timezone.now())
    for _twice in range(2):
        done = send(one.pk, actor=FINANCE, at=timezone.now())
    assert (done.state, steps()) == ("sent", [("", "created"), ("created", "sent")])
    seen = at_stripe(till, contested)
    (file,) = till.application.world.store.all("file")
    assert (seen["status"], seen["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert (file["_sha256"], file["id"]) == (package.document_id, done.stripe_file)
    assert file["filename"] == f"{contested.stripe_dispute}-1.pdf"
    assert {name: text for name, text in seen["evidence"].items() if name != "uncategorized_file"} == source_of(
        package
    )["texts"]
    assert seen["metadata"] == {"reference": one.reference}
    contested.refresh_from_db()
    assert (contested.status, contested.submissions, contested.state) == ("under_review", 1, "open")
    hear()
    for again in (lambda: answer(package, reason=WHY, actor=FINANCE, at=timezone.now()),
                  lambda: accept(contested.pk, reason=WHY, actor=FINANCE, at=timezone.now())):  # fmt: skip
        with pytest.raises(CannotAnswer):
            again()
    with pytest.raises(CannotFreeze):
        frozen(contested)
    assert breaches(timezone.now()) == []


@pytest.mark.parametrize("moment", ["timeout_before", "timeout_after", "error_after"])
def test_a_submission_without_an_answer_is_looked_up_before_anything_is_asked_again(contested, till, moment):
    till_path = f"/v1/disputes/{contested.stripe_dispute}"
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    till.misbehave(moment, method="POST", path=till_path)
    assert send(one.pk, actor=FINANCE, at=timezone.now()).state == "unknown"
    assert due(at=timezone.now(), limit=5) == []
    later = timezone.now() + timedelta(minutes=6)
    assert due(at=later, limit=5) == [one.pk]
    assert send(one.pk, actor=FINANCE, at=later).state == "sent"
    assert at_stripe(till, contested)["evidence_details"]["submission_count"] == 1
    assert steps() == [("", "created"), ("created", "unknown"), ("unknown", "sent")]
    asked = [one for one in till.requests(till_path) if one["method"] == "POST"]
    assert len(asked) == (2 if moment == "timeout_before" else 1)


def test_days_later_a_silent_answer_is_known_by_its_reference_alone(contested, till):
    """The key is forgotten after a day; the dispute itself says whose answer it has."""
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    till.misbehave("timeout_after", method="POST", path=f"/v1/disputes/{contested.stripe_dispute}")
    send(one.pk, actor=FINANCE, at=timezone.now())
    till.advance(days=3)
    assert send(one.pk, actor=FINANCE, at=timezone.now() + timedelta(days=3)).state == "sent"
    assert at_stripe(till, contested)["evidence_details"]["submission_count"] == 1


def test_a_file_without_an_answer_is_handed_over_again_and_nothing_is_submitted_meanwhile(contested, till):
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    till.misbehave("timeout_after", method="POST", path="/v1/files")
    assert send(one.pk, actor=FINANCE, at=timezone.now()).state == "unknown"
    assert at_stripe(till, contested)["status"] == "needs_response"
    assert send(one.pk, actor=FINANCE, at=timezone.now()).state == "sent"
    assert len(list(till.application.world.store.all("file"))) == 1


def test_after_its_day_a_silent_answer_is_refused_and_the_desk_says_so(contested, till):
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    till.misbehave("timeout_before", method="POST", path=f"/v1/disputes/{contested.stripe_dispute}")
    send(one.pk, actor=FINANCE, at=timezone.now())
    assert contested.respond_by is not None
    done = send(one.pk, actor=FINANCE, at=contested.respond_by + timedelta(seconds=1))
    assert (done.state, done.failure) == ("failed", "too_late")
    item = DeskItem.objects.get(kind=sending.REFUSED, closed_at=None)
    assert (item.desk, item.subject) == ("finance", f"dispute:{contested.pk}")


def test_what_stripe_refuses_is_answered_anew(contested, till):
    """Somebody answered in Stripe's own pages while ours was on its way."""
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    gateway.submit_evidence(contested.stripe_dispute, reference="X", evidence={"customer_name": "X"}, key="by-hand")
    done = send(one.pk, actor=FINANCE, at=timezone.now())
    assert (done.state, done.failure) == ("failed", "dispute_already_submitted")
    assert DeskItem.objects.filter(kind=sending.REFUSED, closed_at=None).count() == 1


def test_accepted_it_is_lost_and_booked_as_any_other(contested, till, hear):
    one = accept(contested.pk, reason="The reader is right.", actor=FINANCE, at=timezone.now())
    for _twice in range(2):
        assert send(one.pk, actor=FINANCE, at=timezone.now()).state == "sent"
    contested.refresh_from_db()
    assert (contested.state, contested.status) == ("lost", "lost")
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"credited"}
    hear()
    assert breaches(timezone.now()) == []


def test_an_inquiry_that_was_answered_is_answered_again_once_it_is_a_dispute(charge, till, hear):
    opened = dispute(till.application.world, charge, inquiry=True)
    hear()
    one = Dispute.objects.get()
    assert (one.status, one.taken) == ("warning_needs_response", 0)
    first = answer(frozen(one), reason=WHY, actor=FINANCE, at=timezone.now())
    assert send(first.pk, actor=FINANCE, at=timezone.now()).state == "sent"
    one.refresh_from_db()
    assert (one.status, why_not(one, at=timezone.now()) != "") == ("warning_under_review", True)
    escalate(till.application.world, opened["id"])
    hear()
    one.refresh_from_db()
    assert (one.status, one.taken, why_not(one, at=timezone.now())) == ("needs_response", one.amount.amount, "")
    second = answer(frozen(one), reason=WHY, actor=FINANCE, at=timezone.now())
    assert send(second.pk, actor=FINANCE, at=timezone.now()).state == "sent"
    assert list(DisputeAnswer.objects.order_by("pk").values_list("phase", "state")) == [
        ("inquiry", "sent"),
        ("dispute", "sent"),
    ]


def test_old_news_do_not_ask_for_an_answer_that_was_given(contested, till, hear):
    before = gateway.fetch_dispute(contested.stripe_dispute)
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    send(one.pk, actor=FINANCE, at=timezone.now())
    apply(before, payment_id=contested.payment_id, actor=FINANCE, at=timezone.now())
    contested.refresh_from_db()
    assert contested.status == "under_review"


def test_the_sweep_sends_what_nobody_sent_and_says_what_comes_near(contested, till):
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    for _twice in range(2):
        money.follow_disputes()
    one.refresh_from_db()
    assert one.state == "sent"


def near() -> list[str]:
    return sorted(DeskItem.objects.filter(kind__startswith="dispute_", closed_at=None).values_list("kind", flat=True))


def test_the_deadline_is_said_a_week_before_two_days_before_and_once_missed(contested):
    day = timedelta(days=1)
    by = contested.respond_by
    assert by is not None

    def watched(at):
        for _twice in range(2):
            watch(on=paris_day(at), at=at, actor=FINANCE)
        return near()

    assert watched(by - 8 * day) == []
    assert watched(by - 7 * day) == ["dispute_due"]
    item = DeskItem.objects.get(kind="dispute_due")
    assert item.sentence.endswith(
        "réponse à donner avant le 03/12/2026 (dans 7 jours). Personne ne s’en occupe encore."
    )
    assert watched(by - 2 * day) == ["dispute_urgent"]
    assert watched(by - timedelta(minutes=1)) == ["dispute_urgent"]
    assert watched(by) == ["dispute_missed"]
    assert DeskItem.objects.filter(kind__startswith="dispute_", closed_at=None).get().desk == "finance"


def test_three_days_without_the_clock_and_the_deadline_is_said_at_once(contested):
    at = contested.respond_by - timedelta(days=1)
    watch(on=paris_day(at), at=at, actor=FINANCE)
    assert near() == ["dispute_urgent"]
    one = answer(frozen(contested), reason=WHY, actor=FINANCE, at=timezone.now())
    send(one.pk, actor=FINANCE, at=timezone.now())
    assert near() == []
    watch(on=paris_day(at), at=at, actor=FINANCE)
    assert near() == []


def test_taken_in_hand_it_has_an_owner_and_so_has_the_desk(contested):
    anna = Customer.objects.create_user(email="anna@example.fr", password="x", is_staff=True)
    take(contested.pk, by=anna.pk, reason=WHY, actor=FINANCE, at=timezone.now())
    contested.refresh_from_db()
    assert contested.owner == anna
    assert set(DeskItem.objects.filter(closed_at=None).values_list("owner", flat=True)) == {anna.pk}
    at = contested.respond_by - timedelta(days=1)
    watch(on=paris_day(at), at=at, actor=FINANCE)
    assert "Personne" not in DeskItem.objects.get(kind="dispute_urgent").sentence


def test_decided_it_is_nobody_s_any_more(contested, till, hear):
    close(till.application.world, contested.stripe_dispute, won=True)
    hear()
    with pytest.raises(ValidationError):
        take(contested.pk, by=1, reason=WHY, actor=FINANCE, at=timezone.now())
    with pytest.raises(CannotFreeze):
        frozen(contested)


@pytest.mark.parametrize(
    ("status", "by", "may"),
    [
        ("needs_response", 1, True), ("warning_needs_response", 1, True), ("needs_response", 0, False),
        ("needs_response", None, False), ("under_review", 1, False), ("warning_under_review", 1, False), ("", 1, False),
    ],
)  # fmt: skip
def test_when_it_may_be_answered(contested, status, by, may):
    now = timezone.now()
    contested.status, contested.respond_by = status, None if by is None else now + timedelta(days=by)
    assert (why_not(contested, at=now) == "") == may


def test_nobody_is_shown_the_evidence_of_another_dispute(contested):
    package = frozen(contested)
    other = Dispute.objects.get(pk=contested.pk)
    other.pk, other.stripe_dispute = None, "du_other"
    other.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        DisputeAnswer.objects.create(
            reference="REP-X", dispute=other, phase="dispute", kind="evidence", package=package, idempotency_key="a",
            file_key="b", actor="x", reason="x", created_at=timezone.now(), state_since=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "size", "pages"),
    [
        ({"uncategorized_text": "x" * (TEXT + 1)}, 1, 1),
        ({"uncategorized_text": "x"}, 4_500_001, 1),
        ({"uncategorized_text": "x"}, 1, PAGES + 1),
        (
            dict.fromkeys(
                ("uncategorized_text", "product_description", "access_activity_log", "shipping_date", "shipping_address",
                 "billing_address", "customer_name", "service_date"),
                "x" * TEXT,
            ), 1, 1,
        ),
    ],
)  # fmt: skip
def test_more_than_stripe_takes_is_refused_with_a_sentence(texts, size, pages):
    with pytest.raises(TooMuch) as refused:
        check(texts, size=size, pages=pages)
    assert refused.value.messages[0].endswith(".")


def test_a_long_text_is_cut_between_two_lines():
    text = "\n".join(f"line {number}" for number in range(4000))
    cut = shortened(text)
    assert len(cut) <= TEXT
    assert cut.endswith("\n…")
    assert text.startswith(cut[:-2])
    assert shortened("short") == "short"


def test_a_warning_of_fraud_is_finance_s_to_look_at_while_something_can_be_done(charge, till, hear):
    warn(till.application.world, charge)
    for _twice in range(2):
        hear()
    payment = Payment.objects.get()
    item = DeskItem.objects.get(kind="fraud_warning", closed_at=None)
    assert (item.desk, item.subject) == ("finance", f"payment:{payment.pk}")
    assert StripeEvent.objects.get(type="radar.early_fraud_warning.created").state == "parked"


def test_a_warning_that_comes_too_late_asks_for_nothing(charge, till, hear):
    warned = warn(till.application.world, charge)
    till.application.world.change(warned, actionable=False)
    hear()
    assert not DeskItem.objects.filter(kind="fraud_warning").exists()


def test_the_source_is_kept_beside_the_paper(contested):
    package = frozen(contested)
    kept = json.loads(bytes(Document.objects.get(pk=package.source_id).body))
    assert kept["paper"]["draft"] is False
    assert {
        row.keep_until.year for row in Document.objects.filter(pk__in=[package.source_id, package.document_id])
    } == {2032}
