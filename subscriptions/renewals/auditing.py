"""What always holds of renewals, asked of every row: ANNOUNCED, and nobody forgotten (design, section 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat

from payments.audit import CHUNK, Breaches
from payments.days import paris_day
from payments.models import DeskItem, Payment
from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.disputes import disputed_among
from subscriptions.models import Entitlement, NoticeProof, Offer, Renewal, RenewalAttempt, RenewalProof, Term
from subscriptions.moving import COMING
from subscriptions.renewals import unsigned
from subscriptions.renewals.charging import NO_BUYER
from subscriptions.renewals.planning import LIVING, NO_PRICE
from subscriptions.renewals.proving import BOUNCED, POSTED
from subscriptions.renewals.unproved import EARLIEST_CLOSE

State = Renewal.State
Kind = RenewalProof.Kind
#: The sweeps run every minute or hour: a whole day later is a fault and no delay.
PATIENCE = timedelta(days=1)
#: Charges of a day that could not be made are made on the next; what is left for so long is left by everybody.
LEFT_DUE = timedelta(days=5)
#: A plan is made at R − 75; a fortnight later it is missing.
MISSING = timedelta(days=RULES.plan_days_before - 15)


def announced(at: datetime) -> Breaches:
    """ANNOUNCED: no charge without its legal notice, proved and not known to have come back, and the word of its debit.

    Nor a plan whose window went by in silence, nor an announcement that nothing proves.
    """
    yield from _attempts()
    on = paris_day(at)
    for one in Renewal.objects.filter(state=State.PLANNED, renews_on__lte=on - PATIENCE + EARLIEST_CLOSE).iterator(
        CHUNK
    ):
        closed = legal_notice_window(one.renews_on).closes_on
        if on > closed + PATIENCE:
            yield f"renewal:{one.pk}", f"still planned though its legal window closed on {closed}"
    proof = RenewalProof.objects.filter(renewal=OuterRef("pk"), renews_on=OuterRef("renews_on"), kind=Kind.LEGAL)
    unproved = Renewal.objects.filter(~Exists(proof), state__in=(State.ANNOUNCED, State.DUE))
    for one in unproved.iterator(CHUNK):
        yield f"renewal:{one.pk}", f"announced without a legal notice proved for {one.renews_on}"


def _attempts() -> Breaches:
    """Charges before which the gate should have been shut, whatever the database let through."""
    letter = "notice_proof__notice"
    bounced = NoticeProof.objects.filter(notice=OuterRef(letter), kind=BOUNCED, at__lt=OuterRef(OuterRef("at")))
    posted = NoticeProof.objects.filter(notice=OuterRef(letter), kind=POSTED)
    about: dict[str, Any] = {"renewal": OuterRef("renewal"), "renews_on": OuterRef("renews_on")}
    legal = RenewalProof.objects.filter(~Exists(bounced) | Exists(posted), kind=Kind.LEGAL, **about)
    word = RenewalProof.objects.filter(kind=Kind.PRE_DEBIT, sent_on=OuterRef("pre_debit_sent_on"), **about)
    least, most = timedelta(days=RULES.pre_debit_least_days), timedelta(days=RULES.pre_debit_most_days)
    in_time = Q(pre_debit_sent_on__range=(F("charged_on") - most, F("charged_on") - least))
    for attempt in RenewalAttempt.objects.filter(~Exists(legal)).iterator(CHUNK):
        yield f"renewal:{attempt.renewal_id}", f"charged on {attempt.charged_on} without a legal notice that holds"
    for attempt in RenewalAttempt.objects.filter(~Exists(word) | ~in_time).iterator(CHUNK):
        yield f"renewal:{attempt.renewal_id}", f"charged on {attempt.charged_on} without word of it 7 to 30 days before"


def nobody_forgotten(at: datetime) -> Breaches:
    """ON TIME: a subscription that renews itself has a plan long before its R, or finance or the bank says why not."""
    latest = paris_day(at) + MISSING - timedelta(days=1)
    subject = Concat(Value("subscription:"), Cast(OuterRef("subscription"), CharField()))
    later = Term.objects.standing().filter(subscription=OuterRef("subscription"), number__gt=OuterRef("number"))
    plan = Renewal.objects.filter(subscription=OuterRef("subscription"), number__gt=OuterRef("number"))
    priceless = DeskItem.objects.filter(kind=NO_PRICE, closed_at=None, subject=subject)
    to_come = Entitlement.objects.filter(term__subscription=OuterRef("subscription"), state__in=COMING).annotate(
        day=Coalesce("issue__posted_on", "issue__post_on")
    )
    forgotten = (
        Term.objects.standing()
        .filter(
            ~Exists(later),
            ~Exists(plan),
            ~Exists(priceless),
            ~Exists(to_come.filter(day__gt=latest)),
            ends_on__lte=latest,
            subscription__renewal=Offer.Renewal.AUTOMATIC,
            subscription__state__in=LIVING,
        )
        .exclude(subscription__in=disputed_among())
        .order_by("pk")
    )
    for term in forgotten.iterator(CHUNK):
        yield (
            f"subscription:{term.subscription_id}",
            f"ends on {term.ends_on}, renews itself, and nobody has planned it",
        )


def charged_in_time(at: datetime) -> Breaches:
    """ON TIME: whoever is due and was told of their debit is charged, but for what waits for the bank, for a signature, or
    on finance's desk for a name to invoice."""
    on = paris_day(at) - LEFT_DUE
    if any(unsigned.held(on + timedelta(days=number)) for number in range(LEFT_DUE.days + 1)):
        return
    told = RenewalProof.objects.filter(
        renewal=OuterRef("pk"),
        kind=Kind.PRE_DEBIT,
        renews_on=OuterRef("renews_on"),
        sent_on__lte=on - timedelta(days=RULES.pre_debit_least_days),
    )
    subject = Concat(
        Value("term:"), Cast("subscription", CharField()), Value(":"), Cast("number", CharField()),
        output_field=CharField(),
    )  # fmt: skip
    nameless = DeskItem.objects.filter(
        kind=NO_BUYER, closed_at=None, subject=Concat(Value("renewal:"), Cast(OuterRef("pk"), CharField()))
    )
    left = (
        Renewal.objects.alias(subject_=subject)
        .filter(
            ~Exists(Payment.objects.filter(subject=OuterRef("subject_"), is_open=True)),
            ~Exists(nameless),
            Exists(told),
            state=State.DUE,
            state_since__lte=at - LEFT_DUE,
            renews_on__lte=on,
            subscription__renewal=Offer.Renewal.AUTOMATIC,
            subscription__state__in=LIVING,
        )
        .exclude(subscription__in=disputed_among())
        .order_by("pk")
    )
    for renewal in left.iterator(CHUNK):
        yield f"renewal:{renewal.pk}", f"due since {renewal.renews_on}, and nobody has charged it"
