"""What the law wants said before the order button (law.md 4.1, 4.2), as one snapshot: facts, and the sentences shown.

Pages, order and confirmation all read this one dict, and it is kept with the order: its blocks are evidence, so they are
written in French here, as legal texts are, and not translated afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from django.conf import settings

from payments.french_days import french_day
from payments.money import NBSP, french
from subscriptions.calendar import (
    CalendarTooShort,
    DeliveryZone,
    TermDates,
    expected_sepa_settlement,
    first_issue,
    last_day_to_refuse,
    numbers_from,
)
from subscriptions.models import Issue, Offer
from subscriptions.notices.french import copies_said, issue, issues, month
from subscriptions.offers.catalogue import Prolongs, Shelf, dates_of
from subscriptions.texts import online_functions

FORMAT = 1
TO_ZONE = {
    DeliveryZone.FR: "vers la France métropolitaine, la Corse et Monaco",
    DeliveryZone.DOM: "vers les départements d’outre-mer",
    DeliveryZone.EU: "vers l’Union européenne",
    DeliveryZone.WORLD: "vers le reste du monde",
}
SHOWN_TEXTS = ("cgv", "mandat", "retractation", "confidentialite")
Block = dict[str, str]


class Offered(Protocol):
    """A quote, or an offer as it stands on the shelf."""

    @property
    def offer(self) -> Offer: ...
    @property
    def amount(self) -> Any: ...
    @property
    def delivery_zone(self) -> str: ...
    @property
    def first_issue(self) -> Issue: ...
    @property
    def term(self) -> TermDates: ...
    @property
    def issues(self) -> Sequence[Issue]: ...
    @property
    def quantity(self) -> int: ...
    @property
    def prolongs(self) -> Prolongs | None: ...


def disclosure(offered: Offered, on: date, *, shelf: Shelf) -> dict[str, Any]:
    """All that must be said of `offered` on day `on`, ready for JSON: plain facts, and `blocks` of label and text.

    Pure but for the publisher's settings; no query. The same day, offer and zone give the same dict.
    """
    offer, term = offered.offer, offered.term
    facts: dict[str, Any] = {
        "format": FORMAT,
        "on": on.isoformat(),
        "offer": {
            "code": offer.code,
            "title": offer.title,
            "renewal": str(offer.renewal),
            "copies": offer.copies,
            "months": offer.months,
        },
        "delivery_zone": str(offered.delivery_zone),
        "total": str(offered.amount.amount),
        "currency": "EUR",
        "prices": {str(zone): str(price.amount.amount) for zone, price in shelf.zone_prices(offer)},
        "first_issue": _issue_facts(offered.first_issue),
        "issues": [row.number for row in offered.issues],
        "term": {
            "starts_on": term.starts_on.isoformat(),
            "ends_on": term.ends_on.isoformat(),
            "renews_on": term.renews_on.isoformat(),
            "last_day_to_refuse": last_day_to_refuse(term.renews_on).isoformat(),
        },
        "texts": {
            code: {"id": text.pk, "version": text.version, "sha256": text.sha256}
            for code in SHOWN_TEXTS
            if (text := shelf.text(code)) is not None
        },
    }
    if offered.prolongs is not None:
        facts["prolongs"] = {"subscription": offered.prolongs.number, "goes_on": offered.prolongs.goes_on}
    facts["blocks"] = blocks(offered, on, shelf=shelf, publisher=settings.PUBLISHER)
    return facts


def blocks(offered: Offered, on: date, *, shelf: Shelf, publisher: Mapping[str, Any]) -> list[Block]:
    """The sentences, in the order of law.md 4.1."""
    functions = online_functions()
    found = [
        ("goods", "Ce que vous commandez", _goods(offered, publisher)),
        ("price", "Prix total", _price(offered, shelf)),
        ("first_issue", "Premier numéro", _first_issue(offered, on, shelf)),
        ("term", "Durée", _term(offered)),
        ("stop", "Pour arrêter", _stop(offered, publisher, functions=functions)),
        ("withdrawal", "Rétractation", _withdrawal(offered, publisher, functions=functions)),
        ("payment", "Paiement", _payment(offered)),
        ("delivery", "Livraison", _delivery(offered, shelf)),
        ("seller", "Vendeur et fabricant", seller_words(publisher)),
        ("guarantees", "Garanties légales", GUARANTEES),
        ("complaints", "Réclamations et médiation", complaints_words(publisher)),
    ]
    if offered.prolongs is not None:
        found.insert(0, ("prolongs", "Votre abonnement", prolonging_words(offered)))
    return [{"key": key, "label": label, "text": text} for key, label, text in found]


def prolonging_words(offered: Offered) -> str:
    """« Votre abonnement 00000117 continue : du n° 29 au n° 32, à partir du 23 novembre 2027. »"""
    if offered.prolongs is None:
        raise ValueError("a new subscription prolongs nothing")
    which = issues(numbers_from(offered.first_issue.number, offered.issues, offered.offer.copies))
    name = " ".join(part for part in ("Votre abonnement", offered.prolongs.number) if part)
    verb = "continue" if offered.prolongs.goes_on else "reprend"
    return f"{name} {verb} : {which}, à partir du {french_day(offered.term.starts_on)}."


GUARANTEES = (
    "Conformité : deux ans à compter de la réception de chaque numéro. Vices cachés : deux ans à compter de leur "
    "découverte. Un exemplaire abîmé ou incomplet est remplacé ou remboursé sans frais. Le détail est dans les "
    "conditions générales de vente. Il n’y a pas de garantie commerciale."
)


def _goods(offered: Offered, publisher: Mapping[str, Any]) -> str:
    copies = offered.offer.copies
    numbers = [row.printed for row in offered.issues]
    which = f" ({issues(numbers)})" if len(numbers) == copies else f", à partir du {issue(numbers[0])}"
    count = copies_said(copies, offered.quantity) if copies > 1 else "1 numéro"
    pages = next((row.pages for row in reversed(offered.issues) if row.pages), None)
    size = f" Environ {pages} pages par numéro." if pages else ""
    return (
        f"{publisher['magazine']}, revue imprimée, trimestrielle : quatre numéros par an. {count}{which}, livrés par la "
        f"poste.{size}"
    )


def _price(offered: Offered, shelf: Shelf) -> str:
    amount = french(offered.amount)
    months = offered.offer.months
    zone = DeliveryZone(offered.delivery_zone)
    total = f"{amount} TTC pour {months} mois, frais d’envoi compris {TO_ZONE[zone]}. C’est tout ce qui est dû."
    others = [
        f"{french(price.amount)} {TO_ZONE[other]}"
        for other, price in shelf.zone_prices(offered.offer)
        if price.amount != offered.amount
    ]
    return total + (f" Ailleurs : {', '.join(others)}." if others else "")


def _first_issue(offered: Offered, on: date, shelf: Shelf) -> str:
    first = offered.first_issue
    # A subscription that goes on may be prolonged once the file is closed: its copy leaves with the late ones.
    before = "cette date" if on >= first.cutoff_on else f"le {french_day(first.cutoff_on)}"
    said = (
        f"{issue(first.printed)} ({month(first.cover_month, first.cover_year)}), mise en poste prévue le "
        f"{french_day(first.post_on)}, pour un paiement reçu avant {before}."
    )
    by_debit = _first_by_debit(on, shelf)
    if by_debit is not None and by_debit.number > first.number:
        said += (
            " Par prélèvement SEPA, que la banque confirme en quelques jours : "
            f"{issue(by_debit.printed)}, mise en poste prévue le {french_day(by_debit.post_on)}."
        )
    return said[0].upper() + said[1:]


def _first_by_debit(on: date, shelf: Shelf) -> Issue | None:
    try:
        found = first_issue([dates_of(row) for row in shelf.issues], on=expected_sepa_settlement(on))
    except CalendarTooShort:
        return None
    return shelf.issue(found.number)


def _term(offered: Offered) -> str:
    term, offer = offered.term, offered.offer
    length = f"{offer.months} mois, du {french_day(term.starts_on)} au {french_day(term.ends_on)}"
    if offer.renewal == Offer.Renewal.FIXED:
        return (
            f"{length}, et jusqu’au dernier numéro payé. Sans reconduction : l’abonnement prend fin de lui-même et "
            "rien d’autre n’est débité."
        )
    return (
        f"{length}, puis reconduit pour {offer.months} mois le {french_day(term.renews_on)}, et ainsi chaque année, sauf refus "
        f"jusqu’au {french_day(last_day_to_refuse(term.renews_on))} inclus. Prix de la reconduction : {french(offered.amount)}, "
        "ou le tarif annoncé avant cette date. Nous vous écrivons entre trois mois et un mois avant la date limite de "
        "refus, puis de nouveau avant le débit. Aucun engagement au-delà de la période payée."
    )


def _stop(offered: Offered, publisher: Mapping[str, Any], *, functions: bool) -> str:
    ways = []
    if functions:
        ways += ["dans votre compte", "par « Résilier votre contrat » au bas de chaque page, sans compte"]
    ways.append(f"en écrivant à {publisher['email']} ou par courrier")
    if offered.offer.renewal == Offer.Renewal.FIXED:
        return f"Il n’y a rien à faire : l’abonnement s’arrête seul. Toute demande peut être faite {', '.join(ways)}."
    return f"À tout moment, gratuitement, sans motif : {', '.join(ways)}. Les numéros payés restent servis."


def _withdrawal(offered: Offered, publisher: Mapping[str, Any], *, functions: bool) -> str:
    which = "premier numéro de cette période" if offered.prolongs else "premier numéro"
    online = " par « Renoncer au contrat ici » au bas de chaque page du site," if functions else ""
    return (
        "Vous pouvez vous rétracter sans motif dès la commande et pendant quatorze jours après la réception du "
        f"{which} :{online} par courriel à {publisher['email']}, par courrier, ou avec le formulaire joint aux conditions "
        "générales de vente. Tout ce que vous avez payé est remboursé dans les quatorze jours, par le même moyen. Le "
        "renvoi du numéro reçu ne vous est pas demandé."
    )


def _payment(offered: Offered) -> str:
    said = "En une fois, par carte bancaire ou prélèvement SEPA, sur la page sécurisée de Stripe."
    if offered.offer.renewal == Offer.Renewal.AUTOMATIC:
        said += " Votre moyen de paiement est enregistré chez Stripe pour les reconductions."
    return said


def _delivery(offered: Offered, shelf: Shelf) -> str:
    return f"{delivered_to(offered.offer, shelf)} Un numéro qui n’arrive pas est dû : nous le renvoyons."


def delivered_to(offer: Offer, shelf: Shelf) -> str:
    """« Par la poste, vers la France métropolitaine, la Corse et Monaco, les départements d’outre-mer et … »"""
    zones = [TO_ZONE[zone].removeprefix("vers ") for zone, _price in shelf.zone_prices(offer)]
    served = ", ".join(zones[:-1]) + f" et {zones[-1]}" if len(zones) > 1 else "".join(zones)
    limits = ", dans les pays proposés par le formulaire" if settings.DELIVERY_COUNTRIES else ""
    return f"Par la poste, vers {served}{limits}."


def seller_words(publisher: Mapping[str, Any]) -> str:
    """Who sells: names, numbers, addresses (law.md 4.1)."""
    siren = NBSP.join(re.findall(r"\d{3}", str(publisher["siren"])))
    said = (
        f"{publisher['name']}, {publisher['legal_form']} au capital de {publisher['capital']}, "
        f"{', '.join(publisher['address'])}. RCS {publisher['rcs']} {siren}. TVA {publisher['vat_number']}. "
        f"Téléphone : {publisher['phone']}. Courriel : {publisher['email']}. Aucun code de conduite particulier."
    )
    if publisher.get("issn"):
        said += f" ISSN {publisher['issn']}."
    if publisher.get("idu"):
        said += f" Identifiant unique (emballages et papiers) : {publisher['idu']}."
    return said


def complaints_words(publisher: Mapping[str, Any]) -> str:
    """Where one complains, and to which mediator (law.md 4.9)."""
    mediator = publisher["mediator"]
    return (
        f"{publisher['complaints_email']}, ou par courrier à l’adresse du vendeur. Si la réponse ne vous convient pas, "
        f"médiateur de la consommation, gratuit : {mediator['name']}, {mediator['address']}, {mediator['site']}."
    )


def _issue_facts(row: Issue) -> dict[str, Any]:
    return {
        "number": row.number,
        "cover_month": row.cover_month,
        "cover_year": row.cover_year,
        "post_on": row.post_on.isoformat(),
        "cutoff_on": row.cutoff_on.isoformat(),
    }
