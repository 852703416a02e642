"""`expand[]`: ids replaced by the objects they name, as deep as Stripe goes (four levels)."""

from collections.abc import Callable
from typing import Any

from payments.sandbox.errors import malformed
from payments.sandbox.rendering import rendered
from payments.sandbox.store import Obj, Store

DEEPEST = 4
# An id's beginning tells what it names.
KINDS = (
    ("cus_", "customer"),
    ("pm_", "payment_method"),
    ("pi_", "payment_intent"),
    ("seti_", "setup_intent"),
    ("ch_", "charge"),
    ("py_", "charge"),
    ("cs_", "checkout.session"),
    ("re_", "refund"),
    ("pyr_", "refund"),
    ("txn_", "balance_transaction"),
    ("mandate_", "mandate"),
    ("evt_", "event"),
    ("du_", "dispute"),
    ("po_", "payout"),
    ("issfr_", "radar.early_fraud_warning"),
)


def named(store: Store, reference: str) -> Obj | None:
    """The object an id names, whatever its kind."""
    for beginning, kind in KINDS:
        if reference.startswith(beginning):
            return store.get(kind, reference)
    return None


def expanded(shown: Obj, paths: list[str], store: Store, included: Callable[[Obj, str], Any]) -> Obj:
    """A copy of a rendered object or list with `paths` expanded.

    `included(object, field)` gives fields that Stripe shows only when asked (line items), or None. Raises a 400 for a
    path that is too deep or cannot be expanded.
    """
    for path in paths:
        parts = path.split(".")
        if len(parts) - (parts[0] == "data") > DEEPEST:
            raise malformed(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", param="expand"
            )
        shown = _along(shown, parts, path, store, included)
    return shown


def _along(shown: Obj, parts: list[str], path: str, store: Store, included: Callable[[Obj, str], Any]) -> Obj:
    field, *rest = parts
    value = shown.get(field)
    if value is None and (more := included(shown, field)) is not None:
        value = more
    elif value is None and field not in shown:
        raise malformed(f"This property cannot be expanded ({path}).", param="expand")
    found = named(store, value) if isinstance(value, str) else None
    if found is not None:
        value = rendered(found)
    elif not (value is None or isinstance(value, list) or (isinstance(value, dict) and (rest or "object" in value))):
        raise malformed(f"This property cannot be expanded ({path}).", param="expand")
    if rest and isinstance(value, list):
        value = [_along(item, rest, path, store, included) for item in value]
    elif rest and isinstance(value, dict):
        value = _along(value, rest, path, store, included)
    return {**shown, field: value}
