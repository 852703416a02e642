"""A letter refused while it is handed over: what the law wants told goes on paper at once, the rest to support as before."""

from __future__ import annotations

import pytest

from payments.models import DeskItem
from subscriptions.models import LostMailbox, Notice
from subscriptions.notices.delivering import deliver
from subscriptions.notices.queueing import queue
from tests.letters.conftest import server
from tests.letters.every import draft, texts
from tests.letters.people import AT, purchase

__all__ = ["server"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("kind", "ways"), [("order_confirmation", ["email", "paper"]), ("email_changed", ["email"])])
def test_a_letter_refused_for_good(server, kind, ways):
    texts()
    bought = purchase()
    facts = bought.facts if kind == "order_confirmation" else {"old_email": "a@example.fr", "new_email": "b@example.fr"}
    queue([draft(kind, facts, customer_id=bought.customer.pk)])
    server.answers["RCPT"] = "550 5.1.1 No such mailbox"
    assert deliver(10, at=AT).failed == 1
    assert list(Notice.objects.order_by("pk").values_list("channel", flat=True)) == ways
    assert DeskItem.objects.get(kind="letter_failed").desk == "support"
    # One refusal at the door is no proof that the mailbox is dead: servers refuse by policy too.
    assert not LostMailbox.objects.exists()


def test_with_returns_on_it_leaves_with_an_address_of_its_own(server, settings):
    settings.BOUNCE_ADDRESS = "retours@actuia.example"
    queue([draft("email_changed", {"old_email": "a@example.fr", "new_email": "b@example.fr"})])
    assert deliver(10, at=AT).sent == 1
    [letter] = server.letters
    assert letter["From"] == "Boutique ActuIA <abonnements@actuia.example>"
    assert letter["Reply-To"] is None
    sent = Notice.objects.get()
    assert sent.proofs.get().provider_id == letter["Message-ID"]
