"""Disputes at the desk of finance: seen with their deadlines, looked at as a draft, frozen, submitted once, or accepted."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from payments.disputing import apply
from payments.models import Act, DeskItem, Dispute, DisputeAnswer, DisputePackage, Payment
from payments.sandbox.disputing import dispute
from subscriptions.models import Entitlement
from tests.backoffice.colleagues import seal_of, text_of
from tests.backoffice.conftest import at_desk, till
from tests.backoffice.sold import sell
from tests.disputes.people import BANK, says
from tests.makers import NOW, make_magazine, make_offers, make_wish, open_page, place_order
from tests.purchase.conftest import hear
from tests.sandbox.fixtures import standin

__all__ = ["at_desk", "hear", "standin", "till"]
WHY = "Tout a été posté, rien n’est revenu."


def told(finance, contested) -> str:
    """The page of the dispute, on which the act has said what it did."""
    return text_of(finance.see("desk_dispute", contested.pk))


@pytest.fixture
def contested(transactional_db, till, hear) -> Dispute:
    """A year paid by card, and contested."""
    offers = make_offers(make_magazine())
    order = place_order(make_wish(offers["automatic"]), at=timezone.now())
    till.pay(open_page(order, at=timezone.now()).checkout_url, card="4242424242424242")
    while hear():
        pass
    dispute(till.application.world, Payment.objects.get().stripe_charge)
    hear()
    return Dispute.objects.get()


def test_the_list_says_what_is_next_and_whose_it_is(contested, at_desk):
    finance = at_desk("finance")
    text = text_of(finance.see("desk_disputes"))
    for word in ("10 jours", "réponse attendue", "numéros non reçus", "27,60 €", "personne encore", "Lefèvre"):
        assert word in text, word
    assert "10 jours" in text_of(finance.see("desk_home"))
    Dispute.objects.update(respond_by=timezone.now() + timedelta(days=1))
    assert "1 jour" in text_of(finance.see("desk_disputes"))
    Dispute.objects.update(respond_by=timezone.now() - timedelta(hours=1))
    assert "trop tard" in text_of(finance.see("desk_disputes"))
    Dispute.objects.update(status="under_review")
    assert "trop tard" not in text_of(finance.see("desk_disputes"))
    assert "Contestations à traiter" not in text_of(finance.see("desk_home"))


def test_from_the_draft_to_the_bank_in_two_acts_of_two_steps_each(contested, at_desk, till):
    finance = at_desk("finance")
    page = text_of(finance.see("desk_dispute", contested.pk))
    for word in ("Ce que le dossier contiendrait", "Ce qui joue contre nous", "Aucun exemplaire de ce qui a été payé"):
        assert word in page, word
    draft = finance.see("desk_dispute_draft", contested.pk)
    assert (draft.status_code, draft["Content-Type"]) == (200, "application/pdf")
    assert "DRAFT" in PdfReader(io.BytesIO(draft.content)).pages[0].extract_text()
    assert "Figez d’abord les preuves." in text_of(finance.see("desk_act_submit_evidence", contested.pk))

    answer = finance.act("desk_act_freeze_evidence", contested.pk, reason=WHY)
    assert answer.status_code == 302
    package = DisputePackage.objects.get()
    assert re.search(r"Le dossier n° 1 est figé : \d pages\.", told(finance, contested))
    kept = finance.see("desk_dispute_package", package.pk)
    assert "DRAFT" not in PdfReader(io.BytesIO(kept.content)).pages[0].extract_text()

    unread = finance.rehearse("desk_act_submit_evidence", contested.pk, reason=WHY)
    assert unread.status_code == 422
    assert "rien ne peut être ajouté une fois que c’est parti" in text_of(unread)
    second = finance.rehearse("desk_act_submit_evidence", contested.pk, reason=WHY, seen="on")
    assert package.document_id in text_of(second)
    assert "DÉFINITIF" in text_of(second)
    assert not DisputeAnswer.objects.exists()
    answer = finance.act("desk_act_submit_evidence", contested.pk, reason=WHY, seen="on")
    given = DisputeAnswer.objects.get()
    assert f"La réponse {given.reference} est chez la banque." in told(finance, contested)
    assert till.application.world.need("dispute", contested.stripe_dispute)["status"] == "under_review"
    verbs = list(Act.objects.filter(subject=f"dispute:{contested.pk}").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["froze evidence", "contested a dispute"]
    page = text_of(finance.see("desk_dispute", contested.pk))
    assert "Elle a déjà une réponse" in page
    assert "répondu avec" in page
    for act in ("desk_act_freeze_evidence", "desk_act_submit_evidence", "desk_act_accept_dispute"):
        assert finance.see(act, contested.pk).status_code == 409


def test_a_package_frozen_meanwhile_is_looked_at_before_it_is_submitted(contested, at_desk):
    """Two colleagues: what was shown is not what would go out; the second step is shown again."""
    finance = at_desk("finance")
    finance.act("desk_act_freeze_evidence", contested.pk, reason=WHY)
    shown = finance.rehearse("desk_act_submit_evidence", contested.pk, reason=WHY, seen="on")
    finance.act("desk_act_freeze_evidence", contested.pk, reason="Il manquait une pièce.")
    answer = finance.say_yes("desk_act_submit_evidence", contested.pk, seal_of(shown), reason=WHY, seen="on")
    assert answer.status_code == 200
    assert not DisputeAnswer.objects.exists()


def test_without_an_answer_of_stripe_the_desk_says_so_and_the_sweep_goes_on(contested, at_desk, till):
    finance = at_desk("finance")
    finance.act("desk_act_freeze_evidence", contested.pk, reason=WHY)
    till.misbehave("timeout_after", method="POST", path=f"/v1/disputes/{contested.stripe_dispute}")
    finance.act("desk_act_submit_evidence", contested.pk, reason=WHY, seen="on")
    assert "n’a pas dit s’il a la réponse" in told(finance, contested)
    assert DisputeAnswer.objects.get().state == "unknown"


def test_accepted_the_year_ends(contested, at_desk):
    finance = at_desk("finance")
    finance.act("desk_act_accept_dispute", contested.pk, reason="Le lecteur a raison.")
    assert "est chez la banque" in told(finance, contested)
    contested.refresh_from_db()
    assert contested.state == "lost"
    assert set(Entitlement.objects.values_list("state", flat=True)) == {"credited"}
    assert "perdue" in text_of(finance.see("desk_disputes", etat="clos"))
    assert finance.see("desk_act_take_dispute", contested.pk).status_code == 409


def test_taken_in_hand_it_is_theirs(contested, at_desk):
    finance = at_desk("finance")
    finance.act("desk_act_take_dispute", contested.pk, reason="Je m’en occupe.")
    contested.refresh_from_db()
    assert contested.owner == finance.user
    assert DeskItem.objects.get(kind="charge.dispute.created").owner == finance.user
    assert finance.user.full_name in text_of(finance.see("desk_disputes"))


def test_support_sees_that_a_payment_is_disputed_and_not_the_evidence(contested, at_desk):
    support = at_desk("support")
    assert support.see("desk_disputes").status_code == 403
    page = support.see("desk_payment", contested.payment_id)
    assert page.status_code == 200
    assert "/contestations/" not in page.content.decode()


@pytest.mark.django_db
def test_one_dispute_or_three_cost_the_same_queries(at_desk):
    offers = make_offers(make_magazine())
    finance = at_desk("finance")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            finance.see("desk_disputes")
        return len(queries)

    counts = []
    for number in (1, 2, 3):
        payment = sell(offers["fixed"], number=number).payment
        apply(says(payment), payment_id=payment.pk, actor=BANK, at=NOW)
        counts.append(asked())
    assert counts[0] == counts[-1]
