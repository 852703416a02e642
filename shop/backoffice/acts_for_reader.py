"""Acting for a reader: what they ask for on the telephone, done by a colleague under their own name, never as the reader.

The reader gets the letter that they would have got by doing it themselves. What needs their own yes, a card or a mandate,
is not done here: they are sent the page on which they give it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, TwoSteps
from shop.backoffice.doors import desk, page
from shop.backoffice.roles import Right, may
from shop.backoffice.showing import acts_on, columns
from shop.backoffice.tables import Cell, Fact, Table
from shop.customers.models import Customer
from shop.templatetags.french import short_day
from shop.watch.bell import ring
from subscriptions.dates import LIVING, dates_of_subscription, may_turn_on
from subscriptions.models import Notice, Offer, Renewal, Subscription
from subscriptions.notices.links_sent import go_on, nothing_to_go_on_with
from subscriptions.notices.telling import tell_reader
from subscriptions.renewals.locking import open_renewals
from subscriptions.stopping.choosing import turn_off
from subscriptions.stopping.reading import stopped_and_waiting

ON_ITS_WAY = (Renewal.State.CHARGING, Renewal.State.UNRESOLVED)


def _subscriptions() -> Any:
    return Subscription.objects.select_related(
        "offer", "magazine", "saved_method", "payer", "holder", "recipient__address"
    )


class _ForReader(TwoSteps):
    """What acts on one subscription for its reader have in common."""

    right = Right.ACT_FOR

    def load(self, request: HttpRequest, key: int) -> Subscription | None:
        one: Subscription | None = _subscriptions().filter(pk=key).first()
        if one is not None and (because := self.seen_at_once(one) or self.why_not(one)):
            raise Impossible(because)
        return one

    def seen_at_once(self, one: Subscription) -> Any:
        """Why it cannot be done, as far as the row itself tells; "" if it may. No queries."""
        raise NotImplementedError

    def why_not(self, one: Subscription) -> Any:
        """Why it cannot be done, asked of what hangs on the subscription; "" if it can."""
        return ""

    def back(self, subject: Subscription) -> str:
        return reverse("desk_act_for", args=[subject.payer_id or subject.holder_id])

    def about(self, subject: Subscription) -> str:
        return _("subscription %(number)s") % {"number": subject}


class TurnOff(_ForReader):
    """No further year."""

    name = "turn_off"
    title = gettext_lazy("Turn automatic renewal off")
    button = gettext_lazy("Turn it off")

    def seen_at_once(self, one: Subscription) -> Any:
        return "" if one.renewal == Offer.Renewal.AUTOMATIC else _("Automatic renewal is off already.")

    def preview(self, subject: Subscription, form: Any) -> Preview:
        dates = dates_of_subscription(subject, on=paris_day(timezone.now()))
        plan = open_renewals([subject.pk]).first()
        late = plan is not None and plan.state in ON_ITS_WAY
        return Preview(
            facts=[
                Fact(_("Subscription"), str(subject)),
                Fact(_("Payer"), subject.payer.full_name if subject.payer else ""),
                Fact(_("Paid until"), short_day(dates.ends_on)),
                Fact(_("Renewal"), words.said(words.NEXT_TERM, plan.state)["word"] if plan else ""),
                Fact(_("The reader is told"), words.letter_kind("renewal_turned_off")),
            ],
            warning=_("A charge is on its way: if it succeeds, it is given back by itself.") if late else "",
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        reason = form.cleaned_data["reason"]
        with transaction.atomic():
            if not turn_off(subject.pk, actor=actor, at=at, reason=reason):
                raise Impossible(_("Automatic renewal is off already."))
            record_act(
                "turned renewal off", subject=f"subscription:{subject.pk}", actor=actor, at=at, reason=reason
            )  # fmt: skip
        ring("letters")
        return Done(_("Automatic renewal of %(number)s is off; the reader is written to.") % {"number": subject})


class SendLink(_ForReader):
    """A letter with the page on which the reader does it themselves; at most one of a kind a day."""

    letter: ClassVar[str]
    button = gettext_lazy("Send the link")

    def seen_at_once(self, one: Subscription) -> Any:
        payer: Any = one.payer
        if payer is None or not payer.email:
            return _("The reader has no e-mail address: write by post.")
        return self.plainly_untrue(one)

    def plainly_untrue(self, one: Subscription) -> Any:
        """Why there is nothing to link to, as far as the row itself tells."""
        return ""

    def why_not(self, one: Subscription) -> Any:
        if Notice.objects.filter(matter=self._matter(one)).exists():
            return _("This link was sent today already.")
        return self.untrue(one)

    def untrue(self, one: Subscription) -> Any:
        """The same, asked of what hangs on it."""
        return ""

    def preview(self, subject: Subscription, form: Any) -> Preview:
        payer: Any = subject.payer
        return Preview(
            facts=[
                Fact(_("Letter"), words.letter_kind(self.letter)),
                Fact(_("To"), payer.full_name),
                Fact(_("E-mail"), payer.email),
            ],
            warning=_("Nothing changes by this: the reader decides on the page behind the link."),
        )

    def do(self, subject: Subscription, form: Any, *, actor: Actor, at: datetime) -> Done:
        payer: Any = subject.payer
        with transaction.atomic():
            tell_reader(payer, self.letter, self._matter(subject), self._facts(subject), at=at)
            record_act(
                "sent a link",
                subject=f"subscription:{subject.pk}",
                actor=actor,
                at=at,
                reason=form.cleaned_data["reason"],
                facts={"letter": self.letter},
            )
        ring("letters")
        return Done(_("The link leaves now, to %(email)s.") % {"email": payer.email})

    def _facts(self, one: Subscription) -> dict[str, Any]:
        return {"subscription_id": one.pk, "asked_on": paris_day(timezone.now()).isoformat()}

    def _matter(self, one: Subscription) -> str:
        return f"{self.letter}:subscription:{one.pk}:{paris_day(timezone.now()).isoformat()}"


class SendCardLink(SendLink):
    """Another means of payment is the reader's own to give."""

    name = "link_card"
    letter = "link_card"
    title = gettext_lazy("Send the link to change the means of payment")

    def plainly_untrue(self, one: Subscription) -> Any:
        charged = one.renewal == Offer.Renewal.AUTOMATIC and one.state in LIVING
        return "" if charged else _("Nothing is charged for this subscription any more.")


class SendMandateLink(SendLink):
    """Turning automatic renewal on takes the reader's own yes to the mandate."""

    name = "link_on"
    letter = "link_renewal_on"
    title = gettext_lazy("Send the link to turn automatic renewal on")

    def plainly_untrue(self, one: Subscription) -> Any:
        return _("Automatic renewal is on already.") if one.renewal == Offer.Renewal.AUTOMATIC else ""

    def untrue(self, one: Subscription) -> Any:
        on = paris_day(timezone.now())
        ends_on = dates_of_subscription(one, on=on).ends_on
        if not may_turn_on(one, ends_on=ends_on, on=on) or stopped_and_waiting([one.pk]):
            return _("It can no longer be turned on: send the link to go on for a year.")
        return ""


class SendRenewLink(SendLink):
    """One more year, chosen and paid by the reader."""

    name = "link_renew"
    letter = "link_renew"
    title = gettext_lazy("Send the link to go on for a year")

    def untrue(self, one: Subscription) -> Any:
        no = nothing_to_go_on_with(go_on(self._facts(one)), at=timezone.now())
        return _("There is nothing to go on with for now.") if no else ""


#: Name of the address, the act, and what it does, in a sentence.
ACTS: tuple[tuple[str, type[_ForReader], Any], ...] = (
    ("desk_act_turn_off", TurnOff, gettext_lazy("No further year; what was paid for is still sent.")),
    ("desk_act_link_on", SendMandateLink, gettext_lazy("The reader gives the mandate on their own page.")),
    ("desk_act_link_card", SendCardLink, gettext_lazy("The reader leaves another card or account on Stripe's page.")),
    ("desk_act_link_renew", SendRenewLink, gettext_lazy("One more year, chosen and paid by the reader.")),
)


@desk(Right.ACT_FOR)
def act_for(request: HttpRequest, key: int) -> HttpResponse:
    """What can be done for one reader, subscription by subscription, and why not where it cannot."""
    one = get_object_or_404(Customer, pk=key)
    user = request.user
    rows = list(_subscriptions().filter(payer=one).order_by("-pk")[:20])
    said = {
        "title": _("Act for %(name)s") % {"name": one.full_name or _("reader no. %(key)s") % {"key": one.pk}},
        "crumbs": (
            (one.full_name or _("Reader no. %(key)s") % {"key": one.pk}, reverse("desk_person", args=[one.pk])),
        ),
        "note": _("You act under your own name, with a reason. The reader is told as if they had done it themselves."),
        "tables": [*(_acts(user, row) for row in rows), acts_on(user, [f"subscription:{row.pk}" for row in rows])],
        "nothing": not rows,
    }
    return page(request, "backoffice/home.html", said)


def _acts(user: Any, one: Subscription) -> Table:
    found = []
    if may(user, Right.ADDRESS) and one.state in LIVING:
        url = reverse("desk_act_address", args=[one.recipient_id])
        found.append((Cell(_("Correct an address"), url), Cell(_("From the first issue it still reaches.")), Cell("")))
    for name, act, what in ACTS:
        because = act().seen_at_once(one)
        url = "" if because else reverse(name, args=[one.pk])
        found.append((Cell(act.title, url), Cell(what), Cell(because)))
    return Table(
        label=str(one),
        title=_("Subscription %(number)s, %(renewal)s") % {"number": one, "renewal": words.RENEWAL[one.renewal]},
        columns=columns(_("Act"), _("What it does"), _("Why not now")),
        rows=found,
    )
