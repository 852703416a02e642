"""The desk of declarations: what waits is carried out or settled in two steps; a subscription is ended on a ground."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.models import Act, DeskItem, Refund
from subscriptions.models import Declaration, Notice
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.sold import sell
from tests.stopping.people import declares

WHY = "Le lecteur a appelé."


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def unmatched(kind="withdrawal", **changes):
    """A declaration that names no number."""
    return declares(kind, "ActuIA, commandé ce mois-ci", at=timezone.now(), **changes)


def test_a_declaration_that_was_not_recognised_is_carried_out(at_desk, sale):
    declared = unmatched(email="reader1@example.fr")
    colleague = at_desk("support")
    item = DeskItem.objects.get(kind="declaration_unmatched")
    assert reverse("desk_declaration", args=[declared.pk]) in colleague.see("desk_item", item.pk).content.decode()
    page = text_of(colleague.see("desk_declaration", declared.pk))
    for words in ("ActuIA, commandé ce mois-ci", str(sale.subscription), "reader1@example.fr", declared.sha256):
        assert words in page
    form = colleague.see("desk_act_declaration", declared.pk).content.decode()
    assert f'value="{sale.subscription}"' in form, "the only contract that may be meant is written beforehand"
    typed = {"contract": str(sale.subscription), "decision": "rule", "reason": WHY}
    shown = text_of(colleague.rehearse("desk_act_declaration", declared.pk, **typed))
    assert "27,60 €" in shown
    assert "Tout ce que vous avez payé" in shown
    assert Refund.objects.count() == 0
    answer = colleague.act("desk_act_declaration", declared.pk, **typed)
    assert answer.url == reverse("desk_declaration", args=[declared.pk])
    declared.refresh_from_db()
    sale.subscription.refresh_from_db()
    assert (declared.state, declared.effect, sale.subscription.state) == ("applied", "withdrawn", "ended")
    item.refresh_from_db()
    assert (item.closed_by, item.closed_because) == (f"staff:{colleague.user.pk}", WHY)
    assert Act.objects.get(verb="applied a declaration").reason == WHY
    assert Notice.objects.get(kind="declaration_applied").to_email == "reader1@example.fr"
    assert colleague.see("desk_act_declaration", declared.pk).status_code == 409


def test_a_number_that_is_nobodys_and_a_rule_that_does_not_decide_are_said(at_desk, sale):
    declared = unmatched("termination", ground="moved")
    colleague = at_desk("support")
    wrong = colleague.rehearse("desk_act_declaration", declared.pk, contract="99999998", decision="rule", reason=WHY)
    assert said("There is no contract of this number.") in text_of(wrong)
    typed = {"contract": str(sale.subscription), "decision": "rule", "reason": WHY}
    left = colleague.rehearse("desk_act_declaration", declared.pk, **typed)
    assert said("The rule leaves this one to you: choose what is to be done.") in text_of(left)
    colleague.act("desk_act_declaration", declared.pk, **(typed | {"decision": "now"}))
    assert Declaration.objects.get().effect == "ended_now"


def test_an_order_that_is_not_paid_is_found_by_its_number(at_desk, offers):
    from tests.makers import make_wish, place_order

    order = place_order(make_wish(offers["fixed"]), at=timezone.now())
    declared = unmatched()
    colleague = at_desk("support")
    colleague.act("desk_act_declaration", declared.pk, contract=order.reference, decision="rule", reason=WHY)
    declared.refresh_from_db()
    order.refresh_from_db()
    assert (declared.effect, declared.order_id, order.state) == ("withdrawn_unpaid", order.pk, "cancelled")


def test_settled_otherwise(at_desk, sale):
    declared = unmatched()
    colleague = at_desk("support")
    assert colleague.act("desk_act_settle", declared.pk, reason="Répondu par courrier.").status_code == 302
    declared.refresh_from_db()
    assert declared.state == "settled"
    assert DeskItem.objects.filter(closed_at=None).count() == 0


def test_a_subscription_is_ended_for_a_death_and_the_money_goes_to_the_estate(at_desk, sale):
    colleague = at_desk("support")
    act = reverse("desk_act_end", args=[sale.subscription.pk])
    assert act in colleague.see("desk_person", sale.customer.pk).content.decode()
    assert act in colleague.see("desk_subscription", sale.subscription.pk).content.decode()
    typed = {"ground": "death", "to_estate": "on", "reason": "Appel de sa fille."}
    shown = text_of(colleague.rehearse("desk_act_end", sale.subscription.pk, **typed))
    assert "27,60 €" in shown
    assert said("by transfer, on finance’s desk") in shown
    colleague.act("desk_act_end", sale.subscription.pk, **typed)
    sale.subscription.refresh_from_db()
    assert (sale.subscription.state, Refund.objects.count()) == ("ended", 0)
    assert DeskItem.objects.get().kind == "refund_by_transfer"
    assert colleague.see("desk_act_end", sale.subscription.pk).status_code == 409


def test_the_person_page_tells_it_all(at_desk, sale):
    declares("termination", sale.subscription, email="reader1@example.fr", at=timezone.now())
    text = text_of(at_desk("support").see("desk_person", sale.customer.pk))
    declared = Declaration.objects.get()
    assert f"Résiliation {declared.reference} : appliquée".replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert said("Automatic renewal turned off") in text


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_costs_the_same_for_one_and_for_many(at_desk, sale, django_assert_num_queries, many):
    for number in range(many):
        unmatched("termination", words=f"{number}")
    colleague = at_desk("finance")
    colleague.see("desk_declarations")
    with django_assert_num_queries(QUERIES):
        page = colleague.see("desk_declarations", etat="on_desk")
    assert text_of(page).count("RSL-") == many


QUERIES = 8


def test_the_acknowledgement_on_paper_is_for_those_who_gave_no_e_mail(at_desk, sale):
    declared = unmatched("termination", email="", postal_address="12 rue de l’Église\n75004 Paris")
    colleague = at_desk("support")
    answer = colleague.see("desk_declaration_pdf", declared.pk)
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert "sur papier" in text_of(colleague.see("desk_declaration", declared.pk)), "it waits to be posted"
