"""Every table of the middle floor, one module per subject; verbs live in the rooms beside."""

from subscriptions.models.notices import Notice, NoticeProof
from subscriptions.models.offers import Issue, LegalText, Magazine, Offer, Price
from subscriptions.models.orders import Consent, Disclosure, Order, OrderEvent
from subscriptions.models.people import AddressChange, PostalAddress, Recipient
from subscriptions.models.promise import Entitlement, EntitlementMovement, Subscription, SubscriptionEvent, Term

__all__ = [
    "AddressChange",
    "Consent",
    "Disclosure",
    "Entitlement",
    "EntitlementMovement",
    "Issue",
    "LegalText",
    "Magazine",
    "Notice",
    "NoticeProof",
    "Offer",
    "Order",
    "OrderEvent",
    "PostalAddress",
    "Price",
    "Recipient",
    "Subscription",
    "SubscriptionEvent",
    "Term",
]
