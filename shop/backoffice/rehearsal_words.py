"""The words of rehearsals: what would become of a renewal, what the run made of it, and why, as finance says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words

WILL: Words = {
    "charge": (pgettext_lazy("rehearsal", "charged"), GOOD),
    "stopped": (pgettext_lazy("rehearsal", "stopped"), NONE),
    "disputed": (pgettext_lazy("rehearsal", "disputed"), WAIT),
    "by_choice": (pgettext_lazy("rehearsal", "by choice only"), WAIT),
    "no_card": (pgettext_lazy("rehearsal", "no means of payment"), WAIT),
    "waits": (pgettext_lazy("rehearsal", "waits for the reader"), WAIT),
    "in_hand": (pgettext_lazy("rehearsal", "money on its way"), WAIT),
    "unpriced": (pgettext_lazy("rehearsal", "without a price"), BAD),
}
CARD: Words = {
    "good": (pgettext_lazy("means of payment", "good"), GOOD),
    "ends": (pgettext_lazy("means of payment", "ends before the day"), WAIT),
    "ended": (pgettext_lazy("means of payment", "ended"), WAIT),
    "none": (pgettext_lazy("means of payment", "none"), WAIT),
}
VERDICT: Words = {
    "as_rehearsed": (pgettext_lazy("comparison", "as rehearsed"), GOOD),
    "not_charged": (pgettext_lazy("comparison", "rehearsed, not charged"), WAIT),
    "charged": (pgettext_lazy("comparison", "charged, not rehearsed"), WAIT),
    "other_amount": (pgettext_lazy("comparison", "another amount"), WAIT),
    "pending": (pgettext_lazy("comparison", "not known yet"), WAIT),
}
BECAUSE: Mapping[str, Any] = {
    "": "",
    "at_the_bank": gettext_lazy("at the bank, or not answered"),
    "not_over": gettext_lazy("its day is still to come"),
    "cancelled": gettext_lazy("cancelled meanwhile"),
    "declined": gettext_lazy("declined by the bank"),
    "confirm": gettext_lazy("to be confirmed with the bank by the reader"),
    "given_back": gettext_lazy("taken and given back: the reader had said no"),
    "not_sent": gettext_lazy("the charge never reached Stripe"),
    "by_reader": gettext_lazy("paid by the reader"),
    "moved": gettext_lazy("moved to other days"),
    "by_choice": gettext_lazy("left to the reader's choice"),
    "no_card": gettext_lazy("no means of payment any more"),
    "lapsed": gettext_lazy("lapsed"),
    "disputed": gettext_lazy("a payment is disputed"),
    "dispute_over": gettext_lazy("the dispute is over"),
    "card_changed": gettext_lazy("the means of payment was changed"),
    "retried": gettext_lazy("tried again after a refusal"),
    "proved": gettext_lazy("its notice was proved after all"),
    "not_told": gettext_lazy("word of the debit has not left"),
    "turned_on": gettext_lazy("automatic renewal was turned on again"),
    "priced": gettext_lazy("the price has changed"),
    "planned_since": gettext_lazy("planned since"),
    "unexplained": gettext_lazy("nothing explains it"),
}
RULE: Mapping[str, Any] = {
    "silent": gettext_lazy("they are charged without a word"),
    "warn": gettext_lazy("they are charged, and finance is warned"),
    "hold": gettext_lazy("they are held until somebody signs"),
}


def because(name: str) -> str:
    """Why, in words."""
    return str(BECAUSE.get(name, name))
