"""Staff make a quote at any time, find it in the list and on the subscription, and open its paper."""

from __future__ import annotations

from django.urls import reverse

from payments.models import Act
from subscriptions.models import Notice, Quote
from tests.backoffice.colleagues import text_of
from tests.backoffice.sold import sell

WHY = "Le service des périodiques le demande."


def test_made_found_and_read(at_desk, offers):
    sale = sell(offers["fixed"])
    key = sale.subscription.pk
    colleague = at_desk("support")
    assert reverse("desk_act_quote", args=[key]) in colleague.see("desk_subscription", key).content.decode()
    assert Quote.objects.count() == 0
    assert "aujourd’hui" in text_of(colleague.rehearse("desk_act_quote", key, reason=WHY))
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


def test_what_is_over_is_not_quoted(at_desk, offers):
    sale = sell(offers["fixed"])
    sale.subscription.state = "ended"
    sale.subscription.save(update_fields=["state"])
    assert at_desk("finance").see("desk_act_quote", sale.subscription.pk).status_code == 409
