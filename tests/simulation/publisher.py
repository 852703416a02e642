"""The publisher: what is sold, the calendar of issues, each issue posted in its quarter, sometimes late; prices."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from shop.demo.catalogue import OFFERS, PRICES, SINGLE_PRICES
from shop.demo.issues import QUARTERS, post_day
from shop.storefront.kept import KEEPER
from subscriptions.calendar import cutoff_for
from subscriptions.issue_calendar.dating import move_days
from subscriptions.models import Issue, LossRule, Magazine, MailingHouse, MailingRun, Offer, Price, Quote
from subscriptions.pricing.changing import prepare, sign
from subscriptions.texts import load_texts
from tests.simulation import routing
from tests.simulation.acts import claiming, free_copies, moving_house, returning
from tests.simulation.acts.staff import FINANCE
from tests.simulation.acts.staff import FULFILMENT as STAFF
from tests.simulation.clock import paris
from tests.simulation.shop import Shop, Story

AHEAD = 7
#: How often somebody begins anew whom something stopped.
TRIES = 9
#: How many issues bear two numbers.
DOUBLE = 0.15
FIRST, FIRST_NUMBER = 2026 * QUARTERS + 3, 25


@transaction.atomic
def stock(shop: Shop) -> None:
    """The magazine, two offers and its past issues, their prices, the legal texts, and the issues of the next year and a half."""
    day = shop.plan.begins
    magazine = Magazine.objects.create(
        code="ACTUIA", title="ActuIA", subtitle="Le magazine de l’intelligence artificielle", issn="2650-1234",
        cppap_number="0931 K 94321", cppap_valid_until=date(2031, 9, 30),
    )  # fmt: skip
    MailingHouse.objects.create(
        magazine=magazine, name="Routage de l’Ouest", actor=str(STAFF), created_at=shop.clock.now
    )
    for code, title, renewal in OFFERS:
        offer = Offer.objects.create(code=code, magazine=magazine, title=title, renewal=renewal, on_sale_from=day)
        Price.objects.bulk_create(
            [Price(offer=offer, delivery_zone=zone, amount=amount, valid_from=day) for zone, amount in PRICES.items()]
        )
    single = Offer.objects.create(
        code="numero", magazine=magazine, title="Numéro à l’unité", kind=Offer.Kind.SINGLE,
        renewal=Offer.Renewal.FIXED, copies=1, on_sale_from=day,
    )  # fmt: skip
    Price.objects.bulk_create(
        [
            Price(offer=single, delivery_zone=zone, amount=amount, valid_from=day)
            for zone, amount in SINGLE_PRICES.items()
        ]
    )
    load_texts(day)
    # Few readers live in one department: so many claims are an incident here.
    LossRule.objects.create(
        incident_claims=max(4, shop.plan.readers // 60), incident_least=3, incident_percent=60, actor=str(STAFF),
        reason="Peu de lecteurs par département.", created_at=shop.clock.now,
    )  # fmt: skip
    free_copies.give(shop, magazine, FIRST_NUMBER)
    quarter = day.year * QUARTERS
    while post_day(quarter) < day + timedelta(days=20):
        quarter += 1
    for number in range(AHEAD):
        plan_issue(shop, magazine, quarter + number)
    KEEPER.forget()


def plan_issue(shop: Shop, magazine: Magazine, quarter: int) -> None:
    """One more issue in the calendar, and its posting in the agenda: on its day, or late, which shows a month before."""
    year, rank = divmod(quarter, QUARTERS)
    planned = post_day(quarter)
    last = Issue.objects.order_by("number").last()
    number = last.ends + 1 if last is not None else FIRST_NUMBER + quarter - FIRST
    double = shop.plan.chance("double", quarter).random() < DOUBLE
    issue = Issue.objects.create(
        magazine=magazine, number=number, last_number=number + 1 if double else None, cover_month=3 * rank + 3,
        cover_year=year, headline=f"Dossier du n° {number}", cutoff_on=cutoff_for(planned), post_on=planned,
    )  # fmt: skip
    chance = shop.plan.chance("issue", issue.number)
    late = chance.choice((3, 12, 30, 55)) if chance.random() < 0.25 else 0
    if late:
        shop.agenda.add(
            paris(planned - timedelta(days=5), 9),
            lambda: _put_off(shop, issue, planned + timedelta(days=late)),
            who="publisher",
            what=f"issue {issue.number} is {late} days late",
        )
    shop.tell(
        "publisher", f"closes issue {number}", lambda: _closed(shop, issue), at=paris(issue.cutoff_on, 8), tries=TRIES
    )
    leaves = paris(planned + timedelta(days=late), 11)
    shop.tell("publisher", f"posts issue {number}", lambda: _posted(shop, issue, quarter), at=leaves, tries=TRIES)
    moving_house.around(shop, issue, leaves=leaves)


def _put_off(shop: Shop, issue: Issue, day: date) -> None:
    move_days(
        issue, cutoff_on=issue.cutoff_on, post_on=day, actor=STAFF, reason="retard de l’imprimeur", at=shop.clock.now
    )
    KEEPER.forget()
    shop.timetable.stirred()


def _closed(shop: Shop, issue: Issue) -> Story:
    """Fulfilment asks, a colleague says yes, the mailing house counts."""
    routing.into_a_file(shop, issue, MailingRun.Kind.MAIN)
    KEEPER.forget()
    yield shop.clock.now


def _posted(shop: Shop, issue: Issue, quarter: int) -> Story:
    """The file leaves, and with it what became owed meanwhile."""
    routing.leaves(
        shop, MailingRun.objects.select_related("issue", "house").get(issue=issue, kind=MailingRun.Kind.MAIN)
    )
    routing.complement(shop, issue)
    KEEPER.forget()
    # By itself: whoever died here posts it once more, and plans no second issue.
    shop.agenda.add(shop.clock.now, lambda: _left(shop, issue, quarter))
    yield shop.clock.now


def _left(shop: Shop, issue: Issue, quarter: int) -> None:
    """Another issue is planned; some copies of this one will be claimed, some will come back."""
    issue.refresh_from_db()
    plan_issue(shop, issue.magazine, quarter + AHEAD)
    claiming.draw(shop, issue)
    returning.draw(shop, issue)
    KEEPER.forget()
    shop.timetable.stirred()


def raise_prices(shop: Shop) -> None:
    """Dearer twice in three years: finance signs it four months before renewals pay it, one month before new orders do."""
    for number, after in enumerate((400, 800), start=1):
        day = shop.plan.begins + timedelta(days=after)
        shop.agenda.add(
            paris(day - timedelta(days=120), 10),
            lambda day=day, number=number: _signed(shop, day, number),  # type: ignore[misc]
            who="publisher",
            what=f"raises prices of renewals from {day}",
        )


def _signed(shop: Shop, day: date, number: int) -> None:
    # Quotes promise the price of today: whoever orders pays another one once the last of them is over.
    promised = Quote.objects.aggregate(last=Max("valid_until"))["last"] or shop.clock.today
    orders_from = max(day - timedelta(days=90), promised + timedelta(days=1))
    for offer in Offer.objects.filter(kind=Offer.Kind.SUBSCRIPTION).order_by("pk"):
        for amount in sorted(set(PRICES.values()), key=lambda price: price.amount):
            zones = [zone for zone, price in PRICES.items() if price == amount]
            change = prepare(
                offer.pk, zones, amount.amount + Decimal(f"{2 * number}.30"), orders_from=orders_from,
                renewals_from=max(day, orders_from), actor=FINANCE, reason="Le papier coûte plus cher.", at=shop.clock.now,
            )  # fmt: skip
            sign(change.pk, actor=FINANCE, reason="Vu avec la direction.", at=shop.clock.now)
    KEEPER.forget()
    shop.timetable.stirred()
