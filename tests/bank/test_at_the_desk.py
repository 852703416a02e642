"""The bank's pages for finance: a file is looked at and let in, a line explained and undone; support sees none of it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments.bank.rules import add_rule, end_rule
from payments.documents import purge
from payments.models import BankLine, BankReceipt, BankRule, BankStatement, CsvProfile, Document
from tests.backoffice.colleagues import text_of
from tests.bank.coming import come
from tests.bank.files import DAY, PROFILE, Said, camt, csv
from tests.institutions.papers import COLLEAGUE, take
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]
WHY = "Relevé de novembre."


def hand_in(colleague, body: bytes, **typed):
    file = SimpleUploadedFile("releve.xml", body)
    return colleague.browser.post(reverse("desk_act_bank_file"), {"file": file, "reason": WHY, **typed})


def seal_of(answer) -> str:
    return re.search(r'name="seal" value="([^"]+)"', answer.content.decode()).group(1)


def says(colleague, answer):
    return colleague.browser.post(
        reverse("desk_act_bank_file"), {"step": "let_in", "seal": seal_of(answer)}, follow=True
    )


def test_a_file_is_looked_at_and_let_in_by_a_second_click(at_desk):
    finance = at_desk("finance")
    number = take().invoice.reference
    story = [Said("27.60", number, "UNIV LYON", ref="BQ0001"), Said("26.94", "STRIPE"), Said("5.00", "INCONNU", "X")]
    shown = hand_in(finance, camt(story))
    for words in ("expliquées d’elles-mêmes", "27,60", f"Nomme {number} en entier", "ressemblent à un virement Stripe"):
        assert words in text_of(shown)
    assert not BankStatement.objects.exists()
    [looked_at] = Document.objects.filter(media_type="application/zlib")
    assert looked_at.keep_until <= timezone.localdate() + timedelta(days=1)
    answer = says(finance, shown)
    statement = BankStatement.objects.get()
    assert (statement.file_name, statement.reason) == ("releve.xml", WHY)
    assert statement.reference in text_of(answer)
    assert BankReceipt.objects.count() == 1
    assert "est déjà là" in text_of(says(finance, shown))
    assert hand_in(finance, camt(story)).status_code == 422
    assert BankStatement.objects.count() == 1
    assert finance.see("desk_bank_file", statement.pk).content == camt(story)


def test_a_file_looked_at_again_after_the_purge_is_let_in(at_desk):
    finance = at_desk("finance")
    body = camt([Said("5.00", "INCONNU", "X")])
    hand_in(finance, body)
    assert purge(on=timezone.localdate() + timedelta(days=1), limit=10) == 1
    assert "attend son explication" in text_of(says(finance, hand_in(finance, body)))
    assert BankStatement.objects.count() == 1


def test_what_changes_between_the_page_and_the_yes_shows_it_once_more(at_desk):
    """Finance ends a rule, corrects a profile, or an invoice is paid otherwise, while a colleague looks at the page."""
    finance = at_desk("finance")
    kept = add_rule(
        words="FRAIS CARTE", side="out", most=Decimal(20), key="BANK_FEES", valid_from=DAY, reason=WHY, actor=COLLEAGUE,
        at=NOW,
    )  # fmt: skip
    profile = CsvProfile.objects.create(**PROFILE, actor="staff:7", changed_at=NOW)
    fees = hand_in(finance, camt([Said("-3.00", "FRAIS CARTE BLEUE")]))
    by_profile = hand_in(finance, csv([Said("-3.00", "X", "Y", ref="BQ1")]), profile=profile.pk)
    end_rule(kept.pk, on=DAY, reason=WHY, actor=COLLEAGUE, at=NOW)
    CsvProfile.objects.update(counterparty="Libellé")
    for shown in (fees, by_profile):
        assert "à regarder une fois de plus" in text_of(says(finance, shown))
        assert not BankStatement.objects.exists()
    assert "attend son explication" in text_of(
        says(finance, hand_in(finance, camt([Said("-3.00", "FRAIS CARTE BLEUE")])))
    )


def test_a_file_that_is_refused_says_why_and_keeps_what_was_typed(at_desk):
    finance = at_desk("finance")
    shown = hand_in(finance, camt([Said("5.00")], closing="9.99"))
    assert shown.status_code == 422
    assert "ne mènent pas d’un solde à l’autre" in text_of(shown)
    assert 'name="seal"' not in shown.content.decode()
    assert WHY in shown.content.decode()
    assert "abîmé ou coupé" in text_of(hand_in(finance, camt([Said("5.00")])[:-90]))
    huge = finance.browser.post(reverse("desk_act_bank_file"), CONTENT_LENGTH=str(30 * 1024 * 1024))
    assert huge.status_code == 413
    assert "20 Mo" in text_of(huge)


def test_from_a_line_to_its_reader_in_one_click_and_back(at_desk):
    finance = at_desk("finance")
    ordered = take()
    [line] = come(Said("27.60", ordered.invoice.reference, "UNIV LYON", ref="BQ0001"))
    page = finance.see("desk_bank_line", line.pk).content.decode()
    for url in (
        reverse("desk_person", args=[ordered.invoice.customer_id]), reverse("desk_invoice", args=[ordered.invoice.pk]),
        reverse("desk_receipt", args=[BankReceipt.objects.get().pk]), reverse("desk_bank_statement", args=[line.statement_id]),
    ):  # fmt: skip
        assert f'href="{url}"' in page
    back = finance.see("desk_receipt", BankReceipt.objects.get().pk).content.decode()
    assert f'href="{reverse("desk_bank_line", args=[line.pk])}"' in back


def test_a_proposal_is_accepted_in_two_steps(at_desk):
    finance = at_desk("finance")
    number = take().invoice.reference
    [line] = come(Said("27.60", f"F{number[1:5]}-{int(number[6:])}", "UNIV LYON", ref="BQ0001"))
    page = finance.see("desk_bank_line", line.pk)
    assert "sans ses zéros" in text_of(page)
    url = re.search(r'href="([^"]+accepter/\?quoi=[^"]+)"', page.content.decode()).group(1)
    form = finance.browser.get(url.replace("&amp;", "&")).content.decode()
    chosen = re.search(r'value="(invoices:\d+)"[^>]*checked', form).group(1)
    answer = finance.act("desk_act_bank_accept", line.pk, proposal=chosen, reason="comme proposé")
    assert answer.url == reverse("desk_bank_line", args=[line.pk])
    line.refresh_from_db()
    assert line.left == 0
    assert finance.rehearse("desk_act_bank_accept", line.pk, proposal=chosen, reason="encore").status_code == 409


def test_invoices_that_a_person_names_an_account_and_what_is_not_the_shop_s(at_desk):
    finance = at_desk("finance")
    number = take().invoice.reference
    paid, fee, salary = come(Said("27.60", "?", ref="BQ0001"), Said("-3.00", "FRAIS"), Said("-900.00", "SALAIRES"))
    assert finance.rehearse("desk_act_bank_invoices", paid.pk, numbers="F2020-000001", reason=WHY).status_code == 422
    for name, line, typed in (
        ("desk_act_bank_invoices", paid, {"numbers": number}), ("desk_act_bank_book", fee, {"account": "BANK_FEES"}),
        ("desk_act_bank_not_ours", salary, {}),
    ):  # fmt: skip
        assert finance.act(name, line.pk, reason=WHY, **typed).status_code == 302
        line.refresh_from_db()
        assert line.left == 0
    assert finance.act("desk_act_bank_undo", fee.pk, reason="ce n’était pas cela").status_code == 302
    fee.refresh_from_db()
    assert fee.left != 0
    assert "Reste à expliquer" in text_of(finance.see("desk_bank_unexplained"))


def test_a_rule_is_added_looked_at_and_ended(at_desk):
    finance = at_desk("finance")
    come(Said("-3.00", "FRAIS CARTE BLEUE"))
    typed = {
        "words": "frais carte",
        "side": "out",
        "most": "20,00",
        "account": "BANK_FEES",
        "valid_from": "2026-11-01",
        "reason": WHY,
    }
    assert "FRAIS CARTE BLEUE" in text_of(finance.rehearse("desk_act_bank_rule", 0, **typed))
    finance.act("desk_act_bank_rule", 0, **typed)
    rule = BankRule.objects.get()
    assert "frais carte" in text_of(finance.see("desk_bank_rules"))
    finance.act("desk_act_bank_rule_end", rule.pk, reason="banque changée")
    rule.refresh_from_db()
    assert rule.ended_on is not None


def test_a_profile_is_guessed_tried_and_saved(at_desk):
    finance = at_desk("finance")
    url, body = reverse("desk_act_bank_profile_new"), csv([Said("27.60", "F2026-000012", "LYON", ref="BQ1")])

    def send(step: str, **typed):
        return finance.browser.post(url, {"file": SimpleUploadedFile("x.csv", body), "step": step, **typed})

    guessed = send("guess", name="Banque de la Place")
    for value in ('value="Date opération"', 'value="Libellé"', 'value="Débit"', 'value="Banque de la Place"'):
        assert value in guessed.content.decode()
    assert "F2026-000012" in text_of(send("try", **PROFILE))
    assert send("try", **PROFILE | {"booked_on": "Jour"}).status_code == 422
    assert send("save", **PROFILE | {"amount": "Montant"}, reason=WHY).status_code == 422
    assert send("save", **PROFILE, reason=WHY).url == reverse("desk_bank_profiles")
    assert CsvProfile.objects.get().credit == "Crédit"
    assert "Banque de la Place" in text_of(finance.see("desk_bank_profiles"))
    assert send("save", **PROFILE, reason=WHY).status_code == 422
    shown = hand_in(finance, body, profile=CsvProfile.objects.get().pk)
    assert "1 000,00 €" in text_of(shown).replace("\u00a0", " ").replace("\u202f", " ")


def test_support_and_fulfilment_see_none_of_it(at_desk):
    [line] = come(Said("5.00", "?"))
    for role in ("support", "fulfilment"):
        colleague = at_desk(role)
        assert colleague.see("desk_bank").status_code == 403
        assert colleague.see("desk_bank_line", line.pk).status_code == 403
        assert hand_in(colleague, camt([Said("1.00")])).status_code == 403
    assert BankLine.objects.count() == 1


@pytest.mark.parametrize("name", ["desk_bank_statement", "desk_bank_lines", "desk_bank_unexplained", "desk_bank"])
def test_pages_ask_the_database_the_same_for_one_line_and_for_many(at_desk, name):
    finance = at_desk("finance")

    def cost() -> int:
        key = [] if name in ("desk_bank", "desk_bank_unexplained") else [BankStatement.objects.order_by("-pk")[0].pk]
        with CaptureQueriesContext(connection) as asked:
            assert finance.see(name, *key).status_code == 200
        return len(asked)

    come(Said("5.00", "A"), at=NOW)
    cost()
    one = cost()
    come(*[Said("5.00", "A", on=DAY)] * 3, opening="1005.00", ident="R2", sequence="232")
    assert cost() == one
