"""Whatever a reader and the calendar do to each other, no copy is lost, and no more than two issues of a year are put off."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from payments.actors import job
from payments.gateway import IntentSeen, Outcome
from payments.models import Payment
from payments.settling import News, apply
from subscriptions.audit import CHECKS
from subscriptions.calendar import cutoff_for
from subscriptions.dates import dates_of_subscription
from subscriptions.fulfilment.moving import move_issue
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.models import Entitlement, Issue, Offer, Pause, Subscription
from subscriptions.orders.placing import payment_of
from subscriptions.orders.quoting import quote
from subscriptions.pausing.foreseeing import CannotPause, again, standing_of, without
from subscriptions.pausing.holding import pause, resume
from subscriptions.prolonging import held
from tests.makers import READER, make_wish, place_order, send_out
from tests.renewals.days import noon
from tests.renewals.people import subscriber

CLOCK = job("tests")
#: What may happen next: put off the nth of the offered issues (or two), call off, post, close a file, renew, plan an issue.
ACTS = st.one_of(
    st.tuples(st.just("pause"), st.sets(st.integers(0, 3), min_size=1, max_size=3)),
    st.tuples(st.just("resume"), st.sets(st.integers(0, 1), min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["post", "close", "renew", "plan"]), st.just(frozenset())),
)


class Conserved(TestCase):
    """One reader, one magazine, a random life."""

    @settings(
        max_examples=25,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(acts=st.lists(ACTS, min_size=3, max_size=14))
    def test_copies_are_conserved(self, acts):
        subscription = subscriber()
        self.on = date(2026, 11, 24)
        for act, which in acts:
            getattr(self, act)(subscription, sorted(which))
            self.check(subscription)

    def pause(self, subscription: Subscription, places: list[int]) -> None:
        standing = standing_of(subscription, on=self.on)
        numbers = [standing.pausable[place].number for place in places if place < len(standing.pausable)]
        before = self.promised(subscription)
        try:
            foreseen = without(standing, numbers)
            pause(subscription.pk, numbers, actor=READER, at=noon(self.on), reason="away")
        except CannotPause:
            assert self.promised(subscription) == before
            return
        dates = dates_of_subscription(subscription, on=self.on)
        assert set(numbers) <= {issue.number for issue in dates.paused}
        assert dates.last_number == foreseen.last_number
        assert (dates.renewal.on if dates.renewal else None) == foreseen.renews_on

    def resume(self, subscription: Subscription, places: list[int]) -> None:
        standing = standing_of(subscription, on=self.on)
        chosen = [standing.held[place] for place in places if place < len(standing.held)]
        try:
            foreseen = again(standing, chosen)
        except CannotPause:
            return
        resume(subscription.pk, [one.pk for one in chosen], actor=READER, at=noon(self.on), reason="back")
        dates = dates_of_subscription(subscription, on=self.on)
        assert dates.last_number == foreseen.last_number
        assert (dates.renewal.on if dates.renewal else None) == foreseen.renews_on
        comes = {copy.issue_id for copy in standing_of(subscription, on=self.on).to_come}
        assert {issue.pk for issue in foreseen.issues} <= comes, "what is said to come comes"

    def close(self, subscription: Subscription, _which: list[int]) -> None:
        """The next file is closed: its addresses are with the post."""
        issue = Issue.objects.filter(posted_on=None).order_by("number").first()
        if issue is None or issue.state != Issue.State.PLANNED:
            return
        self.on = max(self.on, issue.cutoff_on)
        move_issue(issue, Issue.State.CLOSED, on=self.on)

    def post(self, subscription: Subscription, _which: list[int]) -> None:
        issue = Issue.objects.filter(posted_on=None).order_by("number").first()
        if issue is None:
            return
        self.on = max(self.on, issue.post_on)
        send_out(issue, on=self.on, actor=CLOCK)

    def plan(self, subscription: Subscription, _which: list[int]) -> None:
        """One more issue is entered into the calendar, three months after the last."""
        last = Issue.objects.order_by("-number")[0]
        month = last.cover_month + 3
        post_on = last.post_on + timedelta(days=91)
        Issue.objects.create(
            magazine=last.magazine, number=last.number + 1, cover_month=(month - 1) % 12 + 1,
            cover_year=last.cover_year + (month - 1) // 12, post_on=post_on, cutoff_on=cutoff_for(post_on),
        )  # fmt: skip
        assign_planned(actor=CLOCK, at=noon(self.on))

    def renew(self, subscription: Subscription, _which: list[int]) -> None:
        """The reader orders another year."""
        last = Issue.objects.order_by("-number")[0]
        if self.on >= last.cutoff_on:
            return
        offer = Offer.objects.get(renewal="automatic")
        known = held(Subscription.objects.get(pk=subscription.pk))
        if known is None:
            return
        try:
            quoted = quote(offer, country="FR", postcode="75004", buyer_kind="consumer", on=self.on, renews=known)
        except ValidationError:
            return  # nobody buys further ahead than the calendar reaches
        order = place_order(make_wish(offer, on=self.on, quote=quoted), at=noon(self.on))
        payment: Payment = payment_of(order)
        seen = IntentSeen(
            id=f"pi_{payment.pk}", outcome=Outcome.SUCCEEDED, status="succeeded", amount_cents=2760, currency="eur",
            amount_received=2760, customer="cus", payment_method="pm", charge=f"ch_{payment.pk}", decline=None,
            metadata={}, created=noon(self.on), livemode=False, method_kind="card",
        )  # fmt: skip
        apply([News(payment.pk, Outcome.SUCCEEDED, intent=seen, closed=True)], actor=READER, at=noon(self.on))

    def promised(self, subscription: Subscription) -> list[tuple[int, int | None, str]]:
        rows = Entitlement.objects.filter(term__subscription=subscription).order_by("term__number", "rank")
        return list(rows.values_list("rank", "issue__number", "state"))

    def check(self, subscription: Subscription) -> None:
        """Granted = served + to come; one copy an issue; in order; two a term; no copy of what was not wanted."""
        rows = Entitlement.objects.filter(term__subscription=subscription).select_related("issue", "term")
        copies = list(rows.order_by("term__number", "rank"))
        assert len(copies) == sum(term.copies for term in subscription.terms.all())
        assert {copy.state for copy in copies} <= {"owed", "held", "served", "assigned"}
        numbers = [copy.issue.number for copy in copies if copy.issue]
        assert numbers == sorted(set(numbers)), "each issue once, and in the order of the copies"
        assert sum(copy.value_ht for copy in copies) == sum(term.amount_ht.amount for term in subscription.terms.all())
        pauses = Pause.objects.filter(term__subscription=subscription).exclude(state="called_off")
        assert all(count <= 2 for count in Counter(pauses.values_list("term", flat=True)).values())
        held = [copy for copy in copies if copy.state == "held"]
        assert {copy.pk for copy in held} == set(pauses.filter(state="held").values_list("entitlement", flat=True))
        late = [copy for copy in copies if copy.state in ("owed", "held") and copy.issue and copy.issue.posted_on]
        assert late == [], "no copy waits for an issue that has left"
        unwanted = set(pauses.values_list("issue__number", flat=True))
        assert unwanted.isdisjoint(numbers)
        for name in ("COPIES", "STOPPED", "BALANCED"):
            for check in CHECKS[name]:
                assert list(check(noon(self.on))) == [], name
