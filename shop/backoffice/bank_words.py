"""Lines of our bank's statements in words: where each stands, what it may be, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from payments.bank.payouts import looks_like_payout
from payments.bank.proposing import What
from payments.models import BankLine, BankMatch
from payments.money import french
from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words

Kind = BankMatch.Kind

LINE: Words = {
    "explained": (pgettext_lazy("bank line", "explained"), GOOD),
    "part": (pgettext_lazy("bank line", "partly explained"), WAIT),
    "payout": (pgettext_lazy("bank line", "waits for its payout"), WAIT),
    "open": (pgettext_lazy("bank line", "to be explained"), BAD),
}
MATCH: Words = {
    Kind.RECEIPT: (pgettext_lazy("bank line", "transfer received"), GOOD),
    Kind.TRANSFER: (pgettext_lazy("bank line", "refund sent"), GOOD),
    Kind.TRANSFER_BACK: (pgettext_lazy("bank line", "refund come back"), WAIT),
    Kind.RULE: (pgettext_lazy("bank line", "by a rule"), GOOD),
    Kind.BOOKED: (pgettext_lazy("bank line", "booked by hand"), GOOD),
    Kind.CHARGES: (pgettext_lazy("bank line", "kept by a bank"), GOOD),
    Kind.PAYOUT: (pgettext_lazy("bank line", "payout of Stripe’s"), GOOD),
    Kind.ORDER: (pgettext_lazy("bank line", "transfer for an order"), GOOD),
    Kind.DEPOSIT: (pgettext_lazy("bank line", "cheques deposited"), GOOD),
    Kind.BOUNCED: (pgettext_lazy("bank line", "cheque come back"), WAIT),
    Kind.NOT_OURS: (pgettext_lazy("bank line", "not the shop’s"), NONE),
}
WHAT: Mapping[str, Any] = {
    What.NOTED: gettext_lazy("the transfer that was noted by hand"),
    What.INVOICES: gettext_lazy("the payment of these invoices"),
    What.CHARGES: gettext_lazy("the payment of this invoice, of which a bank kept its charges"),
    What.TRANSFER: gettext_lazy("a refund of ours"),
    What.FILE: gettext_lazy("all refunds of one file"),
    What.BACK: gettext_lazy("a refund of ours that came back"),
    What.RULE: gettext_lazy("what a rule says"),
    What.ORDER: gettext_lazy("the transfer of an order by post or telephone"),
    What.DEPOSIT: gettext_lazy("the cheques of a slip"),
    What.BOUNCED: gettext_lazy("a cheque that came back unpaid"),
}
KEYS: Mapping[str, Any] = {
    "BANK_FEES": gettext_lazy("the bank’s fees (627)"),
    "BANK_INTEREST": gettext_lazy("interest paid (661)"),
    "INTEREST_EARNED": gettext_lazy("interest earned (768)"),
    "SUSPENSE": gettext_lazy("suspense account (471)"),
    "TRANSIT": gettext_lazy("money sent to Stripe, to fill its balance (580)"),
}
SIDE: Mapping[str, Any] = {"out": gettext_lazy("debits"), "in": gettext_lazy("credits")}


def state_of(line: BankLine) -> str:
    """Where a line stands, as a word of `LINE`."""
    if not line.left:
        return "explained"
    if line.left != line.amount:
        return "part"
    return "payout" if looks_like_payout(line) else "open"


def why(reasons: Iterable[Mapping[str, str]]) -> list[str]:
    """The reasons of a proposal or of a match, a sentence each."""
    return [_why(one) for one in reasons]


def _why(one: Mapping[str, str]) -> str:
    code, named = one.get("code", ""), {**one}
    if "amount" in named:
        named["amount"] = french(Decimal(named["amount"]))
    if code == "file_total":
        many = int(named["count"])
        return ngettext("Its amount is that of the one transfer of the file.", "Its amount is that of the %(count)s transfers of the file.", many) % {"count": many}  # fmt: skip
    sentence = {
        "number": _("Names %(number)s as a whole."),
        "number_no_year": _("Names %(number)s without its beginning."),
        "number_zeros": _("Names %(number)s without its zeros."),
        "number_swapped": _("Names %(number)s with two signs exchanged."),
        "number_one_wrong": _("Names %(number)s with one sign wrong."),
        "engagement": _("Names the purchase order %(number)s."),
        "amount": _("The amount is the same to the cent."),
        "sum": _("The amount is what they leave to pay together, to the cent."),
        "name": _("The bank names %(name)s."),
        "part": _("It pays a part: %(amount)s stay to be paid."),
        "charges": _("%(amount)s are missing: a bank kept them, it seems."),
        "too_much": _("It brings %(amount)s too much, which are owed back."),
        "noted": _("Transfer %(reference)s was noted by hand, and stands on no statement yet."),
        "same_reference": _("The bank’s reference is the same."),
        "days": _("It was noted for a day close to this one, with another reference."),
        "end_to_end": _("Carries the reference %(reference)s."),
        "came_in": _("It comes in: the bank has sent it back."),
        "file": _("Carries the reference of the file %(reference)s."),
        "rule": _("The label says “%(words)s”."),
        "order": _("Names the order %(reference)s."),
        "order_noted": _("The transfer of order %(reference)s was noted by hand, and stands on no statement yet."),
        "slip": _("It is what slip %(reference)s is to bring."),
        "cheques": _("The label speaks of cheques, and no other slip brings this amount."),
        "cheque": _("Cheque no. %(number)s of %(drawer)s, which we call %(reference)s."),
        "bounce_charges": _("%(amount)s more than the cheque: the bank’s charge."),
        "person": _("Said by a person."),
        "payout": _("Stripe’s payout of this amount."),
    }.get(code, code)
    return sentence % named
