"""Declaring: a reader's word is received, kept, acknowledged and carried out, in one transaction.

Nobody's declaration is refused: what is not recognised is acknowledged all the same and goes to support's desk, and the
date of receipt counts. What happens at once follows the safety rule of `finding`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.models import DeskItem
from subscriptions.models import Declaration
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.references import new_reference
from subscriptions.stopping.carrying_out import carry_out
from subscriptions.stopping.effects import Code, Effect, effect_of
from subscriptions.stopping.finding import Found, find
from subscriptions.stopping.moving import State, begin, move
from subscriptions.stopping.reading import contract_of, standing_of
from subscriptions.stopping.saying import Said, content_of, digest, token_of

Kind = Declaration.Kind
PREFIXES = {Kind.WITHDRAWAL: "RTR", Kind.TERMINATION: "RSL"}
ACKNOWLEDGED_BY = {Kind.WITHDRAWAL: "withdrawal_acknowledged", Kind.TERMINATION: "termination_acknowledged"}
_RANDOM = random.SystemRandom()

#: Why a declaration waits for a person, on support's desk.
ON_DESK: dict[str, str] = {
    "declaration_unmatched": "{what} {reference} : aucun contrat reconnu. À rapprocher d’un abonnement, puis à appliquer.",
    "declaration_other_email": (
        "{what} {reference} : numéro et nom concordent, mais l’adresse de l’accusé n’est pas celle du contrat. À vérifier "
        "avec le lecteur."
    ),
    "declaration_late": "{what} {reference} : hors du délai de rétractation. Geste à décider, réponse à écrire.",
    "declaration_not_here": "{what} {reference} : contrat conclu ailleurs. Date du premier numéro à vérifier.",
    "declaration_ground": "{what} {reference} : motif légitime à examiner. La reconduction est déjà arrêtée.",
    "declaration_notice_proved": "{what} {reference} : avis de reconduction contesté, sa preuve est au dossier.",
    "declaration_single_sent": "{what} {reference} : numéros vendus seuls, déjà partis. Geste à décider, réponse à écrire.",
    "declaration_debit": "{what} {reference} : prélèvement en cours. À reprendre quand la banque aura répondu.",
}
_DESK_KINDS: dict[str, str] = {
    Code.WITHDRAWAL_LATE: "declaration_late",
    Code.WITHDRAWAL_NOT_HERE: "declaration_not_here",
    Code.GROUND: "declaration_ground",
    Code.NOTICE_PROVED: "declaration_notice_proved",
    Code.ORDER_DEBIT: "declaration_debit",
    Code.SINGLE_SENT: "declaration_single_sent",
    Code.OTHER_EMAIL: "declaration_other_email",
    Code.UNRECOGNISED: "declaration_unmatched",
}
_WHAT = {Kind.WITHDRAWAL: "Rétractation", Kind.TERMINATION: "Résiliation"}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the recap may show before the last click; `effect` is None for whoever did not prove that it is theirs."""

    found: Found | None
    effect: Effect | None


def foresee(said: Said, *, customer: Any, on: date) -> Foreseen:
    """What a declaration would do if it were made on day `on`; nothing is written."""
    found = _find(said, customer=customer)
    if found is None or not found.sure:
        return Foreseen(found, None)
    contract = contract_of(subscription=found.subscription_id, order=found.order_id)
    standing = standing_of(contract, on=on, orders=said.orders)
    return Foreseen(found, effect_of(said.kind, standing, ground=said.ground, on=on))


def declare(
    said: Said, *, form: UUID, customer: Any = None, ip: str | None = None, shown: str, actor: Actor, at: datetime
) -> Declaration:
    """Receive a declaration: evidence, acknowledgement, effects; once per form and words. Returns the one that counts.

    `shown`: the sentence on the effects that stood above the last button. `customer`: who is signed in. No network;
    the payment page of an order given up is closed after the commit, by `following_up`.
    """
    token = token_of(form, said)
    try:
        with transaction.atomic():
            return _declare(said, token=token, customer=customer, ip=ip, shown=shown, actor=actor, at=at)
    except IntegrityError:
        made = Declaration.objects.filter(form_token=token).first()
        if made is None:
            raise
        return made


def _declare(
    said: Said, *, token: UUID, customer: Any, ip: str | None, shown: str, actor: Actor, at: datetime
) -> Declaration:
    # Locks come first, in the agreed order; the row of the declaration is nobody else's yet.
    found = _find(said, customer=customer)
    contract = (
        contract_of(subscription=found.subscription_id, order=found.order_id, lock=True)
        if found is not None and found.sure
        else None
    )
    content = content_of(said, effect=shown)
    declaration = Declaration.objects.create(
        reference=new_reference(PREFIXES[Kind(said.kind)], _RANDOM),
        form_token=token,
        kind=said.kind,
        first_name=said.first_name,
        last_name=said.last_name,
        contract=said.contract,
        email=said.email,
        postal_address=said.postal_address,
        wished_on=said.wished_on,
        ground=said.ground,
        ground_words=said.words,
        content=content,
        sha256=digest(content),
        customer=customer,
        actor=str(actor),
        ip=ip,
        received_at=at,
        state_since=at,
    )
    begin(declaration, actor=actor, at=at)
    effect: Effect | None = None
    if contract is not None:
        on = paris_day(at)
        standing = standing_of(contract, on=on, orders=said.orders)
        effect = effect_of(said.kind, standing, ground=said.ground, on=on)
        carry_out(declaration, contract, effect, actor=actor, at=at)
    else:
        declaration.effect = Code.OTHER_EMAIL if found is not None else Code.UNRECOGNISED
    waits = effect is None or not effect.at_once
    move(declaration, State.ON_DESK if waits else State.APPLIED, actor=actor, at=at)
    if waits:
        wait_for_a_person(declaration, at=at)
    acknowledge(declaration, effect, customer=customer, found=found, at=at)
    if found is not None and not found.sure:
        _tell_owner(declaration, found, at=at)
    return declaration


def wait_for_a_person(declaration: Declaration, *, at: datetime) -> None:
    """Support's desk, with the reason why the machine does not decide."""
    kind = _DESK_KINDS[declaration.effect]
    put_on_desk(
        DeskItem.Desk.SUPPORT,
        kind=kind,
        subject=f"declaration:{declaration.pk}",
        sentence=ON_DESK[kind].format(what=_WHAT[Kind(declaration.kind)], reference=declaration.reference),
        at=at,
    )


def acknowledge(
    declaration: Declaration, effect: Effect | None, *, customer: Any, found: Found | None, at: datetime
) -> None:
    """The receipt on a durable medium: by e-mail at once, or on paper to the address that it names (law.md 4.5, 4.6)."""
    known = customer.pk if customer is not None else found.customer_id if found is not None and found.sure else None
    queue(
        [
            NoticeDraft(
                kind=ACKNOWLEDGED_BY[Kind(declaration.kind)],
                matter=f"acknowledged:declaration:{declaration.pk}",
                customer_id=known,
                to_email=declaration.email,
                to_name=f"{declaration.first_name} {declaration.last_name}".strip(),
                facts={"declaration_id": declaration.pk, "sentence": effect.sentence if effect else ""},
                due_at=at,
                created_at=at,
            )
        ]
    )


def _tell_owner(declaration: Declaration, found: Found, *, at: datetime) -> None:
    """The contract's own address hears that somebody declared something about it under another address."""
    if not found.email:
        return
    queue(
        [
            NoticeDraft(
                kind="declaration_told",
                matter=f"declaration_told:declaration:{declaration.pk}",
                customer_id=found.customer_id,
                to_email=found.email,
                to_name=found.name,
                facts={"declaration_id": declaration.pk, "subscription_id": found.subscription_id},
                due_at=at,
                created_at=at,
            )
        ]
    )


def _find(said: Said, *, customer: Any) -> Found | None:
    return find(
        kind=said.kind,
        contract=said.contract,
        first_name=said.first_name,
        last_name=said.last_name,
        email=said.email,
        customer=customer,
    )
