"""Every table of the middle floor, one module per subject; verbs live in the rooms beside."""

from subscriptions.models.dates import IssueMove, TemporaryAddress, TemporaryAddressEnd
from subscriptions.models.declarations import Declaration, DeclarationEvent
from subscriptions.models.digital import ApiToken, DigitalConsent, DigitalDownload, DigitalRule, IssueFile
from subscriptions.models.escrow import Escrow, EscrowRehearsal, RestoredEscrow
from subscriptions.models.figures import (
    Circulation,
    CirculationCount,
    CirculationRule,
    CountedCopy,
    PrintAdvice,
    PrintAssumption,
    PrintRun,
)
from subscriptions.models.gifts import CarriedTerm, Gift, GiftEvent
from subscriptions.models.imports import ImportFile, ImportFileEvent, ImportRow
from subscriptions.models.institutions import Agency, AgencyDiscount, PurchaseOrder
from subscriptions.models.looks import Look
from subscriptions.models.losses import (
    AddressDoubt,
    AddressDoubtEvent,
    Claim,
    ClaimEvent,
    ClaimIncident,
    ClaimIncidentEvent,
    CopyReturn,
    LossRule,
    StockMovement,
)
from subscriptions.models.notices import Notice, NoticeProof
from subscriptions.models.offers import Issue, LegalText, Magazine, Offer, Price
from subscriptions.models.orders import Consent, Disclosure, Order, OrderEvent
from subscriptions.models.pauses import Pause, PauseEvent
from subscriptions.models.people import AddressChange, PostalAddress, Recipient
from subscriptions.models.post import (
    LostMailbox,
    MailEvent,
    MailEventCount,
    PaperLink,
    PostBatch,
    PostBatchLetter,
)
from subscriptions.models.prices import PriceChange, PriceChangeEvent
from subscriptions.models.promise import (
    Entitlement,
    EntitlementMovement,
    Subscription,
    SubscriptionEvent,
    Term,
    TermUndone,
)
from subscriptions.models.quotes import Quote, QuoteRendering, QuoteSeries
from subscriptions.models.rehearsals import (
    Rehearsal,
    RehearsalLine,
    RehearsalReport,
    RehearsalSignature,
    UnsignedRunRule,
)
from subscriptions.models.reminders import ReminderStep
from subscriptions.models.renewals import Renewal, RenewalAttempt, RenewalChoice, RenewalEvent, RenewalProof
from subscriptions.models.runs import Dispatch, FreeCopy, MailingHouse, MailingRun, MailingRunEvent
from subscriptions.models.singles import SoldIssue, SoldIssueMovement
from subscriptions.models.support import Contact, HandOver
from subscriptions.models.transmissions import Transmission, TransmissionEvent, TransmissionWay

__all__ = [
    "AddressChange",
    "AddressDoubt",
    "AddressDoubtEvent",
    "Agency",
    "AgencyDiscount",
    "ApiToken",
    "CarriedTerm",
    "Circulation",
    "CirculationCount",
    "CirculationRule",
    "Claim",
    "ClaimEvent",
    "ClaimIncident",
    "ClaimIncidentEvent",
    "Consent",
    "Contact",
    "CopyReturn",
    "CountedCopy",
    "Declaration",
    "DeclarationEvent",
    "DigitalConsent",
    "DigitalDownload",
    "DigitalRule",
    "Disclosure",
    "Dispatch",
    "Entitlement",
    "EntitlementMovement",
    "Escrow",
    "EscrowRehearsal",
    "FreeCopy",
    "Gift",
    "GiftEvent",
    "HandOver",
    "ImportFile",
    "ImportFileEvent",
    "ImportRow",
    "Issue",
    "IssueFile",
    "IssueMove",
    "LegalText",
    "Look",
    "LossRule",
    "LostMailbox",
    "Magazine",
    "MailEvent",
    "MailEventCount",
    "MailingHouse",
    "MailingRun",
    "MailingRunEvent",
    "Notice",
    "NoticeProof",
    "Offer",
    "Order",
    "OrderEvent",
    "PaperLink",
    "Pause",
    "PauseEvent",
    "PostBatch",
    "PostBatchLetter",
    "PostalAddress",
    "Price",
    "PriceChange",
    "PriceChangeEvent",
    "PrintAdvice",
    "PrintAssumption",
    "PrintRun",
    "PurchaseOrder",
    "Quote",
    "QuoteRendering",
    "QuoteSeries",
    "Recipient",
    "Rehearsal",
    "RehearsalLine",
    "RehearsalReport",
    "RehearsalSignature",
    "ReminderStep",
    "Renewal",
    "RenewalAttempt",
    "RenewalChoice",
    "RenewalEvent",
    "RenewalProof",
    "RestoredEscrow",
    "SoldIssue",
    "SoldIssueMovement",
    "StockMovement",
    "Subscription",
    "SubscriptionEvent",
    "TemporaryAddress",
    "TemporaryAddressEnd",
    "Term",
    "TermUndone",
    "Transmission",
    "TransmissionEvent",
    "TransmissionWay",
    "UnsignedRunRule",
]
