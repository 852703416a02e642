"""Who is told what becomes of a renewal: whoever pays, by one letter for each fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payments.desk import put_on_desk
from payments.models import DeskItem
from subscriptions.models import Renewal
from subscriptions.notices.queueing import queue
from subscriptions.notices.telling import letter_to


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to tell about one renewal, whose subscription and payer are read. `matter`: of what it is, unique."""

    renewal: Renewal
    matter: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def tell(kind: str, told: Sequence[Fact], *, at: datetime) -> None:
    """Queue one letter of `kind` per fact; one statement. Support is told of a subscription that nobody pays for."""
    drafts = []
    for one in told:
        payer = one.renewal.subscription.payer
        if payer is None:
            put_on_desk(
                DeskItem.Desk.SUPPORT,
                kind="renewal_untold",
                subject=f"renewal:{one.renewal.pk}",
                sentence=f"Un courrier « {kind} » est à envoyer par la poste : nul client n’est connu.",
                at=at,
            )
            continue
        facts = {"renewal_id": one.renewal.pk, **one.facts}
        drafts.append(letter_to(payer, kind, f"{kind}:{one.matter}", facts, at=at))
    queue(drafts)
