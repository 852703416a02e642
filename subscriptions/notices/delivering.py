"""How letters leave: claim a few, write each, keep it as sent, hand it over, write down the answer (law.md 4.3, C).

Constraints: nothing is sent inside a transaction; a letter is stored before it leaves; two workers never hold the same one;
a letter that is no longer true is withdrawn; one bad letter stops no other. The letter's own row says in which of these
steps a dead worker was (`recovering`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from payments.actors import job
from payments.days import paris_day
from payments.desk import put_on_desk, take_off_desk
from payments.documents import keep
from payments.models import DeskItem
from subscriptions.models import Notice, Recipient, Subscription
from subscriptions.notices.answers import OUTAGE, Answer, Verdict, wait_after
from subscriptions.notices.letter import Letter, OnStall, always_true
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.moving import accepted, claim, hold_as_sent, move, prove
from subscriptions.notices.posting import Accepted, LetterBox
from subscriptions.notices.writing import WrittenLetter, write
from subscriptions.returns.following import on_paper_instead
from subscriptions.whose import of_people

log = structlog.get_logger(__name__)
State = Notice.State

#: Letters held at once by one worker: few, so that a killed worker leaves few to recover.
BATCH = 10


@dataclass(slots=True)
class Delivered:
    """What one round did, in letters. `outage`: it was cut short because none can leave for now."""

    sent: int = 0
    withdrawn: int = 0
    put_back: int = 0
    failed: int = 0
    doubtful: int = 0
    outage: bool = False


def deliver(limit: int, *, at: datetime) -> Delivered:
    """Deliver up to `limit` letters that are due at `at`. Safe to run in several places at once, and again."""
    done = Delivered()
    with LetterBox() as box:
        while limit > 0 and not done.outage:
            wanted = min(BATCH, limit)
            held = claim(wanted, at=at)
            _deliver_all(held, box, done, at=at)
            if len(held) < wanted:  # no more were due
                break
            limit -= wanted
    if done.sent and not done.outage:
        because = _("Letters leave again.")
        take_off_desk(kind="post_outage", subject="post", because=because, actor=job("letters"), at=at)
    return done


def deliver_one(notice_id: int, *, at: datetime) -> Notice.State | None:
    """Deliver this letter now, if it is due and nobody else holds it; returns its state after, or None if not taken."""
    with LetterBox() as box:
        for notice in claim(1, at=at, notice_id=notice_id):
            _deliver(notice, box, Delivered(), at=at)
            return State(notice.state)
    return None


def _deliver_all(held: Sequence[Notice], box: LetterBox, done: Delivered, *, at: datetime) -> None:
    for notice in held:
        if done.outage:
            _put_back(notice, done, failure="waits for the mail server", at=at, wait=OUTAGE, counted=False)
        else:
            _deliver(notice, box, done, at=at)


def _deliver(notice: Notice, box: LetterBox, done: Delivered, *, at: datetime) -> None:
    if not _is_address(notice.to_email):
        _give_up(notice, done, "no e-mail address to write to", at=at)
        return
    try:
        written = _written(notice, at=at)
        body = b"" if isinstance(written, str) else written[1].as_sent()
    except Exception as trouble:  # one letter that cannot be written must not keep the others
        _cannot_write(notice, done, trouble, at=at)
        return
    if isinstance(written, str):
        done.withdrawn += move(notice, State.WITHDRAWN, at=at, failure=written)
        return
    letter, message = written
    # Stored first: whatever happens from here on, what may have left is known to the letter.
    until = paris_day(at) + timedelta(days=letter.keep_days)
    with transaction.atomic():
        # Whoever cancelled, paid or moved while the letter was being set has it withdrawn; later, it has left.
        if because := _untrue_by_now(notice, letter, at=at):
            done.withdrawn += move(notice, State.WITHDRAWN, at=at, failure=because)
            return
        document = keep(body, media_type="message/rfc822", keep_until=until, at=at)
        if not hold_as_sent(notice, document):
            return
    answer = box.send(message)
    if isinstance(answer, Accepted):
        accepted(notice, provider_id=answer.provider_id, at=at)
        done.sent += 1
        return
    _refused(notice, letter, answer, done, at=at)


def _written(notice: Notice, *, at: datetime) -> tuple[Letter, WrittenLetter] | str:
    """The letter and its message, or why it must not be sent any more."""
    letter = LETTERS[notice.kind]
    if notice.customer_id and not letter.to_erased and is_erased(notice.customer_id):
        return "the reader had their data erased"
    context = letter.context(notice.facts)
    because = letter.untrue_because(context, at=at)
    return because or (letter, write(notice, letter, context, at=at))


def _untrue_by_now(notice: Notice, letter: Letter, *, at: datetime) -> str:
    """Why a letter that was just written must not leave after all; "" if it may, for as long as the transaction lasts.

    Locks the reader's subscriptions, which everything that makes a letter untrue locks too, and then the recipients of
    their copies: under the number of the letter, and under that of the record it was merged into. Letters about what
    cannot become untrue lock nothing.
    """
    if letter.untrue_because is always_true or notice.customer_id is None:
        return ""
    people = get_user_model()._default_manager.filter(pk=notice.customer_id).values_list("pk", "merged_into")
    mine = of_people([key for keys in people for key in keys if key is not None])
    subscriptions = Subscription.objects.filter(pk__in=list(mine.values_list("pk", flat=True)))
    locked = list(subscriptions.select_for_update(no_key=True).order_by("pk").values_list("recipient", flat=True))
    list(Recipient.objects.select_for_update(no_key=True).filter(pk__in=locked).order_by("pk").values_list("pk"))
    return letter.untrue_because(letter.context(notice.facts), at=at)


def _is_address(text: str) -> bool:
    """One address and nothing more: no list, no header, no line break."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def is_erased(customer_id: int) -> bool:
    """Whether a customer had their data erased, under this number or under that of the record it was merged into."""
    erased = Q(erased_on__isnull=False) | Q(merged_into__erased_on__isnull=False)
    return get_user_model()._default_manager.filter(erased, pk=customer_id).exists()


def _refused(notice: Notice, letter: Letter, answer: Answer, done: Delivered, *, at: datetime) -> None:
    prove(notice, "refused", at=at, detail=f"{answer.code or ''} {answer.meaning}".strip())
    log.warning("letter refused", notice=notice.pk, kind=notice.kind, code=answer.code, verdict=answer.verdict.value)
    if answer.verdict is Verdict.OURS:
        done.outage = True
        sentence = _("No letter can leave: %(meaning)s (%(code)s).") % {"meaning": answer.meaning, "code": answer.code}
        put_on_desk(DeskItem.Desk.TECHNIQUE, kind="post_outage", subject="post", sentence=sentence, at=at)
        _put_back(notice, done, failure=answer.meaning, at=at, wait=OUTAGE, counted=False)
    elif answer.verdict is Verdict.UNKNOWN and letter.on_stall is OnStall.DOUBTFUL:
        doubt(notice, at=at)
        done.doubtful += 1
    elif answer.verdict is Verdict.NEVER:
        _give_up(notice, done, f"{answer.code} {answer.meaning}", at=at)
    else:
        _try_later(notice, done, answer.meaning, at=at)


def _cannot_write(notice: Notice, done: Delivered, trouble: Exception, *, at: datetime) -> None:
    """A mistake of ours: the technique desk, and another try after the next release. Only the kind of trouble is told."""
    name = type(trouble).__name__
    log.error("letter cannot be written", notice=notice.pk, kind=notice.kind, trouble=name)
    sentence = _("Letters of kind “%(kind)s” cannot be written: %(trouble)s.") % {"kind": notice.kind, "trouble": name}
    subject = f"letter:{notice.kind}"
    put_on_desk(DeskItem.Desk.TECHNIQUE, kind="letter_unwritable", subject=subject, sentence=sentence, at=at)
    _try_later(notice, done, f"cannot be written: {name}", at=at)


def _try_later(notice: Notice, done: Delivered, failure: str, *, at: datetime) -> None:
    wait = wait_after(notice.attempts)
    if wait is None:
        _give_up(notice, done, failure, at=at)
    else:
        _put_back(notice, done, failure=failure, at=at, wait=wait)


def _put_back(
    notice: Notice, done: Delivered, *, failure: str, at: datetime, wait: timedelta, counted: bool = True
) -> None:
    done.put_back += move(notice, State.QUEUED, at=at, failure=failure, due_at=at + wait, counted=counted)


def _give_up(notice: Notice, done: Delivered, failure: str, *, at: datetime) -> None:
    with transaction.atomic():
        moved = move(notice, State.FAILED, at=at, failure=failure)
        # What the law wants told is told on paper where an e-mail is refused at the door (law.md 4.7).
        if moved and notice.rank == Notice.Rank.LEGAL:
            on_paper_instead(notice, at=at)
    if moved:
        done.failed += 1
        if LETTERS[notice.kind].followed:
            return
        sentence = _("A letter of kind “%(kind)s” did not reach its reader: %(failure)s.") % {
            "kind": notice.kind,
            "failure": failure.rstrip("."),
        }
        put_on_desk(
            DeskItem.Desk.SUPPORT, kind="letter_failed", subject=f"notice:{notice.pk}", sentence=sentence, at=at
        )


def doubt(notice: Notice, *, at: datetime) -> None:
    """Nobody knows whether the letter left, and a second copy would harm: a person looks at the provider's log."""
    if move(notice, State.DOUBTFUL, at=at, failure="may have left"):
        sentence = _(
            "It is not known whether a letter of kind “%(kind)s” left. Look at the mail provider's log, "
            "then say that it left or send it."
        ) % {"kind": notice.kind}
        put_on_desk(
            DeskItem.Desk.SUPPORT, kind="letter_doubtful", subject=f"notice:{notice.pk}", sentence=sentence, at=at
        )
