"""References that people read out, write on cheques and type again: a misread character still finds its order.

Twenty-three characters, each unlike the others on paper: the digits, and letters that are neither O, I, S nor B. What
is misread as a left-out letter is read back as the character it was (O as 0, I as 1, S as 5, B as 8...). Twenty-three
is prime, so the last character, a weighted sum, betrays every other single slip and every swap of two characters.
"""

from __future__ import annotations

import re
from random import Random

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALPHABET = "0123456789ACEHJKMPRTWXY"
BODY = 8
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_MISREAD = str.maketrans("OQDILZSGBFN", "00011256" + "8EM")
_NOISE = re.compile(r"[^0-9A-Z]+")
_PREFIX = re.compile(r"[A-Z]{1,4}")
# Longest customer id that leaves room for two check digits in the ten places of the label (law.md 7.4).
LARGEST_ID = 99_999_999


class NotAReference(ValidationError):
    """What was typed is no reference of ours; the message is a sentence for the person who typed it."""


def _check_character(body: str) -> str:
    weighted = sum(weight * _VALUE[character] for weight, character in enumerate(body, start=2))
    return ALPHABET[-weighted % len(ALPHABET)]


def _grouped(prefix: str, code: str) -> str:
    return "-".join((prefix, code[:3], code[3:6], code[6:]))


def new_reference(prefix: str, random: Random) -> str:
    """A new random reference like CMD-4K7-PX2-9HJ; `random` is a SystemRandom outside tests.

    78 thousand million bodies: the column stays UNIQUE and the caller tries again on the rare collision. Raises
    ValueError for a prefix that is not one to four capitals.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("a prefix is one to four capital letters")
    body = "".join(random.choice(ALPHABET) for _place in range(BODY))
    return _grouped(prefix, body + _check_character(body))


def read_reference(text: str, *, prefix: str = "") -> str:
    """The reference as we wrote it, from what somebody typed: any case, spaces, dashes, misread characters.

    `prefix`: the expected one, which may then be left out and must not be another. Raises NotAReference.
    """
    bare = _NOISE.sub("", text.upper())
    typed, code = bare[: -BODY - 1], bare[-BODY - 1 :].translate(_MISREAD)
    # A prefix may be misread too: CM0 and CMO are CMD where CMD is expected.
    same = not typed or typed.translate(_MISREAD) == prefix.translate(_MISREAD)
    found = prefix if same else typed
    if len(code) != BODY + 1 or not _PREFIX.fullmatch(found) or (prefix and found != prefix):
        raise NotAReference(
            _("This is not one of our references: they look like %(example)s."),
            code="reference_form",
            params={"example": _grouped(prefix or "CMD", "4K7PX29H" + _check_character("4K7PX29H"))},
        )
    if any(character not in _VALUE for character in code) or _check_character(code[:-1]) != code[-1]:
        raise NotAReference(
            _("A character of this reference is wrong, missing or swapped. Compare it with the letter you received."),
            code="reference_check",
        )
    return _grouped(found, code)


def subscriber_number(number: int) -> str:
    """The number printed on the label: the id on at least six digits and two check digits (ISO 7064, mod 97-10).

    Eight to ten digits. Raises ValueError for an id below 1 or with more than eight digits.
    """
    if not 1 <= number <= LARGEST_ID:
        raise ValueError("a subscriber's id lies between 1 and 99,999,999")
    return f"{number:06d}{98 - number * 100 % 97:02d}"


def read_subscriber_number(text: str) -> int:
    """The id inside a subscriber number as typed: spaces, dashes, O for 0 and the like. Raises NotAReference."""
    digits = _NOISE.sub("", text.upper()).translate(_MISREAD)
    if re.fullmatch(r"[0-9]{8,10}", digits):
        number = int(digits[:-2])
        if number >= 1 and subscriber_number(number) == digits:
            return number
    raise NotAReference(
        _("This is not a subscriber number: it has eight to ten digits and stands above your name on the label."),
        code="subscriber_number",
    )
