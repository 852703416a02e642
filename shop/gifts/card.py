"""The card of a gift: one A4 sheet to print and to fold twice, with the cover of the first issue. The same again is the
same bytes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.days import paris_day
from payments.french_days import french_day
from payments.typesetting import typeset
from shop.storefront.covers import cover_alt, cover_svg
from shop.storefront.showing import cover_facts
from subscriptions.gifts.links import BY_CODE
from subscriptions.models import Entitlement, Gift, Issue
from subscriptions.notices.french import issue, month, spaced

TEMPLATE = Path(__file__).parent / "typst" / "card.typ"
#: The one face inside the typesetter; a drawing's own would be left out.
FACE = re.compile(r"font-family=\"[^\"]*\"")


def card_pdf(gift: Gift) -> bytes:
    """The card of a paid gift, dated the day it was ordered."""
    first = _first(gift)
    facts = cover_facts(first)
    on = paris_day(gift.created_at)
    said: dict[str, Any] = {
        "title": f"{settings.PUBLISHER['brand']}, carte cadeau {gift.code}",
        "author": settings.PUBLISHER["name"],
        "on": [on.year, on.month, on.day],
        "cover": FACE.sub('font-family="Libertinus Serif"', cover_svg(facts)),
        "alt": cover_alt(facts),
        "brand": settings.PUBLISHER["brand"],
        "to": gift.recipient_name,
        "from": gift.giver_name,
        "message": gift.message.split("\n") if gift.message else [],
        "what": spaced(_what(gift, first)),
        "how": spaced(
            "Votre page, sans compte ni mot de passe : les numéros, votre adresse, et si vous êtes déjà abonné."
        ),
        "site": re.sub(r"^https?://", "", settings.SITE_URL) + BY_CODE,
        "code": gift.code,
    }
    return typeset(TEMPLATE, said, on=on)


def _what(gift: Gift, first: Issue) -> str:
    copies = gift.order.offer.copies
    return (
        f"Un an de lecture : {copies} numéros, par la poste. Le premier, le {issue(first.printed)} "
        f"({month(first.cover_month, first.cover_year)}), part vers le {french_day(first.posted_on or first.post_on)}."
    )


def _first(gift: Gift) -> Issue:
    """The issue it begins with: that of its term once there is one, else the promised one."""
    copies = Entitlement.objects.filter(term__subscription=gift.subscription_id, rank=1)
    served = copies.select_related("issue").order_by("term__number").first()
    return served.issue if served is not None and served.issue is not None else gift.order.first_issue
