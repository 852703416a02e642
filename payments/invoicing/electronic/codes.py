"""Which code of the European lists says it: kind of document, category of VAT, means of payment, schemes of identifiers.

Each is a closed table (EN 16931, UNTDID 1001, 4461, 5305; VATEX; XP Z12-012 for what the French rules add). An exemption that
no row knows is `E`, with the words of the invoice as its reason: the words are the invoice's own and never change here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from payments.models import Invoice, Payment
from payments.territories import VatZone
from payments.vat import EXPORT, INTRA_EU, OVERSEAS, BuyerKind

GUIDELINE = "urn:cen.eu:en16931:2017"
#: Schemes of ISO 6523: SIREN, SIRET, and the address of the French directory.
SIREN, SIRET, DIRECTORY = "0002", "0009", "0225"
#: UN/ECE Rec. 20: « one », a piece.
PIECE = "C62"
DISCOUNT = "95"
#: When VAT falls due (UNTDID 2475): on the invoice, where that was chosen; on the payment.
ON_INVOICE, ON_PAYMENT = "5", "72"

TYPES = {Invoice.Kind.INVOICE: "380", Invoice.Kind.CREDIT_NOTE: "381"}
#: First letter of the French « cadre de facturation » by nature: goods, services, both.
NATURES = {"LB": "B", "PS": "S", "LBPS": "M"}
#: What an operation is for the French reform: note BAR. Public bodies and associations: their channel says it (law.md 3.2).
TREATMENTS = {
    BuyerKind.CONSUMER: "B2C",
    BuyerKind.PRO_FR: "B2B",
    BuyerKind.PRO_EU: "B2BINT",
    BuyerKind.PRO_ROW: "B2BINT",
}
_MEANS = {"card": "48", "sepa_debit": "59"}
ONLINE, TRANSFER = "68", "58"


@dataclass(frozen=True, slots=True)
class Category:
    """A category of VAT with the code of its exemption, which taxed ones have not."""

    code: str
    exemption: str = ""


_TAXED = Category("S")
_EXEMPT: dict[str, Category] = {
    INTRA_EU: Category("K", "VATEX-EU-IC"),
    EXPORT: Category("G", "VATEX-EU-G"),
    OVERSEAS: Category("G", "VATEX-EU-G"),
}
_ABROAD = {VatZone.DOM_EXEMPT.value, VatZone.EXPORT_TERRITORY.value, VatZone.WORLD.value}


def category(invoice: Invoice, rate: Decimal) -> Category:
    """The category of the lines of an invoice at `rate` percent."""
    if rate > 0:
        return _TAXED
    words = invoice.legal_mention.strip().rstrip(".")
    if words in _EXEMPT:
        return _EXEMPT[words]
    if "293 B" in words:
        return Category("E", "VATEX-FR-FRANCHISE")
    if words.casefold().startswith("autoliquidation"):
        return Category("AE", "VATEX-EU-AE")
    if invoice.vat_zone in _ABROAD:
        return Category("G", "VATEX-EU-G")
    return Category("E") if words else Category("Z")


def means_of(payment: Payment | None) -> str:
    """The means of payment: that of a payment made, else the transfer that is asked for."""
    return TRANSFER if payment is None else _MEANS.get(payment.method_kind, ONLINE)


def framework(invoice: Invoice, *, paid: bool) -> str:
    """« Cadre de facturation » (BT-23): B1, or B2 where it is paid already."""
    return f"{NATURES[invoice.nature]}{2 if paid else 1}"
