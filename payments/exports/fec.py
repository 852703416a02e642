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

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from payments.exports.alphabet import BETWEEN, ENCODING, encoded
from payments.exports.lettering import LETTERED, PIECES
from payments.models import LedgerEntry

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip
PIECE = 256 * 1024


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
    within = {"first": wanted.first_day, "last": wanted.last_day}
    query = operations.compose_sql(f"COPY ({_lines(wanted)}) TO STDOUT (FORMAT text, DELIMITER E'\\x1f')", within)
    held = bytearray()
    with connection.cursor() as cursor, cursor.copy(query) as lines:
        for line in lines:
            held += line
            if len(held) >= PIECE:
                yield encoded(held)
                held.clear()
    if held:
        yield encoded(held)


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
        "CASE WHEN party = '' THEN '' ELSE coalesce(buyer_name, 'Client ' || party) END",
        _NAMES,
    )


#: What all lines of an entry say alike is written once for it (OFFSET keeps it so).
LINES = f"""
WITH RECURSIVE {PIECES}{LETTERED}
SELECT journal, label_of_journal, number_said, booked_said, line.account_id, account.label, {{number}}, {{name}}, piece_ref, piece_said,
    entry.label, {{debit}}, {{credit}}, coalesce(letter, ''), coalesce(to_char(lettered_on, 'YYYYMMDD'), ''), validated_said, '', ''
FROM (
    SELECT entry.id, n.number, journal, CASE journal {{journals}} END AS label_of_journal, n.number::text AS number_said,
        to_char(booked_on, 'YYYYMMDD') AS booked_said, piece_ref, to_char(piece_date, 'YYYYMMDD') AS piece_said, label,
        to_char(greatest(validated_on, booked_on), 'YYYYMMDD') AS validated_said
    FROM payments_entrynumber n JOIN payments_ledgerentry entry ON entry.id = n.entry_id
    WHERE n.year = extract(year FROM %(first)s::date)::integer OFFSET 0
) AS entry
JOIN payments_ledgerline line ON line.entry_id = entry.id
JOIN payments_account account ON account.code = line.account_id {{named}}
LEFT JOIN lettered ON lettered.line_id = line.id
ORDER BY entry.number, line.id
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
SELECT account_id, account.label, party, {name}, balance
FROM carried JOIN payments_account account ON account.code = account_id {named}
WHERE balance <> 0 ORDER BY account_id, party
"""


def _lines(wanted: Wanted) -> str:
    """The query of the lines of the year, each one text, in the order of their numbers."""
    number, name, named = _party(wanted)
    journals = " ".join(f"WHEN '{value}' THEN '{label}'" for value, label in LedgerEntry.Journal.choices)
    return LINES.format(
        number=number, name=name, named=named, journals=journals, debit=_amount("debit"), credit=_amount("credit")
    )


def opening(wanted: Wanted) -> list[tuple[str, str, str, str, Decimal]]:
    """The lines of the opening entry: account, its label, sub-account, its label, balance (debit above zero). One query."""
    number, name, named = _party(wanted)
    query = OPENING.format(number=number, name=name, named=named)
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
        # As the database would write them.
        line = BETWEEN.join(" ".join(cell.split()).replace("\\", "\\\\") for cell in cells)
        yield encoded(f"{line}\n".encode())
