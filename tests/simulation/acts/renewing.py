"""The next year: by the link of a letter, early or late; by paying what the bank refused or wants confirmed."""

from __future__ import annotations

import re
from datetime import timedelta

from subscriptions.models import Subscription
from subscriptions.renewals.links_by_choice import renew_path
from tests.simulation.browser import TurnedAway
from tests.simulation.people import Reader
from tests.simulation.registry import act, answers, before_renewal, between
from tests.simulation.shop import Shop, Story
from tests.simulation.till import MASTERCARD

STATE = re.compile(r'data-state="(\w+)"')


def renews_at(shop: Shop, reader: Reader, path: str) -> Story:
    """The order page of a letter's link, filled in already."""
    url = reader.orders(path, {})
    yield shop.clock.now + timedelta(minutes=3)
    reader.pays(url)


@answers("renews by the link of a letter", link="/reabonnement/", weight=0.3)
def renews(shop: Shop, reader: Reader, url: str) -> Story:
    """A reminder, or the letter that says that the subscription is over."""
    yield from renews_at(shop, reader, url)


@answers("pays the next year on its page", link="/reconduction/", weight=0.45)
def mends(shop: Shop, reader: Reader, url: str) -> Story:
    """Declined, to be confirmed, or by choice only: paid with another card."""
    page = reader.browser.get(url, expect=(200, 410))
    if page.status_code == 410 or STATE.findall(page.content.decode())[:1] not in (["open"], ["refused"]):
        return
    answer = reader.browser.post(url, {}, expect=(200, 303, 503))
    if answer.status_code != 303:
        raise TurnedAway("the page of the renewal did not lead to payment")
    yield shop.clock.now + timedelta(minutes=4)
    reader.pays(answer.url, means=MASTERCARD)


@answers("refuses the dearer price", link="/tarif/", weight=0.25)
def refuses_price(shop: Shop, reader: Reader, url: str) -> Story:
    """Two clicks, without an account."""
    page = reader.browser.get(url, expect=(200, 410))
    if page.status_code == 200:
        reader.browser.post(url, {}, expect=(200, 303))
    yield shop.clock.now


@act("renews early", weight=0.06, when=before_renewal(300, 20))
def renews_early(shop: Shop, reader: Reader) -> Story:
    """From the account's own link, long before the end."""
    if reader.living().renewal != "fixed":
        return
    yield from renews_at(shop, reader, renew_path(reader.living()))


@act("renews late", weight=0.1, when=between(370, 420))
def renews_late(shop: Shop, reader: Reader) -> Story:
    """The way back, after a lapse."""
    lapsed = reader.subscription()
    if lapsed is None or lapsed.state != Subscription.State.LAPSED:
        return
    yield from renews_at(shop, reader, renew_path(lapsed))
