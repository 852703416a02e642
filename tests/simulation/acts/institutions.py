"""Institutions: an order on paper, by itself or through an agency, several copies, invoiced before it is paid.

Their treasurers pay in full, in parts, late, too much or never; what is never paid is cancelled, or written off once all of
it was sent. A transfer comes to the bank under whatever the treasurer wrote: the number, a number that is nearly right, a name
alone; of some a bank keeps its charges, some are noted by hand before their statement is here. Ninety days before its end
each gets a quote, and some order the next year by it. Whatever stopped a story, it is begun anew: the form that was sent is
known by its token, a transfer by its reference.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

from payments.invoicing.issuing import Buyer
from payments.invoicing.open_items import open_item
from payments.models import BankReceipt, Invoice, ReceiptShare, Transfer
from payments.receipts import CannotReceive
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.calendar import CalendarTooShort
from subscriptions.institutions.agencies import CannotAdd, add_agency, grant_discount
from subscriptions.institutions.cancelling import CannotCancel, cancel
from subscriptions.institutions.ordering import CannotOrder, Ordered, Paper, order_by_paper, priced
from subscriptions.institutions.receiving import receive
from subscriptions.institutions.returning import CannotReturn, give_surplus_back
from subscriptions.institutions.writing_off import CannotWriteOff, write_off
from subscriptions.models import Agency, Entitlement, Offer, Order, PurchaseOrder, Quote, Subscription
from tests.simulation.acts.staff import FINANCE, SUPPORT
from tests.simulation.asking import refused
from tests.simulation.bank import Meant
from tests.simulation.browser import TurnedAway
from tests.simulation.clock import paris
from tests.simulation.shop import Shop, Story

TRIES = 9
WAYS = ("full", "full", "full", "parts", "late", "too much", "never", "cancelled")
UNSENT = (Entitlement.State.OWED, Entitlement.State.HELD)
OFFICE = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Prenax SAS", street="11 rue de Rome", postcode="75008", town="Paris",
    country="FR",
)  # fmt: skip


def come(shop: Shop) -> None:
    """One for each forty readers, and one at least; their agency is known from the first day on."""
    many = -(-shop.plan.readers // 40)
    if not many:
        return
    add_agency(
        Buyer("pro_fr", "Prenax SAS", (), "FR", siren="348876517"), OFFICE, postal_label(OFFICE),
        email="commandes@prenax.example", percent=Decimal(5), reason="Accord-cadre.", actor=FINANCE, at=shop.clock.now,
    )  # fmt: skip
    chance = shop.plan.chance("institutions")
    days = 365.25 * shop.plan.years * 0.6
    for number in range(1, many + 1):
        at = paris(shop.plan.begins, 10) + timedelta(days=chance.uniform(1, days))
        shop.tell(
            f"institution {number}", "orders on paper",
            lambda number=number: orders(shop, number),  # type: ignore[misc]
            at=at, tries=TRIES,
        )  # fmt: skip
    shop.agenda.add(
        shop.clock.now + timedelta(days=300), lambda: _dearer(shop), who="finance", what="grants a discount"
    )


def _dearer(shop: Shop) -> None:
    """From the first of next month on the agency gets more; twice is refused."""
    agency, today = Agency.objects.get(), shop.clock.today

    def grant(days: int) -> None:
        grant_discount(
            agency, percent=Decimal(7), valid_from=today + timedelta(days=days), reason="Volume.", actor=FINANCE,
            at=shop.clock.now,
        )  # fmt: skip

    grant(20)
    refused(CannotAdd, "known", lambda: grant(20))
    refused(CannotAdd, "past", lambda: grant(-1))
    shop.timetable.stirred()


def orders(shop: Shop, number: int, year: int = 1, renews: int | None = None) -> Story:
    """One year of one institution, from its paper to its quote."""
    chance = shop.plan.chance("institution", number, year)
    taken = _taken(shop, number, year, renews, chance)
    if taken is None:
        return
    yield shop.clock.now
    yield from _pays(shop, taken, number, year, chance)
    asks = paris(taken.term.ends_on - timedelta(days=70), 10)
    if asks > shop.clock.now and chance.random() < 0.7:
        key = taken.term.subscription_id
        shop.tell(
            f"institution {number}", f"orders year {year + 1}", lambda: orders(shop, number, year + 1, key), at=asks,
            tries=TRIES,
        )  # fmt: skip


def _paper(shop: Shop, number: int, year: int, renews: int | None, chance: Random) -> Paper:
    today = shop.clock.today
    home = TypedAddress(
        kind=AddressKind.ORGANISATION, organisation=f"Université n° {number}", service="SERVICE DES PERIODIQUES",
        street=f"{number} rue du Repos", postcode="69007", town="Lyon", country="FR",
    )  # fmt: skip
    paper = Paper(
        offer=Offer.objects.get(kind=Offer.Kind.SUBSCRIPTION, renewal=Offer.Renewal.FIXED), quantity=chance.choice((1, 2, 2, 3, 5)), kind="public_fr",
        organisation=home.organisation, email=f"periodiques{number}@universite.example", number=f"BC-{number}-{year}",
        dated_on=shop.plan.begins, delivery=home, delivery_label=postal_label(home), siren="130021397",
        siret="13002139700011", due_days=chance.choice((None, None, 45)),
    )  # fmt: skip
    if chance.random() < 0.4:
        to = chance.choice((PurchaseOrder.InvoicedTo.AGENCY, PurchaseOrder.InvoicedTo.INSTITUTION))
        paper = replace(paper, agency=Agency.objects.get(), agency_reference=f"PRX{number}", invoiced_to=to)
    civil = chance.random() < 0.4
    if renews is not None:
        paper = replace(paper, renews=Subscription.objects.get(pk=renews))
        quoted = Quote.objects.filter(subscription=renews).order_by("-pk").first()
        return replace(paper, quantity=quoted.quantity) if quoted is not None else paper
    return replace(paper, calendar_year=today.year + 1) if civil else paper


def _taken(shop: Shop, number: int, year: int, renews: int | None, chance: Random) -> Ordered | None:
    """The paper is taken, once however often it is sent; None where it cannot go on, which is said."""
    token = uuid.UUID(int=chance.getrandbits(128))
    paper, at = _paper(shop, number, year, renews, chance), shop.clock.now

    def take(said: Paper, total: Decimal, form: uuid.UUID) -> Ordered:
        return order_by_paper(
            said, expected_total=total, form_token=form, reason="Bon de commande reçu.", actor=SUPPORT, at=at
        )

    if Order.objects.filter(form_token=token).exists():
        return take(paper, Decimal(0), token)
    if renews is not None and Subscription.objects.get(pk=renews).state == Subscription.State.ENDED:
        refused(CannotOrder, "over", lambda: priced(paper, on=shop.clock.today))
        return None
    try:
        found = priced(paper, on=shop.clock.today)
    except CalendarTooShort:
        return None  # nobody orders further ahead than issues are planned
    other = uuid.UUID(int=chance.getrandbits(128))
    refused(CannotOrder, "total_changed", lambda: take(paper, found.total + 1, other))
    taken = {(take(paper, found.total, token)).order.pk for _twice in range(2)}
    assert len(taken) == 1, "one form is one order"
    refused(CannotOrder, "taken", lambda: take(paper, found.total, other))
    return take(paper, found.total, token)


def _pays(shop: Shop, taken: Ordered, number: int, year: int, chance: Random) -> Story:
    bill, total = taken.invoice, taken.invoice.total_ttc.amount
    way, ref = chance.choice(WAYS), f"VIR-{number}-{year}"
    assert bill.due_on is not None
    days = {"late": chance.uniform(16, 40), "never": 50}.get(way, -chance.uniform(1, 25))
    yield max(paris(bill.due_on, 14) + timedelta(days=days), shop.clock.now)
    if way == "never":
        yield from _given_up(shop, taken)
    elif way == "parts":
        _transfers(shop, bill, total / 4, f"{ref}-1", chance)
        yield shop.clock.now + timedelta(days=chance.uniform(1, 60))
        _transfers(shop, bill, total - (total / 4).quantize(total), f"{ref}-2", chance)
    elif way == "too much":
        _transfers(shop, bill, total + 10, ref, chance)
        yield from _received(shop, bill)
        _returns_surplus(shop, bill)
    else:
        _transfers(shop, bill, total, ref, chance)
    if way == "cancelled":
        yield from _received(shop, bill)
        yield shop.clock.now + timedelta(days=chance.uniform(1, 200))
        _cancels(shop, taken)


def _received(shop: Shop, bill: Invoice) -> Story:
    """Once it is in the books, a statement or two later."""
    for _week in range(12):
        yield shop.clock.now + timedelta(days=7)
        if ReceiptShare.objects.filter(invoice=bill).exists():
            return
    raise TurnedAway("nobody has found the transfer")


def _written(number: str, chance: Random) -> str:
    """What a treasurer makes of F2027-000012; the last but one names the buyer alone, the last nobody."""
    year, digits = number[1:5], number[6:]
    place = chance.randrange(5)
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    said: str = chance.choice(
        (
            number, number, number, number, f"FACTURE {number}", f"F {year} {digits}", f"{number[:8]}\n{number[8:]}",
            f"F{year}-{int(digits)}", f"FACT {digits}", f"F{year}-{swapped}", f"F{year}-{wrong}", "ABONNEMENT", "REGLEMENT",
        )
    )  # fmt: skip
    # Whoever names another open invoice, and its very amount, pays that one: nobody could know better.
    return number if said != number and Invoice.objects.filter(reference=said).exists() else said


def _transfers(shop: Shop, bill: Invoice, amount: Decimal, ref: str, chance: Random) -> None:
    """The treasurer's transfer reaches the bank; one in five is noted by hand at once. Ordered once, whatever stops the story."""
    cents, how, said = amount.quantize(bill.total_ttc.amount), chance.random(), _written(bill.reference, chance)
    if any(one.end_to_end == ref for one in shop.bank.moved):
        return
    meant, name = Meant("invoice", (bill.reference,)), f"TRES {bill.buyer_name}"[:60]
    if how < 0.2:
        said = bill.reference
        _receives(shop, bill, cents, ref)
    elif how > 0.92 and cents == bill.total_ttc.amount:
        said, meant = bill.reference, replace(meant, part="charges")
        cents -= Decimal("12.50")
    text = f"VIR {said}" if said != "REGLEMENT" else "VIR REGLEMENT"
    shop.bank.move(shop.clock.today, cents, text, "TRESORERIE" if said == "REGLEMENT" else name, meant, end_to_end=ref)


def _receives(shop: Shop, bill: Invoice, cents: Decimal, ref: str) -> None:
    """Finance notes a transfer that the bank's page shows; noted twice, once."""
    if BankReceipt.objects.filter(bank_reference=ref).exists():
        return

    def note() -> BankReceipt:
        return receive(
            bill, amount=cents, bank_reference=ref, received_on=shop.clock.today, payer="TRESORERIE UNIVERSITE",
            reason="Vu sur la page de la banque.", actor=FINANCE, at=shop.clock.now,
        )  # fmt: skip

    note()
    refused(CannotReceive, "noted", note)


def _returns_surplus(shop: Shop, bill: Invoice) -> None:
    receipt = BankReceipt.objects.get(shares__invoice=bill)

    def give() -> None:
        give_surplus_back(receipt.pk, reason="Reçu de trop.", actor=FINANCE, at=shop.clock.now)

    if not Transfer.objects.filter(receipt=receipt).exists():
        give()
    refused(CannotReturn, "nothing", give)


def _given_up(shop: Shop, taken: Ordered) -> Story:
    """Nobody paid: what was not sent is cancelled, what was sent is written off once nothing is to come."""
    taken.order.refresh_from_db()
    if taken.order.state == Order.State.INVOICED:
        _cancels(shop, taken)
    yield shop.clock.now + timedelta(days=60)
    if open_item(taken.invoice).left <= 0:
        return
    if Entitlement.objects.filter(term=taken.term, state__in=(*UNSENT, Entitlement.State.ASSIGNED)).exists():
        refused(
            CannotWriteOff, "coming",
            lambda: write_off(taken.invoice, reason="Liquidation.", actor=FINANCE, at=shop.clock.now),
        )  # fmt: skip
        return
    write_off(taken.invoice, reason="Liquidation.", actor=FINANCE, at=shop.clock.now)
    refused(
        CannotWriteOff, "nothing",
        lambda: write_off(taken.invoice, reason="Liquidation.", actor=FINANCE, at=shop.clock.now),
    )  # fmt: skip


def _cancels(shop: Shop, taken: Ordered) -> None:
    """What is not in a file is taken back; nothing twice."""

    def take_back() -> None:
        cancel(taken.order, reason="Erreur de commande.", actor=FINANCE, at=shop.clock.now)

    refused(CannotCancel, "no_reason", lambda: cancel(taken.order, reason=" ", actor=FINANCE, at=shop.clock.now))
    if Entitlement.objects.filter(term=taken.term, state__in=UNSENT).exists():
        take_back()
    refused(CannotCancel, "served", take_back)
