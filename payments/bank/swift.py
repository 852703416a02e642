"""MT940 as French banks write it: blocks of tags, one statement from :20: to :62F:.

Strict where it counts. A statement that goes on over several pages (:60M:, :62M:) is put together again. What stands under
a :61: tag and in :86: is the text of its line. (The mt-940 package was tried: it reads « 27,6x » as 27,6 without a word.)
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

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
    unreadable_amount,
    unreadable_day,
)
from payments.models import BankStatement

_TAG = re.compile(r":(\d\d[A-Z]?):(.*)", re.DOTALL)
#: What may stand between the last balance of a page and the next :20:, and moves nothing: what is available, and words on the whole.
_AFTER_LAST = ("64", "65", "86")
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(.{1,15})")
# Day, entry day, reversal and direction, third letter of the currency, amount, code, customer's and bank's references.
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<reversal>R?)(?P<way>[CD])(?P<funds>[A-Z])?(?P<amount>[^A-Z]{1,15})"
    r"(?P<code>[A-Z][A-Z0-9]{3})(?P<own>(?:(?!//).)*)(?://(?P<bank>.*))?"
)
_AMOUNT = re.compile(r"(\d{1,12}),(\d{0,2})", re.ASCII)
# What French banks put before the parts of :86:, and where the name and the end-to-end id stand.
_NAME = re.compile(r"/(?:DE|FROM|NPY|ORDP/NAME|NAME|BENM/NAME|NBE|POUR|TO) ?/?([^/\n]+)")
_END_TO_END = re.compile(r"/(?:EREF|EREF\+|E2E|RCN|PREF)[ /+]?([^/\s]+)")


def read_mt940(text: str) -> list[ReadStatement]:
    """Every statement of the file, in its order. Raises Unreadable."""
    found: list[ReadStatement] = []
    open_one: ReadStatement | None = None
    ended = False
    for tag, said in _tags(text):
        if ended and tag in _AFTER_LAST:
            continue
        ended = tag in ("62F", "62M")
        if tag == "20":
            # A page that ended on :62M: goes on after the next :20:.
            if open_one is None:
                open_one = ReadStatement(BankStatement.Format.MT940, "", said.strip()[:80], "", None, None)
        elif open_one is None:
            raise _broken(tag)
        elif ended:
            open_one.closing, open_one.closed_on = _balance(said, tag=tag)
            if tag == "62F":
                found.append(_closed(open_one))
                open_one = None
        else:
            _take(open_one, tag, said)
    if open_one is not None:
        raise Unreadable(
            _("This MT940 file ends before its last balance (:62F:): it is cut off. Ask the bank for it again."),
            code="malformed",
        )
    if not found:
        raise Unreadable(_("This file holds no statement (no :20: in it)."), code="empty")
    return found


def _take(one: ReadStatement, tag: str, said: str) -> None:
    if tag == "25":
        one.account = re.sub(r"[^0-9A-Z]", "", said.upper())
    elif tag == "28C":
        one.sequence = one.sequence or said.strip()[:20]
    elif tag == "60F" and one.opening is None:
        one.opening, one.opened_on = _balance(said, tag=tag)
    elif tag == "60F":
        raise _broken(tag)
    elif tag == "61":
        one.lines.append(_line(said, place=len(one.lines) + 1))
        if len(one.lines) > MOST_LINES:
            raise too_long()
    elif tag == "86" and one.lines:
        one.lines[-1] = _with_text(one.lines[-1], said)


def _tags(text: str) -> list[tuple[str, str]]:
    """Tags with what they say; wrapped lines are part of it. The frame ({1:…}{4:, -, :940:) says nothing."""
    found: list[tuple[str, list[str]]] = []
    for row in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        bare = row.rstrip()
        begun = _TAG.fullmatch(re.sub(r"^\{.*\{4:", "", bare))
        if begun:
            found.append((begun.group(1), [begun.group(2)]))
        elif bare in ("", "-", "-}", ":940:") or bare.startswith(("{", "-}")):
            continue
        elif found:
            found[-1][1].append(bare)
        else:
            raise Unreadable(_("This file is neither camt.053 nor MT940."), code="format")
    return [(tag, "\n".join(rows)) for tag, rows in found]


def _balance(said: str, *, tag: str) -> tuple[Decimal, date]:
    given = _BALANCE.fullmatch(said.strip())
    if given is None:
        raise unreadable_amount(said, where=f":{tag}:")
    way, day, currency, amount = given.groups()
    if currency != "EUR":
        raise foreign(currency)
    value = _amount(amount, where=f":{tag}:")
    return (-value if way == "D" else value), _day(day, where=f":{tag}:")


def _line(said: str, *, place: int) -> ReadLine:
    where = f":61: {place}"
    first, _newline, more = said.partition("\n")
    given = _LINE.fullmatch(first.strip())
    if given is None:
        raise Unreadable(
            _("%(where)s cannot be read: “%(text)s”. Nothing of this file was let in."),
            code="amount",
            params={"where": where, "text": first.strip()[:60]},
        )
    amount = _amount(given["amount"], where=where)
    # A reversed credit (RC) is a debit, a reversed debit (RD) a credit.
    positive = (given["way"] == "C") != bool(given["reversal"])
    value_on = _day(given["value"], where=where)
    return ReadLine(
        booked_on=_entry_day(given["entry"], value_on, where=where),
        value_on=value_on,
        amount=amount if positive else -amount,
        text=tidy(more),
        # What the customer wrote before // names an order of theirs, or only says « VIR SEPA »: the bank's own comes after it.
        bank_reference=meant(given["bank"] or ""),
        end_to_end=meant(given["own"] or ""),
        code=given["code"],
        reversal=bool(given["reversal"]),
    )


def _with_text(line: ReadLine, said: str) -> ReadLine:
    # Structured fields (?20…?29 text, ?32 and ?33 name) of some banks, else slashes.
    fields = dict(re.findall(r"\?(\d\d)([^?]*)", said.replace("\n", "")))
    if fields:
        text = "\n".join(fields[key] for key in sorted(fields) if key in ("00", *map(str, range(20, 30)), "60", "61"))
        name = (fields.get("32", "") + fields.get("33", "")).strip()
        found = re.search(r"EREF\+?([^\s+]+)", text)
    else:
        text, named = said, _NAME.search(said)
        name = named.group(1).strip() if named else ""
        found = _END_TO_END.search(said.replace("\n", ""))
    return replace(
        line,
        text=tidy("\n".join(part for part in (text, line.text) if part)),
        counterparty=" ".join(name.split())[:140],
        end_to_end=meant(found.group(1)) if found else line.end_to_end,
    )


def _closed(one: ReadStatement) -> ReadStatement:
    days = [line.booked_on for line in one.lines]
    one.opened_on = min([*days, *([one.opened_on] if one.opened_on else [])], default=one.closed_on)
    one.closed_on = max([*days, *([one.closed_on] if one.closed_on else [])])
    return one


def _amount(text: str, *, where: str) -> Decimal:
    given = _AMOUNT.fullmatch(text.strip())
    if given is None:
        raise unreadable_amount(text, where=where)
    euros, cents = given.groups()
    return plain_amount(f"{euros}.{cents or '0'}", where=where)


def _day(text: str, *, where: str) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise unreadable_day(text, where=where) from None


def _entry_day(text: str | None, value_on: date, *, where: str) -> date:
    """The day of booking, which has no year: the one that is nearest to the value day."""
    if not text:
        return value_on
    found = []
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            found.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    if not found:
        raise unreadable_day(text, where=where)
    return min(found, key=lambda day: abs(day - value_on))


def _broken(tag: str) -> Unreadable:
    return Unreadable(
        _("This MT940 file is out of order at :%(tag)s:. It is damaged or cut off."),
        code="malformed",
        params={"tag": tag},
    )
