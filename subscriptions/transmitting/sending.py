"""Sending a closed file to the mailing house: asked for by a person, carried over by the clock, handed over when it has arrived.

Constraints: nothing leaves whose bytes are not those of the closing; no network inside a transaction; what was seen by nobody
is looked up there before anything is sent again; a file arrives once. So each try claims its row and commits; makes the file and
holds it against its hash; looks the last try up; commits the hash of what is about to travel; carries the control sheet, then the
file; and in one last transaction says that it arrived and hands the run over. Killed at any point, the next one goes on from the row.
That a file gets its name is committed before: from then on it may be picked up. A try that ended there with nothing left behind has
arrived or not, nobody can tell, and a person decides: nothing is sent again by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import put_on_desk, record_act
from payments.models import DeskItem
from subscriptions.enveloping import NoCertificate, certificate_of, enveloped
from subscriptions.fulfilment.address_file import FileChanged, file_name, written
from subscriptions.fulfilment.control_sheet import control_sheet
from subscriptions.fulfilment.handing_over import NOT_TRANSMITTED, CannotHandOver, hand_over, locked
from subscriptions.models import MailingRun, Transmission
from subscriptions.transmitting.carrying import PART, Parcel, Place, carry, lies_there, reach
from subscriptions.transmitting.moving import OPEN, move
from subscriptions.transmitting.outcomes import OUTCOMES, RENAMING, UNKNOWN, Fault, wait_after
from subscriptions.transmitting.ways import way_in_force

log = structlog.get_logger(__name__)
State = Transmission.State
#: A try that nobody has seen the end of for so long is dead: the worker stops a task much earlier.
STALLED = timedelta(minutes=15)
#: Said by a try that looked at what lies there; any other may have kept it from looking.
SEEN = frozenset({"doubtful", "occupied", "corrupted"})


@dataclass(slots=True)
class Sent:
    """What one round did: files that arrived, tries that failed, tries that were found dead."""

    arrived: int = 0
    failed: int = 0
    stalled: int = 0


@transaction.atomic
def transmit(run_id: int, *, actor: Actor, at: datetime, reason: str) -> Transmission:
    """Ask for a closed file to be sent by the way in force. Asked twice, it is the same one. Raises CannotHandOver."""
    run = locked(run_id)
    if run.state != MailingRun.State.CLOSED:
        raise CannotHandOver(_("Only a closed file is handed over."), code="not_closed")
    open_ = run.transmissions.filter(state__in=OPEN).first()
    if open_ is not None:
        return open_
    way = way_in_force(run.issue.magazine_id)
    if way is None:
        raise CannotHandOver(_("No way to the mailing house was entered: its files are downloaded."), code="no_way")
    last = run.transmissions.aggregate(last=Max("number"))["last"] or 0
    made = Transmission.objects.create(
        run=run, way=way, number=last + 1, state_since=at, due_at=at, asked_by=str(actor), asked_because=reason[:200],
        asked_at=at,
    )  # fmt: skip
    record_act(
        "asked for a file to be transmitted", subject=f"run:{run.pk}", actor=actor, at=at, reason=reason,
        facts={"way": way.way, "number": made.number},
    )  # fmt: skip
    return made


def send(limit: int, *, actor: Actor, at: datetime) -> Sent:
    """Carry over what is due, one after the other. Safe to repeat, late and in two places."""
    sent = Sent(stalled=_recover(actor=actor, at=at))
    for _nth in range(limit):
        row = _claim(actor=actor, at=at)
        if row is None:
            break
        try:
            sent.arrived += _try(row, actor=actor, at=at)
        except (Fault, FileChanged) as trouble:
            sent.failed += 1
            word = trouble.word if isinstance(trouble, Fault) else "changed"
            log.warning("transmission_failed", transmission=row.pk, fault=word, attempts=row.attempts)
            _fail(row, word, actor=actor, at=at)
    return sent


@transaction.atomic
def _recover(*, actor: Actor, at: datetime) -> int:
    """Tries whose end nobody saw go back to the queue, to be looked up."""
    stuck = Transmission.objects.select_for_update(no_key=True, skip_locked=True).filter(
        state=State.IN_FLIGHT, state_since__lte=at - STALLED
    )
    found = list(stuck.order_by("pk"))
    for row in found:
        word = RENAMING if row.failure == RENAMING else "stalled"
        row.failure, row.due_at = word, at
        if wait_after(word, row.attempts) is None:
            _give_up(row, word, actor=actor, at=at)
        else:
            move(row, State.QUEUED, actor=actor, at=at, reason="stalled", also=("failure", "due_at"))
    return len(found)


@transaction.atomic
def _claim(*, actor: Actor, at: datetime) -> Transmission | None:
    due = Transmission.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        state=State.QUEUED, due_at__lte=at
    )
    row = due.select_related("run__issue__magazine", "run__house", "way").order_by("due_at", "pk").first()
    if row is not None:
        row.attempts += 1
        move(row, State.IN_FLIGHT, actor=actor, at=at, also=("attempts",))
    return row


def _try(row: Transmission, *, actor: Actor, at: datetime) -> bool:
    """One try of a claimed row, to its end; False if somebody else held the row before that. Raises Fault, FileChanged."""
    run = row.run
    if run.state != MailingRun.State.CLOSED:
        raise Fault("otherwise")
    content = b"".join(written(run))
    if (hashlib.sha256(content).hexdigest(), len(content)) != (run.sha256, run.size):
        raise Fault("changed")
    with reach(row.way) as place:
        if not _arrived_before(row, place):
            if row.failure == RENAMING and place.read(row.name + PART) is None:
                raise Fault("doubtful" if place.read(row.name) is None else "occupied")
            parcel = _parcel(row, content)
            if not _announce(row, parcel.name, parcel.sha256, len(parcel.content)):
                return False
            name = file_name(run).replace(".csv", "_bordereau.pdf")
            carry(place, Parcel(name, control_sheet(run)))
            carry(place, parcel, naming=_naming(row))
    return _finish(row, actor=actor, at=at)


def _arrived_before(row: Transmission, place: Place) -> bool:
    """Whether anything that was sent of this file before lies there; then the row says what it is.

    An envelope has other bytes each time: those of every transmission of the run are looked for, the newest first.
    """
    sent = row.run.transmissions.exclude(sent_sha256="").order_by("-number")
    for name, sha256, size in sent.values_list("name", "sent_sha256", "sent_size"):
        if lies_there(place, name, sha256=sha256, size=size or 0):
            return _announce(row, name, sha256, size or 0, failure=RENAMING)  # it has its name, and may go any moment
    return False


def _parcel(row: Transmission, content: bytes) -> Parcel:
    """What travels: the file as it is, or in an envelope for the house alone."""
    name = file_name(row.run)
    if not row.way.certificate:
        return Parcel(name, content)
    try:
        return Parcel(f"{name}.p7m", enveloped(content, [certificate_of(row.way.certificate.encode())]))
    except NoCertificate as trouble:
        raise Fault("certificate") from trouble


@transaction.atomic
def _announce(row: Transmission, name: str, sha256: str, size: int, *, failure: str = "") -> bool:
    """Commit what is about to travel, or has; False if this try does not hold its row any more."""
    held = _mine(row)
    if held is None:
        return False
    held.name, held.sent_sha256, held.sent_size = name, sha256, size
    held.failure = failure
    held.save(update_fields=["name", "sent_sha256", "sent_size", "failure"])
    return True


@contextmanager
def _naming(row: Transmission) -> Iterator[None]:
    """Commit that the file gets its name, before it does. A refusal takes it back; a line that breaks off leaves it unknown."""
    if not _says(row, RENAMING):
        raise Fault("stalled")
    try:
        yield
    except Fault as trouble:
        if trouble.word != "broken off":
            _says(row, "")
        raise


@transaction.atomic
def _says(row: Transmission, word: str) -> bool:
    held = _mine(row)
    if held is None:
        return False
    held.failure = word
    held.save(update_fields=["failure"])
    return True


def _mine(row: Transmission) -> Transmission | None:
    held = Transmission.objects.select_for_update(no_key=True, of=("self",)).select_related("way").get(pk=row.pk)
    return held if (held.state, held.attempts) == (State.IN_FLIGHT, row.attempts) else None


@transaction.atomic
def _finish(row: Transmission, *, actor: Actor, at: datetime) -> bool:
    """It has arrived: the run is handed over with it, in one transaction."""
    locked(row.run_id)  # issue → run → transmission, as everywhere
    held = _mine(row)
    if held is None:
        return False
    held.failure = ""
    move(held, State.DONE, actor=actor, at=at, also=("failure",))
    hand_over(held.run_id, how=held.way.way, actor=actor, at=at, reason=held.asked_because)
    return True


@transaction.atomic
def _fail(row: Transmission, word: str, *, actor: Actor, at: datetime) -> None:
    held = _mine(row)
    if held is None:
        return
    held.failure = RENAMING if held.failure == RENAMING and word not in SEEN else word
    wait = wait_after(held.failure, held.attempts)
    if wait is None:
        _give_up(held, held.failure, actor=actor, at=at)
    else:
        held.due_at = at + wait
        move(held, State.QUEUED, actor=actor, at=at, reason=word, also=("failure", "due_at"))


def _give_up(row: Transmission, word: str, *, actor: Actor, at: datetime) -> None:
    row.failure = word
    move(row, State.FAILED, actor=actor, at=at, reason=word, also=("failure",))
    if word == "otherwise":
        return
    run = MailingRun.objects.select_related("issue__magazine").get(pk=row.run_id)
    put_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=NOT_TRANSMITTED,
        subject=f"run:{row.run_id}",
        sentence=_sentence(row, file_name(run), word),
        at=at,
    )


def _sentence(row: Transmission, name: str, word: str) -> str:
    """What a person is told; that a file has not arrived is said only where no try can have left it there."""
    why = OUTCOMES[word].sentence
    if OUTCOMES[word].unknown or row.events.filter(reason__in=UNKNOWN).exists():
        return f"Le fichier {name} se trouve peut-être chez le routeur : {why}. Demandez-le-lui avant tout autre envoi."
    return f"Le fichier {name} n’est pas parvenu au routeur : {why}."
