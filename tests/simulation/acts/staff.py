"""What the staff do: end a subscription at once, decide doubts about letters."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from payments.actors import Actor
from subscriptions.models import Notice
from subscriptions.notices.recovering import settle_doubt
from subscriptions.stopping.terminating import CannotEnd, end_now
from tests.simulation.people import Reader
from tests.simulation.registry import act, anytime
from tests.simulation.shop import Shop, Story

SUPPORT = Actor("staff", "3")


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
