"""Giving: a year for another reader, told by e-mail or by the giver; what its recipient does, and its giver a year later."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from shop.demo.people import french_street, giving
from subscriptions.gifts.links import BadLink, read_gift
from subscriptions.models import Gift, Issue
from tests.simulation.browser import TurnedAway, fields
from tests.simulation.people import Reader
from tests.simulation.registry import act, answers
from tests.simulation.shop import Shop, Story

GIVE = "/offrir/"


def _at_home(reader: Reader) -> bool:
    """Whether they are a person, and live in France."""
    typed = reader.person.typed
    return typed.get("delivery_country") == "FR" and "delivery_first_name" in typed


def in_december(shop: Shop, reader: Reader, chance: Random) -> timedelta | None:
    """Two in three gifts are given before Christmas, if they live in France."""
    if not _at_home(reader):
        return None
    if chance.random() > 0.66:
        return timedelta(days=chance.uniform(1, 360))
    today = shop.clock.today
    christmas = date(today.year + (today.month == 12 and today.day > 20), 12, 20)
    return timedelta(days=max((christmas - today).days - chance.uniform(0, 25), 0.1))


@act("gives a year", weight=0.12, when=in_december)
def gives(shop: Shop, reader: Reader) -> Story:
    """For somebody in France, who reads or not; told on a day before the first issue, or by the giver alone."""
    receiver = reader.chance.choice(shop.readers)
    if receiver is reader or not _at_home(receiver):
        return
    first = Issue.objects.filter(cutoff_on__gt=shop.clock.today).order_by("number").first()
    wishes = {"announce": "myself", "announce_on": "", "message": "Bonne lecture."}
    if first is not None and reader.chance.random() < 0.8:
        until = (first.post_on - shop.clock.today).days
        day = shop.clock.today + timedelta(days=reader.chance.randrange(max(until, 1)))
        wishes |= {"announce": "email", "announce_on": day.isoformat()}
    typed = giving(reader.person, receiver.person, **wishes)
    if wishes["announce"] == "myself":
        typed["recipient_email"] = ""
    url = reader.orders(GIVE, typed, at=GIVE)
    yield shop.clock.now + timedelta(minutes=2)
    reader.pays(url)


@answers("corrects the address of a gift", link="/cadeau/", weight=0.25)
def corrects(shop: Shop, reader: Reader, url: str) -> Story:
    """Without an account."""
    path = f"{url}adresse/"
    page = reader.browser.get(path, expect=(200, 302, 303))
    if page.status_code != 200:
        return
    typed = {"country": "FR", **french_street(reader.chance), "save": "1"}
    reader.browser.post(path, fields(page) | typed, expect=(200, 302, 303))
    yield shop.clock.now


@answers("claims a gift", link="/cadeau/", weight=0.5)
def claims(shop: Shop, reader: Reader, url: str) -> Story:
    """Into the account, after their own copies where they read already and it may."""
    reader.browser.get(url)
    path = url.replace("/cadeau/", "/compte/cadeaux/", 1)
    if reader.subscription() is None:
        reader.opens_account(f"{url}compte/")
    else:
        reader.signs_in()
    yield shop.clock.now
    page = reader.browser.get(path, expect=(200, 302, 303, 409))
    if page.status_code == 200:
        onto = fields(page).get("onto", "0") if reader.chance.random() < 0.5 else _after_own(reader, url)
        reader.browser.post(path, {"onto": onto}, expect=(302, 303, 409))


def _after_own(reader: Reader, url: str) -> str:
    """The subscription that the gift may prolong, as the page offers it."""
    try:
        gift: Gift = read_gift(url.rstrip("/").rpartition("/")[2])
    except BadLink:
        raise TurnedAway("the link is not one") from None
    own = reader.subscription()
    return str(own.pk) if own is not None and own.pk != gift.subscription_id else "0"


@answers("gives the same again", link=GIVE, weight=0.4)
def gives_again(shop: Shop, reader: Reader, url: str) -> Story:
    """From the reminder, with the page filled in."""
    address = reader.orders(url, {}, at=GIVE)
    yield shop.clock.now + timedelta(minutes=3)
    reader.pays(address)
