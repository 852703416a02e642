"""The reader pays the next year on the page: the same renewal, the same term, never a second charge; and the truth is told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from payments import looking_up
from payments.actors import job
from payments.looking_up import look_up
from payments.models import Payment, Refund, SavedMethod
from subscriptions.models import Notice, Renewal, Subscription, Term
from subscriptions.renewals import paying
from subscriptions.renewals.cancelling import cancel
from subscriptions.renewals.lapsing import lapse
from subscriptions.renewals.links import pay_path, return_path
from tests.makers import READER
from tests.races.crowd import Meeting, together, troubles, without_locks
from tests.renewals.counter import CLOCK, R, at_ten, charge, paid_here, planned, reader, ready, taken, ten, wrong

pytestmark = pytest.mark.django_db(transaction=True)
LOST, ASKS = "4000000000009987", "4000002760003184"


@pytest.fixture
def eleven():
    """An hour after the charge, standing still."""
    with time_machine.travel(ten(minutes=60), tick=False):
        yield ten(minutes=60)


@pytest.fixture
def waiting(till) -> Renewal:
    """A renewal whose card is lost: it waits for the reader."""
    plan = ready(till, card=LOST)
    charge()
    plan.refresh_from_db()
    assert plan.state == "awaiting_reader"
    return plan


def state_of(answer) -> str:
    return re.search(r'data-state="(\w+)"', answer.content.decode())[1]


def test_a_declined_renewal_is_mended_by_another_card(till, waiting, client, eleven):
    page = client.get(pay_path(waiting))
    text = page.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert (page.status_code, state_of(page), page["Cache-Control"].count("no-store")) == (200, "open", 1)
    assert ">Payer 27,60 €</button>" in text
    assert "du 23 novembre 2027 au 22 novembre 2028" in text
    assert "4, à partir du n° 29" in text
    assert "12 BIS RUE DE L" in text
    assert "s’arrête de lui-même le 14 décembre 2027" in text
    assert '<meta name="robots" content="noindex">' in text
    sent = client.post(pay_path(waiting))
    assert (sent.status_code, sent.url.startswith(till.base)) == (303, True)
    assert till.pay(sent.url).url == f"http://testserver{return_path(waiting)}"
    back = client.get(return_path(waiting))
    assert state_of(back) == "paid"
    assert taken(till) == paid_here() == [waiting.subject]
    waiting.refresh_from_db()
    term, subscription = waiting.term, Subscription.objects.get()
    assert (waiting.state, term.number, term.starts_on, subscription.state) == ("paid", 2, R, "active")
    # The card that has just been used pays from now on.
    assert subscription.saved_method_id == term.payment.saved_method_id
    assert subscription.saved_method_id != waiting.attempts.get().payment.saved_method_id
    assert state_of(client.get(pay_path(waiting))) == "paid"
    assert client.post(pay_path(waiting)).content.decode().count("Payer") == 0
    assert Notice.objects.filter(kind="renewal_paid").count() == 1
    assert wrong(eleven) == []


@pytest.mark.parametrize("silent", [False, True], ids=["asked a second ago", "Stripe is away"])
def test_whoever_comes_back_hears_nothing_that_stripe_was_not_asked_about(till, waiting, client, silent):
    """Refused, then paid a second later: not « nothing was debited », and no button to pay by again."""
    with time_machine.travel(ten(minutes=60), tick=False) as now:
        sent = client.post(pay_path(waiting))
        assert till.pay(sent.url, card="4000000000000002").refusal
        assert state_of(client.get(return_path(waiting))) == "refused"
        till.pay(sent.url)
        if silent:
            till.misbehave("error_before", method="GET", times=20, status=500)
        now.shift(4 if silent else 1)
        back = client.get(return_path(waiting))
        assert (state_of(back), back.context["refresh"]) == ("not_yet_known", 3)
        till.behave()
        now.shift(4)
        assert state_of(client.get(return_path(waiting))) == "paid"
    assert len(taken(till)) == 1


def test_by_choice_the_button_is_an_order(till, client, eleven):
    plan = planned(reader(till), state="manual")
    text = client.get(pay_path(plan)).content.decode().replace("\u202f", " ").replace("\u00a0", " ")
    assert ">Commander avec obligation de paiement — 27,60 € TTC</button>" in text


def test_what_waits_for_the_bank_is_cancelled_there_before_the_page_opens(till, client, eleven):
    """The bank wanted the reader: the charge's own intent can never be confirmed beside the page."""
    plan = ready(till, card=ASKS)
    charge()
    waits = Payment.objects.get(purpose="renewal")
    assert (waits.state, waits.is_open) == ("action_required", True)
    sent = client.post(pay_path(plan))
    waits.refresh_from_db()
    assert (waits.state, waits.is_open) == ("cancelled", False)
    assert till.client().v1.payment_intents.retrieve(waits.stripe_intent).status == "canceled"
    till.pay(sent.url, card=ASKS)
    assert state_of(client.get(return_path(plan))) == "paid"
    assert len(taken(till)) == len(paid_here()) == 1
    assert wrong(eleven) == []


def test_two_tabs_and_a_double_click_are_one_page(till, waiting, client, eleven):
    pages = {client.post(pay_path(waiting)).url for _click in range(3)}
    assert len(pages) == 1
    assert Payment.objects.filter(subject=waiting.subject, is_open=True).count() == 1


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it"])
def test_two_tabs_at_the_same_instant(till, waiting, eleven, monkeypatch, locked):
    """With the renewal's lock the second waits and finds the first; without it the database refuses the second row."""
    meeting = Meeting(2)
    monkeypatch.setattr(paying, "payer_account", meeting.before(paying.payer_account))
    if not locked:
        without_locks(monkeypatch)
    begin = [lambda: paying.begin(waiting, actor=READER, at=eleven)] * 2
    results = together(begin, meeting=meeting)
    assert troubles(results) == []
    assert results[0].pk == results[1].pk
    assert meeting.largest == (1 if locked else 2)


def test_leaving_the_page_tells_so_and_leads_back_to_it(till, waiting, client, eleven):
    first = client.post(pay_path(waiting)).url
    back = client.get(return_path(waiting))
    assert state_of(back) == "open"
    assert "Vous avez quitté la page de paiement" in back.content.decode()
    assert client.post(pay_path(waiting)).url == first


def test_a_refusal_on_the_page_is_told_and_can_be_mended(till, waiting, client, eleven):
    url = client.post(pay_path(waiting)).url
    assert till.pay(url, card="4000 0000 0000 9995").refusal
    back = client.get(return_path(waiting))
    assert state_of(back) == "refused"
    assert "Votre banque a refusé le paiement" in back.content.decode()
    assert client.post(pay_path(waiting)).url == url
    till.pay(url)
    with time_machine.travel(ten(minutes=61), tick=False):
        assert state_of(client.get(return_path(waiting))) == "paid"
    assert len(taken(till)) == 1


def test_a_debit_on_the_page_is_on_its_way_and_may_come_back(till, waiting, client, eleven):
    url = client.post(pay_path(waiting)).url
    till.pay(url, iban="FR1420041010050500013M02606")
    assert state_of(client.get(return_path(waiting))) == "on_its_way"
    assert state_of(client.post(pay_path(waiting))) == "on_its_way"
    assert Payment.objects.filter(subject=waiting.subject).count() == 2
    assert Notice.objects.filter(kind="renewal_debit_pending").count() == 1
    # Nothing lapses while the bank has not answered, and nothing is charged beside it.
    late = ten(R + timedelta(days=30))
    assert lapse(on=late.date(), at=late, actor=CLOCK) == 0
    payment = Payment.objects.get(subject=waiting.subject, state="processing")
    till.settle(payment.stripe_intent, failure="insufficient_funds")
    look_up(payment, actor=CLOCK, at=late)
    waiting.refresh_from_db()
    assert waiting.state == "awaiting_reader"
    assert Notice.objects.filter(kind="renewal_card_needed").count() == 2


def test_no_answer_while_the_page_opens(till, waiting, client, eleven):
    till.misbehave("timeout_after", method="POST", path="/v1/checkout/sessions")
    sent = client.post(pay_path(waiting))
    assert sent.url == return_path(waiting)
    again = client.post(pay_path(waiting))
    assert again.url.startswith(till.base)
    assert len(till.client().v1.checkout.sessions.list({"limit": 10}).data) == 2  # the purchase's and this one


def test_a_page_paid_in_the_very_moment_of_the_retry(till, client):
    """The retry closes the page first: found paid, it settles, and nothing is charged beside it."""
    plan = ready(till, card="4000000000009995")
    charge()
    day = R + timedelta(days=3)
    till.set_clock(int(ten(day).timestamp()), frozen=True)
    with time_machine.travel(ten(day, minutes=-1), tick=False):
        url = client.post(pay_path(plan)).url
    till.pay(url)
    charge(ten(day))
    plan.refresh_from_db()
    assert (plan.state, plan.attempts.count()) == ("paid", 1)
    assert taken(till) == paid_here() == [plan.subject]


def test_a_page_left_open_is_closed_before_the_retry(till, client):
    plan = ready(till, card="4000000000009995")
    charge()
    till.card_becomes(plan.subscription.saved_method.stripe_method, "4242424242424242")
    day = R + timedelta(days=3)
    till.set_clock(int(ten(day).timestamp()), frozen=True)
    with time_machine.travel(ten(day, minutes=-1), tick=False):
        url = client.post(pay_path(plan)).url
    charge(ten(day))
    plan.refresh_from_db()
    assert (plan.state, len(taken(till))) == ("paid", 1)
    assert "formulaire" not in till.pay(url).text
    assert len(taken(till)) == 1


def test_the_reader_pays_while_the_retry_runs(till, monkeypatch):
    """Both have looked, neither has written: the renewal's lock lets one of them win."""
    plan = ready(till, card="4000000000009995")
    charge()
    till.card_becomes(plan.subscription.saved_method.stripe_method, "4242424242424242")
    day = ten(R + timedelta(days=3))
    till.set_clock(int(day.timestamp()), frozen=True)
    plan.refresh_from_db()
    acts = [lambda: charge(day), lambda: paying.begin(plan, actor=READER, at=day)]
    for trouble in troubles(together(acts)):
        assert isinstance(trouble, paying.CannotPay)
    charge(day + timedelta(minutes=1))
    assert len(taken(till)) == len(paid_here()) <= 1
    assert Payment.objects.filter(subject=plan.subject, is_open=True).count() + len(paid_here()) <= 1


@pytest.mark.parametrize(
    ("state", "told"),
    [("cancelled", "cancelled"), ("lapsed", "lapsed"), ("planned", "not_yet"), ("charging", "not_yet_known"),
     ("unresolved", "not_yet_known"), ("due", "open"), ("announced", "open")],
)  # fmt: skip
def test_the_page_is_truthful_in_every_state(till, client, eleven, state, told):
    plan = planned(reader(till), state=state)
    page = client.get(pay_path(plan))
    assert (page.status_code, state_of(page)) == (200, told)
    assert ("<button" in page.content.decode().split("data-state", 1)[1]) == (told == "open")
    if told != "open":
        assert state_of(client.post(pay_path(plan))) == told
        assert not Payment.objects.filter(subject=plan.subject).exists()


@pytest.mark.parametrize(
    ("state", "kept", "sentence"),
    [
        ("announced", True, "sera débité le 23 novembre 2027, comme nous vous l’avons annoncé"),
        ("announced", False, "l’abonnement s’arrête de lui-même le 14 décembre 2027 : vous ne devez rien"),
        ("retrying", True, "nous essayons de nouveau la même carte ou le même compte le 23 novembre 2027"),
        ("awaiting_reader", True, "l’abonnement s’arrête de lui-même le 14 décembre 2027 : vous ne devez rien"),
        ("manual", True, "Rien n’est débité sans vous"),
    ],
)
def test_what_happens_if_the_reader_does_nothing_is_said_as_it_is(till, client, state, kept, sentence):
    plan = planned(reader(till), state=state)
    Renewal.objects.update(state_since=ten())
    if not kept:
        Subscription.objects.update(saved_method=None)
    with time_machine.travel(ten(minutes=60), tick=False):
        page = client.get(pay_path(plan)).content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert sentence in page


@pytest.mark.parametrize("state", ["announced", "due", "retrying"])
@pytest.mark.parametrize("over", [{"ended_at": ten()}, {"exp_year": 2027, "exp_month": 10}])
def test_a_card_that_is_over_is_not_said_to_be_debited(till, client, state, over):
    plan = planned(reader(till), state=state)
    Renewal.objects.update(state_since=ten())
    SavedMethod.objects.update(**over)
    with time_machine.travel(ten(minutes=60), tick=False):
        page = client.get(pay_path(plan)).content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert "Si vous ne faites rien, l’abonnement s’arrête de lui-même le 14 décembre 2027" in page


def test_paid_after_it_was_cancelled_goes_back(till, waiting, client, eleven):
    url = client.post(pay_path(waiting)).url
    Subscription.objects.update(renewal="fixed")
    assert cancel(waiting.subscription_id, actor=READER, at=eleven, reason="said no").state == "cancelled"
    assert state_of(client.get(pay_path(waiting))) == "cancelled"
    till.pay(url)
    with time_machine.travel(ten(minutes=61), tick=False):
        assert state_of(client.get(return_path(waiting))) == "surplus"
    assert Refund.objects.get().payment.subject == waiting.subject
    assert Term.objects.count() == 1


def test_the_link_cannot_be_guessed_and_ends(till, waiting, client):
    path = pay_path(waiting)
    with time_machine.travel(ten(), tick=False):
        for wrong in (f"/reconduction/{waiting.pk}/", path.replace(".", ".x"), "/reconduction/999.abc/"):
            page = client.get(wrong)
            assert page.status_code == 404
            assert "27,60" not in page.content.decode()
    with time_machine.travel(ten(R + timedelta(days=121)), tick=False):
        assert client.get(path).status_code == 410


def test_guessing_and_sending_are_limited(till, waiting, client, eleven):
    codes = [client.get("/reconduction/1.abc/").status_code for _guess in range(31)]
    assert (codes[0], codes[-1]) == (404, 429)
    sent = [client.post(pay_path(waiting)).status_code for _click in range(31)]
    assert (sent[0], sent[-1]) == (303, 429)


def test_the_form_is_sent_from_our_page_only(till, waiting, eleven):
    assert Client(enforce_csrf_checks=True).post(pay_path(waiting)).status_code == 403


def test_another_card_left_in_the_account_is_charged_at_the_next_round(till):
    """At every stage: waiting for a card, and waiting for the day of the retry."""
    for card in (LOST, "4000000000009995"):
        plan = ready(till, card=card)
        charge()
        fresh = reader(till).saved_method
        at_ten(till)
        plan.subscription.saved_method = fresh
        plan.subscription.save()
        charge(ten(minutes=1))
        plan.refresh_from_db()
        assert plan.state == "paid"
        assert plan.attempts.order_by("pk")[1].payment.saved_method_id == fresh.pk
    assert sorted(taken(till)) == sorted(paid_here())
    assert looking_up.due(at=ten(minutes=20), limit=5) == []
    assert job("x").kind == "job"
