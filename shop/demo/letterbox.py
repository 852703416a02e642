"""A letter box that takes every letter and sends none: the made-up letters are old, and stay stored as sent."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from shop.demo.people import CLOSED_DOMAIN


class SilentBackend(BaseEmailBackend):
    """Accepts letters as a mail server would; one domain is unknown to it, so that a desk has something to do."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were taken. Raises what smtplib raises for an address nobody has."""
        for message in email_messages:
            lost = [to for to in message.recipients() if to.rstrip(">").endswith(f"@{CLOSED_DOMAIN}")]
            if lost:
                raise smtplib.SMTPRecipientsRefused(dict.fromkeys(lost, (550, b"5.1.1 no such mailbox")))
        return len(email_messages)
