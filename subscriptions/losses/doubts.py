"""Doubts about addresses: of which subscriptions do copies wait for an answer? What holds them releases them, nobody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from subscriptions.losses.moving import OPEN
from subscriptions.losses.rules import HOLDING, OPEN_DOUBTS
from subscriptions.models import AddressDoubt, Claim, TemporaryAddress


def in_doubt(keys: Collection[int]) -> set[int]:
    """Those of these subscriptions whose copies are held for their address. One query."""
    found = AddressDoubt.objects.filter(subscription__in=keys, state__in=HOLDING)
    return set(found.values_list("subscription", flat=True))


def open_doubt(subscription: str) -> Exists:
    """Whether the address of the outer row's subscription is asked about; `subscription` names it there."""
    return Exists(_open().filter(subscription=OuterRef(subscription)))


def open_claim(subscription: str) -> Exists:
    """Whether a claim of the outer row's subscription is open: nobody is asked to buy on meanwhile (law.md 7.7)."""
    return Exists(Claim.objects.filter(subscription=OuterRef(subscription), state__in=OPEN))


def _open() -> QuerySet[AddressDoubt]:
    return AddressDoubt.objects.filter(state__in=OPEN_DOUBTS)


def stays_at(address: str, recipient: str, *, on: date) -> Exists:
    """Whether the outer row's recipient lives for a while at that address, on day `on`; both are named there."""
    stays = TemporaryAddress.objects.filter(from_on__lte=on, until__gt=on)
    return Exists(stays.filter(recipient=OuterRef(recipient), address=OuterRef(address)))
