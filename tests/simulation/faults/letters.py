"""The mail server: refuses for now, breaks off before or after taking a letter, does not know an address any more."""

from __future__ import annotations

from random import Random

from tests.simulation.registry import fault
from tests.simulation.shop import Shop


@fault("letters refused for now", a_year=30)
def later(shop: Shop, chance: Random) -> str:
    """451, a few times."""
    many = chance.choice((1, 2, 4))
    shop.post.moods += ["later"] * many
    return f"the next {many} letters are refused for now"


@fault("letters broken off", a_year=30)
def broken_off(shop: Shop, chance: Random) -> str:
    """The connection breaks: before the letter was taken, or after."""
    mood = chance.choice(("silent before", "silent after"))
    shop.post.moods.append(mood)
    return f"the next letter: {mood}"


@fault("mailboxes closed", a_year=4)
def closed(shop: Shop, chance: Random) -> str:
    """One reader's address ends."""
    if not shop.by_email:
        return "nobody has come yet"
    reader = shop.by_email[chance.choice(list(shop.by_email))]
    shop.post.closed.add(reader.email)
    return f"the mailbox of {reader.name} is closed"
