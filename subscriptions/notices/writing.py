"""A letter written out: subject, HTML and plain text from the templates, files attached, ready for any mail backend."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.crypto import salted_hmac

from payments.days import PARIS
from subscriptions.models import Notice
from subscriptions.notices.french import spaced
from subscriptions.notices.letter import Context, Letter
from subscriptions.notices.paths import ACCOUNT, PRIVACY, SIGN_IN, absolute
from subscriptions.notices.plain import plain_text
from subscriptions.returns.tokens import return_address

FOLDER = "letters"
_PREVIEW = re.compile("<mj-preview>.*?</mj-preview>", re.DOTALL)


class WrittenLetter(EmailMultiAlternatives):
    """A message whose MIME form is made once, so that the bytes kept are the bytes sent."""

    _mime: Any = None

    def message(self, *args: Any, **options: Any) -> Any:
        """The MIME message, the same object every time."""
        if self._mime is None:
            self._mime = super().message(*args, **options)
        return self._mime

    def as_sent(self) -> bytes:
        """The whole message as it travels."""
        return bytes(self.message().as_bytes(linesep="\r\n"))


def write(notice: Notice, letter: Letter, context: Context, *, at: datetime) -> WrittenLetter:
    """Write `notice` from `context`. Sets the files too, which may take some tens of milliseconds each.

    The Message-ID is the letter's own, the same at every try: a mailbox that gets it twice shows it once.
    """
    subject, html, text = texts(notice, context)
    returns_to = return_address(notice)
    message = WrittenLetter(
        subject=subject,
        body=text,
        # What comes back comes back to an address that names the letter; the reader sees the other one.
        from_email=returns_to or settings.DEFAULT_FROM_EMAIL,
        to=[mailbox(notice.to_name, notice.to_email)],
        headers={
            "Message-ID": message_id(notice),
            "Date": format_datetime(at.astimezone(PARIS)),
            "Auto-Submitted": "auto-generated",
            **({"From": settings.DEFAULT_FROM_EMAIL} if returns_to else {}),
            "Content-Language": notice.language,
        },
    )
    if letter.one_click:
        message.extra_headers["List-Unsubscribe"] = f"<{context['unsubscribe_url']}>"
        message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if settings.PUBLISHER["email"] != parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        message.reply_to = [settings.PUBLISHER["email"]]
    message.attach_alternative(html, "text/html")
    for file in letter.attachments(context, at=at):
        message.attach(file.name, file.body, file.media_type)
    return message


def texts(notice: Notice, context: Context) -> tuple[str, str, str]:
    """(subject, HTML, plain text) of a letter."""
    # Imported when the first letter is written: a web process that writes none does not carry it.
    from mjml import mjml2html

    subject, source = source_of(notice, {**context, **everywhere()})
    # Without `fonts` the letters would link a host of fonts.
    html = str(mjml2html(source, fonts={}))
    # Readers of screens look for a main region, which the wrapper of the letter is.
    html = html.replace('role="article"', 'role="main"', 1).replace(' aria-roledescription="email"', "", 1)
    return subject, html, plain_text(source)


def source_of(notice: Notice, said: Context) -> tuple[str, str]:
    """(subject, source) of a letter, from everything that it may name: what its e-mail and its paper are both made of."""
    place = f"{FOLDER}/{notice.language}/{notice.kind}"
    said = {**said, "to_name": notice.to_name}
    with translation.override(notice.language):
        # A name that an import or an older form has kept with a line break must not keep the letter back.
        subject = spaced(" ".join(render_to_string(f"{place}.subject.txt", said).strip().splitlines()))
        return subject, _spaced(render_to_string(f"{place}.mjml", {**said, "subject": subject}))


def _spaced(source: str) -> str:
    """French spaces in what is read, not in the style sheet."""
    head, end, body = source.partition("</mj-head>")
    return _PREVIEW.sub(lambda found: spaced(found[0]), head) + end + spaced(body)


def everywhere() -> Context:
    """What any letter may name."""
    return {
        "publisher": settings.PUBLISHER,
        "account_url": absolute(ACCOUNT),
        "sign_in_url": absolute(SIGN_IN),
        "privacy_url": absolute(PRIVACY),
    }


def mailbox(name: str, email: str) -> str:
    """« "Camille Lenoir" <camille@example.fr> », or the bare address."""
    if not name:
        return email
    quoted = name.replace("\\", "").replace('"', "")
    return f'"{quoted}" <{email}>'


def message_id(notice: Notice) -> str:
    """An id that says nothing of the matter and is the same for the same letter."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{salted_hmac('notice', notice.matter).hexdigest()[:32]}@{domain}>"
