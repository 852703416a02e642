"""Erasing a reader's data: what is no longer needed goes at once, what the law keeps stays, set aside (law.md 4.10).

Kept: orders with their consents and what was shown, terms, payments, invoices, ledger, letters as sent, moves,
consents to the digital edition with the times of downloads: each until the date of its own retention, and none of it found
again by name. Blanked: the account, its address for mail, its sessions, the addresses that no order names, the short links
of letters on paper, the saved means of payment. Nothing is erased while money is on its way or a bank disputes it; copies
still owed are either waited for or given up, by the reader's own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk, record_act
from payments.disputes import is_disputed
from payments.invoicing.open_items import still_open
from payments.ledger import entries
from payments.ledger.posting import post
from payments.models import DeskItem, PayerAccount, Payment, Refund, SavedMethod, Transfer
from shop.customers.models import Customer, EmailChange
from shop.customers.sessions import end_sessions
from subscriptions.dates import LIVING
from subscriptions.gifts.giving import take_back
from subscriptions.models import (
    AddressChange,
    Contact,
    Entitlement,
    Gift,
    ImportRow,
    LostMailbox,
    Notice,
    Order,
    PaperLink,
    PostalAddress,
    Recipient,
    Renewal,
    SoldIssue,
    Subscription,
    TemporaryAddress,
)
from subscriptions.models.gifts import CARRIED
from subscriptions.moving import move, move_copies
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.places import blank, needed_by_a_file
from subscriptions.stopping.choosing import stop_renewing

OWED = (Entitlement.State.OWED, Entitlement.State.HELD)
BECAUSE = "the reader had their data erased"


class CannotErase(ValidationError):
    """Erasure has to wait; the message is a sentence for the reader."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What stands in the way: a sentence if it has to wait, and how many copies would be given up."""

    waits_because: str
    copies_owed: int


def outlook(customer: Customer) -> Outlook:
    """Whether somebody's data could be erased now, and what that would cost them."""
    waits = _waits_because(customer)
    owed = Entitlement.objects.filter(term__subscription__in=_own(customer), state__in=OWED).count()
    return Outlook(waits, owed)


def erase(customer: Customer, *, actor: Actor, at: datetime, reason: str, giving_up: bool = False) -> bool:
    """Erase what is known of a customer, for good; False if it was done before.

    `giving_up`: the reader renounces the copies they are still owed; without it CannotErase is raised while there are
    any, as it is while an order, a refund or a dispute is open, and for members of staff. Queues the last letter, to the
    former address, and a task for support: what Stripe keeps of the person is erased there.
    """
    with transaction.atomic():
        if not _erase(customer.pk, actor=actor, at=at, reason=reason, giving_up=giving_up):
            return False
    end_sessions(customer)
    UserSession.objects.filter(user=customer).delete()
    return True


def _erase(pk: int, *, actor: Actor, at: datetime, reason: str, giving_up: bool) -> bool:
    on = paris_day(at)
    # Lock order of the design: renewals, subscriptions, their copies, then the customer.
    list(Renewal.objects.select_for_update(no_key=True).filter(subscription__in=_own_of(pk)).order_by("pk"))
    subscriptions = list(Subscription.objects.select_for_update(no_key=True).filter(pk__in=_own_of(pk)).order_by("pk"))
    owed = list(
        Entitlement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("term")
        .filter(term__subscription__in=subscriptions, state__in=OWED)
        .order_by("pk")
    )
    customer = Customer.objects.select_for_update(no_key=True).get(pk=pk)
    if customer.erased_on is not None:
        return False
    if waits := _waits_because(customer):
        raise CannotErase(waits, code="waits")
    if owed and not giving_up:
        raise CannotErase(owed_sentence(len(owed)), code="copies_owed")
    former, name = customer.email, customer.full_name
    _end(customer, subscriptions, owed, actor=actor, at=at, reason=reason)
    _blank(customer, on=on, at=at)
    facts = {"subscriptions": [one.pk for one in subscriptions], "copies_given_up": len(owed)}
    record_act("data erased", subject=f"customer:{pk}", actor=actor, at=at, reason=reason, facts=facts)
    if former:
        queue([_last_letter(pk, former, name, on=on, at=at)])
    return True


def owed_sentence(copies: int) -> str:
    """Why erasure waits for copies."""
    return ngettext(
        "%(copies)d copy is still owed to you, and needs your address. Wait until it is sent, or give it up.",
        "%(copies)d copies are still owed to you, and need your address. Wait until they are sent, or give them up.",
        copies,
    ) % {"copies": copies}


def _own(customer: Customer) -> QuerySet[Subscription]:
    return Subscription.objects.filter(pk__in=_own_of(customer.pk))


def _own_of(pk: int) -> QuerySet[Subscription]:
    """Whose copies they are: the holder's; the payer's where nobody else holds them, unless they were given away."""
    mine = Q(holder=pk) | Q(holder=None, payer=pk, is_gift=False)
    return Subscription.objects.filter(mine).values("pk")


def _waits_because(customer: Customer) -> str:
    if customer.is_staff:
        return str(_("This is the account of a member of staff: an administrator closes it."))
    mine = Q(customer=customer) | Q(email=customer.email) if customer.email else Q(customer=customer)
    waiting = (Order.State.DRAFT, Order.State.AWAITING_PAYMENT)
    if Order.objects.filter(mine, state__in=waiting).exists():
        return str(_("An order is waiting for its payment. It ends within a day if you do not pay it; come back then."))
    unsent = (SoldIssue.State.OWED, SoldIssue.State.ASSIGNED, SoldIssue.State.HELD)
    bought = SoldIssue.objects.filter(Q(order__customer=customer) | Q(order__customer__merged_into=customer))
    if bought.filter(state__in=unsent).exists():
        return str(_("An issue that you bought has not left yet. Come back once it has, or cancel it first."))
    served = Q(purchase_order__institution=customer) | Q(purchase_order__institution__merged_into=customer)
    if (
        still_open().filter(Q(customer=customer) | Q(customer__merged_into=customer)).exists()
        or Order.objects.filter(served, state=Order.State.INVOICED).exists()
    ):
        return str(_("An invoice is still to be paid. Come back once it is."))
    payments = Payment.objects.filter(Q(customer=customer) | Q(customer__merged_into=customer))
    under_way = (Refund.State.CREATED, Refund.State.PENDING, Refund.State.UNKNOWN)
    if Refund.objects.filter(payment__in=payments, state__in=under_way).exists():
        return str(_("Money is on its way back to you. Come back once it has arrived."))
    over = (Transfer.State.DONE, Transfer.State.FAILED, Transfer.State.CANCELLED)
    transfers = Transfer.objects.filter(Q(customer=customer) | Q(customer__merged_into=customer))
    if transfers.exclude(state__in=over).exists():
        return str(_("Money is on its way back to you. Come back once it has arrived."))
    unsettled = (Payment.State.PROCESSING, Payment.State.UNKNOWN)
    if payments.filter(Q(state__in=unsettled) | Q(effect=Payment.Effect.PARKED)).exists():
        return str(_("A payment is on its way. Come back once it has arrived."))
    if is_disputed(payments):
        return str(_("Your bank disputes a payment of yours. Come back once it has decided."))
    return ""


def _end(
    customer: Customer,
    subscriptions: list[Subscription],
    owed: list[Entitlement],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
) -> None:
    """Nothing more is sent, nothing more is charged; what the copies given up were worth has been earned."""
    on = paris_day(at)
    move_copies(owed, "void", on=on, actor=actor, at=at, reason=reason or BECAUSE)
    # What was neither sold here nor taken over with its debt was never deferred in these books.
    taken_over = set(ImportRow.objects.filter(term__in={copy.term_id for copy in owed}).values_list("term", flat=True))
    sold = [
        copy
        for copy in owed
        if copy.term.order_id or copy.term.payment_id or copy.term.source == CARRIED or copy.term_id in taken_over
    ]
    worth = sum((copy.value_ht for copy in sold), Decimal("0.00"))
    if worth:
        post([entries.given_up(f"customer:{customer.pk}", worth=worth, booked_on=on)], actor=actor, at=at)
    for one in subscriptions:
        stop_renewing(one, actor=actor, at=at, reason=reason or BECAUSE)
    move(subscriptions, Subscription.State.ENDED, actor=actor, at=at, reason=reason or BECAUSE)
    for one in subscriptions:
        take_back(one, actor=actor, at=at, reason=reason or BECAUSE)
    paid = Subscription.objects.filter(Q(payer=customer) | Q(pk__in=[one.pk for one in subscriptions]))
    left = Q(payer_account__customer=customer) | Q(payments__customer=customer) | Q(subscriptions__in=paid)
    methods = SavedMethod.objects.filter(pk__in=list(SavedMethod.objects.filter(left).values_list("pk", flat=True)))
    methods.filter(ended_at=None).update(ended_at=at, ended_because=BECAUSE)
    methods.update(fingerprint="", exp_month=None, exp_year=None)
    paid.update(saved_method=None)
    accounts = PayerAccount.objects.filter(
        Q(customer=customer) | Q(payments__customer=customer), stripe_customer__isnull=False
    )
    known = sorted(set(accounts.values_list("stripe_customer", flat=True)))
    if known:
        put_on_desk(
            DeskItem.Desk.SUPPORT,
            kind="erase_at_stripe",
            subject=f"customer:{customer.pk}",
            sentence=f"Données effacées à la demande du lecteur : effacer aussi chez Stripe {', '.join(known)}.",
            at=at,
        )


def _blank(customer: Customer, *, on: date, at: datetime) -> None:
    # What somebody else's gift still goes to is theirs to end.
    gifts = Subscription.objects.filter(state__in=LIVING).exclude(pk__in=_own_of(customer.pk))
    recipients = Recipient.objects.filter(customer=customer).exclude(pk__in=gifts.values("recipient"))
    moves = AddressChange.objects.filter(recipient__in=recipients)
    stays = TemporaryAddress.objects.filter(recipient__in=recipients)
    lived = Q(pk__in=recipients.values("address")) | Q(pk__in=moves.values("old")) | Q(pk__in=moves.values("new"))
    lived |= Q(pk__in=stays.values("address"))
    sold = Order.objects.filter(Q(delivery=OuterRef("pk")) | Q(billing=OuterRef("pk")))
    others = Recipient.objects.filter(address=OuterRef("pk")).exclude(customer=customer)
    addresses = (
        PostalAddress.objects.filter(lived).exclude(Exists(sold)).exclude(Exists(others)).exclude(needed_by_a_file())
    )
    blank(addresses)
    recipients.update(name="")
    # Who gives is told as long as the gift is on its way; of a recipient nothing is left.
    Gift.objects.filter(claimed_by=customer).update(recipient_name="", recipient_email="", reader_email="", message="")
    Gift.objects.filter(order__customer=customer).exclude(state=Gift.State.GIVEN).update(giver_name="", message="")
    EmailChange.objects.filter(customer=customer).delete()
    Transfer.objects.filter(Q(customer=customer) | Q(customer__merged_into=customer)).update(holder="", iban_end="")
    # What was said is gone; a file that came lies until its own day, found again by nobody.
    said = Contact.objects.filter(Q(customer=customer) | Q(customer__merged_into=customer))
    said.update(words="", file_name="", document=None)
    letters = Notice.objects.filter(Q(customer=customer) | Q(customer__merged_into=customer))
    PaperLink.objects.filter(notice__in=letters).exclude(path="").update(path="")
    EmailAddress.objects.filter(user_id=customer.pk).delete()
    Authenticator.objects.filter(user_id=customer.pk).delete()
    for field in ("title", "first_name", "last_name", "organisation", "phone", "search"):
        setattr(customer, field, "")
    LostMailbox.objects.filter(email=customer.email or "").delete()
    customer.email, customer.last_login = None, None
    customer.is_active, customer.erased_on = False, on
    customer.set_unusable_password()
    customer.save()


def _last_letter(pk: int, email: str, name: str, *, on: date, at: datetime) -> NoticeDraft:
    return NoticeDraft(
        kind="account_erased",
        matter=f"account_erased:customer:{pk}",
        customer_id=pk,
        to_email=email,
        to_name=name,
        facts={"erased_on": on.isoformat()},
        due_at=at,
        created_at=at,
    )
