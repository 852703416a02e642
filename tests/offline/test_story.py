"""An order by post, its cheque deposited with two others, on the bank's statement; one comes back, and is paid again or given up."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from payments import refunds
from payments.models import BankMatch, Cheque, DeskItem, Invoice, LedgerLine, Payment, Transfer, WriteOff
from payments.offline_kinds import Kind
from shop.customers.models import Customer
from subscriptions.bank.explaining import accept
from subscriptions.models import Consent, Entitlement, Issue, Notice, Order, Subscription, Term
from subscriptions.offline import bouncing, ordering
from subscriptions.refunding import CannotRefund, refund_in_full
from tests.bank.coming import come, offered
from tests.bank.files import Said
from tests.institutions.papers import all_is_well
from tests.makers import NOW, TODAY, make_wish, send_out
from tests.offline.post import CLERK, FINANCE, books, bounced, deposited, ordered, three, wish, written


def states(payment: Payment) -> list[str]:
    copies = Entitlement.objects.filter(term__payment=payment).order_by("rank")
    return list(copies.values_list("state", flat=True))


def lines(source: str) -> list[tuple[str, str, str]]:
    rows = LedgerLine.objects.filter(entry__source=source).order_by("pk")
    return [(one.account_id, str(one.debit), str(one.credit)) for one in rows]


def letters(*kinds: str) -> list[tuple[str, str]]:
    rows = Notice.objects.filter(kind__in=kinds).order_by("pk")
    return list(rows.values_list("kind", "channel"))


def test_an_order_by_post_with_its_cheque_is_served_invoiced_and_booked_at_once(offers):
    taken = ordered()
    order, payment = taken.order, taken.payment
    assert (order.state, str(order.amount.amount), order.email) == (Order.State.PAID, "27.60", "")
    term = Term.objects.get(order=order)
    assert (term.payment_id, term.number, term.copies) == (payment.pk, 1, 4)
    assert term.subscription.payer.email is None
    assert term.subscription.payer.full_name == "Élodie Lefèvre"
    invoice = Invoice.objects.get(payment=payment)
    assert (str(invoice.total_ht.amount), str(invoice.total_vat.amount)) == ("27.03", "0.57")
    payment.refresh_from_db()
    assert (payment.state, payment.way, payment.method_kind, payment.received_on, payment.stripe_intent) == (
        "succeeded", "offline", "cheque", TODAY, None,
    )  # fmt: skip
    assert lines(f"payment:{payment.pk}") == [("511200", "27.60", "0.00"), ("411000", "0.00", "27.60")]
    assert books() == {"4871": "-27.03", "44571": "-0.57", "5112": "27.60"}
    # The confirmation is due on a durable medium, and there is no e-mail address: it is printed (C. conso L221-13).
    assert letters("order_confirmation") == [("order_confirmation", "paper")]
    assert not DeskItem.objects.filter(closed_at=None).exists()
    assert Consent.objects.filter(order=order, matter="terms", given=True).count() == 1
    all_is_well()


def test_the_form_sent_twice_is_one_order_and_the_cheque_typed_twice_is_refused_with_its_first_reference(offers):
    token = uuid.uuid4()
    first = ordered(token=token)
    with pytest.raises(ValidationError) as again:
        ordered(token=token)
    assert again.value.messages == ["Cette commande est déjà payée."]
    with pytest.raises(ValidationError) as twice:
        ordered("000 4711", name="Nguyen")
    assert first.cheque is not None
    assert twice.value.messages == [
        f"Le chèque n°\u00a00004711 (Crédit Agricole) est déjà là, sous la référence {first.cheque.reference}."
    ]
    # Nothing of the second order is left.
    assert (Order.objects.count(), Cheque.objects.count(), Customer.objects.count()) == (1, 1, 1)
    assert books() == {"4871": "-27.03", "44571": "-0.57", "5112": "27.60"}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"amount": Decimal("28.00")}, "Le chèque est de 28,00\u00a0€, et 27,60\u00a0€ sont demandés\u00a0: rendez-le et demandez le bon montant."),
        ({"received_on": TODAY + timedelta(days=1)}, "Ce jour n’est pas encore venu\u00a0: quand le chèque a-t-il été remis\u00a0?"),
        ({"number": "47AB"}, "Le numéro d’un chèque est imprimé en bas à gauche\u00a0: sept chiffres."),
        ({"bank": " "}, "Donnez la banque et le tireur comme ils figurent sur le chèque."),
    ],
)  # fmt: skip
def test_a_cheque_that_cannot_be_taken_takes_nothing(offers, facts, sentence):
    waiting = ordered(None)
    with pytest.raises(ValidationError) as refused:
        ordering.cheque_came(waiting.payment.pk, written(**facts), reason="courrier", actor=CLERK, at=NOW)
    assert refused.value.messages == [sentence]
    assert (Cheque.objects.count(), Term.objects.count(), books()) == (0, 0, {})


def test_an_order_by_telephone_waits_for_its_cheque_and_is_served_when_it_comes(offers):
    taken = ordered(None, email="Elodie@example.fr")
    assert (taken.order.state, taken.cheque, books()) == (Order.State.AWAITING_PAYMENT, None, {})
    assert letters("order_awaits_payment") == [("order_awaits_payment", "email")]
    came = ordering.cheque_came(taken.payment.pk, written(), reason="courrier du jour", actor=CLERK, at=NOW)
    assert Order.objects.get(pk=taken.order.pk).state == Order.State.PAID
    assert came.payment_id == taken.payment.pk
    assert Customer.objects.get().email == "elodie@example.fr"
    with pytest.raises(ValidationError):
        ordering.cheque_came(taken.payment.pk, written("0004712"), reason="deux fois", actor=CLERK, at=NOW)
    assert Cheque.objects.count() == 1
    all_is_well()


def test_an_order_that_nobody_pays_is_given_up_and_sends_nothing(offers):
    taken = ordered(None)
    ordering.give_up(taken.payment.pk, reason="jamais payée", actor=CLERK, at=NOW)
    assert Order.objects.get(pk=taken.order.pk).state == Order.State.CANCELLED
    with pytest.raises(ValidationError):
        ordering.cheque_came(taken.payment.pk, written(), reason="trop tard", actor=CLERK, at=NOW)
    with pytest.raises(ValidationError):
        ordering.give_up(taken.payment.pk, reason="deux fois", actor=CLERK, at=NOW)
    assert (Term.objects.count(), books()) == (0, {})
    all_is_well()


def test_three_cheques_go_to_the_bank_on_one_slip_and_the_statement_credits_them(offers):
    slip = deposited(three())
    assert (slip.number, slip.reference, slip.count, str(slip.total.amount)) == (1, "REM00001", 3, "82.80")
    assert books() == {"4871": "-81.09", "44571": "-1.71", "5112": "82.80"}
    with pytest.raises(ValidationError):
        deposited(list(Cheque.objects.all()))
    [line] = come(Said("82.80", "REMISE CHEQUES NO 0012345", ref="REM778"))
    slip.refresh_from_db()
    assert (slip.credited_on, str(slip.credited), str(line.left)) == (TODAY, "82.80", "0.00")
    assert set(Cheque.objects.values_list("state", flat=True)) == {"credited"}
    assert lines(f"deposit:{slip.pk}") == [("512000", "82.80", "0.00"), ("511200", "0.00", "82.80")]
    assert books() == {"4871": "-81.09", "44571": "-1.71", "512": "82.80"}
    assert list(BankMatch.objects.values_list("kind", "source", "automatic")) == [
        ("deposit", f"deposit:{slip.pk}", True)
    ]
    all_is_well()


def test_a_cheque_comes_back_on_the_statement_and_is_paid_again_by_another(offers):
    cheques = three()
    deposited(cheques)
    come(Said("82.80", "REMISE CHEQUES"))
    [line] = come(Said("-42.60", "CHEQUE IMPAYE 0000102", ref="IMP1"), ident="REL-2", sequence="232", opening="1082.80")
    [proposal] = offered(line)
    assert (proposal.what, proposal.rank, proposal.automatic) == ("bounced", 2, False)
    accept(line.pk, proposal.name, reason="avis d’impayé", actor=FINANCE, at=NOW)
    bad = Cheque.objects.get(number="0000102")
    assert (bad.state, bad.bounced_on, bad.bounced_because, str(bad.bounced_vat)) == ("bounced", TODAY, "other", "0.57")
    assert lines(f"cheque_bounced:{bad.pk}") == [
        ("411000", "27.60", "0.00"), ("512000", "0.00", "27.60"), ("445712", "0.57", "0.00"), ("445740", "0.00", "0.57"),
    ]  # fmt: skip
    # What the bank took for its trouble is ours, not the reader's.
    assert books() == {
        "411": "27.60", "4871": "-81.09", "44571": "-1.14", "44574": "-0.57", "512": "40.20", "627": "15.00",
    }  # fmt: skip
    assert states(bad.payment) == ["held"] * 4
    assert letters("cheque_bounced") == [("cheque_bounced", "paper")]
    assert DeskItem.objects.filter(kind="cheque_bounced", closed_at=None).count() == 1
    all_is_well()
    with pytest.raises(ValidationError):
        bounced(bad)
    # No refund of money that we do not have.
    order = Order.objects.get(term__payment=bad.payment)
    with pytest.raises(CannotRefund):
        refund_in_full(order, reason="demandé", actor=CLERK, at=NOW)
    with pytest.raises(ValidationError) as same:
        bouncing.pay_again_by_cheque(bad.pk, written("0000102", drawer="x"), reason="le même", actor=CLERK, at=NOW)
    assert same.value.messages == [
        f"Le chèque n°\u00a00000102 (Crédit Agricole) est déjà là, sous la référence {bad.reference}."
    ]
    again = bouncing.pay_again_by_cheque(bad.pk, written("0000777"), reason="nouveau chèque", actor=CLERK, at=NOW)
    assert lines(f"paid_again:{again.pk}") == [
        ("511200", "27.60", "0.00"), ("411000", "0.00", "27.60"), ("445740", "0.57", "0.00"), ("445712", "0.00", "0.57"),
    ]  # fmt: skip
    assert books() == {"4871": "-81.09", "44571": "-1.71", "5112": "27.60", "512": "40.20", "627": "15.00"}
    assert states(bad.payment) == ["owed"] * 4
    assert letters("cheque_paid_again") == [("cheque_paid_again", "paper")]
    assert not DeskItem.objects.filter(kind="cheque_bounced", closed_at=None).exists()
    with pytest.raises(ValidationError):
        bouncing.pay_again_by_cheque(bad.pk, written("0000778"), reason="deux fois", actor=CLERK, at=NOW)
    all_is_well()


def test_the_second_cheque_bounces_as_well_and_a_transfer_pays(offers):
    [first, *_others] = three()
    deposited([first])
    come(Said("27.60", "REM00001"))
    bounced(first)
    again = bouncing.pay_again_by_cheque(first.pk, written("0000777"), reason="nouveau chèque", actor=CLERK, at=NOW)
    assert again.by is not None
    second = bounced(again.by, because="stopped")
    # It never was at the bank: 5112, not 512.
    assert lines(f"cheque_bounced:{second.pk}")[1] == ("511200", "0.00", "27.60")
    assert states(first.payment) == ["held"] * 4
    paid = bouncing.pay_again_by_transfer(
        second.pk, bank_reference="VIR 99", received_on=TODAY, reason="relevé", actor=FINANCE, at=NOW
    )
    assert lines(f"paid_again:{paid.pk}")[0] == ("512000", "27.60", "0.00")
    assert states(first.payment) == ["owed"] * 4
    assert refunds.left_of(first.payment) == Decimal("27.60")
    all_is_well()


def test_nothing_is_paid_instead_and_the_year_is_given_up_after_one_issue_was_sent(offers):
    taken = ordered()
    assert taken.cheque is not None
    deposited([taken.cheque])
    come(Said("27.60", "REM00001"))
    issue = Issue.objects.get(number=25)
    sent_at = NOW + timedelta(days=22)
    send_out(issue, on=date(2026, 12, 15), at=sent_at)
    bounced(Cheque.objects.get(), on=date(2026, 12, 15), at=sent_at)
    assert states(taken.payment) == ["served", "held", "held", "held"]
    note = bouncing.give_up(taken.cheque.pk, reason="sans réponse", actor=FINANCE, at=sent_at)
    assert note is not None
    assert (str(note.total_ttc.amount), str(note.total_vat.amount)) == ("20.70", "0.43")
    loss = WriteOff.objects.get()
    assert (str(loss.amount.amount), str(loss.vat.amount)) == ("6.90", "0.14")
    # What was served is lost without its VAT, which never fell due; nothing is owed by anybody.
    assert books() == {"654": "6.76", "7011": "-6.76"}
    assert states(taken.payment) == ["served", "credited", "credited", "credited"]
    assert Subscription.objects.get().state == Subscription.State.ENDED
    assert letters("cheque_given_up") == [("cheque_given_up", "paper")]
    with pytest.raises(ValidationError):
        bouncing.give_up(taken.cheque.pk, reason="deux fois", actor=FINANCE, at=sent_at)
    # Nobody has printed the letters of these three weeks.
    all_is_well(sent_at, but=("MIRROR", "TOLD"))


def test_an_order_paid_by_transfer_is_served_by_the_line_that_names_it(offers):
    taken = ordered(None, by=Kind.TRANSFER, email="elodie@example.fr")
    other = ordered(None, by=Kind.TRANSFER, name="Nguyen", email="an@example.fr")
    assert letters("order_awaits_payment") == [("order_awaits_payment", "email")] * 2
    [named, unnamed] = come(
        Said("27.60", f"ABONNEMENT {taken.order.reference.lower()}", "MME LEFEVRE"),
        Said("27.60", "ABONNEMENT", "NGUYEN"),
    )
    assert (str(named.left), str(unnamed.left)) == ("0.00", "27.60")
    assert Order.objects.get(pk=taken.order.pk).state == Order.State.PAID
    assert lines(f"payment:{taken.payment.pk}") == [("512000", "27.60", "0.00"), ("411000", "0.00", "27.60")]
    # The other one is noted by hand, and the line is then said to be it.
    ordering.transfer_came(
        other.payment.pk, bank_reference="VIR 12", received_on=TODAY, reason="relevé", actor=FINANCE, at=NOW
    )
    assert [(one.what, one.rank, one.automatic) for one in offered(unnamed)] == [("order", 3, False)]
    accept(unnamed.pk, offered(unnamed)[0].name, reason="le virement de Mme Nguyen", actor=FINANCE, at=NOW)
    unnamed.refresh_from_db()
    assert str(unnamed.left) == "0.00"
    assert books() == {"4871": "-54.06", "44571": "-1.14", "512": "55.20"}
    all_is_well()


def test_what_was_paid_by_cheque_goes_back_by_transfer(offers):
    taken = ordered()
    refund_in_full(taken.order, reason="le lecteur renonce", actor=CLERK, at=NOW)
    transfer = Transfer.objects.get()
    assert (transfer.because, str(transfer.amount.amount), transfer.payment_id) == (
        "offline",
        "27.60",
        taken.payment.pk,
    )
    assert letters("transfer_account_wanted") == [("transfer_account_wanted", "paper")]
    payment = Payment.objects.get(pk=taken.payment.pk)
    with pytest.raises(ValueError, match="did not come through Stripe"):
        refunds.request(payment, amount=payment.amount, reason="x", actor=CLERK, at=NOW)
    all_is_well()


def test_by_post_a_year_is_ordered_at_a_time(offers):
    with pytest.raises(ValidationError) as refused:
        ordering.take_order(
            wish(quote=_quoted(offers["automatic"])), by=Kind.CHEQUE, cheque=written(), form_token=uuid.uuid4(),
            reason="bon de commande", actor=CLERK, at=NOW,
        )  # fmt: skip
    assert refused.value.messages == [
        "Par courrier et par téléphone, on commande un an à la fois\u00a0: choisissez la formule sans reconduction."
    ]


def _quoted(offer):
    return make_wish(offer).quote
