"""Words of disputes at the desks: where the bank stands, what was answered, what the evidence holds and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words
from subscriptions.answering.weak import Weak

#: Stripe's own words for where a dispute stands.
STATUS: Words = {
    "": (gettext_lazy("not known yet"), NONE),
    "warning_needs_response": (pgettext_lazy("dispute", "information asked for"), WAIT),
    "warning_under_review": (pgettext_lazy("dispute", "information given"), NONE),
    "needs_response": (pgettext_lazy("dispute", "to be answered"), WAIT),
    "under_review": (pgettext_lazy("dispute", "answered, under review"), NONE),
    "appeal_needs_response": (pgettext_lazy("dispute", "lost, may be appealed"), BAD),
    "appeal_under_review": (pgettext_lazy("dispute", "appealed"), WAIT),
    "warning_closed": (pgettext_lazy("dispute", "inquiry closed"), GOOD),
    "prevented": (pgettext_lazy("dispute", "settled before"), GOOD),
    "won": (pgettext_lazy("dispute", "won"), GOOD),
    "lost": (pgettext_lazy("dispute", "lost"), BAD),
}
ANSWER: Words = {
    "": (gettext_lazy("no answer yet"), NONE),
    "created": (pgettext_lazy("answer to a bank", "to be sent"), WAIT),
    "unknown": (pgettext_lazy("answer to a bank", "Stripe did not answer"), WAIT),
    "sent": (pgettext_lazy("answer to a bank", "sent"), GOOD),
    "failed": (pgettext_lazy("answer to a bank", "refused by Stripe"), BAD),
}
KIND: Mapping[str, Any] = {
    "evidence": pgettext_lazy("answer to a bank", "contested"),
    "accept": pgettext_lazy("answer to a bank", "accepted"),
}
PHASE: Mapping[str, Any] = {
    "inquiry": pgettext_lazy("answer to a bank", "inquiry"),
    "dispute": pgettext_lazy("answer to a bank", "dispute"),
}
#: The parts of the evidence, by their keys.
SECTIONS: Mapping[str, Any] = {
    "order": gettext_lazy("The order: what the page said, the button, the address"),
    "agreement": gettext_lazy("What was agreed: terms, mandate"),
    "notices": gettext_lazy("Legal notice and notice of the debit, with their proofs"),
    "payment": gettext_lazy("The payment and its invoice"),
    "delivery": gettext_lazy("Each copy: its line in the file, posted, come back, claimed"),
    "downloads": gettext_lazy("Digital issues that were downloaded"),
    "letters": gettext_lazy("The letters that were sent, and the words of some"),
    "stopping": gettext_lazy("Withdrawals, cancellations, money given back"),
}
WEAK: Mapping[Weak, Any] = {
    Weak.SURPLUS: gettext_lazy("This payment is a second one: it pays for nothing, and is to be given back."),
    Weak.GIVEN_BACK: gettext_lazy("Money was given back for this payment."),
    Weak.WITHDRAWN: gettext_lazy("The reader has withdrawn from the contract."),
    Weak.STOPPED_BEFORE: gettext_lazy("The reader had cancelled or withdrawn before this payment."),
    Weak.NO_ORDER: gettext_lazy("The contract was not ordered here: there is no page to show."),
    Weak.NO_SCREEN: gettext_lazy("What the order page said is not kept with the order."),
    Weak.NO_MANDATE: gettext_lazy("No agreement to be charged every year is kept."),
    Weak.NO_LEGAL_NOTICE: gettext_lazy("No legal notice is proved before this renewal."),
    Weak.NO_PRE_DEBIT: gettext_lazy("No notice of the debit is proved before this renewal."),
    Weak.CAME_BACK_LETTER: gettext_lazy("A notice before the charge came back."),
    Weak.NOTHING_POSTED: gettext_lazy("No copy of what was paid for has been posted yet."),
    Weak.LATE: gettext_lazy("A copy was due before the dispute, and has not left."),
    Weak.CAME_BACK: gettext_lazy("A copy came back from the post."),
    Weak.CLAIMED: gettext_lazy("A claim of the reader was not made good."),
}
