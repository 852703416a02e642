"""The letter box: hands one written letter to the mail server or provider and reads the answer."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from anymail.exceptions import (  # type: ignore[import-untyped]
    AnymailError,
    AnymailRecipientsRefused,
)
from django.core.mail import EmailMessage, get_connection

from subscriptions.notices.answers import Answer, Verdict, http_answer, smtp_answer

NO_CONNECTION = Answer(0, Verdict.OURS, "the mail server cannot be reached")
BROKEN_OFF = Answer(0, Verdict.UNKNOWN, "the connection broke before the answer came")
NOT_TAKEN = Answer(0, Verdict.LATER, "the mail server took nothing")
NOT_A_LETTER = Answer(0, Verdict.NEVER, "the address or a header cannot be written")
NO_RECIPIENT = Answer(0, Verdict.NEVER, "the provider takes none of the addresses")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other end took the letter. `provider_id`: the provider's own id, or our Message-ID with a plain server."""

    provider_id: str


class LetterBox:
    """One connection for a handful of letters, dropped after any trouble. Use it in a `with` block."""

    def __init__(self) -> None:
        self._connection: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()

    def send(self, message: EmailMessage) -> Accepted | Answer:
        """Send `message`; never raises for what the other end does. Slow: call it outside any transaction."""
        try:
            self._open()
        except OSError:  # smtplib's exceptions are OSErrors too: whatever goes wrong here, nothing was handed over
            self._drop()
            return NO_CONNECTION
        try:
            taken = self._connection.send_messages([message])
        except (OSError, AnymailError, ValueError) as trouble:
            self._drop()
            return answer_of(trouble)
        if not taken:
            return NOT_TAKEN
        status = getattr(message, "anymail_status", None)
        provider_id = getattr(status, "message_id", None)
        return Accepted(str(message.extra_headers.get("Message-ID", "") if provider_id is None else provider_id))

    def _open(self) -> None:
        if self._connection is not None and not _alive(self._connection):
            self._drop()
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):  # gone already, which is what was wanted
                connection.close()


def answer_of(trouble: Exception) -> Answer:
    """The row of the table for what `send_messages` raised. Personal data in the exception goes no further."""
    match trouble:
        case smtplib.SMTPRecipientsRefused():
            code, _text = next(iter(trouble.recipients.values()))
            return smtp_answer(code)
        case smtplib.SMTPResponseException():
            return smtp_answer(trouble.smtp_code)
        case smtplib.SMTPNotSupportedError():
            return NOT_A_LETTER
        case AnymailRecipientsRefused():
            return NO_RECIPIENT
        case AnymailError() if trouble.status_code is not None:
            return http_answer(trouble.status_code)
        case ValueError():
            return NOT_A_LETTER
        case _:
            return BROKEN_OFF


def _alive(connection: Any) -> bool:
    """Whether a kept SMTP connection still answers: found out now, a lost one is not mistaken for a lost letter."""
    smtp = getattr(connection, "connection", None)
    if not isinstance(smtp, smtplib.SMTP):
        return True
    try:
        code, _text = smtp.noop()
    except OSError:
        return False
    return code == 250
