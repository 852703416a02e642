"""How a recipient finds their page: by the signed link of a letter, or by the code that stands on the card.

The code is random, of an alphabet without look-alikes and with a check character (`references`); what opens the page is
signed, and says nothing. Neither ends: a card may be found again in a drawer, and the page then says what became of it.
"""

from __future__ import annotations

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from subscriptions.gifts.wishing import PREFIX
from subscriptions.models import Gift
from subscriptions.references import NotAReference, read_reference

_SALT = "subscriptions.gifts.links"
_AGAIN = "subscriptions.gifts.links.again"
BY_CODE = "/cadeau/"


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


class BadCode(ValidationError):
    """No gift has this code; the message is for the reader, and the same whatever was wrong."""


def gift_token(gift: Gift) -> str:
    """The signed name of a gift in its recipient's links."""
    return signing.Signer(salt=_SALT, sep=".").sign(str(gift.pk))


def gift_path(gift: Gift) -> str:
    """Path of the recipient's page."""
    return f"{BY_CODE}{gift_token(gift)}/"


def stop_path(gift: Gift) -> str:
    """Path of the page that stops reminders to a recipient without an account."""
    return f"{gift_path(gift)}rappels/"


def read_gift(text: str) -> Gift:
    """The gift of a recipient's link, paid or taken back. One query. Raises BadLink."""
    return _read(text, _SALT)


def read_code(text: str) -> Gift:
    """The gift of a code as somebody typed it. One query. Raises BadCode, whatever was wrong."""
    refused = BadCode(
        _("No gift has this code. It stands on the card and looks like CAD-4K7-PX2-9HT: compare each character."),
        code="bad_code",
    )
    try:
        code = read_reference(text, prefix=PREFIX)
    except NotAReference:
        raise refused from None
    found = _gifts().filter(code=code).exclude(state=Gift.State.ORDERED).first()
    if found is None:
        raise refused
    return found


def again_token(gift: Gift) -> str:
    """The signed name of a gift in the links by which its giver gives it for another year."""
    return signing.Signer(salt=_AGAIN, sep=".").sign(str(gift.pk))


def again_path(gift: Gift, *, source: str = "") -> str:
    """Path of the order page that gives another year; `source`: the letter it stands in."""
    return f"/offrir/encore/{again_token(gift)}/" + (f"?source={source}" if source else "")


def read_again(text: str) -> Gift:
    """The gift that its giver goes on giving. One query. Raises BadLink."""
    return _read(text, _AGAIN)


def _read(text: str, salt: str) -> Gift:
    bad = BadLink(_("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link")
    try:
        key = int(signing.Signer(salt=salt, sep=".").unsign(text))
    except (signing.BadSignature, ValueError):
        raise bad from None
    found = _gifts().filter(pk=key).exclude(state=Gift.State.ORDERED).first()
    if found is None:
        raise bad
    return found


def _gifts() -> QuerySet[Gift]:
    return Gift.objects.select_related(
        "order__customer", "subscription__recipient__address", "subscription__magazine", "claimed_by"
    )
