"""The covers, drawn from an issue's facts: they are the pictures of the shop.

`cover_svg` draws the whole cover; `favicon_svg`, `share_svg` and `letter_header_svg` crop the same drawing for a tab, a
shared link and the head of a letter. Pure and deterministic: the same facts give the same bytes, so that a cover can be
kept for a year under a name made of its hash. Text stays text (it is read aloud, searched and copied), every colour is a
presentation attribute (the policy refuses inline style), and a cover weighs 12 KB at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from subscriptions.calendar.issues import printed

from .figures import HEIGHT, WIDTH, Inks, figure

SERIF = "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, serif"

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
BOLD, END = ' font-weight="700"', ' text-anchor="end"'
NBSP = "\u00a0"


@dataclass(frozen=True)
class CoverFacts:
    """What a cover says. `theme` is the large headline, `headlines` the smaller ones (two at most are shown)."""

    number: int
    cover_month: int
    cover_year: int
    title: str = "ActuIA"
    theme: str = ""
    headlines: tuple[str, ...] = ()
    last_number: int | None = None

    @property
    def printed(self) -> str:
        """« 26 », or « 26-27 » of a double issue."""
        return printed(self.number, self.last_number)


@dataclass(frozen=True)
class Season:
    """A season and its ink. `slug` names the class that gives a page the same ground (site.css)."""

    slug: str
    name: str
    inks: Inks


WINTER = Season("winter", "Hiver", Inks("#15264a", "#0e1a35", "#6d8cc4", "#f3efe4", "#f3efe4"))
SPRING = Season("spring", "Printemps", Inks("#0f5140", "#0a3c2f", "#7fb79c", "#f3efe4", "#f3efe4"))
SUMMER = Season("summer", "Été", Inks("#e3a92f", "#cf8f17", "#8a5200", "#fbecc8", "#1d160a"))
AUTUMN = Season("autumn", "Automne", Inks("#7d2230", "#5e1622", "#d58d7c", "#f6ead9", "#f6ead9"))


def season_of(month: int) -> Season:
    """The season a cover month opens: December is winter, March spring. Raises ValueError outside 1 to 12."""
    if not 1 <= month <= 12:
        raise ValueError(f"A month is 1 to 12, not {month}.")
    return (WINTER, SPRING, SUMMER, AUTUMN)[month % 12 // 3]


def month_and_year(facts: CoverFacts) -> str:
    """« mars 2027 », with a no-break space."""
    return f"{MONTHS[facts.cover_month - 1]}{NBSP}{facts.cover_year}"


def cover_alt(facts: CoverFacts) -> str:
    """The text alternative, for an `alt` where the cover is an `<img>`, and the `<desc>` of the drawing itself."""
    said = f"Couverture du n°{NBSP}{facts.printed}, {month_and_year(facts)}"
    return f"{said}{NBSP}: {facts.theme}" if facts.theme else said


def _lines(text: str, room: int, most: int) -> list[str]:
    """Break a headline at its spaces into lines of about `room` characters; what does not fit ends with an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1].rstrip(" ,;:") + "…"]
    return lines


def _text(x: float, y: float, size: float, content: str, ink: str, family: str = SERIF, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-family="{family}" font-size="{size:g}" fill="{ink}"{more}>{escape(content)}</text>'


def _as_wide(digits: str, *, room: int = 222) -> str:
    """Hold a number to the width it has in the first face, in whatever face it is set."""
    width = room if len(digits) > 1 else room // 2
    return f' textLength="{width}" lengthAdjust="spacingAndGlyphs"'


def cover_svg(facts: CoverFacts, *, width: int | None = None) -> str:
    """The cover, 600 × 800 in its own units. `width` sets a size in pixels; without it the page decides.

    The figure comes from the number, its family from the year, its ink from the season. Headlines too long for their
    place end with an ellipsis: the page beside the cover says them whole.
    """
    season = season_of(facts.cover_month)
    inks = season.inks
    key = f"couv-{facts.number}"
    size = f' width="{width}" height="{width * HEIGHT // WIDTH}"' if width else ""
    digits = facts.printed
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"{size} role="img"'
            f' aria-labelledby="{key}-t {key}-d">'
            f'<title id="{key}-t">{escape(facts.title)} n°{NBSP}{facts.printed}</title>'
            f'<desc id="{key}-d">{escape(cover_alt(facts))}</desc>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{inks.ground}"/>'
        ),
        f'<svg y="166" width="600" height="414" viewBox="0 193 600 414">{figure(facts.number, facts.cover_year, inks)}</svg>',
        # The name fills the width whatever the fallback face.
        _text(36, 134, 150, facts.title, inks.light, more=BOLD + ' textLength="528" lengthAdjust="spacingAndGlyphs"'),
        f'<path d="M36 166h528M36 580h528" stroke="{inks.light}"/>',
        # As wide in any face: a wide one would run into the month beside it.
        _text(30, 766, 200 if len(digits) < 3 else 130, digits, inks.light, more=BOLD + _as_wide(digits)),
        _text(564, 728, 32, season.name, inks.light, more=END),
        _text(564, 766, 32, month_and_year(facts), inks.light, more=END),
    ]
    parts += [
        _text(564, 618 + 32 * i, 27, line, inks.light, more=END) for i, line in enumerate(_lines(facts.theme, 21, 3))
    ]
    parts.append("</svg>")
    return "".join(parts)


def favicon_svg(facts: CoverFacts) -> str:
    """The sign in the tab: the magazine's initial on the ink of the season."""
    inks = season_of(facts.cover_month).inks
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" fill="{inks.ground}"/>'
        + _text(32, 49, 50, facts.title[:1], inks.light, more=BOLD + ' text-anchor="middle"')
        + f'<path d="M8 56h48" stroke="{inks.light}" stroke-width="3"/></svg>'
    )


def share_svg(facts: CoverFacts) -> str:
    """The picture of a shared link, 1200 × 630: the figure on the left, the name and the issue on the right."""
    season = season_of(facts.cover_month)
    inks = season.inks
    parts = [
        (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630" width="1200" height="630" role="img">'
            f"<title>{escape(cover_alt(facts))}</title>"
            f'<rect width="1200" height="630" fill="{inks.ground}"/>'
            f'<svg width="600" height="630" viewBox="0 85 600 630">{figure(facts.number, facts.cover_year, inks)}</svg>'
        ),
        _text(652, 150, 130, facts.title, inks.light, more=BOLD + ' textLength="496" lengthAdjust="spacingAndGlyphs"'),
        f'<path d="M652 182h496" stroke="{inks.light}"/>',
        _text(645, 572, 170, facts.printed, inks.light, more=BOLD + _as_wide(facts.printed, room=190)),
        _text(1148, 528, 36, season.name, inks.light, more=END),
        _text(1148, 572, 36, month_and_year(facts), inks.light, more=END),
    ]
    parts += [_text(652, 250 + 52 * i, 42, line, inks.light) for i, line in enumerate(_lines(facts.theme, 24, 3))]
    return "".join([*parts, "</svg>"])


def letter_header_svg(facts: CoverFacts) -> str:
    """The head of a letter or of a gift card, 600 × 160: the name over a strip of the figure."""
    inks = season_of(facts.cover_month).inks
    return "".join(
        [
            (
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 160" width="600" height="160" role="img">'
                f"<title>{escape(facts.title)} n°{NBSP}{facts.printed}, {month_and_year(facts)}</title>"
                f'<rect width="600" height="160" fill="{inks.ground}"/>'
                f'<svg x="300" width="300" height="160" viewBox="0 240 600 320">'
                f"{figure(facts.number, facts.cover_year, inks)}</svg>"
            ),
            _text(32, 96, 64, facts.title, inks.light, more=BOLD + ' textLength="220" lengthAdjust="spacingAndGlyphs"'),
            _text(32, 130, 18, f"n°{NBSP}{facts.printed}, {month_and_year(facts)}", inks.light),
            "</svg>",
        ]
    )
