"""Words of the desk of finance: the three ways, why they differ, who stays and who leaves, and what a frozen month keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.gateway import Family
from payments.three_ways.things import Kind, Side
from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words
from subscriptions.cohorts.failing import Then
from subscriptions.cohorts.reading import Outcome, Who

#: Where the money is, and what each place is compared with.
PLACE: Mapping[Side, Any] = {
    Side.STRIPE: _("at Stripe"),
    Side.TRAVELLING: _("on its way to the bank"),
    Side.BANK: _("at the bank"),
}
SAID_BY: Mapping[Side, Any] = {
    Side.STRIPE: _("Stripe’s balance"),
    Side.TRAVELLING: _("Stripe’s payouts that the bank has not shown"),
    Side.BANK: _("the bank’s statements"),
}
FROM_TO: Mapping[Side, Any] = {
    Side.STRIPE: _("From the books to Stripe’s balance"),
    Side.TRAVELLING: _("From the books to the payouts on their way"),
    Side.BANK: _("From the books to the bank’s statements"),
}
#: Why the books and the other side differ: the word, and a sentence for whoever looks for the first time.
WHY: Mapping[Kind, tuple[Any, Any]] = {
    Kind.OTHER_DAY: (_("on another day"), _("Both have it, and this evening lies between their days.")),
    Kind.NOT_THERE: (
        _("in the books alone"),
        _("The books have it; Stripe or the bank does not show it, or not yet."),
    ),
    Kind.NOT_IN_BOOKS: (_("not in the books"), _("Stripe or the bank shows it; the books do not have it, or not yet.")),
    Kind.OTHER_AMOUNT: (_("another amount"), _("Both have it, with different amounts.")),
    Kind.OTHER_ENTRY: (
        _("other entries on this account"),
        _("Booked on this account without a thing that it is about."),
    ),
    Kind.FEE: (_("fees of Stripe"), _("A fee that is not booked as Stripe took it, or on another day.")),
    Kind.TOPUP: (
        _("sent to Stripe from the bank"),
        _("Money that no payout names: it waits for its line of the bank."),
    ),
    Kind.BY_HAND: (_("booked here by finance"), _("Discrepancies that finance has booked on this account.")),
    Kind.OPENING: (
        _("balance before the first statement"),
        _("What the account held when the shop began to read it, less the opening entry of the books."),
    ),
    Kind.GAP: (_("between statements"), _("A statement does not begin with the balance that the last one ended with.")),
    Kind.NOT_OURS: (_("not the shop’s"), _("Lines of the bank that are booked elsewhere than in the shop.")),
    Kind.UNEXPLAINED: (_("lines to explain"), _("What is left of lines of the bank that nothing explains yet.")),
}
OUTCOME: Words = {
    Outcome.AUTOMATIC: (pgettext_lazy("renewed", "automatically"), GOOD),
    Outcome.CHOICE: (pgettext_lazy("renewed", "by choice"), GOOD),
    Outcome.LATE: (pgettext_lazy("renewed", "came back later"), NONE),
    Outcome.OPEN: (pgettext_lazy("renewed", "still open"), WAIT),
    Outcome.GONE: (pgettext_lazy("renewed", "gone"), NONE),
    Outcome.DECEASED: (pgettext_lazy("renewed", "deceased"), NONE),
}
WHO: Mapping[str, Any] = {
    "": pgettext_lazy("whose", "all"),
    Who.OWN: pgettext_lazy("whose", "for themselves"),
    Who.GIFT: pgettext_lazy("whose", "given"),
    Who.INSTITUTION: pgettext_lazy("whose", "institutions"),
    Who.IMPORTED: pgettext_lazy("whose", "of another house"),
}
THEN: Words = {
    Then.TRY: (pgettext_lazy("recovered", "by a further try"), GOOD),
    Then.READER: (pgettext_lazy("recovered", "by the reader"), GOOD),
    Then.IN_HAND: (pgettext_lazy("recovered", "still in hand"), WAIT),
    Then.LOST: (pgettext_lazy("recovered", "lost"), BAD),
}
#: Why banks say no, in few letters.
FAMILY: Mapping[Family, Any] = {
    Family.INSUFFICIENT_FUNDS: _("not enough on the account"),
    Family.AUTHENTICATION_REQUIRED: _("to be confirmed by the reader"),
    Family.AUTHENTICATION_FAILED: _("not confirmed"),
    Family.TRY_LATER: _("for a technical reason"),
    Family.DO_NOT_HONOUR: _("without a reason"),
    Family.EXPIRED: _("card expired"),
    Family.INCORRECT_DETAILS: _("details not right"),
    Family.LOST_OR_STOLEN: _("card lost or stolen"),
    Family.FRAUD: _("suspected of fraud"),
    Family.NOT_SUPPORTED: _("method cannot be used"),
    Family.REVOKED: _("payments stopped by the holder"),
    Family.MANDATE_INVALID: _("mandate not valid"),
    Family.METHOD_GONE: _("method no longer there"),
    Family.ACCOUNT_CLOSED: _("account closed"),
    Family.DUPLICATE: _("taken for a duplicate"),
    Family.DECEASED: _("holder deceased"),
    Family.OTHER: _("for another reason"),
}
SECTION: Mapping[str, Any] = {
    "money": _("Money that moved"),
    "result": _("Charges and products"),
    "vat": _("VAT by account"),
    "balances": _("Balances of its last evening"),
    "three_ways": _("The three ways of its last evening"),
    "portfolio": _("Subscriptions in force on its last day"),
    "renewals": _("Terms that came to their renewal"),
    "tries": _("First charges of renewals"),
}
#: What moved money: kinds of the source of an entry.
MONEY: Mapping[str, Any] = {
    "payment": _("payments of readers"),
    "refund": _("refunds to readers"),
    "refund_failed": _("refunds that came back"),
    "receipt": _("transfers received"),
    "transfer": _("refunds by transfer"),
    "transfer_failed": _("transfers that came back"),
    "fee": _("Stripe’s fees on readers’ payments"),
    "movement": _("other movements at Stripe"),
    "movement_back": _("movements taken back"),
    "movement_again": _("movements booked again"),
    "payout_arrived": _("payouts at the bank"),
    "dispute": _("taken by banks over disputes"),
    "dispute_returned": _("given back by banks"),
    "deposit": _("cheques credited by the bank"),
    "cheque_bounced": _("cheques that came back unpaid"),
    "paid_again": _("bounced cheques paid again"),
    "discrepancy": _("discrepancies booked by finance"),
    "discrepancy_back": _("discrepancies booked and taken back"),
    "bank": _("lines of the bank"),
    "bank_undone": _("lines of the bank, undone"),
}
THREE_WAYS: Mapping[str, Any] = {
    "books": _("in the books"),
    "said": _("as they say it"),
    "remainder": _("remainder"),
}
TRIES: Mapping[str, Any] = {
    "answered": _("answered by the bank"),
    "recovered": _("recovered since"),
    "lost": _("lost"),
}
RANK: Mapping[str, Any] = {"first": _("first renewal"), "later": _("later renewals")}


def figure_name(section: str, key: str, accounts: Mapping[str, Any]) -> str:
    """What one figure of a frozen month is, in words; a key that nobody knows stays as it is."""
    head, _dot, tail = key.partition(".")
    if section in ("result", "vat", "balances"):
        return f"{key} {accounts.get(key, '')}".strip()
    if section == "three_ways" and head in list(Side):
        return f"{PLACE[Side(head)]}, {THREE_WAYS.get(tail, tail)}"
    if section == "renewals" and tail in OUTCOME:
        return f"{RANK.get(head, head)}, {OUTCOME[tail][0]}"
    if section == "tries" and head == "failed" and tail in list(Family):
        return str(_("refused: %(why)s") % {"why": FAMILY[Family(tail)]})
    known = {"money": MONEY, "portfolio": WHO, "tries": TRIES}.get(section, {})
    return str(known.get(key, key))
