"""A small, exact world for stories: one magazine, seven issues, two offers, three prices; and a reader who wants one.

Days hang on `TODAY` so that a story can say « posted 1 March » and mean it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from payments.actors import Actor
from payments.charging import open_hosted_page
from payments.days import PARIS, paris_day
from payments.models import Payment
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import TypedAddress
from subscriptions.fulfilment.closing import ask, close
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import Posted, post_run
from subscriptions.models import Issue, Magazine, MailingHouse, MailingRun, Offer, Order, Price
from subscriptions.orders.links import cancel_path, return_path
from subscriptions.orders.placing import ConsentGiven, Wish, payment_of, place
from subscriptions.orders.quoting import quote

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
READER = Actor("reader", "anonymous")
#: Who asks for a file to be closed, and who says yes.
CLERK, COLLEAGUE = Actor("staff", "91"), Actor("staff", "92")
SITE = "http://shop.test"

HOME = TypedAddress(
    title="MME",
    first_name="Élodie",
    last_name="Lefèvre",
    street="12 bis rue de l'Église",
    postcode="75004",
    town="Paris",
    country="FR",
)


def make_magazine() -> Magazine:
    """The magazine, with issues 22 to 28: 22 to 24 posted, 25 the first to come (cut-off 1 March 2027)."""
    magazine = Magazine.objects.create(
        code="ACTUIA",
        title="ActuIA",
        subtitle="Le magazine de l’intelligence artificielle",
        issn="2650-1234",
        cppap_number="0931 K 94321",
        cppap_valid_until=date(2051, 9, 30),
    )
    calendar = [
        (22, 3, 2026, date(2026, 3, 2), date(2026, 3, 16)),
        (23, 6, 2026, date(2026, 6, 1), date(2026, 6, 15)),
        (24, 9, 2026, date(2026, 9, 1), date(2026, 9, 15)),
        (25, 12, 2026, date(2026, 12, 1), date(2026, 12, 15)),
        (26, 3, 2027, date(2027, 3, 1), date(2027, 3, 15)),
        (27, 6, 2027, date(2027, 6, 1), date(2027, 6, 15)),
        (28, 9, 2027, date(2027, 9, 1), date(2027, 9, 15)),
        (29, 12, 2027, date(2027, 12, 1), date(2027, 12, 15)),
    ]
    Issue.objects.bulk_create(
        [
            Issue(
                magazine=magazine,
                number=number,
                cover_month=month,
                cover_year=year,
                headline=f"Dossier du n° {number}",
                cutoff_on=cutoff,
                post_on=post,
                posted_on=post if post <= TODAY else None,
                state=Issue.State.POSTED if post <= TODAY else Issue.State.PLANNED,
            )
            for number, month, year, cutoff, post in calendar
        ]
    )
    return magazine


def make_house(magazine: Magazine, **facts: Any) -> MailingHouse:
    """A mailing house that takes the customary file; two people close it."""
    return MailingHouse.objects.create(
        magazine=magazine, name="Routage de l’Ouest", actor="staff:1", created_at=NOW, **facts
    )


def close_file(issue: Issue, *, on: date, at: datetime | None = None) -> MailingRun:
    """The main file of an issue, closed on a day (or before); its cut-off is brought forward to that day if it is later."""
    when = at or datetime.combine(on, time(11), tzinfo=PARIS)
    if not MailingHouse.objects.filter(magazine=issue.magazine_id).exists():
        make_house(issue.magazine)
    main = MailingRun.objects.filter(issue=issue, kind=MailingRun.Kind.MAIN).exclude(state=MailingRun.State.DROPPED)
    run = main.first()
    if run is None:
        day = paris_day(when)
        Issue.objects.filter(pk=issue.pk, cutoff_on__gt=day).update(cutoff_on=day)
        run = ask(issue.pk, actor=CLERK, at=when)
    run = close(run.pk, actor=COLLEAGUE, at=when)
    issue.refresh_from_db()
    return run


def send_out(issue: Issue, *, on: date, actor: Actor = CLERK, at: datetime | None = None) -> Posted:
    """An issue on its whole way at one moment, eleven o'clock of that day if none is named: asked for, closed by somebody
    else, handed over, counted, posted."""
    when = at or datetime.combine(on, time(11), tzinfo=PARIS)
    run = close_file(issue, on=on, at=when)
    hand_over(run.pk, actor=CLERK, at=when)
    count_received(run.pk, copies=run.copies or 0, actor=CLERK, at=when)
    posted = post_run(run.pk, on=on, actor=actor, at=when)
    issue.refresh_from_db()
    return posted


def make_offers(magazine: Magazine) -> dict[str, Offer]:
    """The two offers at 27,60 € in France, 33,60 € in the EU, 39,60 € elsewhere (DOM as France)."""
    offers = {
        "fixed": Offer.objects.create(
            code="un-an",
            magazine=magazine,
            title="Abonnement d’un an",
            renewal=Offer.Renewal.FIXED,
            on_sale_from=date(2020, 1, 1),
        ),
        "automatic": Offer.objects.create(
            code="un-an-reconduit",
            magazine=magazine,
            title="Abonnement d’un an, reconduit",
            renewal=Offer.Renewal.AUTOMATIC,
            on_sale_from=date(2020, 1, 1),
        ),
    }
    Price.objects.bulk_create(
        [
            Price(offer=offer, delivery_zone=zone, amount=Decimal(amount), valid_from=date(2020, 1, 1))
            for offer in offers.values()
            for zone, amount in (("FR", "27.60"), ("DOM", "27.60"), ("EU", "33.60"), ("WORLD", "39.60"))
        ]
    )
    return offers


def make_wish(offer: Offer, *, address: TypedAddress = HOME, on: date = TODAY, **changes: Any) -> Wish:
    """What a checked form hands over for one reader."""
    quoted = quote(offer, country=address.country, postcode=address.postcode, buyer_kind="consumer", on=on)
    wish = Wish(
        quote=quoted,
        email="Elodie.Lefevre@example.fr",
        title="MME",
        first_name="Élodie",
        last_name="Lefèvre",
        delivery=address,
        delivery_label=postal_label(address),
        typed={"email": "Elodie.Lefevre@example.fr", "street": address.street},
        disclosure={"total": str(quoted.amount.amount), "first_issue": quoted.first_issue.number},
        expected_total=quoted.amount.amount,
        consents=[ConsentGiven("terms", True, "J’accepte les conditions générales de vente.")],
        ip="192.0.2.7",
        user_agent="test",
    )
    return replace(wish, **changes)


def place_order(wish: Wish, *, token: uuid.UUID | None = None, at: datetime = NOW) -> Order:
    """Place a wish as the checkout does."""
    return place(wish, form_token=token or uuid.uuid4(), actor=READER, at=at).order


def open_page(order: Order, *, at: datetime = NOW) -> Payment:
    """Ask for the payment page of an order as the checkout does; needs real transactions."""
    return open_hosted_page(
        payment_of(order),
        email=order.email,
        name=f"{order.first_name} {order.last_name}",
        success_url=SITE + return_path(order),
        cancel_url=SITE + cancel_path(order),
        actor=READER,
        at=at,
    )
