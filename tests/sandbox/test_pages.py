"""The hosted page as people meet it: sentences, keyboard, no script, phone and desktop, nothing for axe to find."""

import pytest
import requests

from payments.sandbox.cards import CARDS
from payments.sandbox.ibans import ACCOUNTS
from payments.sandbox.wording import euros
from tests.browsing import faults
from tests.sandbox.buying import SHOP, session_params

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def new_session(standin, **more):
    data = {"setup_future_usage": "off_session"}
    params = session_params(payment_intent_data=data, branding_settings={"display_name": "L’Écho & fils"}, **more)
    params["success_url"] = f"{standin.base}/v1/merci"
    return standin.client().v1.checkout.sessions.create(params)


@pytest.mark.parametrize(
    ("filled_in", "name", "sentence"),
    [
        ({"card": ""}, "numero", "Indiquez le numéro de la carte."),
        ({"card": "4242 4242 4242 4241"}, "numero", "Ce numéro de carte est faux. Vérifiez chaque chiffre."),
        ({"card": "4111 1111 1111 1111"}, "numero", "Cette page n’accepte que des cartes de test"),
        ({"expiry": "13/40"}, "expiration", "Indiquez le mois et l’année, par exemple 12/34."),
        ({"expiry": "01/20"}, "expiration", "Cette carte est expirée."),
        ({"code": "12"}, "cvc", "Indiquez les trois ou quatre chiffres du code."),
        ({"name": "  "}, "nom", "Indiquez le nom du titulaire."),
        ({"email": "camille@"}, "email", "Indiquez une adresse e-mail complète, par exemple nom@exemple.fr."),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field_and_the_rest_is_kept(standin_page, standin, filled_in, name, sentence):
    _, visit = standin_page(**filled_in)
    assert visit.status == 422
    assert list(visit.wrong) == [name]
    assert visit.wrong[name].startswith(sentence)
    assert ('value="Camille Martin"' in visit.text) == (name != "nom")
    assert 'value="123"' not in visit.text
    assert standin.charges() == []
    assert standin.client().v1.payment_intents.list().data == []


def test_the_page_shows_what_is_bought_and_escapes_it(standin):
    session = new_session(standin, client_reference_id="order:1")
    text = requests.get(session.url, timeout=5).text
    assert f"Payer {euros(2760)}" in text
    assert "L’Écho &amp; fils" in text
    assert f'href="{SHOP}/commande"' in text
    assert "mandat de prélèvement" not in text
    assert "mandat de prélèvement SEPA" in requests.get(f"{session.url}?moyen=prelevement", timeout=5).text


def test_the_policy_allows_no_script_and_only_the_ways_out(standin):
    session = standin.client().v1.checkout.sessions.create(session_params())
    headers = requests.get(session.url, timeout=5).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert f"form-action 'self' {SHOP}" in policy
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_an_unknown_page_says_so_and_the_root_leads_to_the_guide(standin):
    assert requests.get(f"{standin.base}/c/pay/cs_test_nobody", timeout=5).status_code == 404
    guide = requests.get(f"{standin.base}/", timeout=5)
    assert guide.url == f"{standin.base}/_control/"
    plain = guide.text.replace(" ", "")
    assert all(number in plain for number in [*CARDS, *ACCOUNTS])


def test_amounts_are_written_as_in_french():
    assert [euros(5), euros(2760), euros(123456789)] == ["0,05\u00a0€", "27,60\u00a0€", "1\u202f234\u202f567,89\u00a0€"]


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_state_of_the_page(standin, browser, size, scheme):
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    found = {}

    def look(state):
        found[state] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], state

    session = new_session(standin)
    page.goto(session.url)
    look("fresh")
    page.get_by_label("Numéro de carte").fill("4000 0000 0000 0002")
    page.get_by_role("button").click()
    look("wrong")
    assert page.evaluate("document.activeElement.id") == "email"
    page.get_by_label("Adresse e-mail").fill("camille@example.org")
    page.get_by_label("Expiration").fill("12/40")
    page.get_by_label("Code de sécurité").fill("123")
    page.get_by_label("Nom du titulaire").fill("Camille Martin")
    page.get_by_role("button").click()
    look("declined")
    page.get_by_label("Numéro de carte").fill("4000 0027 6000 3184")
    page.get_by_label("Code de sécurité").fill("123")
    page.get_by_role("button").click()
    look("bank")
    page.get_by_role("button", name="Refuser").click()
    look("refused")
    page.get_by_role("link", name="Prélèvement SEPA").click()
    look("debit")
    standin.pay(session.url)
    page.goto(session.url)
    look("done")
    other = new_session(standin)
    standin.client().v1.checkout.sessions.expire(other.id)
    page.goto(other.url)
    look("expired")
    page.goto(f"{standin.base}/_control/")
    look("guide")
    context.close()
    assert {state: list_ for state, list_ in found.items() if list_} == {}
    assert len(found) == 9


@pytest.mark.browser
def test_paying_by_keyboard_alone_without_script(standin, browser):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    session = new_session(standin)
    page.goto(session.url)
    page.get_by_label("Adresse e-mail").focus()
    for typed in ("camille@example.org", "4000002760003184", "12/40", "123", "Camille Martin"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/authentification/**")
    page.get_by_role("button", name="Autoriser").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/v1/merci")
    context.close()
    assert len(standin.charges()) == 1
