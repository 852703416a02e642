"""Away for a while: another address from a day to a day, given in the account, and sometimes ended early."""

from __future__ import annotations

from datetime import timedelta

from shop.demo.people import french_street
from subscriptions.models import TemporaryAddress
from tests.simulation.browser import TurnedAway, fields
from tests.simulation.people import Reader
from tests.simulation.registry import act
from tests.simulation.shop import Shop, Story


@act("stays elsewhere for a while", weight=0.1)
def stays(shop: Shop, reader: Reader) -> Story:
    """Two months at the sea, read which issues go there, yes, and yes again."""
    reader.signs_in()
    yield shop.clock.now
    path = reader.account("adresse", "temporaire")
    begins = shop.clock.today + timedelta(days=reader.chance.randrange(45))
    ends = begins + timedelta(days=reader.chance.randrange(5, 90))
    days = {"from_on": begins.isoformat(), "to_on": ends.isoformat()}
    typed = fields(reader.browser.get(path)) | {"country": "FR", **french_street(reader.chance), **days}
    page = reader.browser.post(path, typed, expect=(200,))
    for _click in range(3):
        kept = fields(page)
        if "shown" not in kept:
            return  # another one holds in these days, and the page says so
        page = reader.browser.post(path, kept | {"step": "confirm"}, expect=(200, 303))
        if page.status_code == 303:
            break
    else:
        raise TurnedAway("the yes was not taken")
    reader.browser.post(path, kept | {"step": "confirm"}, expect=(303,))
    given = TemporaryAddress.objects.filter(recipient=reader.living().recipient, from_on=begins, to_on=ends)
    assert given.count() == 1, "the same stay, said twice, is one"
    if reader.chance.random() < 0.35:
        yield shop.clock.now + timedelta(days=reader.chance.uniform(1, 60))
        reader.signs_in()
        yield shop.clock.now
        for _twice in range(2):
            reader.browser.post(reader.account("adresse", "temporaire"), {"act": "end", "temporary": str(given[0].pk)})
