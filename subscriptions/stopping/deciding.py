"""Deciding: what a person makes of a declaration that the machine did not carry out. The date of its receipt counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act, take_off_desk
from payments.disputes import NO_REFUND
from payments.models import DeskItem
from subscriptions.models import Declaration
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.stopping.carrying_out import carry_out
from subscriptions.stopping.effects import (
    LATE_NOTICE_REFUND_DAYS,
    WITHDRAWAL_REFUND_DAYS,
    Code,
    Effect,
    Standing,
    effect_of,
)
from subscriptions.stopping.moving import State, move
from subscriptions.stopping.reading import Contract, contract_of, standing_of
from subscriptions.stopping.saying import orders_named


class Decision(StrEnum):
    """What staff may decide."""

    AS_THE_RULE_SAYS = "rule"
    GIVE_ALL_BACK = "all"
    END_NOW = "now"


class CannotDecide(ValidationError):
    """Nothing was decided; the message is a sentence for staff."""


def decided_effect(
    declaration: Declaration, decision: str, *, subscription: int | None, order: int | None, on: date
) -> Effect:
    """What a decision would do to a contract on day `on`; nothing is written.

    By the rule: as if the contract had been recognised on the day the declaration came in. Raises CannotDecide where
    the rule itself leaves it to a person, or where there is nothing left to end.
    """
    standing = _standing(declaration, contract_of(subscription=subscription, order=order))
    return _effect(declaration, standing, decision, on=on)


@transaction.atomic
def apply_declaration(
    declaration_id: int,
    decision: str,
    *,
    subscription: int | None = None,
    order: int | None = None,
    actor: Actor,
    at: datetime,
    reason: str,
) -> Declaration:
    """Carry out a declaration on the contract that a person found for it; the reader is told. Raises CannotDecide.

    Side effects of `carry_out`, the desk items of the declaration closed, one act.
    """
    contract = contract_of(subscription=subscription, order=order, lock=True)
    declaration = Declaration.objects.select_for_update(of=("self",), no_key=True).get(pk=declaration_id)
    _must_wait(declaration)
    standing = _standing(declaration, contract)
    effect = _effect(declaration, standing, decision, on=paris_day(at))
    carry_out(declaration, contract, effect, actor=actor, at=at)
    move(declaration, State.APPLIED, actor=actor, at=at, reason=reason)
    _done(declaration, "applied a declaration", actor=actor, at=at, reason=reason, decision=decision)
    if declaration.email:
        queue(
            [
                NoticeDraft(
                    kind="declaration_applied",
                    matter=f"declaration_applied:declaration:{declaration.pk}",
                    customer_id=declaration.customer_id,
                    to_email=declaration.email,
                    to_name=f"{declaration.first_name} {declaration.last_name}".strip(),
                    facts={"declaration_id": declaration.pk, "sentence": effect.sentence},
                    due_at=at,
                    created_at=at,
                )
            ]
        )
    return declaration


@transaction.atomic
def settle(declaration_id: int, *, actor: Actor, at: datetime, reason: str) -> Declaration:
    """A person has dealt with it otherwise (answered, a double, nothing to do): kept with the reason. Raises CannotDecide."""
    declaration = Declaration.objects.select_for_update(of=("self",), no_key=True).get(pk=declaration_id)
    _must_wait(declaration)
    move(declaration, State.SETTLED, actor=actor, at=at, reason=reason)
    _done(declaration, "settled a declaration", actor=actor, at=at, reason=reason, decision="")
    return declaration


def _standing(declaration: Declaration, contract: Contract) -> Standing:
    """Where it stood on the day of the receipt, for what the declaration names."""
    return standing_of(contract, on=paris_day(declaration.received_at), orders=orders_named(declaration))


def _effect(declaration: Declaration, standing: Standing, decision: str, *, on: date) -> Effect:
    if decision == Decision.AS_THE_RULE_SAYS:
        received = paris_day(declaration.received_at)
        effect = effect_of(declaration.kind, standing, ground=declaration.ground, on=received)
        if not effect.at_once:
            raise CannotDecide(_("The rule leaves this one to you: choose what is to be done."), code="rule")
        return effect
    if not standing.subscription or standing.over:
        raise CannotDecide(_("This contract is not running: there is nothing to end."), code="over")
    if decision == Decision.GIVE_ALL_BACK:
        if not standing.bought_here:
            raise CannotDecide(
                _("This contract was not ordered here: give the money back by transfer."), code="elsewhere"
            )
        if standing.waits:
            raise CannotDecide(
                _("A copy is in a mailing file, or the bank disputes the payment: wait until that is over."),
                code="waits",
            )
        due = on + timedelta(days=WITHDRAWAL_REFUND_DAYS)
        return Effect(Code.GOODWILL, on, standing.paid, due, billed=standing.billed)
    if standing.disputed:
        raise CannotDecide(NO_REFUND, code="disputed")
    due = on + timedelta(days=LATE_NOTICE_REFUND_DAYS)
    return Effect(Code.ENDED_NOW, on, standing.unserved_price, due, billed=standing.billed)


def _must_wait(declaration: Declaration) -> None:
    if declaration.state != State.ON_DESK:
        raise CannotDecide(_("This declaration is dealt with already."), code="done")


def _done(declaration: Declaration, verb: str, *, actor: Actor, at: datetime, reason: str, decision: str) -> None:
    subject = f"declaration:{declaration.pk}"
    record_act(verb, subject=subject, actor=actor, at=at, reason=reason, facts={"decision": decision})
    open_items = DeskItem.objects.filter(subject=subject, kind__startswith="declaration_", closed_at=None)
    for kind in open_items.values_list("kind", flat=True):
        take_off_desk(kind=kind, subject=subject, because=reason, actor=actor, at=at)
