"""Files as banks write them: one story in the dialects of three banks, as MT940 and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from payments.bank.statements import ReadLine

IBAN = "FR7630006000011234567890189"
DAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a story. `parts`: amounts and texts of the orders that the bank booked together."""

    amount: str
    text: str = ""
    name: str = ""
    on: date = DAY
    ref: str = ""
    e2e: str = ""
    reversal: bool = False
    parts: tuple[tuple[str, str, str], ...] = ()
    status: str = "BOOK"

    @property
    def euros(self) -> Decimal:
        return Decimal(self.amount)


def moved(lines: Sequence[Said]) -> Decimal:
    return sum((one.euros for one in lines if one.status == "BOOK"), Decimal(0))


def camt(
    lines: Sequence[Said],
    *,
    opening: str = "1000.00",
    closing: str | None = "",
    version: str = "02",
    prefix: str = "",
    bom: bool = False,
    ident: str = "REL-2026-231",
    sequence: str = "231",
    iban: str = IBAN,
    currency: str = "EUR",
    on: date = DAY,
    opening_code: str = "OPBD",
    closing_code: str = "CLBD",
    extra: str = "",
    head: str = '<?xml version="1.0" encoding="UTF-8"?>\n',
) -> bytes:
    """A camt.053. `closing`: "" for the right one, None for none. `prefix`: a namespace prefix, as some banks write it."""
    end = Decimal(opening) + moved(lines) if closing == "" else closing
    p = f"{prefix}:" if prefix else ""
    ns = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    body = [f"<Id>{ident}</Id><ElctrncSeqNb>{sequence}</ElctrncSeqNb><CreDtTm>{on}T05:12:00</CreDtTm>"]
    body.append(f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>")
    body.append(_balance(opening_code, Decimal(opening), on, currency))
    if end is not None:
        body.append(_balance(closing_code, Decimal(end), on, currency))
    body.append(_balance("CLAV", Decimal("99.99"), on, currency))
    body += [_entry(one, version, currency) for one in lines]
    inside = f"<BkToCstmrStmt><GrpHdr><MsgId>M-{ident}</MsgId><CreDtTm>{on}T05:12:00</CreDtTm></GrpHdr><Stmt>{''.join(body)}</Stmt>{extra}</BkToCstmrStmt>"
    xml = f"<Document>{inside}</Document>"
    if p:
        xml = xml.replace("</", "\0").replace("<", f"<{p}").replace("\0", f"</{p}")
    xml = xml.replace(f"<{p}Document>", f'<{p}Document xmlns{":" + prefix if prefix else ""}="{ns}">', 1)
    return (b"\xef\xbb\xbf" if bom else b"") + (head + xml).encode()


def _balance(code: str, amount: Decimal, on: date, currency: str) -> str:
    way = "CRDT" if amount >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{abs(amount):.2f}</Amt>"
        f"<CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )  # fmt: skip


def _entry(one: Said, version: str, currency: str) -> str:
    way = "CRDT" if one.euros >= 0 else "DBIT"
    status = f"<Sts><Cd>{one.status}</Cd></Sts>" if version >= "08" else f"<Sts>{one.status}</Sts>"
    day = (
        f"<BookgDt><Dt>{one.on}</Dt></BookgDt>"
        if version < "08"
        else f"<BookgDt><DtTm>{one.on}T00:00:00+01:00</DtTm></BookgDt>"
    )
    orders = [(str(abs(one.euros)), one.text, one.name)] if not one.parts else list(one.parts)
    details = "".join(_order(one, text, name, amount, version, currency) for amount, text, name in orders)
    return (
        f'<Ntry><NtryRef>{one.ref or "NOTPROVIDED"}</NtryRef><Amt Ccy="{currency}">{abs(one.euros):.2f}</Amt>'
        f"<CdtDbtInd>{way}</CdtDbtInd>{'<RvslInd>true</RvslInd>' if one.reversal else ''}{status}{day}"
        f"<ValDt><Dt>{one.on}</Dt></ValDt><AcctSvcrRef>{one.ref}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def _order(one: Said, text: str, name: str, amount: str, version: str, currency: str) -> str:
    side = "Dbtr" if one.euros >= 0 else "Cdtr"
    party = (
        f"<{side}><Pty><Nm>{escape(name)}</Nm></Pty></{side}>"
        if version >= "08"
        else f"<{side}><Nm>{escape(name)}</Nm></{side}>"
    )
    rows = "".join(f"<Ustrd>{escape(row)}</Ustrd>" for row in text.split("\n"))
    money = f'<AmtDtls><TxAmt><Amt Ccy="{currency}">{amount}</Amt></TxAmt></AmtDtls>'
    e2e = f"<Refs><EndToEndId>{escape(one.e2e) or 'NOTPROVIDED'}</EndToEndId></Refs>"
    return f"<TxDtls>{e2e}{money}<RltdPties>{party}</RltdPties><RmtInf>{rows}</RmtInf></TxDtls>"


def mt940(
    lines: Sequence[Said],
    *,
    opening: str = "1000.00",
    closing: str = "",
    account: str = IBAN,
    sequence: str = "00231/001",
    on: date = DAY,
    currency: str = "EUR",
) -> bytes:
    """The same story as MT940, in SWIFT's frame."""
    end = Decimal(opening) + moved(lines) if closing == "" else Decimal(closing)
    rows = [
        f":20:STMT{on:%y%m%d}",
        f":25:{account}",
        f":28C:{sequence}",
        f":60F:{_swift(Decimal(opening), on, currency)}",
    ]
    for one in lines:
        way = "C" if one.euros >= 0 else "D"
        if one.reversal:
            way = "RD" if one.euros >= 0 else "RC"
        money = f"{abs(one.euros):.2f}".replace(".", ",")
        rows.append(f":61:{one.on:%y%m%d}{one.on:%m%d}{way}{money}NTRF{'NONREF'}//{one.ref or 'NONREF'}")
        said = f"/DE {one.name}/" if one.name else ""
        said += f"EREF {one.e2e}\n" if one.e2e else ""
        text = f"{said}{one.text}".strip()
        if text:
            rows.append(f":86:{text}")
    rows += [f":62F:{_swift(end, on, currency)}", "-"]
    return "\r\n".join(rows).encode()


def _swift(amount: Decimal, on: date, currency: str) -> str:
    return f"{'C' if amount >= 0 else 'D'}{on:%y%m%d}{currency}{abs(amount):.2f}".replace(".", ",")


def csv(
    lines: Sequence[Said], *, opening: str = "1000.00", encoding: str = "utf-8-sig", newest_first: bool = True
) -> bytes:
    """The same as the CSV of a bank's page: a preamble, two columns of amounts, the running balance, newest first."""
    running, rows = Decimal(opening), []
    for one in lines:
        running += one.euros
        money = f"{abs(one.euros):.2f}".replace(".", ",")
        out, into = ("", money) if one.euros >= 0 else (f"-{money}", "")
        text = one.text.replace("\n", " ")
        rows.append(
            f'{one.on:%d/%m/%Y};"{text}";{one.name};{one.ref};{out};{into};{running:.2f}'.replace(
                f"{running:.2f}", f"{running:.2f}".replace(".", ",")
            )
        )
    if newest_first:
        rows.reverse()
    head = ["Compte courant;FR76 •••• 0189", "", "Date opération;Libellé;Tiers;Référence;Débit;Crédit;Solde"]
    return "\r\n".join([*head, *rows, ""]).encode(encoding)


PROFILE: dict[str, Any] = {
    "name": "Banque de la Place",
    "separator": ";",
    "encoding": "utf-8",
    "decimal": ",",
    "date_format": "%d/%m/%Y",
    "booked_on": "Date opération",
    "text": "Libellé",
    "counterparty": "Tiers",
    "reference": "Référence",
    "debit": "Débit",
    "credit": "Crédit",
    "balance": "Solde",
}


def told(lines: Sequence[ReadLine]) -> list[tuple[Any, ...]]:
    """What every format says alike."""
    return [
        (line.booked_on, line.amount, line.text.replace("\n", " "), line.counterparty, line.bank_reference)
        for line in lines
    ]
