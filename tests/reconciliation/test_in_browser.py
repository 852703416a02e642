"""The pages of the reconciliation as finance sees them, on a desk and on a phone; support sees none of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client

from payments.models import BalanceMovement, Discrepancy, Payout
from payments.reconciliation.overdue import watch
from payments.sandbox import paying_out
from shop.backoffice.roles import ensure_roles
from tests.backoffice.colleagues import hire
from tests.bank.coming import come
from tests.bank.files import IBAN, Said
from tests.browsing import sound
from tests.journeys.conftest import shoot, shop, window
from tests.reconciliation.account import CLOCK, bought, charge_by_hand, later, looked, paid_out

__all__ = ["shoot", "shop", "window"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_reconciliation_is_read_at_any_size(shop, window, shoot, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    till, world = shop.till, shop.till.application.world
    till.command("POST", "clock", frozen=True)
    for _each in range(3):
        bought(till)
    charge_by_hand(till, metadata={"product": "mugs"})
    with world.lock:
        paying_out.own_line(world, "stripe_fee", -250)
        paying_out.own_line(world, "moon_rent", -300)
    paid_out(till)
    with world.lock:
        paying_out.own_line(world, "adjustment", 1234)
        paying_out.by_hand(world, 500, instant=True)
        (failed,) = paying_out.pay_out(world)
        paying_out.fail(world, failed["id"])
    looked()
    first = Payout.objects.order_by("created")[0]
    settings.BANK_IBAN = IBAN
    half, day = first.amount / 2, first.arrives_on
    line, _other = come(
        Said(f"{half:.2f}", "VIR STRIPE", "Stripe", day), Said(f"{first.amount - round(half, 2):.2f}", "VIR STRIPE", "Stripe", day),
        at=later(30), on=day + timedelta(days=5),
    )  # fmt: skip
    watch(actor=CLOCK, at=later(30))
    ensure_roles()
    desk = Client()
    hire("finance").sign_in(desk)
    page = window()
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": desk.cookies[name].value, "url": shop.url}])
    odd = Discrepancy.objects.get(kind="unknown_type")
    for path, picture in (
        ("rapprochement/", "reconciliation"),
        ("virements-stripe/", "payouts"),
        (f"virements-stripe/{first.pk}/", "payout"),
        (f"mouvements-stripe/?virement={first.pk}", "movements"),
        (f"mouvements-stripe/{BalanceMovement.objects.filter(meaning='payment')[0].pk}/", "movement"),
        ("ecarts/", "discrepancies"),
        (f"ecarts/{odd.pk}/", "discrepancy"),
        (f"ecarts/{odd.pk}/imputer/", "discrepancy-book"),
        (f"banque/lignes/{line.pk}/virement-stripe/", "bank-is-payout"),
    ):
        page.goto(f"{shop.url}/gestion/{path}")
        shoot(page, picture)
        sound(page)
