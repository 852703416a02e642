"""How near the limits we are: each limit below, at and above it; prices and agencies; and what is on finance's desk."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actors import job
from payments.models import DeskItem
from subscriptions.figures import meters
from subscriptions.figures.metering import meters_of
from subscriptions.figures.meters import Verdict
from subscriptions.figures.reading import counts_of
from subscriptions.figures.rules import rule_in_force, succeed_rule, tariffs
from subscriptions.figures.statements import issue_csv, other_limits
from subscriptions.figures.watching import subject_of, watch
from subscriptions.models import Agency, CirculationRule, CountedCopy, Magazine, Price
from subscriptions.moving import move_copies
from tests.backoffice.colleagues import text_of
from tests.digital.people import turned
from tests.figures.people import POSTED_ON, at, buys, free, issue, leaves, promotion
from tests.institutions.papers import grant, make_agency, take, transfer
from tests.losses.people import copy_of
from tests.makers import CLERK, NOW, TODAY, make_house, send_out

FIFTY, FIVE = Decimal("50.0"), Decimal("5.0")


@pytest.fixture
def shop(db, offers):
    make_house(offers["fixed"].magazine)
    return offers


def magazine() -> Magazine:
    return Magazine.objects.get()


def meter(matter: str, *, on: date = TODAY) -> meters.Meter:
    """The one of that name."""
    (found,) = [one for one in meters_of(magazine(), on=on) if one.matter == matter]
    return found


@pytest.mark.parametrize(
    ("paid", "posted", "verdict", "value", "left"),
    [
        (49, 100, Verdict.CROSSED, "49,0 %", "−1,0 point"),
        # 49,96 % rounds to the limit and is below it: it is not printed as if it were on it.
        (4996, 10000, Verdict.CROSSED, "49,9 %", "−0,1 point"),
        (50, 100, Verdict.NEAR, "50,0 %", "0,0 point"),
        (54, 100, Verdict.NEAR, "54,0 %", "4,0 points"),
        (55, 100, Verdict.WELL, "55,0 %", "5,0 points"),
        (100, 100, Verdict.WELL, "100,0 %", "50,0 points"),
        (0, 0, Verdict.UNKNOWN, "", ""),
    ],
)
def test_the_share_of_paid_copies_around_its_limit(paid, posted, verdict, value, left):
    found = meters.paid_share(paid=paid, posted=posted, limit=FIFTY, warn=FIVE, issues="n° 25")
    spaced = [text.replace("\u00a0", " ") for text in (found.value, found.left)]
    assert (found.verdict, *spaced) == (verdict, value, left)


def test_the_sentence_says_the_figure_its_parts_and_the_distance():
    found = meters.paid_share(paid=1848, posted=2000, limit=FIFTY, warn=FIVE, issues="n° 22 à 25")
    assert found.sentence.replace("\u00a0", " ") == (
        "92,4 % des exemplaires diffusés sont payés (1 848 sur 2 000, n° 22 à 25) ; le repère est d’au moins 50 % : il reste "
        "42,4 points."
    )


def test_copies_bought_in_number_are_for_a_person_to_judge():
    over = meters.bulk_share(bulk=6, paid=100, limit=FIVE, issues="n° 25")
    under = meters.bulk_share(bulk=5, paid=100, limit=FIVE, issues="n° 25")
    assert (over.verdict, under.verdict) == (Verdict.ASK, Verdict.WELL)


@pytest.mark.parametrize(
    ("left", "verdict"), [(-1, Verdict.CROSSED), (0, Verdict.NEAR), (180, Verdict.NEAR), (181, Verdict.WELL)]
)
def test_the_registration_with_the_cppap(left, verdict):
    found = meters.registration("0931 K 94321", until=TODAY + timedelta(days=left), warn_days=180, on=TODAY)
    assert found.verdict == verdict


QUARTERS = [date(2026, 3, 16), date(2026, 6, 15), date(2026, 9, 15)]


@pytest.mark.parametrize(
    ("coming", "gap", "issues"),
    [
        ([date(2026, 12, 15), date(2027, 3, 15), date(2027, 6, 15), date(2027, 9, 15)], Verdict.WELL, Verdict.WELL),
        # One gap of five months is tolerated; a second one is not, and three issues a year are too few.
        ([date(2027, 2, 16), date(2027, 5, 15), date(2027, 8, 15), date(2027, 11, 15)], Verdict.NEAR, Verdict.WELL),
        ([date(2027, 2, 16), date(2027, 7, 16), date(2027, 10, 15)], Verdict.CROSSED, Verdict.CROSSED),
    ],
)
def test_gaps_between_issues_and_how_many_a_year(coming, gap, issues):
    found = meters.rhythm(QUARTERS, coming, most_months=4, least=4, on=TODAY)
    assert [one.verdict for one in found] == [gap, issues]


def test_a_price_is_measured_before_anything_is_sold_at_it(shop):
    """14,00 € are 50,7 %: near; an agency with five per cent would fall below; one with none changes nothing."""
    offer = promotion("14.00")
    make_agency(percent="5")
    price = Price.objects.get(offer=offer)
    assert meter(f"price:{price.pk}").verdict == Verdict.NEAR
    through = meter(f"price:{price.pk}:Prenax SAS")
    assert (through.verdict, through.value.replace("\u00a0", " ")) == (Verdict.CROSSED, "48,2 %")
    usual = Price.objects.get(offer=shop["fixed"], delivery_zone="FR")
    assert meter(f"price:{usual.pk}").verdict == Verdict.WELL


def test_a_price_that_begins_later_is_measured_against_the_tariff_of_that_day(shop):
    offer = promotion("14.50")
    Price.objects.filter(offer__in=shop.values(), delivery_zone="FR").update(valid_to=date(2027, 1, 1))
    for one in shop.values():
        Price.objects.create(offer=one, delivery_zone="FR", amount=Decimal("30.00"), valid_from=date(2027, 1, 1))
    price = Price.objects.get(offer=offer)
    # 14,50 € of 27,60 € are 52,5 % today; of 30,00 € they are 48,3 % from January on.
    assert meter(f"price:{price.pk}").verdict == Verdict.NEAR
    assert meter(f"price:{price.pk}", on=date(2027, 1, 1)).verdict == Verdict.CROSSED


def test_the_reference_price_has_no_gap_and_may_be_that_of_one_offer(shop):
    rule = rule_in_force(TODAY)
    promotion("40.00")
    found = {(one.zone, one.since, one.copy) for one in tariffs(magazine().pk, rule) if one.zone == "FR"}
    assert found == {("FR", date(1, 1, 1), Decimal("6.90")), ("FR", date(2026, 1, 1), Decimal("10.00"))}
    rule.reference_offer = shop["fixed"]
    assert {one.copy for one in tariffs(magazine().pk, rule) if one.zone == "FR"} == {Decimal("6.90")}
    Price.objects.filter(offer=shop["fixed"], delivery_zone="FR").update(valid_to=date(2026, 6, 1))
    assert [(one.since, one.copy) for one in tariffs(magazine().pk, rule) if one.zone == "FR"] == [
        (date(1, 1, 1), Decimal("6.90")),
        (date(2026, 6, 1), Decimal("6.90")),
    ]


def test_what_was_sold_through_an_agency_is_measured_by_its_code(shop):
    ordered = take(agency=make_agency(percent="10"), quantity=2)
    transfer(ordered.invoice, "49.68")
    send_out(issue(25), on=POSTED_ON)
    found = meter(f"sold:{shop['fixed'].pk}:Prenax SAS", on=POSTED_ON)
    assert (found.verdict, found.value.replace("\u00a0", " ")) == (Verdict.WELL, "90,0 %")


def test_with_the_digital_edition_the_printed_one_keeps_its_share(shop):
    turned(at=NOW)
    assert meter("coupled").verdict == Verdict.WELL
    turned(at=NOW, share=Decimal("21.00"))
    assert meter("coupled").verdict == Verdict.CROSSED


def test_a_limit_that_comes_near_is_on_the_desk_of_finance_until_it_is_well(shop):
    buys(shop["fixed"])
    free("free", 1)
    send_out(issue(25), on=POSTED_ON)
    for _twice in range(2):
        watch(on=POSTED_ON, at=at(POSTED_ON), actor=job("circulation"))
    (item,) = DeskItem.objects.filter(kind="circulation", closed_at=None)
    assert (item.desk, item.subject) == ("finance", f"circulation:{magazine().pk}:paid_share")
    assert "50,0\u00a0% des exemplaires diffusés sont payés (1 sur 2" in item.sentence
    for number in range(3):
        buys(shop["fixed"], email=f"r{number}@example.fr")
    send_out(issue(26), on=date(2027, 3, 15))
    watch(on=date(2027, 3, 15), at=at(date(2027, 3, 15)), actor=job("circulation"))
    item.refresh_from_db()
    assert item.closed_because == "the figure is well again"


def test_two_long_names_that_begin_alike_stay_two_matters_and_the_desk_has_the_same(shop):
    """What the desk is told and what the page asks for is one name, whatever its length."""
    long = "Coopérative d’abonnements des bibliothèques universitaires et municipales "
    price = Price.objects.get(offer=promotion("13.00"))
    make_agency(percent="5")
    Agency.objects.update(name=f"{long}A")
    watch(on=TODAY, at=NOW, actor=job("circulation"))
    known = set(DeskItem.objects.filter(kind="circulation", closed_at=None).values_list("subject", flat=True))
    one, other = (subject_of(magazine(), f"price:{price.pk}:{long}{end}") for end in "AB")
    assert (one in known, one != other, len(one)) == (True, True, 80)


@pytest.mark.parametrize(
    ("left", "said", "short"),
    [
        (2, "vaut encore 2 jours : le renouvellement se demande deux mois avant sa fin.", "2 jours"),
        (1, "vaut encore 1 jour : le renouvellement se demande deux mois avant sa fin.", "1 jour"),
        (0, "vaut encore aujourd’hui, pour la dernière fois : le renouvellement se demande deux mois avant sa fin.", "0 jour"),
        (-1, "est échue : ni TVA à 2,10 %, ni tarif postal de presse.", "−1 jour"),
        (-3, "est échue : ni TVA à 2,10 %, ni tarif postal de presse.", "−3 jours"),
    ],
)  # fmt: skip
def test_the_days_of_the_registration_are_said_in_the_singular_too(left, said, short):
    found = meters.registration("0123", until=TODAY + timedelta(days=left), warn_days=60, on=TODAY)
    assert found.sentence.replace("\u00a0", " ").endswith(f") {said}")
    assert found.left.replace("\u00a0", " ") == short


def test_a_rule_follows_another_and_what_was_counted_stays(shop):
    """From 2027 on a paid copy brings in 60 %: the issue of December was counted by the rule of December."""
    buys(promotion("15.00"), email="chantal@example.fr")
    send_out(issue(25), on=POSTED_ON)
    now = rule_in_force(TODAY)
    facts = {
        name: getattr(now, name) for name in ("coupled_least_percent", "paid_share_least_percent", "bulk_most_percent")
    }
    facts |= {"paid_least_percent": Decimal(60), "source": "nouveau règlement", "valid_from": date(2027, 1, 1)}
    with pytest.raises(ValidationError):
        succeed_rule(on=date(2027, 1, 2), actor=CLERK, at=NOW, reason="règlement 2027", **facts)
    rule = succeed_rule(on=TODAY, actor=CLERK, at=NOW, reason="règlement 2027", **facts)
    send_out(issue(26), on=date(2027, 3, 15))
    found = CountedCopy.objects.order_by("pk").values_list("klass", "circulation__rule")
    assert list(found) == [("IND", CirculationRule.objects.earliest("pk").pk), ("LOW", rule.pk)]


def test_bands_are_printed_under_the_limits_of_the_main_file_and_a_count_by_others_says_so(shop, at_desk):
    """Sold at 54,3 %, in December under a limit of 50 %, in January under one of 54 %: one line, and a sentence for the second."""
    buys(promotion("15.00"), email="chantal@example.fr")
    held = [copy_of(buys(shop["fixed"], email="bernard@example.fr"))]
    move_copies(held, "hold", on=NOW.date(), actor=CLERK, at=NOW)
    send_out(issue(25), on=POSTED_ON)
    now = rule_in_force(TODAY)
    facts = {
        name: getattr(now, name) for name in ("coupled_least_percent", "paid_share_least_percent", "bulk_most_percent")
    }
    facts |= {"paid_least_percent": Decimal(54), "source": "nouveau règlement", "valid_from": date(2027, 1, 1)}
    succeed_rule(on=TODAY, actor=CLERK, at=NOW, reason="règlement 2027", **facts)
    later = date(2027, 1, 10)
    move_copies(held, "release", on=later, actor=CLERK, at=at(later))
    leaves(on=later)
    said = (
        "Le compte n° 2, du 10 janvier 2027, a été classé selon la règle en vigueur depuis le 1er janvier 2027 : les limites de ses "
        "tranches de prix sont 54 % et 80 %."
    )
    page = text_of(at_desk("finance").see("desk_circulation_issue", issue(25).pk))
    spaced = page.replace("\u00a0", " ")
    assert (said in spaced, "de 50 % à moins de 80 %" in spaced, "de 54 %" in spaced) == (True, True, False)
    table = issue_csv(issue(25)).decode()
    assert ("de 50 %" in table, "de 54 %" in table) == (True, False)
    assert [one.replace("\u00a0", " ") for one in other_limits(counts_of(issue(25)))] == [said]


def test_the_meters_make_as_many_queries_over_three_issues_as_over_one(shop):
    agency = make_agency()
    made = []
    for number in (25, 26, 27):
        buys(shop["fixed"], email=f"r{number}@example.fr")
        grant(agency, "6", date(2026, 2, number - 20))
        send_out(issue(number), on=issue(number).post_on)
        with CaptureQueriesContext(connection) as queries:
            meters_of(magazine(), on=date(2027, 6, 15))
        made.append(len(queries))
    assert made[0] == made[1] == made[2] <= 13
