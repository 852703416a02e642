"""Everything that the shop knows about one disputed payment: read once, from the rows, before anything is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from payments.days import paris_day
from payments.models import Dispute, Invoice, Payment, Refund, Transfer
from subscriptions.models import (
    Claim,
    Consent,
    CopyReturn,
    Declaration,
    DigitalDownload,
    Dispatch,
    Entitlement,
    Order,
    RenewalAttempt,
    RenewalChoice,
    RenewalProof,
    SoldIssue,
    Term,
)
from subscriptions.stopping.reading import contract_of

Left = (Transfer.State.SENT, Transfer.State.DONE)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy that the payment has paid for: `entitlement`, or `sold`, with what happened to it."""

    number: str
    planned_on: date | None
    state: str
    entitlement: Entitlement | None
    sold: SoldIssue | None
    lines: Sequence[Dispatch] = ()
    returns: Sequence[CopyReturn] = ()
    claims: Sequence[Claim] = ()
    downloads: Sequence[DigitalDownload] = ()

    @property
    def posted(self) -> Sequence[Dispatch]:
        """The lines of files that were posted, oldest first."""
        return [line for line in self.lines if line.run.posted_on is not None]

    @property
    def posted_on(self) -> date | None:
        """The day on which it was posted first."""
        return min((line.run.posted_on for line in self.posted if line.run.posted_on), default=None)


@dataclass(frozen=True, slots=True)
class Case:
    """One dispute with its payment, and what was ordered, agreed, told, delivered and given back.

    `order`: what the payment paid; of a renewal, the order with which the contract began. `attempt`: of a renewal that was
    charged without its reader. `earlier`: the copies of the year before, of one that was renewed. `others`: other successful
    payments of the same reader. `on`: the day as of which it is told.
    """

    on: date
    dispute: Dispute
    payment: Payment
    order: Order | None
    term: Term | None
    attempt: RenewalAttempt | None
    consents: Sequence[Consent] = ()
    choices: Sequence[RenewalChoice] = ()
    proofs: Sequence[RenewalProof] = ()
    copies: Sequence[Copy] = ()
    earlier: Sequence[Copy] = ()
    invoices: Sequence[Invoice] = ()
    declarations: Sequence[Declaration] = ()
    refunds: Sequence[Refund] = ()
    transfers: Sequence[Transfer] = ()
    others: Sequence[Payment] = field(default_factory=tuple)

    @property
    def renewed(self) -> bool:
        """Whether the payment is for a year that an earlier contract goes on with."""
        return self.payment.subject.startswith("term:")

    @property
    def paid_on(self) -> date:
        """The Paris day on which the payment was made."""
        return self.payment.received_on or paris_day(self.payment.created_at)

    def proof(self, kind: str) -> RenewalProof | None:
        """The notice of that kind before the charge, the last of them."""
        return next((one for one in reversed(self.proofs) if one.kind == kind), None)


def read_case(dispute: Dispute, *, on: date) -> Case:
    """All of it. Some forty queries, however many copies there are."""
    payment = Payment.objects.select_related("customer", "saved_method").get(pk=dispute.payment_id)
    attempt = RenewalAttempt.objects.select_related("renewal__subscription").filter(payment=payment).first()
    term = _term(payment)
    subscription = _subscription(payment, term)
    order = _order(payment, subscription)
    invoices = Invoice.objects.filter(payment=payment).order_by("pk")
    return Case(
        on=on,
        dispute=dispute,
        payment=payment,
        order=order,
        term=term,
        attempt=attempt,
        consents=list(Consent.objects.filter(order=order).select_related("text").order_by("pk")) if order else [],
        choices=list(
            RenewalChoice.objects.filter(subscription=subscription, at__lte=payment.created_at)
            .select_related("consent__text")
            .order_by("pk")
        )
        if subscription
        else [],
        proofs=list(
            RenewalProof.objects.filter(renewal=attempt.renewal_id, renews_on=attempt.renews_on)
            .select_related("notice_proof__notice")
            .order_by("sent_on", "pk")
        )
        if attempt
        else [],
        copies=_copies(payment, term, order),
        earlier=_earlier(payment, subscription),
        invoices=list(invoices.prefetch_related("lines")),
        declarations=_declarations(subscription, order),
        refunds=list(payment.refunds.filter(state=Refund.State.SUCCEEDED).order_by("pk")),
        transfers=list(Transfer.objects.filter(payment=payment, state__in=Left).order_by("pk")),
        others=list(
            Payment.objects.filter(customer=payment.customer_id, state=Payment.State.SUCCEEDED)
            .exclude(pk=payment.pk)
            .order_by("-pk")[:5]
        )
        if payment.customer_id
        else [],
    )


def _term(payment: Payment) -> Term | None:
    return Term.objects.filter(payment=payment).select_related("subscription__recipient__address", "order").first()


def _subscription(payment: Payment, term: Term | None) -> int | None:
    if term is not None:
        return term.subscription_id
    kind, _colon, rest = payment.subject.partition(":")
    return int(rest.partition(":")[0]) if kind == "term" else None


def _order(payment: Payment, subscription: int | None) -> Order | None:
    orders = Order.objects.select_related("offer__magazine", "disclosure", "delivery", "billing", "first_issue")
    kind, _colon, key = payment.subject.partition(":")
    if kind == "order":
        return orders.filter(pk=key).first()
    return orders.filter(term__subscription=subscription).order_by("term__number").first()


def _copies(payment: Payment, term: Term | None, order: Order | None) -> list[Copy]:
    if term is not None:
        return _of_term(term)
    if order is None or payment.subject != order.subject or payment.surplus:
        return []
    sold = list(SoldIssue.objects.filter(order=order, replaces=None).select_related("issue").order_by("pk"))
    lines = _lines(Q(sold__in=sold) | Q(sold__replaces__in=sold))
    return [
        Copy(
            number=one.issue.printed, planned_on=one.issue.post_on, state=one.state, entitlement=None, sold=one,
            lines=[line for line in lines if line.sold and one.pk in (line.sold_id, line.sold.replaces_id)],
            returns=[back for line in lines if line.sold_id == one.pk and (back := _came_back(line))],
        )
        for one in sold
    ]  # fmt: skip


def _earlier(payment: Payment, subscription: int | None) -> list[Copy]:
    """The copies of the year before the one that was renewed."""
    kind, _colon, rest = payment.subject.partition(":")
    if kind != "term" or subscription is None:
        return []
    number = int(rest.rpartition(":")[2]) - 1
    before = Term.objects.standing().filter(subscription=subscription, number=number).first()
    return _of_term(before) if before is not None else []


def _of_term(term: Term) -> list[Copy]:
    """The copies of a term in serving order; of a gift that is served elsewhere, those that serve it there."""
    owed = contract_of(subscription=term.subscription_id).of_term(term)
    keys = [copy.pk for copy in owed]
    lines = _lines(Q(entitlement__in=keys))
    claims = list(Claim.objects.filter(entitlement__in=keys).order_by("pk"))
    downloads = list(DigitalDownload.objects.filter(entitlement__in=keys).select_related("file").order_by("pk"))
    return [
        Copy(
            number=copy.issue.printed if copy.issue else "",
            planned_on=copy.issue.post_on if copy.issue else None,
            state=copy.state,
            entitlement=copy,
            sold=None,
            lines=(mine := [line for line in lines if line.entitlement_id == copy.pk]),
            returns=[back for line in mine if (back := _came_back(line))],
            claims=[one for one in claims if one.entitlement_id == copy.pk],
            downloads=[one for one in downloads if one.entitlement_id == copy.pk],
        )
        for copy in owed
    ]


def _lines(which: Q) -> list[Dispatch]:
    found = Dispatch.objects.filter(which).select_related("run", "issue", "address", "came_back", "sold")
    return list(found.order_by("run__closed_at", "pk"))


def _came_back(line: Dispatch) -> CopyReturn | None:
    return getattr(line, "came_back", None)


def _declarations(subscription: int | None, order: Order | None) -> list[Declaration]:
    theirs = Q(order=order) if order is not None else Q(pk=None)
    if subscription is not None:
        theirs |= Q(subscription=subscription)
    return list(Declaration.objects.filter(theirs).order_by("received_at"))


def by_key(case: Case) -> Mapping[str, set[int]]:
    """The ids by which letters name what this case is about: as `Notice.facts` has them."""
    found = {
        "order_id": {case.order.pk} if case.order else set(),
        "term_id": {case.term.pk} if case.term else set(),
        "renewal_id": {case.attempt.renewal_id} if case.attempt else set(),
        "invoice_id": {one.pk for one in case.invoices},
        "refund_id": {one.pk for one in case.refunds},
        "declaration_id": {one.pk for one in case.declarations},
        "claim_id": {claim.pk for copy in case.copies for claim in copy.claims},
        "sold_id": {copy.sold.pk for copy in case.copies if copy.sold},
    }
    return {name: keys for name, keys in found.items() if keys}
