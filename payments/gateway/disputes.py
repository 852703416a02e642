"""Charges that their holder contests at the bank: read, answered with evidence, accepted; and warnings of fraud before that."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.labels import labels, told
from payments.gateway.seen import DisputeSeen, FraudWarningSeen

if TYPE_CHECKING:
    from stripe.params import DisputeUpdateParams, FileCreateParams


def fetch_dispute(id: str) -> DisputeSeen:
    """The dispute as it stands now, with the lines of our balance that it moved."""
    return ask("fetch_dispute", lambda client: client.v1.disputes.retrieve(told(id)), reading.dispute)


def upload_evidence(*, reference: str, name: str, body: bytes, key: str) -> str:
    """Hand a file over that is to be evidence, and return Stripe's id of it. Nobody reads it before a dispute names it.

    Raises ``Refused`` for a file that is too large or no PDF, ``Unknown`` when it may have arrived: a second one harms nothing.
    """
    file = io.BytesIO(body)
    file.name = name  # the library sends it along
    params: FileCreateParams = {"purpose": "dispute_evidence", "file": file}
    return ask(
        "upload_evidence",
        lambda client: client.v1.files.create(params, {"idempotency_key": key}),
        lambda seen: str(seen["id"]),
        reference=reference,
    )


def submit_evidence(id: str, *, reference: str, evidence: Mapping[str, str], key: str) -> DisputeSeen:
    """Answer a dispute with evidence: Stripe's names of texts and files. FINAL: the bank gets it, and nothing is added later.

    Raises ``Refused`` (``dispute_evidence_page_limit_exceeded``…), ``Unknown`` when it may have been submitted: only
    ``fetch_dispute`` tells, by our reference.
    """
    params = cast(
        "DisputeUpdateParams", {"evidence": dict(evidence), "submit": True, "metadata": labels(reference, {})}
    )
    return ask(
        "submit_evidence",
        lambda client: client.v1.disputes.update(told(id), params, {"idempotency_key": key}),
        reading.dispute,
        reference=reference,
    )


def accept_dispute(id: str, *, reference: str, key: str) -> DisputeSeen:
    """Say that the holder is right: the dispute is lost. FINAL. Raises as ``submit_evidence`` does."""
    return ask(
        "accept_dispute",
        lambda client: client.v1.disputes.close(told(id), {}, {"idempotency_key": key}),
        reading.dispute,
        reference=reference,
    )


def fetch_fraud_warning(id: str) -> FraudWarningSeen:
    """A warning of the card's network as it stands now."""
    return ask(
        "fetch_fraud_warning",
        lambda client: client.v1.radar.early_fraud_warnings.retrieve(told(id)),
        reading.fraud_warning,
    )
