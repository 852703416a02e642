"""Invoice numbers as people write them in transfers: found whole, or nearly, and never taken for what they are not.

Whole is F2026-000012 however it is spaced, and wherever a bank cuts its lines. Everything else is a near miss with a name;
near misses are proposed to a person and never booked by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

_GAP = r"[\s./_:-]{0,3}"
_YEAR = r"2\n?0\n?\d\n?\d"
_DIGITS = r"\d(?:\n?\d){5}"
WHOLE = re.compile(rf"(?<![A-Z])F{_GAP}({_YEAR}){_GAP}({_DIGITS}|\d{{3}}[ .]\d{{3}})(?!\d)")
#: Zeros that got lost: F2026-12. Nothing before the number: 000012. No letter: 2026-000012.
_SHORT = re.compile(rf"(?<![A-Z0-9])F{_GAP}(20\d\d){_GAP}(\d{{1,5}})(?!\d)")
_YEARLESS = re.compile(r"(?<![A-Z0-9./_-])(?:F|FAC|FACT|FACTURE|NO|N)?[\s./_:-]{0,3}(0\d{5})(?![./_-]?[A-Z0-9])")
_NO_LETTER = re.compile(r"(?<![A-Z0-9./_-])(20\d\d)[\s./_-]{0,3}(\d{6})(?!\d)")
_TOKEN = re.compile(r"(?<![A-Z0-9])([A-Z0-9](?:[./_-]?[A-Z0-9]){9,11})(?![A-Z0-9])")


class Near(StrEnum):
    """How a number that was written differs from an invoice's; the best first."""

    NO_YEAR = "number_no_year"
    ZEROS = "number_zeros"
    SWAPPED = "number_swapped"
    ONE_WRONG = "number_one_wrong"


def plain(text: str) -> str:
    """Capitals without accents; line breaks stay."""
    bare = unicodedata.normalize("NFKD", text.upper())
    return "".join(sign for sign in bare if not unicodedata.combining(sign))


def whole_numbers(text: str) -> list[str]:
    """Numbers that stand in the text as a whole, in the form that invoices have; each once, in their order."""
    return list(dict.fromkeys(_number(hit) for hit in WHOLE.finditer(plain(text))))


class Index:
    """The numbers of the open invoices, ready to be looked for with one sign wrong or two exchanged.

    A dictionary of every number with one sign masked: a text costs its own tokens, whatever the number of invoices.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self.numbers = frozenset(numbers)
        self._masked: dict[str, set[str]] = {}
        self._tails: dict[str, set[str]] = {}
        for number in self.numbers:
            bare = number.replace("-", "")
            for place in range(len(bare)):
                self._masked.setdefault(_mask(bare, place), set()).add(number)
            self._tails.setdefault(bare[5:], set()).add(number)

    def near(self, text: str) -> Mapping[str, Near]:
        """Open invoices whose number the text nearly names, each with the kindest way to read it."""
        bare = plain(text)
        # What names an invoice as a whole, open or not, is no near miss of another.
        rest = WHOLE.sub(lambda hit: " " if _number(hit) in self.numbers else f" {hit.group(0)} ", bare)
        found: dict[str, Near] = {}
        for digits in _YEARLESS.findall(rest):
            for number in self._tails.get(digits, ()):
                found.setdefault(number, Near.NO_YEAR)
        for year, digits in _NO_LETTER.findall(rest):
            if f"F{year}-{digits}" in self.numbers:
                found.setdefault(f"F{year}-{digits}", Near.NO_YEAR)
        for year, digits in _SHORT.findall(rest):
            number = f"F{year}-{int(digits):06d}"
            if number in self.numbers:
                found.setdefault(number, Near.ZEROS)
        for token in _TOKEN.findall(rest.replace("\n", "")):
            self._off_by_one(re.sub(r"[./_-]", "", token), found)
        return found

    def _off_by_one(self, token: str, found: dict[str, Near]) -> None:
        if len(token) != 11:
            return
        for place in range(10):
            swapped = token[:place] + token[place + 1] + token[place] + token[place + 2 :]
            number = f"{swapped[:5]}-{swapped[5:]}"
            if swapped != token and number in self.numbers:
                found.setdefault(number, Near.SWAPPED)
        for place in range(11):
            for number in self._masked.get(_mask(token, place), ()):
                if number.replace("-", "") != token:
                    found.setdefault(number, Near.ONE_WRONG)


def _mask(bare: str, place: int) -> str:
    return f"{bare[:place]}*{bare[place + 1 :]}"


def _number(hit: re.Match[str]) -> str:
    year, digits = (re.sub(r"[^0-9]", "", part) for part in hit.groups())
    return f"F{year}-{digits}"


_WORDS = (
    "DE DU DES LA LE LES ET EN AU AUX SA SAS SARL EURL SCI SNC VIR VIREMENT SEPA RECU MR MME MONSIEUR MADAME UNIVERSITE "
    "UNIV BIBLIOTHEQUE MAIRIE COMMUNE SERVICE PERIODIQUES FACTURE ABONNEMENT PAIEMENT REGLEMENT"
)
_COMMON = frozenset(_WORDS.split())


def same_name(name: str, text: str) -> bool:
    """Whether a buyer's name stands in what the bank says: most of the words that tell it apart, and one at least."""
    said = set(re.findall(r"[A-Z0-9]{2,}", plain(text)))
    words = [word for word in re.findall(r"[A-Z0-9]{2,}", plain(name)) if word not in _COMMON]
    hits = sum(word in said for word in words)
    return bool(words) and hits >= 1 and hits * 2 >= len(words)
