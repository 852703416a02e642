"""What becomes of orders when their payments move: the owner of the purpose `order`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from payments.actors import Actor
from payments.models import Payment, Refund
from payments.offline_kinds import is_offline
from subscriptions.losses.stock import lock_stock
from subscriptions.models import Order
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.opening import give_customers, open_paid
from subscriptions.orders.moving import move
from subscriptions.orders.names import person_name
from subscriptions.singles.selling import is_single, sell_paid
from subscriptions.stopping.given_up import given_up
from subscriptions.transferring import after_failure

State = Order.State
NOT_AWAITED = "its cheque or transfer is awaited no more"
# The hosted page tells a refusal at once and lets the reader try again: a letter sooner would only be noise.
REFUSAL_IS_TOLD_AFTER = timedelta(minutes=30)


def settled(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> Collection[int]:
    """Serve paid orders; returns the payments that can no longer be served.

    Late money still pays an expired or cancelled order, unless another order has taken its place, no issue is left to
    promise, or what it had reserved of the stock is somebody else's by now: then it goes back, and the reader is told. Money
    for an order that its reader gave up goes back as well: the acknowledgement has said so.
    """
    orders = _locked(payments)
    taken = _replaced(list(orders.values()))
    unwanted = given_up(orders.values())
    paid: list[tuple[Order, Payment]] = []
    late: list[tuple[Order, Payment]] = []
    for payment in payments:
        order = orders[payment.subject]
        free = order.state != State.PAID and order.pk not in taken and order.pk not in unwanted
        (paid if free else late).append((order, payment))
    singles = [one for one in paid if is_single(one[0])]
    lock_stock(order.pk for order, _payment in singles)
    opened, refused = open_paid([one for one in paid if one not in singles], actor=actor, at=at)
    give_customers([order for order, _payment in singles], at=at)
    sold, gone = sell_paid(singles, actor=actor, at=at)
    served = [*((one.order, one.payment) for one in opened if one.payment is not None), *sold]
    move([order for order, _payment in served], State.PAID, actor=actor, at=at)
    for order, payment in served:
        payment.customer_id = order.customer_id
    late += [*refused, *gone]
    _tell(
        "order_expired_with_late_money",
        [order for order, _payment in late if order.pk not in unwanted], payments, at=at,
    )  # fmt: skip
    return {payment.pk for _order, payment in late}


def declined(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """A refusal: the reader may try again on the page while it is open; afterwards the order is over."""
    orders = _locked(payments)
    over = [payment for payment in payments if not payment.is_open]
    move([orders[one.subject] for one in over], State.CANCELLED, actor=actor, at=at, reason="payment refused")
    debits = [one for one in payments if one.method_kind == "sepa_debit"]
    cards = [one for one in payments if one.method_kind != "sepa_debit"]
    _tell("sepa_failed", [orders[one.subject] for one in debits], debits, at=at)
    _tell("payment_refused", [orders[one.subject] for one in cards], cards, at=at, after=REFUSAL_IS_TOLD_AFTER)


def waiting(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """A direct debit is on its way: say so, and from when the first issue is promised."""
    orders = _locked(payments)
    move(list(orders.values()), State.AWAITING_PAYMENT, actor=actor, at=at)
    debits = [one for one in payments if one.state == Payment.State.PROCESSING]
    _tell("sepa_pending", [orders[one.subject] for one in debits], debits, at=at)


def closed(payments: Sequence[Payment], *, actor: Actor, at: datetime) -> None:
    """No money will come by these payments: the order has expired, or was taken back."""
    orders = _locked(payments)
    expired = [one for one in payments if one.checkout_expires_at is not None and one.checkout_expires_at <= at]
    given_up_on = [one for one in payments if is_offline(one)]
    others = [one for one in payments if one not in expired and one not in given_up_on]
    move([orders[one.subject] for one in expired], State.EXPIRED, actor=actor, at=at, reason="payment page expired")
    move([orders[one.subject] for one in others], State.CANCELLED, actor=actor, at=at, reason="payment page closed")
    move([orders[one.subject] for one in given_up_on], State.CANCELLED, actor=actor, at=at, reason=NOT_AWAITED)


def refunded(refunds: Sequence[Refund], *, actor: Actor, at: datetime) -> None:
    """The money has gone back: say so, with the credit note where there is one."""
    orders = _locked([refund.payment for refund in refunds])
    queue(
        [
            NoticeDraft(
                kind="refund_sent",
                matter=f"refund_sent:refund:{refund.pk}",
                customer_id=orders[refund.payment.subject].customer_id,
                to_email=orders[refund.payment.subject].email,
                to_name=person_name(orders[refund.payment.subject]),
                facts={"refund_id": refund.pk},
                due_at=at,
                created_at=at,
            )
            for refund in refunds
        ]
    )


def refund_failed(refunds: Sequence[Refund], *, actor: Actor, at: datetime) -> None:
    """A refund came back: the order itself does not change, its money goes by transfer."""
    after_failure(refunds, actor=actor, at=at)


def _replaced(orders: Sequence[Order]) -> set[int]:
    """Ids of closed orders whose form has a living order by now: the reader has wished for something else since."""
    closed = [order for order in orders if order.state in (State.EXPIRED, State.CANCELLED)]
    if not closed:
        return set()
    living = set(
        Order.objects.filter(form_token__in=[order.form_token for order in closed])
        .exclude(state__in=(State.EXPIRED, State.CANCELLED))
        .values_list("form_token", flat=True)
    )
    return {order.pk for order in closed if order.form_token in living}


def _locked(payments: Sequence[Payment]) -> dict[str, Order]:
    keys = {int(payment.subject.removeprefix("order:")) for payment in payments}
    orders = (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("offer__magazine", "first_issue", "delivery", "billing")
        .filter(pk__in=keys)
        .order_by("pk")
    )
    return {order.subject: order for order in orders}


def _tell(
    kind: str,
    orders: Sequence[Order],
    payments: Sequence[Payment],
    *,
    at: datetime,
    after: timedelta = timedelta(0),
) -> None:
    """One letter per order and payment about what became of it."""
    by_subject = {payment.subject: payment for payment in payments}
    queue(
        [
            NoticeDraft(
                kind=kind,
                matter=f"{kind}:payment:{by_subject[order.subject].pk}",
                customer_id=order.customer_id,
                to_email=order.email,
                to_name=person_name(order),
                facts={"order_id": order.pk, "decline_code": by_subject[order.subject].decline_code},
                due_at=at + after,
                created_at=at,
            )
            for order in orders
        ]
    )
