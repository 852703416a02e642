"""Signed links to a refund by transfer: the page on which a reader names their account, without signing in.

A link ends with its transfer: an account is taken, and may be corrected, until the bank has the order.
"""

from __future__ import annotations

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.models import Transfer

_SALT = "subscriptions.transfer_links"


class BadLink(ValidationError):
    """The link was not made by us, or not copied whole; the message is for the reader."""


def token(transfer: Transfer) -> str:
    """The signed name of a transfer in links."""
    return signing.Signer(salt=_SALT, sep=".").sign(str(transfer.pk))


def account_path(transfer: Transfer) -> str:
    """Path of the page on which the reader names the account, without signing in."""
    return f"/remboursement/{token(transfer)}/"


def read_token(text: str) -> Transfer:
    """The transfer of a link. One query. Raises BadLink."""
    try:
        key = int(signing.Signer(salt=_SALT, sep=".").unsign(text))
    except (signing.BadSignature, ValueError):
        raise BadLink(
            _("This link is not complete or was changed. Please copy it whole from our letter."), code="bad_link"
        ) from None
    found = Transfer.objects.select_related("payment", "credit_note").filter(pk=key).first()
    if found is None:
        raise BadLink(_("This link leads to no refund of ours."), code="bad_link")
    return found
