"""Which contract is meant: numbers read out of what somebody wrote, and names compared as people write them. Pure.

A number misread or typed with spaces still finds its order (`subscriptions.references`); accents, capitals, hyphens and
the order of names do not keep a reader from their right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from subscriptions.references import NotAReference, read_reference, read_subscriber_number, subscriber_number

PREFIX = "CMD"
_ORDER = re.compile(r"(?<![0-9A-Z])C[MN][D0OQ][\s.\-]*(?:[0-9A-Z][\s.\-]?){9}(?![0-9A-Z])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)(?:\d[\s.\-]?){7,9}\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Named:
    """The references and subscriber numbers that a text names, as we write them."""

    orders: frozenset[str]
    numbers: frozenset[str]


def named(text: str) -> Named:
    """What a text such as « commande cmd 4k7 px2 9hj, abonné 0000 0112 » names; nothing if it is only words."""
    orders = {_order(part) for part in (text, *_ORDER.findall(text))}
    numbers = {_number(part) for part in (text, *_NUMBER.findall(text))}
    return Named(frozenset(orders - {""}), frozenset(numbers - {""}))


def fold(text: str) -> str:
    """A name without accents, capitals, hyphens and apostrophes: « Marie-Ève L’Huillier » is « marie eve l huillier »."""
    bare = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae"))
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", letters.casefold()))


def same_person(first_name: str, last_name: str, known: Iterable[str]) -> bool:
    """Whether a declared name is one of the names a contract knows.

    Every word of the last name (or of an organisation's) stands in a known name; of the first name one word, or its
    initial, is enough. An empty last name is nobody's.
    """
    last, first = fold(last_name).split(), fold(first_name).split()
    if not last:
        return False
    return any(_is(last, first, fold(name).split()) for name in known)


def same_email(one: str, other: str) -> bool:
    """Whether two writings are one address; nothing is not an address."""
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()


def _is(last: list[str], first: list[str], words: list[str]) -> bool:
    if not set(last) <= set(words):
        return False
    others = [word for word in words if word not in last]
    return not first or not others or any(word in words or (len(word) == 1 and _begins(others, word)) for word in first)


def _begins(words: list[str], letter: str) -> bool:
    return any(word.startswith(letter) for word in words)


def _order(text: str) -> str:
    try:
        return read_reference(text, prefix=PREFIX)
    except NotAReference:
        return ""


def _number(text: str) -> str:
    try:
        return subscriber_number(read_subscriber_number(text))
    except NotAReference:
        return ""
