"""What the demo's publisher sells: the magazine with its nine issues, its offers, their prices, the legal texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction

from payments.actors import job
from payments.days import PARIS
from payments.money import eur
from shop.demo.issues import MadeUpIssue
from subscriptions.calendar import DeliveryZone
from subscriptions.losses.stock import enter
from subscriptions.models import Issue, Magazine, MailingHouse, Offer, Price, StockMovement, TransmissionWay
from subscriptions.texts import load_texts

#: Incl. VAT and postage. Overseas departments pay what mainland France does; abroad, what the post takes more.
PRICES = {
    DeliveryZone.FR: eur("27.60"),
    DeliveryZone.DOM: eur("27.60"),
    DeliveryZone.EU: eur("35.60"),
    DeliveryZone.WORLD: eur("41.60"),
}
#: Of one past issue, with the postage of a single copy.
SINGLE_PRICES = {
    DeliveryZone.FR: eur("9.50"),
    DeliveryZone.DOM: eur("9.50"),
    DeliveryZone.EU: eur("12.50"),
    DeliveryZone.WORLD: eur("15.50"),
}
IN_STOCK = 60
OFFERS = (
    ("un-an", "Abonnement d’un an", Offer.Renewal.FIXED),
    ("un-an-reconduit", "Abonnement d’un an, reconduit chaque année", Offer.Renewal.AUTOMATIC),
)


@transaction.atomic
def stock(publisher: dict[str, Any], issues: Sequence[MadeUpIssue], *, opened_on: date) -> list[Issue]:
    """Write the catalogue of a shop that opened on `opened_on`; nothing is posted yet. Returns the issues, oldest first."""
    brand, _comma, subtitle = publisher["magazine"].partition(", ")
    magazine = Magazine.objects.create(
        code=brand.upper()[:10],
        title=brand,
        subtitle=subtitle,
        issn=publisher["issn"],
        cppap_number=publisher["cppap"],
        cppap_valid_until=publisher["cppap_valid_until"],
    )
    MailingHouse.objects.create(
        magazine=magazine,
        name="Routage de l’Ouest",
        deposit_site="Nantes PIC",
        actor=str(job("demo")),
        created_at=datetime.combine(opened_on, time(), tzinfo=PARIS),
    )
    if settings.HAND_OVER_FOLDER:
        TransmissionWay.objects.create(
            magazine=magazine,
            way=TransmissionWay.Way.FOLDER,
            directory="ouest",
            actor=str(job("demo")),
            reason="convenu avec le routeur",
            at=datetime.combine(opened_on, time(), tzinfo=PARIS),
        )
    rows = Issue.objects.bulk_create(
        [
            Issue(
                magazine=magazine,
                number=one.number,
                cover_month=one.cover_month,
                cover_year=one.cover_year,
                headline=one.dossier.headline,
                contents=one.dossier.contents(),
                pages=one.dossier.pages,
                cutoff_on=one.cutoff_on,
                post_on=one.post_on,
            )
            for one in issues
        ]
    )
    for code, title, renewal in OFFERS:
        offer = Offer.objects.create(code=code, magazine=magazine, title=title, renewal=renewal, on_sale_from=opened_on)
        Price.objects.bulk_create(
            [
                Price(offer=offer, delivery_zone=zone, amount=amount, valid_from=opened_on)
                for zone, amount in PRICES.items()
            ]
        )
    single = Offer.objects.create(
        code="numero", magazine=magazine, title="Numéro à l’unité", kind=Offer.Kind.SINGLE,
        renewal=Offer.Renewal.FIXED, copies=1, on_sale_from=opened_on,
    )  # fmt: skip
    Price.objects.bulk_create(
        [
            Price(offer=single, delivery_zone=zone, amount=amount, valid_from=opened_on)
            for zone, amount in SINGLE_PRICES.items()
        ]
    )
    load_texts(opened_on)
    return rows


def back_issues(*, at: datetime) -> None:
    """What the mailing house has sent back of each other issue that was posted; of the oldest nothing is left."""
    posted = Issue.objects.filter(state=Issue.State.POSTED, stock=None).order_by("number")
    kind, why = StockMovement.Kind.RECEIVED, "Reliquat du routage, compté."
    for issue in posted[1:]:
        enter(issue.pk, kind, IN_STOCK, actor=job("demo"), at=at, reason=why)
