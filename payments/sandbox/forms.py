"""Form-encoded parameters with brackets, as Stripe's clients send them: `a[b][0][c]=x`, `expand[]=y`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from payments.sandbox.errors import malformed

_PART = re.compile(r"\[([^\[\]]*)\]")


def parse(encoded: str) -> dict[str, Any]:
    """Nested dicts with strings at the leaves; lists stay dicts keyed "0", "1", … until the expected type is known.

    Raises a 400 for brackets that do not close or for a name that is both a value and a group.
    """
    root: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, bracket, _ = name.partition("[")
        parts = _PART.findall(name[len(head) :])
        if not head or (bracket and len(head) + sum(len(part) + 2 for part in parts) != len(name)):
            raise malformed(f"Invalid parameter name: {name}", param=name)
        _place(root, [head, *parts], value, name)
    return root


def _place(node: dict[str, Any], parts: list[str], value: str, name: str) -> None:
    for part in parts[:-1]:
        child = node.setdefault(part or str(len(node)), {})
        if not isinstance(child, dict):
            raise malformed(f"Invalid parameter name: {name}", param=name)
        node = child
    last = parts[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise malformed(f"Invalid parameter name: {name}", param=name)
    node[last] = value


def bracketed(path: tuple[str, ...]) -> str:
    """The parameter's name as Stripe writes it in errors: `line_items[0][quantity]`."""
    return path[0] + "".join(f"[{part}]" for part in path[1:])
