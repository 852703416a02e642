"""Why a bank said no, as far as what we do next depends on it, and what the reader is told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Family(StrEnum):
    """The reasons that lead to different acts or different sentences."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    AUTHENTICATION_REQUIRED = "authentication_required"
    AUTHENTICATION_FAILED = "authentication_failed"
    TRY_LATER = "try_later"
    DO_NOT_HONOUR = "do_not_honour"
    EXPIRED = "expired"
    INCORRECT_DETAILS = "incorrect_details"
    LOST_OR_STOLEN = "lost_or_stolen"
    FRAUD = "fraud"
    NOT_SUPPORTED = "not_supported"
    REVOKED = "revoked"
    MANDATE_INVALID = "mandate_invalid"
    METHOD_GONE = "method_gone"
    ACCOUNT_CLOSED = "account_closed"
    DUPLICATE = "duplicate"
    DECEASED = "deceased"
    OTHER = "other"


#: Lost, stolen and suspected cards share one sentence that says nothing of the reason, on purpose: Stripe asks that it never
#: be told to whoever holds the card, who may not be its owner.
_SAYING_NOTHING = _("The payment was refused. Please use another means of payment or contact your bank.")

#: What the reader is told, per family: what happened, then what to do.
SENTENCES: Mapping[Family, Promise] = {
    Family.INSUFFICIENT_FUNDS: _(
        "Your bank refused the payment because your balance or your card limit does not cover the amount. "
        "Please try again later or use another means of payment."
    ),
    Family.AUTHENTICATION_REQUIRED: _(
        "Your bank asks you to confirm this payment yourself. Please pay on the secure page and follow its steps."
    ),
    Family.AUTHENTICATION_FAILED: _(
        "The confirmation asked for by your bank did not succeed. Please try again, or use another means of payment."
    ),
    Family.TRY_LATER: _("The payment could not be made for a technical reason. Please try again a little later."),
    Family.DO_NOT_HONOUR: _(
        "Your bank refused the payment without saying why. Please contact your bank or use another means of payment."
    ),
    Family.EXPIRED: _("Your card has expired. Please use another card."),
    Family.INCORRECT_DETAILS: _(
        "Some details of your card or bank account are not right. Please check them and enter them again."
    ),
    Family.LOST_OR_STOLEN: _SAYING_NOTHING,
    Family.FRAUD: _SAYING_NOTHING,
    Family.NOT_SUPPORTED: _(
        "This card or bank account cannot be used for this payment. Please use another means of payment."
    ),
    Family.REVOKED: _(
        "Payments to us are stopped on your card or bank account. "
        "Please contact your bank or use another means of payment."
    ),
    Family.MANDATE_INVALID: _(
        "The authority to debit your account is missing or no longer valid. Please enter your means of payment again."
    ),
    Family.METHOD_GONE: _("The saved means of payment can no longer be used. Please enter a new one."),
    Family.ACCOUNT_CLOSED: _("The bank account is closed or blocked. Please use another means of payment."),
    Family.DUPLICATE: _(
        "Your bank believes that this payment was made a moment ago. Please look at your account before trying again."
    ),
    Family.DECEASED: _("The bank can no longer make payments from this account. Please contact us."),
    Family.OTHER: _("The payment was refused. Please try again or use another means of payment."),
}
