"""Answers of VIES as evidence, and whether one of them stands for an exempt sale on a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings

from payments.actors import Actor
from payments.days import paris_day
from payments.models import VatCheck
from payments.tax_ids import check_eu_vat, vat_state
from payments.vies.asking import Answer, ask


def check(vat_number: str, *, actor: Actor, at: datetime) -> VatCheck:
    """Ask VIES about a number and keep what it said, whatever that is. Network: never inside a transaction.

    Raises TaxIdRefused, NotConfigured: then nothing was asked and nothing is kept.
    """
    answer: Answer = ask(vat_number)
    return VatCheck.objects.create(
        vat_number=check_eu_vat(vat_number), outcome=answer.outcome, consultation=answer.consultation,
        name=answer.name, address=answer.address, trouble=answer.trouble, actor=str(actor), asked_at=at,
    )  # fmt: skip


def known_valid(vat_number: str, *, on: date) -> bool:
    """Whether the last clear answer about a number of another state says valid and is no older than `settings.VIES_DAYS`.

    An unknown after it takes nothing back. One query, none for no number or a French one.
    """
    if not vat_number or vat_state(vat_number) == "FR":
        return False
    last = (
        VatCheck.objects.filter(vat_number=vat_number)
        .exclude(outcome=VatCheck.Outcome.UNKNOWN)
        .order_by("-asked_at")
        .first()
    )
    if last is None or last.outcome != VatCheck.Outcome.VALID:
        return False
    return on - timedelta(days=settings.VIES_DAYS) <= paris_day(last.asked_at) <= on
