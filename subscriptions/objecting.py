"""Objecting to letters that nobody is owed: reminders to renew, and other offers (GDPR art. 21; CPCE L34-5; law.md 4.9).

One click is enough, without signing in (RFC 8058): the link in the letter is the proof. An objection is a consent that
was refused: a row that stays, also when the account is erased. Letters about a contract that runs are still sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from subscriptions.models import Consent

_SALT = "subscriptions.objecting"
#: What one click refuses.
REFUSED = (Consent.Matter.REMINDERS, Consent.Matter.SIMILAR_OFFERS)


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


def unsubscribe_path(customer_id: int) -> str:
    """Path of the page that stops reminders and offers to one reader. It has no end: letters are kept for years."""
    return f"/desinscription/{signing.Signer(salt=_SALT, sep='.').sign(str(customer_id))}/"


def read_unsubscribe(text: str) -> int:
    """The reader of a link, by primary key. One query. Raises BadLink."""
    try:
        key = int(signing.Signer(salt=_SALT, sep=".").unsign(text))
    except signing.BadSignature:
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    # A record that was merged leads on to the one that took its place.
    people: Any = get_user_model()._default_manager
    return people.filter(pk=key).values_list("merged_into", flat=True).first() or key


@transaction.atomic
def object_to_reminders(customer_id: int, *, words: str, ip: str | None, user_agent: str, at: datetime) -> bool:
    """Keep the objection of a reader, in the words that were answered; False if it was kept before. Safe to repeat."""
    missing = [matter for matter in REFUSED if _last(matter, customer_id) is not False]
    Consent.objects.bulk_create(
        [
            Consent(
                matter=matter,
                given=False,
                words=words,
                customer_id=customer_id,
                ip=ip,
                user_agent=user_agent[:300],
                at=at,
            )
            for matter in missing
        ]
    )
    return bool(missing)


def has_objected(customer_id: int) -> bool:
    """Whether this reader wants no reminders."""
    return _last(Consent.Matter.REMINDERS, customer_id) is False


def last_word(matter: str, customer: str) -> Subquery:
    """The latest yes or no of a customer about a matter, for a query; null if none. `customer`: the outer column."""
    theirs = Q(customer=OuterRef(customer)) | Q(order__customer=OuterRef(customer))
    return Subquery(Consent.objects.filter(theirs, matter=matter).order_by("-at", "-pk").values("given")[:1])


def _last(matter: str, customer_id: int) -> bool | None:
    theirs = Q(customer=customer_id) | Q(order__customer=customer_id)
    return Consent.objects.filter(theirs, matter=matter).order_by("-at", "-pk").values_list("given", flat=True).first()
