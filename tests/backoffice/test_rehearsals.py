"""Rehearsals at the desks: made, read, downloaded, signed by finance alone and once, and laid beside the run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import pgettext

from payments.actors import job
from payments.exports.cells import cell
from payments.models import Act, DeskItem
from subscriptions.models import Rehearsal, RehearsalSignature, Renewal, Subscription, UnsignedRunRule
from subscriptions.renewals.rehearsing import rehearse
from subscriptions.renewals.unsigned import held
from tests.backoffice.colleagues import said, text_of
from tests.backoffice.test_queries import counted
from tests.makers import NOW
from tests.renewals.people import announced, subscriber

pytestmark = pytest.mark.django_db

R = date(2027, 11, 23)
WHY = {"reason": "Revue avec la comptable."}
SPAN = {"first_on": "2027-11-23", "last_on": "2027-11-30"}
NBSP = "\u00a0"


def reader(number: int) -> Renewal:
    """A reader whose renewal for R is announced and told."""
    return announced(subscriber(email=f"reader{number}@example.fr", typed={"number": number}), renews_on=R)


@pytest.fixture
def two(offers) -> list[Renewal]:
    return [reader(number) for number in (1, 2)]


def made() -> Rehearsal:
    return rehearse(R, date(2027, 11, 30), actor=job("test"), at=timezone.now())


def test_support_rehearses_reads_and_downloads_but_cannot_sign(at_desk, two):
    support = at_desk("support")
    assert support.act("desk_act_rehearse", 0, **WHY, **SPAN).status_code == 302
    one = Rehearsal.objects.get()
    assert (one.lines_total, one.charged_total, one.amount.amount, one.reason) == (
        2,
        2,
        Decimal("55.20"),
        WHY["reason"],
    )
    assert one.actor == f"staff:{support.user.pk}"
    page = text_of(support.see("desk_rehearsal", one.pk))
    assert "55,20 €" in page
    assert one.sha256 in page
    rows = support.see("desk_rehearsal_lines", one.pk).context["table"].rows
    assert [[str(cell.text) for cell in row][:4] for row in rows] == [
        [str(plan.subscription), "23/11/2027", pgettext("rehearsal", "charged"), f"27,60{NBSP}€"] for plan in two
    ]
    answer = support.act("desk_act_sign", one.pk, **WHY)
    assert (answer.status_code, RehearsalSignature.objects.count()) == (403, 0)
    assert support.see("desk_act_unsigned_rule").status_code == 403
    assert at_desk("fulfilment").see("desk_rehearsal", one.pk).status_code == 403


def test_finance_signs_by_name_once(at_desk, two):
    one, finance = made(), at_desk("finance")
    DeskItem.objects.create(desk="finance", kind="run_unsigned", subject="run:2027-11", sentence="…", opened_at=NOW)
    assert finance.act("desk_act_sign", one.pk, **WHY).status_code == 302
    signature = RehearsalSignature.objects.get()
    assert (signature.rehearsal, signature.signer, signature.name) == (one, finance.user, "Finance Martin")
    assert signature.sha256 == one.sha256
    act = Act.objects.get(verb="signed a rehearsal")
    assert (act.actor, act.reason, act.subject) == (f"staff:{finance.user.pk}", WHY["reason"], f"rehearsal:{one.pk}")
    assert DeskItem.objects.get().closed_because == WHY["reason"]
    assert "Finance Martin" in text_of(finance.see("desk_rehearsals"))
    again = finance.act("desk_act_sign", one.pk, **WHY)
    assert (again.status_code, RehearsalSignature.objects.count()) == (409, 1)
    assert said("This rehearsal is signed already.") in text_of(again)


def test_what_has_changed_since_is_named_before_anybody_signs(at_desk, two):
    one, finance = made(), at_desk("finance")
    Subscription.objects.filter(pk=two[0].subscription_id).update(renewal="fixed")
    answer = finance.act("desk_act_sign", one.pk, **WHY)
    assert answer.status_code == 422
    page = text_of(answer)
    assert said("What was rehearsed is not true any more: rehearse these days again, then sign.") in page
    assert f"{two[0].subscription}" in page
    assert str(two[1].subscription) not in page
    assert not RehearsalSignature.objects.exists()


def test_what_changes_between_the_look_and_the_yes_is_shown_again(at_desk, two):
    finance = at_desk("finance")
    shown = finance.rehearse("desk_act_rehearse", 0, **WHY, **SPAN)
    Subscription.objects.filter(pk=two[0].subscription_id).update(renewal="fixed")
    from tests.backoffice.colleagues import seal_of

    answer = finance.say_yes("desk_act_rehearse", 0, seal_of(shown), **WHY, **SPAN)
    assert (answer.status_code, Rehearsal.objects.count()) == (200, 0)
    assert answer.context["changed"] is True


def test_the_csv_has_every_line_and_no_formula(at_desk, two):
    one = made()
    answer = at_desk("finance").see("desk_rehearsal_csv", one.pk)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="marche-a-blanc-2027-11-23-2027-11-30-{one.pk}.csv"'
    head, *rows = answer.content.decode("utf-8-sig").splitlines()
    assert head.count(";") == 14
    assert [row.split(";")[:7] for row in rows] == [
        [str(place), str(plan.subscription), "2", "23/11/2027", "23/11/2027", pgettext("rehearsal", "charged"), "27,60"]
        for place, plan in enumerate(two, 1)
    ]


@pytest.mark.parametrize("text", ["=1+1", "+33 6", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_never_starts_a_formula(text):
    assert cell(text) == f"'{text}"
    assert cell("Élodie =1") == "Élodie =1"


def test_the_rule_of_unsigned_runs_is_data(at_desk, offers):
    finance = at_desk("finance")
    assert not held(R)
    assert finance.act("desk_act_unsigned_rule", 0, choice="hold", **WHY).status_code == 302
    assert (UnsignedRunRule.objects.get().choice, held(R)) == ("hold", True)
    assert finance.act("desk_act_unsigned_rule", 0, choice="hold", **WHY).status_code == 422
    assert UnsignedRunRule.objects.count() == 1


def test_pages_make_as_many_queries_over_three_lines_as_over_one(at_desk, offers):
    boss = at_desk("administrator")
    reader(1)
    first = made()
    names = ("desk_rehearsals", "desk_rehearsal", "desk_rehearsal_lines", "desk_comparison", "desk_comparison_csv")

    def urls(one):
        from django.urls import reverse

        return [reverse(name, args=[] if name == "desk_rehearsals" else [one.pk]) for name in names]

    before = [counted(boss.browser, url)[0] for url in urls(first)]
    reader(2), reader(3)
    three = made()
    assert three.lines_total == 3
    assert [counted(boss.browser, url)[0] for url in urls(three)] == before


def test_the_form_begins_with_the_rest_of_the_month_or_the_month_asked_for(at_desk, offers):
    support = at_desk("support")
    page = support.see("desk_act_rehearse").content.decode()
    assert 'value="2026-11-24"' in page
    assert 'value="2026-11-30"' in page
    page = support.see("desk_act_rehearse", mois="2027-02").content.decode()
    assert 'value="2027-02-01"' in page
    assert 'value="2027-02-28"' in page
    assert support.act("desk_act_rehearse", 0, first_on="2026-11-23", last_on="2026-11-23", **WHY).status_code == 422
