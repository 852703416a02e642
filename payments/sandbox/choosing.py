"""Which ways to pay an intent or a session offers, from what its maker allowed and excluded."""

from typing import Any

from payments.sandbox.errors import malformed

SPOKEN = ("card", "sepa_debit")


def offered(params: dict[str, Any]) -> list[str]:
    """The types offered, card first. Raises 400 when nothing the stand-in speaks is left."""
    allowed = params.get("allowed_payment_method_types") or SPOKEN
    excluded = params.get("excluded_payment_method_types") or ()
    kinds = [kind for kind in SPOKEN if kind in allowed and kind not in excluded]
    if not kinds:
        raise malformed(
            "No valid payment method types for this request: the stand-in knows card and sepa_debit.",
            param="allowed_payment_method_types",
        )
    return kinds


def euros_only(currency: str) -> str:
    """The currency, which must be the euro here."""
    if currency != "eur":
        raise malformed(f"The stand-in takes euros only, not {currency!r}.", param="currency")
    return currency
