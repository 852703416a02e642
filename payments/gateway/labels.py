"""What we write on Stripe's objects so that we find them again, and the amounts and ids we let through."""

from __future__ import annotations

from collections.abc import Mapping

#: The metadata key that carries our own reference on every object that we make.
REFERENCE = "reference"


def labels(reference: str, metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata of an object of ours. Empty values are left out: to Stripe they mean "remove this key"."""
    return {**{name: value for name, value in metadata.items() if value}, REFERENCE: reference}


def cents(amount: int) -> int:
    """``amount`` if it is a positive whole number of cents. Raises ``TypeError`` or ``ValueError`` otherwise."""
    if type(amount) is not int:
        raise TypeError(f"Amounts go to Stripe in whole cents, not as {type(amount).__name__}.")
    if amount <= 0:
        raise ValueError("An amount must be more than nothing.")
    return amount


def told(id: str) -> str:
    """``id`` if there is one. Raises ``ValueError`` otherwise: without it Stripe would answer with a whole list."""
    if not id:
        raise ValueError("Stripe was to be asked for an object without its id.")
    return id
