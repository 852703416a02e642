"""Checking a FEC, ours or anybody's: every line against A47 A-1, each fault with its line, its column and its reason.

Reads a stream of lines and keeps nothing but the entry it is in: a file of a million lines takes no more memory than one of ten.
Knows nothing of the shop. Entries may be numbered through the whole file or within each journal; the file is judged by whichever
it follows. A prefix of letters (« AN1 ») begins a count of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from payments.exports.fec import COLUMNS

#: So many faults say enough; the rest is counted.
MOST = 200
ZERO = Decimal(0)
COMPULSORY = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "PieceRef", "PieceDate",
    "EcritureLib", "Debit", "Credit", "ValidDate",
)  # fmt: skip
DATES = ("EcritureDate", "PieceDate", "DateLet", "ValidDate")
AMOUNTS = ("Debit", "Credit", "Montantdevise")
NAME = re.compile(r"(\d{9})FEC(\d{8})\.txt")
AMOUNT = re.compile(r"[+-]?\d+(,\d{1,2})?")
NUMBER = re.compile(r"(\D*)(\d+)")
ACCOUNT = re.compile(r"\d{3}[0-9A-Z]*")

#: What can be wrong, each in a sentence; these codes are all there are.
REASONS: Mapping[str, str] = {
    "name": "Le nom du fichier n’est pas SIREN + FEC + date de clôture (AAAAMMJJ) + .txt.",
    "empty": "Le fichier ne contient aucune écriture.",
    "header": "La première ligne n’est pas celle des dix-huit noms de colonnes, dans l’ordre et à la lettre près.",
    "encoding": "Le fichier n’est pas en ISO 8859-15.",
    "line_end": "La ligne ne se termine pas par CR LF.",
    "mixed": "La ligne emploie un autre séparateur que la première.",
    "columns": "La ligne n’a pas dix-huit colonnes.",
    "missing": "Un champ obligatoire est vide.",
    "date": "La date n’existe pas ou n’est pas écrite AAAAMMJJ.",
    "period": "La date comptable est hors de l’exercice.",
    "validated": "L’écriture est validée avant sa date comptable.",
    "amount": "Le montant n’est pas un nombre à virgule, sans séparateur de milliers.",
    "sides": "La ligne est au débit et au crédit à la fois, ou d’aucun côté.",
    "account": "Le numéro de compte ne commence pas par trois chiffres du plan comptable.",
    "party": "Le compte auxiliaire et son libellé ne vont pas l’un sans l’autre.",
    "lettering": "La lettre et la date de lettrage ne vont pas l’une sans l’autre.",
    "currency": "Le montant en devise et la devise ne vont pas l’un sans l’autre.",
    "entry": "Les lignes d’une même écriture n’ont pas toutes le même journal ou la même date.",
    "unbalanced": "L’écriture n’est pas équilibrée.",
    "number": "Le numéro d’écriture ne se termine pas par un nombre.",
    "gap": "La numérotation est interrompue.",
    "order": "Le numéro d’écriture est déjà passé : il revient en arrière ou sert deux fois.",
    "validation_order": "L’écriture est validée avant celle qui la précède.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: on which line (the first is 1; 0 is the file), in which column ("" is the line), which of REASONS."""

    line: int
    column: str
    code: str

    @property
    def reason(self) -> str:
        """The sentence."""
        return REASONS[self.code]


@dataclass(slots=True)
class Report:
    """What was read and what is wrong with it. Where every entry balances, the whole does: `debit` is `credit`."""

    lines: int = 0
    entries: int = 0
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == 0

    def note(self, line: int, column: str, code: str) -> None:
        """Write one fault down."""
        self.count += 1
        if len(self.faults) < MOST:
            self.faults.append(Fault(line, column, code))


@dataclass(slots=True)
class _Entry:
    """The entry that is being read."""

    number: str
    journal: str
    day: str
    line: int
    balance: Decimal = ZERO


@dataclass(slots=True)
class _Counts:
    """One way to number: within the file, or within each journal."""

    last: dict[tuple[str, str], int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def take(self, key: tuple[str, str], number: int, *, line: int) -> None:
        before = self.last.get(key, 0)
        if number != before + 1:
            self.count += 1
            if len(self.faults) < MOST:
                self.faults.append(Fault(line, "EcritureNum", "order" if number <= before else "gap"))
        self.last[key] = max(number, before)


def check(lines: Iterable[bytes], *, name: str = "") -> Report:
    """Judge a file by its lines, as a file opened in binary gives them, and by its name if there is one."""
    return _Check(name).run(lines)


class _Check:
    def __init__(self, name: str) -> None:
        self.report = Report()
        self.separator = "\t"
        self.other = "|"
        self.entry: _Entry | None = None
        self.through, self.by_journal = _Counts(), _Counts()
        self.validated = ""
        self.closes_on: date | None = None
        self.sound = True
        self.known_days: dict[str, date | None] = {}
        if name:
            self._named(name)

    def _named(self, name: str) -> None:
        found = NAME.fullmatch(name)
        self.closes_on = _day(found[2]) if found else None
        if self.closes_on is None:
            self.report.note(0, "", "name")

    def run(self, lines: Iterable[bytes]) -> Report:
        report = self.report
        place = 0
        for place, line in enumerate(_texts(lines, report), start=1):
            if place == 1:
                if not self._header(line):
                    return report
            else:
                report.lines += 1
                self._line(place, line)
        if self.entry is not None:
            self._ends()
        if report.lines == 0:
            report.note(0, "", "empty")
        numbering = min(self.through, self.by_journal, key=lambda one: one.count)
        report.count += numbering.count
        report.faults.extend(numbering.faults[: max(MOST - len(report.faults), 0)])
        report.faults.sort(key=lambda fault: fault.line)
        return report

    def _header(self, line: str) -> bool:
        if "|" in line and "\t" not in line:
            self.separator, self.other = "|", "\t"
        if tuple(line.split(self.separator)) == COLUMNS:
            return True
        self.report.note(1, "", "header")
        return False

    def _line(self, place: int, line: str) -> None:
        cells = line.split(self.separator)
        if len(cells) != len(COLUMNS):
            self.sound = False
            self.report.note(place, "", "mixed" if self.other in line else "columns")
            return
        row = dict(zip(COLUMNS, cells, strict=True))
        note = self.report.note
        for column in COMPULSORY:
            if not row[column].strip():
                note(place, column, "missing")
        for column in DATES:
            if row[column] and self._date(row[column]) is None:
                note(place, column, "date")
        amounts = {column: _amount(row[column]) for column in AMOUNTS if row[column]}
        for column, amount in amounts.items():
            if amount is None:
                note(place, column, "amount")
        if row["CompteNum"].strip() and not ACCOUNT.fullmatch(row["CompteNum"]):
            note(place, "CompteNum", "account")
        for one, other, code in (
            ("CompAuxNum", "CompAuxLib", "party"), ("EcritureLet", "DateLet", "lettering"), ("Montantdevise", "Idevise", "currency"),
        ):  # fmt: skip
            if bool(row[one].strip()) != bool(row[other].strip()):
                note(place, other if row[one].strip() else one, code)
        self._days(place, row)
        debit, credit = amounts.get("Debit"), amounts.get("Credit")
        if debit is None or credit is None:
            self.sound = False
        elif (debit == 0) == (credit == 0):
            self.sound = False
            note(place, "Debit", "sides")
        self._in_entry(place, row, debit=debit or ZERO, credit=credit or ZERO)

    def _days(self, place: int, row: Mapping[str, str]) -> None:
        booked, validated = self._date(row["EcritureDate"]), self._date(row["ValidDate"])
        if (
            booked is not None
            and self.closes_on is not None
            and not _a_year_before(self.closes_on) < booked <= self.closes_on
        ):
            self.report.note(place, "EcritureDate", "period")
        if booked is not None and validated is not None and validated < booked:
            self.report.note(place, "ValidDate", "validated")

    def _in_entry(self, place: int, row: Mapping[str, str], *, debit: Decimal, credit: Decimal) -> None:
        number, journal, day = row["EcritureNum"], row["JournalCode"], row["EcritureDate"]
        if self.entry is None or self.entry.number != number:
            self._ends()
            self._begins(place, row)
        elif self.entry.journal != journal and self.entry.balance == 0:
            # Within each journal, the next one may go on with the number that the last one ended with.
            self._ends()
            self._begins(place, row)
        elif (self.entry.journal, self.entry.day) != (journal, day):
            self.report.note(place, "EcritureDate" if self.entry.journal == journal else "JournalCode", "entry")
        if self.entry is not None:
            self.entry.balance += debit - credit
        self.report.debit += debit
        self.report.credit += credit

    def _begins(self, place: int, row: Mapping[str, str]) -> None:
        number, journal, validated = row["EcritureNum"], row["JournalCode"], row["ValidDate"]
        self.entry = _Entry(number, journal, row["EcritureDate"], place)
        self.report.entries += 1
        found = NUMBER.fullmatch(number.strip())
        if found:
            self.through.take(("", found[1]), int(found[2]), line=place)
            self.by_journal.take((journal, found[1]), int(found[2]), line=place)
        elif number.strip():
            self.report.note(place, "EcritureNum", "number")
        if self._date(validated) is not None and self._date(row["EcritureDate"]) is not None:
            if validated < self.validated and validated >= row["EcritureDate"]:
                self.report.note(place, "ValidDate", "validation_order")
            self.validated = max(validated, self.validated)

    def _ends(self) -> None:
        if self.entry is not None and self.entry.balance != 0 and self.sound:
            self.sound = False
            self.report.note(self.entry.line, "", "unbalanced")

    def _date(self, text: str) -> date | None:
        if text not in self.known_days:
            if len(self.known_days) > 5000:
                self.known_days.clear()
            self.known_days[text] = _day(text)
        return self.known_days[text]


def _texts(lines: Iterable[bytes], report: Report) -> Iterator[str]:
    """Lines as texts, without their ends; what is wrong with bytes is noted here, the first time only for the alphabet."""
    strange = False
    for place, line in enumerate(lines, start=1):
        body = line
        if line.endswith(b"\r\n"):
            body = line[:-2]
        else:
            report.note(place, "", "line_end")
            body = line.rstrip(b"\r\n")
        text = body.decode("iso8859-15")
        if not strange and _strange(body, text):
            strange = True
            report.note(place, "", "encoding")
            text = text.removeprefix("ï»¿")
        yield text


def _strange(body: bytes, text: str) -> bool:
    """Bytes that are no ISO 8859-15: control signs (Windows-1252), or sequences that only UTF-8 makes."""
    if body.isascii():
        return False
    if any("\x80" <= sign <= "\x9f" for sign in text):
        return True
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _amount(text: str) -> Decimal | None:
    if not AMOUNT.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 – a day has no zone
    except ValueError:
        return None


def _a_year_before(day: date) -> date:
    """The last day before the year that ends on `day`; a first year may not be longer here."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
