"""Collecting: many charges asked of Stripe at once, their answers settled in batches.

Constraints: no database connection is held while Stripe answers; the rows are committed before (design, rule 2); every
doubt is `unknown` (rule 3); nobody exceeds the allowance; a process may die at any point.

Design: the threads know nothing of the database. They take a charge, wait for the allowance, ask, and hand the answer
back; this thread, between two waits, brings the next charges and settles the answers, and gives its connection back each
time. What was not asked is given back: its payment is cancelled, "never sent", and whoever owns it makes another with a
key of its own. A charge that Stripe turned away for its rate (429) is such a one: nothing happened, and asking again with
the same key would only bind it to this process. Whoever dies leaves `created` rows that the look-up resolves.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection

from payments import gateway
from payments.actors import Actor
from payments.allowance import Allowance
from payments.desk import put_on_desk
from payments.gateway import Outcome
from payments.models import DeskItem, Payment
from payments.money import to_cents
from payments.settling import News, apply

log = structlog.get_logger(__name__)
#: A charge not asked within this time of its row is given back: the look-up takes it for never received after ten.
MUST_LEAVE_WITHIN = timedelta(minutes=2)
#: So many charges wait in hand for a free thread before more are brought.
IN_HAND = 100
#: Seconds without an answer after which those that are there are settled, be they few.
A_MOMENT = 1.0
NEVER_SENT = "never sent to Stripe"


@dataclass(slots=True)
class Collected:
    """What became of the charges of one round."""

    charged: int = 0
    refused: int = 0
    unknown: int = 0
    returned: int = 0

    def __str__(self) -> str:
        return f"{self.charged} charged, {self.refused} refused, {self.unknown} unknown, {self.returned} not sent"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one thread learnt: news for settling, or the trouble that ends the round. `stop`: ask nothing more."""

    news: News
    stop: bool = False
    desk: str = ""
    trouble: BaseException | None = None


def collect(
    payments: Iterable[Sequence[Payment]],
    *,
    allowance: Allowance,
    threads: int,
    batch: int,
    actor: Actor,
    now: Callable[[], datetime],
) -> Collected:
    """Charge committed off-session payments, brought group by group, and settle the answers, `batch` at a time.

    `payments` is asked for more when few are left in hand, so that asking and settling overlap; it may use the database.
    `threads`: how many ask Stripe at once; 0: this thread asks, one after the other (the simulation). The round ends
    early when the allowance is closed, when Stripe says 429, or when we are not configured; what is in hand then is given
    back. An exception (a soft time limit among them) settles what is known, and goes on to the caller. Network, outside
    any transaction.
    """
    round_ = _Round(allowance=allowance, batch=batch, actor=actor, now=now)
    groups = iter(payments)
    first = next(groups, None)  # nobody is hired when there is nothing to do
    if first is None:
        return round_.done
    groups = itertools.chain([first], groups)
    if threads == 0:
        round_.alone(groups)
    else:
        round_.together(groups, threads=threads)
    return round_.done


class _Round:
    def __init__(self, *, allowance: Allowance, batch: int, actor: Actor, now: Callable[[], datetime]) -> None:
        self.done = Collected()
        self._allowance, self._batch, self._actor, self._now = allowance, batch, actor, now
        self._waiting: queue.SimpleQueue[Payment | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._out = 0
        self._known: list[_Answer] = []

    def alone(self, groups: Iterator[Sequence[Payment]]) -> None:
        """One after the other, in this thread."""
        for group in groups:
            connection.close()
            for payment in group:
                answer = self._ask(payment)
                if answer.trouble is not None:
                    raise answer.trouble
                self._known.append(answer)
            self._settle(everything=True)
            if self._stopped.is_set():
                return

    def together(self, groups: Iterator[Sequence[Payment]], *, threads: int) -> None:
        """The threads ask; this one brings and settles."""
        crew = [threading.Thread(target=self._work, daemon=True, name=f"charge-{place}") for place in range(threads)]
        for thread in crew:
            thread.start()
        try:
            self._bring_and_settle(groups)
        except Exception:
            self._stopped.set()
            self._wait_for_all()
            self._settle(everything=True)
            raise
        finally:
            self._stopped.set()
            for _thread in crew:
                self._waiting.put(None)
        for thread in crew:
            thread.join()

    def _bring_and_settle(self, groups: Iterator[Sequence[Payment]]) -> None:
        more = True
        while more or self._out:
            while more and self._out < IN_HAND and not self._stopped.is_set():
                group = next(groups, None)
                more = group is not None
                for payment in group or ():
                    self._waiting.put(payment)
                    self._out += 1
            more = more and not self._stopped.is_set()
            # Nothing of ours is open while Stripe answers.
            connection.close()
            quiet = self._hear()
            self._settle(everything=quiet or not self._out)

    def _hear(self) -> bool:
        """Wait a moment for one answer, and take all that are there; True when none came."""
        block, quiet = True, True
        while self._out:
            try:
                answer = self._answers.get(block=block, timeout=A_MOMENT)
            except queue.Empty:
                return quiet
            self._out -= 1
            block = quiet = False
            if answer.trouble is not None:
                raise answer.trouble
            self._known.append(answer)
        return quiet

    def _wait_for_all(self) -> None:
        while self._out:
            answer = self._answers.get()
            self._out -= 1
            if answer.trouble is None:
                self._known.append(answer)

    def _settle(self, *, everything: bool) -> None:
        while len(self._known) >= self._batch or (everything and self._known):
            some, at = self._known[: self._batch], self._now()
            apply([answer.news for answer in some], actor=self._actor, at=at)
            self._known = self._known[len(some) :]
            for answer in some:
                self._count(answer)
                if answer.desk:
                    _put_on_desk(answer, at=at)

    def _count(self, answer: _Answer) -> None:
        outcome = answer.news.outcome
        if outcome in (Outcome.SUCCEEDED, Outcome.PROCESSING):
            self.done.charged += 1
        elif outcome == Outcome.UNKNOWN:
            self.done.unknown += 1
        elif outcome == Outcome.CANCELLED:
            self.done.returned += 1
        else:
            self.done.refused += 1

    def _work(self) -> None:
        while (payment := self._waiting.get()) is not None:
            self._answers.put(self._ask(payment))

    def _ask(self, payment: Payment) -> _Answer:
        """One charge, at a thread's pace. Never raises: what cannot be answered is handed over."""
        try:
            answer = self._charge(payment)
        except BaseException as trouble:
            self._stopped.set()
            return _Answer(News(payment.pk, Outcome.UNKNOWN), stop=True, trouble=trouble)
        if answer.stop:
            self._stopped.set()
        return answer

    def _charge(self, payment: Payment) -> _Answer:
        if self._stopped.is_set() or not self._allowance.take() or self._stopped.is_set():
            return _not_sent(payment, stop=True)
        if payment.called_at is None or self._now() - payment.called_at > MUST_LEAVE_WITHIN:
            return _not_sent(payment)
        account, method = payment.payer_account, payment.saved_method
        if account is None or method is None:
            raise ValueError(f"payment {payment.pk} names no saved method")
        try:
            intent = gateway.charge_off_session(
                reference=payment.reference,
                customer=account.stripe_customer or "",
                method=method.stripe_method,
                amount_cents=to_cents(payment.amount),
                description=payment.description,
                metadata={"subject": payment.subject, "purpose": payment.purpose},
                key=payment.idempotency_key,
            )
        except gateway.Unknown as fault:
            reused = isinstance(fault, gateway.KeyReused)
            return _Answer(
                News(payment.pk, Outcome.UNKNOWN, reason="Stripe did not answer"), desk=fault.code if reused else ""
            )
        except gateway.RateLimited:
            return _not_sent(payment, stop=True)
        except (gateway.NotConfigured, gateway.Refused) as fault:
            news = News(payment.pk, Outcome.CANCELLED, reason=f"refused: {fault.code}"[:200])
            return _Answer(news, stop=isinstance(fault, gateway.NotConfigured), desk=fault.code or type(fault).__name__)
        if intent.outcome == Outcome.CREATED:
            return _Answer(News(payment.pk, Outcome.UNKNOWN, reason="neither taken nor refused"))
        return _Answer(News(payment.pk, intent.outcome, intent=intent, closed=True))


def _not_sent(payment: Payment, *, stop: bool = False) -> _Answer:
    return _Answer(News(payment.pk, Outcome.CANCELLED, reason=NEVER_SENT), stop=stop)


def _put_on_desk(answer: _Answer, *, at: datetime) -> None:
    log.error("charge_refused_by_stripe", payment=answer.news.payment_id, code=answer.desk)
    put_on_desk(
        DeskItem.Desk.TECHNIQUE,
        kind="charge_refused",
        subject=f"payment:{answer.news.payment_id}",
        sentence=f"Stripe a refusé la demande de débit elle-même ({answer.desk}) : rien n’a été débité.",
        at=at,
    )
