"""What may be put off, and what would come of it: which issues do not come, which is the last instead, when R is.

The pages show it before the last click, and `holding` carries out the same. Nothing is written here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.seals import seal_of
from subscriptions.beginning import calendars
from subscriptions.calendar import MOST_OF_A_TERM, is_open, printed, put_off, taken_back
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Entitlement, Issue, Pause, Subscription
from subscriptions.offers.catalogue import dates_of
from subscriptions.renewals.planning import foreseen_day
from subscriptions.stopping.reading import stopped_and_waiting

Copy = Entitlement.State
#: How many of the coming issues a page offers to put off.
OFFERED = 4


class CannotPause(ValidationError):
    """These issues cannot be put off, or taken back; the message is a sentence for the reader."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription as pausing sees it on day `on`: its copies in order, every issue, its pauses that were not called off."""

    subscription: Subscription
    on: date
    copies: Sequence[Entitlement]
    issues: Mapping[int, Issue]
    pauses: Sequence[Pause]

    @property
    def to_come(self) -> list[Entitlement]:
        """Copies that no file has taken yet, in the order in which they come."""
        return [copy for copy in self.copies if copy.state in (Copy.OWED, Copy.HELD)]

    @property
    def held(self) -> list[Pause]:
        """Pauses that can still be called off: no file has gone by them."""
        return [one for one in self.pauses if one.state == Pause.State.HELD and self._open(one.issue)]

    @property
    def pausable(self) -> list[Issue]:
        """The coming issues that may still be put off: in no closed file, of a term that has room for another."""
        taken = Counter(one.term_id for one in self.pauses)
        found = [
            copy.issue
            for copy in self.to_come
            if copy.issue is not None and self._open(copy.issue) and taken[copy.term_id] < MOST_OF_A_TERM
        ]
        return found[:OFFERED]

    def _open(self, issue: Issue) -> bool:
        return is_open(dates_of(issue), on=self.on)

    def planned(self) -> list[int]:
        """Numbers of issues that can still be sent."""
        return [number for number, issue in self.issues.items() if self._open(issue)]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What comes of it. `moves`: the copies that come with another issue (None: not planned yet), in order.

    `issues`: those that do not come, or come after all. `ended`: the pauses that end with it. `last_number`: the last issue; `last` its row, None while it is
    not planned. `renews_on`, `renewed_before`: R then and today, None where no year begins by itself.
    """

    issues: tuple[Issue, ...]
    moves: Mapping[Entitlement, Issue | None]
    last: Issue | None
    last_number: int
    renews_on: date | None
    renewed_before: date | None
    ended: tuple[Pause, ...] = ()

    @property
    def last_printed(self) -> str:
        """The number of the last issue, both of a double one, as it is printed."""
        return self.last.printed if self.last is not None else printed(self.last_number)

    @property
    def seal(self) -> str:
        """Of what is shown of it."""
        return seal_of(
            [issue.number for issue in self.issues],
            self.last_number,
            self.last.post_on if self.last else None,
            self.renews_on,
        )


class Changed(CannotPause):
    """What would come of it is something else than was shown; nothing was done. `foreseen`: what it is now."""

    def __init__(self, foreseen: Foreseen) -> None:
        super().__init__(_("Something has changed meanwhile. Please look again."), code="changed")
        self.foreseen = foreseen


def standing_of(subscription: Subscription, *, on: date, copies: Sequence[Entitlement] | None = None) -> Standing:
    """Read it; `copies`: those that the caller has locked. Three queries at most."""
    if copies is None:
        rows = Entitlement.objects.filter(term__subscription=subscription).select_related("issue")
        copies = list(rows.order_by("term__number", "rank"))
    pauses = Pause.objects.filter(term__subscription=subscription).exclude(state=Pause.State.CALLED_OFF)
    return Standing(
        subscription=subscription,
        on=on,
        copies=copies,
        issues={row.number: row for row in calendars({subscription.magazine_id})[subscription.magazine_id]},
        pauses=list(pauses.select_related("issue", "entitlement").order_by("pk")),
    )


def may_pause(standing: Standing) -> bool:
    """Whether this subscription has anything that can be put off: it runs, nobody has stopped it, an issue is open."""
    running = standing.subscription.state == Subscription.State.ACTIVE
    return running and bool(standing.pausable) and not stopped_and_waiting([standing.subscription.pk])


def without(standing: Standing, numbers: Collection[int]) -> Foreseen:
    """What comes of putting off these issues. Raises CannotPause with a sentence."""
    open_now = {issue.number: issue for issue in standing.pausable}
    if not numbers:
        raise CannotPause(_("Please choose at least one issue."), code="none")
    if not may_pause(standing):
        raise CannotPause(_("No issue of this subscription can be put off now."), code="closed")
    if set(numbers) - set(open_now):
        raise CannotPause(
            _("One of these issues can no longer be put off: its addresses are already with the post."), code="late"
        )
    _room(standing, numbers)
    coming = standing.to_come
    numbered = [copy.issue.number if copy.issue else None for copy in coming]
    after = put_off(numbered, without=numbers, planned=standing.planned())
    if any(after[numbered.index(number)] is None for number in numbers):
        raise CannotPause(
            _("The issue that would follow is not planned yet. Please come back in a few weeks."), code="unplanned"
        )
    return _foreseen(standing, coming, after, [open_now[number] for number in sorted(numbers)])


def again(standing: Standing, pauses: Iterable[Pause]) -> Foreseen:
    """What comes of calling these pauses off. Raises CannotPause with a sentence.

    With the copies that come earlier again, another pause may be of an issue after the last: it ends too, having nothing left
    to put off.
    """
    back = list(pauses)
    if not back or set(back) - set(standing.held):
        raise CannotPause(
            _("This pause can no longer be ended: its issue is already with the post. The next one comes."), code="late"
        )
    if stopped_and_waiting([standing.subscription.pk]):
        raise CannotPause(_("This subscription has been stopped: no copy is sent any more."), code="stopped")
    coming = standing.to_come
    numbered = [copy.issue.number if copy.issue else None for copy in coming]
    after = taken_back(numbered, again=[one.issue.number for one in back])
    issues = sorted((one.issue for one in back if one.issue.number in after), key=lambda issue: issue.number)
    return replace(_foreseen(standing, coming, after, issues), ended=(*back, *_idle(standing, after, back)))


def _idle(standing: Standing, after: Sequence[int | None], back: Collection[Pause]) -> list[Pause]:
    """The other pauses that no copy comes after."""
    if None in after:
        return []
    last = max(number for number in after if number is not None)
    held = [one for one in standing.pauses if one.state == Pause.State.HELD and one not in back]
    return [one for one in held if one.issue.number > last]


def _room(standing: Standing, numbers: Collection[int]) -> None:
    asked = Counter(
        copy.term_id for copy in standing.to_come if copy.issue is not None and copy.issue.number in numbers
    )
    taken = Counter(one.term_id for one in standing.pauses)
    for term, count in asked.items():
        left = MOST_OF_A_TERM - taken[term]
        if count > left:
            sentence = (
                _("Two issues of a year may be put off: please choose two at most.")
                if left == MOST_OF_A_TERM
                else _("Two issues of a year may be put off, and one is already: please choose one.")
            )
            raise CannotPause(sentence, code="room")


def _foreseen(
    standing: Standing, coming: Sequence[Entitlement], after: Sequence[int | None], issues: Sequence[Issue]
) -> Foreseen:
    rows = [standing.issues[number] if number is not None else None for number in after]
    moves = {copy: row for copy, row in zip(coming, rows, strict=True) if copy.issue_id != (row.pk if row else None)}
    planned = [row for row in rows if row is not None]
    # What is in a file already is posted before; it counts where nothing else is planned.
    filed = [copy.issue for copy in standing.copies if copy.state == Copy.ASSIGNED and copy.issue is not None]
    posts = [row.posted_on or row.post_on for row in (*planned, *filed)]
    number = max((row.ends for row in (*planned, *filed)), default=0) + (len(rows) - len(planned))
    today = dates_of_subscription(standing.subscription, on=standing.on).renewal
    return Foreseen(
        issues=tuple(issues),
        moves=moves,
        last=rows[-1],
        last_number=number,
        renews_on=foreseen_day(standing.subscription, last_owed_post=max(posts, default=None), on=standing.on),
        renewed_before=today.on if today else None,
    )
