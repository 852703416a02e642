"""What does one line say, cell by cell, before anything that this shop knows is asked? Pure: cells in, facts and faults out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from payments.money import NotAnAmount, parse_french
from subscriptions.addresses.check import check
from subscriptions.addresses.faults import AddressRefused
from subscriptions.addresses.label import PostalLabel, postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.importing.columns import ADDRESS, BY_NAME, HOLDER, PAYER, PERSON, RECIPIENT
from subscriptions.importing.faults import Fault, FaultCode

#: Longest text of a cell that goes into a column as it is.
LIMITS: Mapping[str, int] = {"source": 40, "reference": 45, "title": 10, "first_name": 60, "last_name": 60, "organisation": 120, "email": 254}  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_FRENCH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_MONTH = re.compile(r"(\d{1,2})/(\d{4})", re.ASCII)
_STRIPE = {"stripe_client": re.compile(r"cus_\w{3,250}", re.ASCII), "stripe_moyen": re.compile(r"(pm|card|src|ba)_\w{3,250}", re.ASCII)}  # fmt: skip
MODES = {"fixe": "fixed", "automatique": "automatic"}
YES_NO = {"oui": True, "non": False, "": False}
KINDS = {"carte": "card", "prelevement": "sepa_debit"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a line, as this shop will know them."""

    title: str
    first_name: str
    last_name: str
    organisation: str
    email: str

    @property
    def known(self) -> bool:
        """Whether there is anything to know them by."""
        return bool(self.first_name or self.last_name or self.organisation or self.email)

    @property
    def named(self) -> bool:
        """Whether they have a name that an invoice can bear."""
        return bool(self.first_name or self.last_name or self.organisation)


@dataclass(frozen=True, slots=True)
class Place:
    """An address as typed, and its label."""

    typed: TypedAddress
    label: PostalLabel


@dataclass(frozen=True, slots=True)
class Means:
    """A means of payment that Stripe keeps, as it was migrated."""

    customer: str
    method: str
    kind: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    mandate: str


@dataclass(slots=True)
class Said:
    """What a line says. What could not be read is None; `faults` say why."""

    reference: str
    offer: str = ""
    renewal: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    amount: Decimal | None = None
    bought: int | None = None
    left: int | None = None
    next_number: int | None = None
    quantity: int = 1
    gift: bool = False
    recipient: Person | None = None
    place: Place | None = None
    payer: Person | None = None
    payer_place: Place | None = None
    holder: Person | None = None
    means: Means | None = None
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, column: str, code: FaultCode, sentence: str) -> None:
        """Say what is wrong with a cell; the first thing only."""
        if not any(one.column == column for one in self.faults):
            self.faults.append(Fault(column, code, sentence))


def said(cells: Mapping[str, str], *, source: str, faults: list[Fault], checked: bool = False) -> Said:
    """Read the cells of one line. `source`: that of the file; `faults`: of its cells, found when it was cut.

    `checked`: its addresses were found right before; only their labels are made again, which is most of the time saved.
    """
    one = Said(reference=cells.get("reference", ""), faults=list(faults))
    if not cells:
        return one
    for name, text in cells.items():
        if BY_NAME[name].filled and not text:
            one.refuse(name, FaultCode.REQUIRED, _("This cell is empty."))
    if cells.get("source", "") not in ("", source):
        one.refuse(
            "source", FaultCode.SOURCE, _("The file was handed in as coming from “%(source)s”.") % {"source": source}
        )
    _fits(one, "reference", one.reference, LIMITS["reference"])
    one.offer = cells.get("formule", "")
    _term(one, cells)
    _copies(one, cells)
    _people(one, cells, checked=checked)
    _means(one, cells)
    return one


def _term(one: Said, cells: Mapping[str, str]) -> None:
    one.renewal = _choice(one, cells, "reconduction", MODES)
    one.gift = bool(_choice(one, cells, "cadeau", YES_NO))
    one.starts_on, one.ends_on = _day(one, cells, "debut"), _day(one, cells, "fin")
    if one.starts_on and one.ends_on and one.ends_on <= one.starts_on:
        one.refuse("fin", FaultCode.DATES, _("The term ends before it begins."))
    if cells.get("montant_ttc"):
        try:
            amount = parse_french(cells["montant_ttc"]).amount
        except NotAnAmount as wrong:
            one.refuse("montant_ttc", FaultCode.NOT_AN_AMOUNT, wrong.messages[0])
        else:
            one.amount = amount if 0 <= amount < 100_000 else None
            if one.amount is None:
                one.refuse("montant_ttc", FaultCode.NOT_AN_AMOUNT, _("A price lies between 0 and 100,000 euros."))


def _copies(one: Said, cells: Mapping[str, str]) -> None:
    one.bought = _number(one, cells, "exemplaires_achetes", least=1, most=200)
    one.left = _number(one, cells, "exemplaires_restants", least=0, most=200)
    served = _number(one, cells, "exemplaires_servis", least=0, most=200)
    one.next_number = _number(one, cells, "prochain_numero", least=1, most=1_000_000)
    quantity = _number(one, cells, "quantite", least=1, most=999)
    if one.bought is not None and one.left is not None and one.left > one.bought:
        one.refuse("exemplaires_restants", FaultCode.MORE_LEFT_THAN_BOUGHT, _("More copies are left (%(left)d) than were bought (%(bought)d).") % {"left": one.left, "bought": one.bought})  # fmt: skip
    elif one.bought is not None and one.left is not None and served is not None and served + one.left != one.bought:
        one.refuse("exemplaires_servis", FaultCode.COPIES_DO_NOT_ADD_UP, _("%(served)d served and %(left)d left are not the %(bought)d bought.") % {"served": served, "left": one.left, "bought": one.bought})  # fmt: skip
    one.quantity = quantity or 1
    if one.quantity > 1 and one.renewal == "automatic":
        one.refuse("quantite", FaultCode.QUANTITY, _("Several copies of each issue are never renewed by themselves: take them over for a fixed term."))  # fmt: skip


def _people(one: Said, cells: Mapping[str, str], *, checked: bool) -> None:
    one.recipient = _person(one, cells, RECIPIENT)
    one.place = _place(one, cells, RECIPIENT, checked=checked)
    payer, holder = _person(one, cells, PAYER), _person(one, cells, HOLDER)
    one.payer = payer if payer.known else None
    one.holder = holder if holder.known else None
    if any(cells.get(f"{PAYER}_{end}") for name, end in ADDRESS.items() if name != "country"):
        one.payer_place = _place(one, cells, PAYER, checked=checked)
        if one.payer is None:
            one.refuse(f"{PAYER}_nom", FaultCode.NO_PAYER, _("There is an address of the payer, and no name."))
    if one.payer is not None and not one.payer.named:
        one.refuse(f"{PAYER}_nom", FaultCode.NO_PAYER, _("The payer has no name."))
    if one.holder is not None and not one.holder.named:
        one.refuse(f"{HOLDER}_nom", FaultCode.REQUIRED, _("The holder has no name."))
    if one.gift and one.payer is None:
        one.refuse(f"{PAYER}_nom", FaultCode.NOBODY_GIVES, _("A gift has a payer who is not its recipient."))
    if one.gift and one.renewal == "automatic":
        one.refuse("reconduction", FaultCode.GIFT_RENEWS, _("A gift is never renewed by itself."))


def _person(one: Said, cells: Mapping[str, str], who: str) -> Person:
    told = {name: cells.get(f"{who}_{end}", "") for name, end in PERSON.items()}
    for name, text in told.items():
        _fits(one, f"{who}_{PERSON[name]}", text, LIMITS[name])
    if told["email"]:
        try:
            validate_email(told["email"])
        except ValidationError:
            one.refuse(f"{who}_email", FaultCode.EMAIL, _("This is not an e-mail address."))
    return Person(**(told | {"email": told["email"].lower()}))


def _place(one: Said, cells: Mapping[str, str], who: str, *, checked: bool) -> Place | None:
    """The address with its label; None where it has none, with the sentences that a form would say."""
    typed = TypedAddress(
        kind=AddressKind.ORGANISATION if cells.get(f"{who}_organisme") else AddressKind.PERSON,
        title=cells.get(f"{who}_civilite", ""),
        first_name=cells.get(f"{who}_prenom", ""),
        last_name=cells.get(f"{who}_nom", ""),
        organisation=cells.get(f"{who}_organisme", ""),
        service=cells.get(f"{who}_service", ""),
        **{name: cells.get(f"{who}_{end}", "") for name, end in ADDRESS.items() if name != "country"},
        country=(cells.get(f"{who}_{ADDRESS['country']}", "") or "FR").upper(),
    )
    if checked:
        with suppress(AddressRefused):
            return Place(typed, postal_label(typed))
    faults, label = check(typed)
    for fault in faults:
        end = {**PERSON, **ADDRESS, "service": "service"}.get(fault.field, ADDRESS["street"])
        one.refuse(f"{who}_{end}", FaultCode.ADDRESS, fault.sentence)
    return Place(typed, label) if label is not None else None


def _means(one: Said, cells: Mapping[str, str]) -> None:
    told = {name: cells.get(name, "") for name in BY_NAME if name.startswith(("stripe_", "moyen_"))}
    if one.renewal == "automatic" and not (told["stripe_client"] and told["stripe_moyen"]):
        column = "stripe_client" if not told["stripe_client"] else "stripe_moyen"
        one.refuse(column, FaultCode.NO_MEANS, _("An automatic renewal needs the customer and the means of payment that Stripe keeps."))  # fmt: skip
    if not any(told.values()):
        return
    for name, form in _STRIPE.items():
        if told[name] and not form.fullmatch(told[name]):
            one.refuse(name, FaultCode.MEANS, _("This is not an id of Stripe’s."))
    if told["stripe_client"] and not told["stripe_moyen"]:
        one.refuse("stripe_moyen", FaultCode.MEANS, _("There is a customer of Stripe’s and no means of payment."))
    if told["stripe_moyen"] and not told["stripe_client"]:
        one.refuse("stripe_client", FaultCode.MEANS, _("There is a means of payment and no customer of Stripe’s."))
    kind = _choice(one, cells, "moyen_type", KINDS) or ""
    if not told["moyen_type"]:
        one.refuse(
            "moyen_type", FaultCode.MEANS, _("Say which kind of means of payment it is: “carte” or “prelevement”.")
        )
    if not re.fullmatch(r"\w{4}", told["moyen_fin"], re.ASCII):
        one.refuse("moyen_fin", FaultCode.MEANS, _("The four last characters of the card or the account are wanted."))
    _fits(one, "moyen_marque", told["moyen_marque"], 30)
    _fits(one, "moyen_rum", told["moyen_rum"], 40)
    month = _MONTH.fullmatch(told["moyen_expiration"])
    if kind == "card" and (month is None or not 1 <= int(month[1]) <= 12):
        one.refuse("moyen_expiration", FaultCode.MEANS, _("The last month of a card is written like 08/2028."))
        month = None
    one.means = Means(
        customer=told["stripe_client"],
        method=told["stripe_moyen"],
        kind=kind,
        brand=told["moyen_marque"].lower(),
        last4=told["moyen_fin"],
        exp_month=int(month[1]) if month and kind == "card" else None,
        exp_year=int(month[2]) if month and kind == "card" else None,
        mandate=told["moyen_rum"],
    )


def _fits(one: Said, column: str, text: str, most: int) -> None:
    if len(text) > most:
        one.refuse(column, FaultCode.TOO_LONG, _("This cell is longer than %(most)d characters.") % {"most": most})


def _choice(one: Said, cells: Mapping[str, str], column: str, known: Mapping[str, T]) -> T | None:
    text = cells.get(column, "").casefold()
    if text in known:
        return known[text]
    if text:
        names = ", ".join(f"« {name} »" for name in known if name)
        one.refuse(column, FaultCode.NOT_A_CHOICE, _("One of these is wanted: %(names)s.") % {"names": names})
    return None


def _day(one: Said, cells: Mapping[str, str], column: str) -> date | None:
    text = cells.get(column, "")
    if not text:
        return None
    iso, french = _ISO.fullmatch(text), _FRENCH.fullmatch(text)
    try:
        if iso:
            return date(*map(int, iso.groups()))
        if french:
            return date(*map(int, reversed(french.groups())))
    except ValueError:
        one.refuse(column, FaultCode.NOT_A_DAY, _("There is no such day: %(text)s.") % {"text": text})
        return None
    one.refuse(column, FaultCode.NOT_A_DAY, _("A day is written like 2027-02-28 or 28/02/2027."))
    return None


def _number(one: Said, cells: Mapping[str, str], column: str, *, least: int, most: int) -> int | None:
    text = cells.get(column, "")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        one.refuse(column, FaultCode.NOT_A_NUMBER, _("A whole number between %(least)d and %(most)d is wanted.") % {"least": least, "most": most})  # fmt: skip
        return None
    return int(text)
