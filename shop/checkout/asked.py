"""What a visit to the order page is about: today's shelf, the formulas to choose from, and what it would prolong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.checkout.address_fields import ADDRESS_FIELDS
from shop.checkout.form import ORGANISATION
from shop.checkout.page import offers_for
from shop.storefront.kept import KEEPER
from subscriptions.addresses.typed import AddressKind
from subscriptions.gifts.links import again_token, read_again
from subscriptions.gifts.starting import already_given
from subscriptions.models import Gift, Offer, Order, Subscription
from subscriptions.offers.catalogue import Shelf
from subscriptions.prolonging import Held, held
from subscriptions.renewals.links_by_choice import Invitation, read_renew, renew_token


@dataclass(frozen=True, slots=True)
class GiftAsked:
    """A visit to give: `continues` the gift of the year before and `token`, its signed name in the form; or a first one.

    `after`: the last issue that its recipient is promised already.
    """

    continues: Gift | None = None
    token: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """`code`: the offer asked for; `renews`: the subscription to prolong and `token`, its signed name in the form.

    `over`: one was named that has ended, so that what is ordered is a new one; the page says so.
    """

    shelf: Shelf
    offers: Mapping[str, Offer]
    code: str = ""
    renews: Held | None = None
    token: str = ""
    over: bool = False
    gift: GiftAsked | None = None


def asked_for(code: str, *, token: str = "") -> Asked:
    """A visit for the offer of `code`, or for the subscription of a signed `token`. Raises BadLink or OldLink."""
    if token and not read_renew(token, at=timezone.now()).subscription.is_gift:
        return invited(read_renew(token, at=timezone.now()), token)
    shelf = KEEPER.shelf()
    return Asked(shelf, offers_for(shelf, code), code)


def asked_to_give(token: str = "") -> Asked:
    """A visit to give a year: once, so without tacit renewal. `token`: the gift that goes on by it. Raises BadLink."""
    shelf = KEEPER.shelf()
    fixed = {kind: offer for kind, offer in offers_for(shelf, "").items() if kind == Offer.Renewal.FIXED}
    if not token:
        return Asked(shelf, fixed, gift=GiftAsked())
    before = read_again(token)
    return Asked(shelf, fixed, gift=GiftAsked(before, token, already_given(before)))


def invited(invitation: Invitation, token: str) -> Asked:
    """A visit for the subscription of a link: its own formula first."""
    return _prolonging(invitation.subscription, token)


def asked_again(order: Order) -> Asked:
    """The visit from which an order came."""
    if order.is_gift:
        before = order.gift.continues
        return asked_to_give(again_token(before) if before else "")
    if order.renews is None:
        return asked_for(order.offer.code)
    return _prolonging(order.renews, renew_token(order.renews))


def _prolonging(subscription: Subscription, token: str) -> Asked:
    shelf, code = KEEPER.shelf(), subscription.offer.code
    found = held(subscription)
    return Asked(shelf, offers_for(shelf, code), code, renews=found, token=token if found else "", over=found is None)


def from_form(request: HttpRequest, code: str) -> Asked:
    """The visit from which a form was sent. Raises BadLink or OldLink if what it names was changed."""
    return asked_for(code, token=request.POST.get("renews", ""))


def filled_in(invitation: Invitation) -> dict[str, Any]:
    """What stands in the form of whoever follows a link: only what our letters to that person have said."""
    subscription = invitation.subscription
    initial: dict[str, Any] = {"renewal": str(Offer.Renewal.FIXED)}
    if not invitation.to_payer or subscription.payer is None:
        return initial
    initial["email"] = subscription.payer.email or ""
    if (subscription.holder_id or subscription.payer_id) != subscription.payer_id:
        return initial  # a gift: where it goes by now is not the giver's to know
    typed = subscription.recipient.address.typed
    names = {f"delivery_{name}": typed.get(name, "") for name in ("country", *ADDRESS_FIELDS)}
    initial |= {name: value for name, value in names.items() if value}
    if typed.get("kind") == AddressKind.ORGANISATION:
        initial |= {"for_organisation": True, "organisation": typed.get("organisation", "")}
        initial |= {"service": typed.get("service", "")}
    return initial | _invoiced(subscription)


def _invoiced(subscription: Subscription) -> dict[str, Any]:
    """To whom the last order was invoiced, as it was typed: name, numbers and address stand on the invoice."""
    last = Order.objects.filter(term__subscription=subscription).order_by("-term__number").first()
    if last is None:
        return {}
    # A purchase order is good for one purchase: its number is asked for anew.
    numbers = set(ORGANISATION) - {"organisation", "service", "engagement_number"}
    return {
        name: value for name, value in last.typed.items() if name.startswith("billing_") or name in numbers
    }  # fmt: skip


def sentences(asked: Asked) -> list[str]:
    """What must be said of a subscription that is not simply prolonged."""
    if asked.over:
        return [_("This subscription has ended. What you order here is a new one.")]
    renews = asked.renews.subscription.renewal if asked.renews else ""
    if renews == Offer.Renewal.AUTOMATIC:
        return [_("Your subscription renews itself at present. From this order on, what you choose below holds.")]
    return []
