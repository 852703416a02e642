"""Acts: two steps, a reason, one row that says who did what to whom and why; and no way around them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.models import Act, DeskItem
from shop.customers.models import Customer, EmailChange
from subscriptions.models import AddressChange, Notice
from subscriptions.notices.moving import move
from tests.backoffice.colleagues import PASSWORD, code_now, hire, said, seal_of, text_of
from tests.backoffice.sold import sell

WHY = "Le lecteur a appelé."


@pytest.fixture
def sale(offers):
    return sell(offers["automatic"])


def only_act(verb):
    return Act.objects.get(verb=verb)


def test_a_matter_is_taken_then_closed_each_with_a_reason(at_desk):
    colleague = at_desk("finance")
    item = DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="Écart.", opened_at=timezone.now()
    )
    assert colleague.act("desk_act_take", item.pk, reason=WHY).url == reverse("desk_item", args=[item.pk])
    item.refresh_from_db()
    assert item.owner_id == colleague.user.pk
    assert colleague.act("desk_act_close", item.pk, reason="Expliqué par la banque.").status_code == 302
    item.refresh_from_db()
    assert (item.closed_by, item.closed_because) == (f"staff:{colleague.user.pk}", "Expliqué par la banque.")
    assert [(act.verb, act.subject, act.reason, act.actor) for act in Act.objects.order_by("pk")] == [
        ("took a desk item", f"desk:{item.pk}", WHY, f"staff:{colleague.user.pk}"),
        ("closed a desk item", f"desk:{item.pk}", "Expliqué par la banque.", f"staff:{colleague.user.pk}"),
    ]
    again = colleague.see("desk_act_close", item.pk)
    assert again.status_code == 409
    assert "Expliqué par la banque." in text_of(again)


def test_without_a_reason_nothing_happens_and_what_was_typed_stays(at_desk, sale):
    colleague = at_desk("support")
    answer = colleague.rehearse(
        "desk_act_email", sale.customer.pk, new_email="neuf@example.fr", checked=["invoice", "card"]
    )
    assert answer.status_code == 422
    assert said("Please say why: a colleague will want to know.") in text_of(answer)
    assert 'value="neuf@example.fr"' in answer.content.decode()
    assert Act.objects.count() == 0


def test_the_first_step_alone_and_a_yes_without_its_seal_change_nothing(at_desk, sale):
    colleague = at_desk("support")
    typed = {"new_email": "neuf@example.fr", "checked": ["invoice", "card"], "reason": WHY}
    shown = colleague.rehearse("desk_act_email", sale.customer.pk, **typed)
    assert "neuf@example.fr" in text_of(shown)
    for seal in ("", "forged", seal_of(shown)[:-2] + "xx"):
        assert colleague.say_yes("desk_act_email", sale.customer.pk, seal, **typed).status_code == 200
    other = {**typed, "new_email": "autre@example.fr"}
    changed = colleague.say_yes("desk_act_email", sale.customer.pk, seal_of(shown), **other)
    assert "autre@example.fr" in text_of(changed), "what was typed after the preview is shown again first"
    sale.customer.refresh_from_db()
    assert (sale.customer.email, Act.objects.count()) == ("reader1@example.fr", 0)


def test_a_seal_is_good_for_its_own_act_thing_and_person_and_for_an_hour(at_desk, offers, clock):
    first, second = sell(offers["fixed"], number=1), sell(offers["fixed"], number=2)
    colleague, other = at_desk("support"), at_desk("administrator")
    typed = {"new_email": "neuf@example.fr", "checked": ["invoice", "card"], "reason": WHY}
    seal = seal_of(colleague.rehearse("desk_act_email", first.customer.pk, **typed))
    assert colleague.say_yes("desk_act_email", second.customer.pk, seal, **typed).status_code == 200
    assert other.say_yes("desk_act_email", first.customer.pk, seal, **typed).status_code == 200
    clock.shift(timedelta(hours=1, seconds=1))
    assert colleague.say_yes("desk_act_email", first.customer.pk, seal, **typed).status_code == 200
    assert Act.objects.count() == 0


def test_what_changed_between_the_steps_is_shown_again_instead_of_being_done(at_desk, sale):
    colleague = at_desk("support")
    typed = {"new_email": "neuf@example.fr", "checked": ["invoice", "card"], "reason": WHY}
    seal = seal_of(colleague.rehearse("desk_act_email", sale.customer.pk, **typed))
    Customer.objects.filter(pk=sale.customer.pk).update(email="entretemps@example.fr")
    answer = colleague.say_yes("desk_act_email", sale.customer.pk, seal, **typed)
    assert answer.status_code == 200
    assert "entretemps@example.fr" in text_of(answer)
    assert Act.objects.count() == 0


def test_a_lost_e_mail_is_replaced_after_two_checks_which_are_kept(at_desk, sale):
    reader = Client()
    reader.force_login(sale.customer, backend="django.contrib.auth.backends.ModelBackend")
    colleague = at_desk("support")
    one = colleague.rehearse(
        "desk_act_email", sale.customer.pk, new_email="neuf@example.fr", checked=["card"], reason=WHY
    )
    assert said("Please check the reader's identity in two ways at least.") in text_of(one)
    typed = {"new_email": "Neuf@Example.fr", "checked": ["subscriber_number", "called_back"], "reason": WHY}
    assert colleague.act("desk_act_email", sale.customer.pk, **typed).status_code == 302
    sale.customer.refresh_from_db()
    assert sale.customer.email == "neuf@example.fr"
    assert "neuf@example.fr" in sale.customer.search
    act = only_act("replaced an e-mail")
    assert (act.subject, act.reason, act.actor) == (f"customer:{sale.customer.pk}", WHY, f"staff:{colleague.user.pk}")
    assert act.facts == {"checked": ["called_back", "subscriber_number"]}
    change = EmailChange.objects.get()
    assert (change.new_email, change.actor, change.done_at is not None) == ("neuf@example.fr", act.actor, True)
    assert set(Notice.objects.filter(kind="email_changed").values_list("to_email", flat=True)) == {
        "reader1@example.fr",
        "neuf@example.fr",
    }


def test_an_e_mail_of_somebody_else_or_of_the_team_is_refused(at_desk, offers):
    first, second = sell(offers["fixed"], number=1), sell(offers["fixed"], number=2)
    colleague = at_desk("support")
    typed = {"new_email": "READER2@example.fr", "checked": ["invoice", "card"], "reason": WHY}
    answer = colleague.act("desk_act_email", first.customer.pk, **typed)
    assert answer.status_code == 422
    assert said("This address belongs to another reader. Nothing was changed.") in text_of(answer)
    same = colleague.act("desk_act_email", second.customer.pk, **typed)
    assert said("This is already the reader's address.") in text_of(same)
    assert colleague.see("desk_act_email", colleague.user.pk).status_code == 409
    assert EmailChange.objects.count() == 0


ADDRESS = {
    "kind": "person",
    "country": "FR",
    "title": "MME",
    "first_name": "Élodie",
    "last_name": "Lefèvre",
    "street": "3 rue de la Paix",
    "postcode": "69001",
    "town": "Lyon",
    "reason": WHY,
}


def test_an_address_is_corrected_from_the_first_issue_it_reaches(at_desk, sale):
    colleague = at_desk("fulfilment")
    recipient = sale.subscription.recipient
    shown = colleague.rehearse("desk_act_address", recipient.pk, **ADDRESS)
    page_says = text_of(shown)
    assert "3 RUE DE LA PAIX 69001 LYON" in page_says
    assert "12 BIS RUE DE L EGLISE" in page_says
    assert "n° 25" in page_says.replace("\xa0", " ")
    assert colleague.act("desk_act_address", recipient.pk, **ADDRESS).url == reverse(
        "desk_person", args=[sale.customer.pk]
    )
    change = AddressChange.objects.select_related("first_issue", "new").get()
    assert (change.first_issue.number, change.new.town, change.reason) == (25, "Lyon", WHY)
    assert change.actor == f"staff:{colleague.user.pk}"
    assert Act.objects.filter(actor=change.actor, reason=WHY).exists()
    assert Notice.objects.filter(kind="address_changed").count() == 1
    sale.customer.refresh_from_db()
    assert "69001 lyon" in sale.customer.search
    again = colleague.act("desk_act_address", recipient.pk, **ADDRESS)
    assert said("This is already the address on the label.") in text_of(again)
    assert AddressChange.objects.count() == 1


def test_a_wrong_address_says_what_is_wrong_beside_its_field(at_desk, sale):
    colleague = at_desk("support")
    answer = colleague.rehearse(
        "desk_act_address", sale.subscription.recipient_id, **{**ADDRESS, "postcode": "6900", "street": ""}
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"postcode", "street"}
    assert 'value="6900"' in answer.content.decode()


def test_an_invoice_is_sent_again_by_the_letter_that_carried_it(at_desk, sale):
    Notice.objects.filter(pk=sale.letter.pk).update(state="sent")
    Customer.objects.filter(pk=sale.customer.pk).update(email="present@example.fr")
    colleague = at_desk("finance")
    shown = colleague.rehearse("desk_act_resend_invoice", sale.invoice.pk, reason=WHY)
    assert "present@example.fr" in text_of(shown)
    seal = seal_of(shown)
    for _time in range(2):
        answer = colleague.say_yes("desk_act_resend_invoice", sale.invoice.pk, seal, reason=WHY)
        assert answer.url == reverse("desk_invoice", args=[sale.invoice.pk])
    [again] = Notice.objects.filter(kind="order_confirmation").exclude(pk=sale.letter.pk)
    assert (again.to_email, again.state, again.facts) == ("present@example.fr", "queued", sale.letter.facts)
    act = only_act("resent an invoice")
    assert (act.subject, act.reason, act.facts) == (f"invoice:{sale.invoice.pk}", WHY, {"notice": sale.letter.pk})


def test_a_failed_letter_is_tried_again_and_its_matter_closed(at_desk, sale):
    Notice.objects.filter(pk=sale.letter.pk).update(state="failed", failure="no such mailbox")
    subject = f"notice:{sale.letter.pk}"
    DeskItem.objects.create(
        desk="support", kind="letter_failed", subject=subject, sentence="…", opened_at=timezone.now()
    )
    colleague = at_desk("support")
    assert colleague.act("desk_act_retry_letter", sale.letter.pk, reason=WHY).status_code == 302
    assert Notice.objects.filter(kind="order_confirmation", state="queued").count() == 1
    assert DeskItem.objects.get(subject=subject).closed_because == WHY
    assert only_act("send_letter_again").reason == WHY


def test_a_letter_on_its_way_cannot_be_sent_again_and_one_that_left_was_no_failure(at_desk, sale):
    colleague = at_desk("support")
    assert colleague.see("desk_act_resend_letter", sale.letter.pk).status_code == 409
    Notice.objects.filter(pk=sale.letter.pk).update(state="sent")
    assert colleague.see("desk_act_resend_letter", sale.letter.pk).status_code == 200
    assert colleague.see("desk_act_retry_letter", sale.letter.pk).status_code == 409


@pytest.mark.parametrize(("left", "state"), [("yes", "sent"), ("no", "queued")])
def test_a_doubt_is_settled_by_what_the_log_says(at_desk, sale, left, state):
    Notice.objects.filter(pk=sale.letter.pk).update(state="sending")
    sale.letter.refresh_from_db()
    assert move(sale.letter, Notice.State.DOUBTFUL, at=timezone.now())
    colleague = at_desk("support")
    assert colleague.act("desk_act_settle_doubt", sale.letter.pk, left=left, reason=WHY).status_code == 302
    sale.letter.refresh_from_db()
    assert sale.letter.state == state
    assert only_act("settle_doubt").facts == {"left": left == "yes"}
    assert colleague.see("desk_act_settle_doubt", sale.letter.pk).status_code == 409


def test_acts_want_the_csrf_token(at_desk, sale):
    colleague = hire("support", email="csrf@team.example")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["csrftoken"] = token = "a" * 32
    strict.post(
        "/gestion/connexion/", {"username": colleague.user.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    )
    token = strict.cookies["csrftoken"].value
    strict.post("/gestion/connexion/code/", {"code": code_now(colleague.secret), "csrfmiddlewaretoken": token})
    assert strict.get("/gestion/").status_code == 200
    url = reverse("desk_act_email", args=[sale.customer.pk])
    assert strict.post(url, {"step": "preview", "reason": WHY}).status_code == 403


def test_roles_are_changed_by_an_administrator_never_their_own(at_desk):
    boss, other = at_desk("administrator"), at_desk("support")
    assert boss.see("desk_act_roles", boss.user.pk).status_code == 409
    assert boss.act("desk_act_roles", other.user.pk, roles=["finance", "fulfilment"], reason=WHY).status_code == 302
    assert sorted(other.user.groups.values_list("name", flat=True)) == ["finance", "fulfilment"]
    act = only_act("changed roles")
    assert (act.facts, act.reason) == ({"before": ["support"], "after": ["finance", "fulfilment"]}, WHY)
    assert other.see("desk_payments").status_code == 200


def test_a_lost_device_is_taken_away_and_its_session_ends(at_desk):
    boss, other = at_desk("administrator"), at_desk("support")
    assert boss.act("desk_act_reset", other.user.pk, reason=WHY).url == reverse("desk_team")
    assert other.see("desk_home").status_code == 302
    assert said("not yet") in text_of(boss.see("desk_team"))
    assert only_act("reset a second factor").subject == f"customer:{other.user.pk}"
    answer = boss.act("desk_act_reset", other.user.pk, reason=WHY)
    assert said("There is no second factor to take away.") in text_of(answer)


def test_no_act_can_be_rewritten_or_taken_back(at_desk, sale):
    colleague = at_desk("finance")
    item = DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="…", opened_at=timezone.now()
    )
    colleague.act("desk_act_take", item.pk, reason=WHY)
    for sql in ("UPDATE payments_act SET reason = 'autre'", "DELETE FROM payments_act"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert only_act("took a desk item").reason == WHY
