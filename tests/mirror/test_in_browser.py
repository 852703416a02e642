"""The page of the mirror as finance sees it, on a desk and on a phone: axe finds nothing, nothing runs out of the side."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.test import Client

from payments.models import Refund
from shop.backoffice.roles import ensure_roles
from tests.backoffice.colleagues import hire
from tests.browsing import sound
from tests.journeys.conftest import shoot, shop, window
from tests.mirror.nights import bought, charge_by_hand, customer_of, night
from tests.mirror.test_duplicates import twin_of

__all__ = ["shoot", "shop", "window"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_mirror_is_read_at_any_size(shop, window, shoot, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    first = bought(shop.till)
    twin = twin_of(first, shop.till)
    Refund.objects.filter(payment=twin).update(state="failed")
    charge_by_hand(shop.till, metadata={})
    charge_by_hand(shop.till, customer=customer_of(first), metadata={})
    bought(shop.till, heard=False)
    nightly, _monthly = night()
    ensure_roles()
    desk = Client()
    hire("finance").sign_in(desk)
    page = window()
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": desk.cookies[name].value, "url": shop.url}])
    for path, picture in (
        ("miroir-stripe/", "mirror"),
        (f"miroir-stripe/{nightly.pk}/", "mirror-run"),
        (f"miroir-stripe/{nightly.pk}/encaissements/?etat=foreign", "mirror-charges"),
        (f"paiements/{twin.pk}/rendre/", "mirror-give-back"),
    ):
        page.goto(f"{shop.url}/gestion/{path}")
        shoot(page, picture)
        sound(page)
