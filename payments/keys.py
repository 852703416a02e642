"""Idempotency keys and references: random, one per attempt, written down before they are used (design, rule 2)."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ACDEFGHJKLMNPQRTUVWXYZ"


def new_key() -> str:
    """A key for one attempt at Stripe. Random: an id would repeat after a restore and replay another's charge."""
    return secrets.token_urlsafe(32)


def new_reference(prefix: str) -> str:
    """Reference of a payment, refund or set-up for staff and Stripe's metadata: PAY-7K2M9QXW4A."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _place in range(12))
