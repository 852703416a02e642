"""An issue with a reader of each kind, for stories about what was counted."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.figures.reading import Figures, figures_of
from subscriptions.fulfilment.closing import ask, close
from subscriptions.fulfilment.free_copies import give_free
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.models import Circulation, FreeCopy, Magazine, MailingRun, Offer, Price
from tests.fulfilment.people import at, buys, issue
from tests.makers import CLERK, COLLEAGUE, HOME, NOW

POSTED_ON, LATER = date(2026, 12, 15), date(2026, 12, 22)
BRUSSELS = TypedAddress(
    title="M.", first_name="Luc", last_name="Peeters", street="Rue Haute 12", postcode="1000", town="Bruxelles",
    country="BE",
)  # fmt: skip


def promotion(amount: str, *, code: str = "decouverte") -> Offer:
    """An offer of four copies in France at a price of its own."""
    offer = Offer.objects.create(
        code=code, magazine=Magazine.objects.get(), title="Offre découverte", renewal="fixed",
        on_sale_from=date(2026, 1, 1),
    )  # fmt: skip
    Price.objects.create(offer=offer, delivery_zone="FR", amount=Decimal(amount), valid_from=date(2026, 1, 1))
    return offer


def free(kind: str, copies: int) -> FreeCopy:
    """Copies that nobody pays for, from no. 25 on."""
    return give_free(
        Magazine.objects.get().pk, HOME, postal_label(HOME), kind=kind, copies=copies, from_number=25, until_number=None,
        actor=CLERK, reason="service de presse", at=NOW,
    )  # fmt: skip


def leaves(number: int = 25, *, on: date, when: datetime | None = None) -> MailingRun:
    """What is owed of an issue by then leaves on a day: the main file, or a complement once that has left."""
    moment = when or at(on)
    run = ask(issue(number).pk, actor=CLERK, at=moment)
    return goes(run, on=on)


def goes(run: MailingRun, *, on: date) -> MailingRun:
    """A run that was asked for on its whole way."""
    if run.state == MailingRun.State.ASKED:
        run = close(run.pk, actor=COLLEAGUE, at=at(on))
    hand_over(run.pk, actor=CLERK, at=at(on))
    count_received(run.pk, copies=run.copies or 0, actor=CLERK, at=at(on))
    post_run(run.pk, on=on, actor=CLERK, at=at(on))
    run.refresh_from_db()
    return run


def counted(number: int = 25) -> Figures:
    """The figures of an issue."""
    (found,) = figures_of([issue(number)])
    return found


def classes(number: int = 25) -> dict[str, int]:
    """Copies by class, without those that nobody stands in."""
    return {str(klass): copies for klass, copies in counted(number).copies.items()}


def rows(number: int = 25) -> list[tuple[Any, ...]]:
    """Every count of an issue: number, kind of run or nothing, day, copies."""
    found = Circulation.objects.filter(issue__number=number).select_related("run").order_by("number")
    return [(one.number, one.run.kind if one.run else "", one.on, one.copies) for one in found]


__all__ = ["at", "buys", "issue"]
