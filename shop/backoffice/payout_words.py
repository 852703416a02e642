"""Words of the reconciliation with Stripe: states of payouts, meanings of movements, discrepancies and how they end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words

PAYOUT: Words = {
    "in_transit": (pgettext_lazy("payout", "on its way"), WAIT),
    "paid": (pgettext_lazy("payout", "paid"), GOOD),
    "failed": (pgettext_lazy("payout", "failed"), BAD),
    "cancelled": (pgettext_lazy("payout", "called off"), NONE),
}
MEANING: Words = {
    "": (gettext_lazy("not known yet"), WAIT),
    "payment": (gettext_lazy("payments of readers"), NONE),
    "refund": (gettext_lazy("refunds to readers"), NONE),
    "refund_failed": (gettext_lazy("refunds that came back"), NONE),
    "dispute": (gettext_lazy("taken by banks over disputes"), NONE),
    "dispute_returned": (gettext_lazy("given back by banks"), NONE),
    "stripe_fee": (gettext_lazy("Stripe’s own fees"), NONE),
    "adjustment": (gettext_lazy("Stripe’s adjustments"), NONE),
    "reserve": (gettext_lazy("held back by Stripe, or released"), NONE),
    "payout": (gettext_lazy("payouts"), NONE),
    "payout_back": (gettext_lazy("payouts that came back"), NONE),
    "topup": (gettext_lazy("sent from the bank to Stripe"), NONE),
    "foreign": (gettext_lazy("other products of the account"), WAIT),
    "converted": (gettext_lazy("other products, paid in another currency"), WAIT),
    "elsewhere": (gettext_lazy("balance in another currency"), NONE),
    "unknown_charge": (gettext_lazy("charge unknown to the books"), BAD),
    "unknown_refund": (gettext_lazy("refund unknown to the books"), BAD),
    "unknown_dispute": (gettext_lazy("dispute unknown to the books"), BAD),
    "doubled": (gettext_lazy("second charge of a payment"), BAD),
    "other_amount": (gettext_lazy("not the amount in the books"), BAD),
    "other_currency": (gettext_lazy("payment in another currency"), BAD),
    "unknown_type": (gettext_lazy("unknown type"), BAD),
}
DISCREPANCY: Words = {
    "missing_line": (gettext_lazy("payment without a movement"), BAD),
    "missing_refund": (gettext_lazy("refund without a movement"), BAD),
    **{name: MEANING[name] for name in MEANING if name.startswith(("unknown_", "other_")) or name == "doubled"},
    "changed": (gettext_lazy("movement that has changed"), BAD),
    "foreign": (gettext_lazy("money of another product"), WAIT),
    "remainder": (gettext_lazy("payout with a remainder"), BAD),
    "payout_failed": (gettext_lazy("payout that failed"), BAD),
    "failed_after_paid": (gettext_lazy("payout that came back after it was paid"), BAD),
    "unbooked": (gettext_lazy("booked by hand, and recognised since"), WAIT),
}
STEP: Words = {
    "found": (pgettext_lazy("discrepancy", "found"), WAIT),
    "taken": (pgettext_lazy("discrepancy", "taken in hand"), WAIT),
    "matched": (pgettext_lazy("discrepancy", "matched"), GOOD),
    "explained": (pgettext_lazy("discrepancy", "explained"), GOOD),
    "booked": (pgettext_lazy("discrepancy", "booked"), GOOD),
    "gone": (pgettext_lazy("discrepancy", "gone"), GOOD),
}
#: Where a movement may be booked that had to be explained, by account key.
BOOKABLE: Mapping[str, Any] = {
    "FEES": gettext_lazy("Stripe’s fees"),
    "ADJUSTMENTS": gettext_lazy("Stripe’s adjustments"),
    "RESERVE": gettext_lazy("money held back by Stripe"),
    "TRANSIT": gettext_lazy("payouts on their way"),
    "FOREIGN": gettext_lazy("other products of the account"),
    "BAD_DEBT": gettext_lazy("losses"),
}
