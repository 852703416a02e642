"""A page makes as many queries over thirty rows as over one."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments.models import Act, DeskItem
from shop.customers.search import refresh_stale
from shop.watch.models import AuditFinding
from subscriptions.models import Notice
from tests.backoffice.sold import planned, sell

LISTS = (
    "/gestion/",
    "/gestion/recherche/?q=lefevre",
    "/gestion/commandes/",
    "/gestion/commandes/?etat=paid",
    "/gestion/reconductions/",
    "/gestion/reconductions/?etat=planned",
    "/gestion/paiements/",
    "/gestion/paiements/?etat=succeeded",
    "/gestion/evenements-stripe/",
    "/gestion/factures/",
    "/gestion/ecritures/",
    "/gestion/courriers/",
    "/gestion/actes/",
    "/gestion/a-traiter/finance/",
    "/gestion/horloge/",
    "/gestion/equipe/",
)


def add(offer, number, user):
    """One more of everything that lists show."""
    sale = sell(offer, number=number)
    now = timezone.now()
    DeskItem.objects.create(
        desk="finance", kind="x", subject=f"payment:{number}", sentence="…", opened_at=now, owner=user
    )
    Act.objects.create(actor=f"staff:{user.pk}", verb="x", subject=sale.order.subject, at=now)
    AuditFinding.objects.create(invariant="X", subject=f"x:{number}", sentence="…", found_at=now)
    Notice.objects.filter(pk=sale.letter.pk).update(state="failed")
    planned(sale.subscription)
    return sale


def counted(browser, url):
    browser.get(url)  # rights and content types are read by now, whatever came before
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = browser.get(url)
    assert answer.status_code == 200, url
    return len(queries), answer


def test_lists_make_as_many_queries_at_thirty_rows_as_at_one(at_desk, offers):
    boss = at_desk("administrator")
    add(offers["fixed"], 1, boss.user)
    refresh_stale(100)
    first = {url: counted(boss.browser, url)[0] for url in LISTS}
    for number in range(2, 31):
        add(offers["fixed"], number, boss.user)
    refresh_stale(100)
    for url in LISTS:
        queries, answer = counted(boss.browser, url)
        assert queries == first[url], url
        if url not in ("/gestion/", "/gestion/horloge/", "/gestion/equipe/"):
            assert len(answer.context["table"].rows) >= 30, url
    assert max(first.values()) <= 24, first


def test_a_person_with_eight_orders_takes_as_many_queries_as_one_with_one(at_desk, offers):
    boss = at_desk("administrator")
    sale = sell(offers["fixed"], number=1)
    url = reverse("desk_person", args=[sale.customer.pk])
    first, _answer = counted(boss.browser, url)
    for number in range(2, 9):
        sell(offers["fixed"], number=number, email=sale.customer.email)
    again, answer = counted(boss.browser, url)
    assert len(answer.context["subscriptions"].rows) == 8
    assert again == first


def test_detail_pages_do_not_grow_with_what_hangs_on_them(at_desk, offers):
    boss = at_desk("administrator")
    sale = sell(offers["fixed"], number=1)
    urls = [
        reverse("desk_order", args=[sale.order.pk]),
        reverse("desk_payment", args=[sale.payment.pk]),
        reverse("desk_subscription", args=[sale.subscription.pk]),
        reverse("desk_invoice", args=[sale.invoice.pk]),
    ]
    now = timezone.now()
    Act.objects.create(actor=f"staff:{boss.user.pk}", verb="x", subject=sale.order.subject, at=now)
    first = [counted(boss.browser, url)[0] for url in urls]
    for number in range(30):
        for subject in (
            sale.order.subject,
            f"payment:{sale.payment.pk}",
            f"subscription:{sale.subscription.pk}",
            f"invoice:{sale.invoice.pk}",
        ):
            Act.objects.create(actor=f"staff:{boss.user.pk}", verb="x", subject=subject, at=now)
            DeskItem.objects.create(desk="finance", kind=f"x{number}", subject=subject, sentence="…", opened_at=now)
    # One more query at most: the names of colleagues, once anybody has stepped in.
    assert all(counted(boss.browser, url)[0] <= before + 1 for url, before in zip(urls, first, strict=True))
