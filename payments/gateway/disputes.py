"""Charges that their holder contests at the bank."""

from __future__ import annotations

from payments.gateway import reading
from payments.gateway.client import ask
from payments.gateway.labels import told
from payments.gateway.seen import DisputeSeen


def fetch_dispute(id: str) -> DisputeSeen:
    """The dispute as it stands now, with the lines of our balance that it moved."""
    return ask("fetch_dispute", lambda client: client.v1.disputes.retrieve(told(id)), reading.dispute)
