"""What a mail server or provider answered, and what follows from it: the closed table.

Codes of SMTP: RFC 5321 section 4.2 and RFC 4954 section 6, RFC 7504 (521, 556), RFC 3463. A code that is not in the table
is read by its first digit, as RFC 5321 tells clients to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of the letter."""

    LATER = "later"  # tried again after a while, a limited number of times
    NEVER = "never"  # this letter will not arrive: a person takes over
    OURS = "ours"  # no letter leaves: our server or our account is at fault; waits without using up its tries
    UNKNOWN = "unknown"  # it may have left: the rule for stalls applies


@dataclass(frozen=True, slots=True)
class Answer:
    """One row: a code, what it means for staff, what follows."""

    code: int
    verdict: Verdict
    meaning: str


def _rows(*rows: tuple[int, Verdict, str]) -> dict[int, Answer]:
    return {code: Answer(code, verdict, meaning) for code, verdict, meaning in rows}


ANSWERS: Mapping[int, Answer] = _rows(
    (421, Verdict.LATER, "service not available, closing"),
    (432, Verdict.OURS, "a password transition is needed"),
    (450, Verdict.LATER, "mailbox busy, or greylisted"),
    (451, Verdict.LATER, "error in processing at the other end"),
    (452, Verdict.LATER, "not enough storage at the other end, or the mailbox is full for now"),
    (454, Verdict.OURS, "authentication or encryption is not available for now"),
    (455, Verdict.LATER, "parameters cannot be accommodated for now"),
    (500, Verdict.OURS, "command not recognised"),
    (501, Verdict.NEVER, "syntax error in the address"),
    (502, Verdict.OURS, "command not implemented"),
    (503, Verdict.OURS, "bad sequence of commands"),
    (504, Verdict.OURS, "command parameter not implemented"),
    (521, Verdict.NEVER, "the host does not accept mail"),
    (523, Verdict.NEVER, "the letter is too large for the recipient"),
    (530, Verdict.OURS, "authentication required"),
    (534, Verdict.OURS, "authentication mechanism too weak"),
    (535, Verdict.OURS, "authentication refused"),
    (538, Verdict.OURS, "encryption required for this authentication"),
    (550, Verdict.NEVER, "no such mailbox, or refused by policy"),
    (551, Verdict.NEVER, "the recipient is elsewhere"),
    # RFC 5321 4.5.3.1.10: old servers say 552 where they mean 452; a full mailbox empties too.
    (552, Verdict.LATER, "the mailbox is full"),
    (553, Verdict.NEVER, "mailbox name not allowed"),
    (554, Verdict.NEVER, "refused as a whole"),
    (555, Verdict.NEVER, "parameters not recognised"),
    (556, Verdict.NEVER, "the domain does not accept mail"),
)

# HTTP statuses of a mail provider's interface (Anymail).
STATUSES: Mapping[int, Answer] = _rows(
    (400, Verdict.NEVER, "the provider does not accept this letter"),
    (401, Verdict.OURS, "the provider refuses our key"),
    (402, Verdict.OURS, "the provider wants to be paid"),
    (403, Verdict.OURS, "the provider forbids us to send"),
    (404, Verdict.OURS, "the provider does not know this address of its interface"),
    (408, Verdict.UNKNOWN, "the provider took too long"),
    (413, Verdict.NEVER, "the letter is too large for the provider"),
    (422, Verdict.NEVER, "the provider does not accept this letter"),
    (429, Verdict.LATER, "too many letters at once"),
    (500, Verdict.UNKNOWN, "trouble at the provider"),
    (502, Verdict.UNKNOWN, "trouble at the provider"),
    (503, Verdict.LATER, "the provider is not available"),
    (504, Verdict.UNKNOWN, "trouble at the provider"),
)

#: How long a letter waits after its first, second, third… temporary refusal; after the last one it has failed.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
#: How long letters wait when none of them can leave.
OUTAGE = timedelta(minutes=5)


def smtp_answer(code: int) -> Answer:
    """The row for an SMTP reply code."""
    if code in ANSWERS:
        return ANSWERS[code]
    if 400 <= code < 500:
        return Answer(code, Verdict.LATER, "refused for now")
    if 500 <= code < 600:
        return Answer(code, Verdict.NEVER, "refused")
    return Answer(code, Verdict.UNKNOWN, "an answer that is none")


def http_answer(status: int) -> Answer:
    """The row for a provider's HTTP status; one that is not in the table leaves us not knowing."""
    return STATUSES.get(status, Answer(status, Verdict.UNKNOWN, "an answer we do not know"))


def wait_after(attempts: int) -> timedelta | None:
    """How long after `attempts` refused tries (1, 2, …) the next one is due; None when there is no next one."""
    return BACK_OFF[attempts - 1] if 1 <= attempts <= len(BACK_OFF) else None
