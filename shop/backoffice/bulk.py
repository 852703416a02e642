"""Acts on many things at once: which there are, what each would do to each thing, and the list that is shown and frozen.

Only what was shown is carried out (design, rule 11): the list is computed for the preview, its hash is sealed with the yes,
and the same list is written down. `bulk_carrying` then does it row by row, asking again under the locks of each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from shop.backoffice import again
from shop.backoffice.models import BulkAct, BulkRow
from shop.backoffice.roles import Right
from shop.backoffice.words import letter_kind
from subscriptions.models import Notice, Renewal
from subscriptions.renewals import by_hand
from subscriptions.renewals.by_hand import Outlook, Outlooks

State = BulkRow.State
Parameters = Mapping[str, Any]
#: One act takes so many rows at most: they are all shown before anybody says yes.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act. `look`: what would happen to each; `do`: to one, under its locks; both as `by_hand` has them."""

    right: Right
    title: Any
    on_letters: bool
    look: Callable[[Sequence[Any], date, Parameters], Outlooks]
    do: Callable[[int, Parameters, Actor, datetime, str], Outlook]


def _to(parameters: Parameters) -> date:
    found = parse_date(str(parameters.get("to", "")))
    if found is None:
        raise ValueError("a charge is put off to a day")
    return found


KINDS: Mapping[str, Kind] = {
    "by_choice": Kind(
        Right.BULK,
        _("leave to the reader's choice: never charged"),
        False,
        lambda rows, on, said: by_hand.look_at_choice(rows, on=on),
        lambda key, said, actor, at, reason: by_hand.make_by_choice(key, actor=actor, at=at, reason=reason),
    ),
    "off": Kind(
        Right.BULK,
        _("turn automatic renewal off"),
        False,
        lambda rows, on, said: by_hand.look_at_off(rows, on=on),
        lambda key, said, actor, at, reason: by_hand.turn_it_off(key, actor=actor, at=at, reason=reason),
    ),
    "later": Kind(
        Right.BULK,
        _("put the charge off to a later day"),
        False,
        lambda rows, on, said: by_hand.look_at_later(rows, on=on, to=_to(said)),
        lambda key, said, actor, at, reason: by_hand.put_off(key, to=_to(said), actor=actor, at=at, reason=reason),
    ),
    "card": Kind(
        Right.BULK,
        _("ask for another means of payment"),
        False,
        lambda rows, on, said: by_hand.look_at_card(rows, on=on),
        lambda key, said, actor, at, reason: by_hand.ask_for_another_card(key, actor=actor, at=at, reason=reason),
    ),
    "notice": Kind(
        Right.BULK,
        _("send the legal notice again"),
        False,
        lambda rows, on, said: by_hand.look_at_notice(rows, on=on),
        lambda key, said, actor, at, reason: by_hand.send_notice_again(key, actor=actor, at=at, reason=reason),
    ),
    "letters": Kind(
        Right.RESEND,
        _("send letters again"),
        True,
        lambda rows, on, said: again.look_at_letters(rows),
        lambda key, said, actor, at, reason: again.send_one_again(key, actor=actor, at=at, reason=reason),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list: the thing, and what would happen to it or why nothing."""

    key: int
    name: str
    outlook: Outlook

    @property
    def shown(self) -> str:
        """What the preview says of it."""
        return (self.outlook.why_not or self.outlook.will)[:300]


class TooMany(ValueError):
    """More rows than one act takes."""


def listed(kind: str, rows: QuerySet[Any], parameters: Parameters, *, at: datetime) -> list[Row]:
    """The list of a bulk act as it would be shown and frozen. Raises TooMany. The same queries for one row as for all."""
    found = list(rows.order_by("pk")[: MOST + 1])
    if len(found) > MOST:
        raise TooMany
    outlooks = KINDS[kind].look(found, paris_day(at), parameters)
    return [Row(one.pk, _name(one), outlooks[one.pk]) for one in found]


def renewals_to_look_at(rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
    """The renewals with all that `look` reads of them."""
    return rows.select_related(
        "subscription__payer", "subscription__saved_method", "subscription__recipient__address", "subscription__offer"
    )


def _name(one: Any) -> str:
    if isinstance(one, Notice):
        return letter_kind(one.kind)[:40]
    return str(one.subscription)


def fingerprint(rows: Sequence[Row]) -> str:
    """sha256 over the rows as they are shown, in their order."""
    seal = hashlib.sha256()
    for place, row in enumerate(rows, 1):
        seal.update(f"{place}\t{row.key}\t{bool(row.outlook.why_not)}\t{row.shown}\n".encode())
    return seal.hexdigest()


@transaction.atomic
def freeze(
    kind: str,
    rows: Sequence[Row],
    parameters: Parameters,
    chosen: Mapping[str, str],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
) -> BulkAct:
    """Write down the list that somebody said yes to; the clockwork carries it out. Writes the act."""
    out = sum(bool(row.outlook.why_not) for row in rows)
    bulk = BulkAct.objects.create(
        kind=kind,
        parameters=dict(parameters),
        chosen=dict(chosen),
        rows_total=len(rows),
        left_out_total=out,
        sha256=fingerprint(rows),
        actor=str(actor),
        reason=reason[:300],
        at=at,
        finished_at=at if out == len(rows) else None,
    )
    BulkRow.objects.bulk_create(
        [
            BulkRow(
                bulk=bulk,
                ordinal=place,
                key=row.key,
                name=row.name,
                shown=row.shown,
                state=State.LEFT_OUT if row.outlook.why_not else State.WAITING,
            )
            for place, row in enumerate(rows, 1)
        ],
        batch_size=500,
    )
    record_act(
        "acted on many",
        subject=f"bulk:{bulk.pk}",
        actor=actor,
        reason=reason,
        facts={"kind": kind, "rows": len(rows), "left_out": out, "sha256": bulk.sha256},
        at=at,
    )
    return bulk
