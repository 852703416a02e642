"""Off until finance has decided share and rate, and the text is chosen: by a sentence, and by the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.models import Act
from subscriptions.digital.switching import CannotSwitch, is_on, rule_of
from subscriptions.models import DigitalRule, LegalText, Magazine
from subscriptions.texts import load_texts
from tests.digital.people import turned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offers")]


def test_nothing_set_is_off_and_its_text_does_not_exist():
    load_texts(date(2026, 11, 1))
    magazine = Magazine.objects.get()
    assert rule_of(magazine.pk) is None
    assert not is_on(magazine.pk)
    assert not LegalText.objects.filter(code="numerique").exists()


def test_set_and_turned_on_each_by_its_own_row():
    magazine = Magazine.objects.get()
    turned(on=False, with_text=False)
    assert not is_on(magazine.pk)
    rule = turned()
    assert is_on(magazine.pk)
    assert (rule.share, rule.rate, rule.decided_by, rule.decided_on) == (
        Decimal("20.00"), "press", "Direction financière", date(2026, 11, 20),
    )  # fmt: skip
    assert (rule.text.code, rule.text.version) == ("numerique", "2026-11")
    turned(on=False)
    assert not is_on(magazine.pk)
    assert list(DigitalRule.objects.values_list("on", flat=True)) == [False, True, False]
    assert LegalText.objects.filter(code="numerique").count() == 1
    acts = Act.objects.filter(verb="set the digital edition").order_by("pk")
    assert [one.facts["on"] for one in acts] == [False, True, False]
    assert acts[1].facts == {"on": True, "share": "20.00", "rate": "press", "text": "2026-11"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"share": None}, "before its VAT is set"),
        ({"rate": ""}, "before its VAT is set"),
        ({"decided_by": ""}, "before its VAT is set"),
        ({"decided_on": None}, "before its VAT is set"),
        ({"with_text": False}, "before the text that readers agree to is chosen"),
        ({"rate": "standard"}, "at another rate than that of the printed issue"),
        ({"share": Decimal(0)}, "more than nothing and less than the whole price"),
        ({"share": Decimal(100)}, "more than nothing and less than the whole price"),
        ({"decided_on": date(2026, 11, 24)}, "not taken yet"),
    ],
    ids=["no share", "no rate", "nobody", "no day", "no text", "another rate", "nothing", "everything", "tomorrow"],
)
def test_it_is_not_turned_on_before_everything_is_set(changes, why):
    with pytest.raises(CannotSwitch, match=why):
        turned(**changes)
    assert not DigitalRule.objects.exists()


def test_what_finance_decides_may_be_written_down_before():
    rule = turned(on=False, rate="standard", with_text=False)
    assert (rule.rate, rule.text) == ("standard", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"share": None}, {"share": 0}, {"share": 100}, {"rate": "standard"}, {"rate": ""}, {"decided_by": ""},
        {"decided_on": None}, {"text": None},
    ],
    ids=str,
)  # fmt: skip
def test_the_database_does_not_turn_it_on_either(changes):
    held = turned(on=False)
    facts = {
        "magazine": held.magazine, "on": True, "share": 20, "rate": "press", "decided_by": "x", "decided_on": date(2026, 1, 1),
        "text": held.text, "actor": "x", "reason": "x", "at": timezone.now(),
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="digital_on_once_decided"), transaction.atomic():
        DigitalRule.objects.create(**(facts | changes))
    assert DigitalRule.objects.create(**facts).on


def test_what_held_cannot_be_changed_afterwards():
    turned()
    with pytest.raises(Exception, match=r"permission denied|evidence"), transaction.atomic():
        DigitalRule.objects.update(on=False)
