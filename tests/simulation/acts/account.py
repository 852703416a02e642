"""In the account: another address, another card, automatic renewal off and on again."""

from __future__ import annotations

from datetime import timedelta

from shop.demo.people import french_street
from tests.simulation.browser import TurnedAway, fields
from tests.simulation.people import Reader
from tests.simulation.registry import act, before_renewal
from tests.simulation.shop import Shop, Story
from tests.simulation.till import ACCOUNT, CARTE_BANCAIRE, MASTERCARD, VISA


@act("moves house", weight=0.12)
def moves_house(shop: Shop, reader: Reader) -> Story:
    """A new address in France."""
    reader.signs_in()
    yield shop.clock.now
    path = reader.account("adresse")
    page = reader.browser.get(path)
    reader.browser.post(
        path, fields(page) | {"country": "FR", **french_street(reader.chance), "save": "1"}, expect=(200, 303)
    )


@act("changes the card", weight=0.1)
def changes_card(shop: Shop, reader: Reader) -> Story:
    """Another card or account, left on Stripe's page."""
    reader.signs_in()
    yield shop.clock.now
    answer = reader.browser.client.post(reader.account("moyen-de-paiement"))
    if answer.status_code != 303:
        raise TurnedAway(f"{answer.status_code} at the page of the card")
    yield shop.clock.now + timedelta(minutes=2)
    reader.pays(answer.url, means=reader.chance.choice((VISA, MASTERCARD, CARTE_BANCAIRE, ACCOUNT)))


@act("answers the bank with another card", weight=0.2, when=before_renewal(59, 1))
def changes_card_in_time(shop: Shop, reader: Reader) -> Story:
    """Between the notice and the charge."""
    if not reader.wants_automatic:
        return
    yield from changes_card(shop, reader)


@act("turns automatic renewal off", weight=0.12, when=before_renewal(90, -3))
def turns_off(shop: Shop, reader: Reader) -> Story:
    """Around the notices, and around the very day of the charge."""
    if reader.living().renewal != "automatic":
        return
    reader.signs_in()
    yield shop.clock.now
    reader.browser.post(reader.account("reconduction"), {"choice": "off"}, expect=(302, 303, 404))
    if reader.chance.random() < 0.5:
        yield shop.clock.now + timedelta(days=reader.chance.uniform(0.01, 40))
        yield from _turns_on(shop, reader)


def _turns_on(shop: Shop, reader: Reader) -> Story:
    """Undoes it, with the words of the mandate on the page."""
    reader.signs_in()
    yield shop.clock.now
    path = reader.account("reconduction")
    page = reader.browser.get(path, expect=(200, 404))
    if page.status_code == 200:
        reader.browser.post(path, fields(page) | {"choice": "on", "agreed": "on"}, expect=(200, 303))
