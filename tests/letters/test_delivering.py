"""What leaves, when, and what no longer leaves."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.models import DeskItem, Document
from subscriptions.models import Notice, NoticeProof, Order
from subscriptions.notices import queue
from subscriptions.notices.delivering import Delivered, deliver, deliver_one
from subscriptions.notices.letters import LETTERS
from tests.letters.every import EXPIRES, address_change, code, draft, every, refund_of, setup_of, texts
from tests.letters.people import AT, ON, pay, place, purchase

pytestmark = pytest.mark.django_db


def test_only_letters_that_are_due_leave_oldest_first(outbox):
    later = AT + timedelta(minutes=5)
    queue(
        [
            code(matter="second", to_email="second@example.fr", due_at=AT),
            code(matter="later", to_email="later@example.fr", due_at=later),
            code(matter="first", to_email="first@example.fr", due_at=AT - timedelta(minutes=1)),
        ]
    )
    assert deliver(10, at=AT) == Delivered(sent=2)
    assert [letter.to[0][-17:-1] for letter in outbox] == ["first@example.fr", "econd@example.fr"]
    assert deliver(10, at=later) == Delivered(sent=1)
    assert deliver(10, at=later) == Delivered()


def test_a_round_ends_at_its_limit(outbox):
    queue([code(matter=f"code:{number}") for number in range(25)])
    assert deliver(12, at=AT).sent == 12
    assert deliver(100, at=AT).sent == 13
    assert len(outbox) == 25


def test_one_letter_by_its_number_for_the_bell(outbox):
    queue([code(), code(matter="other")])
    first, other = Notice.objects.order_by("id")
    assert deliver_one(other.pk, at=AT) == "sent"
    assert deliver_one(other.pk, at=AT) is None
    assert deliver_one(0, at=AT) is None
    first.refresh_from_db()
    assert first.state == "queued"
    assert len(outbox) == 1


@pytest.mark.parametrize("letters", [1, 3])
def test_a_letter_costs_three_statements(outbox, letters):
    """A round: the claim, the end of an outage. A letter: kept, held, sent with its proof."""
    queue([code(matter=f"code:{number}") for number in range(letters)])
    with CaptureQueriesContext(connection) as asked:
        deliver(10, at=AT)
    statements = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
    assert len(statements) == 2 + 3 * letters


def test_sending_inside_a_transaction_is_refused(transactional_db, outbox):
    queue([code()])
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        deliver(1, at=AT)
    assert outbox == []
    assert Notice.objects.get().state == "queued"


def test_a_letter_is_stored_before_it_leaves(transactional_db, settings):
    """A backend that looks: what it is asked to send is already committed, and nothing is open around it."""
    settings.EMAIL_BACKEND = "tests.letters.looking.Backend"
    queue([code()])
    assert deliver(1, at=AT).sent == 1
    from tests.letters.looking import SEEN

    assert SEEN == [("sending", True, False)]


# What is no longer true is not told.


def withdrawn(one, outbox, *, at=AT):
    """Why the letter was withdrawn, for staff."""
    queue([one])
    assert deliver(5, at=at) == Delivered(withdrawn=1)
    assert outbox == []
    notice = Notice.objects.get()
    assert (notice.state, notice.document, notice.proofs.count()) == ("withdrawn", None, 0)
    return notice.failure


@pytest.mark.parametrize("kind", ["payment_refused", "sepa_failed"])
def test_a_refusal_is_not_told_once_the_order_is_paid(outbox, kind):
    facts = {"order_id": purchase().order.pk, "decline_code": "expired_card"}
    assert withdrawn(draft(kind, facts), outbox) == "the order is paid"


@pytest.mark.parametrize("state", ["processing", "succeeded"])
def test_a_refusal_is_not_told_while_another_payment_is_on_its_way(outbox, state):
    order = place(state="awaiting_payment")
    pay(order, state="declined", number=1)
    pay(order, kind="sepa_debit", state=state, number=2)
    facts = {"order_id": order.pk, "decline_code": "expired_card"}
    assert withdrawn(draft("payment_refused", facts), outbox) == "another payment is on its way"


def test_a_refusal_is_not_told_of_an_order_that_was_replaced(outbox):
    order, other = place(state="cancelled"), place(state="awaiting_payment", number=2)
    Order.objects.filter(pk=order.pk).update(state="cancelled")
    with connection.cursor() as cursor:  # placed so: an order is frozen, so the link cannot be added afterwards
        cursor.execute("SELECT has_column_privilege('subscriptions_order', 'supersedes_id', 'UPDATE')")
        assert cursor.fetchone() == (False,)
    replacing = place_instead_of(order, other)
    assert replacing.supersedes_id == order.pk
    facts = {"order_id": order.pk, "decline_code": "expired_card"}
    assert withdrawn(draft("payment_refused", facts), outbox) == "another order took its place"


def place_instead_of(order, like):
    """Another order like `like` that supersedes `order`."""
    facts = {
        field.attname: getattr(like, field.attname) for field in Order._meta.concrete_fields if field.attname != "id"
    }
    facts |= {"reference": "CMD-4K7-PX2-009", "supersedes_id": order.pk, "form_token": order.form_token}
    return Order.objects.create(**facts)


def test_a_debit_is_not_announced_once_it_is_settled(outbox):
    facts = {"order_id": purchase(kind="sepa_debit").order.pk}
    assert withdrawn(draft("sepa_pending", facts), outbox) == "the debit is no longer on its way"


def test_a_refund_that_the_bank_sent_back_is_not_told(outbox):
    refund = refund_of(purchase(), state="failed")
    assert withdrawn(draft("refund_sent", {"refund_id": refund.pk}), outbox) == "the refund failed"


@pytest.mark.parametrize(("seconds", "sent"), [(-1, 1), (0, 0), (3600, 0)])
def test_a_code_that_has_ended_is_of_no_use(outbox, seconds, sent):
    queue([code()])
    done = deliver(1, at=EXPIRES + timedelta(seconds=seconds))
    assert (done.sent, done.withdrawn) == (sent, 1 - sent)


def test_a_link_that_has_ended_is_of_no_use(outbox):
    facts = {
        "confirm_path": "/x/",
        "old_email": "a@example.fr",
        "new_email": "b@example.fr",
        "expires_at": EXPIRES.isoformat(),
    }
    assert withdrawn(draft("email_change_confirm_old", facts), outbox, at=EXPIRES) == "it has ended"


def test_of_two_moves_the_last_one_is_told(outbox):
    bought = purchase()
    first, last = address_change(bought), address_change(bought, issue=27)
    queue([draft("address_changed", {"change_id": one.pk}, matter=f"move:{one.pk}") for one in (first, last)])
    assert deliver(5, at=AT) == Delivered(sent=1, withdrawn=1)
    assert "à partir du n°\u00a027" in outbox[0].body


def test_a_card_that_was_replaced_is_not_told(outbox):
    bought = purchase(automatic=True)
    setup = setup_of(bought)
    subscription = bought.term.subscription
    subscription.saved_method = pay(bought.order, number=2, state="cancelled").saved_method
    subscription.save()
    facts = {"subscription_id": subscription.pk, "setup_id": setup.pk}
    assert withdrawn(draft("method_changed", facts), outbox) == "another means of payment took its place"


def test_nobody_is_written_to_after_erasure_but_about_money_and_the_erasure_itself(outbox):
    reader = get_user_model().objects.create(email="gone@example.fr", created_at=AT, erased_on=ON)
    drafts = every()
    queue([draft(one.kind, one.facts, customer_id=reader.pk) for one in drafts])
    deliver(500, at=AT)
    sent = set(Notice.objects.filter(state="sent").values_list("kind", flat=True))
    declared = {"withdrawal_acknowledged", "termination_acknowledged", "declaration_applied"}
    money = {
        "order_confirmation",
        "single_confirmation",
        "order_expired_with_late_money",
        "refund_sent",
        "renewal_paid",
        "renewal_given_back",
    }
    money |= {"transfer_account_wanted", "transfer_sent"}
    assert sent == {*money, *declared, "account_erased"}
    assert sent == {kind for kind, letter in LETTERS.items() if letter.to_erased}
    assert set(Notice.objects.exclude(state="sent").values_list("state", "failure")) == {
        ("withdrawn", "the reader had their data erased")
    }


# One bad letter stops no other.


def test_a_letter_that_cannot_be_written_waits_for_the_next_release(outbox):
    queue([draft("refund_sent", {"refund_id": 404}), code()])
    done = deliver(10, at=AT)
    assert done == Delivered(sent=1, put_back=1)
    bad = Notice.objects.get(kind="refund_sent")
    assert (bad.state, bad.failure, bad.due_at) == (
        "queued",
        "cannot be written: DoesNotExist",
        AT + timedelta(minutes=1),
    )
    item = DeskItem.objects.get()
    assert (item.desk, item.kind, item.subject) == ("technique", "letter_unwritable", "letter:refund_sent")


def test_a_confirmation_without_terms_waits_rather_than_leave_without_them(outbox):
    queue([draft("order_confirmation", purchase().facts)])
    assert deliver(1, at=AT) == Delivered(put_back=1)
    assert Notice.objects.get().failure == "cannot be written: NotThere"
    texts()
    assert deliver(1, at=AT + timedelta(minutes=1)) == Delivered(sent=1)


def test_the_logs_name_nobody(server, caplog):
    server.refused = "camille@example.fr"
    with caplog.at_level(logging.DEBUG, logger="subscriptions"):
        queue([code(), draft("refund_sent", {"refund_id": 404})])
        deliver(10, at=AT)
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("subscriptions"))
    assert "letter refused" in said
    assert "letter cannot be written" in said
    for private in ("camille", "Camille", "Lenoir", "K7XP", "example.fr"):
        assert private not in said


def test_proofs_and_what_a_letter_says_cannot_be_changed(outbox):
    queue([code()])
    deliver(1, at=AT)
    for table, column in (
        ("subscriptions_noticeproof", "provider_id"),
        ("subscriptions_notice", "to_email"),
        ("subscriptions_notice", "facts"),
        ("payments_document", "sha256"),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_column_privilege(%s, %s, 'UPDATE')", [table, column])
            assert cursor.fetchone() == (False,), (table, column)
    assert NoticeProof.objects.count() == Document.objects.count() == 1
