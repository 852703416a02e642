"""The FEC: the eighteen columns of a civil year, streamed from the books (LPF A47 A-1, VII; law.md 6.1).

The database writes the lines (COPY) and they pass through in pieces: a million take no more memory than one. Tab between the
columns, CR LF behind each line, ISO 8859-15; what that cannot say is written with the nearest letters it has.

The books are perpetual: no account is ever closed in them. The opening entry of a year (AN) is in the file alone, computed from
everything booked before it: the balances of classes 1 to 5, by customer where customers are kept apart, and the result of all
years before, on the account that finance's map gives for a profit or a loss.

Lines of 411 are lettered by what they are about (`payments.exports.lettering`), as they stand on the last day of the year. Left
blank: what is not settled by then, what came into the year open, and every other account; no currency but the euro is booked.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from payments.exports.lettering import LETTERED, PIECES
from payments.models import LedgerEntry

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip
ENCODING = "iso8859-15"
PIECE = 256 * 1024

#: Signs of good typography that ISO 8859-15 has not, each with what stands for it; others lose their accents.
_STANDS_FOR = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "...", "\u202f": " ", "\u2009": " ", "•": "-",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "Ħ": "H", "№": "N°",
}  # fmt: skip


class Parties(StrEnum):
    """How the accountant wants customers: all on one account, one sub-account each, or each with a name."""

    NONE = "none"
    NUMBERS = "numbers"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which file: the publisher's SIREN, the year, and the accountant's profile."""

    siren: str
    year: int
    parties: str = Parties.NUMBERS

    @property
    def name(self) -> str:
        """As the law names it: 123456789FEC20261231.txt."""
        return f"{self.siren}FEC{self.year}1231.txt"

    @property
    def first_day(self) -> date:
        """The first day of the year."""
        return date(self.year, 1, 1)

    @property
    def last_day(self) -> date:
        """Its closing day."""
        return date(self.year, 12, 31)


def written(wanted: Wanted) -> Iterator[bytes]:
    """The bytes of the file, in pieces. Two queries, of which the second lasts as long as the pieces are taken.

    Run it in a transaction that sees one picture of the books (`payments.exports.fec_making`).
    """
    yield ("\t".join(COLUMNS) + "\r\n").encode(ENCODING)
    yield from _opening(wanted)
    operations: Any = connection.ops
    within = {"first": wanted.first_day, "last": wanted.last_day, "delimiter": "\t"}
    query = operations.compose_sql(
        f"COPY ({_lines(wanted)}) TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')", within
    )
    held = bytearray()
    with connection.cursor() as cursor, cursor.copy(query) as lines:
        for line in lines:
            held += line
            if len(held) >= PIECE:
                yield encoded(held)
                held.clear()
    if held:
        yield encoded(held)


def encoded(lines: bytes | bytearray) -> bytes:
    """Lines as the database writes them, with the end and in the alphabet that the file wants."""
    return lines.decode().replace("\n", "\r\n").encode(ENCODING, errors="fec").translate(_PRINTED)


def _nearest(trouble: UnicodeError) -> tuple[str, int]:
    if not isinstance(trouble, UnicodeEncodeError):
        raise trouble
    said = trouble.object[trouble.start : trouble.end]
    return "".join(_STANDS_FOR.get(sign) or _bare(sign) for sign in said), trouble.end


def _bare(sign: str) -> str:
    """A letter without what ISO 8859-15 cannot say of it; « ? » for a sign of another script."""
    kept = "".join(part for part in unicodedata.normalize("NFKD", sign) if ord(part) < 128)
    return kept or ("" if unicodedata.combining(sign) else "?")


codecs.register_error("fec", _nearest)


def _printed(code: int) -> bytes:
    """What stands for a byte: itself, a blank for a sign that nobody prints, and for those of Windows-1252 what they meant."""
    if code in b"\t\r\n" or 0x20 <= code < 0x7F or code > 0x9F:
        return bytes([code])
    meant = bytes([code]).decode("cp1252", errors="replace").encode(ENCODING, errors="fec")
    return meant if code > 0x7F and len(meant) == 1 and meant != b"?" else b" "


_PRINTED = b"".join(map(_printed, range(256)))


def cleaned(column: str) -> str:
    """The expression of a text without what separates columns and lines, and without blanks around it."""
    # Not by a pattern: three of them on each of a million lines would take half of the time.
    bare = f"translate({column}, E'\\t\\n\\r\\f\\x0b|\\x01\\x02', '        ')"
    return f"btrim(replace(replace(replace({bare}, '   ', ' '), '  ', ' '), '  ', ' '))"


def _amount(column: str) -> str:
    return f"translate({column}::text, '.', ',')"


_NAMES = """LEFT JOIN (
    SELECT DISTINCT ON (customer_id) 'C' || lpad(customer_id::text, greatest(6, length(customer_id::text)), '0') AS party, buyer_name
    FROM payments_invoice WHERE customer_id IS NOT NULL AND issued_on <= %(last)s ORDER BY customer_id, id DESC
) AS named USING (party)"""


def _party(wanted: Wanted) -> tuple[str, str, str]:
    """Expressions of the sub-account and its label, and what has to be joined for them."""
    if wanted.parties == Parties.NONE:
        return "''", "''", ""
    number = "party"
    if wanted.parties == Parties.NUMBERS:
        return number, "CASE WHEN party = '' THEN '' ELSE 'Client ' || party END", ""
    return (
        number,
        f"CASE WHEN party = '' THEN '' ELSE coalesce({cleaned('buyer_name')}, 'Client ' || party) END",
        _NAMES,
    )


LINES = f"""
WITH RECURSIVE {PIECES}{LETTERED}
SELECT concat_ws(%(delimiter)s, {{cells}}) FROM payments_entrynumber n
JOIN payments_ledgerentry entry ON entry.id = n.entry_id
JOIN payments_ledgerline line ON line.entry_id = entry.id
JOIN payments_account account ON account.code = line.account_id {{named}}
LEFT JOIN lettered ON lettered.line_id = line.id
WHERE n.year = extract(year FROM %(first)s::date) ORDER BY n.number, line.id
"""  # noqa: S608 – only our own words
OPENING = """
WITH left_over AS (
    SELECT account_id, CASE WHEN account_id < '6' THEN {number} ELSE '' END AS party, sum(debit - credit) AS balance
    FROM payments_ledgerline line JOIN payments_ledgerentry entry ON entry.id = line.entry_id
    WHERE booked_on < %(first)s GROUP BY 1, 2
), result AS (
    SELECT sum(balance) AS balance FROM left_over WHERE account_id >= '6'
), carried AS (
    SELECT account_id, party, balance FROM left_over WHERE account_id < '6'
    UNION ALL
    SELECT (SELECT account_id FROM payments_accountmap WHERE valid_from <= %(first)s
        AND key = CASE WHEN balance < 0 THEN 'RESULT_PROFIT' ELSE 'RESULT_LOSS' END
        ORDER BY valid_from DESC LIMIT 1), '', balance FROM result
)
SELECT account_id, {label}, party, {name}, balance
FROM carried JOIN payments_account account ON account.code = account_id {named}
WHERE balance <> 0 ORDER BY account_id, party
"""


def _lines(wanted: Wanted) -> str:
    """The query of the lines of the year, each one text, in the order of their numbers."""
    number, name, named = _party(wanted)
    journals = " ".join(f"WHEN '{value}' THEN '{label}'" for value, label in LedgerEntry.Journal.choices)
    cells = (
        "journal", f"CASE journal {journals} END", "n.number::text", "to_char(entry.booked_on, 'YYYYMMDD')", "line.account_id",
        cleaned("account.label"), number, name, cleaned("piece_ref"), "to_char(piece_date, 'YYYYMMDD')",
        cleaned("entry.label"), _amount("debit"), _amount("credit"), "coalesce(letter, '')",
        "coalesce(to_char(lettered_on, 'YYYYMMDD'), '')", "to_char(greatest(validated_on, entry.booked_on), 'YYYYMMDD')", "''", "''",
    )  # fmt: skip
    return LINES.format(cells=", ".join(cells), named=named)


def opening(wanted: Wanted) -> list[tuple[str, str, str, str, Decimal]]:
    """The lines of the opening entry: account, its label, sub-account, its label, balance (debit above zero). One query."""
    number, name, named = _party(wanted)
    query = OPENING.format(number=number, name=name, named=named, label=cleaned("account.label"))
    with connection.cursor() as cursor:
        cursor.execute(query, {"first": wanted.first_day, "last": wanted.last_day})
        return list(cursor.fetchall())


def _opening(wanted: Wanted) -> Iterator[bytes]:
    day = f"{wanted.first_day:%Y%m%d}"
    for account, label, party, name, balance in opening(wanted):
        debit, credit = max(balance, Decimal(0)), max(-balance, Decimal(0))
        cells = (
            "AN", "À-nouveaux", "AN1", day, account, label, party, name, f"AN{wanted.year}", day,
            f"À-nouveaux au {wanted.first_day:%d/%m/%Y}", f"{debit:.2f}".replace(".", ","), f"{credit:.2f}".replace(".", ","),
            "", "", day, "", "",
        )  # fmt: skip
        yield encoded(("\t".join(cells) + "\n").encode())
