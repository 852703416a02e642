"""Disputes: what is owed of the terms that a disputed payment has paid is held, then released, or written off.

Design, section 6. The owner's acts of both purposes (`payments.disputing`): each runs inside the transaction that learns of
it, with the payment locked. Copies of a gift that go on at the end of its recipient's own subscription are held there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery

from payments import parked, refunds
from payments.actors import Actor
from payments.audit import CHUNK, Breaches
from payments.days import paris_day
from payments.desk import put_on_desk, take_off_desk
from payments.disputes import disputed_payments
from payments.invoicing.issuing import credit_part, credit_rest, left_of, standing_invoice, unserved, vat_by_rate
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import DeskItem, Dispute, Invoice, InvoiceLine, Payment
from payments.money import eur, french
from payments.parked import TAKEN_BACK
from payments.transfers import giving_back
from subscriptions.beginning import calendars
from subscriptions.calendar import is_open
from subscriptions.calendar.catching_up import catch_up
from subscriptions.gifts.carried import lock_where_served
from subscriptions.gifts.giving import take_back
from subscriptions.losses.doubts import in_doubt
from subscriptions.models import Entitlement, EntitlementMovement, Order, Pause, Renewal, Subscription, Term
from subscriptions.moving import give_other_issues, move, move_copies
from subscriptions.notices.telling import tell_reader
from subscriptions.notices.whom import reader_by_now
from subscriptions.offers.catalogue import dates_of
from subscriptions.refunding import still_runs, undo
from subscriptions.renewals.moving import OVER
from subscriptions.renewals.moving import move as move_plans
from subscriptions.renewals.outcomes import PURPOSE as RENEWAL
from subscriptions.renewals.planning import replan
from subscriptions.renewals.tries import plans_of
from subscriptions.singles import disputing as singles
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.reading import UNSERVED, stopped_and_waiting, unserved_price

Copy = Entitlement.State
State = Dispute.State
HELD, RELEASED, LOST = "the bank disputes its payment", "the dispute has ended", "the dispute was lost"
#: On the credit note, in French.
CREDITED = "contestation bancaire"


def hold(payments: Sequence[Payment], *, actor: Actor, at: datetime, reason: str = HELD) -> None:
    """Hold every copy still owed of what these locked payments have paid; a copy in a file is still sent. Safe to repeat."""
    terms = terms_paid_by(payments)
    # Whatever their state: one that a pause holds may be owed again in this very instant.
    owed = [copy for copy in _copies(terms).filter(term__in=terms) if copy.state == Copy.OWED]
    move_copies(owed, "hold", on=paris_day(at), actor=actor, at=at, reason=reason)
    singles.hold(payments, actor=actor, at=at, reason=reason)


def close(disputes: Sequence[Dispute], *, actor: Actor, at: datetime) -> None:
    """The bank has decided: copies are owed again, with later issues where theirs has left; or never come.

    Where it took a part of the price only, the rest is still paid for, and all come. A payment that is disputed by another
    one still stays as it is.
    """
    again = disputed_payments([one.payment_id for one in disputes])
    for dispute in disputes:
        lost = dispute.state == State.LOST and dispute.taken > dispute.returned
        in_part = lost and refunds.left_of(dispute.payment) > 0
        if lost and not in_part:
            _write_off(dispute, actor=actor, at=at)
            continue
        if in_part:
            _lose_a_part(dispute, at=at, actor=actor)
        if dispute.payment_id not in again:
            release(terms_paid_by([dispute.payment]), actor=actor, at=at)
            singles.release(dispute.payment, actor=actor, at=at, reason=RELEASED)


def release(terms: Sequence[Term], *, actor: Actor, at: datetime, reason: str = RELEASED) -> None:
    """Let the copies of these terms, whose subscriptions are locked, come again that nothing else holds; plan R anew.

    What a pause holds waits for it, as what an address in doubt does; what belongs to a contract that was stopped waits for
    its money.
    """
    on = paris_day(at)
    coming = list(_copies(terms).filter(state__in=UNSERVED))
    paused = set(
        Pause.objects.filter(entitlement__in=coming, state=Pause.State.HELD).values_list("entitlement", flat=True)
    )
    stopped = stopped_and_waiting({one.subscription_id for one in terms})
    doubted = in_doubt({one.subscription_id for one in terms})
    of = {one.pk for one in terms if one.subscription_id not in stopped | doubted}
    free = [copy for copy in coming if copy.state == Copy.HELD and copy.term_id in of and copy.pk not in paused]
    move_copies(free, "release", on=on, actor=actor, at=at, reason=reason)
    keys = sorted({copy.term.subscription_id for copy in free})
    for key in keys:
        theirs = [copy for copy in coming if copy.term.subscription_id == key]
        give_later(theirs, released=free, on=on, actor=actor, at=at, reason=reason)
    replan(keys, on=on, at=at, actor=actor)


def give_later(
    coming: Sequence[Entitlement],
    *,
    released: Collection[Entitlement],
    on: date,
    actor: Actor,
    at: datetime,
    reason: str,
) -> None:
    """Released copies whose issue can no longer be sent come with the next that can; those behind them make room."""
    subscription = coming[0].term.subscription
    shelf = {row.number: row for row in calendars({subscription.magazine_id})[subscription.magazine_id]}
    still_open = {number for number, row in shelf.items() if is_open(dates_of(row), on=on)}
    # What is owed of a closed issue leaves with it.
    copies = [copy for copy in coming if copy in released or copy.issue is None or copy.issue.number in still_open]
    sent = Entitlement.objects.filter(term__subscription=subscription, state__in=(Copy.ASSIGNED, Copy.SERVED))
    unwanted = Pause.objects.filter(term__subscription=subscription).exclude(state=Pause.State.CALLED_OFF)
    taken = {*sent.values_list("issue__number", flat=True), *unwanted.values_list("issue__number", flat=True)}
    numbers = [copy.issue.number if copy.issue else None for copy in copies]
    after = catch_up(numbers, sendable=still_open - taken)
    moves = {
        copy: shelf[number] if number is not None else None
        for copy, was, number in zip(copies, numbers, after, strict=True)
        if number != was
    }
    give_other_issues(moves, on=on, actor=actor, at=at, reason=reason)


def _write_off(dispute: Dispute, *, actor: Actor, at: datetime) -> None:
    """The bank keeps the money: the year is undone, and the books follow (law.md 6.3, « Dispute lost »).

    What was not served is credited, as if it had been given back; what was served is a loss. Nothing more is sent or
    charged, and the subscription ends unless another year still runs. See docs/decisions/0020.
    """
    payment, on = dispute.payment, paris_day(at)
    unserved = payment.effect == Payment.Effect.PARKED
    refunds.call_off(payment, reason=LOST, actor=actor, at=at)
    giving_back.call_off(payment, reason=LOST, actor=actor, at=at)
    parked.taken_by_bank(payment, reason=LOST, actor=actor, at=at)
    take_off_desk(kind="surplus", subject=f"payment:{payment.pk}", because=LOST, actor=actor, at=at)
    term = Term.objects.filter(payment=payment).select_related("order").first()
    if term is not None:
        dispute.credit_note = undo_year(
            term, payment, taken=dispute.taken, credited_as=CREDITED, actor=actor, at=at, reason=LOST
        )
    elif unserved and payment.purpose == RENEWAL:
        _end_plan(payment, actor=actor, at=at)
    else:
        dispute.credit_note = singles.write_off(dispute, actor=actor, at=at, reason=LOST, credited_as=CREDITED)
    lines: list[InvoiceLine] = []
    for note in refunds.notes_waiting(payment):
        if dispute.cleared + note.total_ttc.amount <= dispute.taken:
            dispute.cleared += note.total_ttc.amount
            lines += note.lines.all()
    post([entries.dispute_lost(dispute, booked_on=on, vat_by_rate=vat_by_rate(lines))], actor=actor, at=at)
    if refunds.left_of(payment) > 0:
        _say_in_part(dispute, "Un remboursement qui attendait n’est pas parti : ce qui en reste est à rendre.", at=at)
    if term is not None or dispute.credit_note is not None:
        _tell(dispute, at=at)


def _lose_a_part(dispute: Dispute, *, actor: Actor, at: datetime) -> None:
    """The books lose what the bank took; whether it is a rebate with a credit note, finance decides."""
    post([entries.dispute_lost(dispute, booked_on=paris_day(at), vat_by_rate={})], actor=actor, at=at)
    _say_in_part(dispute, "Les numéros viennent toujours ; un avoir est peut-être à faire.", at=at)


def _say_in_part(dispute: Dispute, what_is_left: str, *, at: datetime) -> None:
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="dispute_lost_in_part",
        subject=f"payment:{dispute.payment_id}",
        sentence=f"{dispute.payment.reference} : la banque a gardé {french(eur(dispute.taken))} sur "
        f"{french(dispute.payment.amount)}. {what_is_left}",
        at=at,
    )


def _tell(dispute: Dispute, *, at: datetime) -> None:
    """Whoever paid hears what has ended; nobody who had their data erased."""
    reader = reader_by_now(dispute.payment.customer_id)
    tell_reader(reader, "dispute_lost", f"dispute_lost:dispute:{dispute.pk}", {"dispute_id": dispute.pk}, at=at)


def undo_year(
    term: Term, payment: Payment, *, taken: Decimal, credited_as: str, actor: Actor, at: datetime, reason: str
) -> Invoice | None:
    """A year whose money its bank took back is undone: what was not served is credited, `taken` euros at most; returns the
    credit note, if there is one. In the caller's transaction, which has locked the payment. `credited_as`: on the note, in French.
    """
    on = paris_day(at)
    list(Order.objects.select_for_update(of=("self",), no_key=True).filter(term=term))
    plans = Renewal.objects.filter(subscription=term.subscription_id).exclude(state__in=OVER)
    list(plans.select_for_update(no_key=True).order_by("pk"))
    terms = terms_paid_by([payment])
    copies = list(_copies(terms).filter(term__in=terms))
    if len(terms) > 1:  # those that went on elsewhere are void here
        copies = [copy for copy in copies if copy.term != term or copy.state != Copy.VOID]
    note = _credit(term, copies, payment, taken, credited_as=credited_as, on=on, actor=actor, at=at, reason=reason)
    for one in terms:
        undo(one, actor=actor, at=at, reason=reason)
    subscription = Subscription.objects.get(pk=term.subscription_id)
    stop_renewing(subscription, actor=actor, at=at, reason=reason)
    if not still_runs(subscription, but=term, on=on):
        move([subscription], Subscription.State.ENDED, actor=actor, at=at, reason=reason)
    take_back(subscription, actor=actor, at=at, reason=reason)
    return note


def _end_plan(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """A year that its bank took back before it could be added: nothing is charged any more, for this year or a later one."""
    plan = plans_of([payment])[payment.pk]
    if not move_plans([plan], Renewal.State.CANCELLED, actor=actor, at=at, reason=LOST):
        return  # paid otherwise, or over: what is to be closed is before finance
    stop_renewing(plan.subscription, actor=actor, at=at, reason=LOST)
    take_off_desk(kind=TAKEN_BACK, subject=f"payment:{payment.pk}", because=LOST, actor=actor, at=at)


def _credit(
    term: Term,
    copies: Sequence[Entitlement],
    payment: Payment,
    taken: Decimal,
    *,
    credited_as: str,
    on: date,
    actor: Actor,
    at: datetime,
    reason: str,
) -> Invoice | None:
    """Take back what was not served, in copies and on paper; None where there is nothing to write a credit note about."""
    back = [copy for copy in copies if copy.state in UNSERVED]
    priced = [copy for copy in back if copy.value_ht]
    price, worth = unserved_price(term, copies), sum((copy.value_ht for copy in priced), Decimal("0.00"))
    invoice = standing_invoice(payment.pk)
    left = left_of(invoice) if invoice is not None else Decimal("0.00")
    credited = min(price, left, taken)
    move_copies([copy for copy in back if not copy.value_ht], "void", on=on, actor=actor, at=at, reason=reason)
    move_copies(priced, "credit" if credited else "void", on=on, actor=actor, at=at, reason=reason)
    if invoice is None or not credited:
        if worth:
            post([entries.given_up(f"term:{term.pk}", worth=worth, booked_on=on)], actor=actor, at=at)
        return None
    if credited == left:
        return credit_rest(invoice, reason=credited_as, unserved_ht=worth, on=on, actor=actor, at=at)
    return credit_part(
        invoice, ttc=credited, unserved_ht=worth, what=unserved(len(priced)), reason=credited_as, on=on, actor=actor, at=at
    )  # fmt: skip


def terms_paid_by(payments: Sequence[Payment]) -> list[Term]:
    """The terms that these payments have paid, and those that serve one of them elsewhere; their subscriptions locked."""
    sold = Term.objects.filter(payment__in=payments).values_list("subscription", flat=True)
    lock_where_served(list(sold))
    mine = Q(payment__in=payments) | Q(carries__sold__payment__in=payments)
    return list(Term.objects.filter(mine).order_by("pk"))


def _copies(terms: Sequence[Term]) -> QuerySet[Entitlement]:
    """Every copy of the subscriptions of these terms, to be locked, in the order in which they come."""
    copies = Entitlement.objects.select_for_update(of=("self",), no_key=True).select_related(
        "issue", "term__subscription"
    )
    keys = {one.subscription_id for one in terms}
    return copies.filter(term__subscription__in=keys).order_by("term__subscription", "term__number", "rank")


def held_while_disputed(at: datetime) -> Breaches:
    """COPIES: nothing is owed of what a disputed payment has paid, and nothing stays held once its bank has decided."""
    waiting = Dispute.objects.filter(settled_at=None).values("payment")
    undecided = Dispute.objects.filter(state=State.OPEN).values("payment")
    theirs = Q(term__payment__in=undecided) | Q(term__carries__sold__payment__in=undecided)
    for copy in Entitlement.objects.filter(theirs, state=Copy.OWED).iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "still owed though the bank disputes its payment"
    # A copy that is held may be given another issue meanwhile: why it is held is what its last hold says.
    holds = EntitlementMovement.objects.filter(entitlement=OuterRef("pk"), kind=EntitlementMovement.Kind.HOLD)
    last = holds.order_by("-pk").values("reason")[:1]
    still = Q(term__payment__in=waiting) | Q(term__carries__sold__payment__in=waiting)
    held = Entitlement.objects.filter(state=Copy.HELD).annotate(because=Subquery(last)).filter(because=HELD)
    rows = list(held.exclude(still).exclude(pauses__state=Pause.State.HELD).values_list("pk", "term__subscription"))
    keys = {subscription for _copy, subscription in rows}
    elsewhere = stopped_and_waiting(keys) | in_doubt(keys)
    for key, subscription in rows:
        if subscription not in elsewhere:
            yield f"entitlement:{key}", "still held though no dispute is open"
