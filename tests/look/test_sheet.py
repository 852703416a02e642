"""The style sheets: light, alone, and of a contrast that is computed rather than believed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shop.storefront.covers import season_of

STATIC = Path(__file__).resolve().parents[2] / "shop" / "static" / "shop"
SITE = (STATIC / "site.css").read_text(encoding="utf-8")
TEXT, SIGN = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11


def tokens(sheet: str, *, dark: bool) -> dict[str, str]:
    """The colours of `:root`, those of the dark scheme over the light ones."""
    roots = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", roots[0]))
    if dark:
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", roots[1]))
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#c9341c", "#ffffff") == pytest.approx(5.3, abs=0.05)
    assert contrast("#c9341c", "#f7f4ee") == pytest.approx(4.8, abs=0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "paper", 7),
        ("ink", "wash", 7),
        ("ink", "field", 7),
        ("quiet", "paper", TEXT),
        ("quiet", "wash", TEXT),
        ("quiet", "field", TEXT),
        ("accent-text", "paper", TEXT),
        ("accent-text", "field", TEXT),
        ("on-accent", "accent", TEXT),
        ("on-accent", "accent-deep", TEXT),
        ("wait", "paper", TEXT),
        ("good", "paper", TEXT),
        ("accent", "paper", SIGN),
        ("field-rule", "paper", SIGN),
        ("field-rule", "field", SIGN),
    ],
)
def test_contrast(ink: str, ground: str, least: float, dark: bool) -> None:
    colours = tokens(SITE, dark=dark)
    assert contrast(colours[ink], colours[ground]) >= least


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_the_ground_of_a_page_is_the_ink_of_the_season(month: int) -> None:
    season = season_of(month)
    rule = re.search(rf"\.season-{season.slug} \{{(.*?)\}}", SITE)
    assert rule is not None
    assert f"--season: {season.inks.ground};" in rule[1]
    assert f"--season-shade: {season.inks.shade};" in rule[1]
    assert contrast(season.inks.light, season.inks.ground) >= TEXT
    assert contrast(season.inks.light, season.inks.shade) >= SIGN


@pytest.mark.parametrize(
    ("name", "most"),
    [("site.css", 25_000), ("desk.css", 10_000), ("label.js", 3_000), ("desk.js", 3_000), ("outcome.js", 2_000)],
)
def test_each_file_is_light_and_calls_nobody(name: str, most: int) -> None:
    sheet = (STATIC / name).read_text(encoding="utf-8")
    assert len(sheet.encode()) < most
    assert not re.search(r"https?://(?!www\.w3\.org)|@import|url\(|eval\(|innerHTML", sheet)
