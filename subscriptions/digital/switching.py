"""Whether a magazine has a digital edition: off until its VAT component and its readers' text are set, and changed by new rows.

While it is off there is none: no page, no word of it, and the answer to other sites says that nothing digital is allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.models import DigitalRule, Magazine
from subscriptions.texts import load_text

#: The text of `subscriptions.texts` that readers agree to.
TEXT = "numerique"
Rate = DigitalRule.Rate


class CannotSwitch(ValidationError):
    """The digital edition cannot be set so; the message is a sentence for staff."""


def rule_of(magazine_id: int) -> DigitalRule | None:
    """What holds for a magazine; None if nothing was ever set. One query."""
    return DigitalRule.objects.filter(magazine=magazine_id).select_related("text").last()


def rules_on(magazines: Collection[int]) -> Mapping[int, DigitalRule]:
    """Those of these magazines that have a digital edition, with what holds for it. One query."""
    newest = DigitalRule.objects.filter(magazine__in=magazines).order_by("magazine_id", "-pk").distinct("magazine_id")
    return {row.magazine_id: row for row in newest if row.on}


def is_on(magazine_id: int) -> bool:
    """Whether a magazine has a digital edition. One query."""
    return magazine_id in rules_on([magazine_id])


def check(rule: DigitalRule, *, with_text: bool, on: date) -> None:
    """Whether a rule may be set. Raises CannotSwitch with a sentence. The database refuses the same (`digital_on_once_decided`)."""
    if rule.decided_on is not None and rule.decided_on > on:
        raise CannotSwitch(_("A decision that is not taken yet decides nothing."), code="decided")
    if rule.share is not None and not Decimal(0) < rule.share < Decimal(100):
        raise CannotSwitch(_("The digital part is more than nothing and less than the whole price."), code="share")
    if not rule.on:
        return
    if rule.share is None or not rule.rate or not rule.decided_by or rule.decided_on is None:
        raise CannotSwitch(
            _(
                "It cannot be turned on before its VAT is set: which share of the price the digital part is, at which rate, "
                "who decided it and when."
            ),
            code="vat",
        )
    if rule.rate != Rate.PRESS:
        raise CannotSwitch(
            _(
                "It cannot be turned on at another rate than that of the printed issue: the invoices of this shop carry one "
                "rate, and would state a wrong VAT."
            ),
            code="rate",
        )
    if not with_text:
        raise CannotSwitch(_("It cannot be turned on before the text that readers agree to is chosen."), code="text")


@transaction.atomic
def change(
    magazine_id: int,
    *,
    on: bool,
    share: Decimal | None,
    rate: str,
    decided_by: str,
    decided_on: date | None,
    with_text: bool,
    actor: Actor,
    reason: str,
    at: datetime,
) -> DigitalRule:
    """Set what holds from now on, as a new row; the rows before are its history. Raises CannotSwitch.

    `with_text`: with the newest version of the readers' text, which becomes evidence here if it was not. Locks the magazine.
    """
    Magazine.objects.select_for_update(no_key=True).get(pk=magazine_id)
    rule = DigitalRule(
        magazine_id=magazine_id,
        on=on,
        share=share,
        rate=rate,
        decided_by=decided_by[:120],
        decided_on=decided_on,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    check(rule, with_text=with_text, on=paris_day(at))
    rule.text = load_text(TEXT, paris_day(at)) if with_text else None
    rule.save()
    record_act(
        "set the digital edition",
        subject=f"magazine:{magazine_id}",
        actor=actor,
        reason=reason,
        facts={"on": on, "share": str(share or ""), "rate": rate, "text": rule.text.version if rule.text else ""},
        at=at,
    )
    return rule
