"""Moving house: a new address for the copies to come, and which issue is the first to go there (law.md 7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.calendar import is_open, reached_by_address_change
from subscriptions.gifts.reaching import Mailbox, gifts_of_recipient, mailbox_of
from subscriptions.models import AddressChange, Entitlement, Issue, PostalAddress, Recipient, Subscription
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.offers.catalogue import dates_of
from subscriptions.places import address_row

COMING = (Entitlement.State.OWED, Entitlement.State.ASSIGNED, Entitlement.State.HELD)


@dataclass(frozen=True, slots=True)
class Reach:
    """`first`: the first issue that goes to an address given now, None if it is not planned yet.

    `leaves`: issues of this reader not posted yet that still go to the former address, their file being closed.
    """

    first: Issue | None
    leaves: tuple[Issue, ...]


def reach(recipient: Recipient, *, on: date) -> Reach:
    """Which issues an address given on day `on` still reaches, for the copies this recipient is owed. Two queries.

    Somebody who is owed nothing any more is told the first issue that anybody's new address reaches.
    """
    issues = list(
        Issue.objects.filter(magazine__subscriptions__recipient=recipient, posted_on=None).distinct().order_by("number")
    )
    owed = set(
        Entitlement.objects.filter(
            term__subscription__recipient=recipient, state__in=COMING, issue__posted_on=None
        ).values_list("issue", flat=True)
    )
    found = reached_by_address_change([dates_of(issue) for issue in issues if issue.pk in owed or not owed], on=on)
    first = next((issue for issue in issues if found is not None and issue.number == found.number), None)
    leaves = (issue for issue in issues if issue.pk in owed and not is_open(dates_of(issue), on=on))
    return Reach(first, tuple(leaves))


@transaction.atomic
def change_address(
    recipient: Recipient, typed: TypedAddress, label: PostalLabel, *, actor: Actor, reason: str, at: datetime
) -> AddressChange | None:
    """Give a recipient another address: new row, AddressChange, act, and a letter that says from which issue on.

    `typed` and `label` come from `addresses.check`. The label that is already printed changes nothing and returns None,
    so that a form sent twice moves once. The old address stays as it was: mailing files and invoices name it; what was
    sold is not billed again (law.md 1.3). Updates `recipient` in memory.
    """
    # Alone: joined to the address it would vanish for whoever waits here while it moves (READ COMMITTED).
    locked = Recipient.objects.select_for_update(no_key=True).get(pk=recipient.pk)
    if locked.address.lines == list(label.printed_lines):
        return None
    new = address_row(typed, label, at=at)
    new.save()
    return _move(locked, new, name=name_on(typed), recipient=recipient, actor=actor, reason=reason, at=at)


@transaction.atomic
def send_to(
    recipient: Recipient, address: PostalAddress, *, name: str, actor: Actor, reason: str, at: datetime
) -> AddressChange | None:
    """The same with an address that is a row already, that of an order; `name`: who receives there."""
    locked = Recipient.objects.select_for_update(no_key=True).get(pk=recipient.pk)
    if locked.address.lines == address.lines:
        return None
    return _move(locked, address, name=name, recipient=recipient, actor=actor, reason=reason, at=at)


def _move(
    locked: Recipient,
    new: PostalAddress,
    *,
    name: str,
    recipient: Recipient,
    actor: Actor,
    reason: str,
    at: datetime,
) -> AddressChange:
    former = locked.address
    locked.address, locked.name = new, name or locked.name
    locked.save(update_fields=["address", "name"])
    change = AddressChange.objects.create(
        recipient=locked,
        old=former,
        new=new,
        first_issue=reach(locked, on=paris_day(at)).first,
        actor=str(actor),
        reason=reason[:300],
        at=at,
    )
    record_act(
        "changed an address",
        subject=f"recipient:{locked.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"change": change.pk, "old": former.pk, "new": new.pk},
    )
    tell(change, at=at)
    recipient.address, recipient.name = new, locked.name
    return change


def name_on(typed: TypedAddress) -> str:
    """Who receives, as written on the address: the organisation, else first and last name."""
    return (typed.organisation or f"{typed.first_name} {typed.last_name}".strip())[:120]


def tell(change: AddressChange, *, kind: str = "address_changed", at: datetime) -> None:
    """A move, to whom it concerns (`tell_reader`)."""
    tell_reader(change.recipient, kind=kind, matter=f"{kind}:{change.pk}", facts={"change_id": change.pk}, at=at)


def tell_reader(recipient: Recipient, *, kind: str, matter: str, facts: Mapping[str, Any], at: datetime) -> None:
    """By e-mail to the recipient if they have one, else to who holds or pays for the copies; else on paper to the recipient."""
    gift = next(iter(gifts_of_recipient(recipient.pk)), None)
    if gift is not None:
        # Where a gift goes by now is not its giver's to know.
        _tell_mailbox(mailbox_of(gift), kind=kind, matter=matter, facts=facts, at=at)
        return
    people: list[Any] = [recipient.customer]
    for one in Subscription.objects.filter(recipient=recipient).select_related("holder", "payer").order_by("pk"):
        people += [one.holder, one.payer]
    known = [person for person in people if person is not None and person.erased_on is None]
    reader = next((person for person in known if person.email), next(iter(known), None))
    if reader is not None:
        mailbox = Mailbox(reader.email or "", reader.full_name, reader.pk)
        _tell_mailbox(mailbox, kind=kind, matter=matter, facts=facts, at=at)


def _tell_mailbox(mailbox: Mailbox, *, kind: str, matter: str, facts: Mapping[str, Any], at: datetime) -> None:
    if not mailbox.email and mailbox.customer_id is None:
        return
    queue(
        [
            NoticeDraft(
                kind=kind,
                matter=matter,
                customer_id=mailbox.customer_id,
                to_email=mailbox.email,
                to_name=mailbox.name,
                facts=facts,
                due_at=at,
                created_at=at,
            )
        ]
    )
