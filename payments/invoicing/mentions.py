"""What an invoice says, mention by mention (CGI ann. II 242 nonies A; C. com. L441-9; law.md 2.1).

French throughout, whoever the buyer is: the invoice is a French fiscal document. Only the snapshots on the invoice are
read, with the facts of its payment; nothing that may change later.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from payments.french_days import french_day
from payments.models import Invoice, InvoiceLine, Reissue
from payments.money import NBSP, french
from payments.paid_by import paid_by
from payments.vat import BuyerKind

NATURES = {
    "LB": "livraison de biens",
    "PS": "prestation de services",
    "LBPS": "livraison de biens et prestation de services",
}
NO_DISCOUNT = "Escompte pour paiement anticipé : néant."
#: Professionals owe interest at the central bank's rate plus ten points and 40 €. Never said to a consumer.
PENALTY_PROFESSIONAL = (
    "En cas de retard de paiement, des pénalités sont exigibles sans rappel, au taux appliqué par la Banque centrale "
    "européenne à son opération de refinancement la plus récente, majoré de 10 points de pourcentage (C. com., "
    "art. L441-10)."
)
INDEMNITY_PROFESSIONAL = f"Indemnité forfaitaire pour frais de recouvrement : 40{NBSP}€ (C. com., art. D441-5)."
LATE_PROFESSIONAL = f"{PENALTY_PROFESSIONAL} {INDEMNITY_PROFESSIONAL}"
#: Public buyers: plus eight points (law.md 2.1, B2G).
PENALTY_PUBLIC = (
    "En cas de retard de paiement, des intérêts moratoires sont dus au taux appliqué par la Banque centrale européenne à "
    "son opération de refinancement la plus récente, majoré de 8 points de pourcentage."
)
INDEMNITY_PUBLIC = (
    f"Indemnité forfaitaire pour frais de recouvrement : 40{NBSP}€ (code de la commande publique, art. L2192-12, "
    "L2192-13 et R2192-31 et suivants)."
)
LATE_PUBLIC = f"{PENALTY_PUBLIC} {INDEMNITY_PUBLIC}"
#: A credit note whose invoice is made out anew to somebody else.
NO_MONEY = "Aucune somme n’est rendue : le paiement reste acquis."
DEBITS = "Option pour le paiement de la taxe d’après les débits."


def facts_of(invoice: Invoice) -> dict[str, Any]:
    """Every word of the document, ready to be set. Reads the lines, the payment and, for a credit note, the original."""
    lines = list(invoice.lines.all())
    credit = invoice.kind == Invoice.Kind.CREDIT_NOTE
    title = f"{'Avoir' if credit else 'Facture'} {invoice.reference}"
    seller = invoice.seller
    return {
        "title": title,
        "on": [invoice.issued_on.year, invoice.issued_on.month, invoice.issued_on.day],
        "seller": {"name": seller["name"], "lines": _seller_lines(seller)},
        "buyer": buyer_lines(invoice.buyer_name, invoice.buyer_address),
        "parties": _parties(invoice),
        "under": _under(invoice),
        "columns": ["Désignation", "Quantité", "Prix unitaire HT", "TVA", "Montant HT", "Montant TTC"],
        "rows": [_row(line) for line in lines],
        "totals": _totals(invoice, lines),
        "paid": paid_words(invoice),
        "mentions": _mentions(invoice),
        "foot": _foot(seller),
    }


def percent(rate: Decimal) -> str:
    """« 2,10 % »."""
    return f"{rate:.2f}".replace(".", ",") + f"{NBSP}%"


def _seller_lines(seller: dict[str, Any]) -> list[str]:
    return [
        *seller["address"],
        f"SIREN {seller['siren']}, RCS {seller['rcs']}",
        f"N° TVA {seller['vat_number']}",
    ]


def buyer_lines(buyer_name: str, buyer_address: Iterable[str]) -> list[str]:
    """Name and address; the name once, in its fuller form, where the address begins with it as postmen write it."""
    address = [str(line) for line in buyer_address]
    name, first = _words(buyer_name), _words(address[0]) if address else frozenset()
    if first and name <= first:
        return address
    if first and first <= name:
        return [buyer_name, *address[1:]]
    return [buyer_name, *address]


def _words(text: str) -> frozenset[str]:
    """The words of a name whatever their case and accents: « Université » is UNIVERSITE."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return frozenset(re.findall(r"[a-z0-9]+", bare))


def _parties(invoice: Invoice) -> list[list[str]]:
    """What identifies the buyer beyond the address, and where the goods go if elsewhere: (label, lines)."""
    facts = [
        ("N° SIREN du client", invoice.buyer_siren),
        ("N° SIRET du client", invoice.buyer_siret),
        ("N° TVA du client", invoice.buyer_vat_number),
        ("Code service", invoice.buyer_service_code),
        ("N° d’engagement ou de bon de commande", invoice.engagement_number),
    ]
    rows = [[label, value] for label, value in facts if value]
    delivery = [str(line) for line in invoice.delivery_address]
    if delivery and delivery != [str(line) for line in invoice.buyer_address]:
        rows.append(["Adresse de livraison", "\n".join(delivery)])
    return rows


def _under(invoice: Invoice) -> list[str]:
    said = [f"Émis{'' if invoice.original_id else 'e'} le {french_day(invoice.issued_on)}"]
    if invoice.original is not None:
        original = invoice.original
        said.append(f"Avoir sur facture n°{NBSP}{original.reference} du {french_day(original.issued_on)}")
        if invoice.reason:
            said.append(f"Motif : {invoice.reason}")
        return said
    if (before := _replaced(invoice)) is not None:
        said.append(f"Remplace la facture n°{NBSP}{before.reference} du {french_day(before.issued_on)}")
    if invoice.supplied_on and invoice.supplied_on != invoice.issued_on:
        said.append(f"Date de la livraison ou du versement : {french_day(invoice.supplied_on)}")
    return said


def _row(line: InvoiceLine) -> list[str]:
    return [
        f"{line.name}{_discount(line)}",
        str(line.quantity),
        french(line.unit_ht),
        percent(line.rate),
        french(line.ht),
        french(line.ttc),
    ]


def _discount(line: InvoiceLine) -> str:
    """« . Remise de 5 % : 4,06 € HT, déduite »; nothing where none was granted. The unit price is the one before it."""
    if not line.discount_percent:
        return ""
    granted = f"{line.discount_percent.normalize():f}".replace(".", ",")
    return f". Remise de {granted}{NBSP}% : {french(line.discount_ht)} HT, déduite"


def _totals(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[list[Any]]:
    """(label, amount, is the last word): per rate first where there are several, then the whole."""
    bases: dict[Decimal, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in lines:
        bases[line.rate][0] += line.ht.amount
        bases[line.rate][1] += line.vat.amount
    rows: list[list[Any]] = []
    if len(bases) == 1:
        [(rate, _amounts)] = bases.items()
        rows.append(["Total HT", french(invoice.total_ht), False])
        rows.append([f"TVA {percent(rate)}", french(invoice.total_vat), False])
    else:
        for rate, (ht, vat) in sorted(bases.items()):
            rows.append([f"HT à {percent(rate)}", french(ht), False])
            rows.append([f"TVA {percent(rate)}", french(vat), False])
        rows.append(["Total HT", french(invoice.total_ht), False])
        rows.append(["Total TVA", french(invoice.total_vat), False])
    last = "Avoir TTC" if invoice.original_id else "Total TTC"
    return [*rows, [last, french(invoice.total_ttc), True]]


def paid_words(invoice: Invoice) -> str:
    """What was paid and how, what is still to be paid and by when, or how money goes back: one sentence per case."""
    payment, amount = invoice.payment, french(invoice.total_ttc)
    if invoice.original_id:
        if (anew := _replacement(invoice)) is not None:
            return f"{NO_MONEY} La facture n°{NBSP}{anew} remplace la facture annulée."
        if invoice.transfers.exclude(because="failed").exists():
            return f"{amount} vous sont rendus par virement."
        back = (
            f"par le moyen de paiement d’origine ({paid_by(payment)})" if payment else "ou déduits de ce que vous devez"
        )
        return f"{amount} vous sont rendus {back}."
    if payment is not None and payment.received_on is not None:
        return (
            f"Payée le {french_day(payment.received_on)} par {paid_by(payment)}. Reste à payer : {french(Decimal(0))}."
        )
    last = last_day(invoice)
    due = f", à payer au plus tard le {french_day(last)}" if last else ""
    to = f" Par virement, IBAN {iban}, en rappelant le n°{NBSP}{invoice.reference}." if (iban := _iban(invoice)) else ""
    return f"Net à payer : {amount}{due}.{to}"


def last_day(invoice: Invoice) -> date | None:
    """By when it is to be paid; made out anew after that day, not before it was issued."""
    return max(invoice.due_on, invoice.issued_on) if invoice.due_on else None


def _iban(invoice: Invoice) -> str:
    return str(invoice.seller.get("iban", ""))


def _replaced(invoice: Invoice) -> Invoice | None:
    """The invoice that this one was made out instead of, to another buyer."""
    found: Reissue | None = getattr(invoice, "reissue_of", None)
    return found.original if found else None


def _replacement(note: Invoice) -> str | None:
    """The number of the invoice that takes the place of the one credited; None where money goes back."""
    found: Reissue | None = getattr(note, "made_room_for", None)
    return found.invoice.reference if found else None


def notes_of(invoice: Invoice) -> list[tuple[str, str]]:
    """What the document states beyond parties, lines and amounts: (subject of UNTDID 4451 or none, words).

    AAB, PMD and PMT are the subjects under which the French rules (BR-FR-05) look for discount, penalties and the 40 €, on
    credit notes too.
    """
    notes = [("", f"Nature de l’opération : {NATURES[invoice.nature]}.")]
    if invoice.vat_on_debits:
        notes.append(("", DEBITS))
    if invoice.buyer_kind == BuyerKind.CONSUMER:
        return notes
    public = invoice.buyer_kind == BuyerKind.PUBLIC_FR
    return [
        *notes,
        ("AAB", NO_DISCOUNT),
        ("PMD", PENALTY_PUBLIC if public else PENALTY_PROFESSIONAL),
        ("PMT", INDEMNITY_PUBLIC if public else INDEMNITY_PROFESSIONAL),
    ]


def _mentions(invoice: Invoice) -> list[str]:
    """The notes as paragraphs, the reason why there is no VAT before them."""
    notes = notes_of(invoice)
    said = [f"{invoice.legal_mention.rstrip('.')}."] if invoice.legal_mention else []
    said += [words for subject, words in notes if not subject]
    for_professionals = {subject: words for subject, words in notes if subject}
    if for_professionals:
        last = last_day(invoice)
        due = f"Échéance : {french_day(last)}. " if last else ""
        said.append(f"{due}{for_professionals['AAB']}")
        said.append(f"{for_professionals['PMD']} {for_professionals['PMT']}")
    return said


def _foot(seller: dict[str, Any]) -> list[str]:
    return [
        f"{seller['name']}, {seller['legal_form']} au capital de {seller['capital']}, SIRET {seller['siret']}",
        f"{seller['email']}, {seller['phone']}",
    ]
