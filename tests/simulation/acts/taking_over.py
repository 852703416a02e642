"""Running subscribers of another house: a file with its totals, read, approved by somebody else, let in; then they live here.

Half of them renew by themselves, with cards that Stripe keeps for them; nobody is charged before the day that was given. The
line of a file names them for ever: handed in again, it changes nothing.
"""

from __future__ import annotations

import io
from datetime import timedelta

from payments.sandbox import cards, methods
from shop.demo.people import AUTOMATIC, FIXED, Person
from subscriptions.importing.deciding import CannotDecide, approve, check_again
from subscriptions.importing.receiving import receive
from subscriptions.models import ImportFile, Issue
from tests.importing.written import Written, write_file
from tests.simulation.acts.staff import FINANCE, SUPPORT
from tests.simulation.asking import refused
from tests.simulation.browser import TurnedAway
from tests.simulation.clock import paris
from tests.simulation.people import Reader
from tests.simulation.shop import Shop, Story

TRIES = 9
FIRST = 500_000
PAUSE = timedelta(hours=11)
State = ImportFile.State


def come(shop: Shop) -> None:
    """One file in the third week, while the first issue is still open: a line for each ten readers, if there are so many."""
    at = paris(shop.plan.begins + timedelta(days=17), 10)
    many = shop.plan.readers // 10
    if many:
        shop.agenda.add(at, lambda: _begin(shop, many), who="publisher", what=f"takes {many} subscribers over")


def _begin(shop: Shop, many: int) -> None:
    """The former house has written its file, and its payment provider has moved their cards to Stripe."""
    today = shop.clock.today
    following = Issue.objects.filter(cutoff_on__gt=today + timedelta(days=10)).order_by("number")[0]
    file = write_file(many, shop.plan.chance("taken over"), on=today, following=following.number)
    world = shop.till.world
    for row in file.rows:
        if row.get("stripe_client"):
            with world.lock:
                customer = world.new(
                    "customer", "cus_", 14, email=row["destinataire_email"] or None, name="", metadata={}
                )
                card = methods.make_card(world, cards.CARDS["4242424242424242"], expiry=(12, 2049))
                methods.attach(world, card, customer["id"])
            row |= {"stripe_client": customer["id"], "stripe_moyen": card["id"]}
    shop.tell(
        "publisher", "hands the file of another house in", lambda: _takes(shop, file), at=shop.clock.now, tries=TRIES
    )


def _takes(shop: Shop, file: Written) -> Story:
    body = file.bytes()

    def hand_in() -> int:
        declared = file.declared(charge_from=shop.plan.begins + timedelta(days=100))
        return receive(
            io.BytesIO(body), name="abonnés.csv", encoding="utf-8", declared=declared, actor=SUPPORT,
            reason="Reprise de l’ancienne maison", at=shop.clock.now,
        ).file.pk  # fmt: skip

    (key,) = {hand_in() for _twice in range(2)}
    for _look in range(120):
        found = ImportFile.objects.get(pk=key)
        if found.state == State.CHECKED and found.checked_on == shop.clock.today:
            _approves(shop, key)
        elif found.state == State.CHECKED:
            check_again(key, actor=SUPPORT, reason="Lu hier.", at=shop.clock.now)
        elif found.state == State.LET_IN:
            break
        yield shop.clock.now + (PAUSE if found.state != State.TO_CHECK else timedelta(minutes=25))
    else:
        raise TurnedAway("nobody has read the file")
    assert hand_in() == key, "a file that is here is handed in again"
    refused(CannotDecide, "state", lambda: _approve(shop, key))
    _they_live(shop, file)


def _approves(shop: Shop, key: int) -> None:
    refused(
        CannotDecide, "alone",
        lambda: approve(key, alone=False, actor=SUPPORT, reason="Vu.", at=shop.clock.now),
    )  # fmt: skip
    _approve(shop, key)


def _approve(shop: Shop, key: int) -> ImportFile:
    return approve(key, alone=False, actor=FINANCE, reason="Totaux vérifiés", at=shop.clock.now)


def _they_live(shop: Shop, file: Written) -> None:
    """Whoever pays for their own copies and has a mailbox does what readers do."""
    for number, row in enumerate(file.rows):
        email = row.get("destinataire_email", "")
        if email and email not in shop.by_email and not row.get("payeur_nom") and not row.get("destinataire_organisme"):
            renewal = AUTOMATIC if row.get("stripe_client") else FIXED
            reader = Reader(shop, Person(FIRST + number, {"email": email}, renewal))
            shop.by_email[email] = reader
            shop.readers.append(reader)
            reader.begin_year()
