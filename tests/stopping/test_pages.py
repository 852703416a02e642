"""The two functions as pages: form, recap, done; without an account, without a script, telling nobody of another's contract."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from subscriptions.models import Declaration, Notice, Subscription
from subscriptions.paper.addressing import addresses_of
from subscriptions.texts import load_texts
from tests.account.conftest import _plain_static, elodie, karim, offers  # noqa: F401
from tests.account.people import field, said
from tests.makers import NOW

pytestmark = pytest.mark.django_db

WITHDRAW, TERMINATE = "/retractation/", "/resiliation/"


def typed(reader, **changes):
    facts = {
        "last_name": "Lefèvre",
        "first_name": "Élodie",
        "contract": reader.subscription.number,
        "email": reader.email,
    }
    return facts | changes


def recap(client, path, facts):
    return client.post(path, {"step": "recap", **facts})


def confirm(client, path, page):
    return client.post(path, {"step": "confirm", "carried": field(page, "carried")})


def walk(client, path, facts):
    """Form, recap, last click, done."""
    assert client.get(path).status_code == 200
    page = recap(client, path, facts)
    assert page.status_code == 200, said(page)
    return client.get(confirm(client, path, page).url)


def words(answer):
    return " ".join(said(answer))


@pytest.mark.parametrize(
    ("path", "title", "last_click"),
    [
        (WITHDRAW, "Renoncer au contrat ici", "Confirmer la rétractation"),
        (TERMINATE, "Résilier votre contrat", "Notification de la résiliation"),
    ],
)
def test_the_labels_are_the_laws(elodie, path, title, last_click):  # noqa: F811
    client = Client()
    assert title in said(client.get(path))
    assert [label for label in said(recap(client, path, typed(elodie))) if label == last_click] == [last_click]


@pytest.mark.parametrize(
    "page", ["/", "/magazine/", "/commande/", WITHDRAW, TERMINATE, "/compte/connexion/", "/nowhere/"]
)
def test_both_are_on_every_page_and_need_no_account(elodie, page):  # noqa: F811
    load_texts(NOW.date())
    source = Client().get(page).content.decode()
    assert re.search(r'<a href="/retractation/">\s*Renoncer au contrat ici</a>', source)
    assert re.search(r'<a href="/resiliation/">\s*Résilier votre contrat</a>', source)


def test_a_withdrawal_from_the_footer_to_its_end(elodie):  # noqa: F811
    client = Client()
    page = recap(client, WITHDRAW, typed(elodie, words="Je n’ai pas le temps de lire."))
    shown = words(page)
    for line in ("Lefèvre", "Élodie", elodie.subscription.number, elodie.email, "Je n’ai pas le temps de lire."):
        assert line in shown
    assert "27,60 €" in shown
    assert "au plus tard le 7 décembre 2026" in shown
    assert Declaration.objects.count() == 0, "nothing is kept before the last click"
    answer = confirm(client, WITHDRAW, page)
    assert answer.status_code == 303
    declared = Declaration.objects.get()
    assert (declared.state, declared.effect, declared.ip) == ("applied", "withdrawn", "127.0.0.1")
    assert [list(pair) for pair in declared.content["declared"]] == [
        ["Déclaration", "Je renonce au contrat désigné ci-dessous."],
        ["Nom", "Lefèvre"],
        ["Prénom", "Élodie"],
        ["Contrat", elodie.subscription.number],
        ["Partie du contrat", "Tout le contrat"],
        ["Précisions", "Je n’ai pas le temps de lire."],
        ["Accusé de réception par courriel", elodie.email],
    ]
    done = client.get(answer.url)
    assert declared.reference in words(done)
    assert "23 novembre 2026 à 10:00, heure de Paris" in words(done)
    assert elodie.subscription.number not in words(done)
    assert elodie.subscription.state == "ended"


def test_a_termination_shows_the_end_before_the_last_click(elodie):  # noqa: F811
    client = Client()
    page = recap(client, TERMINATE, typed(elodie, first_name="", wished_on="2026-12-31"))
    assert "Votre abonnement s’arrête le 22 novembre 2027" in words(page)
    assert "31 décembre 2026" in words(page)
    confirm(client, TERMINATE, page)
    declared = Declaration.objects.get()
    assert (declared.effect, str(declared.effective_on), str(declared.wished_on)) == (
        "ends_at_term", "2027-11-22", "2026-12-31",
    )  # fmt: skip
    assert (elodie.subscription.state, elodie.subscription.renewal) == ("active", "fixed")


def test_change_something_comes_back_with_everything_typed(elodie):  # noqa: F811
    client = Client()
    page = recap(client, TERMINATE, typed(elodie, wished_on="31/12/2026", ground="illness", words="bientôt"))
    form = client.post(TERMINATE, {"step": "change", "carried": field(page, "carried")})
    source = form.content.decode()
    for value in (
        'value="Lefèvre"',
        'value="2026-12-31"',
        f'value="{elodie.subscription.number}"',
        "bientôt</textarea>",
    ):
        assert value in source
    assert re.search(r'value="illness"[^>]*checked', source)


@pytest.mark.parametrize(
    ("path", "missing", "sentence"),
    [
        (WITHDRAW, "last_name", "Indiquez votre nom."),
        (WITHDRAW, "first_name", "Indiquez votre prénom."),
        (WITHDRAW, "contract", "Dites de quel contrat il s’agit : un numéro, ou le titre et une date."),
        (WITHDRAW, "email", "Indiquez une adresse électronique : l’accusé de réception y est envoyé."),
        (TERMINATE, "last_name", "Indiquez votre nom, ou celui de l’organisation."),
        (TERMINATE, "email", "Indiquez une adresse électronique ou postale : l’accusé de réception y est envoyé."),
    ],
)
def test_what_is_missing_is_said_beside_its_field(elodie, path, missing, sentence):  # noqa: F811
    page = recap(Client(), path, typed(elodie, **{missing: " "}))
    assert page.status_code == 200
    assert Declaration.objects.count() == 0
    assert sentence in words(page)
    assert ('value="Élodie"' if missing != "first_name" else 'value="Lefèvre"') in page.content.decode()


def test_a_day_that_is_over_is_refused_in_a_sentence(elodie):  # noqa: F811
    page = recap(Client(), TERMINATE, typed(elodie, wished_on="2026-11-22"))
    assert "Ce jour est passé : choisissez aujourd’hui ou plus tard, ou laissez vide." in words(page)


def test_by_post_alone_the_acknowledgement_waits_to_be_posted_there(elodie):  # noqa: F811
    from payments.models import DeskItem

    walk(Client(), TERMINATE, typed(elodie, email="", postal_address="12 bis rue de l’Église\n75004 Paris"))
    declared = Declaration.objects.get()
    assert (declared.email, declared.postal_address) == ("", "12 bis rue de l’Église\n75004 Paris")
    assert list(DeskItem.objects.values_list("kind", flat=True)) == ["declaration_other_email"]
    letter = Notice.objects.get(kind="termination_acknowledged")
    assert (letter.channel, letter.state, letter.customer_id) == ("paper", "queued", None)
    assert addresses_of([letter])[letter.pk].lines == ["Élodie Lefèvre", "12 bis rue de l’Église", "75004 Paris"]


@pytest.mark.parametrize(
    ("typed_address", "lines"),
    [
        ("Élodie LEFÈVRE\n75004 Paris", ["Élodie LEFÈVRE", "75004 Paris"]),
        (
            f"{'résidence ' * 5}\n75004 Paris",
            ["Élodie Lefèvre", "résidence résidence résidence", "résidence résidence", "75004 Paris"],
        ),
    ],
)
def test_the_address_typed_fits_into_the_window(elodie, typed_address, lines):  # noqa: F811
    walk(Client(), TERMINATE, typed(elodie, email="", postal_address=typed_address))
    letter = Notice.objects.get(kind="termination_acknowledged")
    assert addresses_of([letter])[letter.pk].lines == lines


def test_what_does_not_fit_into_the_window_is_asked_for_at_the_desk(elodie):  # noqa: F811
    from payments.models import DeskItem

    walk(Client(), TERMINATE, typed(elodie, email="", postal_address="\n".join("abcdefgh")))
    assert DeskItem.objects.filter(kind="letter_unaddressed").count() == 1


def test_a_double_click_two_tabs_and_the_back_button_are_one_declaration(elodie):  # noqa: F811
    client = Client()
    client.get(WITHDRAW)
    first, second = (recap(client, WITHDRAW, typed(elodie)) for _tab in range(2))
    ends = {confirm(client, WITHDRAW, page).url.split(":")[0] for page in (first, first, second, first)}
    assert (Declaration.objects.count(), len(ends)) == (1, 1)
    assert Notice.objects.filter(kind="withdrawal_acknowledged").count() == 1


def test_after_it_the_next_form_is_a_new_one(elodie):  # noqa: F811
    client = Client()
    walk(client, TERMINATE, typed(elodie))
    walk(client, TERMINATE, typed(elodie))
    assert [one.effect for one in Declaration.objects.order_by("pk")] == ["ends_at_term", "ends_by_itself"]


def test_what_changed_since_the_recap_is_shown_again_and_not_sent(elodie, clock):  # noqa: F811
    client = Client()
    page = recap(client, WITHDRAW, typed(elodie))
    clock.shift(timedelta(days=1))
    again = confirm(client, WITHDRAW, page)
    assert again.status_code == 200
    assert "Ce qui en découle a changé depuis la page précédente." in words(again)
    assert "8 décembre 2026" in words(again)
    assert Declaration.objects.count() == 0
    confirm(client, WITHDRAW, again)
    assert Declaration.objects.count() == 1


@pytest.mark.parametrize("path", [WITHDRAW, TERMINATE])
def test_nobody_learns_of_another_readers_contract(elodie, path):  # noqa: F811
    """A right number with a wrong name, a right pair with a wrong e-mail, a number that does not exist: one page."""
    stranger = {"last_name": "Martin", "first_name": "Paul", "email": "paul@example.org"}
    pages = [
        recap(Client(), path, typed(elodie, **stranger)),
        recap(Client(), path, typed(elodie, email="paul@example.org")),
        recap(Client(), path, typed(elodie, **stranger, contract="99999998")),
    ]
    boxes = {re.search(r'class="boxed"><p>(.*?)</p>', page.content.decode())[1] for page in pages}
    assert len(boxes) == 1
    assert "27,60" not in html.unescape(boxes.pop())
    done = [words(walk(Client(), path, facts)) for facts in (typed(elodie, **stranger), typed(elodie, email="p@x.org"))]
    assert {re.sub(r"R..-\S+", "", page) for page in done} == {re.sub(r"R..-\S+", "", done[0])}
    assert elodie.subscription.state == "active"


def test_signed_in_the_form_is_filled_in_and_the_steps_are_the_same(elodie, karim):  # noqa: F811
    elodie.signs_in()
    source = elodie.client.get(WITHDRAW, {"abonnement": elodie.subscription.number}).content.decode()
    for value in (elodie.subscription.number, "Lefèvre", "Élodie", elodie.email):
        assert f'value="{value}"' in source
    other = elodie.client.get(WITHDRAW, {"abonnement": karim.subscription.number}).content.decode()
    assert karim.subscription.number not in other
    links = elodie.client.get("/compte/").content.decode()
    assert f'href="/resiliation/?abonnement={elodie.subscription.number}"' in links
    assert f'href="/retractation/?abonnement={elodie.subscription.number}"' in links
    walk(elodie.client, WITHDRAW, typed(elodie, email="ailleurs@example.org"))
    assert Subscription.objects.get(pk=elodie.subscription.pk).state == "ended"


def test_what_was_not_made_by_us_is_a_fresh_form(elodie):  # noqa: F811
    client = Client()
    page = recap(client, WITHDRAW, typed(elodie))
    carried = field(page, "carried")
    for text in ("", "forged", carried[:-3] + "abc"):
        assert client.post(WITHDRAW, {"step": "confirm", "carried": text}).status_code == 200
    assert client.post(TERMINATE, {"step": "confirm", "carried": carried}).status_code == 200
    assert Declaration.objects.count() == 0
    assert client.get("/retractation/recue/forged/").status_code == 404
    done = confirm(client, WITHDRAW, page).url
    assert client.get(done.replace("/retractation/", "/resiliation/")).status_code == 404


def test_a_mailbox_is_not_filled_and_an_address_is_slowed_down(elodie):  # noqa: F811
    client = Client()
    codes = []
    for turn in range(11):
        page = recap(client, WITHDRAW, typed(elodie, contract=f"texte {turn}"))
        codes.append(confirm(client, WITHDRAW, page).status_code)
    assert codes == [303] * 10 + [429]
    assert {recap(client, WITHDRAW, typed(elodie)).status_code for _turn in range(60)} == {200, 429}


def test_odd_input_is_words_and_nothing_else(elodie):  # noqa: F811
    client = Client()
    page = recap(client, TERMINATE, typed(elodie, last_name="<b>Lef\x00èvre</b>\r\nX: y", words="a\x00b\x07\n<script>"))
    assert page.status_code == 200
    assert b"<script>" not in page.content
    confirm(client, TERMINATE, page)
    declared = Declaration.objects.get()
    assert "\x00" not in declared.last_name + declared.ground_words
    assert declared.state == "on_desk"


def test_nobody_keeps_these_pages(elodie):  # noqa: F811
    answer = Client().get(WITHDRAW)
    assert "no-store" in answer["Cache-Control"]
    assert 'name="robots" content="noindex"' in answer.content.decode()
    assert reverse("withdraw") == WITHDRAW
