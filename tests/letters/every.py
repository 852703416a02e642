"""One letter of every kind, ready to be queued: whoever adds a kind to the table adds it here, or the tests say so."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from payments.documents import keep
from payments.invoicing.issuing import Buyer, LineDraft, credit_in_full, credit_part, seller
from payments.invoicing.reissuing import reissue
from payments.models import (
    Cheque,
    Dispute,
    Invoice,
    MethodSetup,
    PaidAgain,
    Payment,
    Refund,
    Reissue,
    Transfer,
    TransferFile,
)
from payments.money import eur
from shop.customers.models import Customer
from subscriptions.digital.consenting import WORDS
from subscriptions.models import (
    AddressChange,
    AddressDoubt,
    Claim,
    ClaimIncident,
    Consent,
    CopyReturn,
    Declaration,
    DigitalConsent,
    Dispatch,
    Gift,
    HandOver,
    ImportFile,
    ImportRow,
    Issue,
    IssueMove,
    MailingHouse,
    MailingRun,
    Offer,
    Pause,
    Price,
    PriceChange,
    PurchaseOrder,
    Quote,
    QuoteSeries,
    Renewal,
    RenewalChoice,
    SoldIssue,
    Subscription,
    TemporaryAddress,
    Term,
)
from subscriptions.notices import NoticeDraft
from subscriptions.stopping.effects import GENERAL, Code, Effect
from subscriptions.stopping.saying import Said, content_of, digest
from subscriptions.texts import load_text, load_texts
from tests.letters.people import ACTOR, AT, ON, Purchase, invoice_of, magazine, pay, place, purchase

EXPIRES = AT + timedelta(minutes=10)


def draft(kind: str, facts: Mapping[str, Any], **changes: Any) -> NoticeDraft:
    """A letter of that kind to Camille Lenoir, due now."""
    given: dict[str, Any] = {
        "kind": kind,
        "matter": f"{kind}:1",
        "customer_id": None,
        "to_email": "camille@example.fr",
        "to_name": "Camille Lenoir",
        "facts": facts,
        "due_at": AT,
        "created_at": AT,
    }
    return NoticeDraft(**(given | changes))


def code(**changes: Any) -> NoticeDraft:
    """The cheapest letter: a code, from no row at all."""
    return draft("sign_in_code", {"code": "K7XP-29HJ", "expires_at": EXPIRES.isoformat()}, **changes)


def texts() -> None:
    """The legal texts as loaded before the first sale."""
    load_texts(date(2026, 11, 1))


def refund_of(bought: Purchase, **changes: Any) -> Refund:
    """The whole of a purchase given back, with its credit note."""
    facts: dict[str, Any] = {
        "reference": f"RMB-{bought.payment.pk}",
        "payment": bought.payment,
        "amount": eur("27.60"),
        "reason": "rétractation",
        "actor": str(ACTOR),
        "idempotency_key": f"refund-{bought.payment.pk}",
        "state": "succeeded",
        "created_at": AT,
        "state_since": AT,
        "refunded_on": ON,
    }
    if "credit_note" not in changes:
        facts["credit_note"] = credit_in_full(
            bought.invoice, reason="rétractation", unserved_ht=Decimal("27.03"), on=ON, actor=ACTOR, at=AT
        )
    return Refund.objects.create(**(facts | changes))


def dispute_of(bought: Purchase) -> Dispute:
    """The bank has kept the whole of a purchase, whose credit note is there."""
    return Dispute.objects.create(
        stripe_dispute="du_1", payment=bought.payment, amount=eur("27.60"), reason="product_not_received", opened_at=AT,
        state="lost", state_since=AT, taken=Decimal("27.60"), looked_up_at=AT, settled_at=AT,
        credit_note=Invoice.objects.filter(kind="credit_note", payment=bought.payment).first(),
    )  # fmt: skip


def transfer_of(bought: Purchase, *, sent_on: date | None = None, **changes: Any) -> Transfer:
    """A refund that came back goes by transfer: asked for, or sent on a day."""
    facts: dict[str, Any] = {
        "reference": "VIR-7K2M9QXW4ACD" if sent_on is None else "VIR-8K2M9QXW4ACD",
        "payment": bought.payment,
        "credit_note": Invoice.objects.filter(kind="credit_note").earliest("pk") if sent_on else None,
        "amount": eur("13.80"),
        "because": "failed",
        "reason": "rétractation",
        "actor": str(ACTOR),
        "created_at": AT,
        "state_since": AT,
    }
    if sent_on:
        paper = keep(b"x", media_type="text/plain", keep_until=ON, at=AT)
        file = TransferFile.objects.create(
            reference="FIC-1", count=1, total=eur("13.80"), orders=paper, reading=paper, actor=str(ACTOR), created_at=AT
        )
        facts |= {
            "state": "sent", "sent_on": sent_on, "holder": "Camille Lenoir", "iban": "FR1420041010050500013M02606",
            "iban_end": "2606", "given_by": "reader:1", "approved_by": "staff:2", "file": file,
        }  # fmt: skip
    return Transfer.objects.create(**(facts | changes))


def address_change(bought: Purchase, *, issue: int | None = 26) -> AddressChange:
    """Camille Lenoir moves; the new label goes on from no. 26."""
    recipient = bought.term.subscription.recipient
    return AddressChange.objects.create(
        recipient=recipient,
        old=recipient.address,
        new=recipient.address,
        first_issue=next((one for one in bought.issues if one.number == issue), None),
        actor=str(ACTOR),
        at=AT,
    )


def reissued(bought: Purchase) -> Reissue:
    """The invoice of a purchase made out anew to the firm that pays it."""
    firm = Buyer(
        kind="pro_fr", name="Lenoir SARL", address=("LENOIR SARL", "75004 PARIS"), country="FR", siren="732829320"
    )
    return reissue(bought.invoice.pk, firm, reason="x", words="x", on=ON, actor=ACTOR, at=AT)


def hand_over(bought: Purchase, what: str) -> HandOver:
    """Somebody else receives the subscription, or pays for it."""
    subscription = bought.term.subscription
    pair: dict[str, Any] = {"new_payer": bought.customer}
    if what == "recipient":
        first = next(one for one in bought.issues if one.number == 26)
        pair = {
            "old_recipient": subscription.recipient, "new_recipient": subscription.recipient, "first_issue": first,
        }  # fmt: skip
    return HandOver.objects.create(subscription=subscription, actor=str(ACTOR), reason="x", at=AT, **pair)


def setup_of(bought: Purchase) -> MethodSetup:
    """A card left for the next charge of a subscription: the one it has."""
    saved = bought.payment.saved_method
    assert saved is not None
    saved.exp_month, saved.exp_year = 12, 2029
    saved.save()
    return MethodSetup.objects.create(
        reference=f"MOY-{bought.term.pk}",
        subject=f"subscription:{bought.term.subscription_id}",
        payer_account=saved.payer_account,
        idempotency_key=f"setup-{bought.term.pk}",
        state="done",
        saved_method=saved,
        actor=str(ACTOR),
        created_at=AT,
        state_since=AT,
    )


def renewal_of(bought: Purchase, state: str, **changes: Any) -> Renewal:
    """The plan to add term 2 on 29 January 2028, in that state."""
    facts: dict[str, Any] = {
        "subscription": bought.term.subscription,
        "number": 2,
        "renews_on": date(2028, 1, 29),
        "state": state,
        "state_since": datetime(2028, 1, 29, 9, 0, tzinfo=UTC),
        "price": bought.order.price,
        "amount": bought.order.amount,
        "created_at": AT,
    }
    return Renewal.objects.create(**(facts | changes))


def money_for(renewal: Renewal, bought: Purchase, **changes: Any) -> Payment:
    """A payment of that renewal by the saved method of the purchase."""
    saved = bought.payment.saved_method
    assert saved is not None
    facts: dict[str, Any] = {
        "reference": f"PAY-{renewal.pk}",
        "purpose": "renewal",
        "subject": renewal.subject,
        "customer": bought.customer,
        "amount": renewal.amount,
        "description": "Abonnement",
        "way": "checkout",
        "method_kind": saved.kind,
        "saved_method": saved,
        "idempotency_key": f"renewal-{renewal.pk}",
        "created_at": AT,
        "called_at": datetime(2028, 1, 31, 9, 0, tzinfo=UTC),
        "state_since": AT,
    }
    return Payment.objects.create(**(facts | changes))


def charges() -> list[NoticeDraft]:
    """What becomes of the charge of a renewal, one reader each."""
    people = [purchase(automatic=True, number=number, email=f"camille{number}@example.fr") for number in range(11, 17)]
    debited = purchase(automatic=True, number=17, kind="sepa_debit", email="camille17@example.fr")
    again, asked, confirmed, gone, late, kept = people
    retried = renewal_of(again, "retrying", next_try_on=date(2028, 2, 1))
    pending = renewal_of(debited, "charging")
    over = renewal_of(late, "cancelled")
    Subscription.objects.filter(pk=gone.term.subscription_id).update(state="lapsed")
    plan = renewal_of(kept, "charging")
    money = money_for(plan, kept, way="checkout", state="succeeded", is_open=False, received_on=date(2028, 1, 29))
    term = Term.objects.create(
        subscription=kept.term.subscription, number=2, payment=money, starts_on=date(2028, 1, 29), ends_on=date(2029, 1, 28),
        copies=4, amount=eur("27.60"), amount_ht=eur("27.03"), vat_zone="FR_METRO", vat_rate=Decimal("2.10"), created_at=AT,
    )  # fmt: skip
    Renewal.objects.filter(pk=plan.pk).update(state="paid", term=term)
    paid = Renewal.objects.get(pk=plan.pk)
    invoice = invoice_of(kept.order, None, subject=paid.subject)
    return [
        draft("renewal_paid", {"renewal_id": paid.pk, "term_id": term.pk, "invoice_id": invoice.pk}),
        draft(
            "renewal_declined",
            {
                "renewal_id": retried.pk,
                "decline_code": "insufficient_funds",
                "kind": "card",
                "next_try_on": "2028-02-01",
            },
        ),
        draft(
            "renewal_card_needed",
            {"renewal_id": renewal_of(asked, "awaiting_reader").pk, "decline_code": "", "kind": ""},
        ),
        draft("renewal_confirm", {"renewal_id": renewal_of(confirmed, "awaiting_reader").pk}),
        draft(
            "renewal_debit_pending",
            {
                "renewal_id": pending.pk,
                "payment_id": money_for(pending, debited, state="processing").pk,
            },
        ),
        draft("renewal_lapsed", {"renewal_id": renewal_of(gone, "lapsed").pk}),
        draft(
            "renewal_given_back",
            {
                "renewal_id": over.pk,
                "payment_id": money_for(
                    over, late, state="succeeded", is_open=False, surplus=True, received_on=date(2028, 1, 31)
                ).pk,
            },
        ),
    ]


def march_renewal(
    number: int, *, kind: str = "card", state: str = "announced", expires: tuple[int, int] | None = (12, 2029)
) -> Renewal:
    """The renewal on 15 March 2027 of a reader since 15 March 2026; the card ends at the end of that month, if at all."""
    bought = purchase(automatic=True, kind=kind, number=number, starts_on=date(2026, 3, 15))
    saved = bought.payment.saved_method
    assert saved is not None
    saved.exp_month, saved.exp_year = expires if expires else (None, None)
    saved.mandate_reference = "" if kind == "card" else "9C1F2A77D04B6E35"
    saved.save()
    return Renewal.objects.create(
        subscription=bought.term.subscription,
        number=2,
        renews_on=date(2027, 3, 15),
        state=state,
        state_since=AT,
        price=bought.order.price,
        amount=bought.order.amount,
        created_at=AT,
    )


def about(renewal: Renewal, **facts: str) -> dict[str, Any]:
    """The facts of a letter about a renewal."""
    return {"renewal_id": renewal.pk, "renews_on": renewal.renews_on.isoformat(), **facts}


def declaration(kind: str, *, said: Said, effect: Effect | None = None, state: str = "applied") -> Declaration:
    """A declaration of Camille Lenoir's, received now."""
    content = content_of(said, effect=effect.sentence if effect else GENERAL[kind])
    return Declaration.objects.create(
        reference="RTR-4K7-PX2-9HT" if kind == "withdrawal" else f"RSL-4K7-PX2-9H{Declaration.objects.count()}",
        form_token=uuid.uuid4(),
        kind=kind,
        first_name=said.first_name,
        last_name=said.last_name,
        contract=said.contract,
        email=said.email,
        ground=said.ground,
        content=content,
        sha256=digest(content),
        actor=str(ACTOR),
        received_at=AT,
        state=state,
        state_since=AT,
        effect=effect.code if effect else Code.OTHER_EMAIL,
    )


def stoppings(bought: Purchase, renewed: Purchase) -> list[NoticeDraft]:
    """The letters about stopping: two receipts, a decision, a question, and automatic renewal off and on."""
    whole = Effect(Code.WITHDRAWN, ON, Decimal("27.60"), date(2027, 1, 18))
    given_up = Said(
        kind="withdrawal", last_name="Lenoir", first_name="Camille", contract="CMD-4K7-PX2-001",
        email="camille@example.fr", words="Je n’ai pas le temps de lire.",
    )  # fmt: skip
    at_end = Effect(Code.ENDS_AT_TERM, date(2028, 1, 28))
    ended = Said(
        kind="termination", last_name="Lenoir", first_name="Camille", contract="00000200", email="camille@example.fr"
    )
    one = declaration("withdrawal", said=given_up, effect=whole)
    two = declaration("termination", said=ended, effect=at_end)
    three = declaration("termination", said=replace(ended, email="c.lenoir@example.org"), state="on_desk")
    now = Effect(Code.ENDED_NOW, ON, Decimal("20.70"), date(2027, 2, 3))
    four = declaration("termination", said=replace(ended, ground="moved"), effect=now)
    off = RenewalChoice.objects.create(subscription=bought.term.subscription, automatic=False, actor=str(ACTOR), at=AT)
    words = Consent.objects.create(
        matter="mandate", given=True, words="J’autorise ActuIA à débiter 27,60\u00a0€ une fois par an.", at=AT
    )
    on = RenewalChoice.objects.create(
        subscription=renewed.term.subscription, automatic=True, consent=words, actor=str(ACTOR), at=AT
    )
    told = {"declaration_id": three.pk, "subscription_id": renewed.term.subscription_id}
    return [
        draft("withdrawal_acknowledged", {"declaration_id": one.pk, "sentence": whole.sentence}),
        draft("termination_acknowledged", {"declaration_id": two.pk, "sentence": at_end.sentence}),
        draft("declaration_applied", {"declaration_id": four.pk, "sentence": now.sentence}),
        draft("declaration_told", told),
        draft("renewal_turned_off", {"choice_id": off.pk}),
        draft("renewal_turned_on", {"choice_id": on.pk}),
    ]


def links() -> list[NoticeDraft]:
    """The links that a reader asked for on the telephone."""
    off, fixed = purchase(automatic=True, number=35, email="off@example.fr"), purchase(number=36, email="f@example.fr")
    Subscription.objects.filter(pk=off.term.subscription_id).update(renewal="fixed")
    asked = {"asked_on": "2027-02-01"}
    return [
        draft("link_card", {"subscription_id": march_renewal(37).subscription_id, **asked}),
        draft("link_renewal_on", {"subscription_id": off.term.subscription_id, **asked}),
        draft("link_renew", {"subscription_id": fixed.term.subscription_id, **asked}),
    ]


def reminders() -> list[NoticeDraft]:
    """The series of a fixed term: to readers who still receive, and to one whose term ended in January 2028."""
    two, one, none, over = (purchase(number=21 + left, email=f"reader{left}@example.fr") for left in range(4))
    for rank in range(6):
        years, quarter = divmod(rank, 4)
        on = date(2028 + years, 3 * quarter + 3, 15)
        posted = {"posted_on": on, "state": "posted"} if rank == 0 else {}
        dates = {"cover_month": on.month, "cover_year": on.year, "cutoff_on": on.replace(day=1), "post_on": on}
        Issue.objects.get_or_create(magazine=two.order.offer.magazine, number=29 + rank, defaults=dates | posted)
    for bought, sent in ((two, 2), (one, 3), (none, 4), (over, 4)):
        bought.term.entitlements.filter(rank__lte=sent).update(state="served")
    Subscription.objects.filter(pk=over.term.subscription_id).update(state="lapsed", state_since=AT)
    Consent.objects.create(matter="similar_offers", given=True, words="…", customer=over.customer, at=AT)
    told = [
        ("two_left", "RA1", two, "2027-06-15"),
        ("one_left", "RA2", one, "2027-09-15"),
        ("last_posted", "R0", none, "2027-12-22"),
        ("lapsed", "RE1", over, "2028-03-20"),
        ("next_posted", "RE2", over, "2028-03-20"),
        ("farewell", "RE3", over, "2028-03-20"),
    ]
    return [
        draft(f"reminder_{name}", {"term_id": bought.term.pk, "code": code, "on": on})
        for name, code, bought, on in told
    ]


def gift_of(number: int, *, state: str = "announced", served: int = 0, **changes: Any) -> Gift:
    """A year that Camille Lenoir gives to Inès Roux, so many copies served."""
    bought = purchase(number=number, email=f"giver{number}@example.fr")
    bought.term.entitlements.filter(rank__lte=served).update(state="served")
    Subscription.objects.filter(pk=bought.term.subscription_id).update(
        is_gift=True, holder=changes.get("claimed_by"), saved_method=None
    )
    facts: dict[str, Any] = {
        "order": bought.order,
        "code": f"CAD-4K7-PX2-{number}",
        "subscription": bought.term.subscription,
        "giver_name": "Camille Lenoir",
        "recipient_name": "Inès Roux",
        "recipient_email": "ines@example.fr",
        "message": "Bonne lecture,\net bon anniversaire.",
        "state": state,
        "state_since": AT,
        "created_at": AT,
    }
    return Gift.objects.create(**(facts | changes))


def gifts() -> list[NoticeDraft]:
    """What the recipient of a gift reads, and its giver when it ends."""
    told, ending, ended = gift_of(41, state="given"), gift_of(42, served=3), gift_of(43, served=4)
    ines = Customer.objects.create(email="ines@example.fr", first_name="Inès", last_name="Roux", created_at=AT)
    claimed = gift_of(44, state="claimed", claimed_by=ines)
    return [
        draft("gift_announced", {"gift_id": told.pk}, to_name="Inès Roux"),
        draft("gift_claimed", {"gift_id": claimed.pk}, to_name="Inès Roux"),
        draft("gift_taken_back", {"gift_id": claimed.pk}, to_name="Inès Roux"),
        draft("gift_ending_giver", {"gift_id": ending.pk, "code": "GC1", "on": "2027-10-16"}),
        draft("gift_ending_recipient", {"gift_id": ended.pk, "code": "GR1", "on": "2027-12-22"}, to_name="Inès Roux"),
    ]


def paused(bought: Purchase, *numbers: int, state: str) -> list[Pause]:
    """Issues that the reader of a purchase does not want, their copies moved to the ones after."""
    copies = list(bought.term.entitlements.order_by("rank"))
    wished = [
        Pause.objects.create(
            request=uuid.UUID(int=bought.term.pk), term=bought.term, place=place, issue=issue, entitlement=copy, state=state,
            state_since=AT, actor=str(ACTOR), at=AT,
        )
        for place, (copy, issue) in enumerate(
            ((copy, copy.issue) for copy in copies if copy.issue is not None and copy.issue.number in numbers), start=1
        )
    ]  # fmt: skip
    if state == Pause.State.HELD:
        coming = [issue for issue in bought.issues if issue.number not in numbers]
        bought.term.entitlements.update(issue=None)
        for place, copy in enumerate(copies):
            copy.issue = coming[place] if place < len(coming) else None
            copy.state = "held" if place < len(wished) else "owed"
            copy.save(update_fields=["issue", "state"])
    return wished


def pauses() -> list[NoticeDraft]:
    """Two issues that do not come; one that comes after all."""
    away, back = purchase(automatic=True, number=31), purchase(number=32, email="camille32@example.fr")
    begun, ended = paused(away, 25, 26, state="held"), paused(back, 25, state="called_off")
    return [
        draft("pause_confirmed", {"subscription_id": away.term.subscription_id, "request": str(begun[0].request)}),
        draft("pause_ended", {"subscription_id": back.term.subscription_id, "pause_ids": [ended[0].pk]}),
    ]


def losses() -> list[NoticeDraft]:
    """A claim for each thing that becomes of one; three copies that came back."""
    one, other = purchase(number=71, email="camille71@example.fr"), purchase(number=72, email="camille72@example.fr")
    copies = [*one.term.entitlements.order_by("rank"), *other.term.entitlements.order_by("rank")]
    incident = ClaimIncident.objects.create(issue=copies[3].issue, department="75", state_since=AT, at=AT)
    states = ("approved", "extended", "asked", "waiting", "on_desk", "refused")
    claims = [
        Claim.objects.create(
            subscription=copy.term.subscription, entitlement=copy, issue=copy.issue, reason="not_received", by="reader",
            department="75", in_window=True, nth=1, state=state, state_since=AT, actor=str(ACTOR), at=AT,
            incident=incident if state == "waiting" else None, extra=copies[7] if state == "extended" else None,
        )
        for copy, state in zip(copies, states, strict=False)
    ]  # fmt: skip
    house = MailingHouse.objects.create(
        magazine=one.order.offer.magazine, name="Routage de l’Ouest", actor=str(ACTOR), created_at=AT
    )
    run = MailingRun.objects.create(
        issue=copies[0].issue, house=house, kind="resend", sequence=9, asked_by=str(ACTOR), asked_at=AT
    )
    asked = []
    for nth, (reason, state) in enumerate(((2, "held"), (1, "asked"), (3, "asked")), start=1):
        reader = purchase(number=72 + nth, email=f"camille{72 + nth}@example.fr").term
        line = Dispatch.objects.create(
            run=run, issue=copies[0].issue, place=nth, key=f"N25-{nth:06d}-09", kind="RCL",
            subscription=reader.subscription, entitlement=reader.entitlements.order_by("rank")[0],
            address=reader.subscription.recipient.address, copies=1, zone="METR",
        )  # fmt: skip
        back = CopyReturn.objects.create(
            dispatch=line, reason_code=reason, source="file", on=ON, actor=str(ACTOR), at=AT
        )
        doubt = AddressDoubt.objects.create(
            subscription=reader.subscription, because=back, state=state, state_since=AT, at=AT
        )
        asked.append({"doubt_id": doubt.pk, "return_id": back.pk})
    kinds = ("claim_resent", "claim_extended", "claim_address", "claim_waiting", "claim_on_desk", "claim_refused")
    return [
        draft("claim_link", {"subscription_id": one.term.subscription_id, "asked_on": ON.isoformat()}),
        *(draft(kind, {"claim_id": claim.pk}) for kind, claim in zip(kinds, claims, strict=True)),
        *(
            draft(kind, facts)
            for kind, facts in zip(("address_wanted", "address_checked", "copy_refused"), asked, strict=True)
        ),
    ]


def days() -> list[NoticeDraft]:
    """An issue that slips, a summer elsewhere, and its end."""
    late, away = purchase(automatic=True, number=61, email="camille61@example.fr"), purchase(number=62)
    move = IssueMove.objects.create(
        issue=late.issues[0], old_cutoff_on=date(2027, 3, 1), cutoff_on=date(2027, 3, 1), old_post_on=date(2027, 3, 15),
        post_on=date(2027, 4, 20), actor=str(ACTOR), at=AT,
    )  # fmt: skip
    recipient = away.term.subscription.recipient
    summer, over = (
        TemporaryAddress.objects.create(
            recipient=recipient, address=recipient.address, from_on=begins, to_on=ends, until=ends + timedelta(days=1),
            actor=str(ACTOR), at=AT,
        )
        for begins, ends in ((date(2027, 6, 1), date(2027, 9, 30)), (date(2027, 1, 1), date(2027, 1, 3)))
    )  # fmt: skip
    return [
        draft(
            "issue_late",
            {"move_id": move.pk, "subscription_id": late.term.subscription_id, "told_on": "2027-03-15"},
        ),
        draft("temporary_address", {"temporary_id": summer.pk}),
        draft("temporary_address_ended", {"temporary_id": over.pk}),
    ]


def digital(bought: Purchase) -> NoticeDraft:
    """The reader of a purchase agrees to read on a screen."""
    consent = DigitalConsent.objects.create(
        term=bought.term, customer=bought.customer, text=load_text("numerique", date(2026, 11, 1)), words=WORDS,
        actor=str(ACTOR), at=AT,
    )  # fmt: skip
    return draft("digital_agreed", {"consent_id": consent.pk})


def prices() -> list[NoticeDraft]:
    """The next year costs more; or it does not after all."""
    reader = purchase(automatic=True, number=33, email="camille33@example.fr")
    change = PriceChange.objects.create(
        offer=reader.order.offer, zones=["FR"], amount=eur("30.60"), orders_from=date(2027, 3, 1),
        renewals_from=date(2028, 1, 1), state="signed", state_since=AT, actor=str(ACTOR), reason="papier", at=AT,
    )  # fmt: skip
    key = reader.term.subscription_id
    return [
        draft(
            "price_change",
            {"change_id": change.pk, "subscription_id": key, "number": 2, "renews_on": "2028-01-29", "amount": "30.60"},
        ),
        draft("price_change_cancelled", {"change_id": change.pk, "subscription_id": key}),
    ]


def quotes() -> list[NoticeDraft]:
    """The quote of a university whose year ends on 28 January 2028."""
    bought = purchase(number=34, email="camille34@example.fr")
    order, term = bought.order, bought.term
    series, _made = QuoteSeries.objects.get_or_create(year=2027, defaults={"last_number": 1})
    quote = Quote.objects.create(
        series=series, number=1, reference="D2027-0001", subscription=term.subscription, term=term, by_itself=True,
        issued_on=date(2027, 10, 31), valid_until=date(2028, 1, 29), offer=order.offer, price=order.price, title="ActuIA",
        copies=4, amount=eur("27.60"), amount_ht=eur("27.03"), vat_zone="FR_METRO", vat_rate=Decimal("2.10"),
        starts_on=date(2028, 1, 29), ends_on=date(2029, 1, 28), issues=[], seller=seller(), buyer_kind="public_fr",
        buyer_name="Université de Lyon", buyer_address=["UNIVERSITE DE LYON"], delivery_address=[], actor=str(ACTOR), at=AT,
    )  # fmt: skip
    return [draft("renewal_quote", {"quote_id": quote.pk})]


def institutions() -> list[NoticeDraft]:
    """What a university ordered on paper through an agency, invoiced before it is paid, and reminded of."""
    bought = purchase(number=76, email="camille76@example.fr", buyer_kind="public_fr")
    order = bought.order
    PurchaseOrder.objects.create(
        order=order, institution=bought.customer, dated_on=date(2026, 12, 28), due_on=date(2027, 2, 3),
        actor=str(ACTOR), reason="bon de commande", at=AT,
    )  # fmt: skip
    university = Buyer("public_fr", "Université de Lyon", ("UNIVERSITE DE LYON", "69007 LYON"), "FR")
    bill = invoice_of(
        order, None, subject=f"order:{order.pk}:bill", buyer=university, due_on=date(2027, 2, 3), supplied_on=ON
    )
    other = invoice_of(
        order, None, subject=f"order:{order.pk}:other", buyer=university, due_on=date(2027, 2, 3), supplied_on=ON
    )
    note = credit_part(
        other, ttc=Decimal("20.70"), unserved_ht=Decimal("20.27"), what="3 numéros non servis", reason="budget réduit", on=ON,
        actor=ACTOR, at=AT,
    )  # fmt: skip
    return [
        draft("institution_invoice", {**bought.facts, "invoice_id": bill.pk}),
        draft("invoice_overdue", {"invoice_id": bill.pk, "days": 15, "first": 15}),
        draft("invoice_credited", {"invoice_id": note.pk}),
    ]


def support(bought: Purchase, renewed: Purchase) -> list[NoticeDraft]:
    """What the support desk tells."""
    return [
        draft("invoice_reissued", {"reissue_id": reissued(renewed).pk}),
        draft("name_corrected", {"change_id": address_change(renewed).pk}),
        draft("recipient_changed", {"hand_over_id": hand_over(bought, "recipient").pk}),
        draft("payer_changed", {"hand_over_id": hand_over(bought, "payer").pk, "role": "new"}),
        draft("transfer_account_wanted", {"transfer_id": transfer_of(renewed).pk}),
        draft("transfer_sent", {"transfer_id": transfer_of(renewed, sent_on=ON).pk}),
        draft("dispute_lost", {"dispute_id": dispute_of(bought).pk}),
    ]


def taken_over() -> list[NoticeDraft]:
    """A reader of another house, two of whose copies are left."""
    bought = purchase(automatic=True, number=51, email="camille51@example.fr", starts_on=date(2026, 5, 2))
    bought.term.entitlements.filter(rank__lte=2).update(state="served")
    file = ImportFile.objects.create(
        source="ancienne-maison", name="abonnes.csv", sha256="0" * 64, size=1, lines_total=1, lines_declared=1,
        copies_declared=2, deferred_declared=Decimal("13.52"), charge_from=date(2027, 3, 1), letters=True, state="let_in",
        state_since=AT, checked_on=ON, actor=str(ACTOR), reason="x", at=AT,
    )  # fmt: skip
    ImportRow.objects.create(
        file=file, line=2, foreign_ref="A-1", fingerprint="0" * 64, outcome="let_in", term=bought.term, copies_left=2,
        deferred=Decimal("13.52"), vat_rate=Decimal("2.10"),
    )  # fmt: skip
    return [draft("taken_over", {"term_id": bought.term.pk})]


def singles() -> list[NoticeDraft]:
    """n° 25 is bought by itself, and leaves."""
    title, issues = magazine()
    offered = Offer.objects.create(
        code="numero",
        magazine=title,
        title="Numéro à l’unité",
        kind="single",
        renewal="fixed",
        copies=1,
        on_sale_from=ON,
    )
    price = Price.objects.create(offer=offered, delivery_zone="FR", amount=eur("9.00"), valid_from=ON)
    order = place(number=90, price=price)
    pay(order, number=90, saved=False)
    line = SoldIssue.objects.create(
        order=order, issue=issues[0], copies=1, amount=eur("9.00"), value_ht=Decimal("8.81"), state="served"
    )
    name = "ActuIA — n°\u00a025 (mars\u00a02027), port compris"
    payment = Payment.objects.get(subject=order.subject)
    invoice = invoice_of(order, payment, lines=(LineDraft(name, Decimal("9.00")),))
    run = MailingRun.objects.create(
        issue=issues[0], house=MailingHouse.objects.filter(magazine=title)[0], kind="resend", sequence=8, state="posted",
        asked_by="staff:1", asked_at=AT, closed_by="staff:2", closed_at=AT, deposit_on=ON, dispatches=1, copies=1,
        sha256="0" * 64, size=1, received_copies=1, posted_on=date(2027, 3, 18),
    )  # fmt: skip
    Dispatch.objects.create(
        run=run, issue=issues[0], place=1, key="N25-000001-08", kind="VAN", sold=line, number="4K7PX2090",
        contract=order.reference, address=order.delivery, copies=1, zone="METR",
    )  # fmt: skip
    return [
        draft("single_confirmation", {"order_id": order.pk, "invoice_id": invoice.pk}),
        draft("single_sent", {"sold_id": line.pk}),
    ]


def cheques() -> list[NoticeDraft]:
    """An order by post waits for its cheque; of three others the cheque bounced: nothing yet, paid again, given up."""
    waits = place(state="awaiting_payment", number=101)
    pay(waits, number=101, state="created", kind="cheque")
    found = [draft("order_awaits_payment", {"order_id": waits.pk})]
    for number, kind in ((102, "cheque_bounced"), (103, "cheque_paid_again"), (104, "cheque_given_up")):
        bought = purchase(number=number, email=f"camille{number}@example.fr", kind="cheque")
        payment = Payment.objects.get(subject=bought.order.subject)
        cheque = Cheque.objects.create(
            reference=f"CHQ-{number}", payment=payment, number=f"0004{number}", bank="Crédit Agricole", drawer="Mme Camille Lenoir",
            amount=payment.amount, received_on=ON, actor=str(ACTOR), reason="courrier", at=AT, state="bounced", state_since=AT,
            bounced_on=ON + timedelta(days=9), bounced_because="no_funds", bounced_vat=Decimal("0.57"),
            given_up_at=AT if kind == "cheque_given_up" else None,
        )  # fmt: skip
        if kind == "cheque_paid_again":
            PaidAgain.objects.create(
                bounced=cheque, amount=payment.amount, received_on=ON + timedelta(days=20), bank_reference="VIR 12", actor=str(ACTOR), reason="relevé",
                at=AT,
            )  # fmt: skip
        if kind == "cheque_given_up":
            bill = Invoice.objects.get(pk=bought.facts["invoice_id"])
            credit_in_full(bill, reason="chèque impayé", unserved_ht=Decimal("27.03"), on=ON, actor=ACTOR, at=AT)
            bought.term.subscription.state = "ended"
            bought.term.subscription.save(update_fields=["state"])
        found.append(draft(kind, {"cheque_id": cheque.pk}))
    return found


def every() -> list[NoticeDraft]:
    """All of them, from real rows, all still true."""
    texts()
    bought, renewed = purchase(), purchase(automatic=True, number=2)
    refused, debited = place(state="cancelled", number=3), place(state="awaiting_payment", number=4)
    pay(debited, kind="sepa_debit", state="processing", number=4)
    mail = {
        "confirm_path": "/compte/adresse-electronique/signed/",
        "old_email": "camille@example.fr",
        "new_email": "lenoir@example.org",
        "expires_at": EXPIRES.isoformat(),
    }
    method = {"subscription_id": renewed.term.subscription_id, "setup_id": setup_of(renewed).pk}
    announced, ends_first = march_renewal(5), march_renewal(6, expires=(2, 2027))
    return [
        draft("order_confirmation", renewed.facts),
        draft("payment_refused", {"order_id": refused.pk, "decline_code": "insufficient_funds"}),
        draft("sepa_pending", {"order_id": debited.pk}),
        draft("sepa_failed", {"order_id": refused.pk, "decline_code": "account_closed"}),
        draft("order_expired_with_late_money", {"order_id": refused.pk}),
        draft("refund_sent", {"refund_id": refund_of(bought).pk}),
        code(),
        draft("email_change_confirm_old", mail),
        draft("email_change_confirm_new", mail),
        draft("email_changed", mail),
        draft("address_changed", {"change_id": address_change(bought).pk}),
        draft("method_changed", method),
        draft("renewal_notice", about(announced)),
        draft("renewal_pre_debit", about(announced, charge_on="2027-03-15")),
        draft("renewal_card_wanted", about(ends_first)),
        draft("renewal_manual", about(march_renewal(7, state="manual"))),
        draft("account_erased", {"erased_on": "2027-03-01"}),
        *charges(),
        *stoppings(bought, renewed),
        *pauses(),
        *losses(),
        *days(),
        digital(bought),
        *prices(),
        *links(),
        *quotes(),
        *institutions(),
        *reminders(),
        *gifts(),
        *support(bought, renewed),
        *taken_over(),
        *singles(),
        *cheques(),
    ]
