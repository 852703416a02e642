"""What can be wrong with a line, or said of it: a column, a code for programs, a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError


class FaultCode(StrEnum):
    """Why a line is not let in; the codes are for programs and tests."""

    QUOTES = "quotes"
    CELLS = "cells"
    LINE_TOO_LONG = "line_too_long"
    NUL = "nul"
    CONTROL = "control"
    FORMULA = "formula"
    TOO_LONG = "too_long"
    REQUIRED = "required"
    SOURCE = "source"
    TWICE = "twice"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_DAY = "not_a_day"
    NOT_AN_AMOUNT = "not_an_amount"
    NOT_A_NUMBER = "not_a_number"
    DATES = "dates"
    MORE_LEFT_THAN_BOUGHT = "more_left_than_bought"
    COPIES_DO_NOT_ADD_UP = "copies_do_not_add_up"
    QUANTITY = "quantity"
    UNKNOWN_OFFER = "unknown_offer"
    NOT_RENEWABLE = "not_renewable"
    GIFT_RENEWS = "gift_renews"
    NOBODY_GIVES = "nobody_gives"
    NO_PAYER = "no_payer"
    NO_MEANS = "no_means"
    MEANS = "means"
    MEANS_OF_ANOTHER = "means_of_another"
    ENDED = "ended"
    NO_ISSUE = "no_issue"
    ISSUE_POSTED = "issue_posted"
    NO_RATE = "no_rate"
    EMAIL = "email"
    ADDRESS = "address"
    REFUSED_BY_DATABASE = "refused_by_database"


class WarningCode(StrEnum):
    """What a person should know of a line that is let in all the same."""

    JOINED = "joined"
    NOT_JOINED = "not_joined"
    SAID_OTHERWISE = "said_otherwise"
    NO_NUMBER = "no_number"
    NO_PRICE = "no_price"
    READERS_TURN = "readers_turn"
    TOO_LATE_TO_ANNOUNCE = "too_late_to_announce"
    OVER = "over"
    FILE_CLOSED = "file_closed"
    CARD_ENDS = "card_ends"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing said of one cell; `column` is empty where it is said of the whole line."""

    column: str
    code: str
    sentence: str

    def to_dict(self) -> dict[str, str]:
        """As a row keeps it."""
        return {"column": self.column, "code": str(self.code), "sentence": self.sentence}


class FileRefused(ValidationError):
    """The file is none that can be read; the message is a sentence for whoever handed it in."""
