"""Agreeing to read on a screen: asked once for each contract, before the first download, and confirmed by a letter.

Three things are wanted so that the right to withdraw from digital content ends (C. conso L221-28, 13°): a prior express
consent, the acknowledgement of what is lost by it, and a confirmation that lasts. What is printed keeps its own right.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from subscriptions.digital.rights import readable
from subscriptions.models import DigitalConsent, Subscription
from subscriptions.notices.telling import tell_reader

#: Beside the box, in French as every text that is agreed to.
WORDS = (
    "Je demande à accéder dès maintenant à l’édition numérique, et je reconnais perdre mon droit de rétractation pour "
    "cette partie de mon abonnement dès le premier téléchargement."
)
LETTER = "digital_agreed"


class NothingToRead(ValidationError):
    """There is nothing to agree to; the message is for the reader."""


@transaction.atomic
def agree(
    subscription_id: int, number: int, reader: Any, *, text_id: int, actor: Actor, on: date, at: datetime
) -> DigitalConsent:
    """Keep the yes of a reader for the contract by which issue `number` comes, and queue its letter. Safe to repeat.

    `text_id`: the version that was shown. Raises NothingToRead where the reader has no right to that issue, or the text is
    another one by now. Locks the subscription.
    """
    subscription = Subscription.objects.select_for_update(no_key=True).get(pk=subscription_id)
    found = readable([subscription], reader_id=reader.pk, on=on).get((subscription_id, number))
    if found is None:
        raise NothingToRead(_("This issue cannot be read online by this subscription."), code="right")
    if found.agreed is not None:
        return found.agreed
    if found.rule.text_id != text_id:
        raise NothingToRead(_("The text has changed since this page was shown. Please read it again."), code="text")
    consent = DigitalConsent.objects.create(
        term=found.contract, customer=reader, text_id=text_id, words=WORDS, actor=str(actor), at=at
    )
    tell_reader(reader, LETTER, f"{LETTER}:consent:{consent.pk}", {"consent_id": consent.pk}, at=at)
    return consent
