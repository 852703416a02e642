"""Changing one's e-mail address, which is also the key of the account: both mailboxes agree before it holds.

Constraints: nobody learns from these pages whether an address has an account; a link is good once, for 24 hours, and
only while its wish is the latest; opening a link changes nothing (mail scanners open them), confirming does; two readers
who want the same free address cannot both get it: the database decides.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from allauth.account.models import EmailAddress
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.desk import record_act, take_off_desk
from shop.customers.models import Customer, EmailChange
from shop.customers.sessions import end_sessions
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.returns.following import EMAIL_LOST

VALID_FOR = timedelta(hours=24)
_SALT = "shop.customers.emails"


class End(StrEnum):
    """One of the two mailboxes."""

    OLD = "old"
    NEW = "new"


class Step(StrEnum):
    """What a confirmation led to."""

    WAITS_FOR_OTHER = "waits_for_other"
    DONE = "done"
    TAKEN = "taken"
    OVER = "over"


class NoSuchWish(ValidationError):
    """The link was not made by us or not copied whole; the message is for the reader."""


class EmailTaken(ValidationError):
    """The address belongs to another account; the message is for staff, never for readers."""


def reader_of(email: str) -> Customer | None:
    """Who may come in with a code sent to this address: its reader, or whoever proved it before two records were merged."""
    readers = Customer.objects.filter(is_active=True, is_staff=False, erased_on=None)
    return (
        readers.filter(email=email).first()
        or readers.filter(emailaddress__email=email, emailaddress__verified=True).first()
    )


@transaction.atomic
def wish(customer: Customer, new_email: str, *, actor: Actor, at: datetime) -> EmailChange:
    """Write down that a reader wants another address, and queue a letter with a link to each mailbox.

    An earlier wish that is still open ends. Whether the new address has an account is not looked at here: the same
    rows and letters come of it. Raises ValueError where there is no present address to ask.
    """
    locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if not locked.email:
        raise ValueError("who has no e-mail address is known by post alone: staff give them one")
    _abandon(locked, at=at)
    change = EmailChange.objects.create(
        customer=locked, new_email=new_email.lower(), created_at=at, expires_at=at + VALID_FOR, actor=str(actor)
    )
    queue(
        [
            _letter(
                locked,
                kind=f"email_change_confirm_{end}",
                matter=f"email_change:{change.pk}:confirm:{end}",
                to_email=to_email,
                facts={
                    "confirm_path": link(change, end),
                    "old_email": locked.email,
                    "new_email": change.new_email,
                    "expires_at": change.expires_at.isoformat(),
                },
                # A slip may have named a stranger's mailbox: it learns no name.
                to_name=locked.full_name if end == End.OLD else "",
                at=at,
            )
            for end, to_email in ((End.OLD, locked.email), (End.NEW, change.new_email))
        ]
    )
    return change


def link(change: EmailChange, end: End) -> str:
    """The path that one of the two letters leads to."""
    token = signing.Signer(salt=_SALT, sep=".").sign(f"{change.pk}-{end}")
    return reverse("account_confirm_email_change", args=[token])


def read_link(token: str) -> tuple[EmailChange, End]:
    """The wish of a link, and the mailbox it came to. One query. Raises NoSuchWish, a sentence."""
    try:
        key, _dash, end = signing.Signer(salt=_SALT, sep=".").unsign(token).partition("-")
    except signing.BadSignature:
        raise NoSuchWish(_("This link is not complete or was changed. Please copy it whole from our letter.")) from None
    change = EmailChange.objects.select_related("customer").filter(pk=int(key)).first()
    if change is None:
        raise NoSuchWish(_("This link leads to no change of address of ours."))
    return change, End(end)


def is_open(change: EmailChange, *, at: datetime) -> bool:
    """Whether the wish still waits for one of the mailboxes."""
    return change.done_at is None and change.abandoned_at is None and at < change.expires_at


def open_wish(customer: Customer, *, at: datetime) -> EmailChange | None:
    """The wish that waits for its confirmations, if there is one."""
    found = EmailChange.objects.filter(customer=customer, done_at=None, abandoned_at=None, expires_at__gt=at)
    return found.order_by("-pk").first()


def confirm(change: EmailChange, end: End, *, actor: Actor, at: datetime, here: str | None = None) -> Step:
    """One mailbox agrees; once both have, the address changes, other sessions end and both mailboxes are told.

    Safe to repeat: what is done stays done and says so. `here`: key of the session that is not ended.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=change.customer_id)
        locked = EmailChange.objects.select_for_update(no_key=True).get(pk=change.pk)
        if locked.done_at is not None:
            return Step.DONE
        if not is_open(locked, at=at):
            return Step.OVER
        field = f"{end}_confirmed_at"
        setattr(locked, field, getattr(locked, field) or at)
        locked.save(update_fields=[field])
        if locked.old_confirmed_at is None or locked.new_confirmed_at is None:
            return Step.WAITS_FOR_OTHER
        former = customer.email
        if not _hold(customer, locked.new_email):
            locked.abandoned_at = at
            locked.save(update_fields=["abandoned_at"])
            return Step.TAKEN
        _finish(locked, customer, former, actor=actor, reason="", at=at)
    end_sessions(customer, but=here)
    return Step.DONE


def give_up(customer: Customer, *, at: datetime) -> int:
    """Forget the open wish: its links end. Returns how many ended (0 or 1)."""
    return _abandon(customer, at=at)


def replace(customer: Customer, new_email: str, *, actor: Actor, reason: str, at: datetime) -> EmailChange:
    """A lost mailbox is replaced by staff, who have checked who is asking; `reason` says what was checked.

    Open wishes end, every session ends, both addresses are told. Raises EmailTaken, or ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("what was checked is written down")
    with transaction.atomic():
        locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        _abandon(locked, at=at)
        former = locked.email
        if not _hold(locked, new_email.lower()):
            raise EmailTaken(_("This address is already that of another account."), code="taken")
        change = EmailChange.objects.create(
            customer=locked,
            new_email=new_email.lower(),
            created_at=at,
            expires_at=at,
            actor=str(actor),
            reason=reason[:300],
        )
        _finish(change, locked, former, actor=actor, reason=reason, at=at)
    end_sessions(customer)
    customer.email = locked.email
    return change


def live_by_post(customer: Customer, *, actor: Actor, reason: str, at: datetime) -> bool:
    """A reader gives their e-mail address up, or never had one that works: from now on their letters go by post.

    There is no account without it: sessions and open wishes end. False if there was none. Raises ValueError without a
    reason. Whether a postal address is known is for the caller to ask.
    """
    if not reason.strip():
        raise ValueError("what was asked is written down")
    with transaction.atomic():
        locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if not locked.email:
            return False
        _abandon(locked, at=at)
        locked.email, locked.search = None, ""
        locked.save(update_fields=["email", "search"])
        EmailAddress.objects.filter(user_id=locked.pk).delete()
        subject = f"customer:{locked.pk}"
        record_act("gave up an e-mail", subject=subject, actor=actor, at=at, reason=reason)
        take_off_desk(kind=EMAIL_LOST, subject=subject, because=reason, actor=actor, at=at)
    end_sessions(customer)
    customer.email = None
    return True


def _hold(customer: Customer, email: str) -> bool:
    """Give the customer the address, unless another account has it. Its search words are made anew by their sweep."""
    customer.email, customer.search = email, ""
    try:
        with transaction.atomic():
            customer.save(update_fields=["email", "search"])
    except IntegrityError:
        return False
    # allauth keeps addresses of its own where it verified one; nothing may be left that opens the account.
    EmailAddress.objects.filter(user_id=customer.pk).delete()
    return True


def _finish(
    change: EmailChange, customer: Customer, former: str | None, *, actor: Actor, reason: str, at: datetime
) -> None:
    change.done_at = at
    change.save(update_fields=["done_at"])
    record_act(
        "email changed",
        subject=f"customer:{customer.pk}",
        actor=actor,
        at=at,
        reason=reason,
        facts={"change": change.pk},
    )
    because = str(_("There is another address."))
    take_off_desk(kind=EMAIL_LOST, subject=f"customer:{customer.pk}", because=because, actor=actor, at=at)
    facts = {"old_email": former or "", "new_email": change.new_email}
    queue(
        [
            _letter(
                customer,
                kind="email_changed",
                matter=f"email_change:{change.pk}:changed:{end}",
                to_email=to_email,
                to_name=customer.full_name,
                facts=facts,
                at=at,
            )
            for end, to_email in ((End.OLD, former), (End.NEW, change.new_email))
            if to_email
        ]
    )


def _abandon(customer: Customer, *, at: datetime) -> int:
    return EmailChange.objects.filter(customer=customer, done_at=None, abandoned_at=None).update(abandoned_at=at)


def _letter(
    customer: Customer, *, kind: str, matter: str, to_email: str, to_name: str, facts: dict[str, Any], at: datetime
) -> NoticeDraft:
    return NoticeDraft(
        kind=kind,
        matter=matter,
        customer_id=customer.pk,
        to_email=to_email,
        to_name=to_name,
        facts=facts,
        due_at=at,
        created_at=at,
    )
