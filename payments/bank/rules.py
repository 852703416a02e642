"""Finance's rules: which lines are the bank's own fees and interest, and on which account they go (law.md 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.bank.numbers import plain
from payments.desk import record_act
from payments.models import AccountMap, BankLine, BankRule

#: Keys that a line may be put on by a rule or by hand; what readers and invoices move has verbs of its own.
KEYS = ("BANK_FEES", "BANK_INTEREST", "INTEREST_EARNED", "SUSPENSE")
#: Where a person alone may put one; on the transit account only what leaves for Stripe, to fill its balance: a line of Stripe's
#: takes it off there.
BY_HAND = (*KEYS, "TRANSIT")


class CannotRule(ValidationError):
    """The rule is not taken; the message is a sentence for staff."""


def living(lines: Sequence[BankLine]) -> list[BankRule]:
    """The rules that may mean any of these lines, the oldest first: by the days of the lines, whenever they are looked at. One query."""
    days = [line.booked_on for line in lines]
    if not days:
        return []
    alive = Q(ended_on=None) | Q(ended_on__gt=min(days))
    return list(BankRule.objects.filter(alive, valid_from__lte=max(days)).order_by("pk"))


def rule_for(line: BankLine, rules: Sequence[BankRule]) -> BankRule | None:
    """The first rule that means this line."""
    side = BankRule.Side.IN if line.amount > 0 else BankRule.Side.OUT
    said = " ".join(plain(f"{line.text}\n{line.counterparty}").split())
    for rule in rules:
        if rule.side != side or abs(line.amount) > rule.most or not _means(rule, line):
            continue
        if _in_order(plain(rule.words).split(), said):
            return rule
    return None


def _means(rule: BankRule, line: BankLine) -> bool:
    return rule.valid_from <= line.booked_on and (rule.ended_on is None or line.booked_on < rule.ended_on)


def _in_order(words: Sequence[str], said: str) -> bool:
    """Whether the words stand in the label, whole and in this order, whatever stands between them."""
    rest = iter(said.split())
    return all(word in rest for word in words)


@transaction.atomic
def add_rule(
    *,
    words: str,
    side: str,
    most: Decimal,
    key: str,
    valid_from: date,
    reason: str,
    actor: Actor,
    at: datetime,
) -> BankRule:
    """Take a rule. Raises CannotRule: its words say too little, or one of these words lives already."""
    said = " ".join(words.split())[:120]
    if len(said) < 5:
        raise CannotRule(_("Give more of the label: these words would mean too many lines."), code="words")
    if key not in KEYS or not AccountMap.objects.filter(key=key, valid_from__lte=valid_from).exists():
        raise CannotRule(_("This key means no account yet on that day."), code="key")
    facts: dict[str, Any] = {"words": said, "side": side, "most": most, "key": key, "valid_from": valid_from}
    try:
        with transaction.atomic():
            rule = BankRule.objects.create(**facts, actor=str(actor), reason=reason[:300], at=at)
    except IntegrityError:
        raise CannotRule(_("There is a rule of these words already: end it first."), code="living") from None
    record_act("added a bank rule", subject=f"bank_rule:{rule.pk}", actor=actor, at=at, reason=reason)
    return rule


@transaction.atomic
def end_rule(rule_id: int, *, on: date, reason: str, actor: Actor, at: datetime) -> bool:
    """Lines booked from day `on` on are no longer meant. False if it had ended; safe to repeat."""
    ended = BankRule.objects.filter(pk=rule_id, ended_on=None).update(ended_on=on)
    if ended:
        record_act("ended a bank rule", subject=f"bank_rule:{rule_id}", actor=actor, at=at, reason=reason)
    return bool(ended)
