"""Whoever has no account asks by subscriber number and postcode or e-mail; the link to go on goes where we write anyway.

Whether the two agree is told to nobody: the answer is the same, and only the mailbox that is known hears more.
"""

from __future__ import annotations

from datetime import datetime

from payments.days import paris_day
from payments.desk import put_on_desk
from payments.models import DeskItem
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.losses.telling import mailbox, tell
from subscriptions.models import Subscription
from subscriptions.stopping.matching import same_email

#: On fulfilment's desk: a reader without e-mail asked; a colleague takes the claim.
WITHOUT_MAIL = "claim_without_mail"


def find(number: str, proof: str) -> Subscription | None:
    """The subscription of that number, if `proof` is the postcode of its copies or the e-mail of their reader."""
    rows = Subscription.objects.select_related("recipient__address", "recipient__customer", "payer", "holder")
    found = rows.filter(number=number.replace(" ", "").upper()).first()
    if found is None:
        return None
    box = mailbox(found)
    if "@" in proof:
        return found if box is not None and box.email and same_email(proof, box.email) else None
    place = found.recipient.address
    rules = postal_rules(place.country)
    typed = canonical_postcode(proof, rules=rules) if rules is not None else proof
    return found if place.postcode and typed == place.postcode else None


def send_link(number: str, proof: str, *, at: datetime) -> bool:
    """Send the link if the two agree, once a day; whether they did is for tests alone, never for who asked."""
    found = find(number, proof)
    if found is None or found.state == Subscription.State.ENDED:
        return False
    on, box = paris_day(at), mailbox(found)
    if box is not None and box.email:
        facts = {"subscription_id": found.pk, "asked_on": on.isoformat()}
        return tell(found, "claim_link", f"subscription:{found.pk}:{on.isoformat()}", facts, at=at)
    put_on_desk(
        DeskItem.Desk.FULFILMENT,
        kind=WITHOUT_MAIL,
        subject=f"subscription:{found.pk}",
        sentence=f"Abonnement {found.number} : réclamation à prendre, le lecteur n’a pas d’adresse électronique.",
        at=at,
    )
    return True
