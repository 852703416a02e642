"""What Stripe takes as evidence, and what the banks behind it read.

Texts: 20,000 characters each, 150,000 together (API reference, `dispute.evidence`). One file: PDF, 5 MB (« File upload
guide »); we keep below 4.5 MB. Pages: since 2026-09-30 Stripe refuses what text and files make above the limit of the
network, which it does not name; Mastercard takes nineteen without a fee, American Express twenty. Two are left for the texts.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

TEXT = 20_000
ALL_TEXTS = 150_000
BYTES = 4_500_000
PAGES = 17

#: Stripe's names of the texts, which are all that we fill in; the file is `uncategorized_file`.
TEXTS = frozenset(
    {
        "access_activity_log",
        "billing_address",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "uncategorized_text",
    }
)
FILE = "uncategorized_file"


class TooMuch(ValidationError):
    """Stripe would refuse it; the message is a sentence for staff."""


def check(texts: Mapping[str, str], *, size: int, pages: int) -> None:
    """Raise TooMuch for evidence that Stripe would refuse, ValueError for a text it has no name for."""
    if unknown := set(texts) - TEXTS:
        raise ValueError(f"Stripe takes no evidence called {', '.join(sorted(unknown))}")
    longest = max((len(text) for text in texts.values()), default=0)
    if longest > TEXT or sum(len(text) for text in texts.values()) > ALL_TEXTS:
        raise TooMuch(_("The texts are longer than Stripe takes."), code="texts")
    if size > BYTES:
        raise TooMuch(_("The file is larger than Stripe takes."), code="bytes")
    if pages > PAGES:
        raise TooMuch(
            _("The file has %(pages)s pages: banks read %(most)s at most."),
            code="pages",
            params={"pages": pages, "most": PAGES},
        )


def shortened(text: str, *, to: int = TEXT) -> str:
    """The text, cut between two lines where it is longer than Stripe takes."""
    if len(text) <= to:
        return text
    cut = text[: to - 2].rpartition("\n")[0] or text[: to - 2]
    return f"{cut}\n…"
