"""Staff make a quote at any time, find it in the list and on the subscription, and open its paper."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.actors import Actor
from payments.models import Act
from subscriptions.models import Notice, Quote, Term, TermUndone
from subscriptions.quotes.making import make_quote
from tests.backoffice.colleagues import text_of
from tests.backoffice.sold import sell
from tests.makers import NOW

DAY = timedelta(days=1)
WHY = "Le service des périodiques le demande."


def test_made_found_and_read(at_desk, offers):
    sale = sell(offers["fixed"])
    key = sale.subscription.pk
    colleague = at_desk("support")
    assert reverse("desk_act_quote", args=[key]) in colleague.see("desk_subscription", key).content.decode()
    assert Quote.objects.count() == 0
    shown = text_of(colleague.rehearse("desk_act_quote", key, reason=WHY))
    for words in ("aujourd’hui", "27,60 €", "23/11/2027 – 22/11/2028", "21/02/2027"):
        assert words in shown, words
    assert Quote.objects.count() == 0
    assert colleague.act("desk_act_quote", key, reason=WHY).url == reverse("desk_subscription", args=[key])
    quote = Quote.objects.get()
    assert (quote.actor, quote.reason, quote.by_itself) == (f"staff:{colleague.user.pk}", WHY, False)
    assert Act.objects.get(verb="made a quote").reason == WHY
    assert Notice.objects.get(kind="renewal_quote").facts == {"quote_id": quote.pk}
    for page in (colleague.see("desk_quotes"), colleague.see("desk_subscription", key)):
        assert quote.reference in text_of(page)
        assert reverse("desk_quote_pdf", args=[quote.pk]) in page.content.decode()
    paper = colleague.see("desk_quote_pdf", quote.pk)
    assert (paper["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert colleague.see("desk_quote_pdf", quote.pk).content == paper.content


def test_what_nobody_has_ordered_stands_in_the_list_with_its_age(at_desk, offers, clock, django_assert_num_queries):
    sales = [sell(offers["fixed"], number=number) for number in (1, 2, 3)]
    colleague = at_desk("support")
    for sale in sales:
        make_quote(sale.subscription.pk, actor=Actor("staff", "7"), at=NOW)
    first = sales[0].subscription.terms.get()
    go_on = {"starts_on": first.ends_on + DAY, "ends_on": first.ends_on + 365 * DAY, "copies": 4, "created_at": NOW}
    paid = {name: getattr(first, name) for name in ("amount", "amount_ht", "vat_zone", "vat_rate")}
    again = [Term.objects.create(subscription=one.subscription, number=2, **go_on, **paid) for one in sales[:2]]
    TermUndone.objects.create(term=again[1], actor="job:test", reason="remboursée", at=NOW)
    clock.move_to(NOW + 12 * DAY)
    colleague.sign_in(Client())

    def listed(state: str) -> list[str]:
        return re.findall(r"D2026-\d{4}", text_of(colleague.see("desk_quotes", etat=state)))

    assert listed("ordered") == ["D2026-0001"]
    assert listed("waiting") == ["D2026-0003", "D2026-0002"], "what was ordered and undone waits again"
    assert text_of(colleague.see("desk_quotes", etat="waiting")).count("12 j") == 2
    assert listed("expired") == []
    with CaptureQueriesContext(connection) as one:
        colleague.see("desk_quotes", etat="ordered")
    with django_assert_num_queries(len(one)):
        colleague.see("desk_quotes")
    clock.move_to(NOW + 95 * DAY)
    colleague.sign_in(Client())
    assert listed("expired") == ["D2026-0003", "D2026-0002"]
    assert "caduc, non commandé" in text_of(colleague.see("desk_subscription", sales[2].subscription.pk))


def test_what_is_over_is_not_quoted(at_desk, offers):
    sale = sell(offers["fixed"])
    sale.subscription.state = "ended"
    sale.subscription.save(update_fields=["state"])
    assert at_desk("finance").see("desk_act_quote", sale.subscription.pk).status_code == 409
