"""What the postman and the telephone bring: orders with a cheque or without, cheques, slips, and what the books hold of them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from payments.actors import Actor
from payments.audit import balance_of
from payments.cheques.depositing import deposit
from payments.cheques.receiving import Written
from payments.models import AccountMap, Cheque, DepositSlip
from payments.offline_kinds import Kind
from subscriptions.models import Offer
from subscriptions.offline import bouncing
from subscriptions.offline.ordering import Taken, take_order
from tests.makers import HOME, NOW, TODAY, make_wish

CLERK, FINANCE = Actor("staff", "11"), Actor("staff", "12")
LETTER = "bon de commande reçu par courrier"


def written(number: str = "0004711", *, amount: str = "27.60", on: date = TODAY, **facts: Any) -> Written:
    """A cheque as it lies on the table."""
    return replace(Written(number, "Crédit Agricole", "M. ou Mme Lefèvre", Decimal(amount), on), **facts)


def wish(*, email: str = "", **changes: Any) -> Any:
    """What the letter asks for: a year, from somebody who has no e-mail address."""
    return make_wish(Offer.objects.get(code="un-an"), email=email, **changes)


def ordered(
    number: str | None = "0004711",
    *,
    name: str = "Lefèvre",
    email: str = "",
    by: Kind = Kind.CHEQUE,
    token: uuid.UUID | None = None,
    at: datetime = NOW,
    **changes: Any,
) -> Taken:
    """An order by post with the cheque of that number, or without one."""
    asked = wish(email=email, last_name=name, delivery=replace(HOME, last_name=name), **changes)
    cheque = written(number, drawer=f"Mme {name}") if number is not None else None
    return take_order(
        asked, by=by, cheque=cheque, form_token=token or uuid.uuid4(), reason=LETTER, actor=CLERK, at=at
    )  # fmt: skip


def three() -> list[Cheque]:
    """Three orders of one morning, each with its cheque."""
    given = [
        ordered(number, name=name)
        for number, name in (("0000101", "Lefèvre"), ("0000102", "Nguyen"), ("0000103", "Okafor"))
    ]
    return [one.cheque for one in given if one.cheque is not None]


def deposited(cheques: list[Cheque], *, on: date = TODAY, at: datetime = NOW) -> DepositSlip:
    """They go to the bank."""
    return deposit([one.pk for one in cheques], on=on, reason="remise du lundi", actor=FINANCE, at=at)


def bounced(cheque: Cheque, *, on: date = TODAY, because: str = "no_funds", at: datetime = NOW) -> Cheque:
    """Its bank sends it back."""
    return bouncing.bounce(cheque.pk, on=on, because=because, reason="avis de la banque", actor=FINANCE, at=at)


def books() -> dict[str, str]:
    """What the accounts of these stories hold, debit minus credit, without those that hold nothing."""
    keys = {
        "411": "AR", "4871": "DEFERRED", "44571": "VAT_2.10", "44574": "VAT_PENDING", "5112": "CHEQUES", "512": "BANK",
        "517": "PSP", "4197": "SURPLUS", "627": "BANK_FEES", "654": "BAD_DEBT", "7011": "REV_PRINT",
    }  # fmt: skip
    accounts = dict(AccountMap.objects.values_list("key", "account"))
    found = {name: balance_of(accounts[key]) for name, key in keys.items()}
    return {name: str(amount) for name, amount in found.items() if amount}
