"""Every table of the ground floor, one module per subject; verbs live in the rooms beside."""

from payments.models.acts import Act, DeskItem
from payments.models.bank import BankAccount, BankLine, BankMatch, BankRule, BankStatement, CsvProfile
from payments.models.books import Account, AccountMap, LedgerEntry, LedgerLine, VatRate
from payments.models.cheques import Cheque, ChequeEvent, DepositSlip, PaidAgain
from payments.models.chorus import ChorusDeposit, ChorusEvent
from payments.models.closing import (
    Anchor,
    ClosingTick,
    DayClosing,
    EntryNumber,
    EntrySeries,
    KeptFile,
    PeriodClosing,
    Reopening,
    ReopeningAsked,
    SealedRow,
    TechnicalEvent,
)
from payments.models.discrepancies import Discrepancy, DiscrepancyEvent
from payments.models.disputes import Dispute, DisputeAnswer, DisputeAnswerEvent, DisputeEvent, DisputePackage
from payments.models.documents import Document
from payments.models.ereports import EPaymentRow, EReportRow
from payments.models.exports import AccountantProfile, FileRequest, FileRequestEvent
from payments.models.invoices import Invoice, InvoiceLine, InvoiceRendering, InvoiceSeries, Reissue
from payments.models.methods import MethodSetup, PayerAccount, SavedMethod
from payments.models.mirror import MirrorCharge, MirrorDifference, MirrorRun
from payments.models.months import MonthSnapshot
from payments.models.payments import Payment, PaymentEvent, Refund, RefundEvent
from payments.models.payouts import Payout, PayoutEvent, ReconciliationRun
from payments.models.receipts import BankReceipt, ReceiptShare, WriteOff
from payments.models.stripe import BalanceMovement, StripeEvent
from payments.models.transfers import RefundLimit, Transfer, TransferEvent, TransferFile
from payments.models.vat_checks import VatCheck

__all__ = [
    "Account",
    "AccountMap",
    "AccountantProfile",
    "Act",
    "Anchor",
    "BalanceMovement",
    "BankAccount",
    "BankLine",
    "BankMatch",
    "BankReceipt",
    "BankRule",
    "BankStatement",
    "Cheque",
    "ChequeEvent",
    "ChorusDeposit",
    "ChorusEvent",
    "ClosingTick",
    "CsvProfile",
    "DayClosing",
    "DepositSlip",
    "DeskItem",
    "Discrepancy",
    "DiscrepancyEvent",
    "Dispute",
    "DisputeAnswer",
    "DisputeAnswerEvent",
    "DisputeEvent",
    "DisputePackage",
    "Document",
    "EPaymentRow",
    "EReportRow",
    "EntryNumber",
    "EntrySeries",
    "FileRequest",
    "FileRequestEvent",
    "Invoice",
    "InvoiceLine",
    "InvoiceRendering",
    "InvoiceSeries",
    "KeptFile",
    "LedgerEntry",
    "LedgerLine",
    "MethodSetup",
    "MirrorCharge",
    "MirrorDifference",
    "MirrorRun",
    "MonthSnapshot",
    "PaidAgain",
    "PayerAccount",
    "Payment",
    "PaymentEvent",
    "Payout",
    "PayoutEvent",
    "PeriodClosing",
    "ReceiptShare",
    "ReconciliationRun",
    "Refund",
    "RefundEvent",
    "RefundLimit",
    "Reissue",
    "Reopening",
    "ReopeningAsked",
    "SavedMethod",
    "SealedRow",
    "StripeEvent",
    "TechnicalEvent",
    "Transfer",
    "TransferEvent",
    "TransferFile",
    "VatCheck",
    "VatRate",
    "WriteOff",
]
