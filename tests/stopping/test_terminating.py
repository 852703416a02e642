"""« Résilier votre contrat »: the end of the paid period; or today, with what was not served given back to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from payments.audit import balance_of
from payments.gateway import RefundSeen
from payments.models import Act, DeskItem, LedgerLine, Payment, Refund, Transfer
from payments.refunds import apply
from shop.watch.audit import breaches
from subscriptions.models import Entitlement, Issue, Notice, RenewalChoice, Subscription
from subscriptions.moving import move_copies
from subscriptions.stopping import following_up
from subscriptions.stopping.terminating import CannotEnd, end_now
from tests.makers import NOW, close_file
from tests.renewals.people import announced, subscriber
from tests.stopping.people import JOB, credit_notes, posted, refund_of, renewed, states, terminates

pytestmark = pytest.mark.django_db
R = date(2027, 11, 23)


def test_automatic_renewal_stops_and_the_copies_paid_for_are_still_served():
    subscription = subscriber()
    renewal = announced(subscription, renews_on=R)
    declared = terminates(subscription)
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert (declared.state, declared.effect, declared.effective_on) == ("applied", "ends_at_term", date(2027, 11, 22))
    assert (declared.refund_due_on, Refund.objects.count()) == (None, 0)
    assert (subscription.state, subscription.renewal, renewal.state) == ("active", "fixed", "cancelled")
    assert states(subscription) == "owed owed owed owed"
    choice = RenewalChoice.objects.get()
    assert (choice.automatic, choice.declaration_id) == (False, declared.pk)
    assert not Notice.objects.filter(kind="renewal_turned_off").exists(), "the acknowledgement has said it"
    assert breaches(NOW) == []


def test_a_fixed_term_ends_by_itself_and_that_is_said():
    subscription = subscriber(renewal="fixed")
    declared = terminates(subscription)
    assert (declared.state, declared.effect) == ("applied", "ends_by_itself")
    assert RenewalChoice.objects.count() == 0
    letter = Notice.objects.get(kind="termination_acknowledged")
    assert letter.facts["sentence"].startswith("Votre abonnement n’est pas reconduit")


def test_while_a_renewal_is_still_tried_the_end_is_today():
    subscription = subscriber()
    renewal = announced(subscription, renews_on=R, state="retrying")
    for number in (25, 26, 27, 28):
        posted(number, on=date(2027, 9, 15))
    declared = terminates(subscription, at=NOW + timedelta(days=370))
    subscription.refresh_from_db()
    renewal.refresh_from_db()
    assert (declared.effect, declared.effective_on) == ("ends_at_term", date(2027, 11, 28))
    assert (subscription.state, renewal.state) == ("ended", "cancelled")


@pytest.mark.parametrize("ground", ["death", "moved", "illness", "other"])
def test_a_ground_is_for_a_person_and_the_renewal_stops_without_waiting(ground):
    subscription = subscriber()
    declared = terminates(subscription, ground=ground)
    subscription.refresh_from_db()
    assert (declared.state, declared.effect, declared.ground) == ("on_desk", "ground", ground)
    assert (subscription.state, subscription.renewal) == ("active", "fixed")
    assert DeskItem.objects.get().kind == "declaration_ground"


SERVED = [(0, "27.60", "27.03"), (1, "20.70", "20.27"), (2, "13.80", "13.52"), (3, "6.90", "6.76")]


@pytest.mark.parametrize(("served", "ttc", "ht"), SERVED, ids=[f"{row[0]} served" for row in SERVED])
def test_a_recognised_ground_gives_back_what_was_not_served(served, ttc, ht):
    """law.md 6.3, « Chatel termination after 1 served »: 4871 20.27, VAT 0.43 against 411 20.70."""
    subscription = subscriber()
    for number in range(25, 25 + served):
        posted(number, on=date(2026, 12, 15))
    earned = balance_of("701100")
    [given] = end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason="Parti au Chili.")
    subscription.refresh_from_db()
    assert (given.amount, given.refund.amount.amount) == (Decimal(ttc), Decimal(ttc))
    assert credit_notes() == [(Decimal(ttc), Decimal(ht), Decimal(ttc) - Decimal(ht))]
    assert states(subscription) == " ".join(["served"] * served + ["credited"] * (4 - served))
    assert (balance_of("487100"), balance_of("701100")) == (0, earned)
    assert (subscription.state, subscription.renewal) == ("ended", "fixed")
    act = Act.objects.get(verb="ended a subscription")
    assert act.facts["given_back"] == [{"term": given.term.pk, "amount": ttc}]
    assert breaches(NOW) == []


def test_a_copy_held_while_a_later_one_is_served_costs_a_cent_of_revenue_and_no_more():
    """The four copies are worth 6.76, 6.75, 6.76, 6.76: which one was served shows in the cents, and is booked."""
    subscription = subscriber()
    first = Entitlement.objects.get(rank=1)
    move_copies([first], "hold", on=NOW.date(), actor=JOB, at=NOW)
    posted(26, on=date(2027, 3, 15))
    [given] = end_now(subscription.pk, "illness", actor=JOB, at=NOW, reason="Hospitalisé.")
    assert states(subscription) == "credited served credited credited"
    assert (given.amount, given.credit_note.total_ht.amount) == (Decimal("20.70"), Decimal("20.27"))
    assert balance_of("487100") == 0
    lines = LedgerLine.objects.filter(entry__source=f"invoice:{given.credit_note.pk}").order_by("account")
    assert {line.account_id: line.debit - line.credit for line in lines} == {
        "411000": Decimal("-20.70"), "445740": Decimal("0.43"), "487100": Decimal("20.28"), "701100": Decimal("-0.01"),
    }  # fmt: skip
    assert breaches(NOW) == []


def test_a_copy_in_a_file_is_still_sent_and_counts_as_served():
    subscription = subscriber()
    close_file(Issue.objects.get(number=25), on=NOW.date(), at=NOW)
    [given] = end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason="Parti au Chili.")
    assert (given.amount, states(subscription)) == (Decimal("20.70"), "assigned credited credited credited")
    posted(25, on=date(2026, 12, 15))
    assert balance_of("487100") == 0
    assert breaches(NOW) == []


def test_to_the_estate_the_money_goes_by_transfer():
    subscription = subscriber()
    [given] = end_now(subscription.pk, "death", actor=JOB, at=NOW, reason="Appel de sa fille.", to_estate=True)
    assert (given.refund, Refund.objects.count()) == (None, 0)
    item, transfer = DeskItem.objects.get(), Transfer.objects.get()
    assert (item.desk, item.kind, item.subject) == ("finance", "refund_by_transfer", f"transfer:{transfer.pk}")
    assert item.sentence.replace("\u00a0", " ") == (
        f"27,60 € à rendre par virement (à la succession) : {transfer.reference} attend un IBAN."
    )
    assert (transfer.credit_note, transfer.amount.amount) == (given.credit_note, Decimal("27.60"))
    assert not Notice.objects.filter(kind="transfer_account_wanted").exists(), "nobody writes to the dead"
    assert breaches(NOW) == []


def test_a_debit_of_more_than_180_days_goes_by_transfer():
    subscription = subscriber(kind="sepa_debit")
    [given] = end_now(subscription.pk, "moved", actor=JOB, at=NOW + timedelta(days=181), reason="Parti au Chili.")
    assert given.refund is None
    assert "prélèvement de plus de 180 jours" in DeskItem.objects.get().sentence
    other = Subscription.objects.get()
    assert other.state == "ended"


def test_what_stripe_cannot_give_back_is_on_finances_desk():
    subscription = subscriber()
    [given] = end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason="Parti au Chili.")
    seen = RefundSeen(
        id="re_1", status="failed", amount_cents=2760, currency="eur", payment_intent="pi", charge="ch",
        failure_reason="lost_or_stolen_card", metadata={}, balance_transaction="", created=NOW,
    )  # fmt: skip
    apply(seen, refund_id=given.refund.pk, actor=JOB, at=NOW)
    assert DeskItem.objects.get(closed_at=None).kind == "refund_by_transfer"
    transfer = Transfer.objects.get()
    assert (transfer.refund, transfer.because, transfer.state) == (given.refund, "failed", "asked")
    assert Notice.objects.get(kind="transfer_account_wanted").facts == {"transfer_id": transfer.pk}


@pytest.mark.parametrize("why", ["over", "ground", "disputed"])
def test_what_cannot_be_ended_is_refused_in_a_sentence(why):
    subscription = subscriber()
    if why == "over":
        end_now(subscription.pk, "moved", actor=JOB, at=NOW, reason="Une première fois.")
    if why == "disputed":
        dispute(Payment.objects.get())
    with pytest.raises(CannotEnd) as refused:
        end_now(subscription.pk, "" if why == "ground" else "moved", actor=JOB, at=NOW, reason="Encore.")
    assert refused.value.code == why


def dispute(payment):
    return DeskItem.objects.create(
        desk="finance", kind="charge.dispute.created", subject=f"payment:{payment.pk}", sentence="x", opened_at=NOW
    )


SECOND_YEAR = NOW + timedelta(days=400)


@pytest.fixture
def second_year():
    """A subscription in its second year; all of the first year's copies were served."""

    def begin(**how):
        subscription = subscriber()
        for number in (25, 26, 27, 28):
            posted(number, on=date(2027, 9, 15))
        renewed(subscription, **how)
        return subscription

    return begin


def test_a_year_whose_notice_came_back_ends_today_and_is_given_back(second_year):
    subscription = second_year(bounced=True)
    declared = terminates(subscription, ground="late_notice", at=SECOND_YEAR)
    subscription.refresh_from_db()
    assert (declared.state, declared.effect, declared.effective_on) == ("applied", "notice_missed", date(2027, 12, 28))
    assert declared.refund_due_on == date(2028, 1, 27)
    assert refund_of(declared) == (Decimal("27.60"), "created")
    assert (subscription.state, states(subscription)) == ("ended", " ".join(["served"] * 4 + ["credited"] * 4))
    assert credit_notes() == [(Decimal("27.60"), Decimal("27.03"), Decimal("0.57"))]
    assert balance_of("487100") == 0
    assert breaches(NOW) == []


def test_a_year_that_was_announced_is_for_a_person_and_is_not_renewed_again(second_year):
    subscription = second_year()
    declared = terminates(subscription, ground="late_notice", at=SECOND_YEAR)
    subscription.refresh_from_db()
    assert (declared.state, declared.effect, subscription.renewal) == ("on_desk", "notice_proved", "fixed")
    assert DeskItem.objects.get().kind == "declaration_notice_proved"


def test_without_the_ground_the_year_goes_to_its_end(second_year):
    declared = terminates(second_year(bounced=True), at=SECOND_YEAR)
    assert (declared.effect, declared.effective_on) == ("ends_at_term", date(2028, 11, 22))


def test_a_dispute_lets_that_money_wait_too(second_year):
    subscription = second_year(bounced=True)
    item = dispute(Payment.objects.get(way="off_session"))
    declared = terminates(subscription, ground="late_notice", at=SECOND_YEAR)
    assert (declared.state, declared.effect, declared.refund) == ("applied", "notice_missed_waits", None)
    assert states(subscription).endswith("held held held held")
    assert following_up.give_back_waiting(actor=JOB, at=SECOND_YEAR, limit=20) == 0
    DeskItem.objects.filter(pk=item.pk).update(closed_at=NOW, closed_by="x")
    assert [following_up.give_back_waiting(actor=JOB, at=SECOND_YEAR, limit=20) for _twice in range(2)] == [1, 0]
    declared.refresh_from_db()
    subscription.refresh_from_db()
    assert (refund_of(declared)[0], subscription.state) == (Decimal("27.60"), "ended")
    assert breaches(NOW) == []


def test_the_first_year_needs_no_notice():
    declared = terminates(subscriber(), ground="late_notice")
    assert (declared.state, declared.effect) == ("on_desk", "notice_proved")
