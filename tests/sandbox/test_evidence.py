"""Files and the evidence of disputes: taken within Stripe's limits, submitted once, found again by whoever asks."""

from __future__ import annotations

import io

import pytest
import stripe
from pypdf import PdfWriter

from payments.sandbox.disputing import close, dispute, escalate, warn
from tests.sandbox.buying import renewal_params, saved, types
from tests.sandbox.fixtures import standin, standin_inprocess

__all__ = ["standin", "standin_inprocess"]


def paper(pages: int = 1) -> io.BytesIO:
    """A PDF of so many empty pages."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    body = io.BytesIO()
    writer.write(body)
    body.seek(0)
    body.name = "evidence.pdf"
    return body


def hand_over(client, file, key="one"):
    return client.v1.files.create({"purpose": "dispute_evidence", "file": file}, {"idempotency_key": key})


@pytest.fixture
def contested(standin_inprocess):
    """A charge of 27,60 € that its holder contests: the world, a client, the dispute."""
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    intent = client.v1.payment_intents.create(renewal_params(customer, method))
    standin_inprocess.advance(5)
    world = standin_inprocess.application.world
    return world, client, dispute(world, intent.latest_charge)


def test_a_file_is_taken_once_for_its_key_and_only_a_pdf_or_a_picture(contested):
    _world, client, _made = contested
    first, again = hand_over(client, paper(3)), hand_over(client, paper(3))
    assert (first.id, first.filename, first.type, first.purpose) == (
        again.id,
        "evidence.pdf",
        "pdf",
        "dispute_evidence",
    )
    assert [one.id for one in client.v1.files.list({"purpose": "dispute_evidence"}).data] == [first.id]
    with pytest.raises(stripe.IdempotencyError):
        hand_over(client, paper(4))
    for wrong in (io.BytesIO(b"hello"), io.BytesIO(b"%PDF-1.7 and nothing"), io.BytesIO(b"%PDF-" + b"x" * 5_300_000)):
        with pytest.raises(stripe.InvalidRequestError):
            hand_over(client, wrong, key=str(id(wrong)))


def test_over_http_a_file_arrives_whole(standin):
    client = stripe.StripeClient(
        standin.key, base_addresses={"api": standin.base, "files": standin.base}, max_network_retries=0
    )
    body = paper(2)
    made = hand_over(client, body)
    assert made.size == len(body.getvalue()) > 500


def test_submitted_it_is_final(contested):
    world, client, made = contested
    file = hand_over(client, paper())
    given = {"uncategorized_text": "Posted on 15 December 2026.", "uncategorized_file": file.id}
    staged = client.v1.disputes.update(made["id"], {"evidence": given, "submit": False})
    assert (staged.status, staged.evidence_details.has_evidence, staged.evidence_details.submission_count) == (
        "needs_response", True, 0,
    )  # fmt: skip
    seen = client.v1.disputes.update(made["id"], {"evidence": given, "metadata": {"reference": "REP-1"}})
    assert (seen.status, seen.evidence_details.submission_count, seen.metadata.reference) == (
        "under_review",
        1,
        "REP-1",
    )
    assert seen.evidence.uncategorized_file == file.id
    assert types(client)[-1] == "charge.dispute.updated"
    for again in ({"evidence": given}, {"evidence": {"customer_name": "X"}, "submit": False}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.disputes.update(made["id"], again)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(made["id"])
    assert close(world, made["id"], won=True)["status"] == "won"


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        ({"uncategorized_text": "x" * 20_001}, None),
        ({"uncategorized_file": "file_unknown"}, "resource_missing"),
        ({"no_such_field": "x"}, "parameter_unknown"),
        (
            dict.fromkeys(
                ("uncategorized_text", "product_description", "access_activity_log", "cancellation_policy_disclosure",
                 "cancellation_rebuttal", "refund_policy_disclosure", "refund_refusal_explanation", "duplicate_charge_explanation"),
                "x" * 20_000,
            ),
            None,
        ),
    ],
)  # fmt: skip
def test_beyond_a_limit_nothing_is_kept(contested, evidence, code):
    _world, client, made = contested
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.disputes.update(made["id"], {"evidence": evidence})
    assert refused.value.code == code
    assert client.v1.disputes.retrieve(made["id"]).evidence_details.has_evidence is False


def test_more_pages_than_a_network_reads_are_refused_staged_or_not(contested):
    _world, client, made = contested
    file = hand_over(client, paper(50))
    given = {"uncategorized_text": "one line", "uncategorized_file": file.id}
    for submit in (False, True):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.disputes.update(made["id"], {"evidence": given, "submit": submit})
        assert refused.value.code == "dispute_evidence_page_limit_exceeded"


def test_accepted_it_is_lost(contested):
    _world, client, made = contested
    assert client.v1.disputes.close(made["id"]).status == "lost"
    assert types(client)[-1] == "charge.dispute.closed"


def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(standin_inprocess):
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    charge = client.v1.payment_intents.create(renewal_params(customer, method)).latest_charge
    world = standin_inprocess.application.world
    made = dispute(world, charge, inquiry=True)
    assert (made["status"], made["balance_transactions"]) == ("warning_needs_response", [])
    assert client.v1.disputes.update(made["id"], {"evidence": {"customer_name": "X"}}).status == "warning_under_review"
    escalate(world, made["id"])
    seen = client.v1.disputes.retrieve(made["id"])
    assert (seen.status, len(seen.balance_transactions), seen.evidence_details.submission_count) == (
        "needs_response",
        1,
        0,
    )


@pytest.mark.parametrize(("prevented", "status"), [(False, "warning_closed"), (True, "prevented")])
def test_an_inquiry_that_ends_costs_nothing(standin_inprocess, prevented, status):
    client = standin_inprocess.client()
    customer, method = saved(client, "pm_card_visa")
    charge = client.v1.payment_intents.create(renewal_params(customer, method)).latest_charge
    world = standin_inprocess.application.world
    made = dispute(world, charge, inquiry=True)
    assert close(world, made["id"], won=True, prevented=prevented)["status"] == status
    assert client.v1.refunds.create({"charge": charge}).status == "succeeded"


def test_a_warning_of_fraud_is_read_back(contested):
    world, client, made = contested
    warned = warn(world, made["charge"])
    seen = client.v1.radar.early_fraud_warnings.retrieve(warned["id"])
    assert (seen.charge, seen.actionable, seen.fraud_type) == (made["charge"], True, "made_with_stolen_card")
