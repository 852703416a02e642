"""The hosted page of a Checkout Session: shown, filled in, authenticated, left. Plain HTML, no script."""

import time
from contextlib import suppress
from urllib.parse import parse_qsl

from payments.sandbox import cards, charging, finishing, ibans, methods, misbehaviour, setting_up
from payments.sandbox.declines import AUTHENTICATION_FRENCH, DECLINES
from payments.sandbox.errors import ApiError
from payments.sandbox.pages import fields, shell, views
from payments.sandbox.store import Obj
from payments.sandbox.wire import Dropped, Request, Response, redirect
from payments.sandbox.world import World

GONE = "Cette page n’existe pas, ou n’existe plus."


def answer(world: World, request: Request) -> Response:
    """Any address outside the API. Raises Dropped when a rule says so."""
    if request.path == "/c/style.css":
        return shell.style()
    if request.path == "/":
        return redirect(f"{request.origin}/_control/")
    with world.lock:
        rule = misbehaviour.take(world, request.method, request.path) or {"action": ""}
        world.store.commit()
    if rule["action"] in ("delay", "timeout_before"):
        time.sleep(rule["seconds"])
    if rule["action"] == "timeout_before":
        raise Dropped
    broken = shell.message("Service indisponible", "Réessayez dans un instant.", status=rule.get("status", 500))
    if rule["action"] == "error_before":
        return broken
    with world.lock:
        world.run_due()
        response = _answer(world, request)
        world.store.commit()
    if rule["action"] in ("delay_after", "timeout_after"):
        time.sleep(rule["seconds"])
    if rule["action"] == "timeout_after":
        raise Dropped
    return broken if rule["action"] == "error_after" else response


def _answer(world: World, request: Request) -> Response:
    _, _, rest = request.path.partition("/c/")
    kind, _, reference = rest.partition("/")
    if kind == "pay" and (session := world.store.get("checkout.session", reference)):
        return _pay(world, session, request)
    if kind == "authentification":
        found = world.store.get("payment_intent", reference) or world.store.get("setup_intent", reference)
        if found is not None:
            return _authenticate(world, found, request)
    return shell.message("Page introuvable", GONE, status=404)


def _pay(world: World, session: Obj, request: Request) -> Response:
    """The page, or what was filled in on it. A second sending after success leads to the same end, without a charge."""
    if session["status"] == "complete":
        return redirect(finishing.return_address(session)) if request.method == "POST" else views.done(session)
    if session["status"] == "expired":
        return views.expired(session)
    typed = dict(parse_qsl(request.body if request.method == "POST" else request.query, keep_blank_values=True))
    kind = {"carte": "card", "prelevement": "sepa_debit"}.get(
        typed.get("moyen", ""), session["payment_method_types"][0]
    )
    if kind not in session["payment_method_types"]:
        kind = session["payment_method_types"][0]
    if request.method != "POST":
        # Choosing another way to pay leaves the refusal of the last one behind.
        return views.checkout(session, kind, refusal=None if "moyen" in typed else _refusal(world, session))
    asked = views.asked(session, kind)
    if wrong := fields.errors(asked, typed, world.clock.now()):
        return views.checkout(session, kind, typed=typed, wrong=wrong, status=422)
    try:
        method = _method(world, session, kind, typed)
        intent = finishing.submit(world, session, method, request.origin)
    except ApiError as error:
        return views.checkout(session, kind, typed=typed, refusal=_sentence(error), status=402)
    if intent["status"] == "requires_action":
        return redirect(f"{request.origin}/c/authentification/{intent['id']}")
    return redirect(finishing.return_address(session))


def _method(world: World, session: Obj, kind: str, typed: dict[str, str]) -> Obj:
    known = (session.get("customer_details") or {}).get("email")
    email = typed["email"].strip() if fields.EMAIL in views.asked(session, kind) else known
    details: Obj = {"name": typed["nom"].strip(), "email": email}
    if kind == "sepa_debit":
        return methods.make_account(world, ibans.ACCOUNTS[fields.plain_iban(typed["iban"])], details=details)
    card = cards.CARDS[fields.plain_number(typed["numero"])]
    return methods.make_card(world, card, expiry=fields.expiry_of(typed["expiration"]), details=details)


def _authenticate(world: World, intent: Obj, request: Request) -> Response:
    """The bank's page: allow or refuse. A page reopened after the answer leads on without asking again."""
    session = finishing.session_of(world, intent)
    if intent["status"] != "requires_action":
        return redirect(_after(session, intent, request))
    asked = intent["next_action"]
    if request.method != "POST":
        return views.authentication(session, intent, request.path)
    granted = dict(parse_qsl(request.body)).get("reponse") == "autoriser"
    with suppress(ApiError):  # a refusal is kept on the intent, and the page it leads back to tells it
        (charging if intent["object"] == "payment_intent" else setting_up).authenticated(world, intent, granted=granted)
    if session is not None:
        finishing.finish(world, session, intent)
    return redirect(_after(session, intent, request, asked))


def _after(session: Obj | None, intent: Obj, request: Request, asked: Obj | None = None) -> str:
    if session is not None:
        succeeded = session["status"] == "complete"
        return finishing.return_address(session) if succeeded else f"{request.origin}/c/pay/{session['id']}"
    url = str(((asked or {}).get("redirect_to_url") or {}).get("return_url") or request.origin + "/_control/")
    name = intent["object"]
    return f"{url}{'&' if '?' in url else '?'}{name}={intent['id']}&redirect_status={intent['status']}"


def _refusal(world: World, session: Obj) -> str | None:
    """Why the last try on this page failed, for a reader who comes back from the bank."""
    kind, field = ("payment_intent", "_intent") if session["mode"] == "payment" else ("setup_intent", "setup_intent")
    intent = world.store.get(kind, session.get(field) or "")
    failure = finishing.failure_of(intent) if intent is not None else None
    if failure is None:
        return None
    decline = DECLINES.get(failure.get("decline_code", ""))
    return decline.french if decline else AUTHENTICATION_FRENCH


def _sentence(error: ApiError) -> str:
    decline = DECLINES.get(error.more.get("decline_code", ""))
    return decline.french if decline else "Le paiement n’a pas pu être pris. Essayez un autre moyen de paiement."
