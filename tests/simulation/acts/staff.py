"""What the staff do: end a subscription at once, decide doubts about letters, close what banks have decided."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from payments.actors import Actor
from payments.desk import take_off_desk
from payments.models import DeskItem, Payment
from subscriptions.models import Notice
from subscriptions.notices.recovering import settle_doubt
from subscriptions.stopping.terminating import CannotEnd, end_now
from tests.simulation.people import Reader
from tests.simulation.registry import act, anytime
from tests.simulation.shop import Shop, Story

FULFILMENT, FINANCE, SUPPORT = (Actor("staff", key) for key in "123")


@act("staff end the subscription at once", weight=0.02, when=anytime)
def ends_at_once(shop: Shop, reader: Reader) -> Story:
    """A death, told on the telephone."""
    try:
        end_now(reader.living().pk, "death", actor=SUPPORT, at=shop.clock.now, reason="La famille a appelé.")
    except CannotEnd:
        return
    yield shop.clock.now


def looks_at_doubts(shop: Shop, chance: Random) -> None:
    """Each week support looks at the letters in doubt and decides, from the provider's log."""
    for notice in Notice.objects.filter(state="doubtful").order_by("pk"):
        left = shop.post.has(notice)
        settle_doubt(notice.pk, left=left, actor=SUPPORT, reason="Journal du prestataire.", at=shop.clock.now)
    shop.timetable.stirred()
    shop.agenda.add(shop.clock.now + timedelta(days=7), lambda: looks_at_doubts(shop, chance))


def looks_at_disputes(shop: Shop) -> None:
    """Each week finance closes the matters of which Stripe says that the bank has decided, whenever it heard of them."""
    items = DeskItem.objects.filter(kind__startswith="charge.dispute", closed_at=None).order_by("pk")
    for kind, subject in list(items.values_list("kind", "subject")):
        payment = Payment.objects.get(pk=subject.removeprefix("payment:"))
        theirs = [one for one in shop.till.world.store.all("dispute") if one["charge"] == payment.stripe_charge]
        if all(one["status"] in ("won", "lost") for one in theirs):
            take_off_desk(kind=kind, subject=subject, because="La banque a tranché.", actor=FINANCE, at=shop.clock.now)
    shop.timetable.stirred()
    shop.agenda.add(shop.clock.now + timedelta(days=7), lambda: looks_at_disputes(shop))
