"""Why a bank refuses: Stripe's code, the network's, what Stripe advises, and the sentence the reader sees.

After https://docs.stripe.com/declines/codes; codes that are not `card_declined` stand for themselves.
"""

from dataclasses import dataclass
from typing import Any

from payments.sandbox.errors import ApiError
from payments.sandbox.store import Obj


@dataclass(frozen=True)
class Decline:
    """`decline_code` is always told; `code` is what the error itself carries."""

    decline_code: str
    message: str
    french: str
    code: str = "card_declined"
    network: str | None = "05"
    advice: str | None = "try_again_later"
    param: str | None = None
    outcome: str = "issuer_declined"


_REFUSED = "Your card was declined."
_BANK = "Votre carte a été refusée. Essayez une autre carte ou un autre moyen de paiement."
_FUNDS = "La provision de votre compte est insuffisante. Essayez une autre carte ou un autre moyen de paiement."
_LOST = "do_not_try_again"

_ALL = (
    Decline("generic_decline", _REFUSED, _BANK),
    Decline("do_not_honor", _REFUSED, _BANK),
    Decline("insufficient_funds", "Your card has insufficient funds.", _FUNDS, network="51"),
    Decline("lost_card", _REFUSED, _BANK, network="41", advice=_LOST),
    Decline("stolen_card", _REFUSED, _BANK, network="43", advice=_LOST),
    Decline("pickup_card", _REFUSED, _BANK, network="04", advice=_LOST),
    Decline("fraudulent", _REFUSED, _BANK, network=None, advice=_LOST, outcome="blocked"),
    Decline(
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
        "Votre carte a été utilisée trop souvent. Attendez, ou essayez une autre carte.",
        network="65",
    ),
    Decline(
        "expired_card",
        "Your card has expired.",
        "Votre carte a expiré. Essayez une autre carte.",
        code="expired_card",
        network="54",
        advice="confirm_card_data",
        param="exp_month",
    ),
    Decline(
        "incorrect_cvc",
        "Your card's security code is incorrect.",
        "Le code de sécurité de votre carte est faux. Vérifiez les trois chiffres au dos.",
        code="incorrect_cvc",
        network="N7",
        advice="confirm_card_data",
        param="cvc",
    ),
    Decline(
        "incorrect_number",
        "Your card number is incorrect.",
        "Le numéro de la carte est faux. Vérifiez-le.",
        code="incorrect_number",
        network="14",
        advice="confirm_card_data",
        param="number",
    ),
    Decline(
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
        "Une erreur est survenue pendant le traitement de votre carte. Réessayez dans un instant.",
        code="processing_error",
        network="96",
    ),
    Decline(
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
        "Votre banque demande que vous vous identifiiez.",
        code="authentication_required",
        network="1A",
        advice=None,
    ),
)
DECLINES = {decline.decline_code: decline for decline in _ALL}

# A refusal that is no card decline: the reader did not, or could not, prove to be the holder.
AUTHENTICATION_MESSAGE = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod "
    "to attempt to fulfill this PaymentIntent again."
)
AUTHENTICATION_FRENCH = (
    "Votre banque n’a pas pu vérifier votre identité. Réessayez, ou choisissez un autre moyen de paiement."
)


def error(decline: Decline, charge: str | None = None) -> Obj:
    """The error object of a decline, as it stands in a 402 and in `last_payment_error`."""
    found: Obj = {
        "advice_code": decline.advice,
        "charge": charge,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "network_decline_code": decline.network,
        "param": decline.param,
        "type": "card_error",
    }
    return {name: value for name, value in found.items() if value is not None}


def refused(decline: Decline, *, charge: str | None = None, **more: Any) -> ApiError:
    """The 402 of a decline; `more` names the objects it concerns (payment_intent, payment_method)."""
    found = error(decline, charge)
    known = {name: found.pop(name, None) for name in ("message", "type", "code", "param", "doc_url")}
    return ApiError(
        402, known["message"], kind=known["type"], code=known["code"], param=known["param"], **found, **more
    )
