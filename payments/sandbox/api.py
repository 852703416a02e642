"""One request to Stripe's API from header to answer: key, version, limit, idempotency, parameters, handler, error."""

import base64
import binascii
import logging
import secrets
import time
from collections import deque

from stripe import api_version

from payments.sandbox import forms, misbehaviour, parameters
from payments.sandbox.calls import Call, Params
from payments.sandbox.errors import ApiError, broken, invalid, lock_timeout, rate_limited, unauthorized
from payments.sandbox.expansion import expanded
from payments.sandbox.idempotency import Keys
from payments.sandbox.rendering import dumped, rendered
from payments.sandbox.routes import Match, included, match
from payments.sandbox.store import Obj
from payments.sandbox.wire import Dropped, Request, Response
from payments.sandbox.world import World

log = logging.getLogger(__name__)
REQUESTS_KEPT = 2_000


class Api:
    """Answers /v1. The world's lock is held while a request executes, never while it is made to wait."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.keys = Keys(world)
        self.requests: deque[Obj] = deque(maxlen=REQUESTS_KEPT)
        self._writes: deque[float] = deque()

    def answer(self, request: Request) -> Response:
        """The answer, with the headers Stripe sends. Raises Dropped when told to close the connection instead."""
        noted: Obj = {
            "request_id": f"req_{secrets.token_hex(7)}",
            "method": request.method,
            "path": request.path,
            "idempotency_key": request.headers.get("idempotency-key"),
            "status": None,
            "replayed": False,
        }
        with self._world.lock:
            self.requests.append(noted)
        response = self._answer(request, noted)
        response.headers |= {
            "Content-Type": "application/json",
            "Request-Id": noted["request_id"],
            "Stripe-Version": api_version,
        }
        if noted["idempotency_key"] and request.method == "POST":
            response.headers["Idempotency-Key"] = noted["idempotency_key"]
        noted["status"] = response.status
        return response

    def _answer(self, request: Request, noted: Obj) -> Response:
        key = noted["idempotency_key"] if request.method == "POST" else None
        form = request.body if request.method == "POST" else request.query
        begun = False
        try:
            authenticate(request, self._world.settings.key)
            found = match(request.method, request.path)
            self._limit(request.method)
            with self._world.lock:
                rule = misbehaviour.take(self._world, request.method, request.path)
                self._world.store.commit()
                if key and (replay := self.keys.begin(key, request.method, request.path, form)):
                    noted["replayed"] = True
                    return replay
            begun = bool(key)
            return self._obey(rule, request, found, form, key if begun else None, noted)
        except ApiError as error:
            return self._refusal(error, noted)
        finally:
            if begun and key:
                with self._world.lock:
                    self.keys.release(key)

    def _obey(
        self, rule: Obj | None, request: Request, found: Match, form: str, key: str | None, noted: Obj
    ) -> Response:
        """Execute, misbehaving before or after as the rule says."""
        action = rule["action"] if rule else ""
        if rule is not None and action in ("delay", "timeout_before"):
            time.sleep(rule["seconds"])
        if action == "timeout_before":
            raise Dropped
        if rule is not None and action == "error_before":
            raise broken(rule["status"])
        if action in ("rate_limit", "lock_timeout"):
            raise rate_limited() if action == "rate_limit" else lock_timeout()
        spoiled = broken(rule["status"]) if rule is not None and action == "error_after" else None
        response = self._execute(request, found, form, key, noted, spoiled)
        if rule is not None and action in ("delay_after", "timeout_after"):
            time.sleep(rule["seconds"])
        if action == "timeout_after":
            raise Dropped
        return response

    def _execute(
        self, request: Request, found: Match, form: str, key: str | None, noted: Obj, spoiled: ApiError | None
    ) -> Response:
        """Run the handler under the lock; what it leaves behind and the remembered answer are written together."""
        world = self._world
        noted["params"] = given = forms.parse(form)
        params = Params(parameters.check(given, found.endpoint.shape))
        with world.lock:
            world.request = {"id": noted["request_id"], "idempotency_key": key}
            try:
                world.run_due()
                call = Call(world, request.path, found.ids, params, request.origin, request.upload)
                response = Response(200, dumped(self._shown(found.answer(call), params.get("expand") or [])))
                noted["ignored"] = params.ignored()
                if noted["ignored"]:
                    log.warning("%s knows but does not honour: %s", found.endpoint.path, ", ".join(noted["ignored"]))
            except ApiError as error:
                if not error.executed:
                    raise
                response = self._refusal(error, noted)
            except Exception:
                log.exception("the stand-in failed at %s %s", request.method, found.endpoint.path)
                response = self._refusal(broken(), noted)
            finally:
                world.request = {"id": None, "idempotency_key": None}
            if spoiled is not None:
                response = self._refusal(spoiled, noted)
            response.headers["Request-Id"] = noted["request_id"]
            if key:
                self.keys.remember(key, request.method, request.path, form, response)
            world.store.commit()
        return response

    def _shown(self, answer: Obj, paths: list[str]) -> Obj:
        if answer["object"] == "list":
            shown = {**answer, "data": [rendered(one) for one in answer["data"]]}
        else:
            shown = rendered(answer)
        return expanded(shown, paths, self._world.store, included(self._world))

    def _refusal(self, error: ApiError, noted: Obj) -> Response:
        body = error.body()
        noted["error"] = {name: body["error"].get(name) for name in ("type", "code", "decline_code", "message")}
        body["error"]["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{noted['request_id']}"
        return Response(error.status, dumped(body), dict(error.headers))

    def _limit(self, method: str) -> None:
        """Refuse the write that would exceed the allowance within one second of the machine's clock."""
        allowed = self._world.settings.writes_per_second
        if allowed is None or method == "GET":
            return
        with self._world.lock:
            now = time.monotonic()
            while self._writes and self._writes[0] <= now - 1:
                self._writes.popleft()
            if len(self._writes) >= allowed:
                raise rate_limited()
            self._writes.append(now)


def authenticate(request: Request, key: str) -> None:
    """Refuse any other key (401) and any other API version than the pinned SDK's (400)."""
    given = presented_key(request)
    if given is None:
        raise unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if not secrets.compare_digest(given.encode(), key.encode()):
        shown = f"{given[:8]}{'*' * 8}{given[-4:]}" if len(given) > 16 else "********"
        raise unauthorized(f"Invalid API Key provided: {shown}")
    version = request.headers.get("stripe-version", api_version)
    if version != api_version:
        raise invalid(f"Invalid Stripe API version: {version}. The stand-in speaks {api_version}.", executed=False)


def presented_key(request: Request) -> str | None:
    """The key in the Authorization header, bearer or basic."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    if scheme.lower() == "basic" and value:
        return _basic_user(value)
    return None


def _basic_user(value: str) -> str:
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
