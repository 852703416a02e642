"""IBANs: whole and right, or refused with a sentence; and never shown whole again.

Form, country's length and key (modulo 97) are checked; whether the account exists is the bank's answer, which compares
the name as well (VoP, Reg. 2024/886). Only accounts that a SEPA transfer reaches.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum import iban as numbers
from stdnum.exceptions import ValidationError as BadNumber

from payments.money import NBSP

#: The countries and territories of the SEPA scheme, by the first two letters of their IBANs (EPC409-09).
_LETTERS = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE SI SK "
    "SM VA"
)
SEPA = frozenset(_LETTERS.split())
_SEPARATORS = re.compile(r"[\s.\-–]")


class IbanRefused(ValidationError):
    """This is no account that we can pay to; the message is a sentence for whoever typed it. It does not repeat it."""


def check_iban(text: str) -> str:
    """The IBAN without spaces, in capitals. Raises IbanRefused."""
    bare = _SEPARATORS.sub("", text).upper()
    try:
        if not bare.isascii():
            raise BadNumber
        found = str(numbers.validate(bare))
    except BadNumber as error:
        raise IbanRefused(
            _("This IBAN is not right. Copy it whole from your bank’s document: in France it is FR and 25 characters."),
            code="iban",
        ) from error
    if found[:2] not in SEPA:
        raise IbanRefused(
            _("We can only pay to an account in the SEPA area. Write to us, and we will find another way."),
            code="not_sepa",
        )
    return found


def masked(end: str) -> str:
    """« •••• 2606 »: all that a page or a letter ever shows of an account; "" for none."""
    return f"•••• {end}" if end else ""


def in_fours(iban: str) -> str:
    """« FR14 2004 1010 0505 0001 3M02 606 »: our own account, as it is printed to be paid to; "" while there is none."""
    bare = _SEPARATORS.sub("", iban)
    return NBSP.join(bare[place : place + 4] for place in range(0, len(bare), 4))
