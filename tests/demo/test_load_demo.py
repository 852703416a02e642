"""The command that loads the demo: what stands there afterwards, what it refuses, and that it is the same twice."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError
from django.utils import timezone

from payments.models import BalanceMovement, DeskItem, Invoice, LedgerEntry, Payment, Refund, StripeEvent
from payments.webhooks import catching_up, processing
from shop.backoffice import second_factor
from shop.backoffice.roles import Right, may
from shop.customers.models import Customer
from shop.demo import loading
from shop.demo.casting import GIVERS
from shop.demo.renewal_casting import DOMAIN, STOPPING, YEARS
from shop.demo.till import NO_EVENTS
from shop.storefront.showing import magazine_page, offer_page
from shop.watch.audit import breaches
from subscriptions.losses.stock import balances
from subscriptions.models import (
    AddressChange,
    Claim,
    Consent,
    CopyReturn,
    Declaration,
    Entitlement,
    FreeCopy,
    Gift,
    Issue,
    LegalText,
    Magazine,
    Notice,
    NoticeProof,
    Order,
    Renewal,
    StockMovement,
    Subscription,
)
from subscriptions.offers.catalogue import read_shelf
from tests import servers, template

ON = "2026-11-20"
UNTIL = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
#: The first readers, and who withdraws: whoever declares without a number buys nothing.
FIRST = len(YEARS) + len(STOPPING) - 1


def facts():
    """Everything that a second load of the same day must repeat: no reference, no time of the machine."""
    return {
        "people": sorted(
            Customer.objects.values_list("email", "first_name", "last_name", "organisation", "created_at")
        ),
        "orders": sorted(
            Order.objects.values_list("email", "state", "placed_at", "offer__code", "amount", "first_issue__number"),
            key=str,
        ),
        "addresses": sorted(map(str, Order.objects.values_list("delivery__lines", "billing__lines"))),
        "payments": sorted(Payment.objects.values_list("state", "method_kind", "decline_code", "state_since"), key=str),
        "invoices": list(
            Invoice.objects.order_by("pk").values_list("reference", "issued_on", "buyer_name", "total_ttc")
        ),
        "copies": Counter(Entitlement.objects.values_list("issue__number", "state", "value_ht")),
        "letters": sorted(Notice.objects.values_list("kind", "to_email", "state", "state_since"), key=str),
        "books": sorted(
            LedgerEntry.objects.values_list("journal", "booked_on", "lines__account", "lines__debit"), key=str
        ),
        "moves": sorted(map(str, AddressChange.objects.values_list("new__lines", "at"))),
    }


def test_a_dozen_readers_hold_together_and_a_second_run_says_so(till, load_demo, mailoutbox):
    said = load_demo(f"--on={ON}", "--readers=12")
    assert breaches(UNTIL) == []
    assert Customer.objects.filter(is_staff=False).count() == 12 + GIVERS + FIRST
    assert Order.objects.filter(state=Order.State.PAID).count() == 12 + GIVERS + FIRST
    assert len(till.charges()) == Payment.objects.filter(state=Payment.State.SUCCEEDED).count()
    assert mailoutbox == []
    first = facts()

    again = load_demo(f"--on={ON}", "--readers=12")
    assert again == "The demo is already loaded.\n" + said
    assert facts() == first
    begin_anew(till)
    load_demo(f"--on={ON}", "--readers=12")
    assert facts() == first


def begin_anew(till):
    template.restore(servers.superuser_url())
    till.reset()


def test_no_page_is_empty_and_every_kind_of_history_is_there(till, load_demo):
    load_demo(f"--on={ON}", "--readers=30")
    assert breaches(UNTIL) == []
    see_the_shop_window()
    see_the_money()
    see_the_promise()
    see_the_letters()
    see_the_renewals()


def see_the_shop_window():
    shelf = read_shelf(UNTIL.date())
    offer = offer_page(shelf)
    assert offer is not None
    assert (str(offer["price"]), offer["first"]["number"], offer["current"]["number"]) == ("27.60", "25", "24")
    assert [formula["renewal"] for formula in offer["formulas"]] == ["fixed", "automatic"]
    assert [str(zone["price"]) for zone in offer["zones"]] == ["35.60", "41.60"]
    assert len(offer["past"]) == 4
    magazine = magazine_page(shelf)
    assert [len(magazine["issues"]), len(magazine["coming"])] == [6, 6]
    assert all(issue["contents"] and issue["pages"] for issue in magazine["issues"])
    codes = {text.code for text in LegalText.objects.all()}
    assert codes >= {"cgv", "mentions-legales", "confidentialite", "accessibilite"}


def see_the_money():
    states = Counter(Order.objects.values_list("state", flat=True))
    assert states["paid"] == 30 + GIVERS + FIRST
    assert min(states["expired"], states["cancelled"], states["awaiting_payment"]) > 0
    assert set(Payment.objects.values_list("state", flat=True)) == {
        "succeeded", "declined", "cancelled", "processing", "created", "action_required",
    }  # fmt: skip
    assert Payment.objects.filter(surplus=True).count() == 1
    assert set(Refund.objects.values_list("state", flat=True)) == {"succeeded", "failed", "pending"}
    assert not StripeEvent.objects.filter(state__in=("stored", "parked")).exists()
    assert {str(rate) for rate in Invoice.objects.values_list("lines__rate", flat=True)} == {"2.10", "1.05", "0.00"}
    assert set(Invoice.objects.values_list("kind", flat=True)) == {"invoice", "credit_note"}
    assert set(Invoice.objects.values_list("buyer_kind", flat=True)) >= {"consumer", "public_fr"}
    kinds = set(BalanceMovement.objects.values_list("kind", flat=True))
    assert kinds >= {"charge", "payment", "refund", "refund_failure"}
    assert not BalanceMovement.objects.filter(payment=None, refund=None).exists()
    issued = (
        Invoice.objects.filter(kind="invoice").order_by("series__year", "number").values_list("issued_on", flat=True)
    )
    assert list(issued) == sorted(issued)


def see_the_promise():
    assert Issue.objects.filter(state=Issue.State.POSTED).count() == 6
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"owed", "served", "void"}
    assert LedgerEntry.objects.filter(source__startswith="posting:").count() >= 3
    assert AddressChange.objects.exists()
    assert sorted(Gift.objects.values_list("state", flat=True)) == ["announced", "given"]
    assert Consent.objects.filter(matter="mandate", text__code="mandat").exists()
    assert not Consent.objects.filter(matter="terms", text=None).exists()
    assert not Customer.objects.filter(search="").exists()
    desk = set(DeskItem.objects.values_list("kind", flat=True))
    assert desk >= {"surplus", "refund_failed", "letter_failed", "erase_at_stripe"}


def see_the_letters():
    told = set(Notice.objects.values_list("kind", flat=True))
    assert told >= {"order_confirmation", "sepa_pending", "sepa_failed", "payment_refused", "refund_sent"}
    assert told >= {"address_changed", "method_changed", "account_erased"}
    sent = Notice.objects.filter(state=Notice.State.SENT)
    assert all(notice.document_id and notice.state_since - notice.due_at == timedelta(seconds=5) for notice in sent)
    assert NoticeProof.objects.filter(kind="accepted").count() == sent.count()


def see_the_renewals():
    """One of each, as a newcomer finds them: where each stands, since when, and what was written about it."""
    mine = Renewal.objects.filter(subscription__payer__email__endswith=f"@{DOMAIN}")
    assert Counter(mine.values_list("state", flat=True)) == {
        "paid": 1, "lapsed": 1, "retrying": 1, "awaiting_reader": 2, "charging": 1, "announced": 1, "manual": 1,
        "cancelled": 2,
    }  # fmt: skip
    assert Renewal.objects.filter(state="planned").exists()
    [retried] = mine.filter(state="retrying")
    assert (retried.renews_on, retried.next_try_on) == (date(2026, 11, 18), date(2026, 11, 21))
    codes = mine.filter(state="awaiting_reader").values_list("decline_code", flat=True)
    assert set(codes) == {"lost_card", "authentication_required"}
    [put_off] = mine.filter(state="announced")
    assert (put_off.renews_on, put_off.events.count()) == (date(2026, 12, 10), 4)
    told = set(Notice.objects.filter(state="sent").values_list("kind", flat=True))
    assert told >= {
        "renewal_notice", "renewal_pre_debit", "renewal_paid", "renewal_declined", "renewal_card_needed",
        "renewal_confirm", "renewal_debit_pending", "renewal_lapsed", "renewal_manual", "renewal_turned_off",
        "termination_acknowledged", "withdrawal_acknowledged", "reminder_lapsed",
    }  # fmt: skip
    declared = Declaration.objects.order_by("received_at").values_list("kind", "state", "effect")
    assert list(declared) == [
        ("termination", "applied", "ends_at_term"),
        ("withdrawal", "applied", "withdrawn"),
        ("termination", "on_desk", "unrecognised"),
    ]
    assert Refund.objects.filter(payment__customer__email__endswith=f"@{DOMAIN}", state="succeeded").count() == 1


def test_what_is_unfinished_goes_on_by_itself(till, load_demo):
    load_demo(f"--on={ON}", "--readers=3")
    waiting = Payment.objects.filter(state=Payment.State.PROCESSING)
    assert waiting.count() == 2
    till.settle()
    catching_up.catch_up(at=UNTIL + timedelta(hours=1))
    processing.process(at=UNTIL + timedelta(hours=1))
    assert waiting.count() == 0
    assert Subscription.objects.count() == 5 + GIVERS


def test_the_stand_in_is_put_back_as_it_was(till, load_demo):
    till.settings(sepa_seconds=60, events=["refund.failed"])
    load_demo(f"--on={ON}", "--readers=3")
    assert abs(till.now() - timezone.now().timestamp()) < 5
    assert till.command("GET", "clock")["frozen"] is False
    assert till.command("POST", "settings", webhook_url="")["sepa_seconds"] == 60
    assert till.application.world.settings.events == ("refund.failed",) != tuple(NO_EVENTS)
    assert till.deliveries() == []


def test_the_staff_sign_in_with_what_was_printed(till, load_demo, rf):
    said = load_demo(f"--on={ON}", "--readers=0")
    printed = re.findall(r"(\S+@\S+)\s+password (\S+)\s+device key (\S+)\s+recovery codes, each good once: (\d+)", said)
    assert [row[0].partition("@")[0] for row in printed] == ["finance", "fulfilment", "support", "administrator"]
    for email, password, _key, code in printed:
        user = authenticate(rf.post("/gestion/connexion/"), username=email, password=password)
        assert user is not None
        assert second_factor.open_with(user, code, at=timezone.now()) is not None
    finance = Customer.objects.get(email="finance@actuia.example")
    assert may(finance, Right.REFUND)
    assert not may(finance, Right.EMAIL)


def test_the_code_of_a_device_is_told_on_demand(till, load_demo):
    load_demo(f"--on={ON}", "--readers=0")
    later = timezone.now()
    line = load_demo("--codes").splitlines()[0].split()
    user = Customer.objects.get(email=line[0])
    assert second_factor.open_with(user, line[1], at=later) is not None


def test_without_a_stand_in_nobody_buys(till, load_demo, settings):
    settings.STRIPE_API_BASE = ""
    said = load_demo(f"--on={ON}")
    assert "No made-up readers: their payments would be unknown to the Stripe account in use." in said
    assert (Order.objects.count(), Issue.objects.filter(state="posted").count()) == (0, 6)
    assert breaches(UNTIL) == []


def test_outside_a_demo_it_refuses(till, load_demo, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="This is no demo"):
        load_demo(f"--on={ON}")
    assert not Magazine.objects.exists()


def test_a_stand_in_that_does_not_answer_is_said(till, load_demo, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match=r"Nobody answers at http://127\.0\.0\.1:9"):
        load_demo(f"--on={ON}")
    assert not Magazine.objects.exists()


def test_a_stand_in_with_another_key_is_said(till, load_demo, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_of_somebody_else"
    with pytest.raises(CommandError, match="no stand-in for Stripe that takes our test key"):
        load_demo(f"--on={ON}")
    assert not Magazine.objects.exists()


def test_a_load_that_was_interrupted_is_not_taken_for_a_demo(till, load_demo, monkeypatch):
    def interrupted(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loading, "play", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_demo(f"--on={ON}", "--readers=3")
    assert till.command("GET", "clock")["frozen"] is False
    with pytest.raises(CommandError, match="no demo that was loaded to its end: `make demo-reset` begins anew"):
        load_demo(f"--on={ON}", "--readers=3")


def test_a_breach_is_an_error_with_its_name(till, load_demo, monkeypatch):
    monkeypatch.setattr(loading, "breaches", lambda at: [("COPIES", "term:1", "promises 4 copies and grants 3")])
    with pytest.raises(CommandError, match="COPIES: term:1 promises 4 copies and grants 3"):
        load_demo(f"--on={ON}", "--readers=0")
    with pytest.raises(CommandError, match="no demo that was loaded to its end"):
        load_demo(f"--on={ON}", "--readers=0")


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--readers=-1", "--readers is a number of readers"),
        ("--on=2199-01-01", "--on is a day between 2022-01-01 and today"),
        ("--on=2019-01-01", "--on is a day between"),
        ("--on=demain", "invalid"),
    ],
)
def test_a_wrong_argument_is_said(till, load_demo, argument, sentence):
    with pytest.raises(CommandError, match=sentence):
        load_demo(argument)


@pytest.mark.long
def test_a_hundred_readers_lose_copies_and_institutions_pay_later(till, load_demo):
    load_demo(f"--on={ON}", "--readers=100")
    assert breaches(UNTIL) == []
    papers = Order.objects.filter(purchase_order__isnull=False).order_by("placed_at")
    assert list(papers.values_list("organisation", "state")) == [
        ("École des mines de Carnoux", "paid"), ("Lettres et Revues SARL", "paid"), ("Ville de Pontrieux-le-Vieil", "invoiced"),
    ]  # fmt: skip
    assert Counter(Claim.objects.values_list("state", flat=True)) == {"resent": 3}
    assert CopyReturn.objects.count() == 2
    assert sorted(FreeCopy.objects.values_list("kind", flat=True)) == ["free", "proof", "seed"]
    stock = StockMovement.objects.filter(kind="received").earliest("at")
    assert balances([stock.issue_id]) == {stock.issue_id: 57}
