"""Which parameters a request may carry, read from the SDK's own request types.

Constraints: the pinned SDK is the contract, so nothing is listed by hand; a parameter its TypedDicts do not name is
refused at any depth, as Stripe does, and wrong scalar types, unknown choices and missing required ones too.
The types are compiled once per endpoint into plain nodes, because evaluating annotations at each request is slow.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, ForwardRef, Literal, NotRequired, Required, Union, get_args, get_origin

from stripe import RequestOptions
from typing_extensions import is_typeddict

from payments.sandbox.errors import malformed
from payments.sandbox.forms import bracketed

Path = tuple[str, ...]
_OPTIONS = frozenset(RequestOptions.__annotations__)
_INTEGER = re.compile(r"-?\d+\Z")


@dataclass
class Node:
    """What one parameter may be: any of the listed scalars, choices, a list, an object, or a free map."""

    scalars: set[str] = field(default_factory=set)
    choices: set[str] = field(default_factory=set)
    item: "Node | None" = None
    shape: "Shape | None" = None
    values: "Node | None" = None


@dataclass
class Shape:
    """An object's parameters by name, and those that must be given."""

    fields: dict[str, Node]
    required: frozenset[str]


@cache
def shape_of(typed: Any) -> Shape:
    """The compiled shape of a TypedDict of `stripe.params`; transport options the SDK mixes in are no parameters."""
    namespace = vars(sys.modules[typed.__module__])
    names = [name for name in typed.__annotations__ if name not in _OPTIONS]
    shape = Shape({}, frozenset(typed.__required_keys__) - _OPTIONS)
    for name in names:
        node = Node()
        _absorb(node, typed.__annotations__[name], namespace)
        shape.fields[name] = node
    return shape


def _absorb(node: Node, annotation: Any, namespace: Mapping[str, Any]) -> None:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        annotation = eval(annotation, dict(namespace))  # noqa: S307 - the SDK's own annotations, no input
    origin = get_origin(annotation)
    if origin in (NotRequired, Required) or origin is Union or type(annotation).__name__ == "UnionType":
        for part in get_args(annotation):
            _absorb(node, part, namespace)
    elif origin is Literal:
        node.choices.update(str(choice) for choice in get_args(annotation))
    elif origin is list:
        node.item = Node()
        _absorb(node.item, get_args(annotation)[0], namespace)
    elif origin is dict:
        node.values = Node()
        _absorb(node.values, get_args(annotation)[1], namespace)
    elif is_typeddict(annotation):
        node.shape = shape_of(annotation)
    elif annotation in (str, int, bool, float, Decimal):
        node.scalars.add(annotation.__name__)
    elif annotation is Any:
        node.scalars.add("str")
    elif annotation is not type(None) and getattr(origin, "__name__", "") != "UntypedStripeObject":
        raise TypeError(f"unknown kind of annotation in the SDK: {annotation!r}")


def check(given: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """The parameters with their right types. Raises Stripe's 400 for the first thing wrong, unknown names first."""
    if unknown := [bracketed(path) for path in _unknown(given, shape, ())]:
        names = ", ".join(unknown)
        plural = "s" if len(unknown) > 1 else ""
        raise malformed(f"Received unknown parameter{plural}: {names}", param=unknown[0], code="parameter_unknown")
    return _object(given, shape, ())


def _unknown(given: dict[str, Any], shape: Shape, path: Path) -> list[Path]:
    found: list[Path] = []
    for name, value in given.items():
        node = shape.fields.get(name)
        if node is None:
            found.append((*path, name))
        elif isinstance(value, dict):
            found += _unknown_below(value, node, (*path, name))
    return found


def _unknown_below(value: dict[str, Any], node: Node, path: Path) -> list[Path]:
    found: list[Path] = []
    if node.item is not None and all(key.isdigit() for key in value):
        for key, item in value.items():
            if isinstance(item, dict):
                found += _unknown_below(item, node.item, (*path, key))
    elif node.shape is not None:
        found += _unknown(value, node.shape, path)
    return found


def _object(given: dict[str, Any], shape: Shape, path: Path) -> dict[str, Any]:
    for name in sorted(shape.required):
        if name not in given:
            param = bracketed((*path, name))
            raise malformed(f"Missing required param: {param}.", param=param, code="parameter_missing")
    return {name: _value(value, shape.fields[name], (*path, name)) for name, value in given.items()}


def _value(value: Any, node: Node, path: Path) -> Any:
    return _group(value, node, path) if isinstance(value, dict) else _scalar(value, node, path)


def _group(value: dict[str, Any], node: Node, path: Path) -> Any:
    name = bracketed(path)
    if node.item is not None and all(key.isdigit() for key in value):
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [_value(item, node.item, (*path, key)) for key, item in ordered]
    if node.shape is not None:
        return _object(value, node.shape, path)
    if node.values is not None:
        # An empty value in a free map unsets its key.
        return {key: item and _value(item, node.values, (*path, key)) for key, item in value.items()}
    if node.item is not None:
        raise malformed("Invalid array", param=name)
    raise malformed(f"Invalid string: {value}", param=name, code="parameter_invalid_string")


def _scalar(value: str, node: Node, path: Path) -> Any:
    name = bracketed(path)
    if value == "":
        if "" in node.choices:
            return ""
        raise malformed(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
            "non-empty value.",
            param=name,
            code="parameter_invalid_empty",
        )
    if value in node.choices:
        return value
    if "bool" in node.scalars and value in ("true", "false"):
        return value == "true"
    if "int" in node.scalars and _INTEGER.match(value):
        return int(value)
    if node.scalars & {"Decimal", "float"} and _is_decimal(value):
        return value
    choices = sorted(node.choices - {""})
    # The SDK writes open enums as `Literal[…] | str` for values of later versions; of this version Stripe knows
    # only those listed, so a string beside choices is no free text.
    if "str" in node.scalars and not choices:
        return value
    raise _wrong(value, node, choices, name)


def _wrong(value: str, node: Node, choices: list[str], name: str) -> Exception:
    if choices:
        listed = choices[0] if len(choices) == 1 else ", ".join(choices[:-1]) + f" or {choices[-1]}"
        return malformed(f"Invalid {name}: must be one of {listed}", param=name)
    if "int" in node.scalars:
        return malformed(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
    if "bool" in node.scalars:
        return malformed(f"Invalid boolean: {value}", param=name)
    if node.scalars:
        return malformed(f"Invalid decimal: {value}", param=name)
    return malformed("Invalid array" if node.item is not None else "Invalid object", param=name)


def _is_decimal(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
