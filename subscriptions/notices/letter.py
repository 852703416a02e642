"""What a kind of letter is: the shape of one row of the table in `subscriptions.notices.letters`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from subscriptions.models import Notice


class OnStall(StrEnum):
    """What becomes of a letter whose sender died after it may have gone out.

    Sent again (with the same Message-ID, so that most mailboxes show it once) where its absence would harm more than its
    double; put before a person where a second copy would make the reader believe in a second event.
    """

    QUEUED = "queued"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a letter."""

    name: str
    body: bytes
    media_type: str


Facts = Mapping[str, Any]
Context = dict[str, Any]


def nothing_attached(context: Context, *, at: datetime) -> Sequence[Attachment]:
    """Most letters carry no file."""
    return ()


def always_true(context: Context, *, at: datetime) -> str:
    """A letter about something that cannot become untrue."""
    return ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of letter.

    `facts`: the keys that the one who queues it must give. `context`: reads the rows those facts name, when the letter is
    written. `untrue_because`: why it must no longer be sent (a short
    reason for staff), or an empty string. `keep_days`: how long the letter as sent is kept. `to_erased`: whether it still
    goes to somebody who had their data erased. `one_click`: it can be stopped by the mail program's own button, at the
    context's `unsubscribe_url` (RFC 8058). `by_mail_only`: it makes no sense on paper, as a code that is good for ten minutes.
    `followed`: whoever queued it looks after one that fails, on a desk of its own.
    """

    rank: Notice.Rank
    facts: frozenset[str]
    context: Callable[[Facts], Context]
    attachments: Callable[..., Sequence[Attachment]] = nothing_attached
    untrue_because: Callable[..., str] = always_true
    on_stall: OnStall = OnStall.QUEUED
    keep_days: int = field(default=5 * 365 + 2)
    to_erased: bool = False
    one_click: bool = False
    by_mail_only: bool = False
    followed: bool = False

    @property
    def may_be_posted(self) -> bool:
        """Whether it goes on paper to whoever cannot be reached by e-mail: legal and service letters, never advertising."""
        return self.rank != Notice.Rank.COURTESY and not self.by_mail_only
