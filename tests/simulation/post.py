"""The post: takes the shop's letters, answers as a mail server would, and keeps what it took for its readers."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from subscriptions.models import Notice
from subscriptions.notices.writing import message_id


@dataclass(frozen=True, slots=True)
class Taken:
    """One letter in a reader's mailbox."""

    to: str
    at: datetime
    message_id: str
    subject: str
    text: str


@dataclass(slots=True)
class Post:
    """Every letter taken, oldest first. `moods`: what it does to the next letters, one each, instead of taking them."""

    taken: list[Taken] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    #: Letters whose sender never learnt that they were taken: these may come twice.
    unanswered: set[str] = field(default_factory=set)
    delivered: Callable[[Taken], None] = lambda letter: None

    def take(self, message: EmailMessage) -> None:
        """One letter. Raises what smtplib raises when it is not taken, or when the answer is lost."""
        to = parseaddr(message.to[0])[1]
        if to in self.closed:
            raise smtplib.SMTPRecipientsRefused({to: (550, b"5.1.1 no such mailbox")})
        mood = self.moods.pop(0) if self.moods else ""
        if mood == "later":
            raise smtplib.SMTPRecipientsRefused({to: (451, b"4.3.0 try again")})
        if mood == "silent before":
            raise TimeoutError
        letter = Taken(
            to, timezone.now(), str(message.extra_headers["Message-ID"]), str(message.subject), str(message.body)
        )
        self.taken.append(letter)
        self.delivered(letter)
        if mood == "silent after":
            self.unanswered.add(letter.message_id)
            raise TimeoutError

    def sender_died(self, *, at: datetime) -> None:
        """Whoever handed over the last letter, at this instant, is dead."""
        if self.taken and self.taken[-1].at == at:
            self.unanswered.add(self.taken[-1].message_id)

    def has(self, notice: Notice) -> bool:
        """Whether it took this letter: what the provider's log says."""
        wanted = message_id(notice)
        return any(letter.message_id == wanted for letter in self.taken)


#: The post of the running simulation.
current = Post()


def begin() -> Post:
    """A post with empty mailboxes."""
    global current
    current = Post()
    return current


class Backend(BaseEmailBackend):
    """Django's door to it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            current.take(message)
        return len(email_messages)
