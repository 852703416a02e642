"""Exports of what only this floor knows: copies still owed, and where sales came from."""

from __future__ import annotations


def offer_all() -> None:
    """Add them to the table of exports, at start-up."""
    from payments.exports.offered import offer
    from subscriptions.exports import deferred, sales

    offer(deferred.DEFERRED_SCHEDULE, deferred.SUBSCRIBERS_DEBT, sales.SALES_BY_DAY, sales.SALES_BY_MONTH)
