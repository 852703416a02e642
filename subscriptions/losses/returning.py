"""Copies that came back: written down once for each line, then the closed table says what follows (law.md 7.2).

What a file tells is written in one transaction, and its rules follow in a sweep: nothing is half let in, and a file that is
let in twice tells nothing new. Lock order: issue → subscription.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.models import DeskItem
from subscriptions.losses import moving
from subscriptions.losses.answering import resend_what_came_back
from subscriptions.losses.claiming import locked
from subscriptions.losses.doubts import stays_at
from subscriptions.losses.holding import hold
from subscriptions.losses.rules import RETURNS, Case, case_of_return
from subscriptions.losses.stock import lock_issues
from subscriptions.losses.telling import tell
from subscriptions.models import CopyReturn, Dispatch, Subscription

Source = CopyReturn.Source
#: What stands on fulfilment's desk.
IN_A_ROW, FREE, UNTOLD = "returned_in_a_row", "returned_free_copy", "address_untold"
SINGLE = "returned_single_issue"


@dataclass(frozen=True, slots=True)
class Returned:
    """One line that came back: its row, the reason as the post counts them (1 to 4), the day."""

    dispatch_id: int
    reason_code: int
    on: date


@transaction.atomic
def write_down(rows: Sequence[Returned], *, source: str, actor: Actor, at: datetime) -> int:
    """Keep what came back; returns how many lines were not known to have. One INSERT; safe to repeat."""
    before = CopyReturn.objects.filter(dispatch__in=[row.dispatch_id for row in rows]).count()
    CopyReturn.objects.bulk_create(
        [
            CopyReturn(
                dispatch_id=row.dispatch_id,
                reason_code=row.reason_code,
                source=source,
                on=row.on,
                actor=str(actor),
                at=at,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )
    return CopyReturn.objects.filter(dispatch__in=[row.dispatch_id for row in rows]).count() - before


def follow(*, actor: Actor, at: datetime, limit: int = 1000) -> int:
    """Ask the table about returns that nobody has asked it about; returns how many. One to a transaction; safe to repeat."""
    keys = CopyReturn.objects.filter(effect="").order_by("pk").values_list("pk", flat=True)[:limit]
    return sum(_follow(key, actor=actor, at=at) for key in list(keys))


@transaction.atomic
def _follow(key: int, *, actor: Actor, at: datetime) -> int:
    line = Dispatch.objects.get(came_back=key)
    lock_issues([line.issue_id])
    subscription = next(iter(locked([line.subscription_id] if line.subscription_id else [])), None)
    one = (
        CopyReturn.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("dispatch__issue", "dispatch__run", "dispatch__sold__order")
        .filter(pk=key, effect="")
        .first()
    )
    if one is None:
        return 0
    case = case_of_return(
        free=subscription is None,
        over=subscription is not None and subscription.state == Subscription.State.ENDED,
        moved=subscription is not None and _moved(line, subscription, on=paris_day(at)),
        in_a_row=subscription is not None and _in_a_row(line),
        reason=one.reason_code,
    )
    one.effect, one.effect_at = case, at
    one.save(update_fields=["effect", "effect_at"])
    _carry_out(one, case, subscription, actor=actor, at=at)
    return 1


def _carry_out(one: CopyReturn, case: Case, subscription: Subscription | None, *, actor: Actor, at: datetime) -> None:
    effect, line = RETURNS[case], one.dispatch
    if line.sold is not None:
        put_on_desk(
            DeskItem.Desk.FULFILMENT,
            kind=SINGLE,
            subject=line.sold.order.subject,
            sentence=f"Commande {line.sold.order.reference} : le n° {line.issue.printed} est revenu. Demander l’adresse au "
            "lecteur, puis renvoyer ou rembourser.",
            at=at,
        )
        return
    if subscription is None:
        _put(FREE, one, f"Exemplaire gratuit {line.key} revenu : adresse à vérifier.", at=at)
        return
    if effect.resend:
        resend_what_came_back([one], actor=actor, at=at)
    if not effect.doubt:
        return
    doubt = moving.doubt(subscription, one, effect.doubt, actor=actor, at=at, reason=effect.when)
    if effect.holds:
        hold([subscription.pk], actor=actor, at=at)
    if doubt is not None:
        facts = {"doubt_id": doubt.pk, "return_id": one.pk}
        if not tell(subscription, effect.letter, f"return:{one.pk}", facts, at=at):
            _put(
                UNTOLD,
                one,
                f"Abonnement {subscription.number} : un numéro est revenu, et personne à qui écrire.",
                at=at,
            )
    if effect.desk:
        _put(IN_A_ROW, one, f"Abonnement {subscription.number} : deux numéros de suite sont revenus.", at=at)


def _put(kind: str, one: CopyReturn, sentence: str, *, at: datetime) -> None:
    subscription = one.dispatch.subscription_id
    put_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=kind,
        subject=f"subscription:{subscription}" if subscription else f"run:{one.dispatch.run_id}",
        sentence=sentence,
        at=at,
    )


def _moved(line: Dispatch, subscription: Subscription, *, on: date) -> bool:
    """Whether a line went where its reader no longer is: neither at home nor for a while. One query at most."""
    if subscription.recipient.address_id == line.address_id:
        return False
    here = Dispatch.objects.filter(stays_at("address", "subscription__recipient", on=on), pk=line.pk)
    return not here.exists()


def _in_a_row(line: Dispatch) -> bool:
    """Whether the copy before or after it came back from the same address too. Four queries."""
    main = Dispatch.objects.filter(subscription=line.subscription_id, run__posted_on__isnull=False).exclude(
        kind=Dispatch.Kind.CLAIM
    )
    before = main.filter(issue__number__lt=line.issue.number).order_by("-issue__number").first()
    after = main.filter(issue__number__gt=line.issue.number).order_by("issue__number").first()
    neighbours: Collection[Dispatch] = [one for one in (before, after) if one and one.address_id == line.address_id]
    return CopyReturn.objects.filter(dispatch__in=neighbours).exists()
