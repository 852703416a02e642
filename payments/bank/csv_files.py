"""CSV as each bank writes it, read by a profile that finance keeps; and a first guess at the profile of an unknown file.

A CSV of a bank has no balances, as a rule: where no column gives them, somebody types both, as the bank's page shows them.
Whatever stands before the head line is passed over; a row without a day and an amount ends the file only if nothing follows.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice

from django.utils.translation import gettext_lazy as _

from payments.bank.statements import (
    MOST_LINES,
    ReadLine,
    ReadStatement,
    Unreadable,
    meant,
    plain_amount,
    tidy,
    too_long,
    unreadable_amount,
    unreadable_day,
)
from payments.models import BankStatement, CsvProfile

SEPARATORS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "cp1252", "utf-16")
DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%Y%m%d")
#: The head line of the columns is one of the first so many.
HEAD = 60
_SPACES = re.compile(r"[\s\u00a0\u202f']")
#: Words of head lines by what their column is; the first that fits wins.
_HEADS: Mapping[str, tuple[str, ...]] = {
    "value_on": ("date valeur", "date de valeur", "valeur"),
    "booked_on": ("date comptable", "date de comptabilisation", "date operation", "date de l operation", "date"),
    "debit": ("debit euros", "montant debit", "debit"),
    "credit": ("credit euros", "montant credit", "credit"),
    "balance": ("solde",),
    "amount": ("montant de l operation", "montant en euros", "montant", "amount"),
    "reference": ("reference", "numero de piece", "ref"),
    "counterparty": ("nom du tiers", "contrepartie", "tiers", "beneficiaire"),
    "text": ("libelle complet", "libelle operation", "libelle", "nature de l operation", "detail", "informations"),
}


def read_csv(body: bytes, profile: CsvProfile) -> ReadStatement:
    """The file by its profile, oldest line first. Raises Unreadable."""
    rows = _rows(decoded(body, profile.encoding), profile.separator)
    head = list(islice(rows, HEAD))
    columns, first = _columns([row for _number, row in head], profile)
    read = ReadStatement(BankStatement.Format.CSV, "", "", "", None, None)
    balances: list[Decimal | None] = []
    for number, row in chain(head[first:], rows):
        where = str(_("Line %(number)s") % {"number": number})
        line = _line(row, columns, profile, where=where)
        read.lines.append(line)
        if len(read.lines) > MOST_LINES:
            raise too_long()
        told = _cell(row, columns, "balance")
        balances.append(_amount(told, profile.decimal, where=where) if told else None)
    if not read.lines:
        raise Unreadable(_("There is no line below the head line of this file."), code="empty")
    _order(read, balances)
    read.opened_on = min(line.booked_on for line in read.lines)
    read.closed_on = max(line.booked_on for line in read.lines)
    return read


def decoded(body: bytes, encoding: str) -> str:
    """The text of a file. Raises Unreadable where it is in another encoding."""
    try:
        text = body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeError, LookupError):
        raise Unreadable(
            _("This file is not written in %(encoding)s: choose the encoding in its profile."),
            code="encoding",
            params={"encoding": encoding},
        ) from None
    if "\x00" in text:
        raise Unreadable(_("This file is no text: it holds bytes that no CSV has."), code="malformed")
    return text


def guess(body: bytes) -> dict[str, str]:
    """A profile for a file that nobody has described yet, as far as its first lines tell; for a person to look at."""
    encoding = next((name for name in ENCODINGS if _decodes(body, name)), "cp1252")
    text = decoded(body, encoding)[:40_000]
    found: dict[str, str] = {"encoding": encoding, "separator": ";", "decimal": ",", "date_format": DATE_FORMATS[0]}
    best = 0
    for separator in SEPARATORS:
        for place, (_number, row) in enumerate(islice(_rows(text, separator), 40)):
            named = _named(row)
            if len(named) > best and "booked_on" in named:
                best, found = len(named), {**found, **_blank(), **named, "separator": separator, "head": str(place)}
    if best:
        below = islice(_rows(text, found["separator"]), int(found.pop("head")), None)
        _guess_forms(found, [row for _number, row in below])
    return found


def _blank() -> dict[str, str]:
    return dict.fromkeys(_HEADS, "")


def _named(row: Sequence[str]) -> dict[str, str]:
    """Which head is which, by the words banks use; amounts in one column or in two, never both."""
    named: dict[str, str] = {}
    for what, words in _HEADS.items():
        for word in words:
            cell = next((cell for cell in row if word in _bare(cell) and cell.strip() not in named.values()), None)
            if cell is not None:
                named[what] = cell.strip()
                break
    if "debit" in named and "credit" in named:
        named.pop("amount", None)
    else:
        named.pop("debit", None), named.pop("credit", None)
    return named if "amount" in named or "debit" in named else {}


def _guess_forms(found: dict[str, str], below: Sequence[Sequence[str]]) -> None:
    heads = [cell.strip() for cell in below[0]]
    days = heads.index(found["booked_on"])
    money = [heads.index(found[name]) for name in ("amount", "debit", "credit") if found.get(name)]
    rows = [row for row in below[1:30] if len(row) > days and row[days].strip()]
    for form in DATE_FORMATS:
        if rows and all(_is_day(row[days], form) for row in rows):
            found["date_format"] = form
            break
    cells = [row[place].strip() for row in rows for place in money if len(row) > place]
    if cells and all(re.search(r"\.\d{1,2}$", cell) or not cell for cell in cells):
        found["decimal"] = "."


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that say something, one by one, each with its number in the file."""
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1):
            if any(cell.strip() for cell in row):
                yield number, row
    except csv.Error as broken:
        raise Unreadable(_("This file is no CSV: a quotation mark is never closed."), code="malformed") from broken


def _columns(rows: Sequence[Sequence[str]], profile: CsvProfile) -> tuple[dict[str, list[int]], int]:
    """Where each column is, and the row below the head line."""
    wanted = {name: [getattr(profile, name)] for name in _HEADS if name != "text" and getattr(profile, name)}
    wanted["text"] = profile.text.split("|")
    for place, row in enumerate(rows):
        heads = [_bare(cell) for cell in row]
        if all(_bare(name) in heads for names in wanted.values() for name in names):
            return {what: [heads.index(_bare(name)) for name in names] for what, names in wanted.items()}, place + 1
    names = ", ".join(name for names in wanted.values() for name in names)
    raise Unreadable(
        _("No head line of this file names the columns of the profile: %(names)s."),
        code="columns",
        params={"names": names[:200]},
    )


def _line(row: Sequence[str], columns: Mapping[str, list[int]], profile: CsvProfile, *, where: str) -> ReadLine:
    booked_on = _day(_cell(row, columns, "booked_on"), profile.date_format, where=where)
    valued = _cell(row, columns, "value_on")
    if "amount" in columns:
        amount = _amount(_cell(row, columns, "amount"), profile.decimal, where=where)
    else:
        out, into = _cell(row, columns, "debit"), _cell(row, columns, "credit")
        if bool(out) == bool(into) and not (out and into and _zero(out, into, profile.decimal, where=where)):
            raise Unreadable(
                _("%(where)s has to give a debit or a credit, and only one of them."),
                code="side",
                params={"where": where},
            )
        gone = abs(_amount(out, profile.decimal, where=where)) if out else Decimal("0.00")
        amount = (_amount(into, profile.decimal, where=where) if into else Decimal("0.00")) - gone
    return ReadLine(
        booked_on=booked_on,
        value_on=_day(valued, profile.date_format, where=where) if valued else booked_on,
        amount=amount,
        text=tidy("\n".join(row[place] for place in columns["text"] if place < len(row))),
        counterparty=" ".join(_cell(row, columns, "counterparty").split())[:140],
        bank_reference=meant(_cell(row, columns, "reference")),
    )


def _zero(out: str, into: str, decimal: str, *, where: str) -> bool:
    """Some banks write 0,00 in the column that is not meant."""
    return 0 in (_amount(out, decimal, where=where), _amount(into, decimal, where=where))


def _order(read: ReadStatement, balances: Sequence[Decimal | None]) -> None:
    """Oldest first, and the balances that a column gave: the order is the one in which they follow each other.

    Where both orders do, the days tell; lines of one day that come to nothing leave it open, and somebody types the balance.
    """
    told = [balance for balance in balances if balance is not None]
    newest_first = read.lines[0].booked_on > read.lines[-1].booked_on
    if len(told) < len(read.lines):
        if newest_first:
            read.lines.reverse()
        return
    ways = [(read.lines, told), (read.lines[::-1], told[::-1])]
    fit = [
        (lines, after)
        for lines, after in ways
        if all(before + line.amount == now for before, line, now in zip(after, lines[1:], after[1:], strict=False))
    ]
    if not fit:
        raise Unreadable(
            _("The balances of this file do not follow its lines. A line is missing, doubled or cut off."),
            code="balance",
        )
    read.lines, after = fit[-1 if newest_first else 0]
    read.opening, read.closing = after[0] - read.lines[0].amount, after[-1]
    one_day = len({line.booked_on for line in read.lines}) == 1
    if one_day and len({after[0] - lines[0].amount for lines, after in fit}) > 1:
        read.opening = read.closing = None


def _cell(row: Sequence[str], columns: Mapping[str, list[int]], what: str) -> str:
    places = columns.get(what)
    return row[places[0]].strip() if places and places[0] < len(row) else ""


def _amount(text: str, decimal: str, *, where: str) -> Decimal:
    bare = _SPACES.sub("", text).removesuffix("EUR").removesuffix("€")
    sign = -1 if bare.startswith(("-", "−")) else 1
    bare = bare.lstrip("+-−")
    thousands = "." if decimal == "," else ","
    euros, _mark, cents = bare.partition(decimal)
    if thousands in euros and not re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+", euros):
        raise unreadable_amount(text, where=where)
    if not re.fullmatch(r"\d*", cents, re.ASCII) or len(cents) > 2:
        raise unreadable_amount(text, where=where)
    return sign * plain_amount(f"{euros.replace(thousands, '')}.{cents or '0'}", where=where)


def _day(text: str, form: str, *, where: str) -> date:
    if not _is_day(text, form):
        raise unreadable_day(text, where=where)
    return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  # a day, not an instant


def _is_day(text: str, form: str) -> bool:
    try:
        datetime.strptime(text.strip(), form)  # noqa: DTZ007
    except ValueError:
        return False
    return True


def _decodes(body: bytes, encoding: str) -> bool:
    try:
        return "\x00" not in body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError:
        return False


def _bare(text: str) -> str:
    """A head without accents, capitals and signs."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(sign for sign in plain if not unicodedata.combining(sign))))
