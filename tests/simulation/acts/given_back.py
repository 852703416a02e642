"""A refund that their bank sent back: the reader names an account by the link of the letter, sometimes wrong at first."""

from __future__ import annotations

from payments.sandbox.ibans import ACCOUNTS
from tests.simulation.browser import errors, fields
from tests.simulation.people import Reader
from tests.simulation.registry import answers
from tests.simulation.shop import Shop, Story


@answers("names the account of a refund", link="/remboursement/", weight=0.8)
def names_account(shop: Shop, reader: Reader, url: str) -> Story:
    """Without an account of the shop; one wrong sign is refused, and what was typed stays."""
    page = reader.browser.get(url)
    typed = fields(page)
    if "iban" not in typed:
        return
    iban = reader.chance.choice(sorted(ACCOUNTS))
    if reader.chance.random() < 0.3:
        wrong = iban[:-1] + str((int(iban[-1], 36) + 1) % 10)
        answer = reader.browser.post(url, {**typed, "holder": reader.person.name, "iban": wrong}, expect=(200,))
        assert errors(answer), "an account that is none was taken"
    yield shop.clock.now
    reader.browser.post(url, {**typed, "holder": reader.person.name, "iban": iban}, expect=(200, 303))
