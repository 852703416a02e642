"""What must hold: every named check of the audit, and Stripe's own count of charges against the books, both ways."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from payments.days import paris_day
from payments.models import DeskItem, Payment, Refund, Transfer
from payments.money import to_cents
from shop.watch.audit import breaches
from subscriptions.disputes import disputed_among
from subscriptions.models import Entitlement, Notice, Order, Renewal, RenewalChoice, RenewalEvent, Subscription, Term
from subscriptions.moving import COMING
from subscriptions.notices.letter import OnStall
from subscriptions.notices.letters import LETTERS
from subscriptions.notices.writing import message_id
from tests.simulation.post import Post
from tests.simulation.till import Till

#: The names of the design, section 7, in its order.
NAMES = (
    "ONE-CHARGE", "ANNOUNCED", "STOPPED", "COPIES", "BALANCED", "NUMBERED", "VAT", "PAYOUT", "HEARD", "TOLD", "ON TIME",
    "MIRROR",
)  # fmt: skip
#: After R an automatic renewal has been charged, refused, or handed to somebody: retries end at R + 14, the end is R + 21.
CHARGED_BY = timedelta(days=24)


@dataclass(frozen=True, slots=True)
class Violation:
    """One invariant that does not hold: of what, and how."""

    name: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.name}  {self.subject}: {self.sentence}"


def violations(till: Till, post: Post, *, at: datetime) -> list[Violation]:
    """Everything that is wrong at this instant."""
    found = [Violation(*breach) for breach in breaches(at)]
    found += [Violation("MIRROR", *one) for one in mirror(till)]
    found += [Violation("ONE-CHARGE", *one) for one in charged_twice(till, at=at)]
    found += [Violation("ON TIME", *one) for one in not_renewed(till, at=at)]
    found += [Violation("TOLD", *one) for one in told_twice(post)]
    return found


def mirror(till: Till) -> Iterator[tuple[str, str]]:
    """MIRROR: Stripe holds no successful charge that the books do not know, and the reverse, to the cent."""
    theirs = {charge["id"]: charge for charge in till.charges()}
    ours = {
        payment.stripe_charge: payment
        for payment in Payment.objects.filter(state=Payment.State.SUCCEEDED, stripe_charge__isnull=False)
    }
    for key in theirs.keys() - ours.keys():
        charge = theirs[key]
        yield charge["metadata"].get("subject", key), f"Stripe took {charge['amount']} cents, and the books do not know"
    for key in ours.keys() - theirs.keys():
        yield f"payment:{ours[key].pk}", "the books know a charge that Stripe does not"
    for key in theirs.keys() & ours.keys():
        if theirs[key]["amount"] != to_cents(ours[key].amount):
            yield f"payment:{ours[key].pk}", "Stripe took another amount than the books say"
    for payment in Payment.objects.filter(state=Payment.State.SUCCEEDED, stripe_charge=None):
        yield f"payment:{payment.pk}", "succeeded, and names no charge"
    back = {refund["id"]: refund["amount"] for refund in till.refunds() if refund["charge"] in theirs}
    given = dict(Refund.objects.filter(state=Refund.State.SUCCEEDED).values_list("stripe_refund", "amount"))
    for key in back.keys() ^ given.keys():
        yield f"refund:{key}", "is known to one of Stripe and the books, and not to the other"


def charged_twice(till: Till, *, at: datetime) -> Iterator[tuple[str, str]]:
    """ONE-CHARGE, counted at Stripe: money taken twice for one term or order is given back, all but once."""
    returned: Counter[str] = Counter()
    for refund in till.world.store.all("refund"):
        if refund["status"] in ("succeeded", "pending"):
            returned[refund["charge"]] += refund["amount"]
    kept: dict[str, list[str]] = defaultdict(list)
    for charge in till.charges():
        if returned[charge["id"]] < charge["amount"]:
            kept[charge["metadata"].get("subject") or charge["id"]].append(charge["id"])
    for subject, charges in kept.items():
        if len(charges) > 1 and not _waits(subject):
            yield subject, f"charged {len(charges)} times, and kept"


def _waits(subject: str) -> bool:
    """Whether a refund that failed is before a person, or goes by transfer, which Stripe does not see."""
    payments = Payment.objects.filter(subject=subject)
    keys = [f"payment:{pk}" for pk in payments.values_list("pk", flat=True)]
    by_transfer = Transfer.objects.filter(payment__in=payments).exclude(state=Transfer.State.CANCELLED)
    items = DeskItem.objects.filter(subject__in=keys, kind__in=("refund_failed", "refund_refused"), closed_at=None)
    return by_transfer.exists() or items.exists()


def not_renewed(till: Till, *, at: datetime) -> Iterator[tuple[str, str]]:
    """ON TIME, counted at Stripe: whoever renews automatically was charged, refused, told that it is by choice, or said no.

    Looks at each term that ended a while ago, without asking the renewals what they think of it.
    """
    tried = {charge["metadata"].get("subject") for charge in till.world.store.all("charge") if charge.get("metadata")}
    over = paris_day(at) - CHARGED_BY
    last = Term.objects.filter(ends_on__lt=over, subscription__renewal="automatic").select_related("subscription")
    closed = defaultdict(set)
    for key, number, state in Renewal.objects.values_list("subscription", "number", "state"):
        closed[key, number].add(state)
    # A renewal that nobody paid lapses rightly if its reader had the next word; else they were lost.
    handed_over = set(
        RenewalEvent.objects.filter(to_state__in=("manual", "awaiting_reader")).values_list(
            "renewal__subscription", "renewal__number"
        )
    )
    later = set(Term.objects.values_list("subscription", "number"))
    given = set(Term.objects.filter(carries__isnull=False).values_list("subscription", "number"))
    ordered = set(Order.objects.filter(state="paid", renews__isnull=False).values_list("renews", flat=True))
    disputed = disputed_among()
    coming = _still_coming(over)
    said = set(RenewalChoice.objects.filter(automatic=False).values_list("subscription", flat=True))
    for term in last:
        key = (term.subscription_id, term.number + 1)
        states = closed[key]
        excused = (
            f"term:{key[0]}:{key[1]}" in tried
            or states & {"manual", "cancelled"}
            or key in handed_over
            or term.subscription_id in said
            or term.subscription_id in disputed  # before finance until the bank has decided
            or (key in later and term.subscription_id in ordered)
            or key in given  # the year after is a gift
            or term.subscription_id in coming
            or term.subscription.state == Subscription.State.ENDED
        )
        if not excused and not (states and _moved_later(key, at=at)):
            yield (
                f"subscription:{key[0]}",
                f"term {key[1]} was due after {term.ends_on}, and Stripe was never asked for it",
            )


def _still_coming(over: date) -> set[int]:
    """Subscriptions that are owed a copy whose issue has not left, or not so long ago: R lies after it.

    A pause, or an issue that is late, may put it off so far that nothing is planned yet (design, section 6).
    """
    owed = Entitlement.objects.filter(Q(issue=None) | Q(issue__post_on__gte=over), state__in=COMING)
    return set(owed.values_list("term__subscription", flat=True))


def _moved_later(key: tuple[int, int], *, at: datetime) -> bool:
    """R may lie later than the end of the term: copies are still owed."""
    newest = Renewal.objects.filter(subscription=key[0], number=key[1]).order_by("-pk").first()
    return newest is not None and newest.renews_on + CHARGED_BY > paris_day(at)


def told_twice(post: Post) -> Iterator[tuple[str, str]]:
    """TOLD, counted at the post: a letter comes once; twice only where its sender never learnt that it was taken, and
    then only if a second copy does no harm."""
    taken = Counter(letter.message_id for letter in post.taken)
    doubled = {key for key, times in taken.items() if times > 1}
    if not doubled:
        return
    to = {letter.to for letter in post.taken if letter.message_id in doubled}
    for notice in Notice.objects.filter(to_email__in=to):
        key = message_id(notice)
        if key in doubled and (key not in post.unanswered or LETTERS[notice.kind].on_stall is OnStall.DOUBTFUL):
            yield f"notice:{notice.pk}", f"{notice.kind} was delivered {taken[key]} times"
