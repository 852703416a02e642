"""The pages of a refund by transfer: the reader's own, without an account; and the desks', where an account is never whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import RefundLimit, Transfer, TransferFile
from subscriptions.models import Notice
from subscriptions.stopping.terminating import end_now
from subscriptions.transfer_links import account_path
from tests.backoffice.colleagues import said, seal_of, text_of
from tests.makers import NOW
from tests.renewals.people import subscriber
from tests.stopping.people import JOB
from tests.support.transfers import IBAN, approved, came_back, filed, given, sent

WHOLE = "FR1420041010050500013M02606"
WHY = "Relevé d’identité bancaire reçu."
TYPED = {"holder": "Élodie Lefèvre", "iban": IBAN}


@pytest.fixture(autouse=True)
def _own_account(settings):
    settings.BANK_IBAN, settings.BANK_BIC = "FR7630006000011234567890189", "AGRIFRPP"


@pytest.fixture
def transfer(db):
    return came_back()


def test_the_reader_names_their_account_by_the_link_of_the_letter(client, transfer):
    path = account_path(transfer)
    page = client.get(path)
    assert page.status_code == 200
    assert "27,60 €" in text_of(page).replace("\xa0", " ")
    assert 'name="robots" content="noindex"' in page.content.decode()
    for _time in range(2):
        answer = client.post(path, TYPED)
        assert (answer.status_code, answer["Location"]) == (303, path)
    transfer.refresh_from_db()
    assert (transfer.state, transfer.iban, transfer.iban_end) == ("given", WHOLE, "2606")
    assert transfer.given_by == f"reader:{transfer.customer_id}"
    assert transfer.events.filter(to_state="given").count() == 1
    again = client.get(path).content.decode()
    assert "•••• 2606" in again
    assert WHOLE not in again
    assert "Lefèvre" not in again, "who else reads the letter does not learn whose account it is"
    client.post(path, TYPED | {"iban": "DE89370400440532013000"})
    transfer.refresh_from_db()
    assert transfer.iban_end == "3000"


@pytest.mark.parametrize(
    "typed",
    [{"iban": ""}, {"holder": ""}, {"iban": "FR1420041010050500013M02607"}, {"iban": "BR1500000000000010932840814P2"}],
)
def test_a_slip_is_said_beside_the_field_and_what_was_typed_stays(client, transfer, typed):
    answer = client.post(account_path(transfer), TYPED | typed)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    kept = TYPED | typed
    assert f'value="{kept["holder"]}"' in answer.content.decode() or not kept["holder"]
    transfer.refresh_from_db()
    assert transfer.state == "asked"


def test_once_with_the_bank_the_page_only_tells(client, transfer):
    path = account_path(transfer)
    approved(given(transfer))
    filed()
    assert '<form method="post" class="stack"' not in client.get(path).content.decode()
    client.post(path, TYPED | {"iban": "DE89370400440532013000"})
    transfer.refresh_from_db()
    assert transfer.iban_end == "2606"


@pytest.mark.parametrize("cut", [lambda path: path[:-3] + "xx/", lambda path: "/remboursement/1.abc/"])
def test_a_link_that_is_not_ours_shows_nothing(client, transfer, cut):
    answer = client.get(cut(account_path(transfer)))
    assert answer.status_code == 404
    assert "27,60" not in text_of(answer)


def test_the_form_wants_its_token_and_is_limited(transfer):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(account_path(transfer), TYPED).status_code == 403
    client = Client()
    answers = [client.post(account_path(transfer), {"holder": "", "iban": ""}).status_code for _try in range(31)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_support_writes_it_down_and_finance_carries_it_through(at_desk, transfer):
    support, finance = at_desk("support"), at_desk("finance")
    item = text_of(finance.see("desk_items", "finance"))
    assert transfer.reference in item
    shown = support.rehearse("desk_act_account", transfer.pk, reason=WHY, **TYPED)
    assert "FR •••• 2606" in text_of(shown)
    assert support.say_yes("desk_act_account", transfer.pk, seal_of(shown), reason=WHY, **TYPED).status_code == 302
    page = support.see("desk_transfer", transfer.pk)
    assert "•••• 2606" in text_of(page)
    assert WHOLE not in page.content.decode()
    assert support.see("desk_act_approve", transfer.pk).status_code == 403
    assert finance.act("desk_act_approve", transfer.pk, reason=WHY).status_code == 302
    transfer.refresh_from_db()
    assert (transfer.state, transfer.approved_by) == ("approved", f"staff:{finance.user.pk}")
    finance.act("desk_act_make_file", 0, reason="Virements de la semaine.")
    file = TransferFile.objects.get()
    xml = finance.see("desk_transfer_file_xml", file.pk)
    assert (xml["Content-Disposition"], WHOLE in xml.content.decode()) == (
        f'attachment; filename="{file.reference}.xml"', True,
    )  # fmt: skip
    assert support.see("desk_transfer_file_xml", file.pk).status_code == 403
    assert "27,60" in finance.see("desk_transfer_file_csv", file.pk).content.decode("utf-8-sig")
    early = finance.rehearse("desk_act_file_sent", file.pk, on="2026-11-22", reason=WHY)
    assert early.status_code == 422
    late = finance.rehearse("desk_act_file_sent", file.pk, on="2036-11-22", reason=WHY)
    assert said("This day has not come yet.") in text_of(late)
    assert finance.act("desk_act_file_sent", file.pk, on="2026-11-23", reason=WHY).status_code == 302
    transfer.refresh_from_db()
    assert transfer.state == "sent"
    assert Notice.objects.filter(kind="transfer_sent").count() == 1
    assert finance.see("desk_act_file_sent", file.pk).status_code == 409
    assert finance.act("desk_act_arrived", transfer.pk, reason=WHY).status_code == 302
    transfer.refresh_from_db()
    assert (transfer.state, transfer.iban) == ("done", "")


@pytest.mark.parametrize("alone", [True, False])
def test_one_finance_person_alone_says_so_where_the_publisher_allows_it(at_desk, transfer, settings, alone):
    settings.TRANSFERS_APPROVED_ALONE = alone
    finance = at_desk("finance")
    finance.act("desk_act_account", transfer.pk, reason=WHY, **TYPED)
    own = finance.rehearse("desk_act_approve", transfer.pk, reason="Seule au bureau cette semaine.")
    assert said("You wrote this account down yourself: a colleague of finance approves it.") in text_of(own)
    finance.act("desk_act_approve", transfer.pk, reason="Seule au bureau cette semaine.", alone="on")
    transfer.refresh_from_db()
    assert transfer.state == ("approved" if alone else "given")
    if alone:
        assert "Seule au bureau cette semaine." in text_of(finance.see("desk_transfer", transfer.pk))
        assert said("alone") in text_of(finance.see("desk_transfers"))


def test_an_account_that_changed_between_look_and_yes_is_shown_again(at_desk, transfer):
    given(transfer)
    finance = at_desk("finance")
    seal = seal_of(finance.rehearse("desk_act_approve", transfer.pk, reason=WHY))
    given(transfer, iban="DE89370400440532013000")
    answer = finance.say_yes("desk_act_approve", transfer.pk, seal, reason=WHY)
    assert "DE •••• 3000" in text_of(answer)
    transfer.refresh_from_db()
    assert transfer.state == "given"


def test_it_comes_back_and_is_asked_for_again(at_desk, transfer):
    sent(transfer)
    finance = at_desk("finance")
    finance.act("desk_act_came_back", transfer.pk, on="2026-11-23", reason="Compte clos.")
    anew = Transfer.objects.get(follows=transfer)
    assert anew.reference in text_of(finance.see("desk_transfer", transfer.pk))
    assert transfer.reference in text_of(finance.see("desk_transfer", anew.pk))


def test_it_is_cancelled_and_a_file_discarded(at_desk, transfer):
    approved(given(transfer))
    file = filed()
    finance = at_desk("finance")
    assert finance.act("desk_act_cancel_transfer", transfer.pk, reason=WHY).status_code == 422
    assert finance.act("desk_act_file_discard", file.pk, reason=WHY).status_code == 302
    assert finance.act("desk_act_cancel_transfer", transfer.pk, reason=WHY).status_code == 302
    page = text_of(finance.see("desk_refund", transfer.refund_id))
    assert said("Give it back by transfer") in page
    assert finance.act("desk_act_begin_transfer", transfer.refund_id, reason=WHY).status_code == 302
    assert Transfer.objects.filter(state="asked").count() == 1


def test_a_cancelled_one_is_asked_for_again_once(at_desk, transfer):
    finance = at_desk("finance")
    assert said("Ask again") not in text_of(finance.see("desk_transfer", transfer.pk))
    finance.act("desk_act_cancel_transfer", transfer.pk, reason=WHY)
    assert said("Ask again") in text_of(finance.see("desk_transfer", transfer.pk))
    assert finance.act("desk_act_ask_again", transfer.pk, reason=WHY).status_code == 302
    assert Transfer.objects.get(follows=transfer).state == "asked"
    assert said("Ask again") not in text_of(finance.see("desk_transfer", transfer.pk))


@pytest.mark.parametrize(
    ("ground", "estate", "sentence"),
    [
        ("moved", False, "The reader is asked for an IBAN by letter."),
        ("death", True, "To the estate: no letter leaves, the heirs are asked for an IBAN by a person."),
    ],
)
def test_nobody_is_said_to_write_to_the_dead(at_desk, ground, estate, sentence):
    pk, late = subscriber(kind="sepa_debit").pk, NOW + timedelta(days=181)
    end_now(pk, ground, actor=JOB, at=late, reason="Sa fille.", to_estate=estate)
    transfer, finance = Transfer.objects.get(), at_desk("finance")
    finance.act("desk_act_cancel_transfer", transfer.pk, reason=WHY)
    before = Notice.objects.count()
    assert said(sentence) in text_of(finance.rehearse("desk_act_ask_again", transfer.pk, reason=WHY))
    finance.act("desk_act_ask_again", transfer.pk, reason=WHY)
    assert Notice.objects.count() == before + (not estate)


@pytest.mark.parametrize("role", ["support", "fulfilment"])
@pytest.mark.parametrize("name", ["desk_act_make_file", "desk_transfer_files"])
def test_files_are_finances(at_desk, role, name):
    assert at_desk(role).see(name).status_code == 403


def test_the_limit_of_refunds_is_finances_to_set(at_desk):
    finance = at_desk("finance")
    typed = {"role": "support", "amount": "50,00", "valid_from": "2026-11-01", "change_reason": "Décidé en comité."}
    url = "/gestion/registres/payments/refundlimit/add/"
    assert at_desk("support").browser.post(url, typed).status_code == 403
    assert finance.browser.post(url, typed).status_code == 302
    assert str(RefundLimit.objects.latest("pk").amount.amount) == "50.00"


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_costs_the_same_for_one_and_for_many(at_desk, django_assert_num_queries, many, transfer):
    for number in range(1, many):
        Transfer.objects.create(
            reference=f"VIR-{number}", payment=None, credit_note=transfer.credit_note, customer=transfer.customer,
            amount=transfer.amount, because="failed", reason="x", actor="job:tests", created_at=transfer.created_at,
            state="cancelled", state_since=transfer.created_at,
        )  # fmt: skip
    finance = at_desk("finance")
    finance.see("desk_transfers")
    with django_assert_num_queries(8):
        page = finance.see("desk_transfers", etat="")
    assert text_of(page).count("VIR-") == many


def test_reverse_names_are_what_letters_promise(transfer):
    assert account_path(transfer) == reverse("account_wanted", args=[account_path(transfer).split("/")[2]])
