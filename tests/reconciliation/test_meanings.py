"""The table of meanings: every type that the pinned SDK knows is in it or named as unused, every meaning has its key."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from decimal import Decimal

import pytest
import stripe

from payments.models import BalanceMovement, Discrepancy
from payments.reconciliation.meanings import KEYS, TABLE, UNUSED, About, Facts, about, meaning_of
from payments.reconciliation.sentences import SENTENCES
from shop.backoffice.payout_words import DISCREPANCY, MEANING

SUM = Decimal("27.60")
CHARGE = Facts("charge", "charge", "eur", SUM, paid=SUM)
REFUND = Facts("refund", "refund", "eur", -SUM, given_back=SUM)
BACK = Facts("refund_failure", "refund_failure", "eur", SUM, given_back=SUM)
DISPUTE = Facts("adjustment", "dispute", "eur", -SUM, paid=SUM)
WON = Facts("adjustment", "dispute_reversal", "eur", SUM, paid=SUM)
NOBODY = {"paid": None, "given_back": None}

STORIES = {
    "payment": CHARGE,
    "doubled": replace(CHARGE, second=True),
    "other_amount": replace(CHARGE, amount=Decimal("20.00")),
    "other_currency": replace(CHARGE, currency="usd"),
    "refund": REFUND,
    "refund_failed": BACK,
    "dispute": DISPUTE,
    "dispute_returned": WON,
    "unknown_charge": replace(CHARGE, names_us=True, **NOBODY),
    "unknown_refund": replace(REFUND, names_us=True, **NOBODY),
    "unknown_dispute": replace(DISPUTE, names_us=True, **NOBODY),
    "foreign": replace(CHARGE, **NOBODY),
    "converted": replace(CHARGE, converted=True, **NOBODY),
    "elsewhere": Facts("adjustment", "", "usd", SUM),
    "stripe_fee": Facts("stripe_fee", "fee", "eur", -SUM),
    "adjustment": Facts("adjustment", "other_adjustment", "eur", SUM),
    "reserve": Facts("reserve_hold", "", "eur", -SUM),
    "payout": Facts("payout", "payout", "eur", -SUM),
    "payout_back": Facts("payout_failure", "payout_reversal", "eur", SUM),
    "topup": Facts("topup", "topup", "eur", SUM),
    "unknown_type": Facts("moon_rent", "", "eur", -SUM),
}


@pytest.mark.parametrize("meaning", BalanceMovement.Meaning.values)
def test_each_meaning(meaning):
    assert meaning_of(STORIES[meaning]) == meaning


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (replace(CHARGE, kind="payment"), "payment"),
        (replace(CHARGE, names_us=True, twin=True, **NOBODY), "doubled"),
        (replace(REFUND, kind="payment_refund"), "refund"),
        (replace(REFUND, amount=-SUM + 1), "other_amount"),
        (replace(BACK, kind="payment_failure_refund"), "refund_failed"),
        (replace(BACK, names_us=True, **NOBODY), "unknown_refund"),
        (replace(REFUND, **NOBODY), "foreign"),
        (replace(DISPUTE, **NOBODY), "foreign"),
        (replace(WON, names_us=True, **NOBODY), "unknown_dispute"),
        (Facts("payout", "payout", "usd", -SUM), "elsewhere"),
        (Facts("payout_cancel", "payout_reversal", "eur", SUM), "payout_back"),
        (Facts("transfer", "transfer", "eur", -SUM), "foreign"),
        (Facts("advance", "advance", "eur", SUM), "unknown_type"),
        (Facts("", "", "eur", SUM), "unknown_type"),
    ],
)
def test_its_other_rows(line, meaning):
    assert meaning_of(line) == meaning


def test_every_type_of_the_sdk_is_in_the_table_or_named_as_unused():
    source = inspect.getsource(stripe.BalanceTransaction)
    listed = source[source.rindex("    type: Union[") :]
    types = set(re.findall(r'"([a-z_]+)",', listed[: listed.index("str,")]))
    assert len(types) > 50
    known = {kind for kind, _category in TABLE}
    assert types <= known | UNUSED
    assert not known & UNUSED
    assert known <= types


def test_what_is_about_somebody_is_about_nothing_else():
    assert {kind for kind, _category in TABLE if isinstance(about(kind, "dispute"), About)} == {
        "adjustment", "charge", "payment", "payment_failure_refund", "payment_refund", "payment_reversal", "refund",
        "refund_failure",
    }  # fmt: skip


def test_every_row_has_its_key_its_words_and_its_sentence():
    assert set(KEYS) == set(BalanceMovement.Meaning)
    assert set(MEANING) == {"", *BalanceMovement.Meaning.values}
    assert set(DISCREPANCY) == set(SENTENCES) == set(Discrepancy.Kind.values)
