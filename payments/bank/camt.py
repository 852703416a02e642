"""camt.053 (ISO 20022, versions 001.02 to .08) as French banks write it.

Read piece by piece: each entry is dropped from memory once it is read. DTDs and entities are refused by defusedxml. The
balances booked count (OPBD or PRCD, CLBD or ITBD); the available ones do not. An entry that is only announced (PDNG, INFO)
is no line: it comes booked in a later statement. The direction is CdtDbtInd's, for reversals too (ISO: RvslInd says what it
is, not which way it goes). An entry of several orders becomes a line for each where their amounts make up the entry's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError  # the class alone: defusedxml reads

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext_lazy as _

from payments.bank.statements import (
    MOST_LINES,
    ReadLine,
    ReadStatement,
    Unreadable,
    foreign,
    meant,
    plain_amount,
    tidy,
    too_long,
    unreadable_day,
)
from payments.days import PARIS
from payments.models import BankStatement

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)")
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD", "ITBD")
_DEEPEST = 40


def read_camt(file: IO[bytes]) -> list[ReadStatement]:
    """Every statement of the file, in its order. Raises Unreadable."""
    try:
        return list(_statements(file))
    except DefusedXmlException as trap:
        raise Unreadable(
            _("This file declares entities or a DTD, which no bank’s statement does. It was not read."), code="entities"
        ) from trap
    except (ParseError, LookupError, ValueError) as cut:  # ValueError: an encoding that no reader of XML takes
        raise Unreadable(
            _("This file is not whole XML: it is damaged or cut off. Ask the bank for it again."), code="malformed"
        ) from cut


def _statements(file: IO[bytes]) -> Iterator[ReadStatement]:
    path: list[Any] = []
    one: ReadStatement | None = None
    kept: dict[str, Any] = {}
    found = 0
    for happening, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if happening == "start":
            if not path:
                _refuse_other(element.tag)
            path.append(element)
            if len(path) > _DEEPEST:
                raise Unreadable(_("This file is no bank statement: it is nested too deep."), code="malformed")
            if len(path) == 3 and _name(element) == "Stmt":
                one, kept, found = ReadStatement(BankStatement.Format.CAMT, "", "", "", None, None), {}, found + 1
            continue
        path.pop()
        if one is not None and len(path) == 3:
            _take(one, kept, _name(element), element)
        elif one is not None and len(path) == 2 and _name(element) == "Stmt":
            _close(one, kept)
            yield one
            one = None
        if len(path) in (2, 3):
            path[-1].remove(element)
    if not found:
        raise Unreadable(_("This file holds no statement (no Stmt in it)."), code="empty")


def _refuse_other(tag: str) -> None:
    space, _brace, name = tag.rpartition("}")
    version = _NAMESPACE.fullmatch(space.removeprefix("{"))
    if name != "Document" or version is None or not 2 <= int(version.group(1)) <= 8:
        raise Unreadable(
            _("This XML is no camt.053.001.02 to .08: it is “%(space)s”."),
            code="version",
            params={"space": (space.removeprefix("{") or name)[:80]},
        )


def _take(one: ReadStatement, kept: dict[str, Any], name: str, element: Any) -> None:
    """One piece of a statement."""
    if name == "Id":
        one.identifier = (element.text or "").strip()[:80]
    elif name in ("ElctrncSeqNb", "LglSeqNb"):
        one.sequence = one.sequence or (element.text or "").strip()[:20]
    elif name == "FrToDt":
        kept["from"], kept["to"] = _day_in(element, "FrDtTm"), _day_in(element, "ToDtTm")
    elif name == "Acct":
        one.account = re.sub(r"\s", "", _text(element, "Id/IBAN") or _text(element, "Id/Othr/Id")).upper()
        currency = _text(element, "Ccy")
        if currency and currency != "EUR":
            raise foreign(currency)
    elif name == "Bal":
        code = _text(element, "Tp/CdOrPrtry/Cd")
        if code in (*_OPENING, *_CLOSING):
            on = _day_in(element, "Dt")
            kept.setdefault(code, []).append((_signed(element, where=f"Bal {code}"), on))
    elif name == "Ntry":
        kept["entries"] = kept.get("entries", 0) + 1
        where = f"Ntry {kept['entries']}"
        if (_text(element, "Sts/Cd") or _text(element, "Sts") or "BOOK") != "BOOK":
            one.left_out += 1
            return
        one.lines.extend(_lines(element, where=where))
        if len(one.lines) > MOST_LINES:
            raise too_long()


def _close(one: ReadStatement, kept: dict[str, Any]) -> None:
    """Its balances and days. Of several interim balances the last counts."""
    for code in _OPENING:
        if one.opening is None and code in kept:
            one.opening, opened = kept[code][0]
            one.opened_on = opened if code == "OPBD" else None
    for code in _CLOSING:
        if one.closing is None and code in kept:
            one.closing, one.closed_on = kept[code][-1]
    days = [line.booked_on for line in one.lines]
    given = [day for day in (one.closed_on, kept.get("to"), kept.get("from"), one.opened_on) if day]
    one.opened_on = min([*days, *([one.opened_on] if one.opened_on else given[-1:])], default=None)
    one.closed_on = max([*days, *([one.closed_on] if one.closed_on else given[:1])], default=None)
    if one.opened_on is None or one.closed_on is None:
        raise Unreadable(_("A statement of this file gives no day at all."), code="days")


def _lines(entry: Any, *, where: str) -> list[ReadLine]:
    amount = _signed(entry, where=where)
    booked_on = _day_in(entry, "BookgDt") or _day_in(entry, "ValDt")
    if booked_on is None:
        raise unreadable_day("", where=where)
    value_on = _day_in(entry, "ValDt") or booked_on
    facts: dict[str, Any] = {
        "booked_on": booked_on,
        "value_on": value_on,
        "code": _code(entry),
        "reversal": _text(entry, "RvslInd").lower() in ("true", "1"),
    }
    reference = meant(_text(entry, "AcctSvcrRef") or _text(entry, "NtryRef"))
    said = _text(entry, "AddtlNtryInf")
    orders = _all(entry, "NtryDtls/TxDtls")
    parts = [_part(order, whole=amount, alone=len(orders) == 1, where=where) for order in orders]
    if len(parts) > 1 and sum((part for part in parts if part is not None), Decimal(0)) == amount and None not in parts:
        return [
            _line(order, facts, amount=part, reference=reference, said=said, batch=True)
            for order, part in zip(orders, parts, strict=True)
            if part is not None
        ]
    if len(orders) == 1:
        return [_line(orders[0], facts, amount=amount, reference=reference, said=said, batch=False)]
    texts = [said, *(_remitted(order) for order in orders)]
    batch = meant(_text(entry, "NtryDtls/Btch/PmtInfId") or _text(entry, "NtryDtls/Btch/MsgId"))
    return [
        ReadLine(
            amount=amount, text=tidy("\n".join(texts)), bank_reference=reference, end_to_end=batch, **facts
        )
    ]  # fmt: skip


def _line(order: Any, facts: dict[str, Any], *, amount: Decimal, reference: str, said: str, batch: bool) -> ReadLine:
    side = "Dbtr" if amount >= 0 else "Cdtr"
    name = _text(order, f"RltdPties/{side}/Nm") or _text(order, f"RltdPties/{side}/Pty/Nm")
    account = re.sub(r"\s", "", _text(order, f"RltdPties/{side}Acct/Id/IBAN"))
    why = _text(order, "RtrInf/Rsn/Cd")
    own = meant(_text(order, "Refs/AcctSvcrRef"))
    texts = [_remitted(order), _text(order, "AddtlTxInf"), said, f"Retour {why}" if why else ""]
    return ReadLine(
        amount=amount,
        text=tidy("\n".join(text for text in texts if text)),
        counterparty=" ".join(name.split())[:140],
        counterparty_end=account[-4:],
        bank_reference=own or reference,
        end_to_end=meant(_text(order, "Refs/EndToEndId")),
        batch=batch and not own,
        **{**facts, "reversal": facts["reversal"] or bool(why)},
    )


def _remitted(order: Any) -> str:
    """The remittance as it was written, line by line: a number may be cut where a line ends."""
    written = [one.text or "" for one in _all(order, "RmtInf/Ustrd")]
    written += [one.text or "" for one in _all(order, "RmtInf/Strd/CdtrRefInf/Ref")]
    written += [one.text or "" for one in _all(order, "RmtInf/Strd/RfrdDocInf/Nb")]
    return "\n".join(written)


def _part(order: Any, *, whole: Decimal, alone: bool, where: str) -> Decimal | None:
    """What one order of an entry came to, signed as the entry is; None where the file does not say."""
    for name in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
        given = _find(order, name)
        if given is not None:
            if given.get("Ccy", "EUR") != "EUR":
                return whole if alone else None
            amount = plain_amount(given.text or "", where=where)
            way = _text(order, "CdtDbtInd") if name == "Amt" else ""
            negative = way == "DBIT" if way else whole < 0
            return -amount if negative else amount
    return whole if alone else None


def _signed(element: Any, *, where: str) -> Decimal:
    given = _find(element, "Amt")
    if given is None:
        raise Unreadable(_("%(where)s has no amount."), code="amount", params={"where": where})
    currency = given.get("Ccy", "EUR")
    if currency != "EUR":
        raise foreign(currency)
    amount = plain_amount(given.text or "", where=where)
    way = _text(element, "CdtDbtInd")
    if way not in ("CRDT", "DBIT"):
        raise Unreadable(
            _("%(where)s does not say whether it is a credit or a debit."), code="side", params={"where": where}
        )
    return -amount if way == "DBIT" else amount


def _code(entry: Any) -> str:
    parts = ("Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd")
    codes = [_text(entry, f"BkTxCd/{part}") for part in parts]
    return ("-".join(code for code in codes if code) or _text(entry, "BkTxCd/Prtry/Cd"))[:40]


def _day_in(element: Any, name: str) -> date | None:
    given = _find(element, name)
    if given is None:
        return None
    text = (given.text or "").strip() or _text(given, "Dt") or _text(given, "DtTm")
    if not text:
        return None
    try:
        if "T" not in text:
            return date.fromisoformat(text[:10])
        instant = datetime.fromisoformat(text)
        # An instant that names its zone is a day of Paris; one that names none is the bank's own day.
        return instant.astimezone(PARIS).date() if instant.tzinfo else instant.date()
    except (ValueError, OverflowError):
        raise unreadable_day(text, where=name) from None


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: Any, path: str) -> list[Any]:
    found = [element]
    for name in path.split("/"):
        found = [child for one in found for child in one if _name(child) == name]
    return found


def _find(element: Any, path: str) -> Any:
    return next(iter(_all(element, path)), None)


def _text(element: Any, path: str) -> str:
    found = _find(element, path)
    return (found.text or "").strip() if found is not None else ""
