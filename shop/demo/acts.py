"""What readers and staff do after a purchase: each by the function behind the page or the desk."""

from __future__ import annotations

from random import Random

from django.conf import settings
from django.db import transaction

from payments import methods
from payments.actors import job, reader
from payments.charging import intend
from payments.desk import take_off_desk
from payments.looking_up import look_up
from payments.models import MethodSetup, Payment
from payments.owners import tell_method_changed
from shop.backoffice.lost_emails import replace_lost
from shop.customers.erasing import erase
from shop.customers.models import Customer
from shop.demo.people import Person, french_street
from shop.demo.stage import Stage
from shop.demo.till import VISA, Means
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.models import Entitlement, Notice, Order, Subscription
from subscriptions.moving_house import change_address
from subscriptions.notices import recovering
from subscriptions.orders.placing import payment_of
from subscriptions.refunding import refund_in_full


def subscription_of(order: Order) -> Subscription:
    """What a paid order opened."""
    return Subscription.objects.select_related("recipient__address", "payer").get(terms__order=order)


def move_house(stage: Stage, order: Order, person: Person, *, by_support: bool) -> None:
    """A new address in France, given by the reader or written down by support."""
    subscription = subscription_of(order)
    typed = TypedAddress(
        title=person.typed.get("delivery_title", ""),
        first_name=person.typed.get("delivery_first_name", ""),
        last_name=person.typed.get("delivery_last_name", ""),
        country="FR",
        **french_street(Random(person.number)),  # noqa: S311 - made-up streets
    )
    change_address(
        subscription.recipient,
        typed,
        postal_label(typed),
        actor=stage.by("support") if by_support else reader(subscription.payer),
        reason="Adresse donnée au téléphone, relue au lecteur." if by_support else "",
        at=stage.now,
    )


def change_card(stage: Stage, order: Order, person: Person, *, means: Means) -> MethodSetup:
    """Another card for the next year, left on Stripe's page."""
    subscription = subscription_of(order)
    account = payment_of(order).payer_account
    if account is None:
        raise ValueError("a paid order has a payer at Stripe")
    actor = reader(subscription.payer)
    subject = f"subscription:{subscription.pk}"
    setup = methods.wish_other_method(
        account, subject=subject, actor=actor, minutes=settings.CHECKOUT_MINUTES, at=stage.now
    )
    back = f"{settings.SITE_URL}/"
    setup = methods.open_setup_page(setup, success_url=back, cancel_url=back)
    stage.fill_in(setup.checkout_url, means=means, name=person.name)
    done = methods.look_up_setup(setup, at=stage.now)
    tell_method_changed(done, actor=actor, at=stage.now)
    return done


def in_a_file(order: Order) -> bool:
    """Whether a copy of it is in a file that is not posted: finance waits for that day."""
    return Entitlement.objects.filter(term__order=order, state=Entitlement.State.ASSIGNED).exists()


def withdraw(stage: Stage, order: Order, *, reason: str) -> None:
    """Finance gives an order back in full; the money follows with the next sweep."""
    refund_in_full(order, reason=reason, actor=stage.by("finance"), at=stage.now)


def pay_once_more(stage: Stage, order: Order, person: Person) -> None:
    """A second payment for an order that is paid already: its page is opened and paid."""
    order.refresh_from_db()
    paid = payment_of(order)
    if paid.payer_account is None:
        raise ValueError("a paid order has a payer at Stripe")
    with transaction.atomic():
        twin = intend(
            purpose=paid.purpose,
            subject=paid.subject,
            amount=order.amount,
            description=paid.description,
            customer=order.customer,
            account=paid.payer_account,
            save_method=False,
            actor=reader(order.customer),
            at=stage.now,
        )
    stage.fill_in(stage.open_page(twin, order).checkout_url, means=VISA, name=person.name)
    look_up(twin, actor=job("return-page"), at=stage.now)


def close_surplus(stage: Stage, order: Order) -> None:
    """Finance has seen the surplus go back, and closes the matter."""
    for payment in Payment.objects.filter(subject=order.subject, surplus=True):
        take_off_desk(
            kind="surplus",
            subject=f"payment:{payment.pk}",
            because="Rendu à la carte, vérifié chez Stripe.",
            actor=stage.by("finance"),
            at=stage.now,
        )


def send_again(stage: Stage, order: Order, *, reason: str, to_email: str = "") -> None:
    """Support sends the confirmation, with its invoice, once more."""
    letter = Notice.objects.get(matter=f"order_confirmation:{order.subject}")
    recovering.send_again(letter.pk, actor=stage.by("support"), reason=reason, at=stage.now, to_email=to_email)


def replace_email(stage: Stage, order: Order, new_email: str) -> None:
    """Support replaces a lost e-mail address after a check, and sends what came back to the new one."""
    order.refresh_from_db()
    reason = "Le lecteur a appelé : faute de frappe dans son adresse e-mail."
    replace_lost(
        Customer.objects.get(pk=order.customer_id),
        new_email,
        checked=["subscriber_number", "postal_address"],
        reason=reason,
        actor=stage.by("support"),
        at=stage.now,
    )
    send_again(stage, order, reason=reason, to_email=new_email)


def wish_erasure(stage: Stage, person: Person) -> None:
    """A reader who is owed nothing has their data erased."""
    customer = Customer.objects.get(email=person.email)
    erase(customer, actor=reader(customer), at=stage.now, reason="Demande du lecteur.")
