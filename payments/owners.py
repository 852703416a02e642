"""Who acts when money moves: the floors above register one owner per purpose (design, section 2).

An owner's functions are set-based and run inside the transaction that moves the state: one commit turns money into
terms, invoices, entries and queued letters, or none of them. No network, no rendering inside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from payments.actors import Actor
from payments.models import Dispute, MethodSetup, Payment, Refund


class PaymentsAct(Protocol):
    def __call__(self, payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None: ...


class SettledAct(Protocol):
    def __call__(self, payments: Sequence[Payment], *, actor: Actor, at: datetime) -> Collection[int]:
        """Serve what was paid. Returns the ids of payments that can no longer be served: they become surplus."""
        ...


class RefundsAct(Protocol):
    def __call__(self, refunds: Sequence[Refund], *, actor: Actor, at: datetime) -> None: ...


class DisputesAct(Protocol):
    def __call__(self, disputes: Sequence[Dispute], *, actor: Actor, at: datetime) -> None:
        """Carry out what the bank has decided. Sets `credit_note` and `cleared` of a dispute that was lost."""
        ...


class SetupAct(Protocol):
    def __call__(self, setup: MethodSetup, *, actor: Actor, at: datetime) -> None: ...


def nothing_to_do(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """For an owner to whom this news changes nothing."""


def nothing_held(disputes: Sequence[Dispute], *, actor: Actor, at: datetime) -> None:
    """For an owner who holds nothing while a payment is disputed."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The answers of one floor for one purpose.

    `closed`: no money will come by these payments any more. `unanswered`: Stripe did not answer, and only looking it up
    will tell; nothing may be tried, told or booked before. `disputed`: their charges are contested at the bank, as far as
    is known now; told again and again while they are. `dispute_closed`: the bank has decided.
    """

    settled: SettledAct
    declined: PaymentsAct
    waiting: PaymentsAct
    closed: PaymentsAct
    refunded: RefundsAct
    refund_failed: RefundsAct
    unanswered: PaymentsAct = nothing_to_do
    disputed: PaymentsAct = nothing_to_do
    dispute_closed: DisputesAct = nothing_held


_OWNERS: dict[str, Owner] = {}


def register(purpose: str, owner: Owner) -> None:
    """Give a purpose its owner, once, at start-up. Raises ValueError for a second owner."""
    if purpose in _OWNERS and _OWNERS[purpose] != owner:
        raise ValueError(f"purpose {purpose} already has an owner")
    _OWNERS[purpose] = owner


def owner_of(purpose: str) -> Owner:
    """The owner of a purpose; KeyError if no floor has registered for it."""
    return _OWNERS[purpose]


def purposes() -> frozenset[str]:
    """Every purpose that has an owner."""
    return frozenset(_OWNERS)


_METHOD_CHANGED: list[SetupAct] = []


def register_method_changed(act: SetupAct) -> None:
    """Give the one act that puts a newly left method to use; registered once, at start-up."""
    if act not in _METHOD_CHANGED:
        _METHOD_CHANGED.append(act)


def tell_method_changed(setup: MethodSetup, *, actor: Actor, at: datetime) -> None:
    """Tell the floors above that a set-up has left a method; does nothing while it has not."""
    if setup.state == MethodSetup.State.DONE:
        for act in _METHOD_CHANGED:
            act(setup, actor=actor, at=at)
