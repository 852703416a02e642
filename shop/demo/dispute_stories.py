"""Two readers whose bank contests their payment: one that finance has answered and won, one that waits for its answer.

Only in a demo large enough that a bank asks (`desk_stories.MANY`).
"""

from __future__ import annotations

from datetime import datetime

from payments.answering import sending
from payments.answering.taking import take
from payments.models import Dispute, Payment
from shop.demo.stage import Stage
from shop.demo.stories import DAY, Story
from subscriptions.answering.making import freeze_evidence
from subscriptions.models import Order

WHY = "Tout a été posté à l’adresse donnée, rien n’est revenu."


def tell(stage: Stage, *, until: datetime) -> list[tuple[datetime, Story]]:
    """Both stories with their beginnings."""
    return [(until - 50 * DAY, _answered_and_won(stage)), (until - 5 * DAY, _waits(stage))]


def _answered_and_won(stage: Stage) -> Story:
    """« Product not received »: taken in hand, answered three days later, won three weeks after."""
    one = _contested(stage, "product_not_received")
    if one is None or stage.till is None:
        return
    finance = stage.by("finance")
    take(one.pk, by=int(finance.name), reason="Je m’en occupe.", actor=finance, at=stage.now)
    yield stage.now + 3 * DAY
    package = freeze_evidence(one, reason=WHY, actor=finance, at=stage.now)
    answer = sending.answer(package, reason=WHY, actor=finance, at=stage.now)
    sending.send(answer.pk, actor=finance, at=stage.now)
    yield stage.now + 20 * DAY
    stage.till.decides(one.stripe_dispute, won=True)
    stage.hear()


def _waits(stage: Stage) -> Story:
    """« Subscription cancelled »: five days are left, a first package is frozen, nobody has it in hand."""
    one = _contested(stage, "subscription_canceled")
    if one is not None:
        yield stage.now + 1 * DAY
        freeze_evidence(one, reason="Premier état, à relire.", actor=stage.by("finance"), at=stage.now)


def _contested(stage: Stage, reason: str) -> Dispute | None:
    """Somebody who paid by card long ago, and of whom nothing else is told, contests it; the shop has heard."""
    paid = Payment.objects.filter(
        purpose="order", state=Payment.State.SUCCEEDED, surplus=False, method_kind="card", refunds=None, disputes=None,
        created_at__lte=stage.now - 60 * DAY,
    )  # fmt: skip
    quiet = Order.objects.filter(is_gift=False, declarations=None, term__subscription__declarations=None)
    payment = (
        paid.filter(subject__in=[f"order:{key}" for key in quiet.values_list("pk", flat=True)]).order_by("-pk").first()
    )
    if payment is None or stage.till is None:
        return None
    stage.till.contests(str(payment.stripe_charge), reason=reason)
    stage.hear()
    return payment.disputes.first()
