"""What another site asks by a token: exact answers, the same refusal for everybody, and nothing of it in the logs."""

from __future__ import annotations

import copy
import io
import json
import logging
import logging.config
import re
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.digital import api
from shop.logging import LOGGING
from subscriptions.digital.tokens import CannotRevoke, known, make, revoke
from subscriptions.models import ApiToken, Entitlement, TermUndone
from tests.digital.people import OUT, copy_of, file_of, post, somebody, turned, yes
from tests.makers import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(db):
    return make("actuia.com", actor=somebody(), reason="Le site du magazine.", at=NOW)[1]


def ask(number, token, **headers):
    return Client().get(f"/api/v1/entitlements/{number}", headers={"Authorization": f"Bearer {token}"} | headers)


def number_of(reader):
    return reader.subscription.number


# --- the description, by which every real answer is checked --------------------------------------------------------------

DESCRIPTION = json.loads(api.DESCRIPTION.read_text(encoding="utf-8"))


def resolved(part):
    """What a reference of the description points at."""
    while "$ref" in part:
        found = DESCRIPTION
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def fits(value, schema):
    """As much of JSON Schema as the description uses; a word of it that is not known here is a fault of this test."""
    schema = resolved(schema)
    known_words = {
        "type", "const", "required", "additionalProperties", "properties", "items", "minimum", "uniqueItems", "format",
        "description", "minLength", "maxLength",
    }  # fmt: skip
    assert set(schema) <= known_words, set(schema) - known_words
    if "const" in schema:
        assert value == schema["const"]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert any(
        isinstance(value, KINDS[kind]) and (kind != "integer" or not isinstance(value, bool)) for kind in kinds
    ), value
    if isinstance(value, dict):
        assert set(schema["required"]) <= set(value)
        assert schema["additionalProperties"] or set(value) <= set(schema["properties"])
        for name, one in value.items():
            fits(one, schema["properties"][name])
    if isinstance(value, list):
        assert not schema.get("uniqueItems") or len(set(value)) == len(value)
        for one in value:
            fits(one, schema["items"])
    if isinstance(value, int) and "minimum" in schema:
        assert value >= schema["minimum"]
    if isinstance(value, str) and schema.get("format") == "date":
        assert date.fromisoformat(value)


def described(answer):
    """An answer is one of those that the description knows, in every word and header."""
    response = resolved(DESCRIPTION["paths"]["/entitlements/{number}"]["get"]["responses"][str(answer.status_code)])
    for name, header in response.get("headers", {}).items():
        value = answer.headers[name]
        fits(int(value) if header["schema"]["type"] == "integer" else value, header["schema"])
    if "content" not in response:
        assert answer.content == b""
        return answer
    ((kind, content),) = response["content"].items()
    assert answer["Content-Type"] == kind
    fits(answer.json(), content["schema"])
    return answer


def test_the_check_of_the_description_can_fail():
    schema = DESCRIPTION["components"]["schemas"]["Entitlements"]
    good = {"active": True, "until": "2027-11-22", "issues": [25], "digital": False}
    fits(good, schema)
    for wrong in (
        {"until": "soon"},
        {"issues": [25, 25]},
        {"issues": ["25"]},
        {"active": 1},
        {"name": "Élodie"},
        {"issues": [0]},
    ):
        with pytest.raises((AssertionError, ValueError)):
            fits(good | wrong, schema)
    with pytest.raises(AssertionError):
        fits({"active": True}, schema)


def test_the_description_is_public_and_says_3_1():
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == DESCRIPTION
    assert DESCRIPTION["openapi"] == "3.1.0"
    assert Client().post("/api/v1/openapi.json").status_code == 405


def test_the_page_for_people_names_every_word_of_the_answer():
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    for name in DESCRIPTION["components"]["schemas"]["Entitlements"]["properties"]:
        assert f"`{name}`" in page
    for status in DESCRIPTION["paths"]["/entitlements/{number}"]["get"]["responses"]:
        assert re.search(rf"^\| {status} \|", page, re.M), status


# --- answers -------------------------------------------------------------------------------------------------------------


def test_a_reader_of_today(elodie, token):
    answer = described(ask(number_of(elodie), token))
    assert answer.json() == {"active": True, "until": "2027-11-22", "issues": [25, 26, 27, 28], "digital": False}
    assert answer["Cache-Control"] == "private, max-age=60"
    assert "Authorization" in answer["Vary"]


def test_typed_in_small_letters_and_with_spaces_around(elodie, token):
    assert ask(f"%20{number_of(elodie).lower()}%20", token).status_code == 200


def test_nothing_that_names_a_person_is_said(elodie, token):
    said = ask(number_of(elodie), token).content.decode()
    for word in ("elodie", "Lefèvre", "75004", number_of(elodie)):
        assert word not in said


def test_digital_is_said_once_there_is_an_edition_and_the_reader_agreed(elodie, token, clock):
    post()
    file_of()
    clock.move_to(OUT)
    assert ask(number_of(elodie), token).json()["digital"] is False
    turned()
    assert ask(number_of(elodie), token).json()["digital"] is False
    yes(elodie.subscription, elodie.customer)
    assert ask(number_of(elodie), token).json()["digital"] is True
    turned(on=False)
    assert described(ask(number_of(elodie), token)).json() == {
        "active": True, "until": "2027-11-22", "issues": [25, 26, 27, 28], "digital": False,
    }  # fmt: skip


def test_once_it_is_over_what_was_sent_stays(elodie, token, clock):
    Entitlement.objects.filter(term__subscription=elodie.subscription).update(state="served")
    elodie.subscription.__class__.objects.filter(pk=elodie.subscription.pk).update(state="lapsed")
    clock.move_to(OUT.replace(year=2028))
    assert described(ask(number_of(elodie), token)).json() == {
        "active": False, "until": None, "issues": [25, 26, 27, 28], "digital": False,
    }  # fmt: skip


def test_what_is_held_gives_no_right(elodie, token):
    Entitlement.objects.filter(pk=copy_of(elodie.subscription).pk).update(state="held")
    assert ask(number_of(elodie), token).json()["issues"] == [26, 27, 28]


def no_right(reader):
    Entitlement.objects.filter(term__subscription=reader.subscription).update(state="void")
    TermUndone.objects.create(term=reader.subscription.terms.get(), actor="x", at=NOW)
    return number_of(reader)


@pytest.mark.parametrize(
    "number", ["00000000", "99999999", "Z" * 20, "Z" * 300, "%2e%2e", "1%20OR%201=1", "é"], ids=lambda one: one[:12]
)
def test_a_number_that_nobody_has_is_the_neutral_answer(elodie, token, number):
    assert ask(number, token).content == ask(no_right(elodie), token).content


def test_unknown_without_a_right_and_erased_are_one_answer(elodie, karim, token):
    karims = number_of(karim)
    assert ask(karims, token).status_code == 200
    type(karim.customer).objects.filter(email=karim.email).update(erased_on=TODAY)
    answers = [described(ask(number, token)) for number in ("00000000", no_right(elodie), karims)]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1
    assert answers[0].json() == {
        "type": "about:blank", "title": "Not found", "status": 404, "detail": "This number gives no right.",
    }  # fmt: skip


def test_an_answer_that_is_kept_is_not_sent_again(elodie, token):
    first = ask(number_of(elodie), token)
    tag = first["ETag"]
    same = described(ask(number_of(elodie), token, **{"If-None-Match": tag}))
    assert (same.status_code, same["ETag"]) == (304, tag)
    Entitlement.objects.filter(pk=copy_of(elodie.subscription).pk).update(state="void")
    other = ask(number_of(elodie), token, **{"If-None-Match": tag})
    assert (other.status_code, other.json()["issues"]) == (200, [26, 27, 28])
    assert other["ETag"] != tag


def test_looked_at_without_a_body(elodie, token):
    answer = Client().head(f"/api/v1/entitlements/{number_of(elodie)}", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.content) == (200, b"")


# --- who may ask -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: "Bearer ",
        lambda token: f"Basic {token}",
        lambda token: f"Bearer {token[:-1]}",
        lambda token: f"Bearer {token}x",
        lambda token: f"Bearer {token.rpartition('_')[0]}_",
        lambda token: f"Bearer bqt_000000000000_{token.split('_', 2)[2]}",
        lambda token: f"Bearer {token}" + "x" * 5000,
        lambda token: "Bearer bqt",
    ],
)
def test_without_a_good_token_nothing_is_said(elodie, token, spoil):
    answer = described(
        Client().get(f"/api/v1/entitlements/{number_of(elodie)}", headers={"Authorization": spoil(token)})
    )
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="boutique"'


def test_a_token_that_was_revoked_opens_nothing(elodie, token):
    assert ask(number_of(elodie), token).status_code == 200
    one = ApiToken.objects.get()
    revoke(one.pk, actor=somebody(), reason="Le site ferme.", at=NOW)
    assert ask(number_of(elodie), token).status_code == 401
    with pytest.raises(CannotRevoke):
        revoke(one.pk, actor=somebody(), reason="Encore.", at=NOW)


def test_only_a_hash_is_kept_and_the_day_of_the_last_use(token):
    one = ApiToken.objects.get()
    key, secret = token.split("_", 2)[1:]
    assert one.key == key
    assert secret not in " ".join(str(value) for value in ApiToken.objects.values_list().get())
    assert one.last_used_on is None
    assert known(token, on=TODAY) == one
    one.refresh_from_db()
    assert one.last_used_on == TODAY
    with CaptureQueriesContext(connection) as found:
        known(token, on=TODAY)
    assert len(found) == 1


def test_other_verbs_are_refused(token):
    answer = Client().post("/api/v1/entitlements/00000000", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (
        405,
        "GET, HEAD",
        "application/problem+json",
    )


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v2/entitlements/1", "/api/v1/entitlements/1/"])
def test_any_other_address_is_a_problem_too(path):
    answer = Client().get(path)
    assert answer.status_code == 404
    if path != "/api/":
        assert (answer["Content-Type"], answer.json()["detail"]) == (
            "application/problem+json", "There is nothing at this address.",
        )  # fmt: skip


def test_guessing_tokens_is_soon_too_often(elodie, token):
    answers = [ask(number_of(elodie), "bqt_000000000000_x") for _try in range(31)]
    assert [one.status_code for one in answers] == [401] * 30 + [429]
    assert int(described(answers[-1])["Retry-After"]) > 0
    # Whoever asks rightly from the same place goes on.
    assert ask(number_of(elodie), token).status_code == 200


def test_asking_is_counted_by_token(elodie, token, monkeypatch):
    monkeypatch.setattr(api, "ASKED", api.Limit("api-test", times=2, seconds=60))
    other = make("autre.example", actor=somebody(), reason="Un autre site.", at=NOW)[1]
    assert [ask(number_of(elodie), token).status_code for _try in range(3)] == [200, 200, 429]
    assert ask(number_of(elodie), other).status_code == 200


@pytest.fixture
def written():
    """Everything that the shop writes into its log meanwhile, as it is written."""
    form = logging.config.DictConfigurator({"version": 1}).configure_formatter(
        copy.deepcopy(LOGGING["formatters"]["line"])
    )
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(form)
    logging.getLogger().addHandler(handler)
    yield out
    logging.getLogger().removeHandler(handler)


def test_neither_number_nor_token_is_in_the_logs(elodie, token, written, monkeypatch):
    number = number_of(elodie)
    ask(number, token)
    ask(number, "bqt_000000000000_secretsecret")
    ask("00000000", token)
    monkeypatch.setattr(api, "standing_of", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ask(number, token)
    logged = written.getvalue()
    assert "/api/v1/entitlements/…" in logged
    for secret in (number, "00000000", token, token.split("_", 2)[2], "secretsecret", token.split("_")[1]):
        assert secret not in logged


def test_it_asks_as_much_for_a_reader_of_three_years(elodie, token):
    def asked():
        with CaptureQueriesContext(connection) as found:
            assert ask(number_of(elodie), token).status_code == 200
        return len(found)

    asked()
    one = asked()
    for number in (2, 3):
        first = elodie.subscription.terms.get(number=1)
        first.pk, first.number, first.order_id, first.payment_id = None, number, None, None
        first.starts_on, first.ends_on = date(2025 + number, 11, 23), date(2026 + number, 11, 22)
        first.save(force_insert=True)
        Entitlement.objects.bulk_create([Entitlement(term=first, rank=rank, value_ht=1) for rank in range(1, 5)])
    assert asked() == one
    assert one <= 16
