"""/_control/: driving the stand-in. JSON in and out, with the test key; GET /_control/ is a page for people."""

import json
from collections.abc import Callable
from typing import Any

from payments.sandbox import disputing, misbehaviour, paying_out
from payments.sandbox.api import Api, authenticate
from payments.sandbox.cards import CARDS
from payments.sandbox.errors import ApiError, invalid, malformed, unrecognized_url
from payments.sandbox.ibans import ACCOUNTS, FAILURES
from payments.sandbox.pages import guide
from payments.sandbox.rendering import dumped, rendered
from payments.sandbox.store import Obj
from payments.sandbox.webhooks import Deliverer
from payments.sandbox.wire import Request, Response
from payments.sandbox.world import World

CHANGEABLE = ("webhook_url", "webhook_secret", "events", "fee_seconds", "sepa_seconds", "writes_per_second", "payouts")


class Control:
    """Each command is one method named after its address; all run under the world's lock."""

    def __init__(self, world: World, api: Api, webhooks: Deliverer) -> None:
        self._world, self._api, self._webhooks = world, api, webhooks
        self._commands: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._set_clock,
            ("GET", "charges"): self._charges,
            ("GET", "requests"): lambda _: list(self._api.requests),
            ("GET", "rules"): lambda _: [rendered(rule) for rule in self._world.store.all("_rule")],
            ("POST", "rules"): lambda given: rendered(misbehaviour.add(self._world, given)),
            ("DELETE", "rules"): self._forget_rules,
            ("GET", "deliveries"): lambda _: [rendered(one) for one in self._world.store.all("_delivery")],
            ("POST", "release"): self._release,
            ("POST", "settle"): self._settle,
            ("POST", "card"): self._card,
            ("POST", "payouts"): self._payouts,
            ("POST", "payout"): self._payout,
            ("POST", "payout_fails"): self._payout_fails,
            ("POST", "movement"): self._movement,
            ("POST", "dispute"): self._dispute,
            ("POST", "dispute_decided"): self._dispute_decided,
            ("POST", "fraud_warning"): self._fraud_warning,
            ("POST", "settings"): self._settings,
            ("POST", "reset"): self._reset,
        }

    def answer(self, request: Request) -> Response:
        """The page, or one command's JSON; errors in Stripe's shape."""
        name = request.path.removeprefix("/_control").strip("/")
        if request.method == "GET" and not name:
            return guide.page(request.origin)
        try:
            authenticate(request, self._world.settings.key)
            command = self._commands.get((request.method, name))
            if command is None:
                raise unrecognized_url(request.method, request.path)
            with self._world.lock:
                self._world.run_due()
                body = dumped(command(_json(request.body)))
                self._world.store.commit()
            return Response(200, body, {"Content-Type": "application/json"})
        except ApiError as error:
            return Response(error.status, dumped(error.body()), {"Content-Type": "application/json"})

    def _clock(self, _: dict[str, Any]) -> Obj:
        return {"now": self._world.clock.now(), "frozen": self._world.clock.frozen}

    def _set_clock(self, given: dict[str, Any]) -> Obj:
        """`advance` seconds, or `now`; planned things happen on the way. `frozen` stops or starts it."""
        clock = self._world.clock
        if "frozen" in given:
            clock.freeze() if given["frozen"] else clock.release()
        target = int(given.get("now", clock.now())) + int(given.get("advance", 0))
        self._world.travel(target)
        self._world.woken.set()
        return self._clock({})

    def _charges(self, given: dict[str, Any]) -> list[Obj]:
        """Money that was really taken: every charge that succeeded, whatever was given back since."""
        return [rendered(charge) for charge in self._world.store.all("charge") if charge["status"] == "succeeded"]

    def _forget_rules(self, _: dict[str, Any]) -> Obj:
        for rule in self._world.store.all("_rule"):
            self._world.store.remove(rule)
        return {"rules": 0}

    def _release(self, _: dict[str, Any]) -> Obj:
        self._webhooks.release()
        return {"released": True}

    def _settle(self, given: dict[str, Any]) -> Obj:
        """End a SEPA debit now: `payment_intent`, and `failure` if it is to come back unpaid. Prices charges too."""
        if "payment_intent" not in given:
            for doing in ("settle_debit", "price", "settle_refund"):
                for job in self._world.store.all("_job"):
                    if job["doing"] == doing:
                        self._world.run_now(doing, job["target"])
            return {"settled": "all"}
        intent = self._world.need("payment_intent", given["payment_intent"])
        failure = given.get("failure")
        if failure is not None and failure not in FAILURES:
            raise malformed(f"Unknown failure {failure!r}: one of {', '.join(FAILURES)}.", param="failure")
        if intent["status"] != "processing":
            raise invalid(f"This PaymentIntent has a status of {intent['status']}.", payment_intent=rendered(intent))
        if failure is not None:
            self._world.change(intent, _failure=failure)
        self._world.run_now("settle_debit", intent["id"])
        return rendered(intent)

    def _card(self, given: dict[str, Any]) -> Obj:
        """From now on a saved method behaves as another test card or account: `payment_method`, `number`."""
        method, number = self._world.need("payment_method", given["payment_method"]), given["number"]
        if number not in (CARDS if method["type"] == "card" else ACCOUNTS):
            raise malformed(f"Not a test card or account: {number}", param="number")
        field = "_number" if method["type"] == "card" else "_iban"
        return rendered(self._world.change(method, **{field: number}))

    def _payouts(self, _: dict[str, Any]) -> Obj:
        """Pay out now what is available, as Stripe does each banking day: one automatic payout per currency."""
        return {"payouts": [rendered(one) for one in paying_out.pay_out(self._world)]}

    def _payout(self, given: dict[str, Any]) -> Obj:
        """A payout that somebody asks for: `amount` in cents, `currency`, `instant`. Its movements are not itemised."""
        return rendered(
            paying_out.by_hand(
                self._world,
                int(given["amount"]),
                currency=given.get("currency", "eur"),
                instant=bool(given.get("instant")),
            )
        )

    def _payout_fails(self, given: dict[str, Any]) -> Obj:
        """The bank sends `payout` back with `code`, paid or not; with `cancel` it is called off before it leaves."""
        if given.get("cancel"):
            return rendered(paying_out.cancel(self._world, given["payout"]))
        return rendered(paying_out.fail(self._world, given["payout"], code=given.get("code", "account_closed")))

    def _movement(self, given: dict[str, Any]) -> Obj:
        """A line of Stripe's own: `type`, `category`, `amount`, `fee`, `description`, `currency`."""
        return rendered(
            paying_out.own_line(
                self._world,
                given["type"],
                int(given["amount"]),
                fee=int(given.get("fee", 0)),
                category=given.get("category", ""),
                currency=given.get("currency", "eur"),
                description=given.get("description"),
            )
        )

    def _dispute(self, given: dict[str, Any]) -> Obj:
        """The holder of `charge` contests it for `reason`; with `inquiry` the bank asks first. Or `escalate` an inquiry."""
        if "escalate" in given:
            return rendered(disputing.escalate(self._world, given["escalate"]))
        reason, inquiry = given.get("reason", "product_not_received"), bool(given.get("inquiry"))
        return rendered(disputing.dispute(self._world, given["charge"], reason=reason, inquiry=inquiry))

    def _dispute_decided(self, given: dict[str, Any]) -> Obj:
        """The bank has decided about `dispute`: `won`, or not; `prevented`: an inquiry that was settled before."""
        prevented = bool(given.get("prevented"))
        return rendered(disputing.close(self._world, given["dispute"], won=bool(given.get("won")), prevented=prevented))

    def _fraud_warning(self, given: dict[str, Any]) -> Obj:
        """The network warns that `charge` may be fraud."""
        return rendered(disputing.warn(self._world, given["charge"]))

    def _settings(self, given: dict[str, Any]) -> Obj:
        for name, value in given.items():
            if name not in CHANGEABLE:
                raise malformed(f"Unknown setting {name!r}: one of {', '.join(CHANGEABLE)}.", param=name)
            setattr(self._world.settings, name, tuple(value) if name == "events" else value)
        if self._world.settings.payouts == "daily":
            paying_out.plan(self._world)
        self._world.woken.set()
        return {name: getattr(self._world.settings, name) for name in CHANGEABLE if name != "webhook_secret"}

    def _reset(self, _: dict[str, Any]) -> Obj:
        self._world.forget()
        self._api.requests.clear()
        return {"reset": True}


def _json(body: str) -> dict[str, Any]:
    try:
        given = json.loads(body or "{}")
    except ValueError:
        raise malformed("The body is no JSON.") from None
    if not isinstance(given, dict):
        raise malformed("The body must be a JSON object.")
    return given
