"""The registers that people keep: each change is a version and an act, with its reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from payments.models import Act
from subscriptions.models import Issue, Price
from tests.backoffice.colleagues import said


def form_of(answer):
    """What a browser would send back unchanged."""
    form = answer.context["adminform"].form
    return {name: "" if form[name].value() is None else form[name].value() for name in form.fields}


@pytest.fixture
def coming(offers):
    return Issue.objects.get(number=26)


def test_no_cache_keeps_a_register_nor_its_refusal(at_desk):
    for role, status in (("fulfilment", 200), ("support", 403)):
        answer = at_desk(role).browser.get(reverse("registers:index"))
        assert answer.status_code == status
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))


def test_fulfilment_writes_a_headline_with_a_reason_and_the_version_before_stays(at_desk, coming):
    colleague = at_desk("fulfilment")
    url = reverse("registers:subscriptions_issue_change", args=[coming.pk])
    typed = form_of(colleague.browser.get(url)) | {"headline": "L’été des modèles", "contents": "[]"}
    assert colleague.browser.post(url, typed).status_code == 200, "no reason, no change"
    coming.refresh_from_db()
    assert coming.headline == "Dossier du n° 26"
    answer = colleague.browser.post(url, typed | {"change_reason": "Titre arrêté par la rédaction."})
    assert answer.status_code == 302, answer.context["errors"]
    coming.refresh_from_db()
    assert coming.headline == "L’été des modèles"
    version = coming.history.get()
    assert (version.headline, version.history_user_id) == ("L’été des modèles", colleague.user.pk)
    assert version.history_change_reason == "Titre arrêté par la rédaction."
    act = Act.objects.get(verb="changed a record")
    assert (act.subject, act.facts, act.actor) == (
        f"issue:{coming.pk}",
        {"fields": ["headline"]},
        f"staff:{colleague.user.pk}",
    )
    assert colleague.browser.get(reverse("registers:subscriptions_issue_history", args=[coming.pk])).status_code == 200


def test_contents_that_are_no_list_of_parts_are_refused_in_a_sentence(at_desk, coming):
    colleague = at_desk("fulfilment")
    url = reverse("registers:subscriptions_issue_change", args=[coming.pk])
    typed = form_of(colleague.browser.get(url)) | {"change_reason": "Sommaire reçu."}
    for wrong in ('{"title": "x"}', '["x"]', '[{"text": "x"}]'):
        answer = colleague.browser.post(url, typed | {"contents": wrong})
        assert said("The contents are a list of parts, each with its title.") in str(answer.context["errors"]), wrong
    assert colleague.browser.post(url, typed | {"contents": '[{"title": "Dossier", "text": "…"}]'}).status_code == 302
    coming.refresh_from_db()
    assert coming.contents == [{"title": "Dossier", "text": "…"}]


def test_the_state_of_an_issue_is_not_typed_and_nothing_is_deleted(at_desk, coming):
    boss = at_desk("administrator")
    url = reverse("registers:subscriptions_issue_change", args=[coming.pk])
    typed = form_of(boss.browser.get(url)) | {"state": "posted", "contents": "[]", "change_reason": "Essai d’état."}
    boss.browser.post(url, typed)
    coming.refresh_from_db()
    assert coming.state == "planned"
    delete = reverse("registers:subscriptions_issue_delete", args=[coming.pk])
    assert boss.browser.post(delete, {"post": "yes"}).status_code == 403


def test_who_may_look_may_not_change(at_desk, coming):
    finance = at_desk("finance")
    for name in ("issue", "offer", "magazine"):
        row = coming if name == "issue" else coming.magazine.offers.first() if name == "offer" else coming.magazine
        url = reverse(f"registers:subscriptions_{name}_change", args=[row.pk])
        page = finance.browser.get(url)
        assert (page.status_code, 'name="_save"' in page.content.decode()) == (200, False), name
        assert finance.browser.post(url, {"title": "x", "change_reason": "Essai"}).status_code == 403, name
        assert finance.browser.get(reverse(f"registers:subscriptions_{name}_add")).status_code == 403, name
    fulfilment = at_desk("fulfilment")
    offer = reverse("registers:subscriptions_offer_change", args=[coming.magazine.offers.first().pk])
    assert fulfilment.browser.post(offer, {"title": "x", "change_reason": "Essai"}).status_code == 403


def test_versions_cannot_be_rewritten(at_desk, coming):
    coming.save()
    for sql in ("UPDATE backoffice_historicalissue SET headline = 'x'", "DELETE FROM backoffice_historicalissue"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert coming.history.count() == 1


def test_a_price_is_succeeded_never_edited(at_desk, coming):
    boss = at_desk("administrator")
    price = Price.objects.get(offer__code="un-an", delivery_zone="FR")
    url = reverse("registers:subscriptions_price_change", args=[price.pk])
    ends = {"valid_to": "2027-01-01", "change_reason": "Nouveau tarif au 1er janvier."}
    assert boss.browser.post(url, {**ends, "amount": "1,00", "delivery_zone": "EU"}).status_code == 302
    price.refresh_from_db()
    assert (price.amount.amount, price.delivery_zone, price.valid_to) == (Decimal("27.60"), "FR", date(2027, 1, 1))
    new = {
        "offer": price.offer_id,
        "delivery_zone": "FR",
        "amount": "29,60",
        "valid_from": "2027-01-01",
        "valid_to": "",
        "change_reason": "Nouveau tarif au 1er janvier.",
    }
    add = reverse("registers:subscriptions_price_add")
    early = boss.browser.post(add, {**new, "valid_from": "2026-12-31"})
    assert (early.status_code, len(early.context["errors"])) == (200, 1), "two prices of one day are refused"
    for wrong in ("29.605", "0", "-5", "vingt"):
        assert boss.browser.post(add, {**new, "amount": wrong}).status_code == 200, wrong
    assert boss.browser.post(add, new).status_code == 302
    assert Price.objects.get(offer=price.offer, delivery_zone="FR", valid_to=None).amount.amount == Decimal("29.60")
    assert boss.browser.post(url, {**ends, "valid_to": "2028-01-01"}).status_code == 403, "its end is set once"
    assert Act.objects.filter(verb="changed a record", reason=ends["change_reason"]).count() == 2
    finance = at_desk("finance")
    assert finance.browser.get(add).status_code == finance.browser.post(add, new).status_code == 403
