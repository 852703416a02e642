"""Every page of the desks draws what is there, and each status opens the chain that led to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext

from payments.actors import Actor, job
from payments.documents import keep
from payments.invoicing.rendering import render
from payments.models import DeskItem, Invoice, LedgerEntry, Payment
from shop.watch import runs
from shop.watch.models import AuditFinding
from subscriptions.models import Notice, NoticeProof
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import sell
from tests.disputes.people import disputed


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def test_the_person_page_tells_everything_newest_first(at_desk, sale):
    answer = at_desk("administrator").see("desk_person", sale.customer.pk)
    page_says = text_of(answer)
    assert "Élodie Lefèvre" in page_says
    assert "12 BIS RUE DE L EGLISE" in page_says
    assert sale.subscription.number in page_says
    what = [event["what"] for event in answer.context["line"].events]
    waiting = pgettext("order", "awaiting payment")
    placed = gettext("Order %(reference)s: %(state)s") % {"reference": sale.order.reference, "state": waiting}
    assert placed in what[-4:]
    assert any("payment_intent.succeeded" in line for line in what)
    assert sum(sale.invoice.reference in line for line in what) == 1
    instants = [event["at"] for event in answer.context["line"].events]
    assert instants == sorted(instants, reverse=True)
    assert all(event["who"] for event in answer.context["line"].events if "evt" in event["url"])


def test_the_time_line_goes_back_page_by_page_without_loss_or_double(at_desk, sale):
    from shop.backoffice import timeline
    from shop.backoffice.happenings import Story, sources

    user = at_desk("administrator").user
    everything = timeline.read(sources(user, Story(sale.customer)), size=1000)
    assert everything.older is None
    for size in (1, 2, 3, 7):
        found, before = [], ""
        while True:
            page = timeline.read(sources(user, Story(sale.customer)), before=before, size=size)
            found += page.events
            if page.older is None:
                break
            before = page.older
        assert found == list(everything.events)


def test_a_forged_place_in_the_time_line_or_a_list_shows_the_beginning(at_desk, sale):
    colleague = at_desk("administrator")
    whole = colleague.see("desk_person", sale.customer.pk).context["line"].events
    assert colleague.see("desk_person", sale.customer.pk, avant="WyJ4Il0:forged").context["line"].events == whole
    rows = colleague.see("desk_payments", apres="forged").context["table"].rows
    assert len(rows) == 1


def test_the_why_of_a_payment_names_the_event_that_brought_the_news(at_desk, sale):
    answer = at_desk("finance").see("desk_payment", sale.payment.pk)
    [why] = answer.context["detail"].whys
    last = why.steps[-1]
    assert (last.to_word, last.tone, last.who) == (pgettext("payment", "succeeded"), "good", "Stripe")
    assert why.steps[-1].url == "/gestion/evenements-stripe/evt_1/"
    assert answer.content.decode().count('id="pourquoi"') == 1
    assert 'href="#pourquoi"' in answer.content.decode()
    assert "payment_intent.succeeded" in text_of(answer)


def test_a_dispute_shows_on_its_payment_and_on_the_reader_s_time_line(at_desk, sale):
    disputed(sale.payment)
    disputed(sale.payment, "lost")
    finance = at_desk("finance")
    page = text_of(finance.see("desk_payment", sale.payment.pk)).replace("\u202f", " ").replace("\u00a0", " ")
    assert said("What became of the dispute of %(amount)s") % {"amount": "27,60 €"} in page
    assert "Contestation perdue" in page
    line = text_of(finance.see("desk_person", sale.customer.pk))
    assert f"Contestation du paiement {sale.payment.reference}" in line


def test_an_event_is_found_by_stripes_own_id(at_desk, sale):
    colleague = at_desk("finance")
    moved = colleague.browser.get("/gestion/evenements-stripe/evt_1/")
    assert moved.url == reverse("desk_stripe_event", args=[sale.event.pk])
    assert sale.payment.reference in text_of(colleague.browser.get(moved.url))
    assert colleague.browser.get("/gestion/evenements-stripe/evt_none/").status_code == 404


def test_the_subscription_shows_four_copies_and_each_movement(at_desk, sale):
    answer = at_desk("fulfilment").see("desk_subscription", sale.subscription.pk)
    page_says = text_of(answer)
    for number in (25, 26, 27, 28):
        assert f"n° {number}" in page_says
    assert "27,03 €" in page_says.replace("\xa0", " ")
    assert len(answer.context["detail"].whys[1].steps) == 4


def test_the_order_shows_what_was_agreed_to_and_what_came_of_it(at_desk, sale):
    page_says = text_of(at_desk("support").see("desk_order", sale.order.pk))
    for word in (sale.order.reference, sale.payment.reference, sale.invoice.reference, sale.subscription.number):
        assert word in page_says
    assert "J’accepte les conditions générales de vente." in page_says


def test_the_invoice_shows_its_lines_and_its_pdf_once_it_is_set(at_desk, sale):
    colleague = at_desk("finance")
    assert colleague.see("desk_invoice_pdf", sale.invoice.pk).status_code == 404
    render(sale.invoice, at=timezone.now())
    page_says = text_of(colleague.see("desk_invoice", sale.invoice.pk)).replace("\xa0", " ")
    assert "27,03 € 0,57 € 27,60 €" in page_says
    pdf = colleague.see("desk_invoice_pdf", sale.invoice.pk)
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert sale.invoice.reference in pdf["Content-Disposition"]


def test_the_ledger_shows_both_sides_of_an_entry(at_desk, sale):
    colleague = at_desk("finance")
    entry = LedgerEntry.objects.get(source=f"invoice:{sale.invoice.pk}")
    page_says = text_of(colleague.see("desk_entry", entry.pk)).replace("\xa0", " ")
    assert "411000" in page_says
    assert f"{said('Total')} 27,60 € 27,60 €" in page_says
    assert len(colleague.see("desk_entries").context["table"].rows) == LedgerEntry.objects.count() == 2


def letter_with_body(sale, *, kind="order_confirmation", html="<p>Bonjour</p><script>alert(1)</script>"):
    body = (
        "From: a@example.fr\r\nTo: b@example.fr\r\nSubject: Votre abonnement\r\nMIME-Version: 1.0\r\n"
        'Content-Type: text/html; charset="utf-8"\r\n\r\n' + html
    ).encode()
    document = keep(body, media_type="message/rfc822", keep_until=timezone.localdate(), at=timezone.now())
    return Notice.objects.create(
        kind=kind,
        matter=f"{kind}:x",
        rank="service",
        customer=sale.customer,
        to_email=sale.customer.email,
        due_at=timezone.now(),
        created_at=timezone.now(),
        state="sent",
        state_since=timezone.now(),
        document=document,
    )


def test_a_letter_is_shown_as_it_left_in_a_frame_where_nothing_of_it_can_act(at_desk, sale):
    colleague = at_desk("support")
    notice = letter_with_body(sale)
    NoticeProof.objects.create(notice=notice, kind="accepted", provider_id="<1@example>", at=timezone.now())
    page = colleague.see("desk_letter", notice.pk)
    assert (
        f'<iframe class="letter" sandbox src="/gestion/courriers/{notice.pk}/tel-que-parti/"' in page.content.decode()
    )
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "Votre abonnement" in text_of(page)
    assert "&lt;1@example&gt;" in page.content.decode()
    body = colleague.see("desk_letter_as_sent", notice.pk)
    assert body.content.decode() == "<p>Bonjour</p><script>alert(1)</script>"
    policy = body["Content-Security-Policy"].split("; ")
    assert {
        "sandbox",
        "default-src 'none'",
        "script-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    } <= set(policy)
    assert body["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("kind", ["sign_in_code", "email_change_confirm_old", "email_change_confirm_new"])
def test_the_words_of_a_letter_that_opens_an_account_are_shown_to_nobody(at_desk, sale, kind):
    colleague = at_desk("administrator")
    notice = letter_with_body(sale, kind=kind, html="<p>123456</p>")
    page = colleague.see("desk_letter", notice.pk)
    assert "iframe" not in page.content.decode()
    assert "123456" not in page.content.decode()
    assert colleague.see("desk_letter_as_sent", notice.pk).status_code == 404
    assert colleague.see("desk_act_resend_letter", notice.pk).status_code == 409


def test_an_empty_dashboard_says_so_with_pride(at_desk):
    page_says = text_of(at_desk("fulfilment").see("desk_home"))
    assert said("Nothing to explain.") in page_says


def test_the_dashboard_shows_each_desk_with_age_and_owner_late_jobs_findings_and_today(at_desk, sale):
    now = timezone.now()
    colleague = at_desk("administrator")
    runs.know([("letters", 5, 600)], at=now - timedelta(hours=2))
    AuditFinding.objects.create(invariant="BALANCED", subject="entry:9", sentence="does not sum to zero", found_at=now)
    DeskItem.objects.create(
        desk="finance",
        kind="x",
        subject=f"payment:{sale.payment.pk}",
        sentence="À regarder.",
        opened_at=now - timedelta(days=3),
        owner=colleague.user,
    )
    Notice.objects.filter(pk=sale.letter.pk).update(state="failed", failure="no such mailbox, or refused by policy")
    page_says = text_of(colleague.see("desk_home")).replace("\xa0", " ")
    for word in (
        "À regarder.",
        "Administrator Martin",
        "letters",
        "BALANCED",
        said("does not sum to zero"),
        said("no such mailbox, or refused by policy"),
        "27,60 €",
    ):
        assert word in page_says, word
    assert said("%(count)s d") % {"count": 3} in page_says
    assert said("late") in text_of(colleague.see("desk_clock"))


def test_nobody_sees_a_desk_that_is_not_theirs(at_desk):
    item = DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="Secret.", opened_at=timezone.now()
    )
    support = at_desk("support")
    assert "Secret." not in text_of(support.see("desk_home"))
    for answer in (
        support.see("desk_items", "finance"),
        support.see("desk_item", item.pk),
        support.see("desk_act_close", item.pk),
    ):
        assert answer.status_code == 403
        assert said("work at the finance desk") in text_of(answer)
    assert support.see("desk_items", "nowhere").status_code == 404


def test_every_list_shows_its_row_and_its_filter(at_desk, sale):
    colleague = at_desk("administrator")
    shown = {
        "desk_orders": (sale.order.reference, "paid", "expired"),
        "desk_payments": (sale.payment.reference, "succeeded", "declined"),
        "desk_stripe_events": ("payment_intent.succeeded", "applied", "parked"),
        "desk_invoices": (sale.invoice.reference, "invoice", "credit_note"),
        "desk_letters": (sale.customer.email, "queued", "failed"),
        "desk_entries": (sale.invoice.reference, "VE", "BQ"),
    }
    for name, (word, holds, holds_not) in shown.items():
        assert word in text_of(colleague.see(name)), name
        assert word in text_of(colleague.see(name, etat=holds)), name
        assert not colleague.see(name, etat=holds_not).context["table"].rows, name
        assert said("Nothing to explain.") in text_of(colleague.see(name, etat=holds_not)), name
    assert colleague.see("desk_refunds").status_code == colleague.see("desk_acts").status_code == 200


def test_lists_go_by_key_both_ways_without_loss_or_double(at_desk, offers):
    from django.test import RequestFactory

    from shop.backoffice.paging import paged

    for number in range(1, 8):
        sell(offers["fixed"], number=number)
    keys = sorted(Payment.objects.values_list("pk", flat=True), reverse=True)
    for by in ("-pk", "-state_since", "pk"):
        url, seen, pages = "/", [], []
        while url:
            page = paged(RequestFactory().get(url), Payment.objects.filter(state="succeeded"), by=by, size=3)
            pages.append([row.pk for row in page.rows])
            seen += pages[-1]
            previous, url = page.previous_url, page.next_url
        assert seen == (keys if by.startswith("-") else keys[::-1])
        back = paged(RequestFactory().get(previous), Payment.objects.filter(state="succeeded"), by=by, size=3)
        assert [row.pk for row in back.rows] == pages[1]
        first = paged(RequestFactory().get(back.previous_url), Payment.objects.filter(state="succeeded"), by=by, size=3)
        assert ([row.pk for row in first.rows], first.previous_url) == (pages[0], None)


def test_actors_are_people_jobs_and_stripe_never_raw_keys(at_desk, sale):
    from shop.backoffice import words

    colleague = at_desk("finance")
    names = words.names_of_staff([f"staff:{colleague.user.pk}"])
    assert words.who(f"staff:{colleague.user.pk}", names) == "Finance Martin"
    assert words.who(str(job("refunds")), {}) == gettext("by itself (%(job)s)") % {"job": gettext("refunds")}
    assert words.who(str(Actor("stripe", "evt_1")), {}) == "Stripe"
    assert words.who("reader:12", {}) == gettext("the reader")


def test_every_state_of_every_table_has_its_words():
    from payments.models import Refund, StripeEvent
    from shop.backoffice import words
    from subscriptions.models import (
        Consent,
        Entitlement,
        EntitlementMovement,
        Issue,
        Offer,
        Order,
        Renewal,
        Subscription,
    )
    from subscriptions.notices.letters import LETTERS

    for states, table in (
        (Order.State, words.ORDER),
        (Payment.State, words.PAYMENT),
        (Payment.Effect, words.EFFECT),
        (Refund.State, words.REFUND),
        (Subscription.State, words.SUBSCRIPTION),
        (Renewal.State, words.NEXT_TERM),
        (Entitlement.State, words.COPY),
        (EntitlementMovement.Kind, words.MOVEMENT),
        (Notice.State, words.LETTER),
        (StripeEvent.State, words.EVENT),
        (Invoice.Kind, words.INVOICE),
        (Issue.State, words.ISSUE),
        (Offer.Renewal, words.RENEWAL),
        (Consent.Matter, words.CONSENT),
        (LETTERS, words.LETTER_KINDS),
    ):
        assert set(states) <= set(table), table
