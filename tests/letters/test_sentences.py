"""What each letter says, word for word: subject and plain text, which is read off the same source as the HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from payments.gateway import decline
from payments.models import Payment
from subscriptions.notices import queue
from subscriptions.notices.delivering import deliver
from subscriptions.notices.letters import LETTERS
from tests.letters.every import code, draft, every, refund_of, texts
from tests.letters.people import AT, pay, place, purchase

pytestmark = pytest.mark.django_db

EXPECTED = Path(__file__).parent / "expected"
NBSP = "\u00a0"
#: Links signed with the keys of rows, which change from one run to the next.
SIGNED = re.compile(
    r"/(reconduction|reabonnement|desinscription|remboursement|cadeau|offrir/encore|tarif|reclamation|votre-adresse)/[^/\s]+/"
)

#: Letters about invoices that are issued when all the others are.
LAST_OF_ALL = {
    "cheque_given_up", "single_confirmation", "institution_invoice", "invoice_overdue", "invoice_credited", "invoice_reissued",
}  # fmt: skip


def test_every_kind_of_the_table_is_written_here(outbox):
    assert {one.kind for one in every()} == set(LETTERS)
    assert {path.stem for path in EXPECTED.glob("*.txt")} == set(LETTERS)


def test_every_letter_says_what_was_agreed(outbox):
    drafts = every()
    queue(drafts)
    assert deliver(500, at=AT).sent == len(drafts)
    for one, letter in zip(drafts, outbox, strict=True):
        said = SIGNED.sub(r"/\1/[signed]/", f"{letter.subject}\n\n{letter.body}")
        said = re.sub(r"/abonnements/\d+/", "/abonnements/[n]/", said)
        if one.kind in LAST_OF_ALL:  # whatever was sold before
            said = re.sub(r"([AF]2027)-\d{6}", r"\1-[n]", said)
        assert said == _expected(one.kind), one.kind


def _expected(kind: str) -> str:
    """The file, with the bank's reason in the words of the gateway's own table and the colophon of every letter."""
    text = (EXPECTED / f"{kind}.txt").read_text(encoding="utf-8")
    with translation.override("fr"):
        for code_, rail in (("insufficient_funds", ""), ("account_closed", "sepa_debit")):
            text = text.replace(f"[{code_}]", str(decline(code_, kind=rail).sentence))
    return text


def text_of(outbox, one):
    """The plain text of one letter."""
    queue([one])
    assert deliver(10, at=AT).sent == 1
    return outbox[-1].body


def test_a_fixed_term_ends_by_itself(outbox):
    texts()
    said = text_of(outbox, draft("order_confirmation", purchase().facts))
    assert (
        f"Votre abonnement s’arrête de lui-même après le n°{NBSP}28{NBSP}: il n’est pas reconduit, "
        "et rien ne sera débité.\n" in said
    )
    assert "reconduction automatique" not in said
    assert f"Prix, port compris{NBSP}: 27,60{NBSP}€ TTC (27,03{NBSP}€ HT, TVA 2,10{NBSP}%{NBSP}: 0,57{NBSP}€)\n" in said


def test_the_two_public_functions_are_named_where_the_site_has_them(outbox, settings):
    settings.ROOT_URLCONF = "tests.letters.urls_with_functions"
    texts()
    said = text_of(outbox, draft("order_confirmation", purchase(automatic=True).facts))
    assert "résilier votre contrat (http://testserver/resiliation/)" in said
    assert "renoncer au contrat ici (http://testserver/retractation/)" in said


@pytest.mark.parametrize("kind", ["consumer", "public_fr", "pro_eu"])
def test_everybody_is_promised_that_they_may_withdraw(outbox, kind):
    texts()
    said = text_of(outbox, draft("order_confirmation", purchase(buyer_kind=kind).facts))
    assert "Vous pouvez vous rétracter" in said
    assert "formulaire-de-retractation.pdf" in [one[0] for one in outbox[-1].attachments]


def test_two_payments_for_one_order_are_said_to_be_two(outbox):
    order = purchase().order
    said = text_of(outbox, draft("order_expired_with_late_money", {"order_id": order.pk}))
    assert outbox[-1].subject == f"Vous avez payé deux fois{NBSP}: nous vous rendons 27,60{NBSP}€"
    assert "Nous avons reçu deux paiements pour votre commande CMD-4K7-PX2-001." in said
    assert "le second paiement vous est rendu en entier" in said


def test_a_refund_of_money_that_was_never_invoiced_speaks_of_no_credit_note(outbox):
    order = place(state="cancelled")
    late = pay(order, kind="sepa_debit")
    Payment.objects.filter(pk=late.pk).update(surplus=True)
    bought = purchase(number=2)
    bought.payment = late
    said = text_of(outbox, draft("refund_sent", {"refund_id": refund_of(bought, credit_note=None).pk}))
    assert f"par le moyen de paiement d’origine{NBSP}: prélèvement SEPA{NBSP}••••{NBSP}3000." in said
    assert f"Ce paiement n’a donné lieu à aucune facture{NBSP}: il n’y a donc pas d’avoir." in said
    assert outbox[-1].attachments == []


def test_what_a_reader_typed_is_written_and_not_obeyed(outbox):
    """Names and addresses are text: in HTML, in MJML and in the preview line."""
    facts = {
        "confirm_path": "/compte/x/",
        "old_email": "a@example.fr",
        "new_email": '<b>&"</mj-text><script>alert(1)</script>@example.fr',
        "expires_at": "2027-01-05T09:30:15+00:00",
    }
    queue([draft("email_change_confirm_old", facts)])
    assert deliver(1, at=AT).sent == 1
    html = outbox[0].alternatives[0][0]
    assert "<script" not in html
    assert "&lt;b&gt;&amp;&quot;&lt;/mj-text&gt;&lt;script&gt;alert(1)&lt;/script&gt;@example.fr" in html
    assert '<b>&"</mj-text><script>alert(1)</script>@example.fr' in outbox[0].body


def test_a_code_is_not_in_the_subject(outbox):
    said = text_of(outbox, code())
    assert "K7XP-29HJ" in said
    assert outbox[-1].subject == "Votre code de connexion"
