"""Loading a demo: the catalogue, the staff, and a year of readers played through the shop; once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import translation

from payments.actors import Actor, job
from payments.days import paris_day
from payments.desk import record_act
from payments.mirroring.running import mirror
from payments.models import Act, DeskItem
from shop.customers.models import Customer
from shop.customers.search import refresh_stale
from shop.demo import bank_stories, desk_stories, dispute_stories
from shop.demo.casting import Part, cast
from shop.demo.catalogue import back_issues, stock
from shop.demo.clockwork import turns
from shop.demo.issues import first_day, made_up_issues, older_issues, opened_on
from shop.demo.playing import ROUND, morning, play, postings, weekly
from shop.demo.renewal_casting import First, cast_first_readers
from shop.demo.stage import Stage
from shop.demo.team import hire
from shop.demo.till import Till
from shop.watch.audit import breaches
from subscriptions.models import Magazine

LOADED = "demo loaded"
SUBJECT = "demo:1"
#: So many readers make a shop that has a history: a smaller one has nobody whose year is over, and plans those whose year ends soon.
ENOUGH = 12
SILENT = "shop.demo.letterbox.SilentBackend"


class CannotLoad(RuntimeError):
    """The demo cannot be loaded here; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded: `stars` are e-mail addresses worth signing in with, and why."""

    readers: int
    stars: list[tuple[str, str]]


def found() -> Loaded | None:
    """The demo that this database holds, if one was loaded to its end."""
    act = Act.objects.filter(verb=LOADED, subject=SUBJECT).first()
    if act is None:
        return None
    why = dict(act.facts["stars"])
    people = Customer.objects.filter(pk__in=why).exclude(email=None).order_by("pk")
    return Loaded(act.facts["readers"], [(str(person.email), why[person.pk]) for person in people])


def load(*, readers: int, until: datetime) -> Loaded:
    """Load everything, as if the shop had been at work for the best part of a year until the instant `until`.

    Without a stand-in for Stripe (`STRIPE_API_BASE` empty) there are no readers: what they paid would be unknown to the
    Stripe account in use. Raises CannotLoad when something is there already or an invariant does not hold afterwards,
    NoTill when the stand-in does not answer.
    """
    if Magazine.objects.exists():
        raise CannotLoad(
            "This database already holds a magazine, and no demo that was loaded to its end: "
            "`make demo-reset` begins anew."
        )
    with quiet(), lazy_disk(), translation.override("fr"):
        if not (readers and settings.STRIPE_API_BASE):
            parts = _load(None, readers=0, until=until)
        else:
            till = Till(settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY)
            with till.in_hand():
                parts = _load(till, readers=readers, until=until)
    if wrong := troubles(at=until):
        raise CannotLoad("The demo does not hold together:\n" + "\n".join(wrong))
    return _remember(parts, at=until)


def troubles(*, at: datetime) -> list[str]:
    """Every breach of an invariant, and all that technique would have to look at; a demo begins without any."""
    broken = [f"{name}: {subject} {sentence}" for name, subject, sentence in breaches(at)]
    items = DeskItem.objects.filter(desk=DeskItem.Desk.TECHNIQUE, closed_at=None)
    return broken + [f"{item.kind}: {item.subject} {item.sentence}" for item in items]


def _load(till: Till | None, *, readers: int, until: datetime) -> list[Part | First]:
    on = paris_day(until)
    calendar, older = made_up_issues(on), older_issues(on)
    parts = cast(readers, issues=calendar, opened_on=opened_on(on), until=until)
    begun = morning(first_day(on))
    team = hire(at=begun)
    issues = stock(settings.PUBLISHER, [*older, *calendar], opened_on=first_day(on))
    stage = Stage(till=till, team=team, now=begun, until=until)
    tales = [(part.begins, part.tale(stage, part.person)) for part in parts]
    first: list[First] = []
    if readers >= ENOUGH:
        everybody = [part.person for part in parts]
        first, days = cast_first_readers(stage, but=everybody, issues=[*older, *calendar], until=until)
        tales += [(one.begins, one.tale()) for one in first]
        tales += turns(stage, days)
    elif readers:
        tales += turns(stage, [on - timedelta(days=1), on])
    if readers >= desk_stories.MANY:
        tales += desk_stories.tell(stage, issues, since=opened_on(on), until=until)
        tales += dispute_stories.tell(stage, until=until)
        tales += bank_stories.tell(stage, since=opened_on(on))
    play(stage, [*postings(stage, issues, on=on), *tales, *weekly(stage, since=morning(opened_on(on)))])
    back_issues(at=until)
    while refresh_stale(ROUND):
        pass
    bank_stories.freeze(at=until)
    if till is not None:
        mirror(actor=job("stripe-mirror"), at=until)
    return [*parts, *first]


def _remember(parts: Sequence[Part | First], *, at: datetime) -> Loaded:
    """Write down that it is done, last of all: what was interrupted is not taken for a demo."""
    why = {part.person.email: part.star for part in parts if part.star}
    stars = [(person.pk, why[str(person.email)]) for person in Customer.objects.filter(email__in=why).order_by("pk")]
    facts = {"readers": Customer.objects.filter(is_staff=False).count(), "stars": stars}
    record_act(LOADED, subject=SUBJECT, actor=Actor("import", "demo"), at=at, facts=facts)
    loaded = found()
    if loaded is None:
        raise CannotLoad("What was loaded is not found again.")
    return loaded


@contextmanager
def lazy_disk() -> Iterator[None]:
    """Thousands of commits do not wait for the disk; the last one, which says that all is there, does."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO on")


@contextmanager
def quiet() -> Iterator[None]:
    """No letter leaves and nothing is logged: two hundred readers say a lot, and `troubles` says what matters."""
    before = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = SILENT
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        settings.EMAIL_BACKEND = before
