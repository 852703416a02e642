"""What a bank is shown: read off the very letters, files and consents, in English, within what banks read; and what is not."""

from __future__ import annotations

import email
import io
import re
from dataclasses import replace
from datetime import date, timedelta
from email import policy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from payments.answering.limits import PAGES, check
from payments.disputing import REASONS as KNOWN_REASONS
from payments.documents import read
from payments.gateway import Outcome
from payments.models import Invoice, Payment
from payments.settling import News
from payments.settling import apply as settle
from subscriptions.answering.case import read_case
from subscriptions.answering.english import amount, count, day, listed, moment, without_keys
from subscriptions.answering.letters import letters_of, quoted
from subscriptions.answering.making import make
from subscriptions.answering.summary import BY_REASON, REASONS
from subscriptions.answering.weak import Weak, weaknesses
from subscriptions.models import Declaration, Dispatch, MailingRun, Notice, NoticeProof, Offer, RenewalProof
from subscriptions.orders.placing import payment_of
from tests.digital.people import file_of, turned, yes
from tests.disputes.told import R, contested, renewed_as_told, told
from tests.losses.people import claims, comes_back
from tests.makers import NOW, READER, make_magazine, make_offers, make_wish, place_order
from tests.renewals.days import noon
from tests.renewals.people import subscriber
from tests.singles.people import buys, in_stock, single_offer
from tests.stopping.people import posted, renewed, terminates, withdraws

pytestmark = pytest.mark.django_db
DECEMBER = noon(date(2026, 12, 20))
LATER = R + timedelta(days=20)
NBSP = "\u00a0"


def words(pdf: bytes) -> str:
    """Everything that stands in a PDF, with single spaces."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return re.sub(r"\s+", " ", " ".join(pages).replace(NBSP, " ").replace("\u202f", " "))


def first_year(reason: str = "product_not_received"):
    """Ordered on 23 November, n° 25 posted on 15 December, disputed on 20 December 2026."""
    subscription = told()
    posted(25, on=date(2026, 12, 15), at=noon(date(2026, 12, 15)))
    return subscription, contested(Payment.objects.get(), reason, at=DECEMBER)


def second_year(reason: str = "subscription_canceled"):
    """Four issues posted, renewed on 23 November 2027, disputed three weeks later."""
    subscription = told()
    for number, on in (
        (25, date(2026, 12, 15)),
        (26, date(2027, 3, 15)),
        (27, date(2027, 6, 15)),
        (28, date(2027, 9, 15)),
    ):
        posted(number, on=on, at=noon(on))
    payment = renewed_as_told(subscription)
    return subscription, contested(payment, reason, at=noon(LATER))


def shown(dispute, *, on: date = date(2026, 12, 20)):
    made = make(dispute, on=on, draft=False)
    check(made.source["texts"], size=len(made.pdf), pages=made.pages)
    return made, words(made.pdf)


def weak(dispute, *, on: date) -> set[Weak]:
    case = read_case(dispute, on=on)
    return set(weaknesses(case, letters_of(case)))


def test_what_was_not_received_is_shown_line_by_line():
    subscription, dispute = first_year()
    made, text = shown(dispute)
    line = Dispatch.objects.get(subscription=subscription)
    run = MailingRun.objects.get()
    for said in (
        "1 issue was posted so far of 4 paid for: no. 25 on 15 December 2026.",
        "None of them came back to us, and the customer has not told us that one was missing.",
        "Not due yet: no. 26, planned for 15 March 2027, no. 27, planned for 15 June 2027 and no. 28, planned for 15 September 2027.",
        f"line {line.key}, 1 of 1, file SHA-256 {run.sha256[:16]}",
        "MME Élodie LEFÈVRE 12 BIS RUE DE L EGLISE 75004 PARIS",
        "on hold while this dispute is open",
        "« Commander avec obligation de paiement — 27,60 € TTC »",
        "Premier numéro : N° 25 (décembre 2026), mise en poste prévue le 15 décembre 2026",
        f"{Invoice.objects.get().reference} of 23 November 2026, EUR 27.60",
        "We have received no withdrawal and no cancellation from this customer.",
    ):
        assert said in text, said
    texts = made.source["texts"]
    assert texts["shipping_date"] == f"15 December 2026 (no.{NBSP}25)"
    assert texts["shipping_carrier"] == "La Poste (press mail, without tracking number)"
    assert texts["customer_email_address"] == "elodie.lefevre@example.fr"
    assert "À tout moment, gratuitement" in texts["cancellation_policy_disclosure"]
    # Nobody doubts who ordered: the address of the network is not said.
    assert "customer_purchase_ip" not in texts
    assert "192.0.2.7" not in text
    assert made.pages <= 6


def test_a_renewal_is_shown_with_what_was_agreed_and_both_notices_as_they_were_sent():
    _subscription, dispute = second_year()
    made, text = shown(dispute, on=LATER)
    legal, debit = (RenewalProof.objects.get(kind=kind) for kind in ("legal", "pre_debit"))
    for said in (
        "The disputed payment of EUR 27.60, made on 23 November 2027, renews this subscription for one year",
        "J’autorise ActuIA Éditions à enregistrer ma carte",
        "The customer was told of the renewal on 23 September 2027 and of the debit on 9 November 2027",
        "DATE LIMITE DE NON-RECONDUCTION : 22 NOVEMBRE 2027 (inclus)",
        "Nous débiterons 27,60 € le 23 novembre 2027",
        "within its window, 22 August 2027 to 22 October 2027",
        "Of the year before were posted: no. 25 on 15 December 2026, no. 26 on 15 March 2027, no. 27 on 15 June 2027",
        "Visa ending in 4242",
        "Merchant-initiated, under the agreement above, after the notices above",
    ):
        assert said in text, said
    for proof in (legal, debit):
        taken = proof.notice_proof
        assert taken.provider_id.strip("<>").partition("@")[0] in text
        assert taken.notice.document_id in text.replace(" ", "") or taken.notice.document_id in text
    rebuttal = "No cancellation and no withdrawal had been received when the payment was made, on 23 November 2027."
    assert made.source["texts"]["cancellation_rebuttal"] == rebuttal
    assert made.pages <= 9


def test_no_link_that_opens_anything_is_shown():
    """Letters carry signed links: a bank sees where they led, and cannot follow them."""
    _subscription, dispute = second_year()
    made, text = shown(dispute, on=LATER)
    sent = [
        email.message_from_bytes(read(one.document_id) or b"", policy=policy.default) for one in Notice.objects.all()
    ]
    bodies = [str(body.get_content()) for one in sent if (body := one.get_body(preferencelist=("plain",)))]
    links = {link for body in bodies for link in re.findall(r"http://testserver/([^\s)]+)", body)}
    signed = {link for link in links if len(link.strip("/").split("/")) > 1}
    assert [link.split("/")[:2] for link in sorted(signed)] == [["commande", "suivi"]]
    whole = text + str(made.source)
    assert [link for link in signed if link.split("/")[-2] in whole] == []
    assert "testserver/resiliation/…" in whole


def test_a_copy_that_came_back_and_a_claim_are_told_as_they_are():
    subscription = told()
    posted(25, on=date(2026, 12, 15), at=noon(date(2026, 12, 15)))
    comes_back(subscription, reason=2, on=date(2027, 1, 8))
    dispute = contested(Payment.objects.get(), "product_not_received", at=noon(date(2027, 1, 20)))
    _made, text = shown(dispute, on=date(2027, 1, 20))
    assert "Came back to us: no. 25" in text
    assert "came back on 8 January 2027: unknown at this address" in text
    assert Weak.CAME_BACK in weak(dispute, on=date(2027, 1, 20))


def test_a_claim_is_told_with_what_was_done():
    subscription = told()
    posted(25, on=date(2026, 12, 15), at=noon(date(2026, 12, 15)))
    claims(subscription)
    dispute = contested(Payment.objects.get(), "product_not_received", at=noon(date(2027, 1, 20)))
    _made, text = shown(dispute, on=date(2027, 1, 20))
    assert "The customer told us that no. 25 had not arrived" in text
    assert "claimed on 4 January 2027" in text


def test_every_reason_has_its_sentences():
    """One story, told once for each of Stripe's reasons; those that nobody answers are told as any other."""
    _subscription, dispute = first_year()
    assert set(BY_REASON) <= set(REASONS) == set(KNOWN_REASONS)
    for reason in sorted(KNOWN_REASONS):
        dispute.reason = reason
        made, text = shown(dispute)
        assert REASONS[reason] in text
        assert "1 issue was posted so far of 4 paid for" in text
        texts = made.source["texts"]
        assert texts["uncategorized_text"].startswith("On 23 November 2026 Élodie Lefèvre ordered on our website")
        doubted = reason in ("fraudulent", "unrecognized", "debit_not_authorized", "general")
        assert texts.get("customer_purchase_ip") == ("192.0.2.7" if doubted else None)
        assert ("192.0.2.7" in text) == doubted
        assert ("refund_refusal_explanation" in texts) == (reason == "credit_not_processed")


def test_a_second_payment_is_told_apart_from_the_first():
    _subscription, dispute = second_year("duplicate")
    made, _text = shown(dispute, on=LATER)
    first = Payment.objects.order_by("pk")[0]
    texts = made.source["texts"]
    assert texts["duplicate_charge_id"] == first.stripe_charge
    assert first.reference in texts["duplicate_charge_explanation"]


def test_a_cancellation_after_the_charge_is_told_with_its_day():
    subscription = told()
    payment = Payment.objects.get()
    terminates(subscription, at=noon(date(2026, 12, 1)))
    dispute = contested(payment, "subscription_canceled", at=DECEMBER)
    _made, text = shown(dispute)
    assert "A cancellation was received on 1 December 2026" in text
    assert "after this payment" in text
    reference = Declaration.objects.get().reference  # it may break behind one of its dashes
    assert f"Cancellationofthesubscription,{reference}" in text.replace(" ", "")


def test_what_was_given_back_is_told():
    subscription = told()
    payment = Payment.objects.get()
    withdraws(subscription, at=noon(date(2026, 12, 1)))
    refund = payment.refunds.get()
    type(refund).objects.filter(pk=refund.pk).update(state="succeeded", refunded_on=date(2026, 12, 2))
    dispute = contested(payment, "credit_not_processed", at=DECEMBER)
    made, text = shown(dispute)
    assert (
        made.source["texts"]["refund_refusal_explanation"]
        == f"Given back to the customer: EUR{NBSP}27.60 on 2 December 2026."
    )
    assert "Withdrawal from the purchase" in text
    assert {Weak.GIVEN_BACK, Weak.WITHDRAWN} <= weak(dispute, on=date(2026, 12, 20))


def test_past_issues_are_told_by_their_own_lines():
    magazine = make_magazine()
    make_offers(magazine)
    single_offer(magazine)
    in_stock(24, 5)
    order = buys({24: 1})
    payment = payment_of(order)
    dispute = contested(payment, "product_not_received", at=DECEMBER)
    made, text = shown(dispute)
    assert "Past issues of the printed magazine ActuIA" in text
    assert "no. 24" in text
    assert made.source["texts"]["product_description"].startswith("Past issues")


def test_what_was_downloaded_is_listed():
    subscription = told()
    posted(25, on=date(2026, 12, 15), at=noon(date(2026, 12, 15)))
    turned()
    file = file_of()
    consent = yes(subscription, subscription.payer)
    copy = subscription.terms.get().entitlements.get(issue__number=25)
    copy.downloads.create(file=file, consent=consent, at=noon(date(2026, 12, 17)))
    dispute = contested(Payment.objects.get(), "product_not_received", at=DECEMBER)
    made, text = shown(dispute)
    assert "17 December 2026, 13:00:00 (Paris time): no." in made.source["texts"]["access_activity_log"]
    assert "The customer signed in and downloaded these issues." in text


def test_where_there_is_no_room_the_words_of_letters_are_left_out_the_least_telling_first():
    _subscription, dispute = second_year()
    whole = make(dispute, on=LATER, draft=False)
    assert (whole.left_out, whole.pages <= PAGES) == ([], True)
    less = make(dispute, on=LATER, draft=False, most=whole.pages - 1)
    assert less.left_out[0] == "renewal_paid"
    least = make(dispute, on=LATER, draft=False, most=1)
    assert least.left_out == ["renewal_paid", "order_confirmation"]
    # Both notices stay: they are the case.
    assert "DATE LIMITE DE NON-RECONDUCTION" in words(least.pdf)


def test_a_draft_is_another_paper_and_the_same_draft_the_same_bytes():
    _subscription, dispute = first_year()
    on = date(2026, 12, 20)
    drafts = [make(dispute, on=on, draft=True).pdf for _twice in range(2)]
    assert drafts[0] == drafts[1] != make(dispute, on=on, draft=False).pdf
    assert "DRAFT" in words(drafts[0])


def test_one_copy_and_twelve_cost_the_same_queries():
    _subscription, dispute = first_year()

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            case = read_case(dispute, on=date(2026, 12, 20))
            letters_of(replace(case, payment=case.payment))
        return len(queries)

    before = asked()
    for number in range(8):
        notice = Notice.objects.create(
            kind="issue_late", matter=f"x:{number}", rank="service", customer=dispute.payment.customer, facts={"term_id": 1},
            due_at=NOW, created_at=NOW, state="sent", state_since=NOW,
        )  # fmt: skip
        NoticeProof.objects.create(notice=notice, kind="accepted", provider_id=str(number), at=NOW)
    assert asked() == before


def test_an_order_of_which_nothing_is_kept_is_told_by_what_is_left():
    """A thin order, as another house or an older shop may have left it: no page, no letter, nothing posted."""
    subscriber()
    dispute = contested(Payment.objects.get(), "fraudulent", at=DECEMBER)
    _made, text = shown(dispute)
    assert "No issue that this payment pays for has been posted yet" in text
    assert weak(dispute, on=date(2026, 12, 20)) == {Weak.NO_SCREEN, Weak.NOTHING_POSTED, Weak.LATE}


@pytest.mark.parametrize(("without", "found"), [("legal", Weak.NO_LEGAL_NOTICE), ("pre_debit", Weak.NO_PRE_DEBIT)])
def test_a_renewal_that_was_not_announced_is_known_to_be_weak(without, found):
    _subscription, dispute = second_year()
    case = read_case(dispute, on=LATER)
    thin = replace(case, proofs=[proof for proof in case.proofs if proof.kind != without])
    assert weaknesses(case, letters_of(case)) == [Weak.NOTHING_POSTED]
    assert weaknesses(thin, []) == [found, Weak.NOTHING_POSTED]
    assert weaknesses(replace(case, consents=[]), []) == [Weak.NO_MANDATE, Weak.NOTHING_POSTED]
    assert weaknesses(replace(case, order=None), []) == [Weak.NO_ORDER, Weak.NOTHING_POSTED]


def test_a_notice_that_came_back_is_known_to_be_weak():
    subscription = subscriber()
    renewed(subscription, bounced=True)
    payment = Payment.objects.get(purpose="renewal")
    dispute = contested(payment, "subscription_canceled", at=noon(LATER))
    assert Weak.CAME_BACK_LETTER in weak(dispute, on=LATER)


def test_a_cancellation_before_the_charge_and_a_claim_not_made_good_are_known_to_be_weak():
    subscription, dispute = second_year()
    case = read_case(dispute, on=LATER)
    declared = terminates(subscription, at=noon(LATER))
    before = replace(declared_row(declared), received_at=noon(date(2027, 11, 1)))
    assert Weak.STOPPED_BEFORE in weaknesses(replace(case, declarations=[before]), [])


def declared_row(declaration):
    """A stand-in with the two facts that are asked of a declaration; dataclasses can be changed, rows of evidence cannot."""
    from dataclasses import dataclass
    from typing import Any

    @dataclass(frozen=True)
    class Declared:
        kind: str
        received_at: Any

    return Declared(declaration.kind, declaration.received_at)


def test_a_second_payment_of_one_order_is_known_to_be_weak():
    make_offers(make_magazine())
    order = place_order(make_wish(Offer.objects.get(renewal="fixed")))
    settle([News(payment_of(order).pk, Outcome.SUCCEEDED)], actor=READER, at=NOW)
    payment = payment_of(order)
    case = read_case(contested(payment, "duplicate", at=DECEMBER), on=date(2026, 12, 20))
    payment.surplus = True
    assert Weak.SURPLUS in weaknesses(replace(case, payment=payment), [])


def test_words_of_evidence():
    assert (day(date(2027, 3, 1)), amount(Payment(amount="27.6").amount)) == ("1 March 2027", f"EUR{NBSP}27.60")
    assert moment(noon(date(2027, 7, 1))) == "1 July 2027, 14:00:00"
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert (count(1, "issue", "issues"), count(2, "issue", "issues")) == ("1 issue", "2 issues")
    assert without_keys("Voir https://shop.fr/compte/abonnements/12/?jeton=abc et http://shop.fr.") == (
        "Voir shop.fr/compte/… et shop.fr."
    )
    assert quoted("┌────┐\n│ DATE │\n└────┘\n\n\n\n----------------------------------------\nfin") == "DATE\n\nfin"
