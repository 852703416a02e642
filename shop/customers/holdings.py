"""What is held about a reader, as plain values: the facts behind the export of their data (GDPR art. 15 and 20).

What is another person's is not among them: who at the shop did something, and other readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.timezone import localtime

from payments.iban import masked
from payments.models import Act, Invoice, Payment, SavedMethod, Transfer
from shop.customers.models import Customer
from shop.customers.sessions import open_sessions
from subscriptions.models import (
    AddressChange,
    Claim,
    Consent,
    Contact,
    CopyReturn,
    Declaration,
    DigitalConsent,
    DigitalDownload,
    Entitlement,
    Gift,
    LostMailbox,
    Notice,
    Order,
    Pause,
    PostalAddress,
    Quote,
    RenewalChoice,
    Subscription,
    TemporaryAddress,
    Term,
)
from subscriptions.models.gifts import CARRIED
from subscriptions.whose import of_people

Facts = dict[str, Any]
DAY = timedelta(days=1)


def everything(customer: Customer, *, at: datetime) -> Facts:
    """The facts, as plain values ready for JSON."""
    subscriptions = _subscriptions(customer)
    return _plain(
        {
            "exported_at": at,
            "person": _person(customer),
            "subscriptions": [_subscription(one, customer) for one in subscriptions],
            "gifts": [_gift(one, customer) for one in _gifts(customer)],
            "address_changes": [_move(one) for one in _moves(customer)],
            "temporary_addresses": [
                {"at": one.at, "address": _address(one.address), "from_on": one.from_on, "to_on": one.until - DAY}
                for one in TemporaryAddress.objects.filter(recipient__customer=customer).select_related("address")
            ],
            "orders": [_order(one) for one in _orders(customer)],
            "payments": [_payment(one) for one in _payments(customer)],
            "transfers": [_transfer(one) for one in Transfer.objects.filter(theirs(customer)).order_by("pk")],
            "means_of_payment": [_method(one) for one in _methods(customer)],
            "invoices": [_invoice(one) for one in Invoice.objects.filter(theirs(customer)).order_by("pk")],
            "letters": [_letter(one) for one in Notice.objects.filter(theirs(customer)).order_by("pk")],
            "contacts": [_contact(one) for one in Contact.objects.filter(theirs(customer)).order_by("pk")],
            "consents": [_consent(one) for one in _consents(customer)],
            "declarations": [_declaration(one) for one in _declarations(customer, subscriptions)],
            "renewal_choices": [
                {"at": one.at, "subscription": one.subscription.number, "automatic": one.automatic}
                for one in RenewalChoice.objects.filter(subscription__in=subscriptions)
                .select_related("subscription")
                .order_by("pk")
            ],
            "pauses": [
                {
                    "at": one.at,
                    "subscription": one.term.subscription.number,
                    "issue": one.issue.number,
                    "state": one.state,
                    "reason": one.reason,
                }
                for one in Pause.objects.filter(term__subscription__in=subscriptions)
                .select_related("term__subscription", "issue")
                .order_by("pk")
            ],
            "claims": [
                {
                    "at": one.at,
                    "subscription": one.subscription.number,
                    "issue": one.issue.number,
                    "state": one.state,
                    "reason": one.reason,
                }
                for one in Claim.objects.filter(subscription__in=subscriptions)
                .select_related("subscription", "issue")
                .order_by("pk")
            ],
            "returned_copies": [
                {"on": one.on, "issue": one.dispatch.issue.number, "reason": one.get_reason_code_display()}
                for one in CopyReturn.objects.filter(dispatch__subscription__in=subscriptions)
                .select_related("dispatch__issue")
                .order_by("pk")
            ],
            "digital_consents": [
                {"at": one.at, "subscription": one.term.subscription.number, "words": one.words, "text": str(one.text)}
                for one in DigitalConsent.objects.filter(theirs(customer))
                .select_related("term__subscription", "text")
                .order_by("pk")
            ],
            "downloads": [
                {"at": one.at, "subscription": one.consent.term.subscription.number, "issue": one.file.issue.number}
                for one in _downloads(customer)
            ],
            "quotes": [
                {
                    "number": one.reference,
                    "issued_on": one.issued_on,
                    "name": one.buyer_name,
                    "billing": {"label": one.buyer_address},
                    "siret": one.siret,
                    "amount": one.amount.amount,
                }
                for one in Quote.objects.filter(subscription__payer=customer).order_by("pk")
            ],
            "email_changes": [
                {"asked_at": one.created_at, "new_email": one.new_email, "done_at": one.done_at}
                for one in customer.email_changes.order_by("pk")
            ],
            "lost_mailboxes": [
                {"kind": one.kind, "since": one.since, "ended_at": one.ended_at}
                for one in LostMailbox.objects.filter(email=customer.email or "").order_by("pk")
            ],
            "sessions": [
                {"opened_at": one.created_at, "ip": one.ip, "browser": one.user_agent}
                for one in open_sessions(customer)
            ],
            "acts": [{"at": one.at, "what": one.verb, "reason": one.reason} for one in _acts(customer, subscriptions)],
        }
    )


def theirs(customer: Customer) -> Q:
    """Rows of this reader's, or of a record of theirs that was merged into this one: evidence keeps the old number."""
    return Q(customer=customer) | Q(customer__merged_into=customer)


def _person(customer: Customer) -> Facts:
    return {
        "email": customer.email,
        "title": customer.title,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "organisation": customer.organisation,
        "phone": customer.phone,
        "language": customer.language,
        "known_since": customer.created_at,
        "came_by": customer.source,
    }


def _subscriptions(customer: Customer) -> list[Subscription]:
    return list(
        of_people([customer.pk])
        .select_related("magazine", "offer", "recipient__address")
        .prefetch_related("terms__entitlements__issue", "terms__entitlements__movements", "events")
        .order_by("pk")
    )


def _subscription(one: Subscription, customer: Customer) -> Facts:
    # Where somebody else holds a gift, or may have moved with it, their address is theirs; its price is the giver's.
    theirs = one.holder_id not in (None, customer.pk) and one.recipient.customer_id != customer.pk
    theirs = theirs or (one.is_gift and one.holder_id != customer.pk)
    received = one.is_gift and one.payer_id != customer.pk
    return {
        "number": one.number,
        "magazine": one.magazine.title,
        "offer": one.offer.title,
        "renewal": one.renewal,
        "state": one.state,
        "recipient": one.recipient.name if not (one.is_gift and theirs) else None,
        "address": None if theirs else _address(one.recipient.address),
        "steps": [{"at": step.at, "state": step.to_state} for step in one.events.all()],
        "terms": [_term(term, priced=not received and term.source != CARRIED) for term in one.terms.all()],
    }


def _term(term: Term, *, priced: bool) -> Facts:
    return {
        "number": term.number,
        "starts_on": term.starts_on,
        "ends_on": term.ends_on,
        "amount": term.amount.amount if priced else None,
        "copies": [_copy(copy) for copy in term.entitlements.all()],
    }


def _copy(copy: Entitlement) -> Facts:
    return {
        "issue": copy.issue.number if copy.issue else None,
        "state": copy.state,
        "steps": [{"on": step.on, "what": step.kind} for step in copy.movements.all()],
    }


def _address(address: PostalAddress | None) -> Facts | None:
    return {"label": address.lines, "typed": address.typed} if address else None


def _gifts(customer: Customer) -> list[Gift]:
    """Those that they give, and those that they received."""
    mine = Q(order__customer=customer) | Q(claimed_by=customer)
    return list(
        Gift.objects.filter(mine).select_related("order", "subscription").prefetch_related("events").order_by("pk")
    )


def _gift(one: Gift, customer: Customer) -> Facts:
    """To its giver: what they wrote. To its recipient: what they were told, and the address for letters they gave."""
    facts: Facts = {
        "number": one.subscription.number if one.subscription else None,
        "giver": one.giver_name,
        "recipient": one.recipient_name,
        "message": one.message,
        "announced_on": one.announce_on,
        "state": one.state,
    }
    if one.claimed_by_id == customer.pk:
        return facts | {
            "code": one.code,
            "email": one.reader_email,
            "informed_by": one.informed_by,
            "at": one.informed_at,
        }
    # What the recipient said later is theirs.
    steps = [
        step for step in one.events.all() if "recipient" not in step.reason and step.to_state != Gift.State.CLAIMED
    ]
    return facts | {
        "email": one.recipient_email,
        "state": Gift.State.ANNOUNCED if one.state == Gift.State.CLAIMED else one.state,
        "steps": [{"at": step.at, "what": step.reason} for step in steps],
    }


def _moves(customer: Customer) -> list[AddressChange]:
    mine = AddressChange.objects.filter(recipient__customer=customer)
    return list(mine.select_related("old", "new", "first_issue").order_by("pk"))


def _move(one: AddressChange) -> Facts:
    return {
        "at": one.at,
        "old": _address(one.old),
        "new": _address(one.new),
        "first_issue": one.first_issue.number if one.first_issue else None,
    }


def _orders(customer: Customer) -> list[Order]:
    mine = Q(customer=customer) | Q(email=customer.email) if customer.email else Q(customer=customer)
    orders = Order.objects.filter(mine).select_related("offer", "delivery", "billing", "disclosure")
    return list(orders.prefetch_related("sold_issues__issue").order_by("pk"))


def _order(one: Order) -> Facts:
    return {
        "reference": one.reference,
        "placed_at": one.placed_at,
        "state": one.state,
        "offer": one.offer.title,
        "amount": one.amount.amount,
        "past_issues": [
            {"number": line.issue.number, "copies": line.copies, "state": line.state} for line in one.sold_issues.all()
        ],
        "email": one.email,
        "phone": one.phone,
        # Of a gift that goes on, where it goes by now is not what its giver wrote.
        "delivery": _address(one.delivery) if not one.is_gift else None,
        "billing": _address(one.billing),
        "organisation": one.organisation,
        "siren": one.siren,
        "siret": one.siret,
        "vat_number": one.vat_number,
        "engagement_number": one.engagement_number,
        "typed": one.typed,
        "shown_before": one.disclosure.facts,
    }


def _payments(customer: Customer) -> list[Payment]:
    return list(
        Payment.objects.filter(theirs(customer)).prefetch_related("events", "refunds", "disputes").order_by("pk")
    )


def _payment(one: Payment) -> Facts:
    return {
        "reference": one.reference,
        "amount": one.amount.amount,
        "paid_by": one.method_kind,
        "state": one.state,
        "received_on": one.received_on,
        "steps": [{"at": step.at, "state": step.to_state} for step in one.events.all()],
        "refunds": [
            {
                "reference": refund.reference,
                "amount": refund.amount.amount,
                "state": refund.state,
                "refunded_on": refund.refunded_on,
            }
            for refund in one.refunds.all()
        ],
        "disputes": [
            {
                "opened_at": dispute.opened_at,
                "amount": dispute.amount.amount,
                "reason": dispute.reason,
                "state": f"bank_{dispute.state}",
                "since": dispute.state_since,
            }
            for dispute in one.disputes.all()
        ],
    }


def _transfer(one: Transfer) -> Facts:
    return {
        "reference": one.reference,
        "amount": one.amount.amount,
        "state": one.state,
        "holder": one.holder,
        "iban": one.iban or masked(one.iban_end),
        "refunded_on": one.sent_on,
    }


def _methods(customer: Customer) -> list[SavedMethod]:
    mine = Q(payer_account__customer=customer) | Q(payments__customer=customer) | Q(subscriptions__payer=customer)
    return list(SavedMethod.objects.filter(mine).distinct().order_by("pk"))


def _method(one: SavedMethod) -> Facts:
    return {
        "kind": one.kind,
        "brand": one.brand,
        "last4": one.last4,
        "expires": f"{one.exp_month:02d}/{one.exp_year}" if one.exp_month and one.exp_year else None,
        "kept_since": one.created_at,
        "ended_at": one.ended_at,
    }


def _invoice(one: Invoice) -> Facts:
    return {
        "number": one.reference,
        "kind": one.kind,
        "issued_on": one.issued_on,
        "name": one.buyer_name,
        "address": one.buyer_address,
        "amount": one.total_ttc.amount,
        "vat": one.total_vat.amount,
    }


def _letter(one: Notice) -> Facts:
    return {
        "kind": one.kind,
        "way": one.channel,
        "to": one.to_email,
        "queued_at": one.created_at,
        "state": one.state,
        "since": one.state_since,
    }


def _contact(one: Contact) -> Facts:
    return {"on": one.on, "channel": one.channel, "words": one.words, "file": one.file_name}


def _consents(customer: Customer) -> list[Consent]:
    mine = theirs(customer) | Q(order__customer=customer)
    return list(Consent.objects.filter(mine).select_related("text").order_by("pk"))


def _consent(one: Consent) -> Facts:
    return {
        "at": one.at,
        "matter": one.matter,
        "given": one.given,
        "words": one.words,
        "text": f"{one.text.code} {one.text.version}" if one.text else None,
        "ip": one.ip,
        "browser": one.user_agent,
    }


def _downloads(customer: Customer) -> list[DigitalDownload]:
    """What they read on a screen, by their own consent or that of a record merged into theirs."""
    mine = Q(consent__customer=customer) | Q(consent__customer__merged_into=customer)
    rows = DigitalDownload.objects.filter(mine).select_related("consent__term__subscription", "file__issue")
    return list(rows.order_by("pk"))


def _declarations(customer: Customer, subscriptions: Sequence[Subscription]) -> list[Declaration]:
    """Theirs: made signed in, or about what they pay for. Under another address it may be a stranger's."""
    own = [one.pk for one in subscriptions if one.payer_id == customer.pk]
    mine = theirs(customer) | Q(subscription__in=own) | Q(order__customer=customer)
    return list(Declaration.objects.filter(mine).order_by("pk"))


def _declaration(one: Declaration) -> Facts:
    return {
        "reference": one.reference,
        "kind": one.kind,
        "received_at": one.received_at,
        "declared": {str(label): value for label, value in one.content["declared"]},
        "state": one.state,
        "effective_on": one.effective_on,
        "refund_due_on": one.refund_due_on,
        "ip": one.ip,
    }


def _acts(customer: Customer, subscriptions: Sequence[Subscription]) -> list[Act]:
    subjects = [f"customer:{customer.pk}", *(f"customer:{pk}" for pk in customer.merged.values_list("pk", flat=True))]
    for one in subscriptions:
        subjects.append(f"subscription:{one.pk}")
        if not one.is_gift or one.holder_id == customer.pk:
            subjects.append(f"recipient:{one.recipient_id}")
    subjects += [f"order:{pk}" for pk in customer.orders.values_list("pk", flat=True)]
    return list(Act.objects.filter(subject__in=subjects).order_by("pk"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value
