"""The receipt of a copy in words, the same in the account and on the desks: what happened on which day, and what comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from shop.storefront.covers import MONTHS, NBSP
from shop.templatetags.french import day, issue_number
from subscriptions.receipts import Happened, Receipt, Stands, Step

#: One dated step, as it stands in a list of them.
STEPS: Mapping[Step, Any] = {
    Step.IN_FILE: gettext_lazy("in the file on %(day)s"),
    Step.POSTED: gettext_lazy("posted on %(day)s"),
    Step.CLAIMED: gettext_lazy("claimed on %(day)s"),
    Step.SENT_AGAIN: gettext_lazy("sent again on %(day)s"),
    Step.PUT_OFF: gettext_lazy("moved to %(number)s by the pause on %(day)s"),
    Step.DISPUTED: gettext_lazy("held on %(day)s by a dispute at the bank"),
    Step.UNPAID: gettext_lazy("held on %(day)s, its cheque having come back unpaid"),
    Step.NO_ADDRESS: gettext_lazy("held on %(day)s, the address being doubtful"),
    Step.HELD: gettext_lazy("held on %(day)s"),
    Step.RELEASED: gettext_lazy("released on %(day)s"),
    Step.OTHER_ISSUE: gettext_lazy("moved to %(number)s on %(day)s"),
    Step.CREDITED: gettext_lazy("given back on %(day)s"),
    Step.VOID: gettext_lazy("cancelled on %(day)s"),
}
#: The same where the issue that it comes with is not planned yet.
UNPLANNED: Mapping[Step, Any] = {
    Step.PUT_OFF: gettext_lazy("moved on %(day)s, by the pause, to an issue that is not planned yet"),
    Step.OTHER_ISSUE: gettext_lazy("moved on %(day)s to an issue that is not planned yet"),
}
#: Where the copy stands, in a sentence to its reader.
SENTENCES: Mapping[Stands, Any] = {
    Stands.OWED: gettext_lazy("It is to be posted about %(date)s."),
    Stands.UNPLANNED: gettext_lazy("The date of its issue is not set yet."),
    Stands.LATE: gettext_lazy("The issue was posted on %(posted)s; yours leaves with the next parcel."),
    Stands.IN_FILE: gettext_lazy("It is about to leave: to be posted about %(date)s."),
    Stands.POSTED: gettext_lazy("It was posted to you."),
    Stands.CLAIMED: gettext_lazy("You told us that it has not come: we see to it."),
    Stands.SENT_AGAIN: gettext_lazy("Another copy of it was posted to you."),
    Stands.PUT_OFF: gettext_lazy("You put an issue off: this copy comes with a later one."),
    Stands.DISPUTED: gettext_lazy("Your bank disputes its payment: it waits for the bank to decide."),
    Stands.UNPAID: gettext_lazy("Its cheque came back unpaid: it waits for another payment."),
    Stands.NO_ADDRESS: gettext_lazy("We are in doubt about your address: it leaves once you have checked it."),
    Stands.STOPPED: gettext_lazy("The contract was ended: it is not sent any more, and your money follows."),
    Stands.HELD: gettext_lazy("It is on hold, and leaves once the hold is over."),
    Stands.CREDITED: gettext_lazy("Its price was given back to you."),
    Stands.VOID: gettext_lazy("It will not be sent."),
}
#: Told by the last step already: no sentence behind it.
SAID = frozenset({Stands.POSTED, Stands.SENT_AGAIN, Stands.CREDITED, Stands.VOID})


def receipt_words(receipt: Receipt, *, on: date) -> str:
    """« Dans le fichier le 24 février, posté le 27 février, réclamé le 9 mars, renvoyé le 10 mars. », and what comes."""
    sentence = stands_words(receipt)
    if not receipt.steps:
        return sentence
    steps = ", ".join(step_words(one, on=on) for one in receipt.steps)
    told = f"{steps[0].upper()}{steps[1:]}."
    return told if receipt.stands in SAID else f"{told} {sentence}"


def step_words(happened: Happened, *, on: date) -> str:
    """One step with its day; the year is said where it is another one than that of `on`."""
    said = STEPS[happened.step] if happened.number is not None else UNPLANNED.get(happened.step, STEPS[happened.step])
    return str(said) % {"day": _near(happened.on, on=on), "number": issue_number(happened.number)}


def stands_words(receipt: Receipt) -> str:
    """Where it stands, in a sentence."""
    issue = receipt.issue
    said = {"date": day(issue.post_on) if issue else "", "posted": day(issue.posted_on) if issue else ""}
    return str(SENTENCES[receipt.stands]) % said


def left_words(copies: int) -> str:
    """« Exemplaires à venir : 2. »"""
    return ngettext("Copies to come: %(copies)s.", "Copies to come: %(copies)s.", copies) % {"copies": copies}


def _near(date_: date, *, on: date) -> str:
    if date_.year != on.year:
        return day(date_)
    first = "1er" if date_.day == 1 else str(date_.day)
    return f"{first}{NBSP}{MONTHS[date_.month - 1]}"
