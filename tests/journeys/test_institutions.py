"""A library's order at the desks in a real browser: taken, found in the list, paid; on a desktop and a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.backoffice.roles import ensure_roles
from subscriptions.models import Order
from tests.backoffice.colleagues import hire
from tests.browsing import sound
from tests.institutions.papers import grant, make_agency, take, transfer

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_is_sound(shop, page, width, clock, live_server):
    ensure_roles()
    agency = make_agency()
    grant(agency, "7.5", timezone.now().date() + timedelta(days=30))
    first = take(agency=agency, agency_reference="PX-1", invoiced_to="agency", quantity=3, calendar_year=2027)
    second = take(email="bu@dijon.example", organisation="Université de Dijon")
    receipt = transfer(first.invoice, "80.00")
    finance = hire("finance")
    finance.sign_in(Client())
    page.context.add_cookies(
        [{"name": key, "value": one.value, "url": live_server.url} for key, one in finance.browser.cookies.items()]
    )
    page.set_viewport_size({"width": width, "height": 900})
    for name, args in (
        ("desk_institutions", []),
        ("desk_act_take_order", []),
        ("desk_agencies", []),
        ("desk_act_agency", []),
        ("desk_act_discount", [agency.pk]),
        ("desk_receipts", []),
        ("desk_receipt", [receipt.pk]),
        ("desk_order", [first.order.pk]),
        ("desk_invoice", [second.invoice.pk]),
        ("desk_act_receive", [second.invoice.pk]),
        ("desk_act_cancel_invoiced", [second.order.pk]),
    ):
        page.goto(live_server.url + reverse(name, args=args))
        sound(page)
    assert Order.objects.count() == 2
