"""What other sites are told of a subscriber number: active or not, until when, which issues, and whether on a screen.

Nothing that names a person. A number that nobody has, one that is wrong and one that gives no right are the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from subscriptions.dates import LIVING, dates_of_subscription
from subscriptions.digital.rights import agreed_by, contracts_of, entitled, reader_of
from subscriptions.digital.switching import is_on
from subscriptions.models import Subscription
from subscriptions.notices.whom import reader_by_now
from subscriptions.stopping.reading import stopped_and_waiting


@dataclass(frozen=True, slots=True)
class Standing:
    """`until`: the last day paid for, None if it is over; `issues`: numbers, sent and to come; `digital`: may be read online."""

    active: bool
    until: date | None
    issues: tuple[int, ...]
    digital: bool


def standing_of(number: str, *, on: date) -> Standing | None:
    """What a number gives a right to on day `on`; None for one that gives none, whatever the reason.

    `digital` is true where the magazine has a digital edition and the reader agreed to it for their running contract.
    """
    subscription = Subscription.objects.select_related("offer").filter(number=number).first() if number else None
    if subscription is None or _erased(subscription):
        return None
    issues = tuple(dict.fromkeys(copy.issue.number for copy in entitled([subscription.pk]) if copy.issue))
    ends_on = dates_of_subscription(subscription, on=on).ends_on
    living = subscription.state in LIVING and not stopped_and_waiting([subscription.pk])
    active = living and bool(issues) and ends_on is not None and on <= ends_on
    if not active and not issues:
        return None
    return Standing(active, ends_on if active else None, issues, bool(issues) and _digital(subscription))


def _erased(subscription: Subscription) -> bool:
    """Whether its reader, or who pays where none is known, had their data erased: nothing more is said of them."""
    someone = reader_of(subscription) or subscription.payer_id
    return someone is not None and reader_by_now(someone) is None


def _digital(subscription: Subscription) -> bool:
    reader = reader_of(subscription)
    if reader is None or not is_on(subscription.magazine_id):
        return False
    contracts = contracts_of([subscription.pk]).get(subscription.pk, ())
    return bool(contracts) and contracts[-1].pk in agreed_by(reader, subscriptions=[subscription.pk])
