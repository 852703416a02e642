"""Pausing: an issue or two put off in the account, and sometimes wanted after all."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.simulation.browser import TurnedAway, fields
from tests.simulation.people import Reader
from tests.simulation.registry import act, anytime
from tests.simulation.shop import Shop, Story

ISSUE = re.compile(r'name="issues" value="(\d+)"')
HELD = re.compile(r'name="pause" value="(\d+)"')


@act("puts an issue off", weight=0.1, when=anytime)
def puts_off(shop: Shop, reader: Reader) -> Story:
    """One of the coming issues, read what follows, yes; one in three wants it after all some days later."""
    reader.living()
    reader.signs_in()
    yield shop.clock.now
    path = reader.account("pause")
    page = reader.browser.get(path, expect=(200, 404))
    issues = ISSUE.findall(page.content.decode()) if page.status_code == 200 else []
    if not issues:
        return
    yield from _twice(shop, reader, path, {"issues": reader.chance.choice(issues)})
    if reader.chance.random() < 0.33:
        yield shop.clock.now + timedelta(days=reader.chance.uniform(0.1, 60))
        reader.signs_in()
        yield shop.clock.now
        page = reader.browser.get(reader.account("pause"), expect=(200, 404))
        held = HELD.findall(page.content.decode()) if page.status_code == 200 else []
        if held:
            yield from _twice(shop, reader, path, {"act": "end", "pause": held[0]})


def _twice(shop: Shop, reader: Reader, path: str, chosen: dict[str, str]) -> Story:
    """What follows, and the yes; once more where it has changed meanwhile."""
    page = reader.browser.post(path, chosen | {"step": "ask"}, expect=(200,))
    yield shop.clock.now
    for _click in range(3):
        kept = fields(page)
        if "shown" not in kept:
            return  # it cannot be put off any more, and the page says why
        page = reader.browser.post(path, chosen | {"shown": kept["shown"], "step": "confirm"}, expect=(200, 302, 303))
        if page.status_code != 200:
            return
    raise TurnedAway("the yes was not taken")
