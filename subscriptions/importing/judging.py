"""Is a line let in, and as what? Pure: what it says and what is known go in; faults, warnings and a plan come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from payments.territories import UnknownTerritory, zone_of
from payments.vat import BuyerKind, NoRate, VatTreatment, copies_value, treatment
from subscriptions.addresses.territories import is_french_postal_area
from subscriptions.calendar import delivery_zone_of, is_open, legal_notice_window
from subscriptions.importing.faults import Fault, FaultCode, WarningCode
from subscriptions.importing.knowing import Identity, Known, Seen, Taken, same_name
from subscriptions.importing.saying import Person, Said
from subscriptions.models import ImportRow, Issue, Offer
from subscriptions.offers.catalogue import dates_of
from subscriptions.renewals.calendar import renews_on

Outcome = ImportRow.Outcome


@dataclass(frozen=True, slots=True)
class Plan:
    """What a line becomes. `values`: of every copy bought, in euros without VAT; the first `served` were served elsewhere.

    `served_issues`: those of them whose issue is known here, None for the others; `issues`: those of the copies to come
    that are planned. `renews_on`: R as it is today.
    """

    said: Said
    offer: Offer
    vat: VatTreatment
    values: Sequence[Decimal]
    served: int
    served_issues: Sequence[Issue | None]
    issues: Sequence[Issue]
    renews_on: date
    payer: Identity
    holder: Identity | None
    recipient: Identity | None

    @property
    def copies_left(self) -> int:
        """Copies that this shop serves, of all issues to come."""
        return (len(self.values) - self.served) * self.said.quantity

    @property
    def deferred(self) -> Decimal:
        """What they are worth without VAT, in euros."""
        return sum(self.values[self.served :], Decimal("0.00"))


@dataclass(slots=True)
class Judged:
    """What is made of one line; `plan` where it is let in, `here` where it was before."""

    outcome: str
    faults: Sequence[Fault] = ()
    warnings: list[Fault] = field(default_factory=list)
    plan: Plan | None = None
    here: Taken | None = None


def judge(one: Said, known: Known, seen: Seen, *, line: int, fingerprint: str, on: date, charge_from: date) -> Judged:
    """Judge one line on day `on`; `seen` is told what it names, so lines are judged in their order."""
    if any(fault.column == "" for fault in one.faults):
        return Judged(Outcome.FAULTY, one.faults)  # it could not be cut: there is nothing more to say
    earlier = seen.references.setdefault(one.reference, line)
    taken = known.taken.get(one.reference) if one.reference else None
    if taken is not None and earlier == line:
        if taken.fingerprint == fingerprint:
            return Judged(Outcome.KNOWN, here=taken)
        said_otherwise = Fault("reference", WarningCode.SAID_OTHERWISE, _("This subscription is here already, and another line brought it. Nothing of it is changed: correct it on its own page."))  # fmt: skip
        return Judged(Outcome.DIFFERENT, (), [said_otherwise], here=taken)
    if one.reference and earlier != line:
        one.refuse("reference", FaultCode.TWICE, _("Line %(line)d has this reference already.") % {"line": earlier})
    warnings: list[Fault] = []
    plan = _plan(one, known, seen, warnings, on=on, charge_from=charge_from)
    if one.faults or plan is None:
        return Judged(Outcome.FAULTY, one.faults, warnings)
    return Judged(Outcome.READY, (), warnings, plan)


def _plan(one: Said, known: Known, seen: Seen, warnings: list[Fault], *, on: date, charge_from: date) -> Plan | None:
    offer = known.offers.get(one.offer)
    if one.offer and offer is None:
        one.refuse("formule", FaultCode.UNKNOWN_OFFER, _("There is no offer with this code."))
    if offer is not None and one.renewal == "automatic" and offer.renewal != "automatic":
        one.refuse("reconduction", FaultCode.NOT_RENEWABLE, _("This offer does not renew itself."))
    if one.ends_on is not None and one.ends_on < on and one.left == 0:
        one.refuse("fin", FaultCode.ENDED, _("This term is over, and nothing is owed any more."))
    payer, holder, recipient = _people(one, known, seen, warnings)
    _means_are_theirs(one, payer, known, seen)
    vat = _vat(one, known, offer)
    if offer is None or vat is None or one.bought is None or one.left is None or one.left > one.bought:
        return None
    shelf = known.issues[offer.magazine_id]
    served = one.bought - one.left
    number = _next(one, shelf, warnings, on=on)
    if number is None or one.amount is None or one.ends_on is None or one.starts_on is None:
        return None
    numbers = {row.number: row for row in shelf}
    issues = [row for row in shelf if row.number >= number][: one.left]
    before = [numbers.get(number - served + place) for place in range(served)]
    day = renews_on(term_ends_on=one.ends_on, last_owed_post=issues[-1].post_on if issues else None)
    if one.place is not None:
        _warn(one, offer, known, warnings, day, on=on, charge_from=charge_from)
    return Plan(
        said=one,
        offer=offer,
        vat=vat,
        values=copies_value(one.amount, one.bought, vat.rate),
        served=served,
        served_issues=[row if row is not None and row.posted_on is not None else None for row in before],
        issues=issues,
        renews_on=day,
        payer=payer,
        holder=holder,
        recipient=recipient,
    )


def _vat(one: Said, known: Known, offer: Offer | None) -> VatTreatment | None:
    """By the address, on the first day of the term: what was paid was paid about then."""
    if one.place is None or one.starts_on is None or offer is None:
        return None
    typed = one.place.typed
    try:
        return treatment(
            zone=zone_of(typed.country, typed.postcode),
            buyer_kind=BuyerKind.CONSUMER,
            vat_number_valid=False,
            on=one.starts_on,
            rows=known.rates,
            category=offer.vat_category,
        )
    except (NoRate, UnknownTerritory):
        one.refuse("destinataire_pays", FaultCode.NO_RATE, _("There is no VAT rate for this address on the first day of the term."))  # fmt: skip
        return None


def _next(one: Said, shelf: Sequence[Issue], warnings: list[Fault], *, on: date) -> int | None:
    """The number of the next issue owed: the one that is named, else the first whose file is still open."""
    coming = [row for row in shelf if row.posted_on is None]
    if one.next_number is None:
        first = next((row for row in coming if is_open(dates_of(row), on=on)), None)
        if first is None:
            one.refuse("prochain_numero", FaultCode.NO_ISSUE, _("No issue is planned that could be the next one."))
        return first.number if first is not None else None
    known = next((row for row in shelf if row.number == one.next_number), None)
    if one.left and known is None:
        one.refuse("prochain_numero", FaultCode.NO_ISSUE, _("Issue no. %(number)d is not in the register of issues.") % {"number": one.next_number})  # fmt: skip
        return None
    if one.left and known is not None and known.posted_on is not None:
        one.refuse("prochain_numero", FaultCode.ISSUE_POSTED, _("Issue no. %(number)d is posted already.") % {"number": one.next_number})  # fmt: skip
        return None
    if one.left and known is not None and not is_open(dates_of(known), on=on):
        warnings.append(Fault("prochain_numero", WarningCode.FILE_CLOSED, _("The file of issue no. %(number)d is closed: this copy leaves with the complement.") % {"number": known.number}))  # fmt: skip
    return one.next_number


def _people(
    one: Said, known: Known, seen: Seen, warnings: list[Fault]
) -> tuple[Identity, Identity | None, Identity | None]:
    """Payer, holder and recipient, each joined to whom we know by the same e-mail and name."""
    told = one.recipient or Person("", "", "", "", "")
    if one.payer is None:
        payer = recipient = _identity(one, "destinataire", told, known, seen, warnings)
    else:
        payer = _identity(one, "payeur", one.payer, known, seen, warnings)
        recipient = _identity(one, "destinataire", told, known, seen, warnings) if told.email else None  # type: ignore[assignment]
    if one.holder is not None:
        return payer, _identity(one, "titulaire", one.holder, known, seen, warnings), recipient
    return payer, recipient if one.gift else payer, recipient


def _identity(one: Said, who: str, person: Person, known: Known, seen: Seen, warnings: list[Fault]) -> Identity:
    key = f"{one.reference}/{who}"
    if not person.email:
        return Identity(key, person)
    column, reader, earlier = f"{who}_email", known.readers.get(person.email), seen.emails.get(person.email)
    if earlier is not None:
        if same_name(earlier.person, person):
            return earlier
        return _apart(
            key,
            person,
            column,
            warnings,
            _(
                "Another name of this file has this e-mail address: not joined, and taken over without it. Letters go by post."
            ),
        )
    if reader is None:
        found = Identity(key, person)
    elif not reader.open:
        return _apart(
            key,
            person,
            column,
            warnings,
            _(
                "This e-mail address is that of a colleague, or of a record that is closed: not joined, and taken over without it. Letters go by post."
            ),
        )
    elif same_name(reader, person):
        found = Identity(key, person, reader.pk)
        warnings.append(Fault(column, WarningCode.JOINED, _("This e-mail address is that of reader no. %(key)d, of the same name: the subscription goes to their account.") % {"key": reader.pk}))  # fmt: skip
    else:
        return _apart(
            key,
            person,
            column,
            warnings,
            _(
                "Reader no. %(key)d has this e-mail address under another name: not joined, and taken over without it. Letters go by post."
            )
            % {"key": reader.pk},
        )
    seen.emails[person.email] = found
    return found


def _apart(key: str, person: Person, column: str, warnings: list[Fault], because: str) -> Identity:
    """A record of its own without the address, which opens somebody else's account: letters go by post."""
    warnings.append(Fault(column, WarningCode.NOT_JOINED, because))
    return Identity(key, replace(person, email=""))


def _means_are_theirs(one: Said, payer: Identity, known: Known, seen: Seen) -> None:
    """A customer of Stripe's is one payer's, and a means of payment one customer's."""
    means = one.means
    if means is None or not means.customer or not means.method:
        return
    owner = known.accounts.get(means.customer)
    if (means.customer in known.accounts and owner != payer.customer) or (
        seen.accounts.setdefault(means.customer, payer.key) != payer.key
    ):
        one.refuse(
            "stripe_client", FaultCode.MEANS_OF_ANOTHER, _("This customer of Stripe’s belongs to another payer.")
        )
    if known.methods.get(means.method, means.customer) != means.customer or (
        seen.methods.setdefault(means.method, means.customer) != means.customer
    ):
        one.refuse("stripe_moyen", FaultCode.MEANS_OF_ANOTHER, _("This means of payment belongs to another customer of Stripe’s."))  # fmt: skip


def _warn(
    one: Said, offer: Offer, known: Known, warnings: list[Fault], day: date, *, on: date, charge_from: date
) -> None:
    """What is let in all the same, and should be looked at."""
    if one.place is None or one.ends_on is None:
        return
    typed = one.place.typed
    if is_french_postal_area(typed.country) and not any(sign.isdigit() for sign in typed.street + typed.locality):
        warnings.append(
            Fault("destinataire_voie", WarningCode.NO_NUMBER, _("This address has no number in its street."))
        )
    if one.ends_on < on:
        warnings.append(Fault("fin", WarningCode.OVER, _("This term is over; the copies that are left are still served.")))  # fmt: skip
    prices = known.prices.get((offer.pk, delivery_zone_of(typed.country, typed.postcode)), ())
    if not any(price.renews_on(day) for price in prices):
        warnings.append(Fault("formule", WarningCode.NO_PRICE, _("The offer has no price for this address on %(day)s: no other year can be sold yet.") % {"day": _day(day)}))  # fmt: skip
    if one.renewal != "automatic":
        return
    if day < charge_from:
        warnings.append(Fault("fin", WarningCode.READERS_TURN, _("The next year begins on %(day)s, before the first day on which anybody of this file may be charged: the reader is asked, and nothing is debited.") % {"day": _day(day)}))  # fmt: skip
    elif on > legal_notice_window(day).send_until:
        warnings.append(Fault("fin", WarningCode.TOO_LATE_TO_ANNOUNCE, _("It is too late to announce the renewal of %(day)s as the law wants it: the reader is asked, and nothing is debited.") % {"day": _day(day)}))  # fmt: skip
    elif one.means is not None and one.means.exp_year and (one.means.exp_year, one.means.exp_month or 12) < (day.year, day.month):  # fmt: skip
        warnings.append(Fault("moyen_expiration", WarningCode.CARD_ENDS, _("The card ends before the renewal of %(day)s: the reader is asked for another one.") % {"day": _day(day)}))  # fmt: skip


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
