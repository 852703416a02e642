"""The invariants of the middle floor, by their names in the design; same contract as `payments.audit`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery

from payments.audit import CHUNK, Breaches, Check
from payments.days import paris_day
from payments.models import DeskItem, Invoice, Payment, Refund
from subscriptions.deferred import differs
from subscriptions.digital.auditing import agreed_and_told, downloaded_by_right
from subscriptions.disputing import held_while_disputed
from subscriptions.figures.auditing import figures_are_true
from subscriptions.fulfilment.auditing import (
    as_many_as_ordered,
    free_copies_sent,
    from_owed_alone,
    in_the_file,
    lines_are_true,
    runs_are_whole,
)
from subscriptions.gifts.auditing import gifts_carried, gifts_told
from subscriptions.institutions.auditing import invoices_told, paid_on_invoice
from subscriptions.losses.auditing import (
    given_instead,
    held_while_doubted,
    losses_told,
    returns_followed,
    sent_again_once,
    stock_is_true,
)
from subscriptions.models import (
    Consent,
    Declaration,
    Entitlement,
    EntitlementMovement,
    Notice,
    Offer,
    Order,
    Renewal,
    RenewalAttempt,
    RenewalChoice,
    Subscription,
    SubscriptionEvent,
    Term,
    TermUndone,
)
from subscriptions.offline.bouncing import held_while_unpaid
from subscriptions.paper.addressing import UNADDRESSED
from subscriptions.paper.alarming import TO_POST, wants_person
from subscriptions.pausing.auditing import put_off
from subscriptions.pricing.auditing import price_told
from subscriptions.renewals.auditing import announced, charged_in_time, nobody_forgotten
from subscriptions.singles.auditing import sold_is_paid, sold_is_sent_once, sold_is_stopped, sold_is_told
from subscriptions.stopping.effects import Code
from subscriptions.stopping.following_up import refunded

Copy = Entitlement.State
Kind = EntitlementMovement.Kind
TOLD_WITHIN = timedelta(hours=6)

#: Renewals that would be charged some day if nobody stopped them; what is at the bank already ends as surplus.
WOULD_CHARGE = (
    Renewal.State.PLANNED,
    Renewal.State.ANNOUNCED,
    Renewal.State.DUE,
    Renewal.State.RETRYING,
    Renewal.State.AWAITING_READER,
)
#: Effects after which no copy leaves any more.
ENDS_AT_ONCE = (
    Code.WITHDRAWN,
    Code.WITHDRAWN_WAITS,
    Code.NOTICE_MISSED,
    Code.NOTICE_MISSED_WAITS,
    Code.GOODWILL,
    Code.ENDED_NOW,
)

#: Where the last movement of a copy leaves it; a resend leaves it where it was.
STANDS: Mapping[str, str] = {
    Kind.GRANT: Copy.OWED,
    Kind.ASSIGN: Copy.ASSIGNED,
    Kind.SERVE: Copy.SERVED,
    Kind.HOLD: Copy.HELD,
    Kind.RELEASE: Copy.OWED,
    Kind.CREDIT: Copy.CREDITED,
    Kind.VOID: Copy.VOID,
}


def paid_once(at: datetime) -> Breaches:
    """ONE-CHARGE, seen from the promise: every paid order has its one term, paid by its one payment, and the reverse;
    and every one of them its invoice."""
    invoiced = set(Invoice.objects.filter(kind=Invoice.Kind.INVOICE).values_list("subject", flat=True).iterator(CHUNK))
    for pk in Order.objects.filter(state=Order.State.PAID).values_list("pk", flat=True).iterator(CHUNK):
        if f"order:{pk}" not in invoiced:
            yield f"order:{pk}", "paid, and not invoiced"
    opened = Order.objects.exclude(offer__kind=Offer.Kind.SINGLE)
    for order in opened.filter(state=Order.State.PAID, term=None).iterator(CHUNK):
        yield f"order:{order.pk}", "paid, and no term was opened"
    # An institution's order is served while it is invoiced, and may be cancelled before it is paid.
    on_paper = Q(payment=None, order__purchase_order__isnull=False)
    served = Q(order__state=Order.State.PAID) | (
        on_paper & Q(order__state__in=(Order.State.INVOICED, Order.State.CANCELLED))
    )
    for term in Term.objects.filter(order__isnull=False).exclude(served).iterator(CHUNK):
        yield f"term:{term.pk}", "opened for an order that is not paid"
    elsewhere = Term.objects.filter(order__renews__isnull=False, number__gt=1).exclude(subscription=F("order__renews"))
    for term in elsewhere.iterator(CHUNK):
        yield f"term:{term.pk}", "prolongs another subscription than its order names"
    wrong = Term.objects.filter(payment__isnull=False).filter(
        ~Q(payment__state=Payment.State.SUCCEEDED) | Q(payment__surplus=True) | ~Q(payment__amount=F("amount"))
    )
    for term in wrong.iterator(CHUNK):
        yield f"term:{term.pk}", "its payment does not pay for it"


def renewed_once(at: datetime) -> Breaches:
    """ONE-CHARGE, of terms added by renewal: each has its renewal, its own paying payment and its invoice; and the reverse."""
    invoiced = set(
        Invoice.objects.filter(kind=Invoice.Kind.INVOICE, subject__startswith="term:")
        .values_list("subject", flat=True)
        .iterator(CHUNK)
    )
    # A term that an order paid is invoiced by that order.
    for renewal in Renewal.objects.filter(state=Renewal.State.PAID, term__order=None).iterator(CHUNK):
        if renewal.subject not in invoiced:
            yield f"renewal:{renewal.pk}", "paid, and not invoiced"
    added = Term.objects.filter(order=None, source="shop", payment__isnull=False).select_related("payment")
    for term in added.annotate(planned=Exists(Renewal.objects.filter(term=OuterRef("pk")))).iterator(CHUNK):
        if not term.planned:
            yield f"term:{term.pk}", "added by no renewal"
        elif term.payment is not None and term.payment.subject != term.subject:
            yield f"term:{term.pk}", "its payment was made for another term"


def copies(at: datetime) -> Breaches:
    """COPIES: per term granted = what became of the copies; per subscription and issue one living copy at most; the terms
    of a subscription are numbered 1 to n."""
    gaps = Term.objects.values("subscription").annotate(n=Count("pk"), last=Max("number")).exclude(n=F("last"))
    for gap in gaps.iterator(CHUNK):
        yield f"subscription:{gap['subscription']}", f"has {gap['n']} terms, and the last one is number {gap['last']}"
    # A copy that was lost and is no longer in stock is replaced by one more, which its claim names.
    extra = Count("entitlements", filter=Q(entitlements__instead_of__isnull=False))
    for term in Term.objects.annotate(n=Count("entitlements") - extra).exclude(n=F("copies")).iterator(CHUNK):
        yield f"term:{term.pk}", f"promises {term.copies} copies and grants another number"
    last = (
        EntitlementMovement.objects.exclude(kind__in=(Kind.RESEND, Kind.EXTEND))
        .order_by("entitlement", "-pk")
        .distinct("entitlement")
        .values_list("entitlement", "kind")
    )
    stands = {entitlement: STANDS[kind] for entitlement, kind in last.iterator(CHUNK)}
    for pk, state in Entitlement.objects.values_list("pk", "state").iterator(CHUNK):
        if stands.get(pk) != state:
            yield f"entitlement:{pk}", f"stands at {state}, its movements say {stands.get(pk)}"
    doubled = (
        Entitlement.objects.filter(issue__isnull=False)
        .exclude(state__in=(Copy.VOID, Copy.CREDITED))
        .values("term__subscription", "issue")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    for row in doubled.iterator(CHUNK):
        yield f"subscription:{row['term__subscription']}", f"{row['n']} copies of issue {row['issue']}"


def deferred(at: datetime) -> Breaches:
    """BALANCED: 4871 is the value of the copies not served yet, to the cent. What an import brings is booked at its end."""
    difference = differs()
    if difference is not None:
        booked, owed = difference
        yield "account:DEFERRED", f"holds {booked}, the copies owed are worth {owed}"


def stopped(at: datetime) -> Breaches:
    """STOPPED: nothing is owed any more by a subscription that has ended."""
    ended = Entitlement.objects.filter(
        term__subscription__state=Subscription.State.ENDED, state__in=(Copy.OWED, Copy.HELD)
    )
    for copy in ended.iterator(CHUNK):
        yield f"entitlement:{copy.pk}", "still owed though its subscription has ended"


def not_charged_after_a_no(at: datetime) -> Breaches:
    """STOPPED: no charge and no year after the reader said no or the subscription ended, and nothing planned that would
    charge them."""
    said = RenewalChoice.objects.filter(subscription=OuterRef("renewal__subscription"), at__lte=OuterRef("at"))
    ended = SubscriptionEvent.objects.filter(
        subscription=OuterRef("renewal__subscription"), to_state=Subscription.State.ENDED, at__lt=OuterRef("at")
    )
    tries = RenewalAttempt.objects.annotate(
        yes=Subquery(said.order_by("-at", "-pk").values("automatic")[:1]), over=Exists(ended)
    )
    for attempt in tries.filter(Q(yes=False) | Q(over=True)).iterator(CHUNK):
        yield (
            f"renewal:{attempt.renewal_id}",
            f"charged on {attempt.charged_on:%Y-%m-%d} although the reader had said no",
        )
    said = RenewalChoice.objects.filter(subscription=OuterRef("subscription"), at__lt=OuterRef("created_at"))
    years = Term.objects.filter(order=None, payment__way=Payment.Way.OFF_SESSION).annotate(
        yes=Subquery(said.order_by("-pk").values("automatic")[:1])
    )
    for term in years.filter(yes=False).iterator(CHUNK):
        yield f"term:{term.pk}", "begun although the reader had stopped it"
    planned = Renewal.objects.filter(state__in=WOULD_CHARGE).exclude(subscription__renewal=Offer.Renewal.AUTOMATIC)
    for renewal in planned.iterator(CHUNK):
        yield f"renewal:{renewal.pk}", "still to be charged though it renews itself no more"


def not_sent_after_the_end(at: datetime) -> Breaches:
    """STOPPED: no copy in a file, nor sent again, after a withdrawal, or an end with what was not served given back, took effect."""
    ended = Declaration.objects.filter(
        subscription=OuterRef("entitlement__term__subscription"),
        effect__in=ENDS_AT_ONCE,
        state__in=(Declaration.State.APPLIED, Declaration.State.SETTLED),
        state_since__lt=OuterRef("at"),
    )
    over = SubscriptionEvent.objects.filter(
        subscription=OuterRef("entitlement__term__subscription"),
        to_state=Subscription.State.ENDED,
        at__lt=OuterRef("at"),
    )
    # A withdrawal may have undone another term alone, whose row says so; this one is sent to its end.
    undone = TermUndone.objects.filter(at__lt=OuterRef("at"))
    mine = Exists(undone.filter(term=OuterRef("entitlement__term")))
    others = Exists(undone.filter(term__subscription=OuterRef("entitlement__term__subscription")))
    wrong = Exists(over) | mine | (Exists(ended) & ~others)
    moves = EntitlementMovement.objects.filter(wrong, kind__in=(Kind.ASSIGN, Kind.RESEND))
    for move in moves.iterator(CHUNK):
        yield f"entitlement:{move.entitlement_id}", "put in a file after its contract was stopped"


def told(at: datetime) -> Breaches:
    """TOLD: every letter due was sent once or is visibly failed; every paid order is confirmed, every paid renewal too."""
    waiting = (Notice.State.QUEUED, Notice.State.SENDING)
    by_mail = Notice.objects.filter(channel=Notice.Channel.EMAIL)
    for notice in by_mail.filter(state__in=waiting, due_at__lte=at - TOLD_WITHIN).iterator(CHUNK):
        yield f"notice:{notice.pk}", f"{notice.kind} is due since {notice.due_at:%Y-%m-%d %H:%M}"
    # On paper a person posts it: what nobody does in time stands on a desk (`paper.alarming`).
    said = set(
        DeskItem.objects.filter(kind__in=(TO_POST, UNADDRESSED), closed_at=None).values_list("subject", flat=True)
    )
    to_post = Notice.objects.filter(
        channel=Notice.Channel.PAPER,
        state__in=(Notice.State.QUEUED, Notice.State.PRINTING),
        due_at__lte=at,
    )
    yesterday = paris_day(at) - timedelta(days=1)
    for notice in to_post.iterator(CHUNK):
        if f"notice:{notice.pk}" not in said and wants_person(notice, on=yesterday):
            yield f"notice:{notice.pk}", f"{notice.kind} is due since {notice.due_at:%Y-%m-%d %H:%M}"
    # By its matter, which outlives the facts: those are blanked when the law no longer keeps them.
    told_of = set(Notice.objects.filter(kind="order_confirmation").values_list("matter", flat=True).iterator(CHUNK))
    paid = Order.objects.filter(state=Order.State.PAID, purchase_order=None).exclude(offer__kind=Offer.Kind.SINGLE)
    for pk in paid.values_list("pk", flat=True).iterator(CHUNK):
        if f"order_confirmation:order:{pk}" not in told_of:
            yield f"order:{pk}", "paid, and no confirmation was queued"
    receipts = set(Notice.objects.filter(kind="renewal_paid").values_list("matter", flat=True).iterator(CHUNK))
    renewed = Renewal.objects.filter(state=Renewal.State.PAID, term__order=None, subscription__payer__erased_on=None)
    for pk in renewed.values_list("pk", flat=True).iterator(CHUNK):
        if f"renewal_paid:renewal:{pk}" not in receipts:
            yield f"renewal:{pk}", "paid, and no receipt was queued"
    # Before there were letters on paper, one to be posted was a matter on support's desk.
    posted = set(DeskItem.objects.filter(kind="acknowledgement_by_post").values_list("subject", flat=True))
    told_of = set(Notice.objects.filter(matter__startswith="acknowledged:").values_list("matter", flat=True))
    for pk in Declaration.objects.values_list("pk", flat=True).iterator(CHUNK):
        if f"acknowledged:declaration:{pk}" not in told_of and f"declaration:{pk}" not in posted:
            yield f"declaration:{pk}", "declared, and not acknowledged"
    # A letter that was queued and is no longer true is withdrawn: none leaves to whoever went on, or objected.
    reminded = Notice.objects.filter(
        kind__startswith="reminder_", state__in=(Notice.State.SENT, Notice.State.DELIVERED)
    )
    for notice in reminded.filter(Exists(_objections())).iterator(CHUNK):
        yield f"notice:{notice.pk}", "sent to somebody who had objected to reminders"
    unproved = Notice.objects.filter(state__in=(Notice.State.SENT, Notice.State.DELIVERED), proofs=None)
    for notice in unproved.iterator(CHUNK):
        yield f"notice:{notice.pk}", "sent without a proof"


def _objections() -> QuerySet[Consent]:
    """Objections of the outer letter's reader, older than the moment it left."""
    theirs = Consent.objects.filter(customer=OuterRef("customer"), matter=Consent.Matter.REMINDERS, given=False)
    return theirs.filter(at__lt=OuterRef("state_since"))


def refunds_in_time(at: datetime) -> Breaches:
    """ON TIME: what had to be given back by a day was, or stands on a desk (C. conso L221-24, L215-1)."""
    seen = set(DeskItem.objects.filter(subject__startswith="declaration:").values_list("subject", flat=True))
    late = Declaration.objects.filter(refund_due_on__lt=paris_day(at)).exclude(refund__state=Refund.State.SUCCEEDED)
    for declaration in late.select_related("order").iterator(CHUNK):
        if f"declaration:{declaration.pk}" not in seen and not refunded(declaration):
            yield (
                f"declaration:{declaration.pk}",
                f"its refund is due since {declaration.refund_due_on}, and no desk knows of it",
            )


CHECKS: Mapping[str, tuple[Check, ...]] = {
    "ONE-CHARGE": (paid_once, renewed_once, paid_on_invoice),
    "COPIES": (
        copies,
        in_the_file,
        lines_are_true,
        runs_are_whole,
        from_owed_alone,
        as_many_as_ordered,
        free_copies_sent,
        put_off,
        gifts_carried,
        held_while_disputed,
        held_while_unpaid,
        held_while_doubted,
        sent_again_once,
        given_instead,
        stock_is_true,
        returns_followed,
        downloaded_by_right,
        sold_is_paid,
        sold_is_sent_once,
        figures_are_true,
    ),
    "BALANCED": (deferred,),
    "STOPPED": (stopped, not_charged_after_a_no, not_sent_after_the_end, sold_is_stopped),
    "TOLD": (told, gifts_told, agreed_and_told, invoices_told, losses_told, sold_is_told),
    "ANNOUNCED": (announced, price_told),
    "ON TIME": (nobody_forgotten, charged_in_time, refunds_in_time),
}
