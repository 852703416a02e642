"""Readers who say no, pay, leave another card or move at a random instant around the charge: no wrong charge.

`make races N=100000 SEED=7` runs as many as one likes; here some hundreds, from a seed that changes with the day.
"""

from __future__ import annotations

import json
import logging
import os
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from subscriptions.notices import delivering
from subscriptions.renewals import outcomes
from tests.makers import make_magazine, make_offers
from tests.races.crowd import without_locks
from tests.races.instants import charging, posting, stage
from tests.races.instants.charging import Round
from tests.races.instants.conducting import Crew
from tests.sandbox.driver import KEY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
REPORT = os.environ.get("RACES_REPORT", "")
RACES = int(os.environ.get("RACES") or 0)
READERS, PART = (50, max(50, min(1000, RACES // 10))) if RACES else (40, 400)
CHARGES, LETTERS = (RACES * 9 // 10, RACES // 10) if RACES else (1600, 400)


@pytest.fixture
def crew(transactional_db, settings, monkeypatch):
    """The small world, the till inside this process, and two threads that act for the readers."""
    settings.STRIPE_HTTP_CLIENT = stage.PLUG
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_MAX_RETRIES = 0
    make_offers(make_magazine())
    logging.disable(logging.CRITICAL)
    people = Crew()
    yield people
    people.leave()
    logging.disable(logging.NOTSET)


def many(count: int, play: Callable[..., Round], *, what: str) -> Counter[str]:
    """So many races in rounds; how they ended. Fails with the seed of each round in which one went wrong."""
    races, ends, wrong, instants = 0, Counter(), [], 120
    for number in range(max(count // READERS, 1)):
        said = play(f"{SEED}:{what}:{number}", readers=READERS, instants=instants)
        instants = said.instants
        races += sum(said.races.values())
        ends.update(said.ends)
        wrong += [f"SEED={SEED}, {what} {number}: {one}" for one in said.wrong]
    if REPORT:
        with Path(REPORT).open("a") as report:
            line = {"what": what.partition(" ")[0], "races": races, "ends": ends, "wrong": wrong}
            report.write(json.dumps(line) + "\n")
    assert wrong == []
    return ends


@pytest.mark.parametrize("part", range(CHARGES // PART))
def test_no_wrong_charge_whatever_readers_do_around_it(crew, monkeypatch, part):
    stamps = charging.Stamps()
    stamps.watch(monkeypatch)
    ends = many(PART, partial(charging.play, crew=crew, stamps=stamps), what=f"charge {part}")
    # Both ends are reached, or nothing was raced.
    assert PART < 400 or (ends["say no, after the claim: paid"] and ends["say no, after the claim: cancelled"])


@pytest.mark.parametrize("part", range(LETTERS // PART))
def test_no_wrong_letter_whatever_readers_do_around_it(crew, monkeypatch, part):
    held: dict[int, float] = {}
    posting.watch(held, monkeypatch)
    many(PART, partial(posting.play, crew=crew, held=held), what=f"letter {part}")


def wrong_ones(play: Callable[..., Round], *, rounds: int) -> list[str]:
    """What goes wrong in some rounds of a shop that lacks something."""
    instants, wrong = 120, []
    for number in range(rounds):
        said = play(f"{SEED}:control:{number}", readers=40, instants=instants)
        instants = said.instants
        wrong += said.wrong
        if wrong:
            break
    return wrong


def test_without_the_look_at_settling_money_is_kept_after_a_no(crew, monkeypatch):
    """The negative control: the same races, and nobody asks once more whether the reader has said no meanwhile."""
    stamps = charging.Stamps()
    stamps.watch(monkeypatch)
    monkeypatch.setattr(outcomes, "said_no", lambda _subscription: False)
    play = partial(charging.play, crew=crew, stamps=stamps, kinds=["say no"] * 40)
    assert "kept after the reader had said no" in " ".join(wrong_ones(play, rounds=10))


def test_without_the_locks_a_reader_who_said_no_is_charged(crew, monkeypatch):
    """The negative control: rows are read without their locks, and whoever comes in between is overlooked."""
    stamps = charging.Stamps()
    stamps.watch(monkeypatch)
    without_locks(monkeypatch)
    play = partial(charging.play, crew=crew, stamps=stamps, kinds=["say no"] * 40)
    assert "after the reader had said no" in " ".join(wrong_ones(play, rounds=20))


def test_without_the_last_look_letters_leave_that_are_not_true(crew, monkeypatch):
    """The negative control: a letter is looked at before it is set, and not again before it leaves."""
    held: dict[int, float] = {}
    posting.watch(held, monkeypatch)
    monkeypatch.setattr(delivering, "_untrue_by_now", lambda *_given, **_named: "")
    wrong = wrong_ones(partial(posting.play, crew=crew, held=held), rounds=10)
    assert "it left though it was not true any more" in " ".join(wrong)
