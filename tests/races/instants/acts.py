"""What readers do, each as the pages do it: say no, pay, leave another card, move house."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from payments import gateway
from payments.actors import Actor
from payments.charging import open_hosted_page
from payments.looking_up import look_up
from payments.methods import look_up_setup, open_setup_page, wish_other_method
from payments.models import Payment, SavedMethod
from payments.owners import tell_method_changed
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.methods import SUBJECT
from subscriptions.models import Renewal
from subscriptions.moving_house import change_address
from subscriptions.renewals import paying
from subscriptions.stopping.choosing import turn_off
from tests.races.instants.stage import fill_in

SITE = "http://shop.test"
READER = Actor("reader", "1")
BERLIN = TypedAddress(
    title="MME",
    first_name="Camille",
    last_name="Lenoir",
    street="Lindenstraße 3",
    postcode="10969",
    town="Berlin",
    country="DE",
)


def say_no(plan: Renewal, *, at: datetime) -> bool:
    """Automatic renewal is turned off in the account."""
    return turn_off(plan.subscription_id, actor=READER, at=at)


def pay(plan: Renewal, *, at: datetime) -> str:
    """The reader pays on the page; "" when the page said that there was nothing to pay."""
    try:
        begun = paying.begin(Renewal.objects.select_related("subscription__payer").get(pk=plan.pk), actor=READER, at=at)
        page = open_hosted_page(
            begun, email="c@example.fr", name="Camille", success_url=SITE, cancel_url=SITE, actor=READER, at=at
        )
    except (paying.CannotPay, paying.StillOpen, gateway.GatewayFault):
        return ""
    if not page.checkout_url or not fill_in(page.checkout_url):
        return ""
    return str(look_up(Payment.objects.select_related("payer_account").get(pk=page.pk), actor=READER, at=at).state)


def leave_other_card(plan: Renewal, *, at: datetime) -> str:
    """Another card by the page of Stripe; its id there."""
    old = SavedMethod.objects.select_related("payer_account").get(subscriptions=plan.subscription_id)
    wish = wish_other_method(
        old.payer_account, subject=f"{SUBJECT}{plan.subscription_id}", actor=READER, minutes=60, at=at
    )
    setup = open_setup_page(wish, success_url=SITE, cancel_url=SITE)
    fill_in(setup.checkout_url)
    setup = look_up_setup(setup, at=at)
    tell_method_changed(setup, actor=READER, at=at)
    saved: Any = setup.saved_method
    return str(saved.stripe_method)


def move(plan: Renewal, *, at: datetime) -> bool:
    """The copies go to Berlin from now on."""
    recipient = plan.subscription.recipient
    changed = change_address(recipient, BERLIN, postal_label(BERLIN), actor=READER, reason="déménagement", at=at)
    return changed is not None
