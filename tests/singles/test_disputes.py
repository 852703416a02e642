"""A bank disputes the payment of past issues: they are held, then leave, or stay with us and the books follow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core import mail

from payments.audit import balance_of
from payments.invoicing.issuing import credit_part
from payments.ledger.entries import REV_SINGLE
from payments.models import Invoice, Refund
from subscriptions.losses.stock import free
from subscriptions.models import Notice
from subscriptions.notices import queue
from subscriptions.notices.delivering import deliver
from subscriptions.orders.placing import payment_of
from subscriptions.singles.sending import to_send
from subscriptions.stopping.following_up import give_back_waiting
from tests.disputes.people import disputed
from tests.letters.every import draft
from tests.letters.people import AT
from tests.singles.people import CLERK, at, buys, closes, issue, leaves, pays_again, states, unsound
from tests.stopping.people import declares

DAY = at(date(2026, 11, 26))


def test_it_is_held_and_leaves_once_the_bank_has_decided_for_us(single):
    order = buys({24: 1})
    disputed(payment_of(order), at=DAY)
    assert states(order) == [(24, 1, "held")]
    assert not to_send(issue(24).pk).exists()
    assert unsound(DAY) == []
    disputed(payment_of(order), "won", at=DAY)
    assert states(order) == [(24, 1, "owed")]
    leaves(closes(24, when=DAY), when=DAY)
    assert unsound(DAY) == []


def test_lost_before_it_left_it_stays_and_is_credited(single):
    order = buys({24: 1})
    disputed(payment_of(order), at=DAY)
    disputed(payment_of(order), "lost", at=DAY)
    assert states(order) == [(24, 1, "void")]
    note = Invoice.objects.get(kind=Invoice.Kind.CREDIT_NOTE)
    assert note.total_ttc.amount == Decimal("9.00")
    assert (balance_of("487100"), balance_of("411000"), balance_of("654000")) == (0, 0, 0)
    assert free([issue(24).pk])[issue(24).pk] == 12
    assert unsound(DAY) == []


def test_lost_after_it_left_it_is_a_loss(single):
    order = buys({24: 1})
    leaves(closes(24, when=DAY), when=DAY)
    disputed(payment_of(order), "lost", at=DAY)
    assert states(order) == [(24, 1, "served")]
    assert not Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE).exists()
    assert (balance_of("701200"), balance_of("654000")) == (Decimal("-8.81"), Decimal("9.00"))
    assert unsound(DAY) == []


def test_a_second_payment_that_its_bank_disputes_and_takes_back_leaves_the_first_alone(single):
    order = buys({24: 1})
    paying = payment_of(order)
    second = pays_again(order)
    disputed(second, at=DAY)
    assert (second.surplus, states(order)) == (True, [(24, 1, "owed")])
    assert unsound(DAY) == []
    disputed(second, "lost", at=DAY)
    assert states(order) == [(24, 1, "owed")]
    assert not Invoice.objects.filter(payment=paying, kind=Invoice.Kind.CREDIT_NOTE).exists()
    leaves(closes(24, when=DAY), when=DAY)
    assert states(order) == [(24, 1, "served")]


def test_cancelled_while_it_is_disputed_it_never_leaves_and_its_price_goes_back_once_the_bank_has_decided_for_us(
    single,
):
    order = buys({24: 1, 22: 1})
    leaves(closes(22, when=DAY), when=DAY)
    disputed(payment_of(order), at=DAY)
    said = declares("withdrawal", order.reference, at=DAY)
    assert (said.effect, said.state, said.refund, said.refund_due_on) == ("single_waits", "applied", None, None)
    assert give_back_waiting(actor=CLERK, at=DAY, limit=9) == 0
    assert unsound(DAY) == []
    disputed(payment_of(order), "won", at=DAY)
    assert states(order) == [(22, 1, "served"), (24, 1, "held")]
    assert [give_back_waiting(actor=CLERK, at=DAY, limit=9) for _twice in range(2)] == [1, 0]
    assert states(order) == [(22, 1, "served"), (24, 1, "void")]
    said.refresh_from_db()
    assert said.refund.amount.amount == Decimal("9.00")
    assert unsound(DAY) == []


def test_cancelled_while_it_is_disputed_and_lost_the_bank_gives_back(single):
    order = buys({24: 1})
    disputed(payment_of(order), at=DAY)
    declares("withdrawal", order.reference, at=DAY)
    disputed(payment_of(order), "lost", at=DAY)
    assert states(order) == [(24, 1, "void")]
    assert (give_back_waiting(actor=CLERK, at=DAY, limit=9), Refund.objects.count()) == (0, 0)
    assert unsound(DAY) == []


def test_what_the_bank_has_kept_is_not_promised_to_whoever_cancels(single):
    """Four of nine euros were lost: five are said, and five go back."""
    order = buys({24: 1})
    disputed(payment_of(order), "lost", at=DAY, cents=400)
    assert states(order) == [(24, 1, "owed")]
    said = declares("withdrawal", order.reference, at=DAY)
    assert (said.effect, said.refund.amount.amount) == ("single_unsent", Decimal("5.00"))
    sentence = Notice.objects.get(kind="withdrawal_acknowledged").facts["sentence"]
    assert ("5,00" in sentence, "9,00" in sentence) == (True, False)


def test_where_nothing_is_left_to_give_back_a_person_answers(single):
    order = buys({24: 1})
    invoice = Invoice.objects.get()
    credit_part(
        invoice, ttc=Decimal("9.00"), unserved_ht=Decimal("0.00"), what="geste", reason="geste", on=DAY.date(),
        actor=CLERK, at=DAY, revenue=REV_SINGLE,
    )  # fmt: skip
    said = declares("withdrawal", order.reference, at=DAY)
    assert (said.effect, said.state, states(order)) == ("single_sent", "on_desk", [(24, 1, "owed")])


def test_lost_before_it_left_whoever_paid_is_told_and_has_the_credit_note(single, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    order = buys({24: 1})
    disputed(payment_of(order), at=DAY)
    found = disputed(payment_of(order), "lost", at=DAY)
    assert Notice.objects.get(kind="dispute_lost").facts == {"dispute_id": found.pk}
    mail.outbox = []
    deliver(9, at=DAY)
    [letter] = [one for one in mail.outbox if one.subject.startswith("Votre banque")]
    said = letter.body.replace("\u00a0", " ")
    assert f"Ce qui n’était pas encore parti de votre commande {order.reference} est donc annulé" in said
    assert f"L’avoir {found.credit_note.reference}, joint à ce courrier, annule toute votre facture" in said
    assert "abonnement n°" not in said


def test_a_second_payment_of_past_issues_leads_to_the_orders(single, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    queue([draft("order_expired_with_late_money", {"order_id": buys({24: 1}).pk})])
    mail.outbox = []
    deliver(9, at=AT)
    [letter] = [one for one in mail.outbox if one.subject.startswith("Vous avez payé deux fois")]
    assert "Voir mes commandes" in letter.body
    assert "abonnement :" not in letter.body.replace("\u00a0", " ")
