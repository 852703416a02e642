"""Every table of the middle floor, one module per subject; verbs live in the rooms beside."""

from subscriptions.models.declarations import Declaration, DeclarationEvent
from subscriptions.models.looks import Look
from subscriptions.models.notices import Notice, NoticeProof
from subscriptions.models.offers import Issue, LegalText, Magazine, Offer, Price
from subscriptions.models.orders import Consent, Disclosure, Order, OrderEvent
from subscriptions.models.people import AddressChange, PostalAddress, Recipient
from subscriptions.models.promise import (
    Entitlement,
    EntitlementMovement,
    Subscription,
    SubscriptionEvent,
    Term,
    TermUndone,
)
from subscriptions.models.reminders import ReminderStep
from subscriptions.models.renewals import Renewal, RenewalAttempt, RenewalChoice, RenewalEvent, RenewalProof

__all__ = [
    "AddressChange",
    "Consent",
    "Declaration",
    "DeclarationEvent",
    "Disclosure",
    "Entitlement",
    "EntitlementMovement",
    "Issue",
    "LegalText",
    "Look",
    "Magazine",
    "Notice",
    "NoticeProof",
    "Offer",
    "Order",
    "OrderEvent",
    "PostalAddress",
    "Price",
    "Recipient",
    "ReminderStep",
    "Renewal",
    "RenewalAttempt",
    "RenewalChoice",
    "RenewalEvent",
    "RenewalProof",
    "Subscription",
    "SubscriptionEvent",
    "Term",
    "TermUndone",
]
