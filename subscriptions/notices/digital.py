"""What the letter about the digital edition says: what was agreed to, word for word, and what it does (C. conso L221-13)."""

from __future__ import annotations

from django.utils.html import strip_tags

from subscriptions.models import DigitalConsent
from subscriptions.notices.french import moment
from subscriptions.notices.letter import Context, Facts
from subscriptions.notices.paths import ACCOUNT, absolute, public_function


def agreed(facts: Facts) -> Context:
    """A reader's yes, with the text that they read."""
    rows = DigitalConsent.objects.select_related("term__subscription__magazine", "text")
    consent = rows.get(pk=facts["consent_id"])
    subscription = consent.term.subscription
    return {
        "consent": consent,
        "title": subscription.magazine.title,
        "subscriber_number": subscription.number or "",
        "agreed": moment(consent.at),
        "words": consent.words,
        "version": consent.text.version,
        "paragraphs": [
            strip_tags(part).strip() for part in consent.text.html.split("</p>") if strip_tags(part).strip()
        ],
        "gift": subscription.is_gift,
        "account_url": absolute(ACCOUNT),
        "withdraw_url": public_function("withdraw"),
    }
