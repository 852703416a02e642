"""One contract as stopping sees it: its rows, read or locked in the agreed order, and where it stands on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from payments.disputes import is_disputed
from payments.invoicing.open_items import open_item, standing_bill
from payments.models import Invoice, Payment
from payments.refunds import given_back
from payments.vat import ttc_left
from subscriptions.calendar import DeliveryZone, withdraw_until
from subscriptions.dates import LIVING, dates_of_subscription, departures, first_day
from subscriptions.gifts.carried import lock_where_served, served_as
from subscriptions.losses.stock import lock_stock
from subscriptions.models import (
    Declaration,
    Entitlement,
    EntitlementMovement,
    Notice,
    Order,
    Renewal,
    RenewalProof,
    SoldIssue,
    Subscription,
    Term,
)
from subscriptions.models.gifts import CARRIED
from subscriptions.moving import COMING
from subscriptions.pricing.paid import last_bought
from subscriptions.renewals.moving import OVER
from subscriptions.singles.unsent import price_back
from subscriptions.stopping.effects import WAITING, Standing, Undone

Copy = Entitlement.State
#: Copies that can still be taken back; those in a file are on their way.
UNSERVED = (Copy.OWED, Copy.HELD)
#: Copies for which nothing was given back.
KEPT = (Copy.OWED, Copy.HELD, Copy.ASSIGNED, Copy.SERVED)


@dataclass(frozen=True, slots=True)
class Contract:
    """A subscription with its terms, copies and payments; or an order that has not become one.

    `givers`: payments of others, for years that were given and go on here: what is not served of them is theirs. `left`:
    the day each copy was posted, by primary key.
    """

    subscription: Subscription | None
    order: Order | None
    terms: Sequence[Term] = field(default_factory=tuple)
    copies: Sequence[Entitlement] = field(default_factory=tuple)
    payments: Sequence[Payment] = field(default_factory=tuple)
    givers: Sequence[Payment] = field(default_factory=tuple)
    left: Mapping[int, date] = field(default_factory=dict)

    @property
    def money(self) -> Sequence[Payment]:
        """Every payment that some of its copies were paid with."""
        return [*self.payments, *self.givers]

    @property
    def promise(self) -> Subscription:
        """The subscription. Raises ValueError for an order that has not become one."""
        if self.subscription is None:
            raise ValueError("this order has not become a subscription")
        return self.subscription

    @property
    def wish(self) -> Order:
        """The order it began with. Raises ValueError where it did not begin here."""
        if self.order is None:
            raise ValueError("this contract was not ordered here")
        return self.order

    def of_term(self, term: Term) -> list[Entitlement]:
        """The copies of one term, in serving order; of a gift that is served elsewhere, those that serve it there."""
        elsewhere = served_as([term] if self.promise.is_gift else []).get(term.pk)
        if elsewhere is None:
            return [copy for copy in self.copies if copy.term_id == term.pk]
        own = [copy for copy in self.copies if copy.term_id == term.pk and copy.state != Copy.VOID]
        return own + [copy for copy in self.copies if copy.term_id == elsewhere]


def contract_of(*, subscription: int | None = None, order: int | None = None, lock: bool = False) -> Contract:
    """The rows of one contract. With `lock`, each is locked: payments, orders, renewals, subscription, copies.

    Give one of the two keys; an order that was paid is read as its subscription, even if it was paid only while the
    locks were waited for. Eleven queries at most.
    """
    if subscription is None and order is not None:
        subscription = Term.objects.filter(order=order).values_list("subscription", flat=True).first()
    if subscription is None and order is not None:
        unpaid = _unpaid(order, lock=lock)
        # Paid while its lock was waited for: by now it is a subscription.
        subscription = Term.objects.filter(order=order).values_list("subscription", flat=True).first() if lock else None
        if subscription is None:
            return unpaid
    if subscription is None:
        raise ValueError("a contract is a subscription or an order")
    terms = _terms(subscription)
    orders = [term.order_id for term in terms if term.order_id]
    given = [term.carries.sold.payment_id for term in terms if term.source == CARRIED]
    money = Payment.objects.filter(
        Q(pk__in=[term.payment_id for term in terms if term.payment_id])
        | Q(subject__in=[f"order:{key}" for key in orders])
        | Q(subject__startswith=f"term:{subscription}:")
        | Q(pk__in=given)
    ).order_by("pk")
    promises = Subscription.objects.select_related("payer", "holder", "offer", "magazine", "recipient")
    if lock:
        money = money.select_for_update(of=("self",), no_key=True)
        promises = promises.select_for_update(of=("self",), no_key=True)
    payments = list(money)
    if lock:
        list(Order.objects.select_for_update(no_key=True).filter(pk__in=orders).order_by("pk"))
        open_renewals = Renewal.objects.filter(subscription=subscription).exclude(state__in=OVER)
        list(open_renewals.select_for_update(no_key=True).order_by("pk"))
        if any(term.order is not None and term.order.is_gift for term in terms):
            lock_where_served([subscription])
    found = promises.get(pk=subscription)
    if lock:
        terms = _terms(subscription)  # a year may have begun while the locks were waited for
    copies = _copies(found, terms, lock=lock)
    return Contract(
        found,
        terms[0].order if terms else None,
        terms,
        copies,
        [one for one in payments if one.pk not in given],
        [one for one in payments if one.pk in given],
        _left(copies),
    )


def _left(copies: Sequence[Entitlement]) -> Mapping[int, date]:
    days = departures(Q(entitlement__in=[copy.pk for copy in copies]))
    return {key: on for (key, kind), on in days.items() if kind == EntitlementMovement.Kind.SERVE}


def _copies(promise: Subscription, terms: Sequence[Term], *, lock: bool) -> list[Entitlement]:
    """The copies of a contract; of a gift that goes on elsewhere also those that serve it there.

    Asked once the locks of both are held: from then on nobody can let it go on elsewhere.
    """
    elsewhere = list(served_as(terms).values()) if promise.is_gift else []
    mine = Q(term__subscription=promise.pk)
    copies = Entitlement.objects.filter(mine | Q(term__in=elsewhere) if elsewhere else mine)
    copies = copies.select_related("issue").order_by("term__number", "rank")
    if lock:
        copies = copies.select_for_update(of=("self",), no_key=True)
    return list(copies)


def standing_of(contract: Contract, *, on: date, orders: Collection[str] = ()) -> Standing:
    """Where a contract stands on day `on` (Paris), from the one calculator of dates.

    `orders`: references that a declaration names; where that is one order of it, a withdrawal is about that one.
    """
    if contract.subscription is None:
        return _standing_of_order(contract)
    dates = dates_of_subscription(contract.subscription, on=on)
    named = term_named(contract, orders)
    until = _withdraw_until(contract, named) if named else dates.withdraw_until
    still_open = named in _withdrawable(contract, on=on) if named else dates.withdrawal_open
    stopped = bool(stopped_and_waiting([contract.subscription.pk]))
    order, bought = contract.order, last_bought(contract.subscription.pk)
    disputed = is_disputed(contract.payments)
    all_disputed = disputed or is_disputed(contract.givers)
    return Standing(
        subscription=True,
        over=stopped or contract.subscription.state not in LIVING,
        bought_here=order is not None,
        automatic=contract.subscription.renewal == "automatic",
        withdrawal_open=still_open and dates.withdrawal_open and not stopped,
        withdraw_until=until,
        ends_on=dates.ends_on,
        paid=paid(contract.payments) + received(contract.terms),
        # What another person paid for copies that came as a gift is given back to them, and is not this reader's to see.
        unserved_price=sum(
            (_given_back_for(contract, term) for term in contract.terms if term.source != CARRIED),
            Decimal("0.00"),
        ),
        waits=all_disputed or any(copy.state == Copy.ASSIGNED for copy in contract.copies),
        disputed=all_disputed,
        notice=bought is None or renewal_was_announced(bought),
        unpaid=False,
        debited=False,
        undone=_undone(contract, on=on, orders=orders, disputed=disputed),
        billed=_is_billed(contract.terms),
    )


def terms_withdrawn(
    contract: Contract, *, on: date, orders: Collection[str] = (), since: datetime | None = None
) -> Sequence[Term]:
    """The terms that a withdrawal of day `on` undoes: each order has its own period (C. conso L221-18).

    The one whose order the reader has named, if its period is open. Else from the first order whose period is open, to the
    last term: what follows goes with it, but for a gift that somebody else has paid. All of them where none is open, for
    then a person has decided to give everything back. `since`: one that was undone after it, by a bank or for this very
    withdrawal, counts as it stood then.
    """
    still_open = _withdrawable(contract, on=on, since=since)
    named = term_named(contract, orders)
    if named is not None:
        return [named] if named in still_open else contract.terms
    if not still_open:
        return contract.terms
    return [term for term in contract.terms[contract.terms.index(still_open[0]) :] if term.source != CARRIED]


def term_named(contract: Contract, orders: Collection[str]) -> Term | None:
    """The term whose order is named by its reference; None where none or several are."""
    named = [term for term in contract.terms if term.order is not None and term.order.reference in orders]
    return named[0] if len(named) == 1 else None


def undone_since(term: Term, since: datetime) -> bool:
    """Whether a term was taken back whole then or later. No query for terms of a contract."""
    undone = getattr(term, "undone", None)
    return undone is not None and undone.at >= since


def _withdrawable(contract: Contract, *, on: date, since: datetime | None = None) -> list[Term]:
    """The terms whose order may still be withdrawn from on day `on`, in order."""
    found = []
    for term in contract.terms:
        if term.order is not None and since is not None and undone_since(term, since):
            found.append(term)
        elif term.order is not None and any(copy.state in KEPT for copy in contract.of_term(term)):
            until = _withdraw_until(contract, term)
            if until is None or on <= until:
                found.append(term)
    return found


def _withdraw_until(contract: Contract, term: Term) -> date | None:
    """The last day to withdraw from the order of a term; None while no copy of it has left."""
    left = [contract.left.get(copy.pk) for copy in contract.of_term(term)]
    zone = term.order.delivery.delivery_zone if term.order is not None else DeliveryZone.FR
    return withdraw_until(posted_on=first_day(left), zone=DeliveryZone(zone))


def _undone(contract: Contract, *, on: date, orders: Collection[str], disputed: bool) -> Undone | None:
    terms, named = terms_withdrawn(contract, on=on, orders=orders), term_named(contract, orders)
    if len(terms) == len(contract.terms):
        return None
    copies = [copy for term in terms for copy in contract.of_term(term)]
    besides = [term for term in contract.terms if term not in terms]
    owed = any(copy.state in COMING for term in besides for copy in contract.of_term(term))
    kept = [term for term in besides if any(copy.state in KEPT for copy in contract.of_term(term))]
    ends_on = max((term.ends_on for term in kept), default=None)
    return Undone(
        paid=paid([one for one in contract.payments if one.pk in {term.payment_id for term in terms}])
        + received(terms),
        waits=disputed or any(copy.state == Copy.ASSIGNED for copy in copies),
        runs_until=ends_on if ends_on is not None and (ends_on >= on or owed) else None,
        named=named.order.reference if named is not None and named.order is not None else "",
        gift=all(term.source == CARRIED for term in besides),
        billed=_is_billed(terms),
    )


def _given_back_for(contract: Contract, term: Term) -> Decimal:
    """What comes back for the copies of a term that can still be taken back; of one that is not paid whole, less than they cost."""
    price = unserved_price(term, contract.of_term(term))
    bill = bill_of(term) if price and _on_invoice(term) else None
    return price if bill is None else max(price - max(open_item(bill).left, Decimal("0.00")), Decimal("0.00"))


def _is_billed(terms: Sequence[Term]) -> bool:
    return bool(terms) and _on_invoice(terms[0])


def _on_invoice(term: Term) -> bool:
    """Whether its order was invoiced before it was paid, and stands. No query."""
    standing = (Order.State.INVOICED, Order.State.PAID)
    return term.payment_id is None and term.order is not None and term.order.state in standing


def bill_of(term: Term) -> Invoice | None:
    """The invoice that a term stands on which nobody had to pay first; None for one that was paid."""
    return standing_bill(term.order.subject) if term.payment_id is None and term.order is not None else None


def unserved_price(term: Term, copies: Sequence[Entitlement]) -> Decimal:
    """What the copies of a term that can still be taken back cost, in euros incl. VAT: 20.70 for three of four.

    Counted so that several credits of one term add up to its price. Free copies cost nothing.
    """
    priced = [copy for copy in copies if copy.value_ht]
    back = sum(copy.state in UNSERVED for copy in priced)
    if not back:
        return Decimal("0.00")
    kept = sum(copy.state in KEPT for copy in priced)
    whole = term.amount.amount
    before = ttc_left(whole, copies=len(priced), served=kept)
    return ttc_left(whole, copies=len(priced), served=kept - back) - before


def paid(payments: Sequence[Payment]) -> Decimal:
    """What these payments brought and was not given back, nor is about to be, by either way; in euros. Two queries."""
    taken = [one for one in payments if one.state == Payment.State.SUCCEEDED and not one.surplus]
    return sum((one.amount.amount for one in taken), Decimal("0.00")) - given_back(taken)


def received(terms: Sequence[Term]) -> Decimal:
    """What came by transfer for terms that were invoiced before they were paid, and has not gone back; in euros. No query
    without such a term."""
    bills = [bill for term in terms if _on_invoice(term) and (bill := bill_of(term)) is not None]
    return sum((open_item(bill).kept for bill in bills), Decimal("0.00"))


def stopped_and_waiting(subscriptions: Iterable[int]) -> set[int]:
    """Those that were stopped already and only wait for their money: nothing about them can be declared or chosen anew."""
    return set(waiting_for_money().filter(subscription__in=subscriptions).values_list("subscription", flat=True))


def waiting_for_money() -> QuerySet[Declaration]:
    """Declarations that have stopped a contract already, and wait for what they give back."""
    return Declaration.objects.filter(effect__in=WAITING, refund=None, state=Declaration.State.APPLIED)


def renewal_was_announced(term: Term) -> bool:
    """Whether the law's notice before this term is proved (C. conso L215-1); True for a term that the reader bought.

    A notice that came back is no proof. Who paid on a page themselves, or ordered, was not renewed by tacit consent.
    """
    by_choice = term.payment is not None and term.payment.way == Payment.Way.CHECKOUT
    if term.number == 1 or term.order_id is not None or by_choice:
        return True
    proofs = RenewalProof.objects.filter(
        renewal__term=term, kind=RenewalProof.Kind.LEGAL, renews_on=term.starts_on
    ).exclude(notice_proof__notice__state=Notice.State.BOUNCED)
    return proofs.exists()


def _terms(subscription: int) -> list[Term]:
    return list(
        Term.objects.filter(subscription=subscription)
        .select_related("order__delivery", "payment", "carried_as", "carries__sold", "undone")
        .order_by("number")
    )


def _unpaid(order: int, *, lock: bool) -> Contract:
    money = Payment.objects.filter(subject=f"order:{order}").order_by("pk")
    orders = Order.objects.all()
    if lock:
        money, orders = money.select_for_update(no_key=True), orders.select_for_update(no_key=True)
    payments = list(money)
    wish = orders.get(pk=order)
    if lock:
        lock_stock([order])  # of past issues: what has not left now does not leave before this is over
    return Contract(None, wish, payments=payments)


def _standing_of_order(contract: Contract) -> Standing:
    order = contract.wish
    if order.state == Order.State.PAID:
        return _standing_of_singles(contract)
    states = {one.state for one in contract.payments if not one.surplus}
    coming = bool(states & {Payment.State.PROCESSING, Payment.State.SUCCEEDED})
    waiting = order.state in (Order.State.DRAFT, Order.State.AWAITING_PAYMENT)
    return Standing(
        subscription=False,
        over=False,
        bought_here=True,
        automatic=False,
        withdrawal_open=True,
        withdraw_until=None,
        ends_on=None,
        paid=order.amount.amount if coming else Decimal("0.00"),
        unserved_price=Decimal("0.00"),
        waits=False,
        disputed=False,
        notice=True,
        unpaid=waiting and not coming,
        debited=waiting and coming,
    )


def _standing_of_singles(contract: Contract) -> Standing:
    """An order that is paid and has no subscription: past issues. What its second payment does is not asked. Six queries."""
    lines = list(SoldIssue.objects.filter(order=contract.wish, replaces=None))
    paying = [one for one in contract.payments if one.state == Payment.State.SUCCEEDED and not one.surplus]
    disputed = is_disputed(paying)
    return Standing(
        subscription=False,
        over=all(line.state == SoldIssue.State.VOID for line in lines),
        bought_here=True,
        automatic=False,
        withdrawal_open=False,
        withdraw_until=None,
        ends_on=None,
        paid=paid(contract.payments),
        unserved_price=sum((price_back(lines, one, disputed=disputed) for one in paying), Decimal("0.00")),
        waits=False,
        disputed=disputed,
        notice=True,
        unpaid=False,
        debited=False,
        singles=True,
    )
