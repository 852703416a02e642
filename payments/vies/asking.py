"""The door to VIES: one question over HTTP, one answer as a frozen value, every doubt said to be one.

Off unless `settings.VIES_URL` is set. States switch their registers off for hours: no answer, an answer that cannot be read
and a state that is away are all *unknown*, and unknown is not invalid.
"""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from django.conf import settings

from payments.gateway import refuse_inside_transaction
from payments.models import VatCheck
from payments.tax_ids import check_eu_vat

Outcome = VatCheck.Outcome
TIMEOUT = 8  # seconds: a person waits
_MOST = 65_536
_CODE = re.compile(r"[A-Z_]{3,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the register said. `trouble`: why it is unknown, in its own code."""

    outcome: str
    consultation: str = ""
    name: str = ""
    address: str = ""
    trouble: str = ""


class NotConfigured(RuntimeError):
    """Nobody set VIES_URL: the register is not asked."""


def ask(vat_number: str) -> Answer:
    """What VIES says of a number. Network: never inside a transaction. Raises TaxIdRefused for what is no number at all,
    NotConfigured; nothing else: whatever goes wrong on the way is an unknown."""
    number = check_eu_vat(vat_number)
    url = settings.VIES_URL
    if not url.startswith(("http://", "https://")):
        raise NotConfigured("VIES_URL is not an http address")
    refuse_inside_transaction()
    own = settings.PUBLISHER["vat_number"]
    question = {
        "countryCode": number[:2], "vatNumber": number[2:],
        # Who asks is named: only then the register numbers the consultation, which is the proof.
        "requesterMemberStateCode": own[:2], "requesterNumber": own[2:],
    }  # fmt: skip
    request = urllib.request.Request(  # noqa: S310  # scheme checked above
        url, data=json.dumps(question).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as heard:  # noqa: S310  # scheme checked above
            said = json.loads(heard.read(_MOST))
    except (OSError, ValueError, HTTPException, RecursionError) as trouble:  # no HTTP, or brackets without end
        return Answer(Outcome.UNKNOWN, trouble=type(trouble).__name__)
    return _read(said)


def _read(said: Any) -> Answer:
    """The answer; only a clear yes or no is one."""
    if not isinstance(said, dict) or not isinstance(said.get("valid"), bool):
        return Answer(Outcome.UNKNOWN, trouble="no answer to read")
    # A state that is away is told by a code beside « false ».
    code = str(said.get("userError") or "")
    if not said["valid"] and code not in ("", "VALID", "INVALID"):
        return Answer(Outcome.UNKNOWN, trouble=code if _CODE.fullmatch(code) else "no answer to read")
    return Answer(
        Outcome.VALID if said["valid"] else Outcome.INVALID,
        consultation=_words(said.get("requestIdentifier"), 40),
        name=_words(said.get("name"), 200),
        address=_words(said.get("address"), 300),
    )


def _words(value: Any, length: int) -> str:
    """Text of the register on one line; « --- » is its word for nothing."""
    text = " ".join(str(value or "").split())
    return "" if text == "---" else text[:length]
