"""Filters that set amounts, dates and numbers as French printers do: with the spaces that may not break.

They print what they are given: no arithmetic, no rounding beyond the two decimals of an amount already rounded.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from shop.storefront.covers import MONTHS, NBSP
from subscriptions.notices.french import issue

register = template.Library()
THIN = "\u202f"


@register.filter
def euros(amount: Any) -> str:
    """« 1 234,50 € » from a Decimal, an integer of euros or a Money; an empty string from None. Refuses floats."""
    if amount is None or amount == "":
        return ""
    if isinstance(amount, float):
        raise TypeError("An amount of money is never a float.")
    value = Decimal(getattr(amount, "amount", amount)).quantize(Decimal("0.01"))
    sign = "−" if value < 0 else ""
    whole, cents = f"{abs(value):,.2f}".split(".")
    return f"{sign}{whole.replace(',', THIN)},{cents}{NBSP}€"


@register.filter
def day(date: dt.date | None) -> str:
    """« 1er mars 2027 », « 3 mars 2027 »; an empty string from None. A datetime must already be in local time."""
    if not date:
        return ""
    first = "1er" if date.day == 1 else str(date.day)
    return f"{first}{NBSP}{MONTHS[date.month - 1]}{NBSP}{date.year}"


@register.filter
def month(date: dt.date | None) -> str:
    """« mars 2027 »; an empty string from None."""
    return f"{MONTHS[date.month - 1]}{NBSP}{date.year}" if date else ""


@register.filter
def issue_number(number: int | str | None) -> str:
    """« n° 25 »; « n° 26-27 » of a double issue, whose number comes as it is printed (`Issue.printed`)."""
    return "" if number is None else issue(number)


@register.filter(is_safe=True)
def typeset(text: str | None) -> str:
    """Set the no-break spaces of French before « : ; ! ? » € % » and inside guillemets, in texts people typed."""
    return re.sub(r" (?=[:;!?»€%])|(?<=«) ", NBSP, text or "")


@register.filter
def percent(rate: Any) -> str:
    """« 2,10 % » from a Decimal of percents."""
    if rate is None or rate == "":
        return ""
    return f"{Decimal(rate):.2f}".replace(".", ",") + f"{NBSP}%"


@register.filter
def short_day(date: dt.date | None) -> str:
    """« 03/12/2026 », for dense tables where days stand in a column."""
    return f"{date:%d/%m/%Y}" if date else ""


@register.filter
def stamp(instant: dt.datetime | None) -> str:
    """« 03/12/2026 10:04 » in the shop's time zone, for time lines of the staff; an empty string from None."""
    if not instant:
        return ""
    return f"{timezone.localtime(instant):%d/%m/%Y}{NBSP}{timezone.localtime(instant):%H:%M}"
