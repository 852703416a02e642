"""Whatever happens to copies, in whatever order, none is lost and none comes twice (issue 4, Done-when 3).

Two readers, an institution that takes two copies of each issue and a school that pays for none live through random acts of
readers, of the post and of the desk. After each act every invariant of copies, money and contracts holds; at the end, once
every question is answered, whoever is still owed a copy gets it with the issues that follow.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from payments.actors import job
from payments.models import DeskItem
from subscriptions.addresses.label import postal_label
from subscriptions.calendar import cutoff_for
from subscriptions.fulfilment.closing import ask, close
from subscriptions.fulfilment.free_copies import give_free
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.planning import assign_planned
from subscriptions.fulfilment.posting import post_run
from subscriptions.institutions.cancelling import cancel
from subscriptions.losses import answering, incidents, returning
from subscriptions.losses.carrying_out import carry_out, put_ended_before_a_person
from subscriptions.losses.claiming import Said, claim
from subscriptions.losses.deciding import CHOICES, decide_by_hand
from subscriptions.losses.resending import make
from subscriptions.losses.returning import Returned, write_down
from subscriptions.losses.stock import enter
from subscriptions.models import (
    AddressDoubt,
    Claim,
    ClaimIncident,
    Dispatch,
    Entitlement,
    Issue,
    LossRule,
    MailingRun,
    Subscription,
)
from subscriptions.moving import COMING
from subscriptions.moving_house import change_address
from subscriptions.pausing.foreseeing import CannotPause, standing_of
from subscriptions.pausing.holding import pause
from subscriptions.stopping.terminating import CannotEnd, end_now
from tests.institutions.papers import LIBRARY, OFFICE, take
from tests.losses.people import at, buys, unsound
from tests.makers import CLERK, COLLEAGUE, NOW, READER, make_house, make_magazine, make_offers, send_out

CLOCK = job("tests")
PLACE = st.integers(0, 5)
#: What may happen next, and to which of those to whom it can: readers, copies, lines, claims.
ACTS = st.tuples(
    st.sampled_from(
        ["close", "post", "post", "claims", "claims", "comes_back", "comes_back", "answers", "moves", "stocks", "resends",
         "resends", "decides", "decides_all", "pauses", "days", "complements", "ends", "cancels"]
    ),
    PLACE,
)  # fmt: skip


class Conserved(TestCase):
    """A small world, and what it lives through."""

    @settings(
        max_examples=15,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(acts=st.lists(ACTS, min_size=4, max_size=16))
    @pytest.mark.long
    def test_copies_are_conserved(self, acts):
        self.begin()
        for act, place in acts:
            getattr(self, act)(place)
            self.sweep()
            self.check(act)
        self.come_to_rest()

    def begin(self) -> None:
        magazine = make_magazine()
        make_house(magazine)
        offers = make_offers(magazine)
        LossRule.objects.create(
            incident_claims=3, incident_least=2, incident_percent=99, actor="staff:1", reason="peu de lecteurs",
            created_at=NOW,
        )  # fmt: skip
        self.on = date(2026, 11, 24)
        buys(offers["fixed"], email="lou@example.fr")
        buys(offers["automatic"], email="ana@example.fr")
        self.order = take(quantity=2).order
        give_free(
            offers["fixed"].magazine_id, LIBRARY, postal_label(LIBRARY), kind="free", copies=3, from_number=25,
            until_number=None, actor=CLERK, reason="partenariat", at=at(self.on),
        )  # fmt: skip

    @property
    def now(self):
        return at(self.on, 15)

    # --- acts ---

    def close(self, _place: int) -> None:
        issue = Issue.objects.filter(posted_on=None).order_by("number").first()
        if issue is None or issue.state != Issue.State.PLANNED:
            return
        self.on = max(self.on, issue.cutoff_on)
        close(ask(issue.pk, actor=CLERK, at=self.now).pk, actor=COLLEAGUE, at=self.now)

    def post(self, _place: int) -> None:
        issue = Issue.objects.filter(posted_on=None).order_by("number").first()
        if issue is not None:
            self.on = max(self.on, issue.post_on)
            send_out(issue, on=self.on, at=self.now)

    def complements(self, _place: int) -> None:
        """What became owed of an issue that has left."""
        owed = Issue.objects.filter(state=Issue.State.POSTED, entitlements__state="owed").order_by("number").first()
        if owed is not None:
            self.leaves(close(ask(owed.pk, actor=CLERK, at=self.now).pk, actor=COLLEAGUE, at=self.now))

    def claims(self, place: int) -> None:
        copies = list(Entitlement.objects.filter(state="served").order_by("-issue__number", "pk")[:6])
        if copies:
            said = Said(copies[place % len(copies)].pk, "not_received", "reader", confirmed=place % 2 == 0)
            assert claim(said, actor=READER, at=self.now) == claim(said, actor=READER, at=self.now)

    def comes_back(self, place: int) -> None:
        lines = list(Dispatch.objects.filter(run__state="posted", came_back=None).order_by("-pk")[:6])
        if lines:
            rows = [Returned(lines[place % len(lines)].pk, 1 + place % 4, self.on)]
            made = [write_down(rows, source="file", actor=CLERK, at=self.now) for _twice in range(2)]
            assert made == [1, 0]

    def answers(self, place: int) -> None:
        answering.known(self.one(place).pk, actor=READER, at=self.now, reason="confirmed by its reader")

    def moves(self, place: int) -> None:
        where = (OFFICE, LIBRARY)[place % 2]
        change_address(self.one(place).recipient, where, postal_label(where), actor=READER, reason="", at=self.now)

    def stocks(self, place: int) -> None:
        issue = Issue.objects.filter(state=Issue.State.POSTED, posted_on__gte=NOW.date()).order_by("-number").first()
        if issue is not None:
            enter(issue.pk, "received", 1 + place % 2, actor=CLERK, at=self.now, reason="passe du routage")

    def resends(self, _place: int) -> None:
        for issue in Issue.objects.filter(claims__state="approved").distinct():
            try:
                self.leaves(make(issue.pk, actor=CLERK, at=self.now))
            except ValidationError:
                continue

    def decides(self, place: int) -> None:
        for one in Claim.objects.filter(state__in=("on_desk", "approved")).order_by("pk"):
            try:
                decide_by_hand(one.pk, CHOICES[place % len(CHOICES)], actor=CLERK, at=self.now, reason="vu")
            except ValidationError:
                continue

    def decides_all(self, place: int) -> None:
        for one in ClaimIncident.objects.filter(state="open"):
            target = ("resending", "extending")[place % 2]
            incidents.decide_incident(one.pk, target, actor=CLERK, at=self.now, reason="un sac perdu")

    def pauses(self, place: int) -> None:
        subscription = self.one(place)
        pausable = standing_of(subscription, on=self.on).pausable
        try:
            pause(subscription.pk, [one.number for one in pausable[:1]], actor=READER, at=self.now, reason="absent")
        except CannotPause:
            return

    def days(self, place: int) -> None:
        self.on += timedelta(days=1 + 9 * place)

    def ends(self, place: int) -> None:
        if place == 0:
            try:
                end_now(self.one(0).pk, "death", actor=CLERK, at=self.now, reason="la famille a appelé")
            except CannotEnd:
                return

    def cancels(self, place: int) -> None:
        if place == 0:
            try:
                cancel(self.order, reason="erreur", actor=CLERK, at=self.now)
            except ValidationError:
                return

    # --- what follows by itself, and what must hold ---

    def one(self, place: int) -> Subscription:
        rows = list(Subscription.objects.select_related("recipient__address").order_by("pk"))
        return rows[place % len(rows)]

    def leaves(self, run: MailingRun) -> None:
        hand_over(run.pk, actor=CLERK, at=self.now)
        count_received(run.pk, copies=run.copies or 0, actor=CLERK, at=self.now)
        post_run(run.pk, on=self.on, actor=CLERK, at=self.now)

    def sweep(self) -> None:
        """The job of lost copies, twice."""
        for _twice in range(2):
            returning.follow(actor=CLOCK, at=self.now)
            answering.settle_moved(actor=CLOCK, at=self.now)
            incidents.wake(on=self.on, actor=CLOCK, at=self.now)
            carry_out(actor=CLOCK, at=self.now)
            put_ended_before_a_person(actor=CLOCK, at=self.now)
            assign_planned(actor=CLOCK, at=self.now)

    def check(self, act: str) -> None:
        """Granted = four a term, and one for each that is given instead; the rest is what the audit is for."""
        extra = Claim.objects.filter(extra__isnull=False).count()
        assert Entitlement.objects.count() == 4 * 3 + extra, act
        assert unsound(self.now) == [], act

    def come_to_rest(self) -> None:
        """Every question is answered, every claim decided; and then whoever is owed a copy gets it, once."""
        for doubt in AddressDoubt.objects.filter(state__in=("asked", "held", "suspended")):
            answering.answer(doubt.pk, actor=READER, at=self.now, reason="au téléphone")
        for one in Claim.objects.filter(state="asked"):
            answering.known(one.subscription_id, actor=READER, at=self.now, reason="au téléphone")
        self.decides_all(1)
        self.sweep()
        self.decides(CHOICES.index("extended"))
        for _issue in range(14):
            if not Entitlement.objects.filter(state__in=COMING).exists():
                break
            self.complements(0)
            self.plan()
            self.post(0)
            self.sweep()
        self.complements(0)
        self.check("at rest")
        states = set(Entitlement.objects.values_list("state", flat=True))
        assert states <= {"served", "credited", "void"}, states
        served = Entitlement.objects.filter(state="served")
        lines = Dispatch.objects.filter(entitlement__isnull=False, run__state="posted").exclude(kind="RCL")
        assert lines.count() == served.count(), "each served copy left once"
        assert not DeskItem.objects.filter(kind="complement_due", closed_at=None).exists()

    def plan(self) -> None:
        """One more issue, three months after the last."""
        last = Issue.objects.order_by("-number")[0]
        day, month = last.post_on + timedelta(days=91), last.cover_month + 3
        Issue.objects.create(
            magazine=last.magazine, number=last.number + 1, cover_month=(month - 1) % 12 + 1,
            cover_year=last.cover_year + (month - 1) // 12, post_on=day, cutoff_on=cutoff_for(day),
        )  # fmt: skip
        assign_planned(actor=CLOCK, at=self.now)
