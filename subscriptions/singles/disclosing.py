"""What the law wants said before the order button for past issues (law.md 4.1, 4.2, 4.4), as one snapshot kept with the order.

The blocks are evidence, so they are written in French here, as those of subscriptions (`subscriptions.offers.disclosing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings

from payments.money import french
from subscriptions.calendar import RULES, DeliveryZone
from subscriptions.notices.french import issue, month
from subscriptions.offers.catalogue import Shelf
from subscriptions.offers.disclosing import (
    FORMAT,
    GUARANTEES,
    SHOWN_TEXTS,
    TO_ZONE,
    Block,
    complaints_words,
    delivered_to,
    seller_words,
)
from subscriptions.singles.quoting import Chosen, SinglesQuote
from subscriptions.texts import online_functions

PAYMENT = (
    "En une fois, par carte bancaire, sur la page sécurisée de Stripe. Rien d’autre ne sera débité : ce n’est pas un "
    "abonnement."
)


def disclosure_of_singles(quote: SinglesQuote, on: date, *, shelf: Shelf) -> dict[str, Any]:
    """All that must be said of `quote` on day `on`, ready for JSON: plain facts, and `blocks` of label and text. No query."""
    return {
        "format": FORMAT,
        "on": on.isoformat(),
        "offer": {"code": quote.offer.code, "title": quote.offer.title, "kind": str(quote.offer.kind)},
        "delivery_zone": str(quote.delivery_zone),
        "total": str(quote.amount.amount),
        "currency": "EUR",
        "prices": {str(zone): str(price.amount.amount) for zone, price in shelf.zone_prices(quote.offer)},
        "issues": [
            {"number": line.issue.number, "copies": line.copies, "amount": str(line.amount.amount)}
            for line in quote.lines
        ],
        "texts": {
            code: {"id": text.pk, "version": text.version, "sha256": text.sha256}
            for code in SHOWN_TEXTS
            if (text := shelf.text(code)) is not None
        },
        "blocks": blocks_of_singles(quote, shelf=shelf, publisher=settings.PUBLISHER),
    }


def blocks_of_singles(quote: SinglesQuote, *, shelf: Shelf, publisher: Mapping[str, Any]) -> list[Block]:
    """The sentences, in the order of law.md 4.1."""
    found = [
        ("goods", "Ce que vous commandez", _goods(quote, publisher)),
        ("price", "Prix total", _price(quote, shelf)),
        ("delivery", "Livraison", f"{delivered_to(quote.offer, shelf)} {when_posted()}"),
        ("reserved", "Réservation", reserved_words()),
        ("withdrawal", "Rétractation", no_withdrawal(publisher)),
        (
            "payment",
            "Paiement",
            PAYMENT,
        ),
        ("seller", "Vendeur et fabricant", seller_words(publisher)),
        ("guarantees", "Garanties légales", GUARANTEES),
        ("complaints", "Réclamations et médiation", complaints_words(publisher)),
    ]
    return [{"key": key, "label": label, "text": text} for key, label, text in found]


def when_posted() -> str:
    """By when a copy leaves (C. conso L216-1)."""
    return (
        f"Chaque numéro est mis en poste, sous son propre pli, au plus tard {RULES.single_posted_within_days} jours après le "
        "paiement."
    )


def reserved_words() -> str:
    """How long the copies are kept for the buyer."""
    return (
        f"Vos exemplaires vous sont réservés dès la commande, le temps de payer : {settings.CHECKOUT_MINUTES} minutes. Passé ce "
        "délai, ils retournent en stock et rien n’est débité."
    )


def no_withdrawal(publisher: Mapping[str, Any]) -> str:
    """What the law says of a periodical sold singly, and what we do beyond it."""
    online = " par « Renoncer au contrat ici » au bas de chaque page du site," if online_functions() else ""
    return (
        "Un numéro de revue vendu seul n’ouvre pas de droit de rétractation (article L221-28, 10° du code de la consommation). "
        f"Nous annulons pourtant sans frais ce qui n’est pas encore remis à l’expédition :{online} par courriel à "
        f"{publisher['email']} ou par courrier. Le prix est alors rendu par le même moyen, dans les quatorze jours."
    )


def _goods(quote: SinglesQuote, publisher: Mapping[str, Any]) -> str:
    which = ", ".join(_line(line) for line in quote.lines)
    return f"{publisher['magazine']}, revue imprimée : {which}."


def _line(line: Chosen) -> str:
    copies = f"{line.copies} exemplaire{'s' if line.copies > 1 else ''}"
    return f"{issue(line.issue.printed)} ({month(line.issue.cover_month, line.issue.cover_year)}), {copies}"


def _price(quote: SinglesQuote, shelf: Shelf) -> str:
    each = french(quote.price.amount)
    zone = TO_ZONE[DeliveryZone(quote.delivery_zone)]
    count = "" if quote.quantity == 1 else f" ({quote.quantity} exemplaires à {each})"
    total = f"{french(quote.amount)} TTC{count}, frais d’envoi compris {zone}. C’est tout ce qui est dû."
    others = [
        f"{french(price.amount)} {TO_ZONE[other]}"
        for other, price in shelf.zone_prices(quote.offer)
        if price.amount != quote.price.amount
    ]
    return total + (f" L’exemplaire, ailleurs : {', '.join(others)}." if others else "")
