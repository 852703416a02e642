"""Every table of the ground floor, one module per subject; verbs live in the rooms beside."""

from payments.models.acts import Act, DeskItem
from payments.models.bank import BankAccount, BankLine, BankMatch, BankRule, BankStatement, CsvProfile
from payments.models.books import Account, AccountMap, LedgerEntry, LedgerLine, VatRate
from payments.models.disputes import Dispute, DisputeEvent
from payments.models.documents import Document
from payments.models.invoices import Invoice, InvoiceLine, InvoiceRendering, InvoiceSeries, Reissue
from payments.models.methods import MethodSetup, PayerAccount, SavedMethod
from payments.models.mirror import MirrorCharge, MirrorDifference, MirrorRun
from payments.models.payments import Payment, PaymentEvent, Refund, RefundEvent
from payments.models.receipts import BankReceipt, ReceiptShare, WriteOff
from payments.models.stripe import BalanceMovement, StripeEvent
from payments.models.transfers import RefundLimit, Transfer, TransferEvent, TransferFile

__all__ = [
    "Account",
    "AccountMap",
    "Act",
    "BalanceMovement",
    "BankAccount",
    "BankLine",
    "BankMatch",
    "BankReceipt",
    "BankRule",
    "BankStatement",
    "CsvProfile",
    "DeskItem",
    "Dispute",
    "DisputeEvent",
    "Document",
    "Invoice",
    "InvoiceLine",
    "InvoiceRendering",
    "InvoiceSeries",
    "LedgerEntry",
    "LedgerLine",
    "MethodSetup",
    "MirrorCharge",
    "MirrorDifference",
    "MirrorRun",
    "PayerAccount",
    "Payment",
    "PaymentEvent",
    "ReceiptShare",
    "Refund",
    "RefundEvent",
    "RefundLimit",
    "Reissue",
    "SavedMethod",
    "StripeEvent",
    "Transfer",
    "TransferEvent",
    "TransferFile",
    "VatRate",
    "WriteOff",
]
