"""The fields of the hosted page: what is asked, what is wrong with an answer, and how it is shown again."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from payments.sandbox import cards, ibans

NOT_A_TEST_CARD = "Cette page n’accepte que des cartes de test, par exemple 4242 4242 4242 4242."
NOT_A_TEST_ACCOUNT = "Cette page n’accepte que des comptes de test, par exemple FR14 2004 1010 0505 0001 3M02 606."


@dataclass(frozen=True)
class Field:
    """`wrong` gives the sentence for a bad value, None for a good one; it is told the present instant."""

    name: str
    label: str
    wrong: Callable[[str, int], str | None]
    autocomplete: str
    hint: str = ""
    mode: str = "text"
    secret: bool = False


def _number(value: str, now: int) -> str | None:
    digits = re.sub(r"[\s.-]", "", value)
    if not digits:
        return "Indiquez le numéro de la carte."
    if digits in cards.CARDS:
        return None
    if not cards.is_number(digits):
        return "Ce numéro de carte est faux. Vérifiez chaque chiffre."
    return NOT_A_TEST_CARD


def _expiry(value: str, now: int) -> str | None:
    found = expiry_of(value)
    if found is None:
        return "Indiquez le mois et l’année, par exemple 12/34."
    today = time.gmtime(now)
    if (found[1], found[0]) < (today.tm_year, today.tm_mon):
        return "Cette carte est expirée. Vérifiez la date ou essayez une autre carte."
    return None


def _code(value: str, now: int) -> str | None:
    return None if re.fullmatch(r"\d{3,4}", value.strip()) else "Indiquez les trois ou quatre chiffres du code."


def _name(value: str, now: int) -> str | None:
    return None if value.strip() else "Indiquez le nom du titulaire."


def _email(value: str, now: int) -> str | None:
    good = re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value.strip())
    return None if good else "Indiquez une adresse e-mail complète, par exemple nom@exemple.fr."


def _iban(value: str, now: int) -> str | None:
    text = plain_iban(value)
    if not text:
        return "Indiquez l’IBAN du compte."
    if text in ibans.ACCOUNTS:
        refused = ibans.ACCOUNTS[text].refused
        return "Cette banque n’accepte pas les prélèvements SEPA sur ce compte." if refused else None
    if not ibans.is_iban(text):
        return "Cet IBAN est faux. Vérifiez chaque signe."
    return NOT_A_TEST_ACCOUNT


EMAIL = Field("email", "Adresse e-mail", _email, "email", mode="email")
NUMBER = Field("numero", "Numéro de carte", _number, "cc-number", mode="numeric")
EXPIRY = Field("expiration", "Expiration", _expiry, "cc-exp", hint="MM/AA", mode="numeric")
CODE = Field("cvc", "Code de sécurité", _code, "cc-csc", hint="au dos de la carte", mode="numeric", secret=True)
HOLDER = Field("nom", "Nom du titulaire", _name, "name")
IBAN = Field("iban", "IBAN", _iban, "off", hint="27 caractères en France")
ASKED: dict[str, tuple[Field, ...]] = {
    "card": (NUMBER, EXPIRY, CODE, HOLDER),
    "sepa_debit": (IBAN, HOLDER),
}


def errors(fields: tuple[Field, ...], typed: dict[str, str], now: int) -> dict[str, str]:
    """The sentence for each field that is wrong."""
    found = {field.name: field.wrong(typed.get(field.name, ""), now) for field in fields}
    return {name: sentence for name, sentence in found.items() if sentence is not None}


def html(fields: tuple[Field, ...], typed: dict[str, str], wrong: dict[str, str]) -> str:
    """The fields with what was typed (never the security code), the sentence beside the wrong ones, focus on the first."""
    first = next(iter(wrong), None)
    parts = [_one(field, typed, wrong, focus=field.name == first) for field in fields]
    names = [field.name for field in fields]
    if "expiration" in names:
        at = names.index("expiration")
        parts[at : at + 2] = [f'<div class="pair">{parts[at]}{parts[at + 1]}</div>']
    return "\n".join(parts)


def _one(field: Field, typed: dict[str, str], wrong: dict[str, str], *, focus: bool) -> str:
    value = "" if field.secret else typed.get(field.name, "")
    sentence = wrong.get(field.name)
    hint = f'<span class="hint">{escape(field.hint)}</span>' if field.hint else ""
    error = f'<p class="wrong" id="{field.name}-faux">{escape(sentence)}</p>' if sentence else ""
    state = f' aria-invalid="true" aria-describedby="{field.name}-faux"' if sentence else ""
    kind = "email" if field.mode == "email" else "text"
    return (
        f'<div class="field"><label for="{field.name}">{escape(field.label)}{hint}</label>'
        f'<input id="{field.name}" name="{field.name}" type="{kind}" value="{escape(value)}" required'
        f' inputmode="{field.mode}" autocomplete="{field.autocomplete}" spellcheck="false"'
        f"{state}{' autofocus' if focus else ''}>{error}</div>"
    )


def expiry_of(value: str) -> tuple[int, int] | None:
    """Month and year of « 12/34 », « 1234 », « 12 / 2034 »; None when it is no date."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*[/. -]?\s*(\d{2}|\d{4})\s*", value)
    if found is None or not 1 <= int(found[1]) <= 12:
        return None
    return int(found[1]), int(found[2]) + (2000 if len(found[2]) == 2 else 0)


def plain_number(value: str) -> str:
    """The digits of a card number as typed."""
    return re.sub(r"\D", "", value)


def plain_iban(value: str) -> str:
    """An IBAN as typed, without spaces, in capitals."""
    return re.sub(r"[\s.-]", "", value).upper()
