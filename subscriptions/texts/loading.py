"""How a file beside this module becomes a row of evidence: filled in, numbered, hashed, never changed.

A text is a folder of dated versions; the newest file is the one in force. The publisher's facts are filled in when it is
loaded, so a new telephone number makes a new version as a new sentence does: 2026-11, then 2026-11.2.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.template import Context, Engine
from django.urls import NoReverseMatch, reverse
from django.utils.html import strip_tags
from djmoney.money import Money

from payments.french_days import french_day
from payments.money import NBSP, french
from subscriptions.models import LegalText

HERE = Path(__file__).resolve().parent
LANGUAGE = "fr"
TITLES = {
    "cgv": "Conditions générales de vente",
    "mentions-legales": "Mentions légales",
    "confidentialite": "Confidentialité",
    "accessibilite": "Accessibilité",
    "mandat": "Autorisation de débit",
    "retractation": "Formulaire de rétractation",
}
#: Texts that nobody has to read before what they are about is chosen: they become evidence by `load_text`, never by themselves.
ON_DEMAND = {
    "numerique": "Édition numérique : votre accord",
}
AMOUNT = "[montant]"


@dataclass(frozen=True, slots=True)
class Source:
    """The newest file of one text. `version` is the file's name."""

    code: str
    version: str
    body: str


def load_texts(on: date) -> list[LegalText]:
    """Bring the table up to the files: insert what is new or changed, in force from `on`; returns those inserted.

    Idempotent. Nothing is updated: a text that changed in any letter, or whose publisher's facts did, is a new version.
    """
    with transaction.atomic():
        return [text for source in sources() if (text := _load(source, on)) is not None]


def load_text(code: str, on: date) -> LegalText:
    """The same for one of the texts `ON_DEMAND`; returns the version in force, new or not."""
    with transaction.atomic():
        return _load(_newest(code), on) or LegalText.objects.filter(code=code, language=LANGUAGE).order_by(*NEWEST)[0]


def sources() -> list[Source]:
    """The newest file of each text."""
    return [_newest(code) for code in TITLES]


def _newest(code: str) -> Source:
    newest = max((HERE / LANGUAGE / code).glob("*.html"))
    return Source(code, newest.stem, newest.read_text(encoding="utf-8"))


def current_text(code: str, *, on: date, language: str = LANGUAGE) -> LegalText | None:
    """The version in force on day `on`, with its body; None before the texts are loaded."""
    return LegalText.objects.filter(code=code, language=language, valid_from__lte=on).order_by(*NEWEST).first()


NEWEST = ("-valid_from", "-id")


def mandate_words(text: LegalText, amount: Money) -> str:
    """The mandate as a sentence to be shown and kept, with the amount it is given for (law.md 5.1)."""
    return re.sub(r"\s+", " ", strip_tags(text.html)).strip().replace(AMOUNT, french(amount))


def _load(source: Source, on: date) -> LegalText | None:
    rows = list(LegalText.objects.filter(code=source.code, language=LANGUAGE).order_by("valid_from", "id"))
    if rows and _same_file(rows[-1].version, source.version):
        held = rows[-1]
        if _digest(_filled(source, version=held.version, valid_from=held.valid_from)) == held.sha256:
            return None
    taken = {row.version for row in rows}
    names = [source.version, *(f"{source.version}.{n}" for n in range(2, len(rows) + 3))]
    version = next(name for name in names if name not in taken)
    html = _filled(source, version=version, valid_from=on)
    return LegalText.objects.create(
        code=source.code,
        language=LANGUAGE,
        version=version,
        valid_from=on,
        title=(TITLES | ON_DEMAND)[source.code],
        html=html,
        sha256=_digest(html),
    )


def _same_file(version: str, file_version: str) -> bool:
    return version == file_version or re.fullmatch(rf"{re.escape(file_version)}\.\d+", version) is not None


def _digest(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()


def _filled(source: Source, *, version: str, valid_from: date) -> str:
    publisher = settings.PUBLISHER
    facts = {
        "publisher": publisher,
        "address": ", ".join(publisher["address"]),
        "siren": NBSP.join(re.findall(r"\d{3}", publisher["siren"])),
        "site": settings.SITE_URL,
        "functions": online_functions(),
        "version": version,
        "valid_from": french_day(valid_from),
    }
    html = _engine().from_string(source.body).render(Context(facts))
    # The no-break spaces of French, which nobody types.
    return re.sub(r" (?=[:;!?»€%](?!\w))|(?<=«) |(?<=n°) ", NBSP, html)


def online_functions() -> bool:
    """Whether the two public functions (withdraw, terminate) exist: what is promised must be there (law.md 4.5)."""
    try:
        reverse("withdraw")
        reverse("terminate")
    except NoReverseMatch:
        return False
    return True


@cache
def _engine() -> Engine:
    return Engine()
