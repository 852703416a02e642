"""How a kept object is shown: the fields Stripe always answers filled in, the stand-in's own (`_…`) left out."""

import json
from typing import Any

from stripe import api_version

from payments.sandbox.defaults import DEFAULTS
from payments.sandbox.store import Obj

NO_REQUEST = {"id": None, "idempotency_key": None}


def rendered(obj: Obj) -> Obj:
    """A shallow copy fit for an answer; nested values are shared and must not be changed."""
    # A deleted object is its tombstone and nothing else.
    shown = dict(obj) if obj.get("deleted") else {**DEFAULTS.get(obj["object"], {}), **obj}
    if obj["object"] == "event":
        shown["data"] = json.loads(obj["_data"])
        shown["api_version"] = api_version
    return {name: value for name, value in shown.items() if not name.startswith("_")}


def dumped(value: Any) -> bytes:
    """The bytes of an answer, indented as Stripe's are."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
