"""The lines of a Checkout Session, from prices given inline."""

import secrets
from typing import Any

from payments.sandbox.choosing import euros_only
from payments.sandbox.errors import malformed, missing
from payments.sandbox.store import Obj


def items(given: list[dict[str, Any]]) -> list[Obj]:
    """Line items with their totals in cents. Raises 400 for a stored price (there are none here) or no amount."""
    return [_item(line, f"line_items[{at}]") for at, line in enumerate(given)]


def _item(line: dict[str, Any], param: str) -> Obj:
    if "price" in line:
        raise missing("price", line["price"], param=f"{param}[price]", status=400)
    data = line.get("price_data")
    if data is None:
        raise malformed(f"Missing required param: {param}[price_data].", param=param, code="parameter_missing")
    if "unit_amount" not in data:
        name = f"{param}[price_data][unit_amount]"
        raise malformed(f"Missing required param: {name}.", param=name, code="parameter_missing")
    if "product_data" not in data:
        name = f"{param}[price_data][product_data]"
        raise malformed(f"Missing required param: {name}.", param=name, code="parameter_missing")
    quantity, amount = line.get("quantity", 1), data["unit_amount"]
    if amount < 0 or quantity < 1:
        raise malformed("Invalid non-negative integer", param=param, code="parameter_invalid_integer")
    currency, product = euros_only(data["currency"]), data["product_data"]
    return {
        "id": f"li_1{secrets.token_hex(11)}",
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount * quantity,
        "amount_tax": 0,
        "amount_total": amount * quantity,
        "currency": currency,
        "description": product["name"],
        "metadata": line.get("metadata", {}),
        "price": _price(amount, currency, data),
        "quantity": quantity,
        "_more": product.get("description", ""),
    }


def _price(amount: int, currency: str, data: dict[str, Any]) -> Obj:
    return {
        "id": f"price_1{secrets.token_hex(11)}",
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": f"prod_{secrets.token_hex(7)}",
        "recurring": None,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
