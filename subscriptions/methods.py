"""Which card or IBAN pays for a subscription: the newest one the reader left; the next charge uses it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import record_act
from payments.models import MethodSetup
from subscriptions.models import Subscription
from subscriptions.notices.telling import tell_reader

SUBJECT = "subscription:"


@transaction.atomic
def method_changed(setup: MethodSetup, *, actor: Actor, at: datetime) -> None:
    """Put a newly left method to use for the subscription it was left for, once, and tell the payer.

    An older set-up that is completed later does not take the place of a newer one.
    """
    if not setup.subject.startswith(SUBJECT) or setup.saved_method_id is None:
        return
    subscription = (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("payer")
        .get(pk=int(setup.subject.removeprefix(SUBJECT)))
    )
    newer = MethodSetup.objects.filter(
        subject=setup.subject, state=MethodSetup.State.DONE, created_at__gt=setup.created_at
    )
    if subscription.saved_method_id == setup.saved_method_id or newer.exists():
        return
    subscription.saved_method_id = setup.saved_method_id
    subscription.save(update_fields=["saved_method"])
    record_act(
        "method changed",
        subject=f"subscription:{subscription.pk}",
        actor=actor,
        at=at,
        facts={"setup": setup.pk, "method": setup.saved_method_id},
    )
    facts = {"subscription_id": subscription.pk, "setup_id": setup.pk}
    tell_reader(subscription.payer, "method_changed", f"method_changed:setup:{setup.pk}", facts, at=at)
