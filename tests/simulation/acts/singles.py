"""Past issues: one or two chosen on their page, ordered and paid by card; given up, cancelled before they leave.

What is in stock is counted against what was sold: the page never offers more than there is.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.http import QueryDict

from subscriptions.losses.stock import balances
from subscriptions.models import Issue, Order, SoldIssue
from tests.simulation.acts.stopping import TERMINATE, WITHDRAW, declares
from tests.simulation.browser import TurnedAway
from tests.simulation.people import Reader
from tests.simulation.registry import act, anytime
from tests.simulation.shop import Shop, Story
from tests.simulation.till import MASTERCARD

PAST, ORDER = "/numeros/", "/numeros/commande/"
CHOICES, VALUES = re.compile(r'<select [^>]*name="(n\d+)">(.*?)</select>', re.DOTALL), re.compile(r'value="(\d+)"')


@act("buys past issues", weight=0.18, when=anytime)
def buys(shop: Shop, reader: Reader) -> Story:
    """What the page offers; some turn back at the payment page, some change their mind within days."""
    page = reader.browser.get(PAST)
    offered = {name: most for name, most in _offered(page).items() if most}
    if not offered:
        return
    names = sorted(offered)
    wanted = reader.chance.sample(names, min(reader.chance.randint(1, 2), len(names)))
    chosen = {name: reader.chance.randint(1, min(offered[name], 2)) for name in wanted}
    path = f"{ORDER}?{_written(chosen)}"
    typed = {name: value for name, value in reader.person.typed.items() if name != "renewal"}
    url = reader.orders(path, typed, at=path)
    order = Order.objects.filter(email=reader.email, offer__kind="single").order_by("-pk").first()
    if order is None:
        raise TurnedAway("nothing was ordered")
    yield shop.clock.now + timedelta(minutes=2)
    if reader.chance.random() < 0.15:
        return  # the copies are kept as long as the payment page is open, and no longer
    reader.pays(url, means=MASTERCARD if reader.means.iban else None)
    _counted()
    if reader.chance.random() < 0.25:
        yield shop.clock.now + timedelta(days=reader.chance.uniform(0.1, 9))
        order.refresh_from_db()
        if order.state == Order.State.PAID:
            way = reader.chance.choice((WITHDRAW, TERMINATE))
            yield from declares(shop, reader, way, contract=order.reference)
            _counted()


def _offered(page: Any) -> dict[str, int]:
    """How many copies of each issue the page offers at most, by the name of its field."""
    found = CHOICES.findall(page.content.decode())
    return {name: max(int(copies) for copies in VALUES.findall(options)) for name, options in found}


def _written(chosen: dict[str, int]) -> str:
    query = QueryDict(mutable=True)
    query.update({name: str(copies) for name, copies in sorted(chosen.items())})
    return query.urlencode()


def _counted() -> None:
    """Nobody was promised what is not there: of no issue is more owed than its stock."""
    for issue in Issue.objects.filter(pk__in=SoldIssue.objects.filter(state=SoldIssue.State.OWED).values("issue")):
        owed = sum(SoldIssue.objects.filter(issue=issue, state=SoldIssue.State.OWED).values_list("copies", flat=True))
        assert owed <= balances([issue.pk])[issue.pk], f"issue {issue.number}: {owed} are owed"
