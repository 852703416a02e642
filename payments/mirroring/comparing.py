"""What differs between a charge of Stripe's and its payment in the books: pure, one table.

| found       | Stripe                                   | the books                                          |
|-------------|------------------------------------------|----------------------------------------------------|
| `unknown`   | a charge with a reference or reader of ours | no payment of that name                         |
| `unsettled` | the charge has succeeded                 | its payment has not, not even after looking it up  |
| `second`    | the charge has succeeded                 | its payment was paid by another charge             |
| `missing`   | no such charge, or it took nothing       | the payment has succeeded                          |
| `amount`    | another amount                           |                                                    |
| `currency`  | another currency                         | euros                                              |
| `refunded`  | another sum given back                   | between what has arrived and what was asked for    |
| `mended`    | the charge has succeeded                 | it was learnt here: not a difference any more      |
"""

from __future__ import annotations

from dataclasses import dataclass

from payments.gateway import ChargeSeen
from payments.models import MirrorDifference, Payment
from payments.money import CURRENCY, to_cents

Kind = MirrorDifference.Kind


@dataclass(frozen=True, slots=True)
class Found:
    """One difference; sums in cents."""

    kind: str
    at_stripe: int | None = None
    in_books: int | None = None


def compare(charge: ChargeSeen, payment: Payment | None) -> list[Found]:
    """What differs between a successful charge of ours and its payment, but for what was given back."""
    took = charge.amount_cents
    if payment is None:
        return [Found(Kind.UNKNOWN, at_stripe=took)]
    if payment.state != Payment.State.SUCCEEDED:
        return [Found(Kind.UNSETTLED, at_stripe=took, in_books=0)]
    booked = to_cents(payment.amount)
    if payment.stripe_charge and payment.stripe_charge != charge.id:
        return [Found(Kind.SECOND, at_stripe=took, in_books=booked)]
    found = []
    if charge.currency.upper() != CURRENCY:
        found.append(Found(Kind.CURRENCY, at_stripe=took, in_books=booked))
    elif took != booked:
        found.append(Found(Kind.AMOUNT, at_stripe=took, in_books=booked))
    return found


def compare_refunded(refunded: int, *, arrived: int, asked: int) -> list[Found]:
    """Whether the sum that Stripe gave back lies outside of what the books know to have arrived and to be asked for."""
    if arrived <= refunded <= asked:
        return []
    return [Found(Kind.REFUNDED, at_stripe=refunded, in_books=arrived if refunded < arrived else asked)]
