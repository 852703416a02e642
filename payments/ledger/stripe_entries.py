"""What lines of Stripe's balance write in the books where no payment of ours does, and payouts at our bank; all pure.

A payout travels on a transit account: 517 falls when Stripe takes it out of its balance, 512 rises when the bank shows it.
Together they are the row « Payout in bank » of law.md 6.3; between them 517 stays Stripe's balance (decision 0033).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from payments.ledger.entries import undoing
from payments.ledger.posting import ZERO, EntryDraft, Line
from payments.models import BalanceMovement, Discrepancy, LedgerEntry, Payout

Journal = LedgerEntry.Journal
SAID = {
    "FEES": "Frais de Stripe",
    "ADJUSTMENTS": "Ajustement de Stripe",
    "RESERVE": "Fonds retenus par Stripe",
    "TRANSIT": "Virement Stripe",
    "FOREIGN": "Autre produit du compte Stripe",
    "FOREIGN_MONEY": "Autre produit du compte Stripe, en devise",
    "UNEXPLAINED": "Mouvement Stripe à expliquer",
}


def movement(line: BalanceMovement, key: str, *, net: bool, owned: bool, booked_on: date) -> EntryDraft:
    """A line of Stripe's balance, 517 against `key`; its fee to the fees, unless the other side bears it (`net`).

    `owned`: the fee is booked already, as that of a payment of ours.
    """
    fee = ZERO if net or owned else line.fee
    other = line.net if net and not owned else line.amount
    return EntryDraft(
        journal=Journal.STRIPE,
        source=f"movement:{line.pk}",
        booked_on=booked_on,
        piece_ref=line.source[:80] or line.stripe_id[:80],
        piece_date=booked_on,
        label=f"{SAID[key]} {line.stripe_id}"[:200],
        lines=(_side("PSP", other - fee), _side("FEES", fee), _side(key, -other)),
    )


def movement_back(standing: LedgerEntry, line: BalanceMovement, *, booked_on: date, time: str) -> EntryDraft:
    """The line turns out to be something else: the mirror of what stands of it, on its very accounts. `time`: "", ":2", ":3"…"""
    return undoing(standing, source=f"movement_back:{line.pk}{time}", booked_on=booked_on)


def movement_again(there: EntryDraft, line: BalanceMovement, *, time: str) -> EntryDraft:
    """What it turned out to be."""
    return replace(there, source=f"movement_again:{line.pk}{time}")


def unbooked(standing: LedgerEntry, discrepancy: Discrepancy, *, booked_on: date) -> EntryDraft:
    """What finance had booked by hand has found its owner, who books it: the mirror."""
    return undoing(standing, source=f"discrepancy_back:{discrepancy.pk}", booked_on=booked_on)


def arrived(payout: Payout, *, booked_on: date) -> EntryDraft:
    """The bank shows a payout: transit to 512; the other way round where it was collected from the bank."""
    return EntryDraft(
        journal=Journal.BANK,
        source=f"payout_arrived:{payout.pk}",
        booked_on=booked_on,
        piece_ref=payout.bank_reference,
        piece_date=booked_on,
        label=f"Virement Stripe {payout.stripe_payout}"[:200],
        lines=(_side("BANK", payout.amount), _side("TRANSIT", -payout.amount)),
    )


def returned(payout: Payout, *, bank_reference: str, booked_on: date) -> EntryDraft:
    """The bank takes a payout out again, because it failed: 512 back to transit, where Stripe's line of the failure waits."""
    return EntryDraft(
        journal=Journal.BANK,
        source=f"payout_returned:{payout.pk}",
        booked_on=booked_on,
        piece_ref=bank_reference,
        piece_date=booked_on,
        label=f"Virement Stripe {payout.stripe_payout}, repris par la banque"[:200],
        lines=(_side("BANK", -payout.amount), _side("TRANSIT", payout.amount)),
    )


def booked(discrepancy: Discrepancy, key: str, *, amount: Decimal, booked_on: date) -> EntryDraft:
    """Finance knows what a movement was: from the account of what has to be explained to another; or by how much Stripe's
    balance is another one than the books have it, which 517 does not know yet. `amount`: signed as on Stripe's balance, in euros.
    """
    waits_on = "PSP" if discrepancy.kind in Discrepancy.ON_BALANCE else "UNEXPLAINED"
    return EntryDraft(
        journal=Journal.MISC,
        source=f"discrepancy:{discrepancy.pk}",
        booked_on=booked_on,
        piece_ref=f"ECART-{discrepancy.pk}",
        piece_date=booked_on,
        label=f"Écart n° {discrepancy.pk}, imputé",
        lines=(_side(waits_on, amount), _side(key, -amount)),
    )


def _side(key: str, amount: Decimal) -> Line:
    """Above zero a debit, below a credit."""
    return Line(key, debit=max(amount, ZERO), credit=max(-amount, ZERO))
