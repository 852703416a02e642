"""The covers: drawn from facts alone, the same everywhere, readable aloud, light enough for a telephone."""

from __future__ import annotations

import hashlib
import re
from xml.etree import ElementTree

import pytest

from shop.storefront.covers import (
    CoverFacts,
    cover_alt,
    cover_svg,
    favicon_svg,
    letter_header_svg,
    month_and_year,
    season_of,
    share_svg,
)
from shop.storefront.figures import FAMILIES

SVG = "{http://www.w3.org/2000/svg}"
SPRING_25 = CoverFacts(25, 3, 2027, theme="Les agents au travail")
QUARTERS = [
    CoverFacts(4 * year + quarter, (3, 6, 9, 12)[quarter], 2021 + year, theme="Ce que les machines voient & devinent")
    for year in range(12)
    for quarter in range(4)
]


def test_the_same_facts_give_the_same_bytes() -> None:
    """Fixed to the byte: a cover is kept for a year under its hash, and a second machine must agree with the first."""
    assert hashlib.sha256(cover_svg(SPRING_25).encode()).hexdigest()[:16] == "6b7d1da0651adcf0"
    assert cover_svg(SPRING_25) == cover_svg(CoverFacts(25, 3, 2027, theme="Les agents au travail"))


@pytest.mark.parametrize("facts", QUARTERS, ids=lambda facts: str(facts.number))
@pytest.mark.parametrize("draw", [cover_svg, share_svg, letter_header_svg, favicon_svg])
def test_twelve_years_of_pictures_are_sound_and_light(facts: CoverFacts, draw) -> None:
    drawn = draw(facts)
    ElementTree.fromstring(drawn)
    assert len(drawn.encode()) <= 12 * 1024
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=|href=", drawn), "the policy of the pages refuses these"
    assert "nan" not in drawn.lower()


def test_every_cover_is_its_own() -> None:
    assert len({cover_svg(facts) for facts in QUARTERS}) == len(QUARTERS)
    same_words = {re.sub(r"<text.*?</text>|<title.*?</desc>", "", cover_svg(facts)) for facts in QUARTERS}
    assert len(same_words) == len(QUARTERS), "the figure itself differs, not only the number printed on it"


def test_the_text_is_text() -> None:
    """A reader who listens hears the number, the month and the headline; so does one who copies or searches."""
    root = ElementTree.fromstring(cover_svg(SPRING_25))
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}" == "couv-25-t couv-25-d"
    assert title.text == "ActuIA n°\u00a025"
    assert desc.text == "Couverture du n°\u00a025, mars\u00a02027\u00a0: Les agents au travail"
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words == ["ActuIA", "25", "Printemps", "mars\u00a02027", "Les agents au travail"]


def test_what_people_wrote_is_escaped() -> None:
    root = ElementTree.fromstring(cover_svg(CoverFacts(1, 1, 2026, title="A<b>&C", theme="<script>alert(1)</script>")))
    assert [element.tag for element in root.iter() if "script" in element.tag] == []
    assert root.find(f"{SVG}title").text == "A<b>&C n°\u00a01"  # type: ignore[union-attr]


def test_a_headline_too_long_for_its_place_says_that_it_goes_on() -> None:
    theme = "Une très longue phrase de couverture que personne ne saurait tenir sur trois petites lignes"
    lines = [
        text.text for text in ElementTree.fromstring(cover_svg(CoverFacts(9, 9, 2026, theme=theme))).iter(f"{SVG}text")
    ][4:]
    assert lines == ["Une très longue", "phrase de couverture", "que personne ne…"]


@pytest.mark.parametrize(
    ("months", "slug", "name"),
    [
        ((12, 1, 2), "winter", "Hiver"),
        ((3, 4, 5), "spring", "Printemps"),
        ((6, 7, 8), "summer", "Été"),
        ((9, 10, 11), "autumn", "Automne"),
    ],
)
def test_one_ink_a_season(months: tuple[int, ...], slug: str, name: str) -> None:
    for month in months:
        season = season_of(month)
        assert (season.slug, season.name) == (slug, name)
        assert f'fill="{season.inks.ground}"' in cover_svg(CoverFacts(7, month, 2026))


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_month_that_does_not_exist_is_refused(month: int) -> None:
    with pytest.raises(ValueError, match="A month is 1 to 12"):
        cover_svg(CoverFacts(7, month, 2026))


def test_one_family_a_year() -> None:
    """Four years running use four families, so that a year is recognised on the shelf."""
    marks = {2024: "stroke-dasharray", 2025: "scale(37.5)", 2026: "scale(19 10.97)", 2027: 'stroke-width="5"'}
    assert len(FAMILIES) == len(marks)
    for year in marks:
        drawn = cover_svg(CoverFacts(20, 6, year))
        assert [other for other, mark in marks.items() if mark in drawn] == [year]


def test_words_for_places_that_hold_no_drawing() -> None:
    assert month_and_year(SPRING_25) == "mars\u00a02027"
    assert cover_alt(CoverFacts(26, 6, 2027)) == "Couverture du n°\u00a026, juin\u00a02027"


def test_a_width_sets_the_size_in_pixels() -> None:
    root = ElementTree.fromstring(cover_svg(SPRING_25, width=300))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("300", "400", "0 0 600 800")
