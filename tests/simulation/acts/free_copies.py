"""Copies that nobody pays for: complimentary, a voucher, a test address; one of them is ended after a year."""

from __future__ import annotations

from datetime import timedelta

from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.fulfilment.free_copies import end_free, give_free
from subscriptions.models import FreeCopy, Magazine
from tests.simulation.acts.staff import FULFILMENT
from tests.simulation.shop import Shop

#: Kind, copies of each issue, how many issues (None: until they are ended).
GIVEN = (("free", 3, None), ("free", 1, 2), ("proof", 2, None), ("seed", 1, None))
OFFICE = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Bibliothèque de la Rédaction", street="8 rue de Rome", postcode="75008",
    town="Paris", country="FR",
)  # fmt: skip


def give(shop: Shop, magazine: Magazine, number: int) -> None:
    """From the first issue on."""
    for kind, copies, issues in GIVEN:
        give_free(
            magazine.pk, OFFICE, postal_label(OFFICE), kind=kind, copies=copies, from_number=number,
            until_number=number + issues - 1 if issues else None, actor=FULFILMENT, reason="Service de presse.",
            at=shop.clock.now,
        )  # fmt: skip
    shop.agenda.add(shop.clock.now + timedelta(days=365), lambda: _end(shop), who="publisher", what="ends vouchers")


def _end(shop: Shop) -> None:
    for one in FreeCopy.objects.filter(kind="proof", ended_at=None):
        end_free(one.pk, actor=FULFILMENT, reason="L’annonceur ne paie plus.", at=shop.clock.now)
    shop.timetable.stirred()
