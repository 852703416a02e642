"""Euros: one way in, one rounding, one way out (design, rule 8).

Amounts are `Decimal` euros with two decimals inside, integer cents at Stripe's border, and `Money` (EUR) on models.
Floats are refused everywhere: 27.6 as a float is already another number. Rounding is half up, away from zero for
negative amounts, so that a credit note is the exact mirror of its invoice.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

CURRENCY = "EUR"
CENT = Decimal("0.01")
# One no-break space for thousands and before the euro sign. U+00A0 and not the narrow U+202F: every font has it, and so
# has Windows-1252, in which the mailing house reads its files.
NBSP = "\u00a0"

_MACHINE = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_TYPED = re.compile(
    r"([-−]?)(\d{1,10}|\d{1,3}(?: \d{3}){1,2}|\d(?: \d{3}){3})(?:[,.](\d{1,2}))?(?: ?(?:€|eur|euros?))?", re.ASCII
)


class NotAnAmount(ValidationError):
    """What was typed is not an amount in euros; the message is a sentence for the person who typed it."""


def round_cents(value: Decimal) -> Decimal:
    """`value` in euros rounded half up to the cent. Raises TypeError for a float, ValueError for NaN or infinity."""
    if not isinstance(value, Decimal):
        raise TypeError(f"an amount is a Decimal, not {type(value).__name__}")
    if not value.is_finite():
        raise ValueError("an amount is a finite number")
    # Adding zero turns -0.00 into 0.00.
    return value.quantize(CENT, rounding=ROUND_HALF_UP) + Decimal(0)


def eur(value: Decimal | int | str | Money) -> Money:
    """Money in euros, rounded half up to the cent.

    `value`: euros as Decimal, int or a string in machine form ("27.60"); Money only if already EUR. Raises TypeError
    for floats and booleans, ValueError for another currency or a string that is no number.
    """
    if isinstance(value, Money):
        if str(value.currency) != CURRENCY:
            raise ValueError(f"only {CURRENCY} is known here, not {value.currency}")
        value = value.amount
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise TypeError(f"euros come as Decimal, int or str, not {type(value).__name__}")
    # Decimal alone would also read "1_000", "1e3" and the digits of other scripts.
    if isinstance(value, str) and not _MACHINE.fullmatch(value):
        raise ValueError("not a number of euros")
    return Money(round_cents(Decimal(value)), CURRENCY)


def amount_of(value: Money | Decimal) -> Decimal:
    """The Decimal euros of `value`, refusing other currencies and floats; not rounded."""
    if isinstance(value, Money):
        if str(value.currency) != CURRENCY:
            raise ValueError(f"only {CURRENCY} is known here, not {value.currency}")
        value = value.amount
    if not isinstance(value, Decimal):
        raise TypeError(f"an amount is Money or a Decimal, not {type(value).__name__}")
    return value


def to_cents(value: Money | Decimal) -> int:
    """Integer cents for Stripe. Raises ValueError rather than round a fraction of a cent away."""
    amount = amount_of(value)
    if round_cents(amount) != amount:
        raise ValueError("an amount for Stripe has whole cents")
    return int(amount.scaleb(2))


def from_cents(cents: int) -> Money:
    """Money in euros from Stripe's integer cents."""
    if isinstance(cents, bool) or not isinstance(cents, int):
        raise TypeError(f"cents are an int, not {type(cents).__name__}")
    return Money(Decimal(cents).scaleb(-2).quantize(CENT), CURRENCY)


def french(value: Money | Decimal) -> str:
    """« 1 234,50 € » with no-break spaces, as French pages, letters and invoices print it."""
    amount = round_cents(amount_of(value))
    return f"{amount:,.2f}".replace(",", NBSP).replace(".", ",") + f"{NBSP}€"


def parse_french(text: str) -> Money:
    """Money from what a person typed: « 27,60 », « 27,6 », « 27 », « 1 234,50 € », also « 27.60 ».

    Raises NotAnAmount for anything else: more than two decimals, misplaced thousands, two separators, other
    currencies, other digits than 0 to 9, more than ten digits (the columns hold no more). A dot before three digits
    (1.234) could mean two things and is refused.
    """
    typed = re.sub(r"\s+", " ", text).strip().lower()
    found = _TYPED.fullmatch(typed)
    if found is None:
        raise NotAnAmount(
            _("“%(typed)s” is not an amount in euros. Write it like 27,60."),
            code="not_an_amount",
            params={"typed": text.strip()[:40]},
        )
    sign, euros, decimals = found.groups()
    amount = Decimal(f"{euros.replace(' ', '')}.{(decimals or '0')}")
    return eur(-amount if sign else amount)
