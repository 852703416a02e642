"""Who plays what, and when: the plan of a demo, drawn with a fixed seed, the same for the same day and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import zip_longest
from random import Random

from payments.days import PARIS
from shop.demo import stories
from shop.demo.issues import MadeUpIssue
from shop.demo.people import AUTOMATIC, CLOSED_DOMAIN, FIXED, Person, make_passers_by, make_people
from shop.demo.stage import Stage
from shop.demo.stories import Story
from shop.demo.till import ASKS_THE_BANK, CARTE_BANCAIRE, DEBIT, MASTERCARD, REFUND_FAILS, REFUND_WAITS, VISA

SEED = 2026
STARS = 3
#: Beside the readers: two who give a year to somebody else.
GIVERS = 2
Tale = Callable[[Stage, Person], Story]
DAY = timedelta(days=1)
#: When a story may begin: so many days ago at least, and at most.
EVER = (timedelta(), 400 * DAY)
MIDDLE = (30 * DAY, 400 * DAY)
LONG = (90 * DAY, 400 * DAY)
Window = tuple[timedelta, timedelta]
#: Readers out of two hundred, when they began, their story; at least one of each as far as there are readers.
READERS: Sequence[tuple[int, Window, Tale]] = (
    (2, (2 * DAY, 12 * DAY), stories.pays_twice),
    (1, (5 * DAY, 40 * DAY), stories.is_reached_at_last),
    (8, EVER, stories.tries_again),
    (4, EVER, stories.changes_mind),
    (1, (20 * DAY, 22 * DAY), partial(stories.withdraws, means=REFUND_FAILS)),
    (1, (23 * DAY, 26 * DAY), stories.is_erased),
    (8, MIDDLE, stories.withdraws),
    (16, (15 * DAY, 400 * DAY), stories.pays_by_debit),
    (10, LONG, stories.moves_away),
    (6, LONG, stories.changes_card),
    (10, EVER, partial(stories.reads, means=ASKS_THE_BANK)),
    (1, (2 * DAY, 8 * DAY), stories.cannot_be_reached),
    (2, MIDDLE, stories.asks_for_the_invoice),
    (6, EVER, stories.turns_back),
)
#: Passers-by for two hundred readers: they never become readers.
PASSERS_BY: Sequence[tuple[int, Tale]] = (
    (6, stories.leaves),
    (4, stories.gives_up),
    (2, stories.debit_comes_back),
)
#: How long before the present the last readers bought, and the last unfinished business began.
JUST_BOUGHT = (timedelta(minutes=48), timedelta(hours=3, minutes=20), timedelta(days=1, hours=9))
UNFINISHED: Sequence[tuple[timedelta, Tale]] = (
    (timedelta(minutes=11), stories.leaves),
    (timedelta(hours=21), stories.pays_by_debit),
    (timedelta(days=1, hours=6), stories.pays_by_debit),
)
ORDINARY = (VISA, VISA, CARTE_BANCAIRE, CARTE_BANCAIRE, MASTERCARD, DEBIT)


@dataclass(frozen=True, slots=True)
class Part:
    """One story to be played from `begins` on. `star`: why it is worth looking at, "" for most."""

    begins: datetime
    person: Person
    tale: Tale
    star: str = ""


def cast(readers: int, *, issues: Sequence[MadeUpIssue], opened_on: date, until: datetime) -> list[Part]:
    """The plan: `readers` people who become readers, some who do not, a few whose business is unfinished. Pure."""
    if not readers:
        return []
    random = Random(SEED)  # noqa: S311 - a plan, no secret
    people = make_people(readers, random)
    when = Days(random, issues=issues, opened_on=opened_on, until=until)
    return [
        *_stars(people, when, since=issues[0].cutoff_on, until=until),
        *_readers(people[STARS:], random, when, until=until),
        *_passers_by(people, random, when, until=until),
        *_givers(people, until=until),
    ]


class Days:
    """Draws instants: more of them as the shop grows, at its opening, and after each issue."""

    def __init__(self, random: Random, *, issues: Sequence[MadeUpIssue], opened_on: date, until: datetime) -> None:
        self._random, self._until = random, until
        last = until.astimezone(PARIS).date()
        self._days = [opened_on + timedelta(days=n) for n in range((last - opened_on).days)]
        self._weights = [self._weight(day, rank, issues) for rank, day in enumerate(self._days)]

    def draw(self, window: Window) -> datetime:
        """An instant in `window` before the present, on a day before, from eight in the morning to eleven at night."""
        latest, earliest = ((self._until - before).astimezone(PARIS).date() for before in window)
        able = [rank for rank, day in enumerate(self._days) if earliest <= day <= latest]
        rank = self._random.choices(able, [self._weights[rank] for rank in able])[0]
        at = time(self._random.choice(HOURS), self._random.randrange(60), self._random.randrange(60))
        return datetime.combine(self._days[rank], at, PARIS).astimezone(UTC)

    def _weight(self, day: date, rank: int, issues: Sequence[MadeUpIssue]) -> float:
        fresh = any(timedelta(0) <= day - issue.post_on < timedelta(days=12) for issue in issues)
        return 1 + rank / len(self._days) + (3 if fresh else 0) + (4 if rank < 10 else 0)


HOURS = (8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 18, 19, 20, 20, 21, 21, 22)


def _stars(people: Sequence[Person], when: Days, *, since: date, until: datetime) -> Iterator[Part]:
    """The first three, whose pages are worth a look; two of them have had every issue posted since `since`."""
    long_ago = (until.astimezone(PARIS).date() - since + 14 * DAY, 400 * DAY)
    parts = (
        (
            stories.moves_and_changes_card,
            AUTOMATIC,
            long_ago,
            "renewed automatically, three issues served, moved house, changed the card",
        ),
        (stories.pays_by_debit, FIXED, long_ago, "one year paid by direct debit, three issues served"),
        (
            partial(stories.withdraws, means=REFUND_WAITS, at=until - timedelta(hours=2)),
            FIXED,
            (12 * DAY, 12 * DAY),
            "withdrew two hours ago, the refund is on its way",
        ),
    )
    for person, (tale, renewal, window, star) in zip(people, parts, strict=False):
        yield Part(when.draw(window), person.who_wants(renewal), tale, star)


def _readers(people: Sequence[Person], random: Random, when: Days, *, until: datetime) -> Iterator[Part]:
    """The stories that go beyond an order are those of private persons in France."""
    able = [one for one in people if _at_home(one)]
    rest = [one for one in people if not _at_home(one)]
    for share, window, tale in READERS:
        for _one in range(min(_number(share, len(people) + STARS), len(able))):
            person = able.pop()
            lost = tale in (stories.cannot_be_reached, stories.is_reached_at_last)
            yield Part(when.draw(window), person.with_email_at(CLOSED_DOMAIN) if lost else person, tale)
    for person, before in zip_longest([*able, *rest], JUST_BOUGHT[: len(able)]):
        begins = until - before if before else when.draw(EVER)
        yield Part(begins, person, partial(stories.reads, means=random.choice(ORDINARY)))


def _passers_by(people: Sequence[Person], random: Random, when: Days, *, until: datetime) -> Iterator[Part]:
    tales = [(when.draw(MIDDLE), tale) for share, tale in PASSERS_BY for _one in range(_number(share, len(people)))]
    tales += [(until - before, tale) for before, tale in UNFINISHED]
    strangers = make_passers_by(len(tales), random, but=people)
    for (begins, tale), person in zip(tales, strangers, strict=True):
        yield Part(begins, person, tale)


def _givers(people: Sequence[Person], *, until: datetime) -> Iterator[Part]:
    """One gift that was told, one that is still to be; givers and recipients are people of their own."""
    persons = make_passers_by(2 * GIVERS, Random(SEED + 1), but=people)  # noqa: S311 - a plan, no secret
    told, to_come = (
        (20 * DAY, 6 * DAY, "Bonne lecture, et bon anniversaire.", "gave a year, which its recipient was told of"),
        (3 * DAY, 12 * DAY, "Pour tes dimanches.", "gave a year, to be told in nine days"),
    )
    for giver, receiver, (before, after, message, star) in zip(
        persons[::2], persons[1::2], (told, to_come), strict=True
    ):
        tale = partial(stories.gives, receiver=receiver, told_after=after, message=message)
        yield Part(until - before, giver, tale, star)


def _at_home(person: Person) -> bool:
    return "organisation" not in person.typed and person.typed["delivery_country"] == "FR"


def _number(share: int, readers: int) -> int:
    return max(1, round(share * readers / 200))
