"""The trace: what happened, in business facts alone, in one order. The same plan gives the same trace.

Keys, tokens, references and ids are random or count what else was done; no line of the trace holds one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from payments.models import (
    BankLine,
    BankMatch,
    BankReceipt,
    DayClosing,
    Discrepancy,
    Invoice,
    LedgerLine,
    Payment,
    Payout,
    PeriodClosing,
    Refund,
    Transfer,
)
from subscriptions.models import (
    AddressDoubt,
    Claim,
    ClaimIncident,
    Declaration,
    Dispatch,
    Entitlement,
    Notice,
    Order,
    Renewal,
    RenewalEvent,
    SoldIssue,
    StockMovement,
    Subscription,
    Term,
)


def trace() -> list[str]:
    """Every line, sorted."""
    return sorted(_lines())


def digest(lines: list[str]) -> str:
    """One hash of them all."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _lines() -> Iterator[str]:
    owner = {pk: email or "" for pk, email in Subscription.objects.values_list("pk", "payer__email")}
    for row in Order.objects.values_list("email", "placed_at", "state", "state_since", "amount", "offer__code"):
        yield _line("order", *row)
    for row in Payment.objects.values_list(
        "customer__email", "created_at", "purpose", "way", "state", "state_since", "surplus", "amount", "received_on",
        "decline_code",
    ):  # fmt: skip
        yield _line("payment", *row)
    for row in Refund.objects.values_list("payment__customer__email", "created_at", "state", "amount", "refunded_on"):
        yield _line("refund", *row)
    for row in Subscription.objects.values_list("payer__email", "created_at", "state", "state_since", "renewal"):
        yield _line("subscription", *row)
    for row in Term.objects.values_list(
        "subscription", "number", "starts_on", "ends_on", "amount", "amount_ht", "vat_zone", "created_at"
    ):
        yield _line("term", owner[row[0]], *row[1:])
    for row in Entitlement.objects.values_list(
        "term__subscription", "term__number", "rank", "issue__number", "state", "value_ht"
    ):
        yield _line("copy", owner[row[0]], *row[1:])
    for row in Renewal.objects.values_list("subscription", "number", "renews_on", "state", "state_since", "amount"):
        yield _line("renewal", owner[row[0]], *row[1:])
    for row in RenewalEvent.objects.values_list(
        "renewal__subscription", "renewal__number", "from_state", "to_state", "renews_on", "reason", "at"
    ):
        yield _line("step", owner[row[0]], *row[1:])
    yield from _lost()
    yield from _reconciled()
    for row in Notice.objects.values_list("to_email", "kind", "due_at", "state", "state_since", "attempts"):
        yield _line("letter", *row)
    for row in Declaration.objects.values_list("email", "kind", "received_at", "state", "effect"):
        yield _line("declaration", *row)
    for row in Invoice.objects.values_list("reference", "issued_on", "kind", "total_ht", "total_vat", "total_ttc"):
        yield _line("document", *row)
    for row in LedgerLine.objects.values_list("account__code", "entry__booked_on", "debit", "credit"):
        yield _line("booked", *row)


def _lost() -> Iterator[str]:
    """What left in which file, what came back of it, what was claimed, sent again and granted instead."""
    payer = "subscription__payer__email"
    for row in Dispatch.objects.values_list("key", payer, "kind", "copies", "zone", "came_back__effect"):
        yield _line("line", *row)
    for row in Claim.objects.values_list(
        payer, "issue__number", "round", "reason", "state", "state_since", "in_window"
    ):
        yield _line("claim", *row)
    for row in ClaimIncident.objects.values_list("issue__number", "department", "state", "state_since"):
        yield _line("incident", *row)
    for row in AddressDoubt.objects.values_list(payer, "at", "state", "state_since"):
        yield _line("doubt", *row)
    for row in StockMovement.objects.values_list("issue__number", "number", "kind", "copies", "left"):
        yield _line("stock", *row)
    for row in BankReceipt.objects.values_list("received_on", "amount"):
        yield _line("transfer", *row)
    for row in SoldIssue.objects.values_list("order__email", "order__placed_at", "issue__number", "copies", "state"):
        yield _line("past issue", *row)


def _reconciled() -> Iterator[str]:
    """What reached the bank, what each line was, what did not agree, what was closed."""
    for row in Payout.objects.values_list("created", "amount", "currency", "instant", "state", "arrived_on"):
        yield _line("payout", *row)
    for row in BankLine.objects.values_list("booked_on", "amount", "left", "statement__format"):
        yield _line("bank line", *row)
    for row in BankMatch.objects.values_list("line__booked_on", "kind", "amount", "automatic", "at"):
        yield _line("match", *row)
    for row in Discrepancy.objects.values_list("kind", "at_stripe", "in_books", "found_at", "end", "ended_at"):
        yield _line("discrepancy", *row)
    for row in Transfer.objects.values_list("customer__email", "amount", "because", "state", "state_since"):
        yield _line("given back", *row)
    for row in PeriodClosing.objects.values_list("kind", "first_day", "version", "at"):
        yield _line("closed", *row)
    for row in DayClosing.objects.values_list("day", "entries", "debit", "received", "given_back"):
        yield _line("day", *row)


def _line(*values: object) -> str:
    return " | ".join("" if value is None else str(value) for value in values)
