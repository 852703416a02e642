"""Copies that come back: the file of the post some weeks after an issue has left, with its odd lines, let in twice.

An address that a copy came back from is likely to return the next one too, until its reader has said where they live.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from subscriptions.losses.return_file import Trouble, Unreadable, Verdict, read
from subscriptions.losses.returning import write_down
from subscriptions.models import CopyReturn, Dispatch, Issue
from tests.simulation.acts.staff import FULFILMENT
from tests.simulation.shop import Shop, Story

#: How many copies come back, by themselves and where the last one did.
LOST, AGAIN = 0.04, 0.7
REASONS = (1, 1, 1, 2, 2, 2, 2, 3, 4, 4)
HEAD = "cle_unique;motif;date"
TRIES = 9


def draw(shop: Shop, issue: Issue) -> None:
    """The file of an issue comes two to five weeks after it has left, a second one much later."""
    chance = shop.plan.chance("returns", issue.number)
    for number, days in enumerate((chance.uniform(14, 35), chance.uniform(60, 80))):
        shop.tell(
            "fulfilment", f"lets returns of issue {issue.number} in",
            lambda number=number: lets_in(shop, issue, number), at=shop.clock.now + timedelta(days=days), tries=TRIES,
        )  # fmt: skip


def lets_in(shop: Shop, issue: Issue, number: int) -> Story:
    """Good lines and every kind of bad one; each has its verdict, and twice the same file is once."""
    chance = shop.plan.chance("returned", issue.number, number)
    good = _drawn(issue, chance, rare=number > 0)
    first, today = issue.posted_on or issue.post_on, shop.clock.today
    rows = [(line.key, str(chance.choice(REASONS)), f"{today:%d/%m/%Y}") for line in good]
    odd = {
        Verdict.UNKNOWN_KEY: ("N001-999999-09", "1", f"{today:%Y%m%d}"),
        Verdict.FORMULA: ("=1+1", "1", f"{today:%Y%m%d}"),
    }
    spare = Dispatch.objects.filter(issue=issue, run__state="posted", came_back=None).exclude(
        pk__in=[line.pk for line in good]
    )
    if (other := spare.order_by("place").first()) is not None:
        odd |= {
            Verdict.REASON: (other.key, "7", f"{today:%Y%m%d}"),
            Verdict.DAY: (other.key, "2", "hier"),
            Verdict.EARLY: (other.key, "2", f"{first - timedelta(days=1):%Y-%m-%d}"),
            Verdict.FUTURE: (other.key, "2", f"{today + timedelta(days=1):%Y-%m-%d}"),
        }
    body = "\r\n".join([HEAD, *map(";".join, rows), *map(";".join, odd.values()), "un;seul", *map(";".join, rows[:1])])
    known = set(CopyReturn.objects.filter(dispatch__in=good).values_list("dispatch__key", flat=True))
    lines = read(body.encode("cp1252"), on=today)
    wanted = [Verdict.KNOWN if key in known else Verdict.GOOD for key, _reason, _day in rows]
    wanted += [*odd, Verdict.COLUMNS]
    wanted += [Verdict.KNOWN if rows[0][0] in known else Verdict.DOUBLED] if rows else []
    assert [line.verdict for line in lines] == wanted, [str(line.verdict) for line in lines]
    _unreadable(body)
    came = [line.returned for line in lines if line.returned is not None]
    made = [write_down(came, source=CopyReturn.Source.FILE, actor=FULFILMENT, at=shop.clock.now) for _twice in range(2)]
    assert made == [len(good) - len(known), 0], made
    again = read(body.encode("cp1252"), on=today)
    assert not any(line.returned for line in again), "a file let in twice tells nothing new"
    yield shop.clock.now


def _drawn(issue: Issue, chance: Random, *, rare: bool) -> list[Dispatch]:
    """Lines of an issue that come back: of main files, complements, resends and free copies alike."""
    faulty = set(CopyReturn.objects.exclude(dispatch__issue=issue).values_list("dispatch__address", flat=True))
    lines = Dispatch.objects.filter(issue=issue, run__state="posted").order_by("run__sequence", "place")
    found = []
    for line in lines:
        likely = (AGAIN if line.address_id in faulty else LOST) * (0.2 if rare else 1)
        if chance.random() < likely:
            found.append(line)
    return found


def _unreadable(body: str) -> None:
    """The same file, spoiled as a whole, is refused as a whole."""
    for spoiled, trouble in (
        (b"", Trouble.EMPTY),
        (body.replace("motif", "raison").encode(), Trouble.MISSING_COLUMNS),
        (body.replace(";", "|").encode(), Trouble.SEPARATOR),
        (body.encode("utf-16"), Trouble.ENCODING),
    ):
        said = ""
        try:
            read(spoiled, on=None)  # type: ignore[arg-type]  # refused before any day is looked at
        except Unreadable as why:
            said = why.trouble
        assert said == trouble, f"a file is {trouble}, and was said to be {said!r}"
