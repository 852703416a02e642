"""The file for the bank: every approved transfer once, as pain.001 (SEPA credit transfer) and as a list to read.

pain.001.001.09 with the fields of the French banks' guide (CFONB, 2023 edition): one payment information, one debtor, one
day; amounts in euros; the reference of the transfer as end-to-end id; only the letters of the SEPA set.
"""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET  # written only; nothing foreign is read here
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import PARIS
from payments.desk import record_act
from payments.disputes import disputed_payments
from payments.documents import keep
from payments.iban import IbanRefused, check_iban
from payments.invoicing.rendering import keep_until
from payments.keys import new_reference
from payments.models import Transfer, TransferFile
from payments.transfers.giving_back import WHY, CannotTransfer, locked
from payments.transfers.sepa_letters import plain

State = Transfer.State
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
#: More in one file is more than somebody has looked at.
MOST = 500


@transaction.atomic
def make_file(*, on: date, reason: str, actor: Actor, at: datetime) -> TransferFile:
    """Put every transfer that waits for a file into one, to be carried out on day `on`.

    Locks each of them (payment first) and looks again. Raises CannotTransfer: nothing is approved, or the publisher's own
    account is not set.
    """
    debtor = own_account()
    keys = waiting_for_file().order_by("payment_id", "pk").values_list("pk", flat=True)[:MOST]
    taken = [locked(key) for key in keys]
    disputed = disputed_payments([one.payment_id for one in taken if one.payment_id is not None])
    taken = [
        one for one in taken if one.state == State.APPROVED and one.file_id is None and one.payment_id not in disputed
    ]
    if not taken:
        raise CannotTransfer(_("No approved transfer waits for a file."), code="nothing")
    reference = new_reference("FIC")
    until = keep_until(on)
    orders = keep(
        pain_001(reference, taken, debtor=debtor, on=on, at=at), media_type="application/xml", keep_until=until, at=at
    )
    reading = keep(as_list(reference, taken, on=on), media_type="text/csv", keep_until=until, at=at)
    file = TransferFile.objects.create(
        reference=reference,
        count=len(taken),
        total=_total(taken),
        orders=orders,
        reading=reading,
        actor=str(actor),
        created_at=at,
    )
    Transfer.objects.filter(pk__in=[one.pk for one in taken]).update(file=file)
    facts = {"count": len(taken), "total": str(_total(taken))}
    record_act(
        "made a file of transfers", subject=f"transfer_file:{file.pk}", actor=actor, at=at, reason=reason, facts=facts
    )
    return file


@transaction.atomic
def discard_file(file: TransferFile, *, reason: str, actor: Actor, at: datetime) -> int:
    """The file was not handed to the bank: its transfers wait for another one. Returns how many; 0 if it was sent."""
    keys = Transfer.objects.filter(file=file, state=State.APPROVED).order_by("payment_id", "pk")
    held = [locked(key) for key in keys.values_list("pk", flat=True)]
    free = [one.pk for one in held if one.state == State.APPROVED and one.file_id == file.pk]
    Transfer.objects.filter(pk__in=free).update(file=None)
    if free:
        record_act(
            "discarded a file of transfers", subject=f"transfer_file:{file.pk}", actor=actor, at=at, reason=reason
        )
    return len(free)


def waiting_for_file() -> QuerySet[Transfer]:
    """Approved transfers that are in no file; not those whose payment the bank has disputed since: they wait for its end."""
    undisputed = Q(payment=None) | ~Q(payment__in=disputed_payments())
    return Transfer.objects.filter(undisputed, state=State.APPROVED, file=None)


def own_account() -> tuple[str, str]:
    """IBAN and BIC of the publisher. Raises CannotTransfer while they are not set, or not right."""
    try:
        return check_iban(settings.BANK_IBAN), settings.BANK_BIC.replace(" ", "").upper()
    except IbanRefused:
        raise CannotTransfer(
            _("The publisher’s own account is not set (BANK_IBAN): no file can be made for the bank."),
            code="no_account",
        ) from None


def pain_001(
    reference: str, transfers: Sequence[Transfer], *, debtor: tuple[str, str], on: date, at: datetime
) -> bytes:
    """The orders as the bank reads them; the same arguments give the same bytes."""
    iban, bic = debtor
    name = plain(settings.PUBLISHER["name"], 70)
    count, total = str(len(transfers)), f"{_total(transfers):.2f}"
    document = ET.Element("Document", xmlns=NAMESPACE)
    whole = ET.SubElement(document, "CstmrCdtTrfInitn")
    head = _put(whole, "GrpHdr")
    _put(head, "MsgId", reference)
    _put(head, "CreDtTm", at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M:%S"))
    _put(head, "NbOfTxs", count)
    _put(head, "CtrlSum", total)
    _put(_put(head, "InitgPty"), "Nm", name)
    info = _put(whole, "PmtInf")
    _put(info, "PmtInfId", f"{reference}-1")
    _put(info, "PmtMtd", "TRF")
    _put(info, "NbOfTxs", count)
    _put(info, "CtrlSum", total)
    _put(_put(_put(info, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _put(_put(info, "ReqdExctnDt"), "Dt", on.isoformat())
    _put(_put(info, "Dbtr"), "Nm", name)
    _put(_put(_put(info, "DbtrAcct"), "Id"), "IBAN", iban)
    agent = _put(_put(info, "DbtrAgt"), "FinInstnId")
    if bic:
        _put(agent, "BICFI", bic)
    else:
        _put(_put(agent, "Othr"), "Id", "NOTPROVIDED")
    _put(info, "ChrgBr", "SLEV")
    for one in transfers:
        order = _put(info, "CdtTrfTxInf")
        _put(_put(order, "PmtId"), "EndToEndId", one.reference)
        _put(_put(order, "Amt"), "InstdAmt", f"{one.amount.amount:.2f}").set("Ccy", "EUR")
        _put(_put(order, "Cdtr"), "Nm", plain(one.holder, 70))
        _put(_put(_put(order, "CdtrAcct"), "Id"), "IBAN", one.iban)
        _put(_put(order, "RmtInf"), "Ustrd", plain(f"Remboursement {one.reference}", 140))
    ET.indent(document, space=" ")
    body: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def as_list(reference: str, transfers: Sequence[Transfer], *, on: date) -> bytes:
    """The same orders for people and spreadsheets: semicolons, commas in amounts, and nothing that could be a formula."""
    written = io.StringIO()
    rows = csv.writer(written, delimiter=";", lineterminator="\r\n")
    rows.writerow(["Fichier", "Date", "Référence", "Titulaire", "IBAN", "Montant EUR", "Avoir", "Motif"])
    for one in transfers:
        note = one.credit_note.reference if one.credit_note else ""
        amount = f"{one.amount.amount:.2f}".replace(".", ",")
        holder, why = _in_a_cell(plain(one.holder, 70)), _in_a_cell(WHY[Transfer.Because(one.because)])
        rows.writerow([reference, on.strftime("%d/%m/%Y"), one.reference, holder, one.iban, amount, note, why])
    return written.getvalue().encode("utf-8-sig")


def _in_a_cell(words: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return words.lstrip("+-=@ \t\r\n")


def _put(under: Any, name: str, text: str | None = None) -> Any:
    element = ET.SubElement(under, name)
    element.text = text
    return element


def _total(transfers: Sequence[Transfer]) -> Decimal:
    return sum((one.amount.amount for one in transfers), Decimal("0.00"))
