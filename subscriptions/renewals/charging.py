"""Charging: due renewals are claimed, re-checked under their locks, written down as attempts, and asked of Stripe.

From ten o'clock in Paris on the day of the charge, spread by the allowance that all workers share. Each batch: what is
still open for the same term is closed first (network, outside any transaction), then one transaction claims, checks and
writes attempt and payment, then Stripe is asked without a connection, and the answers settle through the owner of the
purpose (`subscriptions.renewals.outcomes`). The database itself refuses what was not announced (migration 0005).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from payments import gateway
from payments.actors import Actor
from payments.allowance import Allowance
from payments.collecting import Collected, collect
from payments.days import PARIS, paris_day
from payments.desk import put_all_on_desk, put_on_desk, take_all_off_desk
from payments.models import DeskItem, Payment
from payments.off_session import Intention, close, intend_off_session
from payments.saving import insert_all
from subscriptions.buyers import named
from subscriptions.calendar import RULES
from subscriptions.disputes import disputed_among
from subscriptions.models import Offer, Renewal, RenewalAttempt, RenewalProof, Term
from subscriptions.models.promise import term_subject
from subscriptions.renewals.calendar import may_charge
from subscriptions.renewals.checks import good_on, usable
from subscriptions.renewals.falling_due import LIVING, NOT_PROVED, TOO_LATE, ask_for_card, by_choice
from subscriptions.renewals.locking import lock_and_skip
from subscriptions.renewals.moving import move
from subscriptions.renewals.outcomes import PURPOSE, said_no
from subscriptions.renewals.proving import still_proved
from subscriptions.renewals.tries import Tries, tries_of

log = structlog.get_logger(__name__)
State = Renewal.State
#: How many are claimed, and how many answers settled, in one transaction.
BATCH = 50
#: The hour in Paris from which nobody is charged any more on that day.
LAST_HOUR = 20
NO_BUYER = "renewal_without_buyer"
UNNAMED = "Personne à qui établir la facture : rien n’est débité tant que la fiche du payeur n’a pas de nom."
DISPUTED = "Un paiement est contesté : pas de débit avant la fin du litige."


class Verdict(StrEnum):
    """What becomes of a claimed renewal."""

    CHARGE = "charge"
    WAIT = "wait"
    CANCEL = "cancel"
    BY_CHOICE = "by choice"
    NO_CARD = "no card"


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around one locked renewal at the moment of its charge.

    `imported`: nobody ordered a year of it here; `buyer`: whether an invoice can name somebody.
    """

    tries: Tries
    told: bool
    disputed: bool
    open_payment: bool
    term_exists: bool
    imported: bool = False
    buyer: bool = True


def charging_hours(at: datetime) -> bool:
    """Whether readers may be charged at instant `at`: from ten to twenty o'clock in Paris."""
    return RULES.charge_hour <= at.astimezone(PARIS).hour < LAST_HOUR


def charge_due(
    *,
    at: datetime,
    now: Callable[[], datetime],
    allowance: Allowance,
    actor: Actor,
    go_on: Callable[[], bool] = lambda: True,
    threads: int | None = None,
    batch: int = BATCH,
) -> Collected:
    """Charge whatever is due at instant `at`, until nothing is left or `go_on` says stop. Network.

    Due: `due` renewals, `retrying` ones whose day has come, and those that wait for the reader or for that day whose card
    was changed since. Safe in any number of workers at once: each claims its own. Nothing is claimed outside charging
    hours, nor while the allowance is closed.
    """
    if not charging_hours(at):
        return Collected()
    if threads is None:
        threads = min(settings.STRIPE_CHARGES_AT_ONCE, settings.STRIPE_CHARGES_A_SECOND)
    groups = _claimed(on=paris_day(at), now=now, allowance=allowance, actor=actor, go_on=go_on, batch=batch)
    return collect(groups, allowance=allowance, threads=threads, batch=batch, actor=actor, now=now)


def _claimed(
    *, on: date, now: Callable[[], datetime], allowance: Allowance, actor: Actor, go_on: Callable[[], bool], batch: int
) -> Iterator[list[Payment]]:
    """Batch after batch of committed payments, in the order of the renewals' ids."""
    after = 0
    while go_on():
        rows = due(on).filter(pk__gt=after).order_by("pk").values_list("pk", "subscription", "number")
        found = {key: term_subject(whose, number) for key, whose, number in rows[:batch]}
        if not found or not allowance.is_open():
            return
        after = max(found)
        free = _close_what_is_open(found, actor=actor, at=now())
        payments = claim(free, on=on, at=now(), actor=actor)
        if payments:
            yield payments


def due(on: date) -> QuerySet[Renewal]:
    """What may be charged on day `on`, as far as one statement can tell; the rest is checked under the locks."""
    told = RenewalProof.objects.filter(
        renewal=OuterRef("pk"),
        kind=RenewalProof.Kind.PRE_DEBIT,
        renews_on=OuterRef("renews_on"),
        sent_on__gte=on - timedelta(days=RULES.pre_debit_most_days),
        sent_on__lte=on - timedelta(days=RULES.pre_debit_least_days),
    )
    charged = RenewalAttempt.objects.filter(renewal=OuterRef("pk")).order_by("-pk").values("payment__saved_method")[:1]
    other_card = Q(last_method=None) | ~Q(last_method=F("subscription__saved_method"))
    return Renewal.objects.annotate(last_method=Subquery(charged)).filter(
        Q(state=State.DUE)
        | Q(state=State.RETRYING, next_try_on__lte=on)
        | Q(state__in=(State.RETRYING, State.AWAITING_READER))
        & good_on(on, path="subscription__saved_method")
        & other_card,
        Exists(told),
        renews_on__lte=on,
        subscription__renewal=Offer.Renewal.AUTOMATIC,
        subscription__state__in=LIVING,
    )


def _close_what_is_open(subjects: Mapping[int, str], *, actor: Actor, at: datetime) -> list[int]:
    """Close what could still pay these terms: pages, charges that wait for a confirmation. Ids of those left free.

    A page that turns out to be paid settles on the way; what is on its way, or cannot be asked about, keeps its renewal
    from being charged.
    """
    payments = Payment.objects.select_related("payer_account").filter(subject__in=subjects.values(), is_open=True)
    held = set()
    for payment in payments.order_by("pk"):
        try:
            if close(payment, actor=actor, at=at).is_open:
                held.add(payment.subject)
        except gateway.GatewayFault:
            held.add(payment.subject)
    return [key for key, subject in subjects.items() if subject not in held]


def claim(keys: Collection[int], *, on: date, at: datetime, actor: Actor) -> list[Payment]:
    """Claim renewals for a charge on day `on`: attempts and payments, committed. Locked ones are left to their holder.

    Should the database refuse one (it knows the law, too), the others are claimed without it, and technique is told.
    """
    try:
        with transaction.atomic():
            return _claim(keys, on=on, at=at, actor=actor)
    except IntegrityError as refused:
        if len(keys) > 1:
            return [payment for key in keys for payment in claim([key], on=on, at=at, actor=actor)]
        log.exception("charge_refused_by_the_gate", renewal=list(keys), trouble=type(refused).__name__)
        for key in keys:
            put_on_desk(
                DeskItem.Desk.TECHNIQUE,
                kind="renewal_gate",
                subject=f"renewal:{key}",
                sentence="La base de données refuse le débit de cette reconduction : rien n’a été débité.",
                at=at,
            )
        return []


def _claim(keys: Collection[int], *, on: date, at: datetime, actor: Actor) -> list[Payment]:
    renewals = lock_and_skip(due(on).filter(pk__in=keys), limit=len(keys)) if keys else []
    if not renewals:
        return []
    around = _look_around(renewals)
    decided = {one.pk: verdict(one, around[one.pk], on=on) for one in renewals}
    say_nobody_to_name([one for one in renewals if not around[one.pk].buyer], at=at)

    def those(*wanted: Verdict) -> list[Renewal]:
        return [one for one in renewals if decided[one.pk] in wanted]

    move(those(Verdict.CANCEL), State.CANCELLED, actor=actor, at=at, reason="not to be charged any more")
    refused = those(Verdict.BY_CHOICE)
    whys = {one.pk: TOO_LATE if around[one.pk].told else NOT_PROVED for one in refused}
    for why in (NOT_PROVED, TOO_LATE):
        never = [one for one in refused if whys[one.pk] == why]
        by_choice([one for one in never if one.state == State.DUE], why=why, actor=actor, at=at)
        retried = [one for one in never if one.state == State.RETRYING]
        ask_for_card(retried, why=why, actor=actor, at=at)
    ask_for_card(
        [one for one in those(Verdict.NO_CARD) if one.state != State.AWAITING_READER], actor=actor, at=at
    )  # fmt: skip
    charged = those(Verdict.CHARGE)
    given = [f"renewal:{one.pk}" for one in charged if around[one.pk].imported]
    if given:
        take_all_off_desk(kind=NO_BUYER, subjects=given, because="there is a name", actor=actor, at=at)
    return _attempt(charged, {one.pk: around[one.pk].tries for one in charged}, on=on, at=at, actor=actor)


def _attempt(
    renewals: Sequence[Renewal], tries: dict[int, Tries], *, on: date, at: datetime, actor: Actor
) -> list[Payment]:
    """The renewal is being charged, its payment and its attempt are written: one transaction, or nothing."""
    if not renewals:
        return []
    for one in renewals:
        one.why = ""
    move(renewals, State.CHARGING, actor=actor, at=at, reason="charged without the reader")
    payments = intend_off_session(
        [
            Intention(
                purpose=PURPOSE,
                subject=one.subject,
                amount=one.amount,
                description=description(one),
                customer_id=one.subscription.payer_id,
                method=one.subscription.saved_method,  # type: ignore[arg-type]  # checked by the verdict
            )
            for one in renewals
        ],
        actor=actor,
        at=at,
    )
    insert_all(
        [
            RenewalAttempt(
                renewal=one,
                renews_on=one.renews_on,
                number=len(tries[one.pk].made) + 1,
                charged_on=on,
                pre_debit_sent_on=tries[one.pk].told_on,  # type: ignore[misc]  # checked by the verdict
                payment=payment,
                at=at,
            )
            for one, payment in zip(renewals, payments, strict=True)
        ]
    )
    return payments


def verdict(renewal: Renewal, around: Around, *, on: date) -> Verdict:
    """Whether a locked renewal is charged on day `on`: the first line that holds decides."""
    subscription, tries = renewal.subscription, around.tries
    if said_no(subscription) or around.term_exists:
        return Verdict.CANCEL
    if (
        not around.buyer
        or around.open_payment
        or around.disputed
        or subscription.state not in LIVING
        or tries.told_on is None
    ):
        return Verdict.WAIT
    if not around.told:
        return Verdict.WAIT if renewal.state == State.AWAITING_READER else Verdict.BY_CHOICE
    if not may_charge(on, renews_on=renewal.renews_on, pre_debit_sent_on=tries.told_on):
        old = (on - tries.told_on).days > RULES.pre_debit_most_days and renewal.state != State.AWAITING_READER
        return Verdict.BY_CHOICE if old else Verdict.WAIT
    if tries.named_on is not None and on < tries.named_on:
        return Verdict.WAIT
    if not usable(subscription.saved_method, on=on):
        return Verdict.NO_CARD
    other_card = subscription.saved_method_id != tries.last_method
    ripe = renewal.state == State.DUE or (renewal.state == State.RETRYING and (renewal.next_try_on or on) <= on)
    return Verdict.CHARGE if ripe or other_card else Verdict.WAIT


def say_nobody_to_name(renewals: Sequence[Renewal], *, at: datetime) -> None:
    """Finance hears of renewals that cannot be charged because no invoice could name a buyer; they wait for a name."""
    if renewals:
        put_all_on_desk(
            DeskItem.Desk.FINANCE, kind=NO_BUYER, sentences={f"renewal:{one.pk}": UNNAMED for one in renewals}, at=at
        )


def description(renewal: Renewal) -> str:
    """What the payment is called at Stripe and on desks: « Abonnement d’un an — 00001234 »."""
    subscription = renewal.subscription
    return f"{subscription.offer.title} — {subscription.number or subscription.pk}"


def _look_around(renewals: Sequence[Renewal]) -> dict[int, Around]:
    """Six queries."""
    tries, told = tries_of(renewals), still_proved(renewals)
    contested = disputed_among([one.subscription_id for one in renewals])
    pending = set(
        Payment.objects.filter(subject__in=[one.subject for one in renewals], is_open=True).values_list(
            "subject", flat=True
        )
    )
    sold = list(Term.objects.filter(subscription__in=[one.subscription_id for one in renewals]))
    terms = {(term.subscription_id, term.number) for term in sold}
    ordered = {term.subscription_id for term in sold if term.order_id is not None}
    return {
        one.pk: Around(
            tries=tries[one.pk],
            told=one.pk in told,
            disputed=one.subscription_id in contested,
            open_payment=one.subject in pending,
            term_exists=(one.subscription_id, one.number) in terms,
            imported=one.subscription_id not in ordered,
            buyer=one.subscription_id in ordered or named(one.subscription),
        )
        for one in renewals
    }
