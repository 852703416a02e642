"""What is only read here: charges, balance and its movements, events, mandates, payouts and warnings of fraud."""

from typing import Any

from stripe._balance_service import BalanceService
from stripe._balance_transaction_service import BalanceTransactionService
from stripe._charge_service import ChargeService
from stripe._event_service import EventService
from stripe._mandate_service import MandateService
from stripe._payout_service import PayoutService
from stripe.radar._early_fraud_warning_service import EarlyFraudWarningService

from payments.sandbox.calls import Call, Route, described, with_metadata
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.store import Obj


def _retrieve(kind: str) -> Any:
    def retrieve(call: Call) -> Obj:
        return call.world.need(kind, call.ids[0])

    return retrieve


def charges(call: Call) -> Obj:
    """Charges, newest first, by customer or intent."""
    params = call.params
    where = {"customer": params.get("customer"), "payment_intent": params.get("payment_intent")}
    return page(call.path, call.world.store.newest("charge", **where), params)


def update_charge(call: Call) -> Obj:
    """Change a charge's words; its money never."""
    charge = call.world.need("charge", call.ids[0])
    changes = {**described(call.params, ("description", "receipt_email")), **with_metadata(charge, call)}
    previous = {name: charge.get(name) for name in changes}
    call.world.emit("charge.updated", call.world.change(charge, **changes), previous=previous)
    return charge


def movements(call: Call) -> Obj:
    """Lines of the balance, newest first, by type, source or payout."""
    kind, payout = call.params.get("type"), call.params.get("payout")
    currency = call.params.get("currency")
    if payout is not None and not call.world.need("payout", payout, param="payout", status=400)["automatic"]:
        raise invalid(
            "Balance transaction history can only be filtered on automatic transfers, not manual.", param="payout"
        )
    found = call.world.store.newest("balance_transaction", source=call.params.get("source"), _payout=payout)
    return page(
        call.path,
        found,
        call.params,
        only=lambda one: kind in (None, one["type"]) and currency in (None, one["currency"]),
    )


def movement(call: Call) -> Obj:
    """One line of the balance."""
    return call.world.need("balance_transaction", call.ids[0])


def balance(call: Call) -> Obj:
    """What is available and what is still pending, in cents; euros only."""
    sums = {"available": {"card": 0, "sepa_debit": 0}, "pending": {"card": 0, "sepa_debit": 0}}
    for line in call.world.store.all("balance_transaction"):
        if line["currency"] != "eur":
            continue
        sums[line["status"]]["sepa_debit" if line["type"].startswith("payment") else "card"] += line["net"]
    shown = {
        state: [{"amount": sum(kinds.values()), "currency": "eur", "source_types": kinds}]
        for state, kinds in sums.items()
    }
    return {"object": "balance", "livemode": False, **shown}


def events(call: Call) -> Obj:
    """Events of the last 30 days, newest first, by type and by whether their delivery succeeded."""
    params = call.params
    if "type" in params and "types" in params:
        raise malformed("You may only specify one of these parameters: type, types.")
    wanted = params.get("types") or ([params["type"]] if "type" in params else None)
    delivered = params.get("delivery_success")

    def only(event: Obj) -> bool:
        return (wanted is None or any(_names(pattern, event["type"]) for pattern in wanted)) and (
            delivered is None or delivered == (event["pending_webhooks"] == 0)
        )

    return page(call.path, call.world.store.newest("event"), params, only=only)


def payouts(call: Call) -> Obj:
    """Payouts, newest first, by status."""
    status = call.params.get("status")
    found = call.world.store.newest("payout")
    return page(call.path, found, call.params, only=lambda one: status in (None, one["status"]))


def warnings(call: Call) -> Obj:
    """Fraud warnings of the networks, newest first."""
    where = {"charge": call.params.get("charge"), "payment_intent": call.params.get("payment_intent")}
    return page(call.path, call.world.store.newest("radar.early_fraud_warning", **where), call.params)


def _names(pattern: str, kind: str) -> bool:
    return pattern == kind or (pattern.endswith("*") and kind.startswith(pattern[:-1]))


ROUTES = (
    Route(ChargeService, "retrieve", _retrieve("charge")),
    Route(ChargeService, "update", update_charge),
    Route(ChargeService, "list", charges),
    Route(BalanceService, "retrieve", balance),
    Route(BalanceTransactionService, "retrieve", movement),
    Route(BalanceTransactionService, "list", movements),
    Route(EventService, "retrieve", _retrieve("event")),
    Route(EventService, "list", events),
    Route(MandateService, "retrieve", _retrieve("mandate")),
    Route(PayoutService, "retrieve", _retrieve("payout")),
    Route(PayoutService, "list", payouts),
    Route(EarlyFraudWarningService, "retrieve", _retrieve("radar.early_fraud_warning")),
    Route(EarlyFraudWarningService, "list", warnings),
)
