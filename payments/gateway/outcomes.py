"""How does what Stripe said become an outcome: a refusal read through the closed table, a status through another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from payments.gateway.codes import TABLE
from payments.gateway.families import SENTENCES, Family
from payments.gateway.seen import Outcome

#: Codes that only say "no": any other code that came along tells more.
VAGUE = frozenset({"card_declined", "generic_decline", "refer_to_customer", "generic_could_not_process"})

#: The networks' hint that is stronger than our table: whoever insists after it is fined.
NEVER_AGAIN = "do_not_try_again"


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal as it was seen.

    ``code`` is the most precise code that Stripe gave, in the table or not; ``retry`` whether the same method can succeed on a later
    day. ``advice`` is the network's hint (``try_again_later``, ``do_not_try_again``, ``confirm_card_data``), ``network_code`` the
    bank's own code; both may be empty.
    """

    code: str
    family: Family
    retry: bool
    outcome: Outcome
    advice: str = ""
    network_code: str = ""

    @property
    def sentence(self) -> Promise:
        """What the reader is told, translated when rendered."""
        return SENTENCES[self.family]


def decline(*codes: str, kind: str = "", advice: str = "", network_code: str = "") -> Decline:
    """The refusal that ``codes``, most precise first, stand for; ``kind`` is the means of payment, if known.

    The first code of the table that says more than "no" wins. A code that is not in the table is kept, in the family ``OTHER``, when
    nothing better came with it: it is never mistaken for a reason that allows a retry.
    """
    said = list(dict.fromkeys(code for code in codes if code))
    known = [code for code in (*said, network_code) if code in TABLE]
    telling = next((code for code in known if code not in VAGUE), None)
    unheard = next((code for code in said if code not in TABLE), None)
    chosen = telling or unheard or next(iter(known), "")
    row = TABLE.get(chosen)
    if row is None:
        return Decline(chosen, Family.OTHER, False, Outcome.DECLINED, advice, network_code)
    retry = row.retry and advice != NEVER_AGAIN
    # A direct debit is presented again for want of funds only (design, section 6).
    if kind == "sepa_debit" and row.family is not Family.INSUFFICIENT_FUNDS:
        retry = False
    return Decline(chosen, row.family, retry, row.outcome, advice, network_code)


def decline_of(error: Mapping[str, Any] | None) -> Decline | None:
    """Read a Stripe error body (``last_payment_error``, ``last_setup_error``, a 402's) as a refusal; None without an error."""
    if not error:
        return None
    method = error.get("payment_method")
    kind = error.get("payment_method_type") or (method.get("type") if isinstance(method, Mapping) else "")
    return decline(
        str(error.get("decline_code") or ""),
        str(error.get("code") or ""),
        kind=str(kind or ""),
        advice=str(error.get("advice_code") or ""),
        network_code=str(error.get("network_decline_code") or ""),
    )


_INTENT: Mapping[str, Outcome] = {
    "requires_payment_method": Outcome.CREATED,
    "requires_confirmation": Outcome.CREATED,
    "requires_action": Outcome.ACTION_REQUIRED,
    "processing": Outcome.PROCESSING,
    "succeeded": Outcome.SUCCEEDED,
    "canceled": Outcome.CANCELLED,
}


def outcome_of(status: str, refused: Decline | None) -> Outcome:
    """Where an intent with this Stripe status and last refusal stands.

    ``requires_payment_method`` means "never tried" without a refusal, "declined" with one, and "the reader must act" when the
    bank asked for authentication: the same answer whether the exception or the event told us. A status we do not know
    (``requires_capture`` included: we never capture by hand) is ``UNKNOWN``, never a guess.
    """
    if status == "requires_payment_method" and refused is not None:
        return refused.outcome
    return _INTENT.get(status, Outcome.UNKNOWN)
