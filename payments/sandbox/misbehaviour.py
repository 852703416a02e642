"""Misbehaving on command: rules that match requests or webhooks a number of times, kept in order, kept over restarts.

A request rule has `method` and `path` (a shell pattern) and an action:

- `delay` (`seconds`): answer late; `delay_after`: act, then answer late.
- `timeout_before`, `timeout_after` (`seconds`): do nothing, or act, then close the connection without an answer.
- `error_before`, `error_after` (`status`): answer 5xx without having acted, or having acted (then the key replays it).
- `rate_limit`, `lock_timeout`: answer 429 or 409 without having acted.

A webhook rule has `path` "webhook", `type` (a shell pattern of event types) and an action: `drop` (never delivered),
`double` (delivered twice), `reorder` (held until `times` are there, then delivered last first), `hold` (kept back
until released).
"""

from fnmatch import fnmatchcase
from typing import Any

from payments.sandbox.errors import malformed
from payments.sandbox.store import Obj
from payments.sandbox.world import World

WEBHOOK = "webhook"
REQUEST_ACTIONS = frozenset(
    [
        "delay",
        "delay_after",
        "timeout_before",
        "timeout_after",
        "error_before",
        "error_after",
        "rate_limit",
        "lock_timeout",
    ]
)
WEBHOOK_ACTIONS = frozenset(("drop", "double", "reorder", "hold"))


def add(world: World, given: dict[str, Any]) -> Obj:
    """A new rule. Raises 400 for an action nobody knows."""
    path, action = str(given.get("path", "*")), given.get("action")
    known = WEBHOOK_ACTIONS if path == WEBHOOK else REQUEST_ACTIONS
    if action not in known:
        raise malformed(f"Unknown action {action!r}: one of {', '.join(sorted(known))}.", param="action")
    rule = {
        "method": str(given.get("method", "*")).upper(),
        "path": path,
        "type": given.get("type", "*"),
        "action": action,
        "times": int(given.get("times", 1)),
        "seconds": float(given.get("seconds", 0)),
        "status": int(given.get("status", 500)),
    }
    return world.new("_rule", "rule_", 10, **rule)


def take(world: World, method: str, path: str) -> Obj | None:
    """The first rule for this request, used up by one."""
    for rule in world.store.all("_rule"):
        if rule["path"] != WEBHOOK and rule["method"] in ("*", method) and fnmatchcase(path, rule["path"]):
            return _used(world, rule)
    return None


def take_webhook(world: World, kind: str) -> Obj | None:
    """The first rule for a delivery of this event type, used up by one."""
    for rule in world.store.all("_rule"):
        if rule["path"] == WEBHOOK and fnmatchcase(kind, rule["type"]):
            return _used(world, rule)
    return None


def _used(world: World, rule: Obj) -> Obj:
    left = rule["times"] - 1
    if left <= 0:
        world.store.remove(rule)
    else:
        world.change(rule, times=left)
    return {**rule, "left": left}
