"""The case in a few sentences, by what the holder says: the cover of the paper, and Stripe's own texts.

Neutral, dated, nothing but facts of the rows; a fact that is missing says nothing. Reviewers read this page, and perhaps no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from payments.answering.limits import shortened
from payments.days import paris_day
from subscriptions.answering.agreement import WHO_ORDERED, delivered_to, product_of
from subscriptions.answering.case import Case, Copy
from subscriptions.answering.english import amount, count, day, issue, listed, moment
from subscriptions.models import Consent, Declaration, RenewalProof

#: States of a copy, of either kind, that is still to come.
WAITING = frozenset({"owed", "held", "assigned"})
#: Stripe's reasons, as the paper names them.
REASONS: Mapping[str, str] = {
    "credit_not_processed": "Credit not processed",
    "customer_initiated": "Initiated by the customer",
    "debit_not_authorized": "Debit not authorised",
    "duplicate": "Duplicate",
    "fraudulent": "Fraudulent",
    "general": "General",
    "incorrect_account_details": "Incorrect account details",
    "insufficient_funds": "Insufficient funds",
    "product_not_received": "Product not received",
    "product_unacceptable": "Product unacceptable",
    "subscription_canceled": "Subscription cancelled",
    "unrecognized": "Unrecognised",
}


def summary(case: Case) -> list[str]:
    """The paragraphs of the cover: what was bought, then what answers this very reason, then where things stand."""
    about = BY_REASON.get(case.dispute.reason, _served)
    return [text for text in (_bought(case), _charged(case), *about(case), _standing(case)) if text]


def _bought(case: Case) -> str:
    order = case.order
    if order is None:
        return ""
    who = " ".join(part for part in (order.first_name, order.last_name) if part) or order.organisation
    return (
        f"On {day(paris_day(order.placed_at))} {who} ordered on our website: {product_of(case)}. The price on the button was "
        f"{amount(order.amount)}, VAT and postage included."
    )


def _charged(case: Case) -> str:
    payment = case.payment
    if case.attempt is None:
        return f"The payment of {amount(payment.amount)} was made on {day(case.paid_on)} on Stripe’s payment page, by the customer."
    return (
        f"The disputed payment of {amount(payment.amount)}, made on {day(case.paid_on)}, renews this subscription for one year, "
        "as the customer agreed when ordering."
    )


def _served(case: Case) -> list[str]:
    posted = [one for one in case.copies if one.posted]
    before = [one for one in case.earlier if one.posted]
    said = []
    if posted:
        first = f"{count(len(posted), 'issue was', 'issues were')} posted so far of {len(case.copies)} paid for: {_days(posted)}."
        said.append(" ".join([first, *_since(posted)]))
    if before:
        said.append(" ".join([f"Of the year before were posted: {_days(before)}.", *_since(before)]))
    return [*said, *_to_come(case)]


def _days(posted: Sequence[Copy]) -> str:
    return listed([f"{issue(one.number)} on {day(one.posted_on)}" for one in posted if one.posted_on])


def _since(posted: Sequence[Copy]) -> list[str]:
    """Which of these came back or were claimed; that none did."""
    back = listed([issue(one.number) for one in posted if one.returns])
    claimed = listed([issue(one.number) for one in posted if one.claims])
    if not back and not claimed:
        return ["None of them came back to us, and the customer has not told us that one was missing."]
    said = []
    if back:
        said.append(f"Came back to us: {back}; section « What was delivered » says why.")
    if claimed:
        said.append(f"The customer told us that {claimed} had not arrived; what was done is listed there.")
    return said


def _to_come(case: Case) -> list[str]:
    waiting = [one for one in case.copies if not one.posted and one.planned_on and one.state in WAITING]
    coming = [
        f"{issue(one.number)}, planned for {day(one.planned_on)}"
        for one in waiting
        if one.planned_on and one.planned_on > case.on
    ]
    held = [
        issue(one.number) for one in waiting if one.planned_on and one.planned_on <= case.on and one.state == "held"
    ]
    said = []
    if coming:
        said.append(f"Not due yet: {listed(coming)}. The magazine appears four times a year.")
    if held:
        said.append(f"On hold since the bank told us of this dispute: {listed(held)}.")
    return said


def _who(case: Case) -> list[str]:
    said = (
        "The order names the customer’s own address, to which the magazine is posted, and an e-mail address to which the order, "
        "its contract and its invoice were confirmed."
    )
    ip = next((one.ip for one in case.consents if one.ip), None)
    if ip:
        said += f" It was placed from the network address {ip}."
    return [said, *_agreed(case), *_served(case)]


def _agreed(case: Case) -> list[str]:
    mandate = next((one for one in case.consents if one.matter == Consent.Matter.MANDATE and one.given), None)
    said = []
    if mandate is not None:
        said.append(
            f"On {moment(mandate.at)} (Paris time) the customer agreed that the means of payment is kept and charged every year until "
            "the customer stops it; the words are quoted in this paper."
        )
    legal, debit = case.proof(RenewalProof.Kind.LEGAL), case.proof(RenewalProof.Kind.PRE_DEBIT)
    if legal is not None and debit is not None:
        said.append(
            f"The customer was told of the renewal on {day(legal.sent_on)} and of the debit on {day(debit.sent_on)}, each time with the "
            "day, the amount and how to stop it; both letters are quoted."
        )
    return said


def _stopped(case: Case) -> list[str]:
    before = [one for one in case.declarations if paris_day(one.received_at) < case.paid_on]
    after = [one for one in case.declarations if one not in before]
    said = []
    if not before:
        said.append(
            f"No cancellation and no withdrawal had been received when the payment was made, on {day(case.paid_on)}."
        )
    for one in after:
        what = "withdrawal" if one.kind == Declaration.Kind.WITHDRAWAL else "cancellation"
        takes = f"; it takes effect on {day(one.effective_on)}" if one.effective_on else ""
        said.append(f"A {what} was received on {moment(one.received_at)} (Paris time), after this payment{takes}.")
    return [" ".join(said), *_agreed(case), *_served(case)]


def _twice(case: Case) -> list[str]:
    said = [
        f"{one.reference}, {amount(one.amount)}, made on {day(one.received_on)}, paid for {one.description}"
        for one in case.others
        if one.received_on
    ]
    first = f"This payment, {case.payment.reference}, paid for {case.payment.description}."
    if not said:
        return [f"{first} We have received no other payment from this customer.", *_served(case)]
    return [f"{first} Other payments of this customer paid for other things: {'; '.join(said)}.", *_served(case)]


def _credited(case: Case) -> list[str]:
    if not case.refunds and not case.transfers:
        return ["No credit was promised for this payment, and none was given.", *_stopped(case)]
    back = [f"{amount(one.amount)} on {day(one.refunded_on)}" for one in case.refunds if one.refunded_on]
    back += [f"{amount(one.amount)} on {day(one.sent_on)}" for one in case.transfers if one.sent_on]
    return [f"Given back to the customer: {listed(back)}.", *_stopped(case)]


def _standing(case: Case) -> str:
    return "The documents behind each sentence follow, in the order in which things happened. They are quoted in French, as they were."


BY_REASON: Mapping[str, Callable[[Case], list[str]]] = {
    "credit_not_processed": _credited,
    "customer_initiated": _stopped,
    "debit_not_authorized": _who,
    "duplicate": _twice,
    "fraudulent": _who,
    "general": _who,
    "product_not_received": _served,
    "product_unacceptable": _served,
    "subscription_canceled": _stopped,
    "unrecognized": _who,
}


def texts(case: Case) -> dict[str, str]:
    """Stripe's fields of evidence that we can fill in, by their names; no longer than it takes them. Empty ones are left out."""
    order, reason = case.order, case.dispute.reason
    posted = [one for one in case.copies if one.posted]
    downloads = [
        f"{moment(one.at)} (Paris time): {issue(copy.number)}" for copy in case.copies for one in copy.downloads
    ]
    found = {
        "uncategorized_text": "\n\n".join(summary(case)),
        "product_description": product_of(case),
        "shipping_carrier": "La Poste (press mail, without tracking number)" if case.copies else "",
        "shipping_date": listed([f"{day(one.posted_on)} ({issue(one.number)})" for one in posted if one.posted_on]),
        "service_date": day(first)
        if (first := min((one.posted_on for one in posted if one.posted_on), default=None))
        else "",
        "shipping_address": "\n".join(delivered_to(case)),
        "access_activity_log": "\n".join(downloads),
        "cancellation_policy_disclosure": _shown(case, "stop"),
        "refund_policy_disclosure": _shown(case, "withdrawal"),
    }
    if order is not None:
        found |= {
            "customer_name": " ".join(part for part in (order.first_name, order.last_name) if part)
            or order.organisation,
            "customer_email_address": order.email,
            "billing_address": "\n".join(map(str, (order.billing or order.delivery).lines)),
        }
    if reason in WHO_ORDERED:
        found["customer_purchase_ip"] = next((str(one.ip) for one in case.consents if one.ip), "")
    if reason == "subscription_canceled":
        found["cancellation_rebuttal"] = _stopped(case)[0]
    if reason == "credit_not_processed":
        found["refund_refusal_explanation"] = _credited(case)[0]
    if reason == "duplicate" and case.others:
        found["duplicate_charge_explanation"] = _twice(case)[0]
        found["duplicate_charge_id"] = case.others[0].stripe_charge or ""
    return {name: shortened(text) for name, text in found.items() if text}


def _shown(case: Case, key: str) -> str:
    """What the page said before the button, in French, with when."""
    if case.order is None:
        return ""
    rows = case.order.disclosure.facts.get("blocks") or []
    said = next((row["text"] for row in rows if row["key"] == key), "")
    if not said:
        return ""
    return f"Shown on the order page before the button, on {moment(case.order.placed_at)} (Paris time), in French: « {said} »"
