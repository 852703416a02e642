"""What was ordered and agreed, how it was paid, and what was told before a renewal was charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from subscriptions.answering.blocks import Block, Section, pairs, quote, text
from subscriptions.answering.case import Case
from subscriptions.answering.english import amount, day, moment
from subscriptions.answering.letters import Sent, id_of
from subscriptions.models import Consent, Offer, RenewalProof

#: What an address of the network may show: who ordered. It is said where that is doubted, and nowhere else (GDPR art. 5, 1, c).
WHO_ORDERED = frozenset({"fraudulent", "unrecognized", "debit_not_authorized", "general"})
MATTERS = {
    Consent.Matter.TERMS: "Terms of sale",
    Consent.Matter.MANDATE: "Agreement to be charged every year",
}
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}


def ordered(case: Case) -> Section | None:
    """The order as its buyer saw it: what was bought, at which price, with which button, by which words."""
    order = case.order
    if order is None:
        return None
    facts: Mapping[str, Any] = order.disclosure.facts
    shown = facts.get("blocks") or []
    who = " ".join(part for part in (order.first_name, order.last_name) if part)
    blocks = [
        pairs(
            [
                ("Order", order.reference),
                ("Placed on", f"{moment(order.placed_at)} (Paris time), on {settings.SITE_URL.partition('//')[2]}"),
                ("Customer", "\n".join(part for part in (who, order.organisation, order.email) if part)),
                ("Network address", _network(case)),
                ("Product", product_of(case)),
                ("Price on the button", f"{amount(order.amount)}, VAT and postage included"),
                ("Words of the button", f"« {facts['button']} »" if facts.get("button") else ""),
                ("Delivered to", "\n".join(delivered_to(case))),
            ]
        )
    ]
    if shown:
        said = "\n\n".join(f"{row['label']} : {row['text']}" for row in shown)
        note = f"Kept with the order; SHA-256 of the page’s content: {order.disclosure_id}"
        blocks.append(quote("What the page said before the button (in French, as shown)", said, note=note))
    return Section(
        "order",
        "The order, as the customer saw it",
        (
            "The customer typed name, address and e-mail, was told product, price, duration and how to stop, and pressed a "
            "button that says that the order must be paid."
        )
        if facts.get("button")
        else "The customer gave name, address and e-mail, and was told product and price.",
        blocks,
    )


def agreed(case: Case) -> Section | None:
    """Every yes with the words it answered: the terms, and where the renewal is automatic the mandate."""
    given = [one for one in case.consents if one.matter in MATTERS and one.given]
    if not given:
        return None
    blocks: list[Block] = [_consent(case, one) for one in given]
    blocks += [
        text(
            f"On {moment(choice.at)} (Paris time) the customer {'turned automatic renewal on' if choice.automatic else 'turned automatic renewal off'}."
        )
        for choice in case.choices
    ]
    return Section(
        "agreement",
        "What the customer agreed to",
        "Both were asked for before the payment, in plain words, and are kept with the time at which they were given."
        if len(given) > 1
        else "It was asked for before the payment, in plain words, and is kept with the time at which it was given.",
        blocks,
    )


def _consent(case: Case, one: Consent) -> Block:
    version = f"Text: « {one.text.title} », version {one.text.version}, SHA-256 {one.text.sha256}. " if one.text else ""
    network = f" From {one.ip}." if one.ip and case.dispute.reason in WHO_ORDERED else ""
    note = f"{version}Given on {moment(one.at)} (Paris time).{network}"
    return quote(MATTERS[Consent.Matter(one.matter)], one.words, note=note)


def paid(case: Case) -> Section:
    """The payment: how it was made, and by which means."""
    payment, method = case.payment, case.payment.saved_method
    how = (
        "On Stripe’s hosted payment page, by the customer, where the bank may ask for authentication"
        if payment.way == payment.Way.CHECKOUT
        else "Merchant-initiated, under the agreement above, after the notices above"
    )
    card = ""
    if method is not None:
        name = BRANDS.get(method.brand, method.brand.capitalize()) if method.kind == "card" else "SEPA direct debit"
        card = f"{name} ending in {method.last4}" + (
            f", mandate {method.mandate_reference}" if method.mandate_reference else ""
        )
    rows = [
        ("Payment", f"{payment.reference}, {amount(payment.amount)}"),
        ("Received on", day(payment.received_on) if payment.received_on else ""),
        ("How", how),
        ("Means of payment", card or ("SEPA direct debit" if payment.method_kind == "sepa_debit" else "card")),
        ("Stripe’s charge", payment.stripe_charge or ""),
        ("Invoice", "\n".join(_invoice(one) for one in case.invoices if one.original_id is None)),
        ("Credit notes", "\n".join(_invoice(one) for one in case.invoices if one.original_id is not None)),
    ]
    return Section(
        "payment", "The payment", "How the money was taken, and the invoice that was issued for it.", [pairs(rows)]
    )


def _invoice(one: Any) -> str:
    lines = "; ".join(line.name for line in one.lines.all())
    return f"{one.reference} of {day(one.issued_on)}, {amount(one.total_ttc)} ({lines})"


def announced(case: Case, letters: Sequence[Sent]) -> Section | None:
    """The notices before a charge that was made without the customer, with the proof that each was sent."""
    if case.attempt is None:
        return None
    legal, debit = case.proof(RenewalProof.Kind.LEGAL), case.proof(RenewalProof.Kind.PRE_DEBIT)
    rows = [
        ("The subscription renewed on", day(case.attempt.renews_on)),
        ("Charged on", day(case.attempt.charged_on)),
        ("Legal notice sent on", _proved(legal)),
        ("Notice of the debit sent on", _proved(debit)),
    ]
    blocks: list[Block] = [pairs(rows)]
    named = {proof.notice_proof.notice_id for proof in (legal, debit) if proof is not None}
    blocks += [letter_block(one) for one in letters if one.notice.pk in named and one.words]
    return Section(
        "notices",
        "What the customer was told before the charge",
        "Twice before the charge the customer was told its day and its amount, and how to stop it at no cost. French law "
        "(Code de la consommation, art. L215-1) asks for the first notice between three months and one month before the last "
        "day to refuse.",
        blocks,
    )


def _proved(proof: RenewalProof | None) -> str:
    if proof is None:
        return ""
    within = f"within its window, {day(proof.window_opens)} to {day(proof.window_closes)}"
    taken = proof.notice_proof
    how = "posted on paper" if taken.kind == "posted" else "accepted by the mail provider"
    said = f" under id {id_of(taken)}" if taken.provider_id else ""
    return f"{day(proof.sent_on)}, {within}\n{how} on {moment(taken.at)}{said}"


def letter_block(one: Sent) -> Block:
    """The words of one letter, with how it left."""
    taken = one.taken
    note = f"To {one.notice.to_email}. " if one.notice.to_email else ""
    if taken is not None:
        note += f"Accepted on {moment(taken.at)} (Paris time)" + (f", id {one.number}. " if one.number else ". ")
    note += f"SHA-256 of the letter as sent: {one.notice.document_id}"
    words = f"{one.subject}\n\n{one.words}" if one.subject else one.words
    return quote(f"{one.what} (in French, as sent; links are cut)", words, note=note)


def delivered_to(case: Case) -> list[str]:
    """The address as the buyer gave it. Where somebody else receives, they may have moved: that is theirs, and not shown."""
    if case.order is None:
        return list(case.term.subscription.recipient.address.lines) if case.term else []
    return [str(line) for line in case.order.delivery.lines]


def _network(case: Case) -> str:
    if case.dispute.reason not in WHO_ORDERED:
        return ""
    return next((str(one.ip) for one in case.consents if one.ip), "")


def product_of(case: Case) -> str:
    """What was bought, in a few words."""
    order = case.order
    if order is None:
        return ""
    magazine = order.offer.magazine.title
    if order.offer.renewal == Offer.Renewal.FIXED and not case.copies:
        return f"« {order.offer.title} », {magazine}"
    if case.copies and case.copies[0].sold is not None:
        return f"Past issues of the printed magazine {magazine}"
    kind = "renewed every year" if order.offer.renewal == Offer.Renewal.AUTOMATIC else "not renewed"
    gift = ", as a gift to somebody else" if order.is_gift else ""
    return f"« {order.offer.title} »: {order.offer.copies} issues of the printed magazine {magazine}, {kind}{gift}"
