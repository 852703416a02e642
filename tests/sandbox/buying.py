"""What the stand-in's tests ask of Stripe again and again."""

from typing import Any

SHOP = "https://shop.example"
PRICE = 2760


def session_params(**more: Any) -> dict[str, Any]:
    """A Checkout Session for one year, as the shop creates it."""
    line = {"price_data": {"currency": "eur", "unit_amount": PRICE, "product_data": {"name": "1 an"}}, "quantity": 1}
    params = {
        "mode": "payment",
        "success_url": f"{SHOP}/merci?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{SHOP}/commande",
        "line_items": [line],
    }
    return {**params, **more}


def renewal_params(customer: str, method: str, **more: Any) -> dict[str, Any]:
    """A charge without the reader."""
    params = {"amount": PRICE, "currency": "eur", "customer": customer, "payment_method": method}
    return {**params, "off_session": True, "confirm": True, **more}


def saved(client: Any, token: str) -> tuple[str, str]:
    """A customer with a saved test method: their ids."""
    customer = client.v1.customers.create({"email": "camille@example.org"})
    method = client.v1.payment_methods.attach(token, {"customer": customer.id})
    return customer.id, method.id


def types(client: Any, **where: Any) -> list[str]:
    """The types of the events so far, oldest first."""
    found = client.v1.events.list({"limit": 100, **where}).data
    return [event.type for event in reversed(found)]
