"""Who sells, who buys and where it goes, as the electronic invoice says it; snapshots of the invoice only."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from payments.invoicing.electronic import codes
from payments.invoicing.electronic.places import Place, place
from payments.invoicing.electronic.tree import add
from payments.invoicing.mentions import buyer_lines
from payments.models import Invoice
from payments.territories import VatZone
from payments.vat import INTRA_EU, BuyerKind

_ROUTABLE = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
#: Where a delivery goes by its zone alone, on invoices from before the country was written down.
_COUNTRY_OF_ZONE = {VatZone.FR_METRO: "FR", VatZone.CORSICA: "FR", VatZone.MONACO: "MC"}


def add_seller(agreement: Element, invoice: Invoice) -> None:
    """The publisher, as frozen on the invoice."""
    seller = invoice.seller
    party = add(agreement, "ram:SellerTradeParty")
    add(party, "ram:GlobalID", seller["siret"], schemeID=codes.SIRET)
    add(party, "ram:Name", seller["name"])
    legal = f"{seller['legal_form']} au capital de {seller['capital']}, RCS {seller['rcs']} {seller['siren']}"
    add(party, "ram:Description", legal)
    add(party, "ram:SpecifiedLegalOrganization/ram:ID", seller["siren"], schemeID=codes.SIREN)
    contact = add(party, "ram:DefinedTradeContact")
    add(contact, "ram:PersonName", seller["name"])
    add(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber", seller["phone"])
    add(contact, "ram:EmailURIUniversalCommunication/ram:URIID", seller["email"])
    _address(party, place(seller["address"], country="FR"))
    _endpoint(party, seller["siren"])
    add(party, "ram:SpecifiedTaxRegistration/ram:ID", seller["vat_number"], schemeID="VA")


def add_buyer(agreement: Element, invoice: Invoice) -> None:
    """The buyer, with the numbers that they gave."""
    party = add(agreement, "ram:BuyerTradeParty")
    if invoice.buyer_siret:
        add(party, "ram:GlobalID", invoice.buyer_siret, schemeID=codes.SIRET)
    name, *lines = buyer_lines(invoice.buyer_name, invoice.buyer_address)
    add(party, "ram:Name", name)
    siren = invoice.buyer_siren or invoice.buyer_siret[:9]
    if siren:
        add(party, "ram:SpecifiedLegalOrganization/ram:ID", siren, schemeID=codes.SIREN)
    _address(party, place(lines, country=invoice.buyer_country))
    if siren:
        _endpoint(party, _route(invoice, siren))
    if invoice.buyer_vat_number:
        add(party, "ram:SpecifiedTaxRegistration/ram:ID", invoice.buyer_vat_number, schemeID="VA")


def add_delivery(delivery: Element, invoice: Invoice) -> None:
    """Where it goes, if that is elsewhere; of an exempt supply to another state of the Union in any case (BR-IC-12).

    Not where a gift goes: its giver's invoice does not say it.
    """
    lines = [str(line) for line in invoice.delivery_address]
    if not lines and invoice.legal_mention != INTRA_EU:
        return
    country = invoice.delivery_country or _COUNTRY_OF_ZONE.get(VatZone(invoice.vat_zone), invoice.buyer_country)
    party = add(delivery, "ram:ShipToTradeParty")
    if not lines:
        _name, *lines = buyer_lines(invoice.buyer_name, invoice.buyer_address)
    else:
        add(party, "ram:Name", lines.pop(0))
    _address(party, place(lines, country=country))


def _route(invoice: Invoice, siren: str) -> str:
    """The buyer's address in the directory: a public body is reached by its SIRET and its service (law.md 3.4)."""
    if invoice.buyer_kind != BuyerKind.PUBLIC_FR or not invoice.buyer_siret:
        return siren
    route = f"{siren}_{invoice.buyer_siret}"
    service = invoice.buyer_service_code
    return f"{route}_{service}" if _ROUTABLE.fullmatch(service) else route


def _endpoint(party: Element, address: str) -> None:
    add(party, "ram:URIUniversalCommunication/ram:URIID", address, schemeID=codes.DIRECTORY)


def _address(party: Element, found: Place) -> None:
    address = add(party, "ram:PostalTradeAddress")
    if found.postcode:
        add(address, "ram:PostcodeCode", found.postcode)
    for name, street in zip(("LineOne", "LineTwo", "LineThree"), found.streets, strict=False):
        add(address, f"ram:{name}", street)
    if found.town:
        add(address, "ram:CityName", found.town)
    add(address, "ram:CountryID", found.country)
