"""The words of imports: where a file stands, what became of a line, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from shop.backoffice.words import BAD, GOOD, NONE, WAIT, Words

FILE: Words = {
    "to_check": (pgettext_lazy("import", "being read"), WAIT),
    "checked": (pgettext_lazy("import", "read"), WAIT),
    "approved": (pgettext_lazy("import", "approved, being let in"), WAIT),
    "let_in": (pgettext_lazy("import", "let in"), GOOD),
    "discarded": (pgettext_lazy("import", "put aside"), NONE),
}
ROW: Words = {
    "waiting": (pgettext_lazy("import line", "to be read"), WAIT),
    "ready": (pgettext_lazy("import line", "to be let in"), WAIT),
    "faulty": (pgettext_lazy("import line", "faulty"), BAD),
    "known": (pgettext_lazy("import line", "here already, the same"), NONE),
    "different": (pgettext_lazy("import line", "here already, and different"), WAIT),
    "let_in": (pgettext_lazy("import line", "let in"), GOOD),
}
CONTROL: Mapping[str, Any] = {
    "lines": gettext_lazy("Subscribers"),
    "copies": gettext_lazy("Copies owed"),
    "deferred": gettext_lazy("Worth without VAT"),
}
CODE: Mapping[str, Any] = {
    "quotes": gettext_lazy("quotation marks"),
    "cells": gettext_lazy("number of cells"),
    "line_too_long": gettext_lazy("line too long"),
    "nul": gettext_lazy("NUL byte"),
    "control": gettext_lazy("control character"),
    "formula": gettext_lazy("formula of a spreadsheet"),
    "too_long": gettext_lazy("too long"),
    "required": gettext_lazy("empty cell"),
    "source": gettext_lazy("another source"),
    "twice": gettext_lazy("reference twice"),
    "not_a_choice": gettext_lazy("unknown word"),
    "not_a_day": gettext_lazy("no such day"),
    "not_an_amount": gettext_lazy("no amount"),
    "not_a_number": gettext_lazy("no number"),
    "dates": gettext_lazy("dates the wrong way round"),
    "more_left_than_bought": gettext_lazy("more left than bought"),
    "copies_do_not_add_up": gettext_lazy("copies do not add up"),
    "quantity": gettext_lazy("several copies"),
    "unknown_offer": gettext_lazy("unknown offer"),
    "not_renewable": gettext_lazy("offer without renewal"),
    "gift_renews": gettext_lazy("gift that renews itself"),
    "nobody_gives": gettext_lazy("gift without a payer"),
    "no_payer": gettext_lazy("payer without a name"),
    "no_means": gettext_lazy("automatic without means of payment"),
    "means": gettext_lazy("means of payment"),
    "means_of_another": gettext_lazy("means of another payer"),
    "ended": gettext_lazy("term over"),
    "no_issue": gettext_lazy("issue not in the register"),
    "issue_posted": gettext_lazy("issue posted already"),
    "no_rate": gettext_lazy("no VAT rate"),
    "email": gettext_lazy("e-mail address"),
    "address": gettext_lazy("postal address"),
    "refused_by_database": gettext_lazy("refused by the database"),
    "joined": gettext_lazy("joined to a reader we know"),
    "not_joined": gettext_lazy("not joined"),
    "said_otherwise": gettext_lazy("says something else"),
    "no_number": gettext_lazy("street without a number"),
    "no_price": gettext_lazy("no price"),
    "readers_turn": gettext_lazy("before the first charge"),
    "too_late_to_announce": gettext_lazy("too late to announce"),
    "over": gettext_lazy("term over, copies left"),
    "file_closed": gettext_lazy("file closed"),
    "card_ends": gettext_lazy("card ends first"),
}


def code(name: str) -> str:
    """What is wrong, or to be known, in two or three words."""
    return str(CODE.get(name, name))
