"""Stopping: by the two public functions, with and without the data that find the contract."""

from __future__ import annotations

from tests.simulation.browser import TurnedAway, fields
from tests.simulation.people import Reader
from tests.simulation.registry import act, anytime, before_renewal, between
from tests.simulation.shop import Shop, Story

WITHDRAW, TERMINATE = "/retractation/", "/resiliation/"


def declares(shop: Shop, reader: Reader, path: str, **more: str) -> Story:
    """Form, recap, last click; the recap may come back once with what has changed. Of their subscription, or `contract`."""
    found = reader.subscription()
    if found is None and "contract" not in more:
        raise TurnedAway("has nothing to stop")
    typed = reader.person.typed
    said = {
        "last_name": typed.get("delivery_last_name") or typed.get("organisation", "Dupont"),
        "first_name": typed.get("delivery_first_name") or "Camille",
        "contract": (found.number if found is not None else "") or "",
        "email": reader.email,
    }
    reader.browser.get(path)
    page = reader.browser.post(path, {"step": "recap", **said, **more}, expect=(200,))
    yield shop.clock.now
    for _click in range(3):
        carried = fields(page).get("carried", "")
        page = reader.browser.post(path, {"step": "confirm", "carried": carried}, expect=(200, 303))
        if page.status_code == 303:
            reader.browser.get(page.url)
            return
    raise TurnedAway("the last click was not taken")


@act("withdraws", weight=0.05, when=between(0.2, 13))
def withdraws(shop: Shop, reader: Reader) -> Story:
    """Within the time of the law, in the first year."""
    if reader.years == 1:
        yield from declares(shop, reader, WITHDRAW)


@act("withdraws too late", weight=0.02, when=between(150, 340))
def withdraws_late(shop: Shop, reader: Reader) -> Story:
    """Long after it."""
    yield from declares(shop, reader, WITHDRAW)


@act("terminates", weight=0.07, when=anytime)
def terminates(shop: Shop, reader: Reader) -> Story:
    """Any day of the year."""
    yield from declares(shop, reader, TERMINATE)


@act("terminates around the charge", weight=0.07, when=before_renewal(20, -25))
def terminates_late(shop: Shop, reader: Reader) -> Story:
    """Between the announcement of the debit and the end of its retries."""
    yield from declares(shop, reader, TERMINATE)


@act("terminates with a ground", weight=0.02, when=anytime)
def terminates_with_ground(shop: Shop, reader: Reader) -> Story:
    """Left to a person."""
    ground = reader.chance.choice(("death", "moved", "illness", "late_notice", "other"))
    yield from declares(shop, reader, TERMINATE, ground=ground)


@act("terminates without the right data", weight=0.02, when=anytime)
def terminates_unmatched(shop: Shop, reader: Reader) -> Story:
    """A number that is none: acknowledged, and put before a person."""
    yield from declares(shop, reader, TERMINATE, contract="mon abonnement à la revue", email=f"x.{reader.email}")
