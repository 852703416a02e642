"""A small publisher's shelf for the tests of the shop window and of the checkout: six issues, two offers, four zones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from payments.money import eur
from subscriptions.models import Issue, Magazine, Offer, Price
from subscriptions.texts import load_texts

TODAY = date(2026, 11, 23)
PRICES = {"FR": "27.60", "DOM": "27.60", "EU": "33.60", "WORLD": "39.60"}


@dataclass(frozen=True)
class Stand:
    """What was put on the shelf."""

    magazine: Magazine
    issues: dict[int, Issue]
    fixed: Offer
    automatic: Offer


def stand() -> Stand:
    """Magazine, issues 23 to 28 (23 and 24 posted), both offers at 27,60 € in France, and the legal texts."""
    magazine = Magazine.objects.create(
        code="ACTUIA",
        title="ActuIA",
        subtitle="le magazine de l’intelligence artificielle",
        issn="2650-1234",
        cppap_number="0931 K 94321",
        cppap_valid_until=date(2031, 9, 30),
    )
    plan = [
        (23, 6, 2026, date(2026, 6, 1), date(2026, 6, 15)),
        (24, 9, 2026, date(2026, 9, 1), date(2026, 9, 15)),
        (25, 12, 2026, date(2026, 12, 1), date(2026, 12, 15)),
        (26, 3, 2027, date(2027, 3, 1), date(2027, 3, 15)),
        (27, 6, 2027, date(2027, 6, 1), date(2027, 6, 15)),
        (28, 9, 2027, date(2027, 9, 1), date(2027, 9, 15)),
    ]
    issues = {
        number: Issue.objects.create(
            magazine=magazine,
            number=number,
            cover_month=month,
            cover_year=year,
            headline=f"Ce que les machines apprennent, {number}",
            contents=[{"folio": 6, "title": "Un réseau sur le bureau", "text": "Enquête dans trois laboratoires."}],
            pages=116,
            cutoff_on=cutoff,
            post_on=post,
            posted_on=post if post < TODAY else None,
            state=Issue.State.POSTED if post < TODAY else Issue.State.PLANNED,
        )
        for number, month, year, cutoff, post in plan
    }
    offers = {
        renewal: Offer.objects.create(
            code=code, magazine=magazine, title=title, renewal=renewal, on_sale_from=date(2026, 1, 1)
        )
        for renewal, code, title in (
            (Offer.Renewal.FIXED, "un-an", "Abonnement d’un an"),
            (Offer.Renewal.AUTOMATIC, "un-an-reconduit", "Abonnement d’un an, reconduit"),
        )
    }
    for offer in offers.values():
        for zone, amount in PRICES.items():
            Price.objects.create(offer=offer, delivery_zone=zone, amount=eur(amount), valid_from=date(2026, 1, 1))
    load_texts(TODAY)
    return Stand(magazine, issues, offers[Offer.Renewal.FIXED], offers[Offer.Renewal.AUTOMATIC])
