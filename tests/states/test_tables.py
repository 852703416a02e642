"""Every row of every state table: what may follow what, and that nothing else does.

The tables below are written by hand from the design, apart from the code's, so that a slip in either shows.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from django.utils import timezone

from payments import refunds
from payments.answering.moving import move as move_answer
from payments.charging import intend
from payments.cheques.moving import CannotMove as CannotMoveCheque
from payments.cheques.moving import lock_cheques
from payments.cheques.moving import move as move_cheques
from payments.documents import keep
from payments.exports.keeping import keep_file
from payments.exports.moving import NoSuchStep as NoSuchRequestStep
from payments.exports.moving import move as move_request
from payments.gateway import IntentSeen, Outcome, PayoutSeen, RefundSeen
from payments.methods import payer_account
from payments.models import (
    ChequeEvent,
    DepositSlip,
    Dispute,
    DisputeAnswer,
    DisputeAnswerEvent,
    DisputeEvent,
    FileRequest,
    FileRequestEvent,
    Payment,
    PaymentEvent,
    PayoutEvent,
    Refund,
    RefundEvent,
)
from payments.reconciliation.moving import apply as move_payouts
from payments.settling import News, apply
from subscriptions.escrow.moving import NoSuchStep as NoSuchEscrowStep
from subscriptions.escrow.moving import move as move_escrow
from subscriptions.fulfilment.closing import ask, close, drop
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.moving import NoSuchStep as NoSuchIssueStep
from subscriptions.fulfilment.moving import move_issue, move_run
from subscriptions.fulfilment.posting import post_run
from subscriptions.importing.moving import NoSuchStep as NoSuchImportStep
from subscriptions.importing.moving import move as move_import
from subscriptions.losses import moving as losses
from subscriptions.models import (
    AddressDoubt,
    AddressDoubtEvent,
    Claim,
    ClaimEvent,
    ClaimIncident,
    ClaimIncidentEvent,
    CopyReturn,
    Declaration,
    DeclarationEvent,
    Dispatch,
    Entitlement,
    EntitlementMovement,
    Escrow,
    ImportFile,
    ImportFileEvent,
    Issue,
    MailEvent,
    MailingRun,
    Notice,
    Order,
    OrderEvent,
    Pause,
    PauseEvent,
    PriceChange,
    PriceChangeEvent,
    Renewal,
    RenewalEvent,
    Subscription,
    SubscriptionEvent,
    Term,
    Transmission,
    TransmissionWay,
)
from subscriptions.moving import NoSuchStep, move_copies
from subscriptions.moving import move as move_subscriptions
from subscriptions.notices.moving import move as move_letter
from subscriptions.opening import open_paid
from subscriptions.orders.moving import move as move_orders
from subscriptions.orders.placing import payment_of
from subscriptions.pausing.holding import pause
from subscriptions.pausing.moving import move as move_pauses
from subscriptions.pricing.changing import prepare
from subscriptions.pricing.moving import NoSuchStep as NoSuchPriceStep
from subscriptions.pricing.moving import move as move_price_change
from subscriptions.renewals.moving import move as move_renewals
from subscriptions.returns.moving import move as move_event
from subscriptions.stopping.moving import NoSuchStep as NoSuchDeclarationStep
from subscriptions.stopping.moving import move as move_declaration
from subscriptions.transmitting.moving import NoSuchStep as NoSuchTransmissionStep
from subscriptions.transmitting.moving import move as move_transmission
from tests.disputes.people import disputed
from tests.importing.desk import read
from tests.importing.written import line, written
from tests.makers import (
    CLERK,
    COLLEAGUE,
    NOW,
    READER,
    TODAY,
    make_house,
    make_magazine,
    make_offers,
    make_wish,
    place_order,
)
from tests.offline.post import ordered
from tests.renewals.people import announced, subscriber
from tests.stopping.people import withdraws

pytestmark = pytest.mark.django_db

PAYMENT = {
    "created": "processing action_required succeeded declined unknown cancelled",
    "processing": "succeeded declined",
    "action_required": "processing succeeded declined cancelled",
    "unknown": "created processing action_required succeeded declined cancelled",
    "declined": "action_required processing succeeded cancelled",
    "cancelled": "succeeded",
    "succeeded": "",
}
ORDER = {
    "draft": "awaiting_payment invoiced paid expired cancelled",
    "awaiting_payment": "paid expired cancelled",
    "invoiced": "paid cancelled",
    "expired": "paid",
    "cancelled": "paid",
    "paid": "",
}
REFUND = {
    "created": "pending succeeded failed unknown",
    "unknown": "created pending succeeded failed",
    "pending": "succeeded failed",
    "succeeded": "failed",
    "failed": "",
}
DISPUTE = {
    "open": "won lost",
    "won": "",
    "lost": "",
}
DISPUTE_ANSWER = {
    "created": "unknown sent failed",
    "unknown": "sent failed",
    "sent": "",
    "failed": "",
}
FILE_REQUEST = {
    "waiting": "making",
    "making": "waiting made refused",
    "made": "",
    "refused": "",
}
PAYOUT = {
    "in_transit": "paid failed cancelled",
    "paid": "failed",
    "failed": "",
    "cancelled": "",
}
SUBSCRIPTION = {
    "pending": "active ended",
    "active": "grace lapsed ended",
    "grace": "active lapsed ended",
    "lapsed": "active ended",
    "ended": "",
}
RENEWAL = {
    "planned": "announced manual cancelled paid",
    "announced": "due planned manual cancelled paid",
    "due": "charging awaiting_reader manual cancelled paid",
    "charging": "paid awaiting_reader retrying unresolved cancelled",
    "retrying": "charging awaiting_reader lapsed cancelled paid",
    "awaiting_reader": "charging paid lapsed cancelled",
    "unresolved": "paid retrying awaiting_reader lapsed cancelled",
    "manual": "paid lapsed cancelled",
    "paid": "",
    "lapsed": "",
    "cancelled": "",
}
NOTICE = {
    "queued": "sending printing sent withdrawn",
    "sending": "sent queued doubtful failed withdrawn",
    "printing": "sent queued withdrawn",
    "sent": "delivered bounced printing",
    "doubtful": "sent queued",
    "delivered": "bounced",
    "bounced": "",
    "failed": "",
    "withdrawn": "",
}
#: States that only one of the two ways knows.
ONE_WAY = {"sending": "email", "doubtful": "email", "printing": "paper"}
MAIL_EVENT = {"stored": "applied ignored", "applied": "", "ignored": ""}
DECLARATION = {
    "received": "applied on_desk",
    "on_desk": "applied settled",
    "applied": "",
    "settled": "",
}
PAUSE = {
    "held": "over called_off",
    "over": "",
    "called_off": "",
}
CHEQUE = {
    "received": "deposited bounced",
    "deposited": "credited bounced",
    "credited": "bounced",
    "bounced": "",
}
IMPORT = {
    "to_check": "checked discarded",
    "checked": "to_check approved discarded",
    "approved": "let_in",
    "let_in": "",
    "discarded": "",
}
PRICE_CHANGE = {
    "prepared": "signed cancelled",
    "signed": "cancelled",
    "cancelled": "",
}
ISSUE = {
    "planned": "closed",
    "closed": "handed_over",
    "handed_over": "posted",
    "posted": "",
}
RUN = {
    "asked": "closed dropped",
    "closed": "handed_over",
    "handed_over": "posted",
    "posted": "",
    "dropped": "",
}
TRANSMISSION = {
    "queued": "in_flight failed",
    "in_flight": "queued done failed",
    "done": "",
    "failed": "",
}
ESCROW = {
    "queued": "in_flight",
    "in_flight": "queued done failed",
    "done": "",
    "failed": "",
}
CLAIM = {
    "received": "asked waiting approved extended on_desk",
    "asked": "waiting approved extended on_desk refused",
    "waiting": "approved extended on_desk",
    "approved": "resent waiting extended on_desk",
    "on_desk": "approved extended credited refused",
    "resent": "",
    "extended": "",
    "credited": "",
    "refused": "",
}
DOUBT = {
    "asked": "held suspended answered ended",
    "held": "suspended answered ended",
    "suspended": "answered ended",
    "answered": "",
    "ended": "",
}
INCIDENT = {
    "open": "waiting resending extending",
    "waiting": "open resending extending",
    "resending": "",
    "extending": "",
}
COPY = {
    ("owed", "assign"): "assigned",
    ("assigned", "serve"): "served",
    ("served", "resend"): "served",
    ("owed", "hold"): "held",
    ("held", "release"): "owed",
    ("owed", "credit"): "credited",
    ("held", "credit"): "credited",
    ("owed", "void"): "void",
    ("held", "void"): "void",
}


def rows(table):
    """Every pair of states with whether the step exists."""
    return [
        pytest.param(came, to, to in allowed.split(), id=f"{came} to {to}")
        for (came, allowed), to in product(table.items(), table)
        if came != to
    ]


@pytest.fixture
def order():
    return place_order(make_wish(make_offers(make_magazine())["automatic"]))


def seen_intent(outcome, payment):
    return IntentSeen(
        id=f"pi_{payment.pk}", outcome=outcome, status="", amount_cents=2760, currency="eur",
        amount_received=2760 if outcome == Outcome.SUCCEEDED else 0, customer="cus_1", payment_method="",
        charge=f"ch_{payment.pk}" if outcome == Outcome.SUCCEEDED else "", decline=None, metadata={}, created=NOW,
        livemode=False, method_kind="card",
    )  # fmt: skip


def put(payment, state):
    Payment.objects.filter(pk=payment.pk).update(
        state=state,
        is_open=state in ("created", "processing", "action_required", "unknown", "declined"),
        received_on=TODAY if state == "succeeded" else None,
    )


@pytest.mark.parametrize(("came", "to", "exists"), rows(PAYMENT))
def test_payment(order, came, to, exists):
    payment = payment_of(order)
    put(payment, came)
    news = News(payment.pk, Outcome(to), intent=seen_intent(Outcome(to), payment))
    before = PaymentEvent.objects.count()
    for _twice in range(2):
        apply([news], actor=READER, at=NOW)
    payment.refresh_from_db()
    assert payment.state == (to if exists else came)
    assert PaymentEvent.objects.count() - before == int(exists)
    if exists:
        step = PaymentEvent.objects.order_by("-pk")[0]
        assert (step.from_state, step.to_state, step.actor) == (came, to, "reader:anonymous")


def test_an_unknown_payment_moves_only_by_looking_it_up(order):
    payment = payment_of(order)
    put(payment, "unknown")
    heard = News(payment.pk, Outcome.SUCCEEDED, intent=seen_intent(Outcome.SUCCEEDED, payment), looked_up=False)
    assert apply([heard], actor=READER, at=NOW) == []
    assert apply([replace(heard, looked_up=True)], actor=READER, at=NOW) != []


@pytest.mark.parametrize(("came", "to", "exists"), rows(ORDER))
def test_order(order, came, to, exists):
    Order.objects.filter(pk=order.pk).update(state=came)
    order.refresh_from_db()
    moved = move_orders([order], to, actor=READER, at=NOW, reason="a reason")
    order.refresh_from_db()
    assert (order.state, len(moved)) == ((to, 1) if exists else (came, 0))
    assert OrderEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(REFUND))
def test_refund(order, came, to, exists):
    payment = payment_of(order)
    apply([News(payment.pk, Outcome.SUCCEEDED, intent=seen_intent(Outcome.SUCCEEDED, payment))], actor=READER, at=NOW)
    payment.refresh_from_db()
    refund = refunds.request(payment, amount=payment.amount, reason="test", actor=READER, at=NOW)
    Refund.objects.filter(pk=refund.pk).update(state=came)
    refunds._move(refund.pk, to, reason="a reason", actor=READER, at=NOW)
    refund.refresh_from_db()
    assert refund.state == (to if exists else came)
    assert RefundEvent.objects.filter(from_state=came, to_state=to).exists() == exists


@pytest.mark.parametrize(
    ("status", "state"),
    [("pending", "pending"), ("requires_action", "pending"), ("succeeded", "succeeded"), ("failed", "failed"),
     ("canceled", "failed")],
)  # fmt: skip
def test_word_of_stripe_for_a_refund(order, status, state):
    payment = payment_of(order)
    apply([News(payment.pk, Outcome.SUCCEEDED, intent=seen_intent(Outcome.SUCCEEDED, payment))], actor=READER, at=NOW)
    payment.refresh_from_db()
    refund = refunds.request(payment, amount=payment.amount, reason="test", actor=READER, at=NOW)
    seen = RefundSeen(
        id="re_1", status=status, amount_cents=2760, currency="eur", payment_intent="pi", charge="ch",
        failure_reason="", metadata={}, balance_transaction="", created=NOW,
    )  # fmt: skip
    refunds.apply(seen, refund_id=refund.pk, actor=READER, at=NOW)
    refund.refresh_from_db()
    assert (refund.state, refund.stripe_refund) == (state, "re_1")


@pytest.fixture
def subscription(order):
    payment = payment_of(order)
    opened, _refused = open_paid([(order, payment)], actor=READER, at=NOW)
    return opened[0].subscription


@pytest.mark.parametrize(("came", "to", "exists"), rows(SUBSCRIPTION))
def test_subscription(subscription, came, to, exists):
    Subscription.objects.filter(pk=subscription.pk).update(state=came)
    subscription.refresh_from_db()
    move_subscriptions([subscription], to, actor=READER, at=NOW, reason="because")
    subscription.refresh_from_db()
    assert subscription.state == (to if exists else came)
    assert SubscriptionEvent.objects.filter(from_state=came, to_state=to, reason="because").exists() == exists


@pytest.mark.parametrize(
    ("came", "kind"),
    [
        pytest.param(came, kind, id=f"{came} by {kind}")
        for came, kind in product(
            ("owed", "assigned", "served", "held", "credited", "void"),
            ("assign", "serve", "resend", "hold", "release", "credit", "void"),
        )
    ],
)
def test_copy(subscription, came, kind):
    copy = Entitlement.objects.filter(term__subscription=subscription)[0]
    Entitlement.objects.filter(pk=copy.pk).update(state=came)
    copy.refresh_from_db()
    target = COPY.get((came, kind))
    if target is None:
        with pytest.raises(NoSuchStep):
            move_copies([copy], kind, on=TODAY, actor=READER, at=NOW)
        target = came
    else:
        move_copies([copy], kind, on=TODAY, actor=READER, at=NOW)
        assert EntitlementMovement.objects.filter(entitlement=copy, kind=kind).count() == 1
    copy.refresh_from_db()
    assert copy.state == target


#: The one module that may assign each kind of state; `steps` writes down what `settling` has moved.
MOVERS = {
    "payments/settling.py", "payments/steps.py", "payments/refunds.py", "payments/methods.py",
    "payments/transfers/moving.py", "payments/cheques/moving.py", "payments/chorus/moving.py", "payments/disputing.py", "payments/reconciliation/moving.py",
    "payments/answering/moving.py", "payments/exports/moving.py",
    "payments/webhooks/moving.py", "subscriptions/moving.py", "subscriptions/orders/moving.py", "subscriptions/notices/moving.py",
    "subscriptions/fulfilment/moving.py",
    "subscriptions/importing/moving.py", "subscriptions/renewals/moving.py", "subscriptions/stopping/moving.py",
    "subscriptions/pausing/moving.py", "subscriptions/pricing/moving.py", "subscriptions/gifts/moving.py",
    "subscriptions/returns/moving.py", "subscriptions/losses/moving.py", "subscriptions/singles/moving.py",
    "subscriptions/escrow/moving.py", "subscriptions/transmitting/moving.py", "shop/backoffice/bulk_carrying.py",
}  # fmt: skip
#: SQL of our own that changes a state.
BY_STATEMENT = re.compile(r"\bUPDATE\b.*\bSET\b.*\bstate\s*=", re.DOTALL)


def test_states_move_in_one_place_only():
    """No module but the movers assigns `.state`, and none updates a `state` column behind their backs."""
    root = Path(__file__).resolve().parents[2]
    found = set()
    for floor in ("payments", "subscriptions", "shop", "tasks"):
        for path in (root / floor).rglob("*.py"):
            name = path.relative_to(root).as_posix()
            if "/migrations/" in name or name.startswith("payments/sandbox/"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                targets = getattr(node, "targets", [])
                flat = [one for target in targets for one in getattr(target, "elts", [target])]
                if any(isinstance(one, ast.Attribute) and one.attr == "state" for one in flat):
                    found.add(name)
                called = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update"
                if called and any(keyword.arg == "state" for keyword in node.keywords):
                    found.add(name)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and BY_STATEMENT.search(node.value):
                    found.add(name)
                if isinstance(node, ast.ImportFrom) and node.module == "payments.steps":
                    assert name == "payments/settling.py"
    assert found <= MOVERS, found - MOVERS


@pytest.mark.parametrize(("came", "to", "exists"), rows(PAYOUT))
def test_payout(came, to, exists):
    """As Stripe tells it, twice; old news change nothing."""
    words = {"in_transit": "in_transit", "paid": "paid", "failed": "failed", "cancelled": "canceled"}
    seen = PayoutSeen(
        id="po_1", status=words[came], amount_cents=100, currency="eur", created=NOW, arrives_on=TODAY, automatic=True,
        method="standard", reconciliation="in_progress", movement="txn_1", failure_movement="", failure_code="", trace="",
    )  # fmt: skip
    for one in (seen, replace(seen, status=words[to]), replace(seen, status=words[to])):
        (row,) = move_payouts([one], actor=READER, at=NOW)
    row.refresh_from_db()
    assert row.state == (to if exists else came)
    steps = list(PayoutEvent.objects.values_list("from_state", "to_state"))
    assert steps == [("", came), (came, to)][: 1 + exists]


@pytest.mark.parametrize(("came", "to", "exists"), rows(DISPUTE))
def test_dispute(came, to, exists):
    subscriber()
    payment = Payment.objects.get()
    words = {"open": "needs_response", "won": "won", "lost": "lost"}
    disputed(payment, words[came])
    disputed(payment, words[to])
    assert Dispute.objects.get().state == (to if exists else came)
    assert DisputeEvent.objects.filter(from_state=came, to_state=to).count() == int(exists)


@pytest.mark.parametrize(("came", "to", "exists"), rows(CHEQUE))
def test_cheque(came, to, exists):
    make_offers(make_magazine())
    cheque, slip = ordered().cheque, None
    if came in ("deposited", "credited") or (exists and to == "deposited"):
        slip = DepositSlip.objects.create(
            number=1, reference="REM00001", deposited_on=TODAY, count=1, total="27.60", lines=[{}], hash="x", actor="x", reason="x",
            at=NOW,
        )  # fmt: skip
    bad = {"bounced_on": TODAY, "bounced_because": "other", "bounced_vat": Decimal("0.57")}
    facts = bad if came == "bounced" else {"slip": slip} if came in ("deposited", "credited") else {}
    for name, value in ({"state": came} | facts).items():
        setattr(cheque, name, value)
    cheque.save(update_fields=["state", *facts])
    [cheque] = lock_cheques([cheque.pk])
    for name, value in (bad if to == "bounced" else {"slip": slip}).items():
        setattr(cheque, name, value)
    if exists:
        move_cheques([cheque], to, actor=READER, at=NOW, reason="a reason")
    else:
        with pytest.raises(CannotMoveCheque):
            move_cheques([cheque], to, actor=READER, at=NOW, reason="a reason")
    cheque.refresh_from_db()
    assert cheque.state == (to if exists else came)
    assert ChequeEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(DISPUTE_ANSWER))
def test_dispute_answer(came, to, exists):
    subscriber()
    one = DisputeAnswer.objects.create(
        reference="REP-1", dispute=disputed(Payment.objects.get()), phase="dispute", kind="accept", state=came, state_since=NOW,
        idempotency_key="a", file_key="b", actor="x", reason="x", created_at=NOW,
    )  # fmt: skip
    assert move_answer(one.pk, to, reason="x", actor=READER, at=NOW) == exists
    one.refresh_from_db()
    assert one.state == (to if exists else came)
    assert DisputeAnswerEvent.objects.filter(from_state=came, to_state=to).count() == int(exists)


@pytest.mark.parametrize(("came", "to", "exists"), rows(FILE_REQUEST))
def test_file_request(came, to, exists):
    """What somebody was making who was killed waits again."""
    file = keep_file(
        BytesIO(b"x"), kind="fec", name="x.txt", year=2026, lines=1, media_type="text/plain", actor=READER, at=NOW
    )
    facts = {"made": {"file": file}, "refused": {"refusal": "a reason"}}
    one = FileRequest.objects.create(
        kind="fec", year=2026, reason="x", actor="x", asked_at=NOW, state=came, state_since=NOW, **facts.get(came, {})
    )
    if exists:
        move_request(one, to, actor=READER, at=NOW, **facts.get(to, {}))
    else:
        with pytest.raises(NoSuchRequestStep):
            move_request(one, to, actor=READER, at=NOW, **facts.get(to, {}))
    one.refresh_from_db()
    assert one.state == (to if exists else came)
    assert FileRequestEvent.objects.filter(from_state=came, to_state=to).count() == int(exists)


def test_payer_account_is_one_per_owner():
    """Asked twice, made once."""
    first = payer_account("customer:1", customer=None, at=timezone.now())
    assert payer_account("customer:1", customer=None, at=timezone.now()).pk == first.pk


def test_every_subject_has_one_open_payment_at_most(order):
    """After the first is closed another may open."""
    payment = payment_of(order)
    apply([News(payment.pk, Outcome.CANCELLED)], actor=READER, at=NOW)
    again = intend(
        purpose="order", subject=order.subject, amount=order.amount, description="again", customer=None,
        account=payment.payer_account, save_method=False, actor=READER, at=NOW,
    )  # fmt: skip
    assert again.is_open


@pytest.mark.parametrize(("came", "to", "exists"), rows(RENEWAL))
def test_renewal(came, to, exists):
    renewal = announced(subscriber(), renews_on=date(2027, 11, 23), state="planned")
    term = Term.objects.get() if "paid" in (came, to) else None
    Renewal.objects.filter(pk=renewal.pk).update(
        state=came, next_try_on=TODAY if came == "retrying" else None, term=term if came == "paid" else None
    )
    renewal.refresh_from_db()
    renewal.term, renewal.next_try_on = term, TODAY
    moved = move_renewals([renewal], to, actor=READER, at=NOW, reason="a reason")
    renewal.refresh_from_db()
    assert (renewal.state, len(moved)) == ((to, 1) if exists else (came, 0))
    assert RenewalEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(DECLARATION))
def test_declaration(came, to, exists):
    declared = withdraws("ActuIA, en novembre")
    Declaration.objects.filter(pk=declared.pk).update(state=came)
    declared.refresh_from_db()
    if exists:
        move_declaration(declared, to, actor=READER, at=NOW, reason="a reason")
    else:
        with pytest.raises(NoSuchDeclarationStep):
            move_declaration(declared, to, actor=READER, at=NOW, reason="a reason")
    declared.refresh_from_db()
    assert declared.state == (to if exists else came)
    steps = DeclarationEvent.objects.filter(from_state=came, to_state=to, reason="a reason")
    assert steps.exists() == exists


@pytest.mark.parametrize("channel", ["email", "paper"])
@pytest.mark.parametrize(("came", "to", "exists"), rows(NOTICE))
def test_notice(came, to, exists, channel):
    if ONE_WAY.get(came, channel) != channel:
        return
    letter = Notice.objects.create(
        kind="email_changed", matter="1", rank="service", channel=channel, due_at=NOW, created_at=NOW, state=came,
        state_since=NOW,
    )  # fmt: skip
    if exists and ONE_WAY.get(to, channel) == channel:
        assert move_letter(letter, to, at=NOW)
    else:
        with pytest.raises(ValueError, match="a letter"):
            move_letter(letter, to, at=NOW)
    letter.refresh_from_db()
    assert letter.state == (to if exists and ONE_WAY.get(to, channel) == channel else came)


@pytest.mark.parametrize(("came", "to", "exists"), rows(PAUSE))
def test_pause(came, to, exists):
    subscription = subscriber()
    [begun], _foreseen = pause(subscription.pk, [25], actor=READER, at=NOW, reason="away")
    Pause.objects.filter(pk=begun.pk).update(state=came)
    begun.refresh_from_db()
    moved = move_pauses([begun], to, actor=READER, at=NOW, reason="a reason")
    begun.refresh_from_db()
    assert (begun.state, len(moved)) == ((to, 1) if exists else (came, 0))
    assert PauseEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(PRICE_CHANGE))
def test_price_change(came, to, exists):
    offer = make_offers(make_magazine())["automatic"]
    change = prepare(
        offer.pk, ["FR"], Decimal("30.60"), orders_from=date(2027, 1, 1), renewals_from=date(2027, 9, 1), actor=READER,
        reason="paper", at=NOW,
    )  # fmt: skip
    PriceChange.objects.filter(pk=change.pk).update(state=came)
    change.refresh_from_db()
    if exists:
        move_price_change(change, to, actor=READER, at=NOW, reason="a reason")
    else:
        with pytest.raises(NoSuchPriceStep):
            move_price_change(change, to, actor=READER, at=NOW, reason="a reason")
    change.refresh_from_db()
    assert change.state == (to if exists else came)
    steps = PriceChangeEvent.objects.filter(from_state=came, to_state=to, reason="a reason")
    assert steps.exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(IMPORT))
def test_import(came, to, exists):
    make_offers(make_magazine())
    file = read(written(line()))
    ImportFile.objects.filter(pk=file.pk).update(state=came)
    file.refresh_from_db()
    if exists:
        move_import(file, to, actor=READER, at=NOW, reason="a reason")
    else:
        with pytest.raises(NoSuchImportStep):
            move_import(file, to, actor=READER, at=NOW, reason="a reason")
    file.refresh_from_db()
    assert file.state == (to if exists else came)
    steps = ImportFileEvent.objects.filter(from_state=came, to_state=to, reason="a reason")
    assert steps.exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(RUN))
def test_run(came, to, exists):
    """Each step by its own verb; what the table does not know, none does."""
    make_magazine()
    issue = Issue.objects.get(number=25)
    make_house(issue.magazine)
    Issue.objects.filter(pk=issue.pk).update(cutoff_on=TODAY)
    run = ask(issue.pk, actor=CLERK, at=NOW)
    verbs = {
        "closed": lambda: close(run.pk, actor=COLLEAGUE, at=NOW),
        "dropped": lambda: drop(run.pk, actor=CLERK, at=NOW, reason="x"),
        "handed_over": lambda: hand_over(run.pk, actor=CLERK, at=NOW) and count_received(run.pk, copies=0, actor=CLERK, at=NOW),
        "posted": lambda: post_run(run.pk, on=TODAY, actor=CLERK, at=NOW),
    }  # fmt: skip
    way = {"asked": [], "dropped": ["dropped"], "closed": ["closed"], "handed_over": ["closed", "handed_over"]}
    for step in way.get(came, ["closed", "handed_over", "posted"]):
        verbs[step]()
    run.refresh_from_db()
    assert run.state == came
    if exists:
        verbs[to]()
    else:
        with pytest.raises(NoSuchIssueStep):
            move_run(run, to, actor=CLERK, at=NOW)
    run.refresh_from_db()
    assert run.state == (to if exists else came)
    assert run.events.filter(from_state=came, to_state=to).count() == int(exists)


@pytest.mark.parametrize(("came", "to", "exists"), rows(TRANSMISSION))
def test_transmission(came, to, exists):
    make_magazine()
    issue = Issue.objects.get(number=25)
    run = MailingRun.objects.create(
        issue=issue, house=make_house(issue.magazine), kind="main", sequence=1, asked_by="x", asked_at=NOW
    )
    way = TransmissionWay.objects.create(
        magazine=issue.magazine, way="folder", directory="x", actor="x", reason="x", at=NOW
    )
    row = Transmission.objects.create(
        run=run, way=way, number=1, state=came, state_since=NOW, due_at=NOW, name="x", sent_sha256="x", sent_size=1,
        asked_by="x", asked_because="x", asked_at=NOW,
    )  # fmt: skip
    if exists:
        move_transmission(row, to, actor=CLERK, at=NOW, reason="a reason")
    else:
        with pytest.raises(NoSuchTransmissionStep):
            move_transmission(row, to, actor=CLERK, at=NOW, reason="a reason")
    row.refresh_from_db()
    assert row.state == (to if exists else came)
    assert row.events.filter(from_state=came, to_state=to, reason="a reason").count() == int(exists)


@pytest.mark.parametrize(("came", "to", "exists"), rows(ESCROW))
def test_escrow(came, to, exists):
    row = Escrow.objects.create(
        night=TODAY, state=came, state_since=NOW, due_at=NOW, name="x", sha256="x", size=1, content_sha256="x", lines=0,
        copies=0, holders=["x"], made_at=NOW,
    )  # fmt: skip
    if exists:
        move_escrow(row, to, at=NOW)
    else:
        with pytest.raises(NoSuchEscrowStep):
            move_escrow(row, to, at=NOW)
    row.refresh_from_db()
    assert row.state == (to if exists else came)


@pytest.mark.parametrize(("came", "to", "exists"), rows(ISSUE))
def test_issue(came, to, exists):
    make_magazine()
    issue = Issue.objects.get(number=25)
    Issue.objects.filter(pk=issue.pk).update(state=came, posted_on=TODAY if came == "posted" else None)
    issue.refresh_from_db()
    if exists:
        move_issue(issue, to, on=TODAY)
    else:
        with pytest.raises(NoSuchIssueStep):
            move_issue(issue, to, on=TODAY)
    issue.refresh_from_db()
    assert issue.state == (to if exists else came)
    assert issue.posted_on == (TODAY if "posted" in (came, issue.state) else None)


@pytest.mark.parametrize(("came", "to", "exists"), rows(MAIL_EVENT))
def test_news_of_a_return(came, to, exists):
    raw = keep(b"raw", media_type="application/json", keep_until=TODAY, at=NOW)
    event = MailEvent.objects.create(
        provider="generic", event_id="1", kind="hard", happened_at=NOW, received_at=NOW, document=raw, state=came
    )
    if exists:
        move_event(event, to, notice=None, at=NOW, reason="a reason")
    else:
        with pytest.raises(ValueError, match="does not go"):
            move_event(event, to, notice=None, at=NOW)
    event.refresh_from_db()
    assert event.state == (to if exists else came)


def lost():
    """A claim, the doubt about its address and its incident, each in a state of one's own choosing."""
    reader = subscriber()
    copy = Entitlement.objects.filter(term__subscription=reader).order_by("rank")[0]
    incident = ClaimIncident.objects.create(issue_id=copy.issue_id, department="75", state_since=NOW, at=NOW)
    return reader, copy, incident


def claimed(copy, reader, incident, state):
    """A claim as it stands there: with what the database wants of it."""
    run = MailingRun.objects.create(
        issue_id=copy.issue_id, house=make_house(reader.magazine), kind="resend", sequence=9, asked_by="x", asked_at=NOW
    )
    line = Dispatch.objects.create(
        run=run, issue_id=copy.issue_id, place=1, key="N25-000001-09", kind="RCL", subscription=reader, entitlement=copy,
        address=reader.recipient.address, copies=1, zone="METR",
    )  # fmt: skip
    claim = Claim.objects.create(
        subscription=reader, entitlement=copy, issue_id=copy.issue_id, reason="not_received", by="reader", department="75",
        in_window=True, nth=1, state=state, state_since=NOW, incident=incident, actor="x", at=NOW,
        line=line if state == "resent" else None, extra=copy if state == "extended" else None,
    )  # fmt: skip
    return claim, line


@pytest.mark.parametrize(("came", "to", "exists"), rows(CLAIM))
def test_claim(came, to, exists):
    reader, copy, incident = lost()
    claim, line = claimed(copy, reader, incident, came)
    if exists:
        claim.line, claim.extra = (line if to == "resent" else None), (copy if to == "extended" else None)
    moved = losses.move([claim], to, actor=READER, at=NOW, reason="a reason", also=("line", "extra"))
    claim.refresh_from_db()
    assert (claim.state, len(moved)) == ((to, 1) if exists else (came, 0))
    assert ClaimEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(DOUBT))
def test_doubt(came, to, exists):
    reader, copy, incident = lost()
    _claim, line = claimed(copy, reader, incident, "on_desk")
    back = CopyReturn.objects.create(dispatch=line, reason_code=2, source="paper", on=NOW.date(), actor="x", at=NOW)
    one = AddressDoubt.objects.create(subscription=reader, because=back, state=came, state_since=NOW, at=NOW)
    assert losses.move_doubt(one, to, actor=READER, at=NOW, reason="a reason") == exists
    one.refresh_from_db()
    assert one.state == (to if exists else came)
    assert AddressDoubtEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists


@pytest.mark.parametrize(("came", "to", "exists"), rows(INCIDENT))
def test_incident(came, to, exists):
    _reader, _copy, one = lost()
    ClaimIncident.objects.filter(pk=one.pk).update(state=came, wait_until=NOW.date() if came == "waiting" else None)
    one.refresh_from_db()
    until = NOW.date() if to == "waiting" else None
    if exists:
        losses.move_incident(one, to, actor=READER, at=NOW, reason="a reason", wait_until=until)
    else:
        with pytest.raises(losses.NoSuchStep):
            losses.move_incident(one, to, actor=READER, at=NOW, reason="a reason", wait_until=until)
    one.refresh_from_db()
    assert one.state == (to if exists else came)
    assert ClaimIncidentEvent.objects.filter(from_state=came, to_state=to, reason="a reason").exists() == exists
