"""The words of the desks: each state, movement and actor as people say it, with the tone a page gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.models import SavedMethod
from shop.backoffice.reasons import reason
from shop.templatetags.french import issue_number

GOOD, WAIT, BAD, NONE = "good", "wait", "bad", ""
Words = Mapping[str, tuple[Any, str]]

ORDER: Words = {
    "draft": (pgettext_lazy("order", "draft"), NONE),
    "awaiting_payment": (pgettext_lazy("order", "awaiting payment"), WAIT),
    "invoiced": (pgettext_lazy("order", "invoiced, to be paid"), WAIT),
    "paid": (pgettext_lazy("order", "paid"), GOOD),
    "expired": (pgettext_lazy("order", "expired"), NONE),
    "cancelled": (pgettext_lazy("order", "cancelled"), NONE),
}
PAYMENT: Words = {
    "created": (pgettext_lazy("payment", "created"), NONE),
    "processing": (pgettext_lazy("payment", "processing at the bank"), WAIT),
    "action_required": (pgettext_lazy("payment", "waiting for the reader"), WAIT),
    "succeeded": (pgettext_lazy("payment", "succeeded"), GOOD),
    "declined": (pgettext_lazy("payment", "declined"), BAD),
    "unknown": (pgettext_lazy("payment", "unknown"), WAIT),
    "cancelled": (pgettext_lazy("payment", "cancelled"), NONE),
}
EFFECT: Words = {
    "none": (pgettext_lazy("effect", "none yet"), NONE),
    "done": (pgettext_lazy("effect", "served"), GOOD),
    "parked": (pgettext_lazy("effect", "parked"), BAD),
    "surplus": (pgettext_lazy("effect", "surplus, given back"), WAIT),
}
REFUND: Words = {
    "created": (pgettext_lazy("refund", "to be sent"), WAIT),
    "pending": (pgettext_lazy("refund", "pending at the bank"), WAIT),
    "succeeded": (pgettext_lazy("refund", "given back"), GOOD),
    "failed": (pgettext_lazy("refund", "failed"), BAD),
    "unknown": (pgettext_lazy("refund", "unknown"), WAIT),
}
DIGITAL: Words = {
    "on": (pgettext_lazy("digital edition", "on"), GOOD),
    "off": (pgettext_lazy("digital edition", "off"), NONE),
}
DIGITAL_RATE: Mapping[str, Any] = {
    "press": gettext_lazy("that of the printed issue (digitised version)"),
    "standard": gettext_lazy("the standard rate"),
}
DIGITAL_RATE_SHORT: Mapping[str, Any] = {
    "press": pgettext_lazy("rate", "press"),
    "standard": pgettext_lazy("rate", "standard"),
}
TOKEN: Words = {
    "good": (pgettext_lazy("token", "good"), GOOD),
    "revoked": (pgettext_lazy("token", "revoked"), NONE),
}
DISPUTE: Words = {
    "open": (pgettext_lazy("dispute", "open"), WAIT),
    "won": (pgettext_lazy("dispute", "ended without loss"), GOOD),
    "lost": (pgettext_lazy("dispute", "lost"), BAD),
}
CHEQUE: Words = {
    "received": (pgettext_lazy("cheque", "here"), WAIT),
    "deposited": (pgettext_lazy("cheque", "at the bank"), WAIT),
    "credited": (pgettext_lazy("cheque", "credited"), GOOD),
    "bounced": (pgettext_lazy("cheque", "came back unpaid"), BAD),
}
SLIP: Words = {
    "waiting": (pgettext_lazy("slip", "not credited yet"), WAIT),
    "credited": (pgettext_lazy("slip", "credited"), GOOD),
}
BOUNCED_BECAUSE: Mapping[str, Any] = {
    "no_funds": gettext_lazy("no funds"),
    "stopped": gettext_lazy("stopped by its drawer"),
    "closed": gettext_lazy("account closed"),
    "unusable": gettext_lazy("not signed, altered or out of date"),
    "other": gettext_lazy("another reason, or none given"),
}
FILE_REQUEST: Words = {
    "waiting": (pgettext_lazy("file", "waiting"), WAIT),
    "making": (pgettext_lazy("file", "being made"), WAIT),
    "made": (pgettext_lazy("file", "made"), GOOD),
    "refused": (pgettext_lazy("file", "refused"), BAD),
}
YEAR_FILE: Words = {
    "fec": (gettext_lazy("FEC"), NONE),
    "archive": (gettext_lazy("archive"), NONE),
}
TRANSFER: Words = {
    "asked": (pgettext_lazy("transfer", "IBAN asked for"), WAIT),
    "given": (pgettext_lazy("transfer", "to be approved"), WAIT),
    "approved": (pgettext_lazy("transfer", "approved"), WAIT),
    "sent": (pgettext_lazy("transfer", "sent"), GOOD),
    "done": (pgettext_lazy("transfer", "arrived"), GOOD),
    "failed": (pgettext_lazy("transfer", "came back"), BAD),
    "cancelled": (pgettext_lazy("transfer", "cancelled"), NONE),
}
TRANSFER_BECAUSE: Mapping[str, Any] = {
    "failed": gettext_lazy("the refund through Stripe failed"),
    "too_old": gettext_lazy("too old for Stripe"),
    "estate": gettext_lazy("to the estate"),
    "offline": gettext_lazy("not paid through Stripe"),
}
SUBSCRIPTION: Words = {
    "pending": (pgettext_lazy("subscription", "pending"), WAIT),
    "active": (pgettext_lazy("subscription", "active"), GOOD),
    "grace": (pgettext_lazy("subscription", "in its days of grace"), WAIT),
    "lapsed": (pgettext_lazy("subscription", "lapsed"), NONE),
    "ended": (pgettext_lazy("subscription", "ended"), NONE),
}
NEXT_TERM: Words = {
    "planned": (pgettext_lazy("renewal", "planned"), NONE),
    "announced": (pgettext_lazy("renewal", "announced"), GOOD),
    "due": (pgettext_lazy("renewal", "due"), WAIT),
    "charging": (pgettext_lazy("renewal", "being charged"), WAIT),
    "paid": (pgettext_lazy("renewal", "paid"), GOOD),
    "awaiting_reader": (pgettext_lazy("renewal", "waiting for the reader"), WAIT),
    "retrying": (pgettext_lazy("renewal", "to be tried again"), WAIT),
    "unresolved": (pgettext_lazy("renewal", "unknown"), WAIT),
    "manual": (pgettext_lazy("renewal", "left to the reader"), BAD),
    "lapsed": (pgettext_lazy("renewal", "lapsed"), NONE),
    "cancelled": (pgettext_lazy("renewal", "cancelled"), NONE),
}
COPY: Words = {
    "owed": (pgettext_lazy("copy", "owed"), WAIT),
    "assigned": (pgettext_lazy("copy", "in the mailing file"), WAIT),
    "served": (pgettext_lazy("copy", "served"), GOOD),
    "held": (pgettext_lazy("copy", "held"), WAIT),
    "credited": (pgettext_lazy("copy", "credited"), NONE),
    "void": (pgettext_lazy("copy", "taken back"), NONE),
}
MOVEMENT: Words = {
    "grant": (pgettext_lazy("copy", "granted"), NONE),
    "assign": (pgettext_lazy("copy", "put in the mailing file"), WAIT),
    "serve": (pgettext_lazy("copy", "served"), GOOD),
    "resend": (pgettext_lazy("copy", "sent again"), GOOD),
    "hold": (pgettext_lazy("copy", "held"), WAIT),
    "release": (pgettext_lazy("copy", "released"), NONE),
    "extend": (pgettext_lazy("copy", "moved to another issue"), NONE),
    "credit": (pgettext_lazy("copy", "credited"), NONE),
    "void": (pgettext_lazy("copy", "taken back"), NONE),
}
BULK_ROW: Words = {
    "waiting": (pgettext_lazy("row", "waiting"), WAIT),
    "done": (pgettext_lazy("row", "done as shown"), GOOD),
    "otherwise": (pgettext_lazy("row", "done otherwise"), WAIT),
    "refused": (pgettext_lazy("row", "not done any more"), WAIT),
    "failed": (pgettext_lazy("row", "failed"), BAD),
    "left_out": (pgettext_lazy("row", "left out"), NONE),
}
LETTER: Words = {
    "queued": (pgettext_lazy("letter", "queued"), WAIT),
    "sending": (pgettext_lazy("letter", "leaving"), WAIT),
    "printing": (pgettext_lazy("letter", "in a batch to post"), WAIT),
    "sent": (pgettext_lazy("letter", "sent"), GOOD),
    "delivered": (pgettext_lazy("letter", "delivered"), GOOD),
    "bounced": (pgettext_lazy("letter", "came back"), BAD),
    "doubtful": (pgettext_lazy("letter", "perhaps sent"), BAD),
    "failed": (pgettext_lazy("letter", "failed"), BAD),
    "withdrawn": (pgettext_lazy("letter", "withdrawn"), NONE),
}
PROOF: Words = {
    "accepted": (pgettext_lazy("proof", "accepted by the mail server"), GOOD),
    "refused": (pgettext_lazy("proof", "refused by the mail server"), BAD),
    "delivered": (pgettext_lazy("proof", "delivered"), GOOD),
    "bounced": (pgettext_lazy("proof", "came back"), BAD),
    "posted": (pgettext_lazy("proof", "posted"), GOOD),
    "unposted": (pgettext_lazy("proof", "posting taken back"), BAD),
}
#: What becomes of a letter on paper, and of a batch.
POST: Words = {
    "to_post": (pgettext_lazy("post", "to post"), WAIT),
    "posted": (pgettext_lazy("post", "posted on"), GOOD),
    "done": (pgettext_lazy("post", "nothing left"), GOOD),
    "taken_out": (pgettext_lazy("post", "taken out"), NONE),
    "unaddressed": (pgettext_lazy("post", "no address"), BAD),
    "too_late": (pgettext_lazy("post", "too late to count"), BAD),
    "untrue": (pgettext_lazy("post", "no longer true"), BAD),
}
#: What mail providers tell of a letter, and knocks of theirs that stored nothing.
RETURN: Words = {
    "delivered": (pgettext_lazy("return", "delivered"), GOOD),
    "hard": (pgettext_lazy("return", "came back for good"), BAD),
    "soft": (pgettext_lazy("return", "came back for now"), WAIT),
    "complaint": (pgettext_lazy("return", "called spam"), BAD),
    "other": (pgettext_lazy("return", "of no consequence"), NONE),
}
KNOCK: Words = {
    "forged": (pgettext_lazy("knock", "forged"), BAD),
    "repeated": (pgettext_lazy("knock", "told before"), NONE),
    "unreadable": (pgettext_lazy("knock", "not understood"), WAIT),
}
#: How a reader is reached.
REACHED: Words = {
    "email": (pgettext_lazy("reader", "by e-mail"), NONE),
    "post": (pgettext_lazy("reader", "by post: no e-mail address"), WAIT),
    "lost": (pgettext_lazy("reader", "by post: e-mail comes back"), BAD),
    "complained": (pgettext_lazy("reader", "by e-mail, no offers: called spam"), WAIT),
}
#: How a letter goes.
CHANNEL: Mapping[str, Any] = {"email": gettext_lazy("by e-mail"), "paper": gettext_lazy("on paper")}
EVENT: Words = {
    "stored": (pgettext_lazy("event", "waiting"), WAIT),
    "applied": (pgettext_lazy("event", "applied"), GOOD),
    "ignored": (pgettext_lazy("event", "ignored"), NONE),
    "parked": (pgettext_lazy("event", "parked"), BAD),
}
DECLARATION: Words = {
    "received": (pgettext_lazy("declaration", "received"), WAIT),
    "on_desk": (pgettext_lazy("declaration", "waits for a person"), WAIT),
    "applied": (pgettext_lazy("declaration", "carried out"), GOOD),
    "settled": (pgettext_lazy("declaration", "settled otherwise"), NONE),
}
PAUSE: Words = {
    "": (pgettext_lazy("pause", "asked for"), NONE),
    "held": (pgettext_lazy("pause", "put off"), WAIT),
    "over": (pgettext_lazy("pause", "has left without the copy"), NONE),
    "called_off": (pgettext_lazy("pause", "sent after all"), NONE),
}
CLAIM: Words = {
    "": (pgettext_lazy("claim", "made"), NONE),
    "received": (pgettext_lazy("claim", "received"), WAIT),
    "asked": (pgettext_lazy("claim", "address to be confirmed"), WAIT),
    "waiting": (pgettext_lazy("claim", "waits with many others"), WAIT),
    "approved": (pgettext_lazy("claim", "to be sent again"), WAIT),
    "resent": (pgettext_lazy("claim", "sent again"), GOOD),
    "extended": (pgettext_lazy("claim", "one issue more"), GOOD),
    "credited": (pgettext_lazy("claim", "given back"), GOOD),
    "refused": (pgettext_lazy("claim", "refused"), NONE),
    "on_desk": (pgettext_lazy("claim", "to be decided"), BAD),
}
CLAIM_REASON: Mapping[str, Any] = {
    "not_received": pgettext_lazy("claim", "not received"),
    "damaged": pgettext_lazy("claim", "damaged"),
    "wrong_copy": pgettext_lazy("claim", "another issue came"),
    "came_back": pgettext_lazy("claim", "it came back to us"),
}
CLAIM_BY: Mapping[str, Any] = {
    "reader": pgettext_lazy("claim", "the reader"),
    "staff": pgettext_lazy("claim", "a colleague, for the reader"),
    "agency": pgettext_lazy("claim", "an agency"),
    "post": pgettext_lazy("claim", "the post"),
}
CLAIM_DECISION: Mapping[str, Any] = {
    "approved": gettext_lazy("send it again"),
    "extended": gettext_lazy("give one issue more"),
    "credited": gettext_lazy("its price was given back"),
    "refused": gettext_lazy("close it without anything more"),
}
INCIDENT: Words = {
    "": (pgettext_lazy("incident", "found"), NONE),
    "open": (pgettext_lazy("incident", "to be decided"), BAD),
    "waiting": (pgettext_lazy("incident", "waits until a day"), WAIT),
    "resending": (pgettext_lazy("incident", "all sent again"), GOOD),
    "extending": (pgettext_lazy("incident", "one issue more for all"), GOOD),
}
INCIDENT_DECISION: Mapping[str, Any] = {
    "resending": gettext_lazy("send all of them again"),
    "waiting": gettext_lazy("wait until a day"),
    "extending": gettext_lazy("give all of them one issue more"),
}
ADDRESS_DOUBT: Words = {
    "": (pgettext_lazy("address", "in doubt"), NONE),
    "asked": (pgettext_lazy("address", "asked, sent meanwhile"), WAIT),
    "held": (pgettext_lazy("address", "asked, copies held"), WAIT),
    "suspended": (pgettext_lazy("address", "two came back, copies held"), BAD),
    "answered": (pgettext_lazy("address", "known"), GOOD),
    "ended": (pgettext_lazy("address", "over"), NONE),
}
RETURN_REASON: Mapping[int, Any] = {
    1: gettext_lazy("1, no access or faulty address"),
    2: gettext_lazy("2, unknown at this address"),
    3: gettext_lazy("3, refused"),
    4: gettext_lazy("4, announced and not fetched"),
}
RETURN_SOURCE: Mapping[str, Any] = {
    "paper": pgettext_lazy("return", "the copy itself"),
    "file": pgettext_lazy("return", "a file"),
}
RETURN_EFFECT: Mapping[str, Any] = {
    "free_copy": gettext_lazy("complimentary copy: to a person"),
    "over": gettext_lazy("nothing: the subscription has ended"),
    "moved": gettext_lazy("sent again to the new address"),
    "in_a_row": gettext_lazy("second in a row: suspended"),
    "unknown": gettext_lazy("copies held, address asked for"),
    "refused": gettext_lazy("asked whether it is still wanted"),
    "unreachable": gettext_lazy("address asked for"),
    "unclaimed": gettext_lazy("address asked for"),
}
STOCK: Mapping[str, Any] = {
    "received": pgettext_lazy("stock", "received"),
    "sent": pgettext_lazy("stock", "sent again"),
    "counted": pgettext_lazy("stock", "counted"),
    "spoiled": pgettext_lazy("stock", "spoiled"),
}
STOCK_ENTRY: Mapping[str, Any] = {
    "received": gettext_lazy("so many came in"),
    "counted": gettext_lazy("so many were counted: that is what there is"),
    "spoiled": gettext_lazy("so many are spoiled"),
}
LINE_VERDICT: Mapping[str, Any] = {
    "good": gettext_lazy("can be let in"),
    "known": gettext_lazy("known already"),
    "doubled": gettext_lazy("stands twice in the file"),
    "unknown_key": gettext_lazy("no line of ours has this key"),
    "formula": gettext_lazy("begins like a formula of a spreadsheet"),
    "columns": gettext_lazy("has another number of columns"),
    "reason": gettext_lazy("its reason is none of the four"),
    "day": gettext_lazy("its date cannot be read"),
    "not_posted": gettext_lazy("its run was not posted yet"),
    "early": gettext_lazy("came back before it was posted"),
    "future": gettext_lazy("its day has not come yet"),
}
FILE_TROUBLE: Mapping[str, Any] = {
    "empty": gettext_lazy("This file is empty."),
    "too_large": gettext_lazy("This file is too large: 8 MB at most."),
    "encoding": gettext_lazy("This file is no text in a known encoding: save it as CSV in UTF-8."),
    "separator": gettext_lazy("The columns of this file are not separated as agreed."),
    "missing_columns": gettext_lazy("A column is missing: cle_unique, motif and date are wanted."),
}
PRICE_CHANGE: Words = {
    "prepared": (pgettext_lazy("price", "to be signed"), WAIT),
    "signed": (pgettext_lazy("price", "signed"), GOOD),
    "cancelled": (pgettext_lazy("price", "cancelled"), NONE),
}
COHORT: Words = {
    "reached": (pgettext_lazy("price", "at the new price"), WAIT),
    "told": (pgettext_lazy("price", "announced already, untouched"), GOOD),
    "later": (pgettext_lazy("price", "once more at the old price"), NONE),
}
#: A past issue in an order, and the steps it took.
SOLD_ISSUE: Words = {
    "reserved": (pgettext_lazy("sold issue", "reserved"), WAIT),
    "owed": (pgettext_lazy("sold issue", "to be sent"), WAIT),
    "assigned": (pgettext_lazy("sold issue", "in a file"), WAIT),
    "served": (pgettext_lazy("sold issue", "sent"), GOOD),
    "held": (pgettext_lazy("sold issue", "held"), WAIT),
    "void": (pgettext_lazy("sold issue", "taken back"), NONE),
}
SOLD_STEP: Mapping[str, Any] = {
    "grant": pgettext_lazy("sold issue", "paid"),
    "assign": pgettext_lazy("sold issue", "put in a file"),
    "serve": pgettext_lazy("sold issue", "sent"),
    "hold": pgettext_lazy("sold issue", "held"),
    "release": pgettext_lazy("sold issue", "released"),
    "void": pgettext_lazy("sold issue", "taken back"),
}
DECLARATION_KIND: Mapping[str, Any] = {
    "withdrawal": gettext_lazy("withdrawal"),
    "termination": gettext_lazy("termination"),
}
DECLARATION_EFFECT: Words = {
    "": (pgettext_lazy("effect", "none yet"), NONE),
    "withdrawn": (gettext_lazy("everything given back"), NONE),
    "withdrawn_waits": (gettext_lazy("everything given back, once the file or the dispute is over"), NONE),
    "withdrawn_unpaid": (gettext_lazy("order cancelled, not paid"), NONE),
    "withdrawn_debit": (gettext_lazy("debit given back when it settles"), NONE),
    "withdrawal_late": (gettext_lazy("too late: to be decided"), NONE),
    "withdrawal_not_here": (gettext_lazy("bought elsewhere: to be decided"), NONE),
    "ends_at_term": (gettext_lazy("no further year"), NONE),
    "ends_by_itself": (gettext_lazy("ends by itself"), NONE),
    "notice_missed": (gettext_lazy("notice missed: what was not served given back"), NONE),
    "notice_missed_waits": (gettext_lazy("notice missed: given back once the dispute is over"), NONE),
    "notice_proved": (gettext_lazy("notice contested, but proved"), NONE),
    "ground": (gettext_lazy("ground to be looked at"), NONE),
    "order_cancelled": (gettext_lazy("order cancelled"), NONE),
    "order_debit": (gettext_lazy("debit on its way: to be decided"), NONE),
    "already_over": (gettext_lazy("over already"), NONE),
    "single_unsent": (gettext_lazy("past issues not sent yet given back"), NONE),
    "single_waits": (gettext_lazy("past issues not sent yet given back, once the dispute is over"), NONE),
    "single_sent": (gettext_lazy("past issues already sent: to be decided"), NONE),
    "goodwill": (gettext_lazy("everything given back, by goodwill"), NONE),
    "ended_now": (gettext_lazy("ended, what was not served given back"), NONE),
    "unrecognised": (gettext_lazy("contract not recognised"), NONE),
    "other_email": (gettext_lazy("another e-mail than the contract’s"), NONE),
}
#: Whether the year that a quote is for was ordered.
QUOTE: Words = {
    "waiting": (pgettext_lazy("quote", "not ordered yet"), WAIT),
    "ordered": (pgettext_lazy("quote", "ordered"), GOOD),
    "expired": (pgettext_lazy("quote", "over, not ordered"), BAD),
}
#: How an invoice stands that is paid by transfer.
OPEN_ITEM: Words = {
    "open": (pgettext_lazy("invoice", "not due yet"), WAIT),
    "overdue": (pgettext_lazy("invoice", "overdue"), BAD),
    "settled": (pgettext_lazy("invoice", "nothing left to pay"), GOOD),
}
#: Where an invoice of a public body stands in Chorus Pro.
CHORUS: Words = {
    "to_deposit": (pgettext_lazy("Chorus", "to be deposited"), WAIT),
    "deposited": (pgettext_lazy("Chorus", "deposited"), WAIT),
    "available": (pgettext_lazy("Chorus", "made available"), WAIT),
    "suspended": (pgettext_lazy("Chorus", "suspended"), BAD),
    "recycled": (pgettext_lazy("Chorus", "to be sent elsewhere"), BAD),
    "rejected": (pgettext_lazy("Chorus", "rejected"), BAD),
    "mandated": (pgettext_lazy("Chorus", "mandated"), GOOD),
    "paid": (pgettext_lazy("Chorus", "paid"), GOOD),
    "not_needed": (pgettext_lazy("Chorus", "not through Chorus Pro"), NONE),
}
#: What the Union's register said of a VAT number.
VAT_CHECK: Words = {
    "valid": (pgettext_lazy("VAT number", "valid"), GOOD),
    "invalid": (pgettext_lazy("VAT number", "not valid"), BAD),
    "unknown": (pgettext_lazy("VAT number", "no answer"), WAIT),
}
#: Categories of the reports of sales.
EREPORT: Mapping[str, Any] = {
    "TLB1": gettext_lazy("goods, taxed"),
    "TNT1": gettext_lazy("not taxed in France"),
}
#: How a contact came about.
CONTACT_CHANNEL: Mapping[str, Any] = {
    "phone": gettext_lazy("telephone"),
    "letter": pgettext_lazy("contact", "letter"),
    "email": pgettext_lazy("contact", "e-mail"),
    "visit": pgettext_lazy("contact", "visit"),
}
INVOICE: Words = {
    "invoice": (gettext_lazy("invoice"), NONE),
    "credit_note": (gettext_lazy("credit note"), NONE),
}
ISSUE: Words = {
    "planned": (pgettext_lazy("issue", "planned"), NONE),
    "closed": (pgettext_lazy("issue", "file closed"), WAIT),
    "handed_over": (pgettext_lazy("issue", "handed over"), WAIT),
    "posted": (pgettext_lazy("issue", "posted"), GOOD),
}
MIRROR_RUN: Words = {
    "nightly": (gettext_lazy("of the night"), NONE),
    "monthly": (gettext_lazy("of the month"), NONE),
}
MIRROR: Words = {
    "mended": (gettext_lazy("learnt here, settled"), GOOD),
    "unknown": (gettext_lazy("unknown to the books"), BAD),
    "unsettled": (gettext_lazy("taken, not settled"), BAD),
    "second": (gettext_lazy("taken a second time"), BAD),
    "missing": (gettext_lazy("not at Stripe"), BAD),
    "amount": (gettext_lazy("another amount"), BAD),
    "currency": (gettext_lazy("another currency"), BAD),
    "refunded": (gettext_lazy("another sum given back"), BAD),
}
METHOD: Mapping[str, Any] = {
    "card": gettext_lazy("card"),
    "sepa_debit": gettext_lazy("SEPA direct debit"),
    "link": "Link",
    "cheque": gettext_lazy("cheque"),
    "transfer": gettext_lazy("transfer to our account"),
    "": "—",
}
GIFT: Words = {
    "ordered": (pgettext_lazy("gift", "ordered, not paid"), NONE),
    "given": (pgettext_lazy("gift", "given, the recipient was not told"), WAIT),
    "announced": (pgettext_lazy("gift", "the recipient was told"), GOOD),
    "claimed": (pgettext_lazy("gift", "in the recipient's account"), GOOD),
    "void": (pgettext_lazy("gift", "taken back"), NONE),
}
RENEWAL: Mapping[str, Any] = {
    "fixed": gettext_lazy("fixed term"),
    "automatic": gettext_lazy("renewed automatically"),
}
CONSENT: Mapping[str, Any] = {
    "terms": gettext_lazy("terms of sale"),
    "mandate": gettext_lazy("mandate for the next charges"),
    "similar_offers": gettext_lazy("similar offers by e-mail"),
    "newsletter": gettext_lazy("newsletter"),
    "reminders": gettext_lazy("reminders to renew"),
}
LETTER_KINDS: Mapping[str, Any] = {
    "order_confirmation": gettext_lazy("Confirmation of the order"),
    "order_awaits_payment": gettext_lazy("Order that waits for its money"),
    "cheque_bounced": gettext_lazy("Cheque came back unpaid"),
    "cheque_paid_again": gettext_lazy("Paid after a cheque bounced"),
    "cheque_given_up": gettext_lazy("End after a cheque that was not paid"),
    "payment_refused": gettext_lazy("Payment refused"),
    "sepa_pending": gettext_lazy("Direct debit on its way"),
    "sepa_failed": gettext_lazy("Direct debit refused"),
    "order_expired_with_late_money": gettext_lazy("Payment come too late, given back"),
    "single_confirmation": gettext_lazy("Order of past issues confirmed"),
    "single_sent": gettext_lazy("Past issue sent"),
    "refund_sent": gettext_lazy("Refund"),
    "name_corrected": gettext_lazy("Name corrected"),
    "recipient_changed": gettext_lazy("Another recipient"),
    "payer_changed": gettext_lazy("Another payer"),
    "taken_over": gettext_lazy("Reader taken over from another house"),
    "invoice_reissued": gettext_lazy("Invoice made out anew"),
    "transfer_account_wanted": gettext_lazy("IBAN asked for"),
    "transfer_sent": gettext_lazy("Refund by transfer"),
    "dispute_lost": gettext_lazy("End after a dispute that was lost"),
    "sign_in_code": gettext_lazy("Sign-in code"),
    "email_change_confirm_old": gettext_lazy("Change of e-mail, to the old address"),
    "email_change_confirm_new": gettext_lazy("Change of e-mail, to the new address"),
    "email_changed": gettext_lazy("E-mail changed"),
    "address_changed": gettext_lazy("Change of address"),
    "method_changed": gettext_lazy("Change of means of payment"),
    "renewal_notice": gettext_lazy("Legal notice of the renewal"),
    "renewal_pre_debit": gettext_lazy("Debit announced"),
    "renewal_card_wanted": gettext_lazy("Another card asked for"),
    "renewal_manual": gettext_lazy("Renewal left to the reader's choice"),
    "account_erased": gettext_lazy("Erasure of the data"),
    "renewal_paid": gettext_lazy("Receipt of a renewal"),
    "renewal_declined": gettext_lazy("Renewal refused, to be tried again"),
    "renewal_card_needed": gettext_lazy("Renewal waiting for its payment"),
    "renewal_confirm": gettext_lazy("Renewal to be confirmed with the bank"),
    "renewal_debit_pending": gettext_lazy("Direct debit of a renewal on its way"),
    "renewal_lapsed": gettext_lazy("End for want of payment"),
    "renewal_given_back": gettext_lazy("Renewal paid too late, given back"),
    "withdrawal_acknowledged": gettext_lazy("Acknowledgement of a withdrawal"),
    "termination_acknowledged": gettext_lazy("Acknowledgement of a termination"),
    "declaration_applied": gettext_lazy("What became of a declaration"),
    "declaration_told": gettext_lazy("Declaration under another address"),
    "renewal_turned_off": gettext_lazy("Automatic renewal turned off"),
    "renewal_turned_on": gettext_lazy("Automatic renewal turned on again"),
    "price_change": gettext_lazy("New price of the next year"),
    "price_change_cancelled": gettext_lazy("New price called off"),
    "renewal_quote": gettext_lazy("Renewal quote"),
    "issue_late": gettext_lazy("An issue posted later than announced"),
    "temporary_address": gettext_lazy("Temporary address"),
    "temporary_address_ended": gettext_lazy("End of a temporary address"),
    "digital_agreed": gettext_lazy("Consent to the digital edition"),
    "institution_invoice": gettext_lazy("Invoice to an institution"),
    "invoice_credited": gettext_lazy("Credit note of an invoice to be paid"),
    "invoice_overdue": gettext_lazy("Reminder of an overdue invoice"),
    "pause_confirmed": gettext_lazy("Issues put off"),
    "pause_ended": gettext_lazy("End of a pause"),
    "claim_link": gettext_lazy("Link to claim a copy"),
    "claim_resent": gettext_lazy("A copy is sent again"),
    "claim_extended": gettext_lazy("One issue more for a lost one"),
    "claim_address": gettext_lazy("Address to confirm before a copy is sent again"),
    "claim_waiting": gettext_lazy("Many copies are late near a reader"),
    "claim_on_desk": gettext_lazy("A person looks at a claim"),
    "claim_refused": gettext_lazy("Answer to a claim"),
    "address_wanted": gettext_lazy("Address wanted: copies are held"),
    "address_checked": gettext_lazy("Address to check: a copy came back"),
    "copy_refused": gettext_lazy("A copy was refused at its address"),
    "link_card": gettext_lazy("Link to change the means of payment"),
    "link_renewal_on": gettext_lazy("Link to turn automatic renewal on"),
    "link_renew": gettext_lazy("Link to go on for a year"),
    "reminder_two_left": gettext_lazy("Reminder: two issues to come"),
    "reminder_one_left": gettext_lazy("Reminder: one issue to come"),
    "reminder_last_posted": gettext_lazy("Reminder: last issue posted"),
    "reminder_lapsed": gettext_lazy("Reminder: subscription over"),
    "reminder_next_posted": gettext_lazy("Reminder: first issue missed"),
    "reminder_farewell": gettext_lazy("Last reminder"),
    "gift_announced": gettext_lazy("Gift told to its recipient"),
    "gift_claimed": gettext_lazy("Gift in its recipient's account"),
    "gift_taken_back": gettext_lazy("Gift ended before its time"),
    "gift_ending_giver": gettext_lazy("Reminder to the giver: the gift ends"),
    "gift_ending_recipient": gettext_lazy("Reminder to the recipient: the gift has ended"),
}


def said(words: Words, state: str) -> dict[str, str]:
    """A state as the chip wants it: `word` and `tone`. One that the table does not know is shown as it is."""
    word, tone = words.get(state, (state, NONE))
    return {"word": str(word), "tone": tone}


_NAMED_KIND = re.compile(r"[«“]\s?(?P<kind>[a-z_]+)\s?[»”]")
_ANSWER = re.compile(r"\b\d{3} [^.:]+")


def issue_of(issue: Any, state: str) -> str:
    """The issue of a copy; of one that has none, whether it is still to be planned or was sent by another house."""
    if issue is not None:
        return issue_number(issue.printed)
    return _("before our register") if state == "served" else _("not planned yet")


def letter_kind(kind: str) -> str:
    """The kind of a letter in words."""
    return str(LETTER_KINDS.get(kind, kind.replace("_", " ")))


def matter(sentence: str) -> str:
    """What is on a desk, with the kinds of letters and the answers of mail servers that it names in words."""
    named = _NAMED_KIND.sub(
        lambda found: (
            found[0].replace(found["kind"], letter_kind(found["kind"])) if found["kind"] in LETTER_KINDS else found[0]
        ),
        sentence,
    )
    return _ANSWER.sub(lambda found: reason(found[0]), named)


def names_of_staff(actors: Iterable[str]) -> dict[str, str]:
    """The names of those members of staff among `actors` (« staff:12 »). One query."""
    keys = {actor.partition(":")[2] for actor in actors if actor.startswith("staff:")}
    wanted = [int(key) for key in keys if key.isdecimal()]
    if not wanted:
        return {}
    people = get_user_model()._default_manager.filter(pk__in=wanted)
    return {f"staff:{person.pk}": person.full_name or person.email or f"n° {person.pk}" for person in people}  # type: ignore[attr-defined]


def means(method: SavedMethod | None) -> str:
    """« carte •••• 4242 »; an empty string when none is kept."""
    return f"{METHOD.get(method.kind, method.kind)} •••• {method.last4}" if method else ""


JOBS: Mapping[str, Any] = {
    "return-page": gettext_lazy("return from the payment page"),
    "letters": gettext_lazy("letters"),
    "stripe-events": gettext_lazy("Stripe events"),
    "unknown-payments": gettext_lazy("unknown payments"),
    "order-expiry": gettext_lazy("end of orders"),
    "refunds": gettext_lazy("refunds"),
    "parked-effects": gettext_lazy("parked effects"),
    "event-catch-up": gettext_lazy("events caught up"),
    "balance-movements": gettext_lazy("movements of the balance"),
    "stripe-mirror": gettext_lazy("mirror of Stripe"),
    "payouts": gettext_lazy("reconciliation with Stripe"),
    "month-figures": gettext_lazy("figures of the month"),
    "invoice-documents": gettext_lazy("documents of invoices"),
    "renewal-plan": gettext_lazy("planning of renewals"),
    "renewal-audit": gettext_lazy("weekly check of all plans"),
    "renewal-notices": gettext_lazy("letters about renewals"),
    "renewal-proofs": gettext_lazy("proofs of notices"),
    "declarations": gettext_lazy("what follows from declarations"),
    "refund-deadlines": gettext_lazy("last days of refunds"),
    "price-changes": gettext_lazy("letters about prices"),
    "overdue-invoices": gettext_lazy("invoices overdue"),
    "renewal-quotes": gettext_lazy("renewal quotes"),
    "pauses": gettext_lazy("end of pauses"),
    "lost-copies": gettext_lazy("lost copies"),
    "fixed-terms": gettext_lazy("end of fixed terms"),
    "rehearsals": gettext_lazy("comparison of rehearsals"),
    "accountant-files": gettext_lazy("files for the accountant"),
    "bulk-acts": gettext_lazy("acts on many"),
    "reminders": gettext_lazy("reminders to renew"),
    "gifts": gettext_lazy("gifts"),
    "imports": gettext_lazy("imports of subscribers"),
    "escrow": gettext_lazy("escrow"),
    "transmissions": gettext_lazy("transmissions to the mailing house"),
    "forgetting": gettext_lazy("forgetting"),
}


def who(actor: str, names: Mapping[str, str]) -> str:
    """An actor as people say it; `names` comes from `names_of_staff`."""
    kind, _colon, name = actor.partition(":")
    if kind == "staff":
        return names.get(actor, _("staff no. %(key)s") % {"key": name})
    if kind == "reader":
        return _("the reader")
    if kind == "stripe":
        return "Stripe"
    if kind == "job":
        return _("by itself (%(job)s)") % {"job": JOBS.get(name, name)}
    if kind == "import":
        return _("import %(name)s") % {"name": name}
    return actor


VERBS: Mapping[str, Any] = {
    "refunded in full": gettext_lazy("refunded an order in full"),
    "took an order by post or telephone": gettext_lazy("took an order by post or telephone"),
    "gave up an order that was not paid": gettext_lazy("gave up an order that was not paid"),
    "noted the transfer of an order": gettext_lazy("noted the transfer of an order"),
    "took a cheque": gettext_lazy("took a cheque"),
    "deposited cheques": gettext_lazy("deposited cheques"),
    "noted a cheque that bounced": gettext_lazy("noted a cheque that bounced"),
    "noted what a bounced cheque was paid by": gettext_lazy("noted what was paid instead of a cheque"),
    "gave up a cheque that bounced": gettext_lazy("gave up a cheque that bounced"),
    "sent a sold issue again": gettext_lazy("sent a past issue again"),
    "forgot the recipient of a gift": gettext_lazy("forgot whoever received a gift"),
    "asked for a transfer again": gettext_lazy("asked for a cancelled transfer again"),
    "began a transfer": gettext_lazy("had a failed refund go by transfer"),
    "wrote down an account": gettext_lazy("wrote down the account of a transfer"),
    "approved a transfer": gettext_lazy("approved a transfer"),
    "made a file of transfers": gettext_lazy("made a file of transfers for the bank"),
    "discarded a file of transfers": gettext_lazy("discarded a file of transfers"),
    "marked transfers sent": gettext_lazy("marked transfers sent"),
    "corrected a name": gettext_lazy("corrected a name"),
    "gave a subscription another recipient": gettext_lazy("gave a subscription another recipient"),
    "gave a subscription another payer": gettext_lazy("gave a subscription another payer"),
    "made an invoice out anew": gettext_lazy("made an invoice out anew to a firm"),
    "merged two records": gettext_lazy("merged two records of one reader"),
    "refunded in part": gettext_lazy("refunded part of a term"),
    "settle_doubt": gettext_lazy("decided on a doubtful letter"),
    "send_letter_again": gettext_lazy("sent a letter again"),
    "resent an invoice": gettext_lazy("sent an invoice again"),
    "method changed": gettext_lazy("changed the means of payment"),
    "email changed": gettext_lazy("changed the e-mail address"),
    "changed an address": gettext_lazy("changed an address"),
    "gave a temporary address": gettext_lazy("gave a temporary address"),
    "ended a temporary address": gettext_lazy("ended a temporary address"),
    "planned issues": gettext_lazy("planned issues"),
    "moved an issue": gettext_lazy("moved the days of an issue"),
    "made an issue double": gettext_lazy("made an issue double"),
    "replaced an e-mail": gettext_lazy("replaced an e-mail address"),
    "asked Stripe": gettext_lazy("asked Stripe about a payment"),
    "took a desk item": gettext_lazy("took a matter in hand"),
    "closed a desk item": gettext_lazy("closed a matter"),
    "set up a second factor": gettext_lazy("set up a second factor"),
    "reset a second factor": gettext_lazy("took away a second factor"),
    "hired a colleague": gettext_lazy("added a colleague"),
    "dismissed a colleague": gettext_lazy("took a colleague off the team"),
    "made a password link": gettext_lazy("made a link to choose a password"),
    "chose a password": gettext_lazy("chose a password"),
    "data erased": gettext_lazy("erased the reader's data"),
    "demo loaded": gettext_lazy("loaded the demonstration"),
    "changed roles": gettext_lazy("changed somebody's roles"),
    "posted a legal notice": gettext_lazy("posted a legal notice on paper"),
    "asked for a file to be closed": gettext_lazy("asked for a file to be closed"),
    "closed a file": gettext_lazy("closed a file"),
    "closed a period": gettext_lazy("closed a month or a year"),
    "asked to re-open a period": gettext_lazy("asked for a closed month or year to be re-opened"),
    "re-opened a period": gettext_lazy("re-opened a closed month or year"),
    "made a FEC": gettext_lazy("made a FEC"),
    "made an archive": gettext_lazy("made the archive of a year"),
    "took an export": gettext_lazy("took an export"),
    "asked for a file": gettext_lazy("asked for a file of a large year"),
    "changed an accountant’s profile": gettext_lazy("changed an accountant’s profile"),
    "handed a file over": gettext_lazy("handed a file over"),
    "asked for a file to be transmitted": gettext_lazy("had a file sent to the mailing house"),
    "changed how files are transmitted": gettext_lazy("changed the way of the files to the mailing house"),
    "rehearsed a restore": gettext_lazy("wrote down that the escrow was restored"),
    "restored an escrow": gettext_lazy("restored the escrow into an empty database"),
    "entered the count of a mailing house": gettext_lazy("entered the count of the mailing house"),
    "posted a run": gettext_lazy("entered that a file is posted"),
    "attached a statement of deposit": gettext_lazy("attached a statement of deposit"),
    "gave free copies": gettext_lazy("had copies sent that nobody pays for"),
    "ended free copies": gettext_lazy("ended free copies"),
    "changed the mailing house": gettext_lazy("changed the mailing house or its file"),
    "made a batch": gettext_lazy("made a batch of letters"),
    "posted a batch": gettext_lazy("posted a batch of letters"),
    "took a posting back": gettext_lazy("took a posting back"),
    "gave up an e-mail": gettext_lazy("gave the e-mail address up: letters go by post"),
    "took a letter out": gettext_lazy("took a letter out of its batch"),
    "changed a record": gettext_lazy("changed a register"),
    "applied a declaration": gettext_lazy("carried out a declaration"),
    "settled a declaration": gettext_lazy("settled a declaration otherwise"),
    "prepared a price change": gettext_lazy("prepared a change of price"),
    "signed a price change": gettext_lazy("signed a change of price"),
    "cancelled a price change": gettext_lazy("cancelled a change of price"),
    "took an institution's order": gettext_lazy("took an institution's order"),
    "cancelled an institution's order": gettext_lazy("cancelled an institution's order"),
    "noted a transfer received": gettext_lazy("noted a transfer received"),
    "let a bank statement in": gettext_lazy("let a bank statement in"),
    "explained a bank line": gettext_lazy("said what a bank line was"),
    "undid what a bank line was": gettext_lazy("undid what a bank line was"),
    "added a bank rule": gettext_lazy("added a rule of bank lines"),
    "ended a bank rule": gettext_lazy("ended a rule of bank lines"),
    "changed a CSV profile": gettext_lazy("changed a CSV profile"),
    "asked about a VAT number": gettext_lazy("asked the register about a VAT number"),
    "noted a number of Chorus Pro": gettext_lazy("noted a number of Chorus Pro"),
    "noted a step in Chorus Pro": gettext_lazy("noted a step in Chorus Pro"),
    "reminded of an invoice": gettext_lazy("reminded of an invoice"),
    "wrote an invoice off": gettext_lazy("wrote an invoice off"),
    "added an agency": gettext_lazy("added an agency"),
    "granted a discount": gettext_lazy("granted an agency a discount"),
    "made a quote": gettext_lazy("made a renewal quote"),
    "paused issues": gettext_lazy("put issues off"),
    "claimed a copy": gettext_lazy("claimed a copy that was lost"),
    "decided a claim": gettext_lazy("decided a claim"),
    "decided an incident": gettext_lazy("decided for many claims at once"),
    "an address was confirmed": gettext_lazy("confirmed an address"),
    "moved the stock": gettext_lazy("entered a movement of back issues"),
    "changed the rule of circulation": gettext_lazy("changed the limits of circulation"),
    "changed the assumptions of print runs": gettext_lazy("changed the assumptions of print runs"),
    "kept a print-run advice": gettext_lazy("kept the advice of a print run"),
    "noted a print run": gettext_lazy("noted what was printed"),
    "let a file of returns in": gettext_lazy("let a file of returns in"),
    "ended a pause": gettext_lazy("had issues sent that were put off"),
    "ended a subscription": gettext_lazy("ended a subscription"),
    "signed a rehearsal": gettext_lazy("signed a rehearsal"),
    "acted on many": gettext_lazy("acted on many at once"),
    "made a renewal by choice": gettext_lazy("left a renewal to its reader's choice"),
    "sent a link": gettext_lazy("sent a link to the reader"),
    "turned renewal off": gettext_lazy("turned automatic renewal off for the reader"),
    "put a charge off": gettext_lazy("put a charge off to a later day"),
    "asked for another card": gettext_lazy("asked for another means of payment"),
    "sent a legal notice again": gettext_lazy("sent a legal notice again"),
    "changed the rule of unsigned runs": gettext_lazy("changed the rule of unsigned charges"),
    "set the digital edition": gettext_lazy("set the digital edition"),
    "put the file of an issue": gettext_lazy("put the file of an issue"),
    "made an access token": gettext_lazy("made an access token"),
    "revoked an access token": gettext_lazy("revoked an access token"),
    "gave a duplicate back": gettext_lazy("gave a duplicate back"),
    "handed in an import": gettext_lazy("handed in a file of subscribers"),
    "approved an import": gettext_lazy("approved a file of subscribers"),
    "had an import read again": gettext_lazy("had a file of subscribers read again"),
    "put an import aside": gettext_lazy("put a file of subscribers aside"),
    "gave a lost past issue back": gettext_lazy("gave one past issue back that was lost"),
    "took a dispute": gettext_lazy("took a dispute in hand"),
    "froze evidence": gettext_lazy("froze the evidence of a dispute"),
    "contested a dispute": gettext_lazy("contested a dispute at the bank"),
    "accepted a dispute": gettext_lazy("accepted a dispute"),
    "took a discrepancy": gettext_lazy("took a discrepancy in hand"),
    "explained a discrepancy": gettext_lazy("explained a discrepancy"),
    "booked a discrepancy": gettext_lazy("booked a discrepancy"),
    "matched a payout": gettext_lazy("matched a payout with the bank"),
    "matched the return of a payout": gettext_lazy("matched a payout that the bank took out again"),
    "took a second charge over": gettext_lazy("gave a second charge back"),
}


def verb(name: str) -> str:
    """What an act did, in words."""
    return str(VERBS.get(name, name))


SUBJECTS: Mapping[str, Any] = {
    "customer": gettext_lazy("reader no. %(key)s"),
    "recipient": gettext_lazy("recipient no. %(key)s"),
    "subscription": gettext_lazy("subscription no. %(key)s"),
    "order": gettext_lazy("order no. %(key)s"),
    "renewal": gettext_lazy("renewal no. %(key)s"),
    "price_change": gettext_lazy("change of price no. %(key)s"),
    "term": gettext_lazy("term %(key)s"),
    "entitlement": gettext_lazy("copy no. %(key)s"),
    "payment": gettext_lazy("payment no. %(key)s"),
    "surplus": gettext_lazy("surplus of payment no. %(key)s"),
    "refund": gettext_lazy("refund no. %(key)s"),
    "refund_failed": gettext_lazy("refund no. %(key)s, failed"),
    "transfer": gettext_lazy("transfer no. %(key)s"),
    "transfer_failed": gettext_lazy("transfer no. %(key)s, come back"),
    "transfer_file": gettext_lazy("file of transfers no. %(key)s"),
    "closing": gettext_lazy("closing no. %(key)s"),
    "month": gettext_lazy("frozen figures of %(key)s"),
    "disputed": gettext_lazy("disputes of payment no. %(key)s"),
    "kept_file": gettext_lazy("accountant’s file no. %(key)s"),
    "export": gettext_lazy("export %(key)s"),
    "file_request": gettext_lazy("file of a year, request no. %(key)s"),
    "accountant_profile": gettext_lazy("accountant’s profile no. %(key)s"),
    "dispute": gettext_lazy("dispute no. %(key)s"),
    "dispute_returned": gettext_lazy("dispute no. %(key)s, given back"),
    "dispute_lost": gettext_lazy("dispute no. %(key)s, lost"),
    "invoice": gettext_lazy("invoice %(key)s"),
    "write_off": gettext_lazy("loss no. %(key)s"),
    "cheque": gettext_lazy("cheque no. %(key)s"),
    "cheque_bounced": gettext_lazy("cheque no. %(key)s, bounced"),
    "paid_again": gettext_lazy("bounced cheque paid again, no. %(key)s"),
    "deposit": gettext_lazy("deposit slip no. %(key)s"),
    "receipt": gettext_lazy("transfer received no. %(key)s"),
    "statement": gettext_lazy("bank statement no. %(key)s"),
    "bank_line": gettext_lazy("bank line no. %(key)s"),
    "bank": gettext_lazy("bank line no. %(key)s"),
    "bank_undone": gettext_lazy("bank line no. %(key)s, undone"),
    "bank_rule": gettext_lazy("rule no. %(key)s of bank lines"),
    "csv_profile": gettext_lazy("CSV profile no. %(key)s"),
    "vat_check": gettext_lazy("question no. %(key)s about a VAT number"),
    "chorus": gettext_lazy("deposit in Chorus Pro no. %(key)s"),
    "e-report": gettext_lazy("report of %(key)s"),
    "eu-threshold": gettext_lazy("sales to the Union, %(key)s"),
    "reissue": gettext_lazy("invoice no. %(key)s, made out anew"),
    "entry": gettext_lazy("entry %(key)s"),
    "fee": gettext_lazy("fee on line no. %(key)s"),
    "movement": gettext_lazy("line %(key)s"),
    "movement_back": gettext_lazy("line %(key)s, taken back"),
    "movement_again": gettext_lazy("line %(key)s, booked again"),
    "payout": gettext_lazy("payout no. %(key)s"),
    "payout_arrived": gettext_lazy("payout no. %(key)s, at the bank"),
    "payout_returned": gettext_lazy("payout no. %(key)s, taken back by the bank"),
    "reconciliation": gettext_lazy("reconciliation with Stripe"),
    "discrepancy": gettext_lazy("discrepancy no. %(key)s"),
    "discrepancy_back": gettext_lazy("discrepancy no. %(key)s, taken back"),
    "charge": gettext_lazy("charge %(key)s"),
    "mirror": gettext_lazy("mirror %(key)s"),
    "series": gettext_lazy("series %(key)s"),
    "account": gettext_lazy("account %(key)s"),
    "notice": gettext_lazy("letter no. %(key)s"),
    "batch": gettext_lazy("batch no. %(key)s"),
    "declaration": gettext_lazy("declaration no. %(key)s"),
    "event": gettext_lazy("event %(key)s"),
    "desk": gettext_lazy("matter no. %(key)s"),
    "job": gettext_lazy("job %(key)s"),
    "issue": gettext_lazy("issue no. %(key)s"),
    "offer": gettext_lazy("offer no. %(key)s"),
    "magazine": gettext_lazy("magazine no. %(key)s"),
    "circulation": gettext_lazy("circulation"),
    "gift": gettext_lazy("gift no. %(key)s"),
    "claim": gettext_lazy("claim no. %(key)s"),
    "incident": gettext_lazy("incident no. %(key)s"),
    "dispatch": gettext_lazy("line no. %(key)s"),
    "sold_issue": gettext_lazy("past issue sold no. %(key)s"),
    "run": gettext_lazy("file no. %(key)s"),
    "returns": gettext_lazy("returns: %(key)s"),
    "import": gettext_lazy("import no. %(key)s"),
    "taken_over_left": gettext_lazy("copies taken over and not served, from copy no. %(key)s"),
    "token": gettext_lazy("access token no. %(key)s"),
    "consent": gettext_lazy("consent no. %(key)s"),
    "escrow": gettext_lazy("escrow no. %(key)s"),
    "certificate": gettext_lazy("certificate %(key)s"),
}


def subject(name: str) -> str:
    """What `kind:id` names, in words; a kind that the table does not know is shown as it is."""
    kind, _colon, key = name.partition(":")
    if kind == "magazine":
        # `magazine:1:gap:26`: what is wrong with its calendar; the sentence says what.
        key = key.partition(":")[0]
    if kind in ("bank", "bank_undone"):
        # `bank:12:1`: which of the entries of a line.
        key = key.partition(":")[0]
    if kind == "circulation":
        # `circulation:1:paid_share`, or `circulation:rule`: one page has them all.
        return str(SUBJECTS[kind])
    return str(SUBJECTS[kind]) % {"key": key} if kind in SUBJECTS and key else name
