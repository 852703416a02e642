"""The PDF of a quote: set once from what it froze, in the voice of the invoices, and kept under its hash."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from payments.documents import keep, verified
from payments.french_days import french_day
from payments.invoicing.mentions import LATE_PROFESSIONAL, LATE_PUBLIC, NO_DISCOUNT, percent
from payments.invoicing.rendering import TEMPLATE
from payments.money import NBSP, french
from payments.typesetting import typeset
from payments.vat import BuyerKind
from subscriptions.models import Quote, QuoteRendering

#: The order to reviews may be paid before they are delivered: the exception to « service fait » that accounts offices ask for.
BEFORE_DELIVERY = (
    "Les abonnements aux revues et périodiques peuvent être payés avant service fait (arrêté du 16 février 2015, art. 3, 3° ; "
    "arrêté du 30 décembre 2013, art. 5, 2°)."
)

BY_CARD = (
    "Commande et paiement par carte : par le lien du courrier qui accompagne ce devis. La page est déjà remplie et demande votre "
    "numéro de bon de commande ou d’engagement, qui figurera sur la facture."
)
BY_AGENCY = "La remise est celle de l’agence qui transmet la commande, sur bon de commande. La commande en ligne est au tarif public."


def pdf_of(quote: Quote, *, at: datetime) -> bytes:
    """The document of a quote, set now if nobody has yet; the same bytes ever after. Raises NotThere once purged."""
    rendering = QuoteRendering.objects.select_related("document").filter(quote=quote).first() or _set(quote, at=at)
    body = verified(rendering.document)
    if body is None:
        raise LookupError(f"the PDF of quote {quote.reference} was purged")
    return body


def _set(quote: Quote, *, at: datetime) -> QuoteRendering:
    body = typeset(TEMPLATE, facts_of(quote), on=quote.issued_on)
    try:
        with transaction.atomic():
            document = keep(body, media_type="application/pdf", keep_until=_keep_until(quote.issued_on), at=at)
            return QuoteRendering.objects.create(quote=quote, document=document, rendered_at=at)
    except IntegrityError:  # somebody else was first: theirs is the rendering
        return QuoteRendering.objects.select_related("document").get(quote=quote)


def facts_of(quote: Quote) -> dict[str, Any]:
    """Every word of the document, ready to be set; only what the quote froze is read."""
    seller = quote.seller
    vat = quote.amount - quote.amount_ht
    public = quote.buyer_kind == BuyerKind.PUBLIC_FR
    return {
        "title": f"Devis {quote.reference}",
        "on": [quote.issued_on.year, quote.issued_on.month, quote.issued_on.day],
        "seller": {
            "name": seller["name"],
            "lines": [
                *seller["address"],
                f"SIREN {seller['siren']}, RCS {seller['rcs']}",
                f"N° TVA {seller['vat_number']}",
            ],
        },
        "buyer": _buyer(quote),
        "parties": _parties(quote),
        "under": [
            f"Établi le {french_day(quote.issued_on)}",
            f"Valable jusqu’au {french_day(quote.valid_until)} inclus",
            f"Réabonnement du {french_day(quote.starts_on)} au {french_day(quote.ends_on)}",
        ],
        "columns": ["Désignation", "Quantité", "Prix unitaire HT", "TVA", "Montant HT", "Montant TTC"],
        "rows": [
            [quote.title, "1", french(quote.amount_ht), percent(quote.vat_rate), french(quote.amount_ht), french(quote.amount)]
        ],
        "totals": [
            ["Total HT", french(quote.amount_ht), False],
            [f"TVA {percent(quote.vat_rate)}", french(vat), False],
            ["Total TTC", french(quote.amount), True],
        ],
        "paid": f"À régler à la commande : {french(quote.amount)}.",
        "mentions": [
            *([f"{quote.legal_mention.rstrip('.')}."] if quote.legal_mention else []),
            f"{_numbers(quote)} Pas de reconduction tacite : l’abonnement s’arrête à la fin de la période, sans démarche.",
            BY_AGENCY if quote.discount.amount else BY_CARD,
            (f"Paiement par virement sur facture, ou dépôt sur Chorus Pro : écrivez à {seller['email']} ou appelez le "
            f"{seller['phone'].replace(' ', NBSP)}, en rappelant le numéro de ce devis."),
            *([BEFORE_DELIVERY] if public else []),
            f"Nature de l’opération : livraison de biens. {NO_DISCOUNT} {LATE_PUBLIC if public else LATE_PROFESSIONAL}",
            "Bon pour accord (date, nom, qualité, signature et cachet) :",
        ],
        "foot": [
            f"{seller['name']}, {seller['legal_form']} au capital de {seller['capital']}, SIRET {seller['siret']}",
            f"{seller['email']}, {seller['phone']}",
        ],
    }  # fmt: skip


def _buyer(quote: Quote) -> list[str]:
    address = [str(line) for line in quote.buyer_address]
    known = address and quote.buyer_name.casefold() == address[0].casefold()
    return address if known else [quote.buyer_name, *address]


def _parties(quote: Quote) -> list[list[str]]:
    facts = [
        ("N° SIREN du client", quote.siren),
        ("N° SIRET du client", quote.siret),
        ("N° TVA du client", quote.vat_number),
    ]
    rows = [[label, value] for label, value in facts if value]
    if quote.delivery_address:
        rows.append(["Adresse de livraison", "\n".join(quote.delivery_address)])
    return rows


def _numbers(quote: Quote) -> str:
    """« Numéros servis : n° 29 (décembre 2027, vers le 15 décembre 2027), … »."""
    said = [
        f"n°{NBSP}{one['number']} ({one['month']}, vers le {french_day(date.fromisoformat(str(one['post_on'])))})"
        for one in quote.issues
    ]
    rest = quote.copies - len(said)
    if rest > 0:
        said.append("le suivant, à paraître" if rest == 1 else f"les {rest} suivants, à paraître")
    return f"Numéros servis : {', '.join(said)}."


def _keep_until(issued_on: date) -> date:
    """Ten years from the closing of the year, as the invoice that may come of it (C. com. L123-22)."""
    return date(issued_on.year + 12, 1, 1)
