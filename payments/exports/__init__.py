"""Files for the accountant and the tax office, made from the books and kept."""

from __future__ import annotations


def offer_all() -> None:
    """Add the exports of this floor to their table, at start-up. The journals come with a profile, so they are not in it."""
    from payments.exports import payouts, receivables, vat_received
    from payments.exports.offered import offer

    offer(receivables.AGED_BALANCE, receivables.OPEN_ITEMS, vat_received.VAT_BY_RECEIPT, payouts.PAYOUTS_MADE)
